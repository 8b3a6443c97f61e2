//! stub
use crate::calls::Backend;
use crate::error::StoreError;
use crate::request::Call;
use crate::view::View;
use std::path::Path;
/// s
#[derive(Clone, Debug)]
pub struct FjallStore {}
/// s
#[derive(Clone, Debug, Default)]
pub struct FjallOptions { /// Whether to compress.
 pub compression: bool }
/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError { /// l
 #[error("locked")] Locked }
impl FjallStore {
    /// Opens.
    pub fn open(_path: &Path, _options: FjallOptions) -> Result<Self, OpenError> { Err(OpenError::Locked) }
    /// Close.
    pub async fn close(&self) {}
}
impl Backend for FjallStore {
    fn submit(&self, call: Call) { call.fail(StoreError::Closed) }
    async fn query<T, F>(&self, _read: F) -> Result<T, StoreError>
    where T: Send + 'static, F: FnOnce(&dyn View) -> Result<T, StoreError> + Send + 'static { Err(StoreError::Closed) }
}

//! The backend without a disk, for tests and simulators: deterministic, no threads, no runtime.
//! Calls are decided when they are made, so that their futures are ready at the first poll
//! (unless [`ModelDisk::hold`] says otherwise).

mod disk;

pub use disk::ModelDisk;

use crate::calls::Backend;
use crate::error::StoreError;
use crate::request::Call;
use crate::view::View;

/// A store on a [`ModelDisk`]. Clones are handles to the same store.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    disk: ModelDisk,
    /// Which opening of the disk this is.
    opening: u64,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store on a disk of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_disk(ModelDisk::new())
    }

    /// Opens what is on the disk. Stores that were opened on it before are closed by that, as
    /// if their process had been killed.
    #[must_use]
    pub fn with_disk(disk: ModelDisk) -> Self {
        let opening = disk.open();
        Self { disk, opening }
    }

    /// Answers what waits and refuses all later calls. The disk keeps its content.
    #[expect(clippy::unused_async, reason = "as the other backends")]
    pub async fn close(&self) {
        self.disk.close(self.opening);
    }
}

impl Backend for MemoryStore {
    fn submit(&self, call: Call) {
        self.disk.submit(self.opening, call);
    }

    async fn query<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn View) -> Result<T, StoreError> + Send + 'static,
    {
        self.disk.query(self.opening, read)
    }
}

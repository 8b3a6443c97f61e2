//! The backends behind one type, chosen by configuration.

use crate::calls::Backend;
use crate::error::StoreError;
use crate::fjall::FjallStore;
use crate::memory::MemoryStore;
use crate::request::Call;
use crate::view::View;

/// Any of the backends.
#[derive(Clone, Debug)]
pub enum AnyStore {
    /// Without a disk.
    Memory(MemoryStore),
    /// Embedded.
    Fjall(FjallStore),
}

impl AnyStore {
    /// Answers what is queued, releases the disk and refuses all later calls.
    pub async fn close(&self) {
        match self {
            Self::Memory(store) => store.close().await,
            Self::Fjall(store) => store.close().await,
        }
    }
}

impl From<MemoryStore> for AnyStore {
    fn from(store: MemoryStore) -> Self {
        Self::Memory(store)
    }
}

impl From<FjallStore> for AnyStore {
    fn from(store: FjallStore) -> Self {
        Self::Fjall(store)
    }
}

impl Backend for AnyStore {
    fn submit(&self, call: Call) {
        match self {
            Self::Memory(store) => store.submit(call),
            Self::Fjall(store) => store.submit(call),
        }
    }

    async fn query<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn View) -> Result<T, StoreError> + Send + 'static,
    {
        match self {
            Self::Memory(store) => store.query(read).await,
            Self::Fjall(store) => store.query(read).await,
        }
    }
}

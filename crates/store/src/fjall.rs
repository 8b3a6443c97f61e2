//! The embedded backend: fjall, an LSM tree. Mutating calls go through a bounded queue to one
//! committer thread, which decides them in order and makes each batch durable with one fsync;
//! reads go around it, on snapshots.

mod committer;
mod engine;
mod error;
mod head_cache;
mod notes;
mod open;
mod queue;
mod schema;
mod tables;
mod witness;

pub use error::OpenError;

use crate::calls::Backend;
use crate::error::StoreError;
use crate::limits::READERS_MAX;
use crate::request::Call;
use crate::view::View;
use queue::Queue;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tables::Tables;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};

/// How to run a [`FjallStore`].
#[derive(Clone, Debug)]
pub struct FjallOptions {
    /// Compress rows with lz4 in the colder levels. Off by default: most rows are ciphertext.
    /// Applies to a store that is created, an existing one keeps what it has.
    pub compression: bool,
    /// Memory for blocks read from disk, in bytes.
    pub cache_bytes: u64,
    /// Changes are refused with [`StoreError::Full`] while less than this is free on the disk.
    /// Higher: less of the disk can be used. Lower: other programs may fill the disk between the
    /// check and the write, and an engine that could not write must be opened again.
    pub free_bytes_min: u64,
}

impl Default for FjallOptions {
    fn default() -> Self {
        Self { compression: false, cache_bytes: 64 << 20, free_bytes_min: 128 << 20 }
    }
}

/// A store in a directory of its own. Clones are handles to the same store. Dropping the last
/// one waits for what is queued, as [`FjallStore::close`] does without blocking the thread.
#[derive(Clone, Debug)]
pub struct FjallStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: Arc<Queue>,
    /// `None` once closed, so that the directory's lock is released.
    tables: Mutex<Option<Arc<Tables>>>,
    readers: Arc<Semaphore>,
    committer: Option<JoinHandle<()>>,
    /// Its sender is dropped when the committer has ended.
    committer_ended: watch::Receiver<()>,
}

impl FjallStore {
    /// Opens the store in `directory`, which is created if missing, and checks it: that the
    /// schema is known, that no acknowledged batch is missing at the end, and that the last
    /// batches are whole. Streams are checked further when they are first touched (head record
    /// against last entry) and when they are read (dense numbering).
    ///
    /// Blocks the thread while the engine recovers.
    pub fn open(directory: impl AsRef<Path>, options: &FjallOptions) -> Result<Self, OpenError> {
        let engine = open::open(directory.as_ref(), options)?;
        let tables = Arc::clone(engine.tables());
        let queue = Arc::new(Queue::default());
        let (ended, committer_ended) = watch::channel(());
        let committer = {
            let queue = Arc::clone(&queue);
            std::thread::Builder::new().name("store-committer".into()).spawn(move || {
                // Dropped last, when the engine is gone.
                let _ended = ended;
                committer::run(engine, &queue);
            })
        };
        Ok(Self(Arc::new(Inner {
            queue,
            tables: Mutex::new(Some(tables)),
            readers: Arc::new(Semaphore::new(READERS_MAX as usize)),
            committer: Some(committer.map_err(|error| OpenError::Io(error.kind()))?),
            committer_ended,
        })))
    }

    /// Answers what is queued, releases the directory and refuses all later calls.
    pub async fn close(&self) {
        let inner = &self.0;
        inner.queue.close();
        let mut ended = inner.committer_ended.clone();
        while ended.changed().await.is_ok() {}
        // All permits together mean that nobody reads. Who reads later finds no tables.
        let readers = inner.readers.acquire_many(READERS_MAX).await;
        inner.take_tables();
        drop(readers);
    }
}

impl Inner {
    fn tables(&self) -> Result<Arc<Tables>, StoreError> {
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.clone().ok_or(StoreError::Closed)
    }

    fn take_tables(&self) {
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(tables);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(committer) = self.committer.take()
            && committer.join().is_err()
        {
            tracing::error!("the committer had panicked");
        }
        self.take_tables();
    }
}

impl Backend for FjallStore {
    fn submit(&self, call: Call) {
        self.0.queue.push(call);
    }

    /// Reads may block on the disk: within a runtime they go to its threads for that, elsewhere
    /// they block the caller.
    async fn query<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&dyn View) -> Result<T, StoreError> + Send + 'static,
    {
        let readers = Arc::clone(&self.0.readers);
        let permit = readers.acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let tables = self.0.tables()?;
        let read = move || {
            let answer = read(&tables.view());
            // Whoever gets the permit must find the tables released.
            drop(tables);
            drop(permit);
            answer
        };
        let Ok(runtime) = Handle::try_current() else { return read() };
        runtime.spawn_blocking(read).await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_runtime_ends) => Err(StoreError::Closed),
        })
    }
}

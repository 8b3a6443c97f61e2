//! What the contract needs of a backend: a fresh store, and the same one opened again.

use asterism_store::{
    AnyStore, Append, AppendError, Appended, FjallOptions, FjallStore, Key, MemoryStore, ModelDisk, Pending,
    Store as _, StreamId, Version, Write, WriteError,
};
use bytes::Bytes;
use std::future::Future;
use tempfile::TempDir;

pub(crate) trait Bed: Sized {
    fn new() -> Self;
    fn store(&self) -> &AnyStore;
    /// Closes the store and opens it again.
    async fn reopen(&mut self);
}

pub(crate) struct MemoryBed {
    disk: ModelDisk,
    store: AnyStore,
}

impl Bed for MemoryBed {
    fn new() -> Self {
        let disk = ModelDisk::new();
        let store = MemoryStore::with_disk(disk.clone()).into();
        Self { disk, store }
    }

    fn store(&self) -> &AnyStore {
        &self.store
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = MemoryStore::with_disk(self.disk.clone()).into();
    }
}

pub(crate) struct FjallBed {
    store: AnyStore,
    directory: TempDir,
}

impl Bed for FjallBed {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = FjallStore::open(directory.path(), &FjallOptions::default()).unwrap().into();
        Self { store, directory }
    }

    fn store(&self) -> &AnyStore {
        &self.store
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        let store = FjallStore::open(self.directory.path(), &FjallOptions::default());
        self.store = store.unwrap().into();
    }
}

/// Runs a test on two worker threads.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).build().unwrap().block_on(test)
}

pub(crate) const fn stream(number: u8) -> StreamId {
    StreamId([number; 16])
}

pub(crate) fn bytes(text: impl Into<String>) -> Bytes {
    Bytes::from(text.into())
}

pub(crate) fn key(text: &'static str) -> Key {
    Key::from_static(text)
}

pub(crate) fn put(key: impl Into<Key>, value: &str) -> Write {
    Write { key: key.into(), expect: Version::Any, value: Some(bytes(value)) }
}

pub(crate) fn entries(texts: &[&str]) -> Vec<Bytes> {
    texts.iter().map(|text| bytes(*text)).collect()
}

/// Appends without conditions.
pub(crate) fn append(store: &AnyStore, to: StreamId, texts: &[&str]) -> Pending<Appended, AppendError> {
    store.append(Append::new(to, entries(texts)))
}

pub(crate) async fn write(store: &AnyStore, write: Write) -> Result<(), WriteError> {
    store.write(vec![write]).await
}

/// A record's version and value.
pub(crate) async fn record(store: &AnyStore, key: &Key) -> Option<(u64, Bytes)> {
    let mut records = store.get(std::slice::from_ref(key)).await.unwrap();
    records.pop().unwrap().map(|record| (record.version, record.value))
}

/// All entries that are kept, as text.
pub(crate) async fn log(store: &AnyStore, of: StreamId) -> Vec<(u64, String)> {
    let page = store.read(of, 0, usize::MAX, usize::MAX).await.unwrap();
    let text = |entry: Bytes| String::from_utf8(entry.to_vec()).unwrap();
    page.entries.into_iter().map(|(seq, entry)| (seq, text(entry))).collect()
}

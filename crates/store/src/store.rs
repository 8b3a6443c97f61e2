//! The storage trait.

use crate::error::{AppendError, StoreError, WriteError};
use crate::pending::Pending;
use crate::types::{Append, Appended, Fence, Head, Key, Page, StreamId, Versioned, Write};
use bytes::Bytes;
use std::future::Future;

/// What the server needs of a storage engine. The crate's front page says what all
/// implementations promise of durability, atomicity and order.
///
/// Methods that change something return [`Pending`]: they take their place in the queue when
/// they are called, and the future only waits for the answer.
pub trait Store: Send + Sync + 'static {
    /// Appends entries with their side records, atomically; see [`Append`].
    fn append(&self, append: Append) -> Pending<Appended, AppendError>;

    /// Entries from `from` (inclusive; from the floor if that is higher), at most `max_items`
    /// and `max_bytes`, but at least one if there is one.
    fn read(
        &self,
        stream: StreamId,
        from: u64,
        max_items: usize,
        max_bytes: usize,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// Where the streams stand, in the order asked.
    fn heads(&self, streams: &[StreamId]) -> impl Future<Output = Result<Vec<Head>, StoreError>> + Send;

    /// Forgets entries below `below` (at most all there are) and the idempotency keys that came
    /// with them. The floor rises at once and in queue order; space is freed in steps while the
    /// future is polled, and the next trim of the stream goes on where an abandoned one stopped.
    fn trim(&self, stream: StreamId, below: u64) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The records, in the order asked.
    fn get(&self, keys: &[Key]) -> impl Future<Output = Result<Vec<Option<Versioned>>, StoreError>> + Send;

    /// Writes records, all or nothing.
    fn write(&self, writes: Vec<Write>) -> Pending<(), WriteError>;

    /// Records whose key begins with `prefix` and is greater than `after`, ascending, at most
    /// `limit`.
    fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(Key, Versioned)>, StoreError>> + Send;

    /// Deletes the first record under `prefix` and returns it; no two calls get the same. Meant
    /// for prefixes of up to some hundreds of records, such as a device's key packages.
    fn take_one(&self, prefix: &Key) -> Pending<Option<(Key, Bytes)>, StoreError>;

    /// Takes or renews the lease `name` until `now_ms + ttl_ms`, or says `None` while another
    /// owner has it. The fence's token grows with each change of owner and stays when the same
    /// owner renews or takes it again, so that `owner` must be new in each process. A `ttl_ms`
    /// of 0 gives the lease back.
    fn lease(&self, name: &Key, owner: u64, now_ms: u64, ttl_ms: u64) -> Pending<Option<Fence>, StoreError>;
}

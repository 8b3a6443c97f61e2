//! The methods of [`Store`], once for all backends.

use crate::any::AnyStore;
use crate::error::{AppendError, StoreError, WriteError};
use crate::fjall::FjallStore;
use crate::memory::MemoryStore;
use crate::pending::Pending;
use crate::query;
use crate::request::{Call, Reply};
use crate::store::Store;
use crate::types::{Append, Appended, Fence, Head, Key, Page, StreamId, Versioned, Write};
use crate::view::{Rows, Table, View};
use bytes::Bytes;
use std::future::Future;
use tokio::sync::oneshot;

/// What distinguishes the backends.
pub(crate) trait Backend: Clone + Send + Sync + 'static {
    /// Takes a place in the queue, without waiting. Answers the call itself if that fails.
    fn submit(&self, call: Call);

    /// Runs `read` on one consistent view of what is committed.
    fn query<T, F>(&self, read: F) -> impl Future<Output = Result<T, StoreError>> + Send
    where
        T: Send + 'static,
        F: FnOnce(&dyn View) -> Result<T, StoreError> + Send + 'static;
}

impl View for &dyn View {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        (**self).get(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: Option<&[u8]>) -> Rows<'_> {
        (**self).range(table, from, to)
    }
}

fn submit<T, E: From<StoreError>>(
    backend: &impl Backend,
    call: impl FnOnce(Reply<T, E>) -> Call,
) -> Pending<T, E> {
    let (reply, answer) = oneshot::channel();
    let call = call(reply);
    if let Err(error) = call.check_limits() {
        return Pending::refused(error);
    }
    backend.submit(call);
    Pending::queued(answer)
}

pub(crate) fn append(backend: &impl Backend, append: Append) -> Pending<Appended, AppendError> {
    submit(backend, |reply| Call::Append(append, reply))
}

pub(crate) fn write(backend: &impl Backend, writes: Vec<Write>) -> Pending<(), WriteError> {
    submit(backend, |reply| Call::Write(writes, reply))
}

pub(crate) fn take_one(backend: &impl Backend, prefix: &Key) -> Pending<Option<(Key, Bytes)>, StoreError> {
    let prefix = prefix.clone();
    submit(backend, |reply| Call::TakeOne(prefix, reply))
}

pub(crate) fn lease(
    backend: &impl Backend,
    name: &Key,
    owner: u64,
    now_ms: u64,
    ttl_ms: u64,
) -> Pending<Option<Fence>, StoreError> {
    let name = name.clone();
    submit(backend, |reply| Call::Lease { name, owner, now_ms, ttl_ms, reply })
}

pub(crate) fn trim<B: Backend>(
    backend: &B,
    stream: StreamId,
    below: u64,
) -> impl Future<Output = Result<(), StoreError>> + Send + use<B> {
    let backend = backend.clone();
    let step = move || submit(&backend, |reply| Call::TrimStep(stream, below, reply));
    let first = step();
    async move {
        let mut done = first.await?;
        while !done {
            done = step().await?;
        }
        Ok(())
    }
}

pub(crate) fn read(
    backend: &impl Backend,
    stream: StreamId,
    from: u64,
    max_items: usize,
    max_bytes: usize,
) -> impl Future<Output = Result<Page, StoreError>> + Send {
    backend.query(move |view| query::read(&view, stream, from, max_items, max_bytes))
}

pub(crate) fn heads(
    backend: &impl Backend,
    streams: &[StreamId],
) -> impl Future<Output = Result<Vec<Head>, StoreError>> + Send {
    let streams = streams.to_vec();
    backend.query(move |view| query::heads(&view, &streams))
}

pub(crate) fn get(
    backend: &impl Backend,
    keys: &[Key],
) -> impl Future<Output = Result<Vec<Option<Versioned>>, StoreError>> + Send {
    let keys = keys.to_vec();
    backend.query(move |view| query::get(&view, &keys))
}

pub(crate) fn scan(
    backend: &impl Backend,
    prefix: &Key,
    after: Option<&Key>,
    limit: usize,
) -> impl Future<Output = Result<Vec<(Key, Versioned)>, StoreError>> + Send {
    let (prefix, after) = (prefix.clone(), after.cloned());
    backend.query(move |view| query::scan(&view, &prefix, after.as_ref(), limit))
}

/// Implements [`Store`] for a backend, by the functions of this module.
macro_rules! impl_store {
    ($backend:ty) => {
        impl Store for $backend {
            fn append(&self, append: Append) -> Pending<Appended, AppendError> {
                $crate::calls::append(self, append)
            }

            fn read(
                &self,
                stream: StreamId,
                from: u64,
                max_items: usize,
                max_bytes: usize,
            ) -> impl Future<Output = Result<Page, StoreError>> + Send {
                $crate::calls::read(self, stream, from, max_items, max_bytes)
            }

            fn heads(
                &self,
                streams: &[StreamId],
            ) -> impl Future<Output = Result<Vec<Head>, StoreError>> + Send {
                $crate::calls::heads(self, streams)
            }

            fn trim(
                &self,
                stream: StreamId,
                below: u64,
            ) -> impl Future<Output = Result<(), StoreError>> + Send {
                $crate::calls::trim(self, stream, below)
            }

            fn get(
                &self,
                keys: &[Key],
            ) -> impl Future<Output = Result<Vec<Option<Versioned>>, StoreError>> + Send {
                $crate::calls::get(self, keys)
            }

            fn write(&self, writes: Vec<Write>) -> Pending<(), WriteError> {
                $crate::calls::write(self, writes)
            }

            fn scan(
                &self,
                prefix: &Key,
                after: Option<&Key>,
                limit: usize,
            ) -> impl Future<Output = Result<Vec<(Key, Versioned)>, StoreError>> + Send {
                $crate::calls::scan(self, prefix, after, limit)
            }

            fn take_one(&self, prefix: &Key) -> Pending<Option<(Key, Bytes)>, StoreError> {
                $crate::calls::take_one(self, prefix)
            }

            fn lease(
                &self,
                name: &Key,
                owner: u64,
                now_ms: u64,
                ttl_ms: u64,
            ) -> Pending<Option<Fence>, StoreError> {
                $crate::calls::lease(self, name, owner, now_ms, ttl_ms)
            }
        }
    };
}

impl_store!(AnyStore);
impl_store!(MemoryStore);
impl_store!(FjallStore);

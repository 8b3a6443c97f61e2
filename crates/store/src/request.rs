//! A queued call, from the moment it is made to its answer.

use crate::error::{AppendError, StoreError, WriteError};
use crate::limits::{CALL_BYTES_MAX, CALL_ITEMS_MAX, CALL_OVERHEAD_BYTES, KEY_BYTES_MAX};
use crate::overlay::Overlay;
use crate::types::{Append, Appended, Fence, Key, StreamId, Write};
use crate::view::View;
use crate::{evaluate, trim};
use bytes::Bytes;
use tokio::sync::oneshot;

/// A mutating call.
#[derive(Debug)]
pub(crate) enum Call {
    Append(Append, Reply<Appended, AppendError>),
    Write(Vec<Write>, Reply<(), WriteError>),
    TrimStep(StreamId, u64, Reply<bool, StoreError>),
    TakeOne(Key, Reply<Option<(Key, Bytes)>, StoreError>),
    Lease { name: Key, owner: u64, now_ms: u64, ttl_ms: u64, reply: Reply<Option<Fence>, StoreError> },
}

/// Where the answer goes.
pub(crate) type Reply<T, E> = oneshot::Sender<Result<T, E>>;

impl Call {
    /// Decides the call; its answer waits for the batch to be durable.
    pub(crate) fn evaluate(self, batch: &mut Overlay<impl View>) -> Decided {
        match self {
            Self::Append(append, reply) => decided(evaluate::append(batch, append), reply),
            Self::Write(writes, reply) => decided(evaluate::write(batch, writes), reply),
            Self::TrimStep(stream, below, reply) => decided(trim::step(batch, stream, below), reply),
            Self::TakeOne(prefix, reply) => decided(evaluate::take_one(batch, &prefix), reply),
            Self::Lease { name, owner, now_ms, ttl_ms, reply } => {
                decided(evaluate::lease(batch, &name, owner, now_ms, ttl_ms), reply)
            }
        }
    }

    /// Answers the call without having done it.
    pub(crate) fn fail(self, error: StoreError) {
        // A caller that no longer waits needs no answer.
        match self {
            Self::Append(_, reply) => drop(reply.send(Err(error.into()))),
            Self::Write(_, reply) => drop(reply.send(Err(error.into()))),
            Self::TrimStep(_, _, reply) => drop(reply.send(Err(error))),
            Self::TakeOne(_, reply) => drop(reply.send(Err(error))),
            Self::Lease { reply, .. } => drop(reply.send(Err(error))),
        }
    }

    /// What the call takes of the queue's bound in bytes.
    pub(crate) fn cost(&self) -> usize {
        CALL_OVERHEAD_BYTES + self.size().bytes
    }

    /// Refuses what no backend takes.
    pub(crate) fn check_limits(&self) -> Result<(), StoreError> {
        let size = self.size();
        let fits = size.bytes <= CALL_BYTES_MAX
            && size.items <= CALL_ITEMS_MAX
            && size.longest_key <= KEY_BYTES_MAX
            && !size.empty_record_key;
        if fits { Ok(()) } else { Err(StoreError::TooLarge) }
    }

    fn size(&self) -> Size {
        let mut size = Size::default();
        match self {
            Self::Append(append, _) => {
                append.entries.iter().for_each(|entry| size.add(&[], entry));
                append.idempotency.iter().for_each(|key| size.add(&key.0, &[]));
                size.add_writes(&append.writes);
                if let Some(lease) = &append.fence.lease {
                    size.add(lease.as_bytes(), &[]);
                }
            }
            Self::Write(writes, _) => size.add_writes(writes),
            Self::TrimStep(..) => {}
            Self::TakeOne(key, _) | Self::Lease { name: key, .. } => size.add(key.as_bytes(), &[]),
        }
        size
    }
}

#[derive(Default)]
struct Size {
    items: usize,
    bytes: usize,
    longest_key: usize,
    empty_record_key: bool,
}

impl Size {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        self.items += 1;
        self.bytes += key.len() + value.len();
        self.longest_key = self.longest_key.max(key.len());
    }

    fn add_writes(&mut self, writes: &[Write]) {
        for write in writes {
            self.empty_record_key |= write.key.as_bytes().is_empty();
            self.add(write.key.as_bytes(), write.value.as_deref().unwrap_or_default());
        }
    }
}

/// A decided call whose answer must not leave before its batch is durable.
pub(crate) struct Decided(Box<dyn FnOnce(Result<(), StoreError>) + Send>);

impl Decided {
    /// Answers the caller: as decided if the batch is durable, with the error otherwise. That
    /// holds for refusals too, since they may rest on changes of the same batch.
    pub(crate) fn settle(self, batch: Result<(), StoreError>) {
        (self.0)(batch);
    }
}

fn decided<T, E>(result: Result<T, E>, reply: Reply<T, E>) -> Decided
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    Decided(Box::new(move |batch| {
        let answer = batch.map_err(E::from).and(result);
        // A caller that no longer waits needs no answer.
        drop(reply.send(answer));
    }))
}

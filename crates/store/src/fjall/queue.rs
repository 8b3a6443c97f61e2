//! The bounded queue into the committer.

use crate::error::StoreError;
use crate::limits::{BATCH_BYTES_MAX, BATCH_CALLS_MAX, QUEUE_BYTES_MAX, QUEUE_CALLS_MAX};
use crate::request::Call;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// There are calls, or there will be none any more.
    ready: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    calls: VecDeque<Call>,
    bytes: usize,
    /// Set once no more calls are taken.
    refusal: Option<StoreError>,
}

impl Queue {
    /// Queues the call, or answers it with why not. Never waits for the disk.
    pub(super) fn push(&self, call: Call) {
        let mut waiting = self.lock();
        if let Err(error) = waiting.admit(&call) {
            drop(waiting);
            return call.fail(error);
        }
        waiting.bytes += call.cost();
        waiting.calls.push_back(call);
        let was_empty = waiting.calls.len() == 1;
        drop(waiting);
        if was_empty {
            self.ready.notify_one();
        }
    }

    /// Waits for calls and takes as many as one batch may have, at least one. `None` when the
    /// queue is closed and empty.
    pub(super) fn next_batch(&self) -> Option<Vec<Call>> {
        let idle = |waiting: &mut Waiting| waiting.calls.is_empty() && waiting.refusal.is_none();
        let mut waiting =
            self.ready.wait_while(self.lock(), idle).expect("a panic under the lock is a bug of this crate");
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(next) = waiting.calls.front() {
            bytes += next.cost();
            let full = batch.len() >= BATCH_CALLS_MAX || bytes > BATCH_BYTES_MAX;
            if full && !batch.is_empty() {
                break;
            }
            waiting.bytes -= next.cost();
            batch.extend(waiting.calls.pop_front());
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Takes no more calls; what is queued is still done.
    pub(super) fn close(&self) {
        self.lock().refusal.get_or_insert(StoreError::Closed);
        self.ready.notify_one();
    }

    /// Takes no more calls, and answers what is queued without doing it.
    pub(super) fn poison(&self) {
        let mut waiting = self.lock();
        waiting.refusal = Some(StoreError::Poisoned);
        waiting.bytes = 0;
        let abandoned = std::mem::take(&mut waiting.calls);
        drop(waiting);
        abandoned.into_iter().for_each(|call| call.fail(StoreError::Poisoned));
        self.ready.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("a panic under the lock is a bug of this crate")
    }
}

impl Waiting {
    fn admit(&self, call: &Call) -> Result<(), StoreError> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let fits = self.calls.len() < QUEUE_CALLS_MAX && self.bytes + call.cost() <= QUEUE_BYTES_MAX;
        if fits { Ok(()) } else { Err(StoreError::Overloaded) }
    }
}

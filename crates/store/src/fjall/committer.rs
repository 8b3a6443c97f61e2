//! The committer: drains the queue into durable batches, and answers only then.

use super::queue::Queue;
use crate::error::StoreError;
use crate::overlay::Overlay;
use crate::request::{Call, Decided};
use crate::view::{Changes, View};

/// What the committer needs of an engine.
pub(super) trait Engine {
    type View<'a>: View
    where
        Self: 'a;

    /// The state after all commits.
    fn view(&self) -> Self::View<'_>;

    /// Makes the changes durable, all or nothing, before it returns `Ok`.
    fn commit(&mut self, changes: Changes) -> Result<(), CommitError>;
}

/// Why a batch was not made durable.
#[derive(Clone, Copy, Debug)]
pub(super) enum CommitError {
    /// Nothing was written; later batches may succeed.
    Refused(StoreError),
    /// It is unknown what was written: nothing may be acknowledged from here on.
    Failed(StoreError),
}

/// Runs until the queue is closed and empty, or poisoned.
pub(super) fn run(mut engine: impl Engine, queue: &Queue) {
    let mut guard = PoisonOnPanic { queue, armed: true };
    while let Some(calls) = queue.next_batch() {
        let (decided, outcome) = commit(&mut engine, calls);
        let answer = outcome.map_err(|error| match error {
            CommitError::Refused(error) => error,
            CommitError::Failed(error) => {
                tracing::error!(%error, "a batch failed: no more changes until a restart");
                // First, so that nobody who learns of the failure can still get a call in.
                queue.poison();
                error
            }
        });
        decided.into_iter().for_each(|call| call.settle(answer));
    }
    guard.armed = false;
}

fn commit(engine: &mut impl Engine, calls: Vec<Call>) -> (Vec<Decided>, Result<(), CommitError>) {
    let mut batch = Overlay::new(engine.view());
    let decided = calls.into_iter().map(|call| call.evaluate(&mut batch)).collect();
    let changes = batch.into_changes();
    let outcome = if changes.is_empty() { Ok(()) } else { engine.commit(changes) };
    (decided, outcome)
}

/// A committer that panics must not leave callers waiting.
struct PoisonOnPanic<'a> {
    queue: &'a Queue,
    armed: bool,
}

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.queue.poison();
        }
    }
}

#[cfg(test)]
mod tests;

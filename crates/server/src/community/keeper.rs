//! One community's task: does what is asked in order, each durable before it is answered and before anybody is told
//! (docs/protocol.md §1.3, §10.2).
//!
//! Unlike a conversation's it waits for each write: a community's log grows by the hands of few, and deposits of many
//! still share the syncs of the disk with other communities.

use super::{Shared, damaged, live::Live, not_a_member};
use crate::{
    caller::Caller,
    failure, log,
    registry::{Message, Place, Worker},
};
use asterism_store::{Append, AppendError, Store as _, Write};
use asterism_wire::{
    ErrorCode,
    frame::{Accepted, Failure},
    ids::{CommunityId, ConversationId, IdempotencyKey, Seq, Timestamp},
};
use futures_util::future::BoxFuture;
use std::{fmt, sync::Arc};

/// Something asked, with the way back inside.
pub(super) struct Job(Work);

type Work = Box<dyn for<'a> FnOnce(&'a mut Keeper) -> BoxFuture<'a, ()> + Send>;

impl Job {
    pub(super) fn new(
        work: impl for<'a> FnOnce(&'a mut Keeper) -> BoxFuture<'a, ()> + Send + 'static,
    ) -> Self {
        Self(Box::new(work))
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job(…)")
    }
}

/// The task.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) id: CommunityId,
    pub(super) shared: Arc<Shared>,
    place: Place<Self>,
    /// What is in memory; nothing until it is needed, and after a failure.
    pub(super) live: Option<Live>,
}

impl Worker for Keeper {
    type Job = Job;
    type Shared = Shared;

    fn start(id: ConversationId, shared: Arc<Shared>, place: Place<Self>) {
        tokio::spawn(Self { id: id.into(), shared, place, live: None }.run());
    }
}

/// Positions of the entries of one submission.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) first: Seq,
    pub(super) last: Seq,
    /// It was accepted before; nothing was written now.
    pub(super) is_repeated: bool,
}

impl Keeper {
    async fn run(mut self) {
        while let Some(message) = self.place.recv().await {
            match message {
                Message::Job(Job(work)) => {
                    work(&mut self).await;
                    if self.place.is_given_up(self.live.is_some()) {
                        return;
                    }
                }
                Message::Retire if self.place.leave() => return,
                Message::Retire => {}
            }
        }
    }

    /// The community, if it exists.
    pub(super) async fn known(&mut self) -> Result<Option<&mut Live>, Failure> {
        if self.live.is_none() {
            self.live = Live::load(&self.shared.store, self.id).await.map_err(failure::of_store)?;
        }
        Ok(self.live.as_mut())
    }

    /// The community; `not_a_member` when there is none, so that none can be probed.
    pub(super) async fn live(&mut self) -> Result<&mut Live, Failure> {
        self.known().await?.ok_or_else(not_a_member)
    }

    /// The community, for who administers it; and the time at which they do.
    pub(super) async fn administered(&mut self, caller: &Caller) -> Result<(&mut Live, Timestamp), Failure> {
        let now = self.shared.clock.now();
        let live = self.live().await?;
        let now = live.stamp(now);
        if live.state.is_admin(caller.account, now) { Ok((live, now)) } else { Err(not_a_member()) }
    }

    /// Appends. Entries that the store has under the key already are the answer.
    pub(super) async fn append(&mut self, append: Append) -> Result<Range, Failure> {
        match self.shared.store.append(append).await {
            Ok(done) => {
                let (first, last) = (Seq(done.first_seq), Seq(done.last_seq));
                Ok(Range { first, last, is_repeated: false })
            }
            Err(AppendError::AlreadyDone { first_seq, last_seq, .. }) => {
                Ok(Range { first: Seq(first_seq), last: Seq(last_seq), is_repeated: true })
            }
            Err(error) => {
                // What is in memory may not be what is stored.
                self.live = None;
                Err(of_append(error))
            }
        }
    }

    /// The refusal of a submission, unless it was accepted before (§4.5).
    pub(super) async fn refuse(
        &self,
        log: ConversationId,
        key: IdempotencyKey,
        refusal: Failure,
    ) -> Result<Range, Failure> {
        match self.shared.store.append(log::probe(log, key)).await {
            Err(AppendError::AlreadyDone { first_seq, last_seq, .. }) => {
                Ok(Range { first: Seq(first_seq), last: Seq(last_seq), is_repeated: true })
            }
            Err(AppendError::Store(error)) => Err(failure::of_store(error)),
            _ => Err(refusal),
        }
    }

    /// The answer to a submission: its first entry, with the stamp.
    pub(super) async fn accepted(&self, log: ConversationId, range: Range) -> Result<Accepted, Failure> {
        let entry = log::entry(&self.shared.store, log, range.first).await.map_err(failure::of_store)?;
        let entry = entry.ok_or_else(|| Failure::of(ErrorCode::Expired))?;
        Ok(Accepted { seq: entry.seq, server_time_ms: entry.server_time_ms })
    }

    /// Writes records, all or nothing.
    pub(super) async fn write(&mut self, writes: Vec<Write>) -> Result<(), Failure> {
        let written = self.shared.store.write(writes).await;
        if written.is_err() {
            self.live = None;
        }
        written.map_err(|error| match error {
            asterism_store::WriteError::Store(error) => failure::of_store(error),
            asterism_store::WriteError::Conflict { .. } => damaged(),
        })
    }
}

fn of_append(error: AppendError) -> Failure {
    match error {
        AppendError::Store(error) => failure::of_store(error),
        // Nobody else writes to this community: but the id of a ticket or a log may have been taken meanwhile.
        AppendError::WriteConflict { .. } => Failure::of(ErrorCode::ConversationExists),
        AppendError::Conflict { .. } | AppendError::AlreadyDone { .. } | AppendError::Fenced => damaged(),
    }
}

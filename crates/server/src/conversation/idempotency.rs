//! Submissions that come again, and appends that fail (docs/protocol.md §4.5).

use super::{
    actor::{Actor, InFlight},
    op::{Job, Op, Reply},
};
use crate::{
    failure,
    log::{self, Position},
};
use asterism_store::AppendError;
use asterism_wire::{
    ErrorCode,
    entry::Entry,
    frame::{Accepted, Failure, VaultAccepted},
    ids::{IdempotencyKey, Seq},
    signing,
};
use std::collections::VecDeque;

/// How often a job begins anew because another one came first, before that is taken for a fault.
const TRIES_MAX: u8 = 16;

/// Under which key a submission is remembered when what was submitted under `key` before is dead.
fn after_void(key: IdempotencyKey, void: u64) -> IdempotencyKey {
    let full = signing::hash("asterism 1 server idempotency", &[key.as_bytes(), &void.to_be_bytes()]);
    let mut next = [0; IdempotencyKey::LEN];
    next.copy_from_slice(&full.0[..IdempotencyKey::LEN]);
    IdempotencyKey(next)
}

impl Actor {
    /// The store knows the key. What rested on the append not being there is decided anew.
    pub(super) async fn settle_repeated(
        &mut self,
        mut job: Job,
        probe: bool,
        before: Option<Position>,
        first: Seq,
        last: Seq,
    ) -> VecDeque<Job> {
        let mut again = VecDeque::new();
        if !probe {
            let rest = self.take_in_flight();
            self.rewind(&job, &rest, before);
            again.extend(rest.into_iter().map(|one| one.job));
        }
        match self.first_answer(&job.op, first, last).await {
            Ok(Some(reply)) => job.answer(Ok(reply)),
            Ok(None) => {
                job.key = self.next_key(job.key, first);
                again.push_front(job);
            }
            Err(failure) => job.answer(Err(failure)),
        }
        again
    }

    /// The answer that the submission got at first; none when a void killed it.
    async fn first_answer(&mut self, op: &Op, first: Seq, last: Seq) -> Result<Option<Reply>, Failure> {
        if self.light().await?.is_some_and(|live| live.void_of(first).is_some()) {
            return Ok(None);
        }
        if matches!(op, Op::WriteVault(..)) {
            return Ok(Some(Reply::Vault(VaultAccepted { seq: last.0 })));
        }
        let entry = self.entry(first).await?.ok_or_else(|| Failure::of(ErrorCode::Expired))?;
        Ok(Some(Reply::Accepted(Accepted { seq: first.0, server_time_ms: entry.server_time_ms })))
    }

    fn next_key(&self, key: Option<IdempotencyKey>, first: Seq) -> Option<IdempotencyKey> {
        let void = self.live.as_ref().and_then(|live| live.void_of(first))?;
        key.map(|key| after_void(key, void.0))
    }

    /// An entry of the log, unless it is not there (any more).
    pub(super) async fn entry(&self, seq: Seq) -> Result<Option<Entry>, Failure> {
        log::entry(&self.shared.store, self.id, seq).await.map_err(failure::of_store)
    }

    /// An append failed, and everything in flight after it.
    pub(super) fn settle_failed(&mut self, job: Job, error: AppendError) -> VecDeque<Job> {
        self.live = None;
        let rest = self.take_in_flight();
        match error {
            AppendError::Conflict { .. } | AppendError::WriteConflict { .. } => {
                tracing::debug!(waiting = rest.len(), "an append met another one");
                let jobs = std::iter::once(job).chain(rest.into_iter().map(|one| one.job));
                jobs.filter_map(begin_anew).collect()
            }
            AppendError::Store(error) => {
                let failure = failure::of_store(error);
                job.answer(Err(failure.clone()));
                fail_appends(rest, &failure)
            }
            AppendError::Fenced | AppendError::AlreadyDone { .. } => {
                let failure = Failure::of(ErrorCode::Internal);
                job.answer(Err(failure.clone()));
                fail_appends(rest, &failure)
            }
        }
    }

    fn rewind(&mut self, job: &Job, rest: &VecDeque<InFlight>, before: Option<Position>) {
        let group_changed = job.op.changes_group()
            || rest.iter().any(|one| one.pending.is_some() && one.job.op.changes_group());
        match (&mut self.live, before) {
            (Some(live), Some(before)) if !group_changed => live.log.position = before,
            _ => self.live = None,
        }
    }
}

fn begin_anew(mut job: Job) -> Option<Job> {
    job.tries += 1;
    if job.tries <= TRIES_MAX {
        return Some(job);
    }
    tracing::error!("a request met other appends too often");
    job.answer(Err(Failure::of(ErrorCode::Internal)));
    None
}

/// What was to be appended after a failed append has failed too; the rest is decided anew.
fn fail_appends(rest: VecDeque<InFlight>, failure: &Failure) -> VecDeque<Job> {
    let (appends, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|one| one.pending.is_some());
    for one in appends {
        one.job.answer(Err(failure.clone()));
    }
    others.into_iter().map(|one| one.job).collect()
}

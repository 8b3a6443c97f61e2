//! One conversation's task: takes requests in order, decides each by what is in memory, puts its append in
//! the store's queue, and goes on with the next while that becomes durable (docs/protocol.md §1.3, §4.3).
//!
//! What is asked takes effect, is answered and is pushed in that order. When an append fails, what was
//! decided after it rests on something that did not happen: it is decided anew.

use super::{
    effects::Effects,
    live::Live,
    op::{Job, Op, Outcome, Reply},
    shared::Shared,
};
use crate::{
    log::Position,
    registry::{Message, Place, Worker},
};
use asterism_store::{Append, AppendError, Appended, Pending, Store as _};
use asterism_wire::{
    frame::Failure,
    ids::{ConversationId, IdempotencyKey, Seq, Timestamp},
};
use std::{collections::VecDeque, sync::Arc};

/// Requests of one conversation that wait for the store at once. Higher: more messages share one sync of
/// the disk, and more is decided anew when an append fails.
const IN_FLIGHT_MAX: usize = 512;

/// The task. Invariant: `live` is the state after everything in `in_flight`, in that order.
#[derive(Debug)]
pub(super) struct Actor {
    pub(super) id: ConversationId,
    pub(super) shared: Arc<Shared>,
    place: Place<Self>,
    /// What is in memory; nothing until it is needed, and after a failure.
    pub(super) live: Option<Live>,
    in_flight: VecDeque<InFlight>,
    /// Until then only those who may remove others commit.
    pub(super) removers_until: Timestamp,
}

/// A decision.
#[derive(Debug)]
pub(super) enum Decision {
    /// Nothing is to be written.
    Answer(Reply, Effects),
    /// This, once the append is durable.
    Append(Append, Reply, Effects),
    /// The failure, unless the submission was accepted before (§4.5).
    Refuse(Failure),
}

/// Something decided that waits for its append, or just for what is before it.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) job: Job,
    pub(super) pending: Option<Pending<Appended, AppendError>>,
    pub(super) then: Then,
    /// Where the log stood before.
    pub(super) before: Option<Position>,
}

/// What follows.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are answers")]
pub(super) enum Then {
    /// The answer.
    Answer(Outcome, Effects),
    /// The answer to a submission that is refused unless it was accepted before.
    Known(Failure),
}

impl Worker for Actor {
    type Job = Job;
    type Shared = Shared;

    fn start(id: ConversationId, shared: Arc<Shared>, place: Place<Self>) {
        let actor =
            Self { id, shared, place, live: None, in_flight: VecDeque::new(), removers_until: Timestamp(0) };
        tokio::spawn(actor.run());
    }
}

impl Actor {
    /// Runs until it is retired or nobody can ask any more.
    async fn run(mut self) {
        loop {
            let room = self.in_flight.len() < IN_FLIGHT_MAX;
            tokio::select! {
                biased;
                result = store_answer(&mut self.in_flight), if !self.in_flight.is_empty() => {
                    let again = self.settle(result).await;
                    self.work(again).await;
                }
                message = self.place.recv(), if room => match message {
                    Some(Message::Job(job)) => self.work(VecDeque::from([job])).await,
                    Some(Message::Retire) => {
                        self.settle_all().await;
                        if self.place.leave() {
                            return;
                        }
                    }
                    None => break,
                },
            }
            if self.in_flight.is_empty() && self.place.is_given_up(self.live.is_some()) {
                return;
            }
        }
        self.settle_all().await;
    }

    /// Works off jobs, those that must be decided anew first.
    async fn work(&mut self, mut jobs: VecDeque<Job>) {
        while let Some(job) = jobs.pop_front() {
            if job.op.waits() && !self.in_flight.is_empty() {
                let mut again = self.settle_front().await;
                again.push_back(job);
                again.append(&mut jobs);
                jobs = again;
                continue;
            }
            let reloads = job.op.reloads();
            self.start(job).await;
            if reloads {
                let mut again = self.settle_in_flight().await;
                self.live = None;
                again.append(&mut jobs);
                jobs = again;
            }
        }
    }

    /// Decides one job.
    async fn start(&mut self, job: Job) {
        let before = self.live.as_ref().map(|live| live.log.position);
        let decision = self.decide(&job).await;
        let (append, then) = match decision {
            Ok(Decision::Answer(reply, effects)) => (None, Then::Answer(Ok(reply), effects)),
            Ok(Decision::Append(append, reply, effects)) => (Some(append), Then::Answer(Ok(reply), effects)),
            Ok(Decision::Refuse(failure)) => match job.key {
                Some(key) => (Some(crate::log::probe(self.id, key)), Then::Known(failure)),
                None => (None, Then::Answer(Err(failure), Effects::default())),
            },
            Err(failure) => (None, Then::Answer(Err(failure), Effects::default())),
        };
        let before = before.or_else(|| self.live.as_ref().map(|live| live.loaded));
        let pending = append.map(|append| self.shared.store.append(append));
        self.in_flight.push_back(InFlight { job, pending, then, before });
    }

    async fn decide(&mut self, job: &Job) -> Result<Decision, Failure> {
        match &job.op {
            Op::Create(caller, request) => self.create(caller, request).await,
            Op::Commit(caller, request) => self.commit(caller, request, job.key).await,
            Op::Send(caller, request) => self.send(caller, request, job.key).await,
            Op::WriteVault(caller, request) => self.write_vault(caller, request, job.key).await,
            Op::Subscribe(caller) => self.subscribe(caller).await,
            Op::Access(caller) => self.access(caller).await,
            Op::JoinInfo(caller, request) => self.join_info(caller, request).await,
            Op::Link(ticket) => self.link(*ticket).await,
            Op::Facts(for_member) => self.facts(*for_member).await,
            Op::Receipt(caller, receipt) => self.receipt(caller, receipt).await,
            Op::Refusal(caller, refusal) => self.refusal(caller, refusal).await,
            Op::Ephemeral(caller, request) => self.ephemeral(caller, request).await,
            Op::Settle(now) => self.settle_due(*now).await,
            Op::Void(now) => self.void(*now).await,
            Op::Trim(now) => self.trim(*now).await,
        }
    }

    /// Waits for the first in flight; gives what must be decided anew.
    async fn settle_front(&mut self) -> VecDeque<Job> {
        if self.in_flight.is_empty() {
            return VecDeque::new();
        }
        let result = store_answer(&mut self.in_flight).await;
        self.settle(result).await
    }

    /// Waits for all in flight; gives what must be decided anew.
    async fn settle_in_flight(&mut self) -> VecDeque<Job> {
        while !self.in_flight.is_empty() {
            let again = self.settle_front().await;
            if !again.is_empty() {
                // A failure takes all that was in flight with it.
                return again;
            }
        }
        VecDeque::new()
    }

    /// Until nothing is in flight and nothing must be decided anew.
    async fn settle_all(&mut self) {
        while !self.in_flight.is_empty() {
            let again = self.settle_in_flight().await;
            self.work(again).await;
        }
    }

    /// The first in flight has its answer.
    async fn settle(&mut self, result: Option<Result<Appended, AppendError>>) -> VecDeque<Job> {
        let Some(done) = self.in_flight.pop_front() else { return VecDeque::new() };
        match (result, done.then) {
            (None | Some(Ok(_)), Then::Answer(outcome, effects)) => {
                effects.apply(self.id, &self.shared);
                done.job.answer(outcome);
                VecDeque::new()
            }
            (None | Some(Ok(_) | Err(AppendError::Conflict { .. })), Then::Known(failure)) => {
                done.job.answer(Err(failure));
                VecDeque::new()
            }
            (Some(Err(AppendError::AlreadyDone { first_seq, last_seq, .. })), then) => {
                let probe = matches!(then, Then::Known(_));
                self.settle_repeated(done.job, probe, done.before, Seq(first_seq), Seq(last_seq)).await
            }
            (Some(Err(error)), _) => self.settle_failed(done.job, error),
        }
    }

    pub(super) fn in_flight_is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Gives back what is in flight, in order.
    pub(super) fn take_in_flight(&mut self) -> VecDeque<InFlight> {
        std::mem::take(&mut self.in_flight)
    }
}

/// The store's answer to the first in flight; at once when that asked nothing of the store. Nothing is lost
/// when it is dropped early.
async fn store_answer(in_flight: &mut VecDeque<InFlight>) -> Option<Result<Appended, AppendError>> {
    match in_flight.front_mut() {
        Some(InFlight { pending: Some(pending), .. }) => Some(pending.await),
        _ => None,
    }
}

/// The key for a job that must have one.
pub(super) fn key_of(key: Option<IdempotencyKey>) -> Result<IdempotencyKey, Failure> {
    key.ok_or_else(|| Failure::of(asterism_wire::ErrorCode::Malformed))
}

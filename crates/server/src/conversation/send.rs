//! Messages (docs/protocol.md §4.5).

use super::{
    Conversations, actor,
    actor::{Actor, Decision},
    effects::Effects,
    op::{Op, Reply},
};
use crate::{caller::Caller, log::NewEntry};
use asterism_mls::tracker::ApplicationError;
use asterism_wire::{
    ErrorCode,
    entry::{AuthenticatedData, EntryKind},
    frame::{Accepted, Failure, SendMessage},
    ids::{ConversationId, IdempotencyKey, Timestamp},
    limits,
};
use std::future::Future;

impl Conversations {
    /// Appends a message. Takes its place among the requests about the conversation when it is called.
    ///
    /// # Errors
    /// `stale_epoch` with the standing; `not_a_member`; `forbidden` by the group's policy;
    /// `invalid_commit` when it is not a sealed message of the group; `limit_exceeded`, `malformed`, or when
    /// the store fails.
    pub fn send_message(
        &self,
        caller: &Caller,
        request: SendMessage,
    ) -> impl Future<Output = Result<Accepted, Failure>> + Send + use<> {
        let asked = check(&request).map(|id| self.ask(id, Op::Send(caller.clone(), request)));
        async move { asked?.await?.accepted() }
    }
}

fn check(request: &SendMessage) -> Result<ConversationId, Failure> {
    let id = super::conversation_id(&request.conversation)?;
    super::idempotency_key(&request.idempotency)?;
    if request.body.len() > limits::MESSAGE_BYTES_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    Ok(id)
}

impl Actor {
    pub(super) async fn send(
        &mut self,
        caller: &Caller,
        request: &SendMessage,
        key: Option<IdempotencyKey>,
    ) -> Result<Decision, Failure> {
        let key = actor::key_of(key)?;
        let stamp = match self.judge_message(caller, request).await {
            Ok(stamp) => stamp,
            // Outsiders learn nothing; whoever was a member may be repeating what was accepted.
            Err(failure) if failure.error_code() == ErrorCode::NotAMember => {
                let known = matches!(self.membership(caller.device).await, Ok(Some(_)));
                return if known { Ok(Decision::Refuse(failure)) } else { Err(failure) };
            }
            Err(failure) => return Ok(Decision::Refuse(failure)),
        };
        let live = self.existing().await?;
        let entry = live.log.next_entry(NewEntry {
            kind: EntryKind::Message,
            epoch: live.epoch,
            stamp,
            idempotency: super::idempotency_key(&request.idempotency).ok(),
            body: request.body.clone(),
        });
        let append = live.log.append(std::slice::from_ref(&entry), Some(key));
        let accepted = Accepted { seq: entry.seq, server_time_ms: stamp.0 };
        let effects = Effects { entries: vec![entry], ..Effects::default() };
        Ok(Decision::Append(append, Reply::Accepted(accepted), effects))
    }

    async fn judge_message(&mut self, caller: &Caller, request: &SendMessage) -> Result<Timestamp, Failure> {
        self.current_member(caller.device).await?;
        let now = self.shared.clock.now();
        let live = self.with_group().await?;
        #[cfg(feature = "plant")]
        if crate::plant::ANY_EPOCH.get() {
            return Ok(live.log.stamp(now));
        }
        if request.epoch_opened_by != live.epoch.opened_by.0 {
            return Err(super::stale(live));
        }
        let group = live.group()?;
        let said = group.tracker.check_application(&request.body).map_err(|error| match error {
            ApplicationError::WrongEpoch => super::stale(live),
            ApplicationError::Malformed => Failure::of(ErrorCode::InvalidCommit),
        })?;
        let stamp = live.log.stamp(now);
        asterism_policy::may_post(group.tracker.state(), caller.account, stamp)
            .map_err(|denial| Failure::of(denial.code()))?;
        self.check_statement(&said).await?;
        Ok(stamp)
    }

    /// What a sender says about the log must be so (§4.2).
    pub(super) async fn check_statement(&mut self, said: &AuthenticatedData) -> Result<(), Failure> {
        let store = self.shared.store.clone();
        let live = self.existing().await?;
        live.log.check_statement(&store, said.last_seq, &said.last_head).await
    }
}

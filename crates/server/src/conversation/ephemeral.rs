//! Signals: relayed to who is online, kept nowhere (docs/protocol.md §8).

use super::{
    Conversations,
    actor::{Actor, Decision},
    effects::Effects,
    op::{Op, Reply},
};
use crate::{caller::Caller, encode};
use asterism_wire::{
    ErrorCode,
    frame::{Done, Ephemeral, Failure, Happened, SendEphemeral},
    limits,
};
use std::future::Future;

impl Conversations {
    /// Relays a signal to the other connections that are told of the conversation.
    ///
    /// # Errors
    /// `stale_epoch`; `not_a_member`; `limit_exceeded`, also in groups that are too large for signals;
    /// `malformed`; or when the store fails.
    pub fn send_ephemeral(
        &self,
        caller: &Caller,
        request: SendEphemeral,
    ) -> impl Future<Output = Result<Done, Failure>> + Send + use<> {
        let asked = super::conversation_id(&request.conversation).and_then(|id| {
            if request.body.len() > limits::EPHEMERAL_BYTES_MAX {
                return Err(Failure::of(ErrorCode::LimitExceeded));
            }
            Ok(self.ask(id, Op::Ephemeral(caller.clone(), request)))
        });
        async move {
            asked?.await?;
            Ok(Done {})
        }
    }
}

impl Actor {
    pub(super) async fn ephemeral(
        &mut self,
        caller: &Caller,
        request: &SendEphemeral,
    ) -> Result<Decision, Failure> {
        self.current_member(caller.device).await?;
        let live = self.with_group().await?;
        if request.epoch_opened_by != live.epoch.opened_by.0 {
            return Err(super::stale(live));
        }
        asterism_policy::may_signal(&live.group()?.tracker.roster())
            .map_err(|denial| Failure::of(denial.code()))?;
        let signal = Ephemeral {
            conversation: request.conversation.clone(),
            epoch_opened_by: request.epoch_opened_by,
            body: request.body.clone(),
        };
        let frame = encode::push(Happened::Ephemeral(signal));
        let effects = Effects { signal: Some((frame, Some(caller.connection.id()))), ..Effects::default() };
        Ok(Decision::Answer(Reply::Done, effects))
    }
}

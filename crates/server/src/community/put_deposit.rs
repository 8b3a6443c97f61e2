//! Leaving a note for the admins (docs/protocol.md §10.6). Who leaves it is not kept.

use super::{
    Communities,
    access::{Reader, subscriber_record, ticket_of},
    community_id,
    keeper::Keeper,
    live::View,
    not_a_member,
    opening::SEAL_KEY_LEN,
    records::{DepositRecord, SubscriberRecord, bytes, keys, number_bytes, put},
    seats,
};
use crate::caller::Caller;
use asterism_wire::{
    ErrorCode,
    frame::{Done, Failure, PutDeposit},
    ids::{CommunityId, TicketId},
    limits, signing,
};
use bytes::Bytes;
use std::{future::Future, sync::Arc};

impl Communities {
    /// Leaves a note, in place of an earlier one of the same subscriber, who may read from then on. Who says to be a
    /// known one and shows no right leaves none: what is there stays.
    ///
    /// # Errors
    /// `not_a_member` for who is no subscriber and shows neither a live link nor a group nor a role; `link_expired`
    /// and `link_used_up` for who holds the link; `group_full` when there are as many subscribers as there may be;
    /// `rate_limited`, `limit_exceeded`, `malformed`; or when the store fails.
    pub fn put_deposit(
        &self,
        caller: &Caller,
        request: PutDeposit,
    ) -> impl Future<Output = Result<Done, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = self
            .check_deposit(&caller, &request)
            .map(|id| self.ask(id, move |keeper| Box::pin(keeper.put_deposit(caller, request))));
        async move { asked?.await }
    }

    fn check_deposit(&self, caller: &Caller, request: &PutDeposit) -> Result<CommunityId, Failure> {
        let id = community_id(&request.community)?;
        if request.sealed.len() > limits::DEPOSIT_BYTES_MAX {
            return Err(Failure::of(ErrorCode::LimitExceeded));
        }
        if request.subscriber_key.len() != SEAL_KEY_LEN || request.sealed.is_empty() {
            return Err(Failure::of(ErrorCode::Malformed));
        }
        let shared = self.shared();
        shared.throttle.deposit.take(caller.account, shared.clock.now())?;
        Ok(id)
    }
}

impl Keeper {
    async fn put_deposit(&mut self, caller: Caller, request: PutDeposit) -> Result<Done, Failure> {
        let (id, store) = (self.id, self.shared.store.clone());
        let view = self.live().await?.view();
        let subscriber = signing::subscriber_id(&request.subscriber_key);
        let known = subscriber_record(&store, id, subscriber).await?;
        let ticket = match self.entitled(&view, &caller, &request, known.as_ref()).await {
            Ok(ticket) => ticket,
            Err(_) if known.is_some() => {
                self.shared.read_as_subscriber(&view, caller.connection.id(), subscriber);
                return Ok(Done {});
            }
            Err(refusal) => return Err(refusal),
        };

        let mut record = known.clone().unwrap_or_default();
        let mut writes = Vec::new();
        let mut counted = None;
        if let Some(ticket) = ticket
            && record.ticket != ticket.as_bytes()
        {
            record.ticket = ticket.to_vec();
            let uses = view.uses(ticket).saturating_add(1);
            counted = Some((ticket, uses));
            writes.push(put(keys::ticket_uses(id, ticket), number_bytes(uses)));
        }
        if known.is_none() {
            let count = seats::count(&store, id).await?;
            if count >= limits::COMMUNITY_MEMBERS_MAX as u64 {
                return Err(Failure::of(ErrorCode::GroupFull));
            }
            writes.push(put(keys::subscribers(id), number_bytes(count + 1)));
        }
        let deposit = DepositRecord {
            sealed: request.sealed,
            at_ms: view.stamp(self.shared.clock.now()).0,
            ticket: record.ticket.clone(),
        };
        writes.push(put(keys::subscriber_key(id, subscriber), Bytes::from(request.subscriber_key)));
        writes.push(put(keys::subscriber(id, subscriber), bytes(&record)));
        writes.push(put(keys::deposit(id, subscriber), bytes(&deposit)));
        self.write(writes).await?;
        self.shared.read_as_subscriber(&view, caller.connection.id(), subscriber);
        if let Some((ticket, uses)) = counted {
            Arc::make_mut(&mut self.live().await?.uses).insert(ticket, uses);
        }
        self.deposit_came().await;
        Ok(Done {})
    }

    /// By which right does the caller leave it? The ticket, when it is that.
    async fn entitled(
        &self,
        view: &View,
        caller: &Caller,
        request: &PutDeposit,
        known: Option<&SubscriberRecord>,
    ) -> Result<Option<TicketId>, Failure> {
        let access = request.access.clone().unwrap_or_default();
        let now = view.stamp(self.shared.clock.now());
        if !access.ticket.is_empty() {
            let is_counted = known.is_some_and(|record| record.ticket == access.ticket);
            match ticket_of(view, caller, &access, is_counted, now) {
                Ok(ticket) => {
                    self.shared.check_not_barred(view.state.id(), caller.account).await?;
                    return Ok(Some(ticket));
                }
                Err(refusal) if known.is_none() && access.group.is_empty() => return Err(refusal),
                Err(_) => {}
            }
        }
        // To be somebody else's subscriber is no right of this one.
        let access = asterism_wire::frame::CommunityAccess { subscriber: Vec::new(), ..access };
        match self.shared.reader(view, caller, &access).await? {
            Reader::Group(..) | Reader::Admin(_) => Ok(None),
            Reader::Ticket(ticket) => Ok(Some(ticket)),
            Reader::Subscriber(_) => Err(not_a_member()),
        }
    }
}

//! Who may read a community, and as whom (docs/protocol.md §10.6). Everybody else is told that there is no such
//! community.

use super::{
    Shared, community_id, damaged,
    live::View,
    not_a_member,
    records::{self, SubscriberRecord, keys},
    subscriber_id,
};
use crate::{caller::Caller, failure};
use asterism_mls::keys::verify;
use asterism_policy::{CommunityState, Kind, Ticket};
use asterism_store::{AnyStore, Store as _};
use asterism_wire::{
    ErrorCode,
    frame::{CommunityAccess, Failure},
    ids::{AccountId, CommunityId, ConversationId, DeviceId, SubscriberId, TicketId, Timestamp},
    signing,
};

/// As whom somebody reads. Kept in memory beside connections, never in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// As its admin.
    Admin(AccountId),
    /// With a seat or a deposit.
    Subscriber(SubscriberId),
    /// With a link.
    Ticket(TicketId),
    /// As a member of one of its groups.
    Group(ConversationId, DeviceId),
}

impl Shared {
    /// As whom does the caller read?
    ///
    /// # Errors
    /// `not_a_member`; for who has proven to hold a link `link_expired` or `link_used_up`; `malformed`; or when the
    /// store fails.
    pub(super) async fn reader(
        &self,
        view: &View,
        caller: &Caller,
        access: &CommunityAccess,
    ) -> Result<Reader, Failure> {
        let now = view.stamp(self.clock.now());
        let community = view.state.id();
        let mut refusal = not_a_member();
        let subscriber = named(&access.subscriber, subscriber_id)?;
        if let Some(id) = subscriber
            && subscriber_record(&self.store, community, id).await?.is_some()
        {
            return Ok(Reader::Subscriber(id));
        }
        if !access.ticket.is_empty() {
            match ticket_of(view, caller, access, false, now) {
                Ok(ticket) => {
                    self.check_not_barred(community, caller.account).await?;
                    return Ok(Reader::Ticket(ticket));
                }
                Err(failure) if failure.error_code() == ErrorCode::Malformed => return Err(failure),
                Err(failure) => refusal = failure,
            }
        }
        if let Some(group) = named(&access.group, |bytes| community_id(bytes).map(CommunityId::log))?
            && self.is_in_group(community, group, caller.device).await?
        {
            self.check_not_barred(community, caller.account).await?;
            return Ok(Reader::Group(group, caller.device));
        }
        if view.state.is_admin(caller.account, now) {
            Ok(Reader::Admin(caller.account))
        } else {
            Err(refusal)
        }
    }

    /// Is the device a member of a group of the community?
    pub(super) async fn is_in_group(
        &self,
        community: CommunityId,
        group: ConversationId,
        device: DeviceId,
    ) -> Result<bool, Failure> {
        match self.conversations.facts(group, Some(device)).await {
            // Anybody may found a room that says to be of the community: a group only its admins may.
            Ok(facts) => Ok(facts.kind == Kind::Group && facts.community == Some(community)),
            Err(failure) if failure.error_code() == ErrorCode::NotAMember => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

fn named<T>(bytes: &[u8], parse: impl Fn(&[u8]) -> Result<T, Failure>) -> Result<Option<T>, Failure> {
    if bytes.is_empty() { Ok(None) } else { parse(bytes).map(Some) }
}

/// What is kept of a subscriber.
pub(super) async fn subscriber_record(
    store: &AnyStore,
    community: CommunityId,
    subscriber: SubscriberId,
) -> Result<Option<SubscriberRecord>, Failure> {
    let found = store.get(&[keys::subscriber(community, subscriber)]).await.map_err(failure::of_store)?;
    let found = found.into_iter().next().flatten();
    found.map(|found| records::read(&found.value)).transpose().map_err(failure::of_store)
}

/// The ticket that the caller holds, if it may still be used. `is_counted`: as somebody who has used it before.
///
/// # Errors
/// `not_a_member` unless the ticket's key has signed; `link_expired`; `link_used_up`; `malformed`.
pub(super) fn ticket_of(
    view: &View,
    caller: &Caller,
    access: &CommunityAccess,
    is_counted: bool,
    now: Timestamp,
) -> Result<TicketId, Failure> {
    let id = TicketId::try_from(access.ticket.as_slice()).map_err(failure::of_decode)?;
    let ticket = view.state.ticket(id).ok_or_else(not_a_member)?;
    let signed = signing::community_access(&caller.nonce, view.state.id(), id, caller.account);
    verify(&ticket.signature_key, &signed, &access.ticket_signature).map_err(|_| not_a_member())?;
    check_usable(ticket, view.uses(id), is_counted, now)?;
    Ok(id)
}

/// May somebody still come by the ticket, which so many have used?
///
/// # Errors
/// `link_expired`, `link_used_up`.
pub(super) fn check_usable(
    ticket: &Ticket,
    uses: u64,
    is_counted: bool,
    now: Timestamp,
) -> Result<(), Failure> {
    if ticket.expires_ms != 0 && ticket.expires_ms <= now.0 {
        return Err(Failure::of(ErrorCode::LinkExpired));
    }
    if ticket.uses_max != 0 && uses >= u64::from(ticket.uses_max) && !is_counted {
        return Err(Failure::of(ErrorCode::LinkUsedUp));
    }
    Ok(())
}

/// Reads the state of a community from its record.
pub(super) fn read_state(record: &records::CommunityRecord) -> Result<CommunityState, Failure> {
    CommunityState::read(&record.state).map_err(|_| damaged())
}

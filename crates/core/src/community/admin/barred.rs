//! Who was removed from a community, and which links die with that (docs/protocol.md §10.7).
//!
//! It is written before anything else is done about a removal: whichever admin's device looks next finishes it.

use super::super::LiveCommunity;
use crate::{
    conversation::{Live, vault},
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::roster::{self, Removed},
};
use asterism_policy::{CommunityState, CommunityWhat, RevokeTicket};
use asterism_wire::{
    AccountId, TicketId, Timestamp,
    frame::{self, Request},
    limits, signing,
    vault::BARRED,
};
use std::{collections::BTreeSet, rc::Rc};

/// Links that die with one account.
const TICKETS_EACH_MAX: usize = 16;

/// The entry `barred`.
pub(super) struct Barred(Vec<Removed>);

impl Barred {
    /// As this device has it.
    pub(super) fn load(cx: &Cx, room: &Live) -> Flow<Self> {
        let value = db::vault::load(&cx.db, room.id, BARRED)?.and_then(|row| row.value);
        Ok(Self(value.and_then(|value| roster::barred_from_value(&value).ok()).unwrap_or_default()))
    }

    /// The accounts.
    pub(super) fn accounts(&self) -> BTreeSet<AccountId> {
        self.0.iter().map(|removed| removed.account).collect()
    }

    /// The ends of the links that are to be dead: those that the removed made or came by, and those that have expired.
    pub(super) fn dead_links(&self, policy: &CommunityState, now: Timestamp) -> Vec<CommunityWhat> {
        let accounts = self.accounts();
        let listed: BTreeSet<TicketId> =
            self.0.iter().flat_map(|removed| removed.tickets.iter().copied()).collect();
        let is_dead = |ticket: &&asterism_policy::Ticket| {
            let maker = AccountId::try_from(ticket.creator.as_slice());
            let expired = ticket.expires_ms != 0 && ticket.expires_ms <= now.0;
            expired
                || !asterism_mls::seal::is_sealable(&ticket.seal_key)
                || maker.is_ok_and(|maker| accounts.contains(&maker))
                || TicketId::try_from(ticket.id.as_slice()).is_ok_and(|id| listed.contains(&id))
        };
        let revoke = |ticket: &asterism_policy::Ticket| {
            CommunityWhat::RevokeTicket(RevokeTicket { ticket: ticket.id.clone() })
        };
        policy.tickets.iter().filter(is_dead).map(revoke).collect()
    }
}

/// Remembers that an account was removed, and the links that they came by.
pub(super) async fn bar(cx: &Cx, room: &Rc<Live>, account: AccountId, tickets: &[TicketId]) -> Flow<()> {
    vault::write(cx, room, BARRED, |known| {
        let mut all = known.and_then(|value| roster::barred_from_value(value).ok()).unwrap_or_default();
        let mut tickets: Vec<TicketId> = tickets.to_vec();
        if let Some(at) = all.iter().position(|removed| removed.account == account) {
            tickets.extend(all.remove(at).tickets);
        }
        tickets.sort_unstable();
        tickets.dedup();
        tickets.truncate(TICKETS_EACH_MAX);
        all.push(Removed { account, tickets });
        all.drain(..all.len().saturating_sub(limits::COMMUNITY_BARRED_MAX));
        roster::barred_to_value(&all)
    })
    .await
}

/// Tells the server whom no link lets in: it knows them by a hash.
pub(super) async fn tell_server(cx: &Cx, community: &LiveCommunity, room: &Live) -> Flow<()> {
    let accounts = Barred::load(cx, room)?.accounts();
    let marks = accounts.iter().map(|account| signing::barred_mark(community.id, *account).to_vec());
    let request =
        Request::PutBarred(frame::PutBarred { community: community.id.to_vec(), marks: marks.collect() });
    cx.call::<frame::Done>(request).await.map_err(Fault::from)?;
    *community.barred_told.borrow_mut() = accounts;
    Ok(())
}

/// As [`tell_server`], unless this run of the device has told it. What one admin tells takes the place of what another
/// has told, who may have known of more: so each tells all when they learn more.
pub(super) async fn tell_news(cx: &Cx, community: &LiveCommunity, room: &Live) -> Flow<()> {
    let news = Barred::load(cx, room)?.accounts() != *community.barred_told.borrow();
    if news { tell_server(cx, community, room).await } else { Ok(()) }
}

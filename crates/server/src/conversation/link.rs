//! Links: what a ticket leads to (docs/protocol.md §5.1, §5.2). Asked also by who has no account yet.

use super::{
    Config, Conversations,
    actor::{Actor, Decision},
    effects::Effects,
    op::{LinkFacts, Op, Reply},
    records::{self, keys},
};
use crate::failure;
use asterism_policy::Ticket;
use asterism_store::{AnyStore, Store as _};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetLink, LinkInfo},
    ids::{ConversationId, TicketId, Timestamp},
    vault::{META, PastKey, VaultRecord, Wrap},
};
use prost::Message as _;

impl Conversations {
    /// What a link leads to.
    ///
    /// # Errors
    /// `unknown_link`, also for links that were revoked; `link_expired`; `link_used_up`; `malformed`; or when
    /// the store fails.
    pub async fn get_link(&self, request: GetLink) -> Result<LinkInfo, Failure> {
        let ticket = TicketId::try_from(request.ticket).map_err(failure::of_decode)?;
        let unknown = || Failure::of(ErrorCode::UnknownLink);
        let (store, config) = (&self.shared().store, &self.shared().config);
        let found = store.get(&[keys::ticket(ticket)]).await.map_err(failure::of_store)?;
        let found = found.into_iter().next().flatten().ok_or_else(unknown)?;
        let id = ConversationId::try_from(found.value.as_ref()).map_err(|_| super::damaged())?;
        let facts = self.ask(id, Op::Link(ticket)).await?.link()?;
        let opens = opens(store, config, id, ticket).await?;
        Ok(LinkInfo {
            conversation: id.to_vec(),
            policy_ticket: facts.ticket.encode_to_vec(),
            accounts: facts.accounts,
            in_community: facts.in_community,
            ..opens
        })
    }
}

/// What a ticket's holder is given to read the name.
pub(crate) async fn opens(
    store: &AnyStore,
    config: &Config,
    log: ConversationId,
    ticket: TicketId,
) -> Result<LinkInfo, Failure> {
    let found = store.get(&[keys::wrap(log, ticket), keys::vault(log, META)]).await;
    let found = found.map_err(failure::of_store)?;
    let [wrap, meta] = found.as_slice() else { return Err(super::damaged()) };
    let wrap = wrap.as_ref().map(|found| records::read::<Wrap>(&found.value)).transpose();
    let wrap = wrap.map_err(failure::of_store)?;
    let meta = meta.as_ref().map(|found| records::read::<VaultRecord>(&found.value)).transpose();
    let meta = meta.map_err(failure::of_store)?;
    let past_keys = match (&wrap, &meta) {
        (Some(wrap), Some(meta)) => {
            let max = config.link_past_keys_max;
            past_keys(store, log, meta.generation.max(oldest_given(wrap.generation, max)), max).await?
        }
        // Without the newest key nothing can be opened.
        _ => Vec::new(),
    };
    Ok(LinkInfo { wrap, meta, past_keys, ..LinkInfo::default() })
}

/// The oldest generation whose past key is given when that many are. The chain is opened from the newest.
pub(crate) fn oldest_given(present: u64, max: usize) -> u64 {
    present.saturating_sub(max as u64)
}

/// Past keys from a generation on.
pub(crate) async fn past_keys(
    store: &AnyStore,
    log: ConversationId,
    from: u64,
    limit: usize,
) -> Result<Vec<PastKey>, Failure> {
    let after = from.checked_sub(1).map(|before| keys::past_key(log, before));
    let found = store.scan(&keys::past_keys(log), after.as_ref(), limit).await.map_err(failure::of_store)?;
    let read = found.iter().map(|(_, record)| records::read(&record.value));
    read.collect::<Result<_, _>>().map_err(failure::of_store)
}

/// May somebody still enter by it?
pub(super) fn check_live(ticket: &Ticket, now: Timestamp) -> Result<(), Failure> {
    if ticket.expires_ms != 0 && ticket.expires_ms <= now.0 {
        return Err(Failure::of(ErrorCode::LinkExpired));
    }
    if ticket.uses_max != 0 && ticket.uses_max <= ticket.uses {
        return Err(Failure::of(ErrorCode::LinkUsedUp));
    }
    Ok(())
}

impl Actor {
    pub(super) async fn link(&mut self, ticket: TicketId) -> Result<Decision, Failure> {
        let now = self.shared.clock.now();
        let unknown = || Failure::of(ErrorCode::UnknownLink);
        if self.light().await?.is_none() {
            return Err(unknown());
        }
        let live = self.with_group().await?;
        let tracker = &live.group()?.tracker;
        let ticket = tracker.state().ticket(ticket).ok_or_else(unknown)?;
        check_live(ticket, live.log.stamp(now))?;
        let accounts = u32::try_from(tracker.roster().account_count()).unwrap_or(u32::MAX);
        let in_community = tracker.state().community().is_some();
        let facts = LinkFacts { ticket: ticket.clone(), accounts, in_community };
        Ok(Decision::Answer(Reply::Link(facts), Effects::default()))
    }
}

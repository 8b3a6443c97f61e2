//! Links to a community: what belongs to one that is made or goes (docs/protocol.md §10.3, §10.4).

use super::{
    incomplete,
    live::ticket_ids,
    records::{bytes, delete, keys, put, shared},
};
use crate::failure;
use asterism_policy::CommunityState;
use asterism_store::{AnyStore, Store as _, Version, Write};
use asterism_wire::{
    ErrorCode,
    frame::{ChannelOpening, Failure},
    ids::{CommunityId, TicketId},
    vault::Wrap,
};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Tickets that come and go with an entry.
#[derive(Debug)]
pub(super) struct TicketChanges {
    added: BTreeSet<TicketId>,
    removed: BTreeSet<TicketId>,
}

impl TicketChanges {
    pub(super) fn between(before: &CommunityState, after: &CommunityState) -> Self {
        let ids = |state: &CommunityState| ticket_ids(&state.tickets).collect::<BTreeSet<_>>();
        let (before, after) = (ids(before), ids(after));
        Self { added: &after - &before, removed: &before - &after }
    }

    /// A new epoch comes with a wrap for each live ticket, a new ticket with its own.
    pub(super) fn check_wraps(
        &self,
        next: &CommunityState,
        opens: bool,
        opening: Option<&ChannelOpening>,
    ) -> Result<(), Failure> {
        let mut wanted = if opens { ticket_ids(&next.tickets).collect() } else { self.added.clone() };
        // That there is nothing where nothing belongs is checked with the opening.
        let wraps = opening.map_or(&[][..], |opening| &opening.wraps);
        for wrap in wraps {
            let ticket = TicketId::try_from(wrap.ticket.as_slice()).map_err(failure::of_decode)?;
            if !wanted.remove(&ticket) || wrap.generation != next.epoch || wrap.sealed.is_empty() {
                return Err(incomplete());
            }
        }
        let is_needless = opening.is_some() && !opens && self.added.is_empty();
        if wanted.is_empty() && !is_needless { Ok(()) } else { Err(incomplete()) }
    }

    /// A link that leads somewhere else already cannot be led here: its public keys are known there.
    pub(super) async fn check_new(&self, store: &AnyStore) -> Result<(), Failure> {
        let wanted: Vec<_> = self.added.iter().map(|ticket| shared::ticket(*ticket)).collect();
        let found = store.get(&wanted).await.map_err(failure::of_store)?;
        let is_known = found.iter().any(Option::is_some);
        if is_known { Err(Failure::of(ErrorCode::Forbidden)) } else { Ok(()) }
    }

    pub(super) fn writes(&self, id: CommunityId, wraps: &[Wrap]) -> Vec<Write> {
        let mut writes = Vec::new();
        for ticket in &self.removed {
            let keys =
                [shared::ticket(*ticket), shared::wrap(id.log(), *ticket), keys::ticket_uses(id, *ticket)];
            writes.extend(keys.map(delete));
        }
        for ticket in &self.added {
            let value = Some(Bytes::copy_from_slice(id.as_bytes()));
            writes.push(Write { key: shared::ticket(*ticket), expect: Version::Absent, value });
        }
        for wrap in wraps {
            if let Ok(ticket) = TicketId::try_from(wrap.ticket.as_slice()) {
                writes.push(put(shared::wrap(id.log(), ticket), bytes(wrap)));
            }
        }
        writes
    }

    /// The counts in memory follow.
    pub(super) fn apply(&self, uses: &mut Arc<BTreeMap<TicketId, u64>>) {
        if !self.added.is_empty() || !self.removed.is_empty() {
            let uses = Arc::make_mut(uses);
            uses.retain(|ticket, _| !self.removed.contains(ticket));
            uses.extend(self.added.iter().map(|ticket| (*ticket, 0)));
        }
    }
}

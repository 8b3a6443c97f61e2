//! One community as it is held in memory. Everything here can be read from the store again.

use super::records::{self, CommunityRecord, keys};
use crate::log::{Log, Position};
use asterism_policy::{CommunityState, Ticket};
use asterism_store::{AnyStore, Store as _, StoreError};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, Standing},
    ids::{CommunityId, Epoch, Seq, TicketId, Timestamp},
};
use std::{collections::BTreeMap, sync::Arc};

/// A community in memory.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) record: CommunityRecord,
    pub(super) state: Arc<CommunityState>,
    pub(super) log: Log,
    /// The announcements.
    pub(super) posts: Log,
    /// How many subscribers came by each live ticket.
    pub(super) uses: Arc<BTreeMap<TicketId, u64>>,
}

/// What requests see that only read. It does not change.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) state: Arc<CommunityState>,
    pub(super) log: Position,
    pub(super) posts: Position,
    pub(super) posts_floor: Seq,
    pub(super) uses: Arc<BTreeMap<TicketId, u64>>,
}

impl Live {
    pub(super) async fn load(store: &AnyStore, id: CommunityId) -> Result<Option<Self>, StoreError> {
        let found = store.get(&[keys::community(id)]).await?.into_iter().next().flatten();
        let Some(found) = found else { return Ok(None) };
        let record: CommunityRecord = records::read(&found.value)?;
        let state = CommunityState::read(&record.state).map_err(|_| StoreError::Corrupt)?;
        let began = Timestamp(record.created_at_ms);
        let (log, last) = Log::load(store, id.log(), began).await?;
        let (posts, _) = Log::load(store, state.announcements_id(), began).await?;
        if last.is_none() || state.id() != id {
            return Err(StoreError::Corrupt);
        }
        let uses = read_uses(store, &state).await?;
        Ok(Some(Self { record, state: Arc::new(state), log, posts, uses: Arc::new(uses) }))
    }

    pub(super) fn view(&self) -> View {
        View {
            state: Arc::clone(&self.state),
            log: self.log.position,
            posts: self.posts.position,
            posts_floor: self.posts.floor,
            uses: Arc::clone(&self.uses),
        }
    }

    /// The stamp of what happens at this time: it decreases in neither log.
    pub(super) fn stamp(&self, now: Timestamp) -> Timestamp {
        self.posts.stamp(self.log.stamp(now))
    }

    /// The channel's epoch, as entries name it.
    pub(super) fn epoch(&self) -> Epoch {
        Epoch { number: self.state.epoch, opened_by: self.state.opened_by() }
    }

    /// The refusal of what rests on an older log, or another epoch of the channel.
    pub(super) fn stale(&self) -> Failure {
        let standing = Standing {
            epoch: self.state.epoch,
            epoch_opened_by: self.state.epoch_opened_by,
            head_seq: self.log.position.seq.0,
        };
        Failure { stale: Some(standing), ..Failure::of(ErrorCode::StaleEpoch) }
    }

    /// What the community's record is with another state.
    pub(super) fn record_with(&self, state: &CommunityState) -> CommunityRecord {
        CommunityRecord { state: state.to_bytes(), ..self.record.clone() }
    }
}

impl View {
    /// The time at which rights are judged.
    pub(super) fn stamp(&self, now: Timestamp) -> Timestamp {
        now.max(self.log.time).max(self.posts.time)
    }

    /// How many subscribers came by a ticket.
    pub(super) fn uses(&self, ticket: TicketId) -> u64 {
        self.uses.get(&ticket).copied().unwrap_or(0)
    }
}

/// The ids of live tickets.
pub(super) fn ticket_ids(tickets: &[Ticket]) -> impl Iterator<Item = TicketId> {
    tickets.iter().filter_map(|ticket| TicketId::try_from(ticket.id.as_slice()).ok())
}

async fn read_uses(store: &AnyStore, state: &CommunityState) -> Result<BTreeMap<TicketId, u64>, StoreError> {
    let tickets: Vec<TicketId> = ticket_ids(&state.tickets).collect();
    let wanted: Vec<_> = tickets.iter().map(|ticket| keys::ticket_uses(state.id(), *ticket)).collect();
    let mut uses = BTreeMap::new();
    for (ticket, found) in tickets.into_iter().zip(store.get(&wanted).await?) {
        let count = found.map_or(Ok(0), |found| records::read_number(&found.value))?;
        uses.insert(ticket, count);
    }
    Ok(uses)
}

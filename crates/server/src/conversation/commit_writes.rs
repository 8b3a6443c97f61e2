//! The records that a commit changes, in the same append as its entry (docs/protocol.md §4.3), and what a
//! void needs to undo them (§4.6).

use super::{
    actor::Actor,
    batch::Batch,
    live::{Group, OpenCommit},
    load::OPEN_COMMITS_MAX,
    ranges::Membership,
    receipts,
    records::{self, EpochRecord, OpenCommitRecord, SnapshotRecord, keys},
    submit_commit::Offer,
};
use crate::failure;
use asterism_policy::{Author, Leaf};
use asterism_store::{Key, Store as _, Version, Write};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, InboxItem, SubmitCommit},
    ids::{AccountId, DeviceId, Epoch, Seq, TicketId},
};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// What is written, and what follows from it.
pub(super) struct Written {
    pub(super) writes: Vec<Write>,
    /// The write of a snapshot, whose value is still missing.
    pub(super) snapshot: Option<Key>,
    /// Memberships that change.
    pub(super) members: BTreeMap<DeviceId, Membership>,
    /// Devices that are no members any more.
    pub(super) gone: Vec<DeviceId>,
    pub(super) inbox: Vec<(DeviceId, InboxItem)>,
    /// Open commits, the first of all, that are final now.
    pub(super) settled: Vec<OpenCommit>,
}

impl Written {
    /// The writes, with the group of the new epoch where it belongs.
    pub(super) fn into_writes(self, group: &Group) -> Vec<Write> {
        let Some(key) = self.snapshot else { return self.writes };
        let ratchet_tree = group.tracker.ratchet_tree().into();
        let record = SnapshotRecord { group_info: group.group_info.clone(), ratchet_tree };
        let mut writes = self.writes;
        for write in writes.iter_mut().filter(|write| write.key == key) {
            write.value = Some(records::bytes(&record));
        }
        writes
    }
}

/// A commit's records, as they are being put together. Nothing of the conversation is in flight.
struct Writing<'a> {
    actor: &'a mut Actor,
    request: &'a SubmitCommit,
    offer: &'a Offer,
    /// Where the commit will be.
    seq: Seq,
    closed: Epoch,
    batch: Batch,
}

pub(super) async fn write(
    actor: &mut Actor,
    request: &SubmitCommit,
    offer: &Offer,
    batch: Batch,
) -> Result<Written, Failure> {
    let live = actor.existing().await?;
    let (seq, closed) = (live.log.position.seq.next(), live.epoch);
    let mut writing = Writing { actor, request, offer, seq, closed, batch };
    let members = writing.members().await?;
    writing.participants();
    writing.keys();
    writing.tickets().await?;
    let snapshot = writing.epoch();
    let inbox = writing.inbox().await?;
    let settled = writing.settled().await?;
    writing.open_commit(&settled).await?;
    let gone = writing.gone().into_iter().map(|leaf| leaf.device).collect();
    Ok(Written { writes: writing.batch.into_writes(), snapshot, members, gone, inbox, settled })
}

impl Writing<'_> {
    /// Leaves that come: added, or the author's who enters.
    fn came(&self) -> Vec<Leaf> {
        let facts = &self.offer.judged.facts;
        let author = match facts.author {
            Author::Member(_) => None,
            Author::Ticket { leaf, .. } | Author::OwnDevice(leaf) => Some(leaf),
        };
        facts.adds.iter().copied().chain(author).collect()
    }

    /// Leaves that go, but for those that come at the same time.
    fn gone(&self) -> Vec<Leaf> {
        let came = self.came();
        let removes = &self.offer.judged.facts.removes;
        removes.iter().copied().filter(|leaf| !came.contains(leaf)).collect()
    }

    async fn members(&mut self) -> Result<BTreeMap<DeviceId, Membership>, Failure> {
        let mut members = BTreeMap::new();
        for leaf in self.gone() {
            let membership = self.actor.membership(leaf.device).await?;
            let mut membership = membership.unwrap_or_else(|| Membership::new(leaf.account));
            membership.close(self.seq);
            members.insert(leaf.device, membership);
        }
        for leaf in self.came() {
            let membership = self.actor.membership(leaf.device).await?;
            let mut membership = membership.unwrap_or_else(|| Membership::new(leaf.account));
            membership.open(self.seq);
            members.insert(leaf.device, membership);
        }
        for (device, membership) in &members {
            let key = keys::member(self.actor.id, *device);
            self.batch.put(key, records::bytes(&membership.to_record()));
        }
        Ok(members)
    }

    fn participants(&mut self) {
        let facts = &self.offer.judged.facts;
        let (before, after) = (&self.offer.before, self.offer.before.after(facts));
        let touched: BTreeSet<AccountId> =
            self.came().iter().chain(&facts.removes).map(|leaf| leaf.account).collect();
        for account in touched {
            let key = keys::participation(account, self.actor.id);
            match (before.leaves_of(account), after.leaves_of(account)) {
                (0, 1..) => self.batch.put(key, Bytes::new()),
                (1.., 0) => self.batch.delete(key),
                _ => {}
            }
        }
    }

    fn keys(&mut self) {
        let id = self.actor.id;
        for wrap in &self.request.wraps {
            if let Ok(ticket) = TicketId::try_from(wrap.ticket.as_slice()) {
                self.batch.put(keys::wrap(id, ticket), records::bytes(wrap));
            }
        }
        if let Some(past) = &self.request.past_key {
            self.batch.put(keys::past_key(id, past.generation), records::bytes(past));
        }
    }

    /// The index of links. A link that leads somewhere else already cannot be led here: its public keys are
    /// known to everybody there.
    async fn tickets(&mut self) -> Result<(), Failure> {
        let id = self.actor.id;
        let live = self.actor.existing().await?;
        let before = ids(&live.group()?.tracker.state().tickets);
        let after = ids(&self.offer.judged.next_state.tickets);
        for ticket in before.difference(&after) {
            self.batch.delete(keys::ticket(*ticket));
            self.batch.delete(keys::wrap(id, *ticket));
        }
        let added: Vec<TicketId> = after.difference(&before).copied().collect();
        let wanted: Vec<_> = added.iter().map(|ticket| keys::ticket(*ticket)).collect();
        let found = self.actor.shared.store.get(&wanted).await.map_err(failure::of_store)?;
        if found.iter().any(Option::is_some) {
            return Err(Failure::of(ErrorCode::Forbidden));
        }
        for key in wanted {
            self.batch.put_if(key, Version::Absent, Bytes::copy_from_slice(id.as_bytes()));
        }
        Ok(())
    }

    /// Gives the key of the snapshot that is to be filled in, when it is time for one.
    fn epoch(&mut self) -> Option<Key> {
        let (id, number) = (self.actor.id, self.closed.number + 1);
        let group_info = Bytes::copy_from_slice(&self.request.group_info);
        let welcome_info = self.request.welcome_info.clone();
        let record = EpochRecord { number, group_info, welcome_info };
        self.batch.put(keys::epoch(id, self.seq), records::bytes(&record));
        if !number.is_multiple_of(self.actor.shared.config.snapshot_every) {
            return None;
        }
        // The tree of the epoch is there only once the commit is merged.
        self.batch.put(keys::snapshot(id, self.seq), Bytes::new());
        self.batch.put(keys::snapshot_at(id, self.seq), Bytes::new());
        Some(keys::snapshot(id, self.seq))
    }

    /// Each inbox has a counter, so that a position is used once and a later item has a higher one, whatever
    /// conversation it is from; a void takes the item away, but does not turn the counter back.
    async fn inbox(&mut self) -> Result<Vec<(DeviceId, InboxItem)>, Failure> {
        let wanted: Vec<_> = self.offer.welcomed.iter().map(|device| keys::inbox_head(*device)).collect();
        let found = self.actor.shared.store.get(&wanted).await.map_err(failure::of_store)?;
        let mut items = Vec::with_capacity(wanted.len());
        let welcomes = self.offer.welcomed.iter().zip(&self.request.welcomes);
        for (((device, welcome), key), found) in welcomes.zip(wanted).zip(found) {
            let (expect, last) = match found {
                Some(found) => {
                    let last = records::read_number(&found.value).map_err(failure::of_store)?;
                    (Version::Is(found.version), last)
                }
                None => (Version::Absent, 0),
            };
            let item = InboxItem {
                position: last + 1,
                conversation: self.actor.id.to_vec(),
                commit_seq: self.seq.0,
                envelope: welcome.envelope.clone(),
            };
            self.batch.last(key, expect, Some(records::number_bytes(item.position)));
            self.batch.put(keys::inbox_item(*device, item.position), records::bytes(&item));
            items.push((*device, item));
        }
        Ok(items)
    }

    /// What is kept until the commit is confirmed. The last to be written: it holds all that is overwritten.
    async fn open_commit(&mut self, settled: &[OpenCommit]) -> Result<(), Failure> {
        let id = self.actor.id;
        for open in settled {
            self.batch.last(keys::open_commit(id, open.seq), Version::Any, None);
            if let Some(at) = open.decide_at {
                self.batch.last(keys::void_due(at, id), Version::Any, None);
            }
        }
        for Write { key, expect, value } in receipts::kept_receipts(id, settled) {
            self.batch.last(key, expect, value);
        }
        let may_die = self.actor.existing().await?.open[settled.len()..].iter().any(|open| open.voidable);
        let Some(open) = self.offer.open_commit(self.seq, &self.request.commit, may_die) else {
            return Ok(());
        };
        let undo = if may_die || open.voidable {
            self.batch.undo(&self.actor.shared.store).await.map_err(failure::of_store)?
        } else {
            Vec::new()
        };
        let record = OpenCommitRecord {
            author: open.author.to_vec(),
            body_hash: open.body_hash.to_vec(),
            parent_number: self.closed.number,
            parent_opened_by: self.closed.opened_by.0,
            voidable: open.voidable,
            confirmable: open.confirmable,
            removers: open.removers.iter().map(|account| account.to_vec()).collect(),
            stamp_ms: open.stamp.0,
            undo,
            ..OpenCommitRecord::default()
        };
        self.batch.last(keys::open_commit(id, self.seq), Version::Any, Some(records::bytes(&record)));
        Ok(())
    }

    /// Open commits that are settled by this one. A member that was there before them and is of another
    /// account than their author has built on them, when who refuses them has had the time to say so: that says
    /// as much as a receipt. And there may not be too many.
    async fn settled(&mut self) -> Result<Vec<OpenCommit>, Failure> {
        let built_by = match self.offer.judged.facts.author {
            Author::Member(leaf) => self.actor.membership(leaf.device).await?,
            // Who enters has not seen how the others got here.
            Author::Ticket { .. } | Author::OwnDevice(_) => None,
        };
        let open = &self.actor.existing().await?.open;
        let stamp = self.offer.stamp;
        let built_on = |at: &usize| {
            stamp >= open[*at].settles_from()
                && built_by
                    .as_ref()
                    .is_some_and(|m| m.account != open[*at].author && m.may_settle(&open[..=*at]))
        };
        let agreed = (0..open.len()).rev().find(built_on).map_or(0, |last| last + 1);
        let too_many = (open.len() + 1).saturating_sub(OPEN_COMMITS_MAX);
        Ok(open[..agreed.max(too_many)].to_vec())
    }
}

fn ids(tickets: &[asterism_policy::Ticket]) -> BTreeSet<TicketId> {
    tickets.iter().filter_map(|ticket| TicketId::try_from(ticket.id.as_slice()).ok()).collect()
}

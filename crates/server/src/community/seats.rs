//! Who has a seat in which bucket, and what follows for who is a subscriber (docs/protocol.md §10.5, §10.6).

use super::{
    damaged,
    records::{self, SeatRange, SubscriberRecord, bytes, delete, keys, number_bytes, put},
};
use crate::failure;
use asterism_store::{AnyStore, Key, Store as _, Write};
use asterism_wire::{
    frame::Failure,
    ids::{CommunityId, SubscriberId},
};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// The subscribers that have a seat.
pub(super) type Members = BTreeSet<SubscriberId>;

/// Who has a seat at a bucket's key.
pub(super) async fn members(
    store: &AnyStore,
    id: CommunityId,
    bucket: u32,
    version: u32,
) -> Result<Members, Failure> {
    let found = store.get(&[keys::bucket_seats(id, bucket, version)]).await.map_err(failure::of_store)?;
    let Some(found) = found.into_iter().next().flatten() else { return Ok(Members::new()) };
    let ids = found.value.chunks(SubscriberId::LEN).map(SubscriberId::try_from);
    ids.collect::<Result<_, _>>().map_err(|_| damaged())
}

/// The record that [`members`] reads.
pub(super) fn members_bytes(members: &Members) -> Bytes {
    members.iter().flat_map(|one| one.0).collect()
}

/// How seats and deposits change in one step.
#[derive(Debug)]
pub(super) struct Reseating {
    community: CommunityId,
    /// The first epoch for which it counts.
    epoch: u64,
    /// New seats, by bucket.
    pub(super) gained: Vec<(SubscriberId, u32)>,
    /// Seats that are there no more.
    pub(super) lost: Vec<(SubscriberId, u32)>,
    /// Deposits that go.
    done: BTreeSet<SubscriberId>,
}

impl Reseating {
    pub(super) fn new(community: CommunityId, epoch: u64, done: BTreeSet<SubscriberId>) -> Self {
        Self { community, epoch, gained: Vec::new(), lost: Vec::new(), done }
    }

    /// What is written, and who has neither seat nor deposit afterwards: nothing is kept of them.
    pub(super) async fn writes(&self, store: &AnyStore) -> Result<(Vec<Write>, Vec<SubscriberId>), Failure> {
        let id = self.community;
        let (mut writes, mut gone, mut added) = (Vec::new(), Vec::new(), 0_u64);
        let before = self.records(store).await?;
        let depositors = self.depositors(store, &before).await?;
        let after = self.reseated(&before);
        for (subscriber, was) in before {
            let is = after.get(&subscriber);
            writes.extend(self.done.contains(&subscriber).then(|| delete(keys::deposit(id, subscriber))));
            let Some(is) = is else { continue };
            if is.is_seated() || depositors.contains(&subscriber) {
                added += u64::from(was.is_none());
                if was.as_ref() != Some(is) {
                    writes.push(put(keys::subscriber(id, subscriber), bytes(is)));
                }
            } else {
                writes.push(delete(keys::subscriber(id, subscriber)));
                writes.push(delete(keys::subscriber_key(id, subscriber)));
                gone.push(subscriber);
            }
        }
        if added > 0 || !gone.is_empty() {
            let count = count(store, id).await?.saturating_add(added).saturating_sub(gone.len() as u64);
            writes.push(put(keys::subscribers(id), number_bytes(count)));
        }
        Ok((writes, gone))
    }

    /// What is kept of everybody concerned.
    async fn records(
        &self,
        store: &AnyStore,
    ) -> Result<BTreeMap<SubscriberId, Option<SubscriberRecord>>, Failure> {
        let seats = self.gained.iter().chain(&self.lost).map(|(one, _)| *one);
        let all: BTreeSet<SubscriberId> = seats.chain(self.done.iter().copied()).collect();
        let wanted: Vec<Key> = all.iter().map(|one| keys::subscriber(self.community, *one)).collect();
        let found = store.get(&wanted).await.map_err(failure::of_store)?;
        let read = |(one, found): (SubscriberId, Option<asterism_store::Versioned>)| {
            let record = found.map(|found| records::read(&found.value)).transpose()?;
            Ok((one, record))
        };
        all.into_iter().zip(found).map(read).collect::<Result<_, _>>().map_err(failure::of_store)
    }

    /// Those of them who have a deposit that stays.
    async fn depositors(
        &self,
        store: &AnyStore,
        all: &BTreeMap<SubscriberId, Option<SubscriberRecord>>,
    ) -> Result<BTreeSet<SubscriberId>, Failure> {
        let others: Vec<SubscriberId> = all.keys().filter(|one| !self.done.contains(one)).copied().collect();
        let wanted: Vec<Key> = others.iter().map(|one| keys::deposit(self.community, *one)).collect();
        let found = store.get(&wanted).await.map_err(failure::of_store)?;
        Ok(others.into_iter().zip(found).filter(|(_, found)| found.is_some()).map(|(one, _)| one).collect())
    }

    fn reseated(
        &self,
        before: &BTreeMap<SubscriberId, Option<SubscriberRecord>>,
    ) -> BTreeMap<SubscriberId, SubscriberRecord> {
        let known = before.iter().filter_map(|(one, record)| Some((*one, record.clone()?)));
        let mut after: BTreeMap<SubscriberId, SubscriberRecord> = known.collect();
        for (subscriber, bucket) in &self.lost {
            let seats = after.get_mut(subscriber).into_iter().flat_map(|record| &mut record.seats);
            for seat in seats.filter(|seat| seat.bucket == *bucket && seat.until == 0) {
                seat.until = self.epoch;
            }
        }
        for (subscriber, bucket) in &self.gained {
            let record = after.entry(*subscriber).or_default();
            record.seats.push(SeatRange { bucket: *bucket, from: self.epoch, until: 0 });
        }
        after
    }
}

/// How many subscribers there are.
pub(super) async fn count(store: &AnyStore, id: CommunityId) -> Result<u64, Failure> {
    let found = store.get(&[keys::subscribers(id)]).await.map_err(failure::of_store)?;
    let found = found.into_iter().next().flatten().ok_or_else(damaged)?;
    records::read_number(&found.value).map_err(failure::of_store)
}

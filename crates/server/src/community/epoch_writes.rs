//! The records of a new epoch of the channel, in the same append as its entry (docs/protocol.md §10.4).

use super::{
    opening::Opened,
    records::{BucketRecord, EpochRecord, bytes, delete, keys, put, shared},
    seats::{self, Reseating},
};
use asterism_store::{AnyStore, Write};
use asterism_wire::{frame::Failure, ids::SubscriberId};
use bytes::Bytes;

impl Opened<'_> {
    /// What is written, and who is a subscriber no more.
    pub(super) async fn writes(&self, store: &AnyStore) -> Result<(Vec<Write>, Vec<SubscriberId>), Failure> {
        let (id, epoch) = (self.community, self.epoch);
        let mut writes = vec![
            put(keys::table(id), Bytes::copy_from_slice(&self.opening.table)),
            put(keys::epoch(id, epoch), bytes(&self.record())),
        ];
        for seal in &self.opening.seals {
            let sealed = Bytes::copy_from_slice(&seal.sealed);
            writes.push(put(keys::seal(id, epoch, seal.bucket), sealed));
        }
        for row in self.renewed() {
            let record = BucketRecord { version: row.version, laid: Vec::new() };
            writes.push(put(keys::bucket(id, row.bucket), bytes(&record)));
        }
        for (bucket, version) in self.needless.iter().copied() {
            let members = seats::members(store, id, bucket, version).await?;
            writes.extend(forget_seats(id, bucket, version, &members));
        }
        if let Some(past) = &self.opening.past_key {
            writes.push(put(shared::past_key(id.log(), past.generation), bytes(past)));
        }
        let mut reseating = Reseating::new(id, epoch, self.done.clone());
        self.collect_seats(store, &mut reseating).await?;
        let (seating, gone) = reseating.writes(store).await?;
        writes.extend(seating);
        Ok((writes, gone))
    }

    fn record(&self) -> EpochRecord {
        let rows = &self.table.buckets;
        EpochRecord {
            buckets: rows.iter().map(|row| row.bucket).collect(),
            versions: rows.iter().map(|row| row.version).collect(),
        }
    }

    /// Who gets a seat, and who loses one.
    async fn collect_seats(&self, store: &AnyStore, reseating: &mut Reseating) -> Result<(), Failure> {
        let id = self.community;
        for row in self.renewed() {
            let after = seats::members(store, id, row.bucket, row.version).await?;
            let before = match self.before.row(row.bucket) {
                Some(old) => seats::members(store, id, old.bucket, old.version).await?,
                None => seats::Members::new(),
            };
            reseating.gained.extend(after.difference(&before).map(|one| (*one, row.bucket)));
            reseating.lost.extend(before.difference(&after).map(|one| (*one, row.bucket)));
        }
        for row in self.dropped() {
            let before = seats::members(store, id, row.bucket, row.version).await?;
            reseating.lost.extend(before.into_iter().map(|one| (one, row.bucket)));
        }
        Ok(())
    }
}

/// Deletes the seats of a bucket's key.
pub(super) fn forget_seats(
    id: asterism_wire::ids::CommunityId,
    bucket: u32,
    version: u32,
    members: &seats::Members,
) -> Vec<Write> {
    let mut writes: Vec<Write> =
        members.iter().map(|one| delete(keys::seat(id, bucket, version, *one))).collect();
    writes.push(delete(keys::bucket_seats(id, bucket, version)));
    writes
}

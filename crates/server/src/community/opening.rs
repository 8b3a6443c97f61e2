//! What accompanies a new epoch of the channel: checked (docs/protocol.md §10.4, §10.5).

use super::{
    incomplete,
    put_bucket::is_of_epoch,
    records::{self, BucketRecord, keys},
    subscriber_id,
};
use crate::{
    caller::Caller,
    conversation::bundle::{PAST_KEY_BYTES_MAX, WRAP_BYTES_MAX},
    failure,
};
use asterism_policy::CommunityState;
use asterism_store::{AnyStore, Store as _};
use asterism_wire::{
    ErrorCode,
    community::{BucketRow, BucketTable},
    frame::{ChannelOpening, Failure},
    ids::{AccountId, CommunityId, Hash, SubscriberId},
    limits, signing,
};
use prost::Message as _;
use std::collections::BTreeSet;

/// Length of an X-Wing public key.
pub(super) const SEAL_KEY_LEN: usize = 1_216;
/// A sealed key of 32 bytes: an X-Wing encapsulation, a key, a tag. Higher serves nobody.
pub(super) const SEALED_KEY_BYTES_MAX: usize = 2 * 1024;
/// An encoded table: two numbers, a key, two hashes for each bucket, with their tags. Higher serves nobody.
const TABLE_BYTES_MAX: usize = limits::BUCKETS_MAX * (SEAL_KEY_LEN + 96);

/// A new epoch that may be opened.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    pub(super) community: CommunityId,
    pub(super) epoch: u64,
    /// The table of the epoch before.
    pub(super) before: BucketTable,
    pub(super) table: BucketTable,
    pub(super) opening: &'a ChannelOpening,
    pub(super) done: BTreeSet<SubscriberId>,
    /// Keys, by bucket and version, that other devices have laid ready for what is opened now.
    pub(super) needless: Vec<(u32, u32)>,
}

/// Checks what can be checked without the community.
///
/// # Errors
/// `limit_exceeded`.
pub(super) fn check_sizes(opening: &ChannelOpening) -> Result<(), Failure> {
    let too_large = opening.table.len() > TABLE_BYTES_MAX
        || opening.seals.len() > limits::BUCKETS_MAX
        || opening.seals.iter().any(|seal| seal.sealed.len() > SEALED_KEY_BYTES_MAX)
        || opening.wraps.len() > limits::TICKETS_MAX
        || opening.wraps.iter().any(|wrap| wrap.sealed.len() > WRAP_BYTES_MAX)
        || opening.past_key.as_ref().is_some_and(|key| key.sealed.len() > PAST_KEY_BYTES_MAX)
        || opening.done.len() > limits::DEPOSITS_DONE_MAX;
    if too_large { Err(Failure::of(ErrorCode::LimitExceeded)) } else { Ok(()) }
}

/// Where no epoch is opened, nothing but a new ticket's wrap may come along.
///
/// # Errors
/// `incomplete_bundle`.
pub(super) fn check_none(opening: Option<&ChannelOpening>) -> Result<(), Failure> {
    let is_empty = |opening: &ChannelOpening| {
        opening.table.is_empty()
            && opening.seals.is_empty()
            && opening.past_key.is_none()
            && opening.done.is_empty()
    };
    if opening.is_none_or(is_empty) { Ok(()) } else { Err(incomplete()) }
}

impl<'a> Opened<'a> {
    /// Checks everything but the wraps. `next` is the state after the entry.
    ///
    /// # Errors
    /// `incomplete_bundle`, `malformed`, or when the store fails.
    pub(super) async fn check(
        store: &AnyStore,
        caller: &Caller,
        next: &CommunityState,
        opening: Option<&'a ChannelOpening>,
    ) -> Result<Self, Failure> {
        let opening = opening.ok_or_else(incomplete)?;
        let community = next.id();
        if signing::sha256(&opening.table).as_bytes() != next.table_hash {
            return Err(incomplete());
        }
        let table = BucketTable::decode(opening.table.as_slice()).map_err(|_| incomplete())?;
        check_table(&table)?;
        check_seals(&table, opening)?;
        check_past_key(next.epoch, opening)?;
        let done = opening.done.iter().map(|id| subscriber_id(id)).collect::<Result<_, _>>()?;
        let before = read_table(store, community).await?;
        let epoch = next.epoch;
        let mut opened = Self { community, epoch, before, table, opening, done, needless: Vec::new() };
        opened.check_keys(store, caller).await?;
        Ok(opened)
    }

    /// The rows whose keys are not those of the epoch before.
    pub(super) fn renewed(&self) -> impl Iterator<Item = &BucketRow> {
        self.table.buckets.iter().filter(|row| self.before.row(row.bucket) != Some(row))
    }

    /// The rows of the epoch before that are there no more.
    pub(super) fn dropped(&self) -> impl Iterator<Item = &BucketRow> {
        self.before.buckets.iter().filter(|row| self.table.row(row.bucket).is_none())
    }

    /// Each new key was made for this epoch, and laid ready by this device with the seats that the row says.
    async fn check_keys(&mut self, store: &AnyStore, caller: &Caller) -> Result<(), Failure> {
        let renewed: Vec<BucketRow> = self.renewed().cloned().collect();
        let wanted: Vec<_> = renewed.iter().map(|row| keys::bucket(self.community, row.bucket)).collect();
        let found = store.get(&wanted).await.map_err(failure::of_store)?;
        for (row, found) in renewed.into_iter().zip(found) {
            let found = found.ok_or_else(incomplete)?;
            let record: BucketRecord = records::read(&found.value).map_err(failure::of_store)?;
            let is_laid = record.laid.iter().any(|laid| {
                laid.version == row.version
                    && laid.device == caller.device.as_bytes()
                    && laid.members_hash == row.members_hash
            });
            let is_newer = is_of_epoch(row.version, self.epoch) && row.version > record.version;
            let fits = is_laid && is_newer && row.maker == caller.account.as_bytes();
            if !fits {
                return Err(incomplete());
            }
            let others = record.laid.iter().map(|laid| laid.version).filter(|other| *other != row.version);
            self.needless.extend(others.map(|version| (row.bucket, version)));
        }
        Ok(())
    }
}

fn check_table(table: &BucketTable) -> Result<(), Failure> {
    let rows = &table.buckets;
    let ascending = rows.windows(2).all(|pair| pair[0].bucket < pair[1].bucket);
    let well_formed = |row: &BucketRow| {
        (row.bucket as usize) < limits::BUCKETS_MAX
            && row.version > 0
            && row.key.len() == SEAL_KEY_LEN
            && row.maker.len() == AccountId::LEN
            && row.members_hash.len() == Hash::LEN
    };
    if ascending && rows.iter().all(well_formed) { Ok(()) } else { Err(incomplete()) }
}

/// One seal for each row.
fn check_seals(table: &BucketTable, opening: &ChannelOpening) -> Result<(), Failure> {
    let mut wanted: BTreeSet<u32> = table.buckets.iter().map(|row| row.bucket).collect();
    let fits = opening.seals.iter().all(|seal| wanted.remove(&seal.bucket) && !seal.sealed.is_empty());
    if fits && wanted.is_empty() { Ok(()) } else { Err(incomplete()) }
}

fn check_past_key(epoch: u64, opening: &ChannelOpening) -> Result<(), Failure> {
    let fits = match &opening.past_key {
        // Of an earlier epoch than the last, where an admin has kept a key to themselves.
        Some(key) => key.generation > 0 && key.generation < epoch && !key.sealed.is_empty(),
        None => epoch == 1,
    };
    if fits { Ok(()) } else { Err(incomplete()) }
}

/// The table of the present epoch.
pub(super) async fn read_table(store: &AnyStore, community: CommunityId) -> Result<BucketTable, Failure> {
    let bytes = table_bytes(store, community).await?;
    BucketTable::decode(bytes).map_err(|_| super::damaged())
}

/// As [`read_table`], encoded as its hash is of.
pub(super) async fn table_bytes(store: &AnyStore, community: CommunityId) -> Result<bytes::Bytes, Failure> {
    let found = store.get(&[keys::table(community)]).await.map_err(failure::of_store)?;
    Ok(found.into_iter().next().flatten().ok_or_else(super::damaged)?.value)
}

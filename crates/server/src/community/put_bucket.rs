//! Laying a bucket's key ready (docs/protocol.md §10.5).

use super::{
    Communities, community_id,
    epoch_writes::forget_seats,
    keeper::Keeper,
    opening::SEALED_KEY_BYTES_MAX,
    records::{self, BucketRecord, LaidRecord, bytes, keys, put},
    seats::{self, Members},
    subscriber_id,
};
use crate::{caller::Caller, failure};
use asterism_store::{Store as _, Write};
use asterism_wire::{
    ErrorCode, community,
    frame::{Done, Failure, PutBucket},
    ids::{CommunityId, SubscriberId},
    limits,
};
use bytes::Bytes;
use std::future::Future;

/// Keys of one bucket that wait at a time: admins may prepare an epoch at the same time, and one is faster. Higher:
/// more that nobody needs is kept, 300 KB each.
const LAID_MAX: usize = 8;

impl Communities {
    /// Lays a new key of a bucket ready, in place of one of the same device. It counts from the opening of an epoch, by the
    /// same device, whose table names it.
    ///
    /// # Errors
    /// `stale_epoch` unless its version is one of the next epoch's and higher than any that a table has named, and no
    /// other device has laid one of that version ready; `not_a_member` for who does not administer the community;
    /// `limit_exceeded`, `malformed`; or when the store fails.
    pub fn put_bucket(
        &self,
        caller: &Caller,
        request: PutBucket,
    ) -> impl Future<Output = Result<Done, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = check(&request).map(|(id, members)| {
            self.ask(id, move |keeper| Box::pin(keeper.put_bucket(caller, request, members)))
        });
        async move { asked?.await }
    }
}

fn check(request: &PutBucket) -> Result<(CommunityId, Members), Failure> {
    let id = community_id(&request.community)?;
    let too_much = request.bucket as usize >= limits::BUCKETS_MAX
        || request.seats.len() > limits::BUCKET_SUBSCRIBERS_MAX
        || request.seats.iter().any(|seat| seat.sealed.len() > SEALED_KEY_BYTES_MAX);
    if too_much {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    let members: Members =
        request.seats.iter().map(|seat| subscriber_id(&seat.subscriber)).collect::<Result<_, _>>()?;
    let is_odd = members.len() != request.seats.len() || request.seats.iter().any(|s| s.sealed.is_empty());
    if is_odd { Err(Failure::of(ErrorCode::Malformed)) } else { Ok((id, members)) }
}

impl Keeper {
    async fn put_bucket(
        &mut self,
        caller: Caller,
        request: PutBucket,
        members: Members,
    ) -> Result<Done, Failure> {
        let (id, bucket, version) = (self.id, request.bucket, request.version);
        let (live, _) = self.administered(&caller).await?;
        let (epoch, stale) = (live.state.epoch + 1, live.stale());
        if !is_of_epoch(version, epoch) {
            return Err(stale);
        }
        let store = self.shared.store.clone();
        let found = store.get(&[keys::bucket(id, bucket)]).await.map_err(failure::of_store)?;
        let found = found.into_iter().next().flatten();
        let record: BucketRecord = found
            .map_or(Ok(BucketRecord::default()), |found| records::read(&found.value))
            .map_err(failure::of_store)?;
        let device = caller.device.as_bytes();
        let is_taken = record.laid.iter().any(|laid| laid.version == version && laid.device != device);
        if version <= record.version || is_taken {
            return Err(stale);
        }
        let (own, mut laid): (Vec<_>, Vec<_>) = record.laid.into_iter().partition(|one| one.device == device);
        let oldest = if laid.len() < LAID_MAX { None } else { Some(laid.remove(0)) };
        let mut writes = Vec::new();
        for waiting in own.iter().chain(&oldest) {
            let seated = seats::members(&store, id, bucket, waiting.version).await?;
            writes.extend(forget_seats(id, bucket, waiting.version, &seated));
        }
        let ids: Vec<SubscriberId> = members.iter().copied().collect();
        laid.push(LaidRecord {
            version,
            device: device.to_vec(),
            members_hash: community::members_hash(&ids).to_vec(),
        });
        let record = BucketRecord { version: record.version, laid };
        writes.push(put(keys::bucket(id, bucket), bytes(&record)));
        writes.push(put(keys::bucket_seats(id, bucket, version), seats::members_bytes(&members)));
        writes.extend(request.seats.iter().filter_map(|seat| seat_write(id, bucket, version, seat)));
        self.write(writes).await?;
        Ok(Done {})
    }
}

/// May a bucket's key that is made for the epoch have the version?
pub(super) fn is_of_epoch(version: u32, epoch: u64) -> bool {
    u64::from(version / limits::BUCKET_VERSIONS_PER_EPOCH) == epoch
}

fn seat_write(id: CommunityId, bucket: u32, version: u32, seat: &community::Seat) -> Option<Write> {
    let subscriber = SubscriberId::try_from(seat.subscriber.as_slice()).ok()?;
    Some(put(keys::seat(id, bucket, version, subscriber), Bytes::copy_from_slice(&seat.sealed)))
}

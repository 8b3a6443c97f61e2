//! The buckets of a channel: which do as they are, and new keys for the others (docs/protocol.md §10.5).

use super::{
    super::LiveCommunity,
    roster::{self, Pages},
};
use crate::{
    conversation::Live,
    cx::Cx,
    fault::{Fault, Flow},
    formats::{channel, channel::BucketKey, roster::Subscribed},
};
use asterism_mls::seal::{self, SealPublic};
use asterism_policy::CommunityState;
use asterism_wire::{
    AccountId, ErrorCode, SubscriberId,
    community::{BucketRow, BucketTable, Seat, members_hash},
    frame::{self, Request},
    limits, signing,
};
use prost::Message as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use zeroize::Zeroizing;

/// What is sealed to, by subscriber.
type Keys = BTreeMap<SubscriberId, SealPublic>;

/// Is somebody to be in who is not, or in who is not to be?
pub(super) async fn is_dirty(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    room: &Live,
    gone: &BTreeSet<AccountId>,
) -> Flow<bool> {
    let (table, policy) = (table(cx, community).await?, community.policy()?);
    let pages = roster::pages(cx, room)?;
    let admins = admins(cx, community, &policy);
    let barred = pages.values().flatten().any(|line| gone.contains(&line.account));
    let stale = table.buckets.iter().any(|row| !is_fresh(community, row, pages.get(&row.bucket), &admins));
    let missing = pages
        .iter()
        .any(|(bucket, page)| !seatable(community, page).is_empty() && table.row(*bucket).is_none());
    Ok(barred || stale || missing)
}

pub(super) fn admins(cx: &Cx, community: &LiveCommunity, policy: &CommunityState) -> Vec<AccountId> {
    policy.admins(cx.now().max(community.row().last_time)).map(|(account, _)| account).collect()
}

/// Those of a list to whom a seat can be sealed, as far as this device has found out.
fn seatable(community: &LiveCommunity, page: &[Subscribed]) -> Vec<SubscriberId> {
    let without = community.without_key.borrow();
    roster::ids(page).into_iter().filter(|id| !without.contains(id)).collect()
}

/// Does a bucket's key do as it is?
fn is_fresh(
    community: &LiveCommunity,
    row: &BucketRow,
    page: Option<&Vec<Subscribed>>,
    admins: &[AccountId],
) -> bool {
    let page = page.map_or(&[][..], Vec::as_slice);
    // Another admin may have been given keys that this one was not.
    let same = [roster::ids(page), seatable(community, page)];
    same.iter().any(|ids| row.members_hash == members_hash(ids).as_bytes())
        && admins.iter().any(|admin| admin.as_bytes() == row.maker)
}

/// The bucket table of the present epoch, which must be the one that the log has the hash of.
pub(super) async fn table(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<BucketTable> {
    let policy = community.policy()?;
    if let Some((epoch, table)) = community.table.borrow().as_ref()
        && *epoch == policy.epoch
    {
        return Ok(table.clone());
    }
    let request = Request::GetChannelTable(frame::GetChannelTable { community: community.id.to_vec() });
    let given: frame::ChannelTable = cx.call(request).await.map_err(Fault::from)?;
    if given.epoch != policy.epoch {
        return Err(ErrorCode::StaleEpoch.into());
    }
    if signing::sha256(&given.table).as_bytes() != policy.table_hash {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    let table = BucketTable::decode(given.table.as_slice()).map_err(asterism_wire::DecodeError::from)?;
    *community.table.borrow_mut() = Some((policy.epoch, table.clone()));
    Ok(table)
}

/// The buckets of the next epoch: those that do as they are, and new keys for the others, laid ready at the server.
pub(super) async fn fill(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    before: &BucketTable,
    (pages, noted): (&Pages, &Keys),
    admins: &[AccountId],
) -> Flow<Vec<BucketRow>> {
    let mut rows = Vec::new();
    for (bucket, page) in pages.iter().filter(|(_, page)| !page.is_empty()) {
        let present = before.row(*bucket).filter(|row| is_fresh(community, row, Some(page), admins));
        match present.filter(|row| seal::is_sealable(&row.key)) {
            Some(row) => rows.push(row.clone()),
            None => rows.extend(renew(cx, community, *bucket, page, noted).await?),
        }
    }
    Ok(rows)
}

async fn renew(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    bucket: u32,
    page: &[Subscribed],
    noted: &Keys,
) -> Flow<Option<BucketRow>> {
    let asked = subscriber_keys(cx, community, page).await?;
    let key_of = |subscriber: SubscriberId| noted.get(&subscriber).or_else(|| asked.get(&subscriber));
    // Who has no key that can be sealed to gets no seat; everybody else must not suffer from it.
    let version = version_for(cx, community.policy()?.epoch + 1)?;
    let which = BucketKey { community: community.id, bucket, version };
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(cx.random());
    let mut seats = Vec::new();
    for subscriber in roster::ids(page) {
        let sealed = key_of(subscriber).map(|key| channel::seal_seat(key, subscriber, which, &seed));
        match sealed {
            Some(Ok(sealed)) => seats.push(Seat { subscriber: subscriber.to_vec(), sealed }),
            _ => {
                community.without_key.borrow_mut().insert(subscriber);
            }
        }
    }
    if seats.is_empty() {
        return Ok(None);
    }
    let seated: Vec<SubscriberId> = seats
        .iter()
        .map(|seat| SubscriberId::try_from(seat.subscriber.as_slice()))
        .collect::<Result<_, _>>()?;
    let row = BucketRow {
        bucket,
        version,
        key: seal::derive(&seed).1.as_bytes().to_vec(),
        maker: cx.me()?.account.to_vec(),
        members_hash: members_hash(&seated).to_vec(),
    };
    let request = frame::PutBucket { community: community.id.to_vec(), bucket, version, seats };
    cx.call::<frame::Done>(Request::PutBucket(request)).await.map_err(Fault::from)?;
    Ok(Some(row))
}

/// The version of a bucket key that is made for an epoch: above all of earlier epochs. Two admins who prepare it at the
/// same time must not take one for the other's.
fn version_for(cx: &Cx, epoch: u64) -> Flow<u32> {
    let versions = limits::BUCKET_VERSIONS_PER_EPOCH;
    let first = u32::try_from(epoch).ok().and_then(|epoch| epoch.checked_mul(versions));
    let random = u32::try_from(cx.random_below(u64::from(versions))).unwrap_or(0);
    first.and_then(|first| first.checked_add(random)).ok_or_else(|| ErrorCode::LimitExceeded.into())
}

async fn subscriber_keys(cx: &Cx, community: &LiveCommunity, page: &[Subscribed]) -> Flow<Keys> {
    let mut keys = Keys::new();
    for some in page.chunks(limits::BUCKET_SUBSCRIBERS_MAX) {
        let request = Request::GetSubscribers(frame::GetSubscribers {
            community: community.id.to_vec(),
            subscribers: some.iter().map(|s| s.subscriber.to_vec()).collect(),
        });
        let given: frame::Subscribers = cx.call(request).await.map_err(Fault::from)?;
        for key in &given.keys {
            if let Ok(public) = SealPublic::new(key) {
                keys.insert(signing::subscriber_id(key), public);
            }
        }
    }
    Ok(keys)
}

//! A new epoch of the channel: lists entered, buckets sealed, key renewed, entry made (docs/protocol.md §10.7).

use super::{
    super::{LiveCommunity, follow, invite, keys},
    deposits,
    roster::{self, Pages},
};
use crate::{
    conversation::{Live, vault},
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::{ChannelKey, VaultKey, channel, channel::BucketKey, roster::Subscribed, vault as format},
    sync,
};
use asterism_mls::seal::{self, SealPublic};
use asterism_policy::{CommunityChanges, CommunityState, CommunityWhat, OpenEpoch, Role};
use asterism_wire::{
    AccountId, ErrorCode, SubscriberId,
    community::{BucketRow, BucketSeal, BucketTable, Seat, members_hash},
    frame::{self, ChannelOpening, Request},
    limits, signing,
    vault::CHANNEL,
};
use prost::Message as _;
use std::{collections::BTreeMap, rc::Rc};
use zeroize::Zeroizing;

/// How often an epoch is prepared anew because another admin was faster.
const ATTEMPTS_MAX: u32 = 8;

/// Before an announcement: whoever was removed is out, and whoever waits is in.
pub(crate) async fn before_post(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    follow::follow(cx, community).await?;
    let room = room(cx, community).await?;
    let judged = deposits::judge(cx, community, &room).await?;
    if judged.admitted.is_empty() && !is_dirty(cx, community, &room).await? {
        return Ok(());
    }
    rekey(cx, community, &[], false).await
}

/// The admins' room, up to date.
pub(super) async fn room(cx: &Cx, community: &LiveCommunity) -> Flow<Rc<Live>> {
    let room = community.admin_room(cx).ok_or(ErrorCode::Forbidden)?;
    sync::catch_up(cx, &room).await?;
    if !room.vault_read.get() {
        vault::read(cx, &room).await?;
    }
    Ok(room)
}

/// Is somebody to be in who is not, or in who is not to be?
pub(super) async fn is_dirty(cx: &Cx, community: &Rc<LiveCommunity>, room: &Live) -> Flow<bool> {
    let (table, policy) = (table(cx, community).await?, community.policy()?);
    let pages = roster::pages(cx, room)?;
    let admins = admins(cx, community, &policy);
    let stale = table.buckets.iter().any(|row| !is_fresh(row, pages.get(&row.bucket), &admins));
    let missing = pages.iter().any(|(bucket, page)| !page.is_empty() && table.row(*bucket).is_none());
    Ok(stale || missing)
}

fn admins(cx: &Cx, community: &LiveCommunity, policy: &CommunityState) -> Vec<AccountId> {
    policy.admins(cx.now().max(community.row().last_time)).map(|(account, _)| account).collect()
}

/// Does a bucket's key do as it is?
fn is_fresh(row: &BucketRow, page: Option<&Vec<Subscribed>>, admins: &[AccountId]) -> bool {
    let page = page.map_or(&[][..], Vec::as_slice);
    let same = row.members_hash == members_hash(&roster::ids(page)).as_bytes();
    same && admins.iter().any(|admin| admin.as_bytes() == row.maker)
}

/// The bucket table of the present epoch, which must be the one that the log has the hash of.
async fn table(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<BucketTable> {
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

/// Opens the next epoch, with these changes besides. With `new_inbox` the admins get another inbox key: somebody has
/// lost their role.
pub(crate) async fn rekey(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    also: &[CommunityWhat],
    new_inbox: bool,
) -> Flow<()> {
    let _turn = community.admin_lock.lock().await;
    for attempt in 0..ATTEMPTS_MAX {
        if attempt > 0 {
            cx.sleep_ms(cx.random_below(100 << attempt.min(6))).await;
        }
        follow::follow(cx, community).await?;
        if !community.is_admin(cx) {
            return Err(ErrorCode::Forbidden.into());
        }
        match attempt_rekey(cx, community, also, new_inbox).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(Fault::Api(error)) if is_race(error.code) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorCode::StaleEpoch.into())
}

/// Another admin prepares the same epoch: what was laid ready counts for nothing, and is laid again.
fn is_race(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::StaleEpoch | ErrorCode::IncompleteBundle | ErrorCode::VaultConflict)
}

async fn attempt_rekey(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    also: &[CommunityWhat],
    new_inbox: bool,
) -> Flow<bool> {
    let room = room(cx, community).await?;
    let judged = deposits::judge(cx, community, &room).await?;
    deposits::drop_refused(cx, community, &judged.refused).await?;
    let mut pages = roster::pages(cx, &room)?;
    roster::place(&mut pages, &judged.admitted);
    roster::write(cx, &room, &pages).await?;

    let policy = community.policy()?;
    let before = table(cx, community).await?;
    let buckets = fill(cx, community, &before, &pages, &after(also, admins(cx, community, &policy))).await?;
    let epoch = policy.epoch + 1;
    let key = ChannelKey::new(cx.random());
    let inbox_seed = new_inbox.then(|| Zeroizing::new(cx.random()));
    // Written down before it is used; the log says which of an epoch's keys is the one.
    let (kept, seed) = (key.clone(), inbox_seed.clone());
    let known = keys::secrets(cx, community)?.ok_or(ErrorCode::StaleEpoch)?;
    vault::write(cx, &room, CHANNEL, |stored| {
        let stored = stored.and_then(|value| crate::formats::roster::ChannelSecrets::from_value(value).ok());
        let mut secrets = stored.unwrap_or_else(|| known.clone());
        secrets.touch_inbox(|seed| seal::derive(seed).1.as_bytes() == policy.inbox_key);
        secrets.push(epoch, kept.clone(), seed.clone());
        secrets.to_value()
    })
    .await?;

    let table = BucketTable { buckets };
    let encoded = table.encode_to_vec();
    let announcements = policy.announcements_id();
    let inbox_key = inbox_seed.map(|seed| seal::derive(&seed).1.as_bytes().to_vec());
    let open = CommunityWhat::OpenEpoch(OpenEpoch {
        epoch,
        key_commitment: signing::channel_commitment(announcements, epoch, key.as_bytes()).to_vec(),
        inbox_key: inbox_key.unwrap_or_default(),
        table_hash: signing::sha256(&encoded).to_vec(),
    });
    let changes = CommunityChanges::of(also.iter().cloned().chain([open]));
    let tickets = tickets_after(&policy, also);
    let opening = ChannelOpening {
        table: encoded,
        seals: seals(community, &table, epoch, &key)?,
        wraps: tickets
            .iter()
            .map(|ticket| invite::wrap_key(community, epoch, ticket, &key))
            .collect::<Flow<_>>()?,
        past_key: Some(past_key(cx, community, policy.epoch, epoch, &key)?),
        done: judged.done.iter().map(SubscriberId::to_vec).collect(),
    };
    // The log must not have moved on since its state was looked at.
    if community.policy()?.epoch != policy.epoch
        || !super::append(cx, community, &changes, Some(opening)).await?
    {
        return Ok(false);
    }
    keys::keep(cx, community, epoch, &key)?;
    *community.table.borrow_mut() = Some((epoch, table));
    community.waiting.set(0);
    Ok(true)
}

/// Who of the admins still is one when the changes are made.
fn after(also: &[CommunityWhat], mut admins: Vec<AccountId>) -> Vec<AccountId> {
    let loses = |account: AccountId| {
        also.iter().any(|what| {
            matches!(what, CommunityWhat::SetRole(set)
                if set.account == account.as_bytes() && set.role < Role::Admin as i32)
        })
    };
    admins.retain(|account| !loses(*account));
    admins
}

fn tickets_after(policy: &CommunityState, also: &[CommunityWhat]) -> Vec<asterism_policy::Ticket> {
    let goes = |ticket: &asterism_policy::Ticket| {
        also.iter().any(|what| match what {
            CommunityWhat::RevokeTicket(revoke) => revoke.ticket == ticket.id,
            CommunityWhat::SetRole(set) => set.role == Role::Member as i32 && set.account == ticket.creator,
            _ => false,
        })
    };
    policy.tickets.iter().filter(|ticket| !goes(ticket)).cloned().collect()
}

/// The buckets of the next epoch: those that do as they are, and new keys for the others, laid ready at the server.
async fn fill(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    before: &BucketTable,
    pages: &Pages,
    admins: &[AccountId],
) -> Flow<Vec<BucketRow>> {
    let mut rows = Vec::new();
    for (bucket, page) in pages.iter().filter(|(_, page)| !page.is_empty()) {
        let present = before.row(*bucket).filter(|row| is_fresh(row, Some(page), admins));
        match present {
            Some(row) => rows.push(row.clone()),
            None => rows.extend(renew(cx, community, *bucket, page).await?),
        }
    }
    Ok(rows)
}

async fn renew(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    bucket: u32,
    page: &[Subscribed],
) -> Flow<Option<BucketRow>> {
    let keys = subscriber_keys(cx, community, page).await?;
    // Who has no key that can be sealed to gets no seat; everybody else must not suffer from it.
    let version = version_for(cx, community.policy()?.epoch + 1)?;
    let which = BucketKey { community: community.id, bucket, version };
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(cx.random());
    let mut seats = Vec::new();
    for subscriber in roster::ids(page) {
        let Some(key) = keys.get(&subscriber) else { continue };
        if let Ok(sealed) = channel::seal_seat(key, subscriber, which, &seed) {
            seats.push(Seat { subscriber: subscriber.to_vec(), sealed });
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

/// Versions of one epoch: two admins who prepare it at the same time must not take one for the other's.
const VERSIONS: u32 = 4_096;

/// The version of a bucket key that is made for an epoch: above all of earlier epochs.
fn version_for(cx: &Cx, epoch: u64) -> Flow<u32> {
    let first = u32::try_from(epoch).ok().and_then(|epoch| epoch.checked_mul(VERSIONS));
    let random = u32::try_from(cx.random_below(u64::from(VERSIONS))).unwrap_or(0);
    first.and_then(|first| first.checked_add(random)).ok_or_else(|| ErrorCode::LimitExceeded.into())
}

async fn subscriber_keys(
    cx: &Cx,
    community: &LiveCommunity,
    page: &[Subscribed],
) -> Flow<BTreeMap<SubscriberId, SealPublic>> {
    let mut keys = BTreeMap::new();
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

fn seals(
    community: &LiveCommunity,
    table: &BucketTable,
    epoch: u64,
    key: &ChannelKey,
) -> Flow<Vec<BucketSeal>> {
    let seal = |row: &BucketRow| -> Flow<BucketSeal> {
        let to = SealPublic::new(&row.key).map_err(|_| ErrorCode::ServerMisbehaved)?;
        let sealed = channel::seal_channel(&to, community.id, epoch, row.bucket, key)
            .map_err(|_| ErrorCode::ServerMisbehaved)?;
        Ok(BucketSeal { bucket: row.bucket, sealed })
    };
    table.buckets.iter().map(seal).collect()
}

fn past_key(
    cx: &Cx,
    community: &LiveCommunity,
    before: u64,
    epoch: u64,
    key: &ChannelKey,
) -> Flow<asterism_wire::vault::PastKey> {
    let log = community.id.log();
    let old = db::vault::key(&cx.db, log, before)?.ok_or(ErrorCode::StaleEpoch)?;
    let new = channel::vault_key(community.id, epoch, key);
    Ok(format::seal_past_key(log, &new, before, &VaultKey::new(*old), cx.random()))
}

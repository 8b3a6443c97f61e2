//! A new epoch of the channel: lists entered, buckets sealed, key renewed, entry made (docs/protocol.md §10.7).

use super::{
    super::{LiveCommunity, follow, invite, keys},
    barred::Barred,
    deposits::{self, Judged},
    roster::{self, Edit, Pages},
};
use crate::{
    conversation::{Live, vault},
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::{
        ChannelKey, VaultKey, channel,
        channel::BucketKey,
        roster::{ChannelSecrets, Subscribed},
        vault as format,
    },
    sync,
};
use asterism_mls::seal::{self, SealPublic};
use asterism_policy::{
    CommunityChanges, CommunityState, CommunityWhat, OpenEpoch, RevokeTicket, Role, SetRole,
};
use asterism_wire::{
    AccountId, ErrorCode, SubscriberId, TicketId,
    community::{BucketRow, BucketSeal, BucketTable, Seat, members_hash},
    frame::{self, ChannelOpening, Request},
    limits, signing,
    vault::CHANNEL,
};
use prost::Message as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};
use zeroize::Zeroizing;

/// How often an epoch is prepared anew because another admin was faster.
const ATTEMPTS_MAX: u32 = 8;

/// Why an epoch is to be opened.
#[derive(Debug, Clone)]
pub(crate) enum Why {
    /// What is written down asks for it: who is to be in, who is to be out, which links are to be dead.
    Due,
    /// This one has lasted its time.
    Lasted(u64),
    /// A link is to be revoked.
    Revoked(TicketId),
    /// Somebody is to lose their role, and the admins get another inbox key.
    Demoted(AccountId),
}

impl Why {
    /// The change that it brings, when it is not true yet.
    fn change(&self, policy: &CommunityState) -> Option<CommunityWhat> {
        match self {
            Self::Due | Self::Lasted(_) => None,
            Self::Revoked(ticket) => policy
                .ticket(*ticket)
                .map(|ticket| CommunityWhat::RevokeTicket(RevokeTicket { ticket: ticket.id.clone() })),
            Self::Demoted(account) => {
                let has = policy.roles.iter().any(|grant| grant.account == account.as_bytes());
                let (account, role) = (account.to_vec(), Role::Member as i32);
                has.then_some(CommunityWhat::SetRole(SetRole { account, role, until_ms: 0 }))
            }
        }
    }

    /// Is there nothing left to do, because another admin did it?
    fn is_done(&self, policy: &CommunityState, due: &Due) -> bool {
        match self {
            Self::Due => !due.is_anything(),
            Self::Lasted(epoch) => policy.epoch != *epoch && !due.is_anything(),
            Self::Revoked(_) | Self::Demoted(_) => self.change(policy).is_none(),
        }
    }
}

/// What is written down and is not so in the channel yet.
pub(super) struct Due {
    pub(super) judged: Judged,
    gone: BTreeSet<AccountId>,
    dead_links: Vec<CommunityWhat>,
    dirty: bool,
    /// Nobody here has the epoch's key: another admin has opened it and kept the key to themselves.
    key_lost: bool,
    /// Likewise of the inbox.
    inbox_lost: bool,
}

impl Due {
    /// Looks.
    pub(super) async fn look(cx: &Cx, community: &Rc<LiveCommunity>, room: &Rc<Live>) -> Flow<Self> {
        let judged = deposits::judge(cx, community, room).await?;
        let (policy, barred) = (community.policy()?, Barred::load(cx, room)?);
        let now = cx.now().max(community.row().last_time);
        let gone = barred.accounts();
        #[cfg(feature = "plant")]
        let gone = if crate::plant::KEEP_SEATS.get() { BTreeSet::new() } else { gone };
        let dead_links = barred.dead_links(&policy, now);
        let dirty = is_dirty(cx, community, room, &gone).await?;
        let key_lost = keys::ensure(cx, community, policy.epoch).await?.is_none();
        let seeds = keys::secrets(cx, community)?.unwrap_or_default().inbox_seeds;
        let opens = |seed: &Zeroizing<[u8; 32]>| seal::derive(seed).1.as_bytes() == policy.inbox_key;
        let inbox_lost = !seeds.iter().any(opens);
        Ok(Self { judged, gone, dead_links, dirty, key_lost, inbox_lost })
    }

    /// Must it be at once?
    pub(super) fn is_pressing(&self) -> bool {
        self.dirty || !self.dead_links.is_empty() || self.judged.urgent || self.key_lost || self.inbox_lost
    }

    fn is_anything(&self) -> bool {
        self.is_pressing() || !self.judged.admitted.is_empty()
    }
}

/// Before an announcement: whoever was removed is out, and whoever waits is in.
pub(crate) async fn before_post(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    rekey(cx, community, Why::Due).await
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
async fn is_dirty(
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

fn admins(cx: &Cx, community: &LiveCommunity, policy: &CommunityState) -> Vec<AccountId> {
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

/// Opens the next epoch, unless another admin has done what it is for.
pub(crate) async fn rekey(cx: &Cx, community: &Rc<LiveCommunity>, why: Why) -> Flow<()> {
    let _turn = community.admin_lock.lock().await;
    for attempt in 0..ATTEMPTS_MAX {
        if attempt > 0 {
            cx.sleep_ms(cx.random_below(100 << attempt.min(6))).await;
        }
        follow::follow(cx, community).await?;
        if !community.is_admin(cx) {
            return Err(ErrorCode::Forbidden.into());
        }
        match attempt_rekey(cx, community, &why).await {
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

/// False when the log has moved on.
async fn attempt_rekey(cx: &Cx, community: &Rc<LiveCommunity>, why: &Why) -> Flow<bool> {
    let room = room(cx, community).await?;
    let due = Due::look(cx, community, &room).await?;
    let policy = community.policy()?;
    if why.is_done(&policy, &due) {
        deposits::drop_refused(cx, community, &due.judged.refused).await?;
        return Ok(true);
    }
    deposits::drop_refused(cx, community, &due.judged.refused).await?;
    // Their notes are there, and with them their keys.
    community.without_key.borrow_mut().retain(|id| !due.judged.done.contains(id));
    let newcomers = due.judged.admitted.iter().map(|line| (line.account, line.clone())).collect();
    let pages = roster::edit(cx, &room, &Edit { newcomers, gone: due.gone.clone() }).await?;
    let change = why.change(&policy);
    let mut changes: Vec<CommunityWhat> = change.into_iter().collect();
    let dead: Vec<_> = due.dead_links.iter().filter(|dead| !changes.contains(dead)).cloned().collect();
    changes.extend(dead);

    let before = table(cx, community).await?;
    let staying = after(&changes, admins(cx, community, &policy));
    let table = BucketTable { buckets: fill(cx, community, &before, &pages, &staying).await? };
    let key = ChannelKey::new(cx.random());
    let renews_inbox = matches!(why, Why::Demoted(_)) || due.inbox_lost;
    let inbox_seed = renews_inbox.then(|| Zeroizing::new(cx.random()));
    write_down(cx, community, &room, &policy, &key, inbox_seed.as_ref()).await?;
    // Whose seat could not be sealed is not done with.
    let mut done = due.judged.done;
    done.retain(|id| !community.without_key.borrow().contains(id));
    let opening = opening(cx, community, &policy, &changes, &table, &key, &done)?;
    changes.push(open_epoch(&policy, &key, inbox_seed.as_ref(), &opening));
    // The log must not have moved on since its state was looked at.
    if community.policy()? != policy
        || !super::append(cx, community, &CommunityChanges::of(changes), Some(opening)).await?
    {
        return Ok(false);
    }
    keys::keep_own(cx, community, policy.epoch + 1, &key)?;
    *community.table.borrow_mut() = Some((policy.epoch + 1, table));
    community.waiting.set(0);
    Ok(true)
}

/// Keeps the keys in the room's vault before they are used; the log says which of an epoch's keys is the one.
async fn write_down(
    cx: &Cx,
    community: &LiveCommunity,
    room: &Rc<Live>,
    policy: &CommunityState,
    key: &ChannelKey,
    inbox_seed: Option<&Zeroizing<[u8; 32]>>,
) -> Flow<()> {
    let known = keys::secrets(cx, community)?.unwrap_or_default();
    vault::write(cx, room, CHANNEL, |stored| {
        let stored = stored.and_then(|value| ChannelSecrets::from_value(value).ok());
        let mut secrets = stored.unwrap_or_else(|| known.clone());
        secrets.touch_inbox(|seed| seal::derive(seed).1.as_bytes() == policy.inbox_key);
        secrets.push(policy.epoch + 1, key.clone(), inbox_seed.cloned());
        secrets.to_value()
    })
    .await
}

fn open_epoch(
    policy: &CommunityState,
    key: &ChannelKey,
    inbox_seed: Option<&Zeroizing<[u8; 32]>>,
    opening: &ChannelOpening,
) -> CommunityWhat {
    let (announcements, epoch) = (policy.announcements_id(), policy.epoch + 1);
    let inbox_key = inbox_seed.map(|seed| seal::derive(seed).1.as_bytes().to_vec());
    CommunityWhat::OpenEpoch(OpenEpoch {
        epoch,
        key_commitment: signing::channel_commitment(announcements, epoch, key.as_bytes()).to_vec(),
        inbox_key: inbox_key.unwrap_or_default(),
        table_hash: signing::sha256(&opening.table).to_vec(),
    })
}

fn opening(
    cx: &Cx,
    community: &LiveCommunity,
    policy: &CommunityState,
    changes: &[CommunityWhat],
    table: &BucketTable,
    key: &ChannelKey,
    done: &[SubscriberId],
) -> Flow<ChannelOpening> {
    let epoch = policy.epoch + 1;
    let tickets = tickets_after(policy, changes);
    let wraps = tickets.iter().map(|ticket| invite::wrap_key(community, epoch, ticket, key));
    Ok(ChannelOpening {
        table: table.encode_to_vec(),
        seals: seals(community, table, epoch, key)?,
        wraps: wraps.collect::<Flow<_>>()?,
        past_key: Some(past_key(cx, community, policy.epoch, epoch, key)?),
        done: done.iter().map(SubscriberId::to_vec).collect(),
    })
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
        let present = before.row(*bucket).filter(|row| is_fresh(community, row, Some(page), admins));
        match present.filter(|row| deposits::is_sealable(&row.key)) {
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
        let sealed = keys.get(&subscriber).map(|key| channel::seal_seat(key, subscriber, which, &seed));
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
    // That of the epoch before, or of an earlier one, when an admin has kept a key to themselves.
    let keys = db::vault::keys(&cx.db, log)?;
    let (generation, old) = keys.range(..=before).next_back().ok_or(ErrorCode::StaleEpoch)?;
    let new = channel::vault_key(community.id, epoch, key);
    Ok(format::seal_past_key(log, &new, *generation, &VaultKey::new(**old), cx.random()))
}

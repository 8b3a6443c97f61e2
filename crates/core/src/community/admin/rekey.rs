//! A new epoch of the channel: lists entered, buckets sealed, key renewed, entry made (docs/protocol.md §10.7).

use super::{
    super::{LiveCommunity, follow, invite, keys},
    buckets, deposits,
    due::{Due, Why},
    room::room,
    roster::{self, Edit},
};
use crate::{
    conversation::{Live, vault},
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::{ChannelKey, VaultKey, channel, roster::ChannelSecrets, vault as format},
};
use asterism_mls::seal::{self, SealPublic};
use asterism_policy::{CommunityChanges, CommunityState, CommunityWhat, OpenEpoch, Role};
use asterism_wire::{
    AccountId, ErrorCode, Seq, SubscriberId,
    community::{BucketRow, BucketSeal, BucketTable},
    frame::ChannelOpening,
    signing,
    vault::CHANNEL,
};
use prost::Message as _;
use std::rc::Rc;
use zeroize::Zeroizing;

/// How often an epoch is prepared anew because another admin was faster.
const ATTEMPTS_MAX: u32 = 8;

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
    deposits::drop_refused(cx, community, &due.judged.refused).await?;
    if why.is_done(&policy, &due) {
        return Ok(true);
    }
    let newcomers = due.judged.admitted.iter().map(|line| (line.account, line.clone())).collect();
    let pages = roster::edit(cx, &room, &Edit { newcomers, gone: due.gone.clone() }).await?;
    let change = why.change(&policy);
    let mut changes: Vec<CommunityWhat> = change.into_iter().collect();
    let dead: Vec<_> = due.dead_links.iter().filter(|dead| !changes.contains(dead)).cloned().collect();
    changes.extend(dead);

    let before = buckets::table(cx, community).await?;
    let staying = after(&changes, buckets::admins(cx, community, &policy));
    let buckets = buckets::fill(cx, community, &before, (&pages, &due.judged.keys), &staying).await?;
    let table = BucketTable { buckets };
    let key = ChannelKey::new(cx.random());
    let renews_inbox = matches!(why, Why::Demoted(_)) || due.inbox_lost;
    let inbox_seed = renews_inbox.then(|| Zeroizing::new(cx.random()));
    write_down(cx, community, &room, &policy, &key, inbox_seed.as_ref()).await?;
    // Whose seat could not be sealed is not done with.
    let mut done = due.judged.done;
    done.retain(|id| !community.without_key.borrow().contains(id));
    let opening = opening(cx, community, &policy, &changes, &table, &key, &done)?;
    changes.push(open_epoch(&policy, &key, inbox_seed.as_ref(), &opening, community.row().posts));
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
    posts: Seq,
) -> CommunityWhat {
    let (announcements, epoch) = (policy.announcements_id(), policy.epoch + 1);
    let inbox_key = inbox_seed.map(|seed| seal::derive(seed).1.as_bytes().to_vec());
    CommunityWhat::OpenEpoch(OpenEpoch {
        epoch,
        key_commitment: signing::channel_commitment(announcements, epoch, key.as_bytes()).to_vec(),
        inbox_key: inbox_key.unwrap_or_default(),
        table_hash: signing::sha256(&opening.table).to_vec(),
        posts_seq: posts.0,
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

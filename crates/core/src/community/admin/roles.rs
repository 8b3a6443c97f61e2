//! Roles of a community, and the admins' room that follows them (docs/protocol.md §10.10).

use super::{super::LiveCommunity, barred::Barred, rekey, roster};
use crate::{
    account,
    api::{Answer, ApiError, Role},
    conversation::{commit, commit::Intent, members},
    cx::Cx,
    db,
    fault::Flow,
};
use asterism_policy::{CommunityChanges, CommunityState, CommunityWhat, SetRole};
use asterism_wire::{AccountId, ErrorCode, Timestamp, handle::Handle};
use std::rc::Rc;

/// How long somebody may be in the room before they have the role. Longer: who was added and never given the role
/// reads longer what admins write; shorter: a slow promotion is taken back by another admin's device.
const PROMOTION_MS: u64 = 60_000;

/// The account of a handle, or of an account's id.
pub(super) async fn account_of(cx: &Cx, handle: &str) -> Flow<AccountId> {
    if let Ok(account) = handle.parse::<AccountId>() {
        return Ok(account);
    }
    let handle = Handle::parse(handle).map_err(|_| ApiError::of(ErrorCode::InvalidHandle))?;
    match db::people::by_handle(&cx.db, handle.as_str())? {
        Some(account) => Ok(account),
        None => account::look_up(cx, &handle).await,
    }
}

/// `asterism community promote`.
pub(crate) async fn promote(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    handle: &str,
    role: Role,
    until: Option<Timestamp>,
) -> Flow<Answer> {
    if role == Role::Moderator {
        return Err(ApiError::new(ErrorCode::Usage, "a community has owners, admins and members").into());
    }
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    let account = account_of(cx, handle).await?;
    let policy = community.policy()?;
    let (present, mine) = (policy.role(account, cx.now()), community.my_role(cx));
    let wanted: asterism_policy::Role = role.into();
    if present > mine || wanted > mine {
        return Err(ErrorCode::Forbidden.into());
    }
    if wanted == asterism_policy::Role::Member {
        if present > asterism_policy::Role::Member {
            demote(cx, community, account).await?;
        }
    } else {
        raise(cx, community, account, wanted, until).await?;
    }
    super::super::view::changed(cx, community)?;
    Ok(Answer::Done {})
}

async fn raise(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    account: AccountId,
    role: asterism_policy::Role,
    until: Option<Timestamp>,
) -> Flow<()> {
    let known = roster::all(cx, community)?.unwrap_or_default().iter().any(|s| s.account == account);
    if !known && !community.policy()?.is_admin(account, cx.now()) {
        let unknown = "this person is not in the community, or their seat is not ready yet";
        return Err(ApiError::new(ErrorCode::UnknownTarget, unknown).into());
    }
    let room = rekey::room(cx, community).await?;
    let present = room.group(cx)?.roster().leaves_of(account) > 0;
    if !present {
        let packages = members::claim(cx, account, true).await?;
        commit::commit(cx, &room, Intent::Add(packages)).await?;
    }
    let rank = if role == asterism_policy::Role::Owner { role } else { asterism_policy::Role::Member };
    commit::commit(cx, &room, Intent::SetRole(account, rank, None)).await?;
    let set =
        SetRole { account: account.to_vec(), role: role as i32, until_ms: until.map_or(0, |until| until.0) };
    super::submit(cx, community, |_| {
        // Removed meanwhile: who is out gets no role.
        if Barred::load(cx, &room)?.accounts().contains(&account) {
            return Err(ErrorCode::Barred.into());
        }
        Ok((CommunityChanges::of([CommunityWhat::SetRole(set.clone())]), None))
    })
    .await
}

/// May this account take somebody's role?
pub(super) fn check_demotable(cx: &Cx, policy: &CommunityState, account: AccountId) -> Flow<()> {
    let owners =
        policy.roles.iter().filter(|r| r.role == asterism_policy::Role::Owner as i32 && r.until_ms == 0);
    if owners.map(|r| r.account.as_slice()).eq([account.as_bytes()]) {
        return Err(ApiError::new(ErrorCode::Forbidden, "a community keeps an owner").into());
    }
    if account == cx.me()?.account {
        let alone = "another admin must take this role from you";
        return Err(ApiError::new(ErrorCode::Forbidden, alone).into());
    }
    Ok(())
}

/// Takes somebody's role: out of the room first, so that they read nothing of what is written there next.
pub(super) async fn demote(cx: &Cx, community: &Rc<LiveCommunity>, account: AccountId) -> Flow<()> {
    check_demotable(cx, &community.policy()?, account)?;
    let room = rekey::room(cx, community).await?;
    commit::commit(cx, &room, Intent::Remove(account)).await?;
    rekey::rekey(cx, community, super::due::Why::Demoted(account)).await
}

/// Room and roles apart: an earlier run did not finish. Whoever notices does.
pub(super) async fn reconcile(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    let room = rekey::room(cx, community).await?;
    let (policy, me) = (community.policy()?, cx.me()?.account);
    let now = cx.now().max(community.row().last_time);
    let (roster, barred) = {
        let group = room.group(cx)?;
        let barred: Vec<Vec<u8>> = group.state().bars.clone();
        (group.roster(), barred)
    };
    let inside: Vec<AccountId> = roster.accounts().collect();
    for account in inside.iter().filter(|account| **account != me && !policy.is_admin(**account, now)) {
        // Added a moment ago, with the role on its way: a later look decides.
        if room.row().last_time.plus_ms(PROMOTION_MS) < now {
            commit::commit(cx, &room, Intent::Remove(*account)).await?;
        }
    }
    let removed = Barred::load(cx, &room)?.accounts();
    for grant in &policy.roles {
        let account = AccountId::try_from(grant.account.as_slice())?;
        let ended = !policy.is_admin(account, now);
        let out = !inside.contains(&account);
        if account == me || !(out || removed.contains(&account)) {
            continue;
        }
        if removed.contains(&account) || ended || barred.contains(&grant.account) {
            demote(cx, community, account).await?;
        } else {
            let packages = members::claim(cx, account, true).await?;
            commit::commit(cx, &room, Intent::Add(packages)).await?;
        }
    }
    Ok(())
}

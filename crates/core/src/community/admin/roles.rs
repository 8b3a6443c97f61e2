//! Roles of a community, and the admins' room that follows them (docs/protocol.md §10.10).

use super::{
    super::{LiveCommunity, begun, log},
    barred::Barred,
    rekey,
    room::{admit, room},
    roster,
};
use crate::{
    account,
    api::{Answer, ApiError, Role},
    conversation::{commit, commit::Intent, members},
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::begun::Begun,
};
use asterism_policy::{CommunityChanges, CommunityState, CommunityWhat, SetRole};
use asterism_wire::{AccountId, ErrorCode, Seq, Timestamp, handle::Handle};
use std::rc::Rc;

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
    let room = room(cx, community).await?;
    let present = room.group(cx)?.roster().leaves_of(account) > 0;
    // Who has no device that could be let in gets no role.
    let packages = if present { None } else { Some(members::claim(cx, account, true).await?) };
    let set =
        SetRole { account: account.to_vec(), role: role as i32, until_ms: until.map_or(0, |until| until.0) };
    super::submit(cx, community, |_| {
        // Removed meanwhile: who is out gets no role.
        if Barred::load(cx, &room)?.accounts().contains(&account) {
            return Err(ErrorCode::Barred.into());
        }
        Ok((CommunityChanges::of([CommunityWhat::SetRole(set.clone())]), None))
    })
    .await?;
    match admit(cx, &room, account, role, packages).await {
        // They have the role: whichever admin's device looks next lets them in.
        Ok(()) | Err(Fault::Api(_)) => Ok(()),
        Err(error) => Err(error),
    }
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
pub(in super::super) async fn demote(cx: &Cx, community: &Rc<LiveCommunity>, account: AccountId) -> Flow<()> {
    check_demotable(cx, &community.policy()?, account)?;
    let since = community.row().cursor;
    let working = begun::begin(cx, community, Begun::Demotion(account, since)).await?;
    let working = working.after_first(cx, leave_room(cx, community, account).await)?;
    rekey::rekey(cx, community, super::due::Why::Demoted(account)).await?;
    working.end(cx)
}

/// Finishes a demotion whose first step may have been taken, of whoever still has the role that was to be taken: the
/// own vault may be shown as it was long ago.
pub(in super::super) async fn finish(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    account: AccountId,
    since: Seq,
) -> Flow<()> {
    if is_set_since(cx, community, account, since)? {
        return Ok(());
    }
    check_demotable(cx, &community.policy()?, account)?;
    leave_room(cx, community, account).await?;
    rekey::rekey(cx, community, super::due::Why::Demoted(account)).await
}

/// Does the log after a position give or take a role of theirs?
fn is_set_since(cx: &Cx, community: &LiveCommunity, account: AccountId, since: Seq) -> Flow<bool> {
    let later = db::community::entries(&cx.db, community.id)?.into_iter().filter(|(seq, ..)| *seq > since);
    Ok(later.filter_map(|(_, _, body)| log::changes_of(&body)).any(|(_, changes)| {
        let mut all = changes.changes.into_iter().filter_map(|change| change.what);
        all.any(|what| matches!(what, CommunityWhat::SetRole(set) if set.account == account.as_bytes()))
    }))
}

async fn leave_room(cx: &Cx, community: &Rc<LiveCommunity>, account: AccountId) -> Flow<()> {
    let room = room(cx, community).await?;
    commit::commit(cx, &room, Intent::Remove(account)).await
}

/// Room and roles apart: an earlier run did not finish, or a role has ended. Whoever notices brings them together.
pub(super) async fn reconcile(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    let room = room(cx, community).await?;
    let (policy, me) = (community.policy()?, cx.me()?.account);
    let now = cx.now().max(community.row().last_time);
    let removed = Barred::load(cx, &room)?.accounts();
    for grant in &policy.roles {
        let account = AccountId::try_from(grant.account.as_slice())?;
        if account == me {
            continue;
        }
        if removed.contains(&account) || !policy.is_admin(account, now) {
            demote(cx, community, account).await?;
        } else if room.group(cx)?.roster().leaves_of(account) == 0 {
            admit(cx, &room, account, policy.role(account, now), None).await?;
        }
    }
    Ok(())
}

//! The admins' room: up to date, and with nobody in it who has no role (docs/protocol.md §10.10).

use super::super::{LiveCommunity, follow};
use crate::{
    conversation::{Live, commit, commit::Intent, members, vault},
    cx::Cx,
    fault::Flow,
    sync,
};
use asterism_policy::Role;
use asterism_wire::{AccountId, ErrorCode};
use std::rc::Rc;

/// The room. Nothing is written there before those without a role are out of it: they would read it.
pub(super) async fn room(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<Rc<Live>> {
    let room = community.admin_room(cx).ok_or(ErrorCode::Forbidden)?;
    sync::catch_up(cx, &room).await?;
    if !room.vault_read.get() {
        vault::read(cx, &room).await?;
    }
    if !without_role(cx, community, &room)?.is_empty() {
        // What this device has not read yet may say that they have one.
        follow::follow(cx, community).await?;
        if !community.is_admin(cx) {
            return Err(ErrorCode::Forbidden.into());
        }
        for account in without_role(cx, community, &room)? {
            commit::commit(cx, &room, Intent::Remove(account)).await?;
        }
    }
    Ok(room)
}

/// Whoever is in the room and no admin; oneself aside, whom others put out.
fn without_role(cx: &Cx, community: &LiveCommunity, room: &Live) -> Flow<Vec<AccountId>> {
    let (policy, me) = (community.policy()?, cx.me()?.account);
    let now = cx.now().max(community.row().last_time);
    let roster = room.group(cx)?.roster();
    Ok(roster.accounts().filter(|account| *account != me && !policy.is_admin(*account, now)).collect())
}

/// Lets somebody with a role in; key packages may have been claimed before.
pub(super) async fn admit(
    cx: &Cx,
    room: &Rc<Live>,
    account: AccountId,
    role: Role,
    packages: Option<Vec<(AccountId, Vec<u8>)>>,
) -> Flow<()> {
    if room.group(cx)?.roster().leaves_of(account) == 0 {
        let packages = match packages {
            Some(packages) => packages,
            None => members::claim(cx, account, true).await?,
        };
        commit::commit(cx, room, Intent::Add(packages)).await?;
    }
    // The room's own roles say only who may put whom out of it.
    let rank = if role == Role::Owner { role } else { Role::Member };
    commit::commit(cx, room, Intent::SetRole(account, rank, None)).await
}

//! Removing somebody from a community: from the channel, and from the groups that one administers.

use super::{
    super::{LiveCommunity, directory, groups},
    barred, deposits,
    due::Why,
    rekey, roles, roster,
};
use crate::{
    api::{Answer, ApiError},
    conversation::{self, commit, commit::Intent},
    cx::Cx,
    fault::{Fault, Flow},
    formats::roster::Subscribed,
};
use asterism_policy::Capability;
use asterism_wire::{AccountId, ErrorCode, TicketId};
use std::rc::Rc;

/// `asterism community remove`.
pub(crate) async fn remove(cx: &Cx, community: &Rc<LiveCommunity>, handle: &str) -> Flow<Answer> {
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    let account = roles::account_of(cx, handle).await?;
    if account == cx.me()?.account {
        return Err(ApiError::new(ErrorCode::Forbidden, "you cannot remove yourself").into());
    }
    let policy = community.policy()?;
    if policy.role(account, cx.now()) > community.my_role(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    if policy.is_admin(account, cx.now()) {
        roles::demote(cx, community, account).await?;
    }
    let room = rekey::room(cx, community).await?;
    // Who waits for a seat came by a link, too.
    let waiting = deposits::judge(cx, community, &room).await?.admitted;
    let pages = roster::pages(cx, &room)?;
    let links = links_of(community, pages.values().flatten().chain(&waiting), account)?;
    // From here on any admin's device finishes it.
    barred::bar(cx, &room, account, &links).await?;
    barred::tell_server(cx, community.id, &room).await?;
    rekey::rekey(cx, community, Why::Due).await?;
    // Given a role by an admin who had not read of it.
    if community.policy()?.is_admin(account, cx.now()) {
        roles::demote(cx, community, account).await?;
    }
    let (removed_from, not_removed_from) = from_groups(cx, community, account).await?;
    groups::refresh(cx, community).await?;
    groups::renew_links(cx, community).await?;
    super::super::view::changed(cx, community)?;
    Ok(Answer::RemovedFromCommunity { removed_from, not_removed_from })
}

/// The links that somebody came by: they would lead them in again.
fn links_of<'a>(
    community: &LiveCommunity,
    lines: impl Iterator<Item = &'a Subscribed>,
    account: AccountId,
) -> Flow<Vec<TicketId>> {
    let marks: Vec<[u8; 8]> = lines.filter(|s| s.account == account).map(|s| s.ticket).collect();
    let policy = community.policy()?;
    let ids = policy.tickets.iter().filter_map(|ticket| TicketId::try_from(ticket.id.as_slice()).ok());
    Ok(ids.filter(|id| marks.contains(&roster::mark(*id))).collect())
}

/// Removes somebody from each group of the directory that one may remove them from. Of groups that one is not in one
/// cannot say whether they are.
async fn from_groups(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    account: AccountId,
) -> Flow<(Vec<String>, Vec<String>)> {
    let (mut removed, mut left) = (Vec::new(), Vec::new());
    let me = cx.me()?.account;
    for (id, entry) in directory::groups(cx, community)? {
        let live = conversation::find(cx, id).ok().filter(|live| live.is_member());
        let Some(live) = live else {
            left.push(entry.name);
            continue;
        };
        let (present, may) = {
            let group = live.group(cx)?;
            let now = cx.now().max(live.row().last_time);
            (group.roster().leaves_of(account) > 0, group.state().allows(me, Capability::Remove, now))
        };
        if !present {
            continue;
        }
        if !may {
            left.push(entry.name);
            continue;
        }
        match commit::commit(cx, &live, Intent::Remove(account)).await {
            Ok(()) => removed.push(entry.name),
            Err(Fault::Api(_)) => left.push(entry.name),
            Err(error) => return Err(error),
        }
    }
    Ok((removed, left))
}

//! Removing somebody from a community: from the channel, and from the groups that one administers.

use super::{
    super::{LiveCommunity, begun, directory, groups},
    barred::{self, Barred},
    deposits,
    due::Why,
    rekey, roles,
    room::room,
    roster,
};
use crate::{
    api::{Answer, ApiError},
    conversation::{self, commit, commit::Intent},
    cx::Cx,
    fault::{Fault, Flow},
    formats::{begun::Begun, roster::Subscribed},
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
    let is_admin = policy.is_admin(account, cx.now());
    if is_admin {
        roles::check_demotable(cx, &policy, account)?;
    }
    let room = room(cx, community).await?;
    // Who waits for a seat came by a link, too.
    let waiting = deposits::judge(cx, community, &room).await?.admitted;
    let pages = roster::pages(cx, &room)?;
    let links = links_of(community, pages.values().flatten().chain(&waiting), account)?;
    let working = begun::begin(cx, community, Begun::Removal(account)).await?;
    let working = working.after_first(cx, barred::bar(cx, &room, account, &links).await)?;
    // From here on any admin's device takes them out of the channel, and any of this account's out of the groups.
    cx.asked.has_begun();
    if is_admin {
        roles::demote(cx, community, account).await?;
        // Until then they could write in the room, and strike themselves off.
        barred::bar(cx, &room, account, &links).await?;
    }
    barred::tell_server(cx, community, &room).await?;
    rekey::rekey(cx, community, Why::Due).await?;
    // Given a role by an admin who had not read of it.
    if community.policy()?.is_admin(account, cx.now()) {
        roles::demote(cx, community, account).await?;
    }
    let _turn = community.admin_lock.lock().await;
    let groups = from_groups(cx, community, account).await?;
    if groups.refused.iter().all(|code| !begun::may_pass(*code)) {
        working.end(cx)?;
    }
    super::super::view::changed(cx, community)?;
    Ok(Answer::RemovedFromCommunity { removed_from: groups.removed, not_removed_from: groups.left })
}

/// Finishes a removal whose first steps were taken.
pub(in super::super) async fn finish(cx: &Cx, community: &Rc<LiveCommunity>, account: AccountId) -> Flow<()> {
    let room = room(cx, community).await?;
    if !Barred::load(cx, &room)?.accounts().contains(&account) {
        return Ok(());
    }
    barred::tell_server(cx, community, &room).await?;
    let _turn = community.admin_lock.lock().await;
    let groups = from_groups(cx, community, account).await?;
    match groups.refused.into_iter().find(|code| begun::may_pass(*code)) {
        Some(code) => Err(code.into()),
        None => Ok(()),
    }
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

/// What came of a removal in the groups.
#[derive(Default)]
struct Groups {
    /// Names of groups that they were removed from.
    removed: Vec<String>,
    /// Names of groups that they are, or may be, still in.
    left: Vec<String>,
    /// Why something was not done.
    refused: Vec<ErrorCode>,
}

/// Removes somebody from each group of the directory that one may remove them from, and gives the open ones other
/// links. Of groups that one is not in one cannot say whether they are.
async fn from_groups(cx: &Cx, community: &Rc<LiveCommunity>, account: AccountId) -> Flow<Groups> {
    let mut groups = Groups::default();
    let me = cx.me()?.account;
    let directory = directory::groups(cx, community)?;
    for (id, entry) in directory.clone() {
        let live = conversation::find(cx, id).ok().filter(|live| live.is_member());
        let Some(live) = live else {
            groups.left.push(entry.name);
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
            groups.left.push(entry.name);
            continue;
        }
        match commit::commit(cx, &live, Intent::Remove(account)).await {
            Ok(()) => groups.removed.push(entry.name),
            Err(Fault::Api(error)) => {
                groups.left.push(entry.name);
                groups.refused.push(error.code);
            }
            Err(error) => return Err(error),
        }
    }
    groups::refresh(cx, community).await?;
    groups.refused.extend(groups::renew_links(cx, community, &directory).await?);
    Ok(groups)
}

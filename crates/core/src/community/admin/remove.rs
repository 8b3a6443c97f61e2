//! Removing somebody from a community: from the channel, and from the groups that one administers.

use super::{
    super::{LiveCommunity, directory, groups},
    deposits, rekey, roles, roster,
};
use crate::{
    api::{Answer, ApiError},
    conversation::{self, Live, commit, commit::Intent},
    cx::Cx,
    fault::{Fault, Flow},
    formats::roster::Subscribed,
};
use asterism_policy::{Capability, CommunityWhat, RevokeTicket};
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
    roster::bar(cx, &room, account).await?;
    out_of_channel(cx, community, &room, account, &waiting).await?;
    let (removed_from, not_removed_from) = from_groups(cx, community, account).await?;
    groups::refresh(cx, community).await?;
    super::super::view::changed(cx, community)?;
    Ok(Answer::RemovedFromCommunity { removed_from, not_removed_from })
}

/// Somebody who is barred and still in the lists: an earlier run did not finish.
pub(super) async fn finish(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    let room = rekey::room(cx, community).await?;
    let (pages, barred) = (roster::pages(cx, &room)?, roster::barred(cx, &room)?);
    for account in barred {
        if pages.values().flatten().any(|subscribed| subscribed.account == account) {
            out_of_channel(cx, community, &room, account, &[]).await?;
        }
    }
    Ok(())
}

/// Out of the lists, and the channel's key renewed.
async fn out_of_channel(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    room: &Rc<Live>,
    account: AccountId,
    waiting: &[Subscribed],
) -> Flow<()> {
    let links = {
        let _turn = community.admin_lock.lock().await;
        let mut pages = roster::pages(cx, room)?;
        let links = links_of(community, pages.values().flatten().chain(waiting), account)?;
        roster::take_out(&mut pages, account);
        roster::write(cx, room, &pages).await?;
        links
    };
    rekey::rekey(cx, community, &links, false).await
}

/// The end of the links that somebody made or came by: they would lead them in again.
fn links_of<'a>(
    community: &LiveCommunity,
    subscribed: impl Iterator<Item = &'a Subscribed> + Clone,
    account: AccountId,
) -> Flow<Vec<CommunityWhat>> {
    let came_by = |ticket: TicketId| {
        subscribed.clone().any(|s| s.account == account && s.ticket == roster::mark(ticket))
    };
    let mut revoked = Vec::new();
    for ticket in community.policy()?.tickets {
        let id = TicketId::try_from(ticket.id.as_slice())?;
        if ticket.creator == account.as_bytes() || came_by(id) {
            revoked.push(CommunityWhat::RevokeTicket(RevokeTicket { ticket: ticket.id }));
        }
    }
    Ok(revoked)
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

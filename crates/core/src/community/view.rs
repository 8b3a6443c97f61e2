//! What hosts are shown of communities.

use super::{LiveCommunity, admin, directory, log};
use crate::{
    api::{Answer, CommunityChangeInfo, CommunityInfo, CommunityMemberInfo, ConversationInfo, Event, Item},
    conversation::{Live, view},
    cx::Cx,
    db,
    fault::Flow,
    text::rfc3339,
};
use asterism_policy::CommunityWhat;
use asterism_wire::{AccountId, ErrorCode, Seq};
use std::{collections::BTreeSet, rc::Rc};

/// A community.
pub(crate) fn community(cx: &Cx, community: &LiveCommunity) -> Flow<CommunityInfo> {
    let (row, meta) = (community.row(), directory::meta(cx, community)?);
    let policy = community.policy().ok();
    let me = cx.me()?.account;
    let admin = community.is_admin(cx);
    let announcements = policy.as_ref().map(asterism_policy::CommunityState::announcements_id);
    let (mut unread, mut last) = (0, None);
    if let Some(live) = announcements.and_then(|id| crate::conversation::find(cx, id).ok()) {
        unread = db::message::unread(&cx.db, live.id, live.row().read_seq, me)?;
        let newest = db::message::newest(&cx.db, live.id, Seq(0), 1, false)?;
        last = newest.first().map(|m| view::message(cx, m)).transpose()?.map(Box::new);
    }
    let members = if admin { Some(accounts(cx, community)?.len() as u64) } else { None };
    Ok(CommunityInfo {
        community: row.id.to_string(),
        name: meta.name,
        description: meta.description,
        role: community.my_role(cx).into(),
        state: row.state.as_word().to_owned(),
        announcements: announcements.map(|id| id.to_string()).unwrap_or_default(),
        admin_room: policy.as_ref().filter(|_| admin).map(|policy| policy.admin_room_id().to_string()),
        members,
        waiting: admin.then(|| community.waiting.get()),
        unread,
        epoch: policy.map_or(0, |policy| policy.epoch),
        last,
        alarm: row.alarm,
    })
}

/// Tells the host that a community changed.
pub(crate) fn changed(cx: &Cx, live: &LiveCommunity) -> Flow<()> {
    cx.event(Event::Community { community: community(cx, live)? });
    Ok(())
}

/// All communities that one is in, by name.
pub(crate) fn list(cx: &Cx) -> Flow<Answer> {
    let all: Vec<Rc<LiveCommunity>> =
        cx.communities.borrow().values().filter(|c| c.is_here()).cloned().collect();
    let mut infos = all.iter().map(|c| community(cx, c)).collect::<Flow<Vec<_>>>()?;
    infos.sort_by_cached_key(|info| (info.name.to_lowercase(), info.community.clone()));
    Ok(Answer::List(infos.into_iter().map(Item::Community).collect()))
}

/// Announcements as a conversation.
pub(crate) fn announcements(cx: &Cx, live: &Live) -> Flow<ConversationInfo> {
    let row = live.row();
    let community = super::of_log(cx, live.id).ok_or(ErrorCode::UnknownTarget)?;
    let meta = directory::meta(cx, &community)?;
    let last = db::message::newest(&cx.db, live.id, Seq(0), 1, false)?;
    let state = if community.is_here() { "active" } else { "left" };
    Ok(ConversationInfo {
        group: live.id.to_string(),
        kind: row.kind,
        community: Some(community.id.to_string()),
        name: meta.name,
        description: meta.description,
        members: None,
        role: community.my_role(cx).into(),
        handle: None,
        account: None,
        state: state.to_owned(),
        unread: db::message::unread(&cx.db, live.id, row.read_seq, cx.me()?.account)?,
        seq: row.cursor.0,
        // Nobody reads what was announced in an epoch before their first one.
        began_earlier: community.row().first_epoch > 1 && row.cursor > Seq(0),
        quantum_safe: true,
        last: last.first().map(|m| view::message(cx, m)).transpose()?.map(Box::new),
        alarm: community.row().alarm,
    })
}

/// Everybody who is in it, as far as an admin's device knows: admins also before they have a seat.
fn accounts(cx: &Cx, community: &LiveCommunity) -> Flow<BTreeSet<AccountId>> {
    let subscribed = admin::roster::all(cx, community)?.unwrap_or_default();
    let mut accounts: BTreeSet<AccountId> = subscribed.into_iter().map(|s| s.account).collect();
    if let Ok(policy) = community.policy() {
        let now = cx.now().max(community.row().last_time);
        accounts.extend(policy.admins(now).map(|(account, _)| account));
    }
    Ok(accounts)
}

/// `asterism community members`.
pub(crate) fn members(cx: &Cx, community: &LiveCommunity) -> Flow<Answer> {
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    let policy = community.policy()?;
    let now = cx.now().max(community.row().last_time);
    let info = |account: AccountId| {
        let (known, role) = (view::person(cx, account)?, policy.role(account, now));
        let info = CommunityMemberInfo {
            handle: known.handle,
            account: known.account,
            name: known.name,
            role: role.into(),
        };
        Ok((std::cmp::Reverse(role), info))
    };
    let mut infos = accounts(cx, community)?.into_iter().map(info).collect::<Flow<Vec<_>>>()?;
    infos.sort_by(|a, b| (a.0, &a.1.name, &a.1.account).cmp(&(b.0, &b.1.name, &b.1.account)));
    Ok(Answer::List(infos.into_iter().map(|(_, info)| Item::CommunityMember(info)).collect()))
}

/// `asterism community log`.
pub(crate) fn changes(cx: &Cx, community: &LiveCommunity) -> Flow<Answer> {
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    let mut items = Vec::new();
    for (seq, at, body) in db::community::entries(&cx.db, community.id)? {
        let Some((author, changes)) = log::changes_of(&body) else { continue };
        for what in changes.changes.into_iter().filter_map(|change| change.what) {
            let (action, concerned) = match &what {
                CommunityWhat::Found(_) => ("founded", None),
                CommunityWhat::SetRole(set) => {
                    let role = asterism_policy::Role::try_from(set.role).ok();
                    ("role", AccountId::try_from(set.account.as_slice()).ok().zip(role))
                }
                CommunityWhat::AddTicket(_) => ("invite_created", None),
                CommunityWhat::RevokeTicket(_) => ("invite_revoked", None),
                CommunityWhat::OpenEpoch(_) => ("rekeyed", None),
            };
            let handle = concerned.map(|(account, _)| view::person(cx, account)).transpose()?;
            items.push(Item::CommunityChange(CommunityChangeInfo {
                seq: seq.0,
                at: rfc3339(at),
                action: action.to_owned(),
                actor: view::person(cx, author)?,
                handle: handle.map(|person| person.handle),
                role: concerned.map(|(_, role)| role.into()),
            }));
        }
    }
    Ok(Answer::List(items))
}

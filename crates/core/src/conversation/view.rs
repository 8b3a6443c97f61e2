//! What hosts are shown of conversations, people and messages.

use super::{Live, events, vault};
use crate::{
    api::{ConversationInfo, MemberInfo, MessageInfo, Person, Role},
    cx::Cx,
    db::{self, conversation::State, message::MessageRow},
    fault::Flow,
    text::rfc3339,
};
use asterism_wire::{AccountId, Seq};
use std::rc::Rc;

/// A person as far as known.
pub(crate) fn person(cx: &Cx, account: AccountId) -> Flow<Person> {
    let row = db::people::load(&cx.db, account)?;
    let handle = row.handle.unwrap_or_default();
    let name = row.name.unwrap_or_else(|| handle.clone());
    Ok(Person { handle, name, account: account.to_string() })
}

/// A message or event.
pub(crate) fn message(cx: &Cx, row: &MessageRow) -> Flow<MessageInfo> {
    let post = db::post::load(&cx.db, row.conversation, row.id)?;
    let detail = events::detail(row);
    Ok(MessageInfo {
        message: row.id.to_string(),
        conversation: row.conversation.to_string(),
        seq: row.seq.0,
        sender: person(cx, row.sender)?,
        at: rfc3339(row.at),
        kind: row.kind.clone(),
        text: row.text.clone(),
        edited: false,
        files: Vec::new(),
        reply_to: row.reply_to.map(|id| id.to_string()),
        announcement: post.is_some(),
        targets: post.map(|post| post.groups.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        state: row.state.clone(),
        subjects: row.subjects.iter().map(|s| person(cx, *s)).collect::<Flow<_>>()?,
        role: detail.role,
        name: detail.name,
    })
}

/// A conversation.
pub(crate) fn conversation(cx: &Cx, live: &Rc<Live>) -> Flow<ConversationInfo> {
    if !live.has_group() {
        return crate::community::view::announcements(cx, live);
    }
    let row = live.row();
    let me = cx.me()?.account;
    let meta = vault::meta(cx, live)?;
    let peer = row.peer.map(|peer| person(cx, peer)).transpose()?;
    let (members, role, quantum_safe, community) = if matches!(row.state, State::Left | State::Joining) {
        (None, Role::Member, false, None)
    } else {
        let group = live.group(cx)?;
        let role = group.state().role(me, cx.now().max(row.last_time)).into();
        let community = group.state().community().map(|id| id.to_string());
        (Some(group.roster().account_count() as u64), role, group.suite().is_hybrid(), community)
    };
    let last = db::message::newest(&cx.db, live.id, Seq(0), 1, false)?;
    Ok(ConversationInfo {
        group: live.id.to_string(),
        kind: row.kind.clone(),
        community,
        name: peer.as_ref().map_or(meta.name, |p| p.name.clone()),
        description: meta.description,
        members,
        role,
        handle: peer.as_ref().map(|p| p.handle.clone()),
        account: peer.map(|p| p.account),
        state: row.state.as_word().to_owned(),
        unread: db::message::unread(&cx.db, live.id, row.read_seq, me)?
            + db::post::unread(&cx.db, live.id, me)?,
        seq: row.cursor.0,
        // Who has entered anew keeps what was there.
        began_earlier: row.joined_seq > row.begins_with
            && !db::message::any_before(&cx.db, live.id, row.joined_seq)?,
        quantum_safe,
        last: last.first().map(|m| message(cx, m)).transpose()?.map(Box::new),
        alarm: row.alarm,
    })
}

/// The participants, admins first, then by name.
pub(crate) fn members(cx: &Cx, live: &Rc<Live>) -> Flow<Vec<MemberInfo>> {
    let now = cx.now().max(live.row().last_time);
    let (state, roster) = {
        let group = live.group(cx)?;
        (group.state().clone(), group.roster())
    };
    let mut members = roster
        .accounts()
        .map(|account| {
            let known = person(cx, account)?;
            let role = state.role(account, now);
            let info = MemberInfo {
                handle: known.handle,
                account: known.account,
                name: known.name,
                role: role.into(),
                devices: roster.leaves_of(account) as u64,
            };
            Ok((std::cmp::Reverse(role), info))
        })
        .collect::<Flow<Vec<_>>>()?;
    members.sort_by(|a, b| (a.0, &a.1.name, &a.1.account).cmp(&(b.0, &b.1.name, &b.1.account)));
    Ok(members.into_iter().map(|(_, info)| info).collect())
}

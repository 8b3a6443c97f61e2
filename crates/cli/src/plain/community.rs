//! Communities as people read them.

use super::{person, role, yes_or_no};
use crate::table::{pairs, table};
use asterism_core::api::{CommunityChangeInfo, CommunityInfo, CommunityMemberInfo, DirectoryInfo, JoinMode};

pub(super) fn community(info: &CommunityInfo) -> String {
    let mut about = vec![
        ("community", info.community.clone()),
        ("name", info.name.clone()),
        ("description", info.description.clone()),
        ("my role", role(info.role).to_owned()),
        ("state", info.state.clone()),
        ("announcements", info.announcements.clone()),
        ("unread", info.unread.to_string()),
    ];
    about.extend(info.admin_room.clone().map(|room| ("admin room", room)));
    about.extend(info.members.map(|members| ("members", members.to_string())));
    about.extend(info.waiting.map(|waiting| ("waiting", waiting.to_string())));
    about.extend(info.alarm.clone().map(|alarm| ("ALARM", alarm)));
    pairs(&about)
}

pub(super) fn communities(infos: &[&CommunityInfo]) -> String {
    let row = |info: &&CommunityInfo| {
        let state = if info.alarm.is_some() { "ALARM" } else { &info.state };
        let unread = info.unread.to_string();
        let role = role(info.role).to_owned();
        vec![info.community.clone(), info.name.clone(), role, state.to_owned(), unread]
    };
    table(&["ID", "NAME", "MY ROLE", "STATE", "UNREAD"], &infos.iter().map(row).collect::<Vec<_>>())
}

pub(super) fn community_members(infos: &[&CommunityMemberInfo]) -> String {
    let row = |info: &&CommunityMemberInfo| {
        let handle = format!("@{}", info.handle);
        vec![handle, info.name.clone(), role(info.role).to_owned(), info.account.clone()]
    };
    table(&["HANDLE", "NAME", "ROLE", "ACCOUNT"], &infos.iter().map(row).collect::<Vec<_>>())
}

pub(super) fn changes(infos: &[&CommunityChangeInfo]) -> String {
    let row = |info: &&CommunityChangeInfo| {
        let whom = info.handle.as_ref().map(|handle| format!("@{handle}")).unwrap_or_default();
        let what = info.role.map(role).unwrap_or_default().to_owned();
        vec![info.at.clone(), info.action.clone(), person(&info.actor), whom, what]
    };
    table(&["AT", "WHAT", "BY", "WHOM", "ROLE"], &infos.iter().map(row).collect::<Vec<_>>())
}

pub(super) fn directory(infos: &[&DirectoryInfo]) -> String {
    let row = |info: &&DirectoryInfo| {
        let join = match info.join {
            JoinMode::Open => "open",
            JoinMode::Invite => "by invitation",
        };
        let members = info.members.map(|members| members.to_string()).unwrap_or_default();
        vec![info.group.clone(), info.name.clone(), members, join.to_owned(), yes_or_no(info.joined)]
    };
    table(&["ID", "NAME", "MEMBERS", "ENTER", "IN IT"], &infos.iter().map(row).collect::<Vec<_>>())
}

//! Answers as people read them.

mod community;
mod message;

use crate::table::{indented, one_line, pairs, table};
use asterism_core::api::{Answer, ConversationInfo, DeviceInfo, InviteInfo, Item, MemberInfo, Person, Role};

pub(crate) use message::messages;

/// An answer that is no list. What succeeded without anything to tell says nothing.
pub(crate) fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Registered { account, device, handle, recovery_key } => {
            registered(account, device, handle, recovery_key)
        }
        Answer::Recovered { account, device } => {
            pairs(&[("account", account.clone()), ("device", device.clone())])
        }
        Answer::Me { account, device, handle, name, server } => pairs(&[
            ("handle", format!("@{handle}")),
            ("name", name.clone()),
            ("account", account.clone()),
            ("device", device.clone()),
            ("server", server.clone()),
        ]),
        Answer::Sent { message, conversation, seq } => pairs(&[
            ("message", message.clone()),
            ("conversation", conversation.clone()),
            ("position", seq.map(|seq| seq.to_string()).unwrap_or_default()),
        ]),
        Answer::Synced { conversations, new_messages, epoch_repairs, undecryptable } => pairs(&[
            ("conversations", conversations.to_string()),
            ("new messages", new_messages.to_string()),
            ("repairs", epoch_repairs.to_string()),
            ("undecryptable", undecryptable.to_string()),
        ]),
        Answer::Invite { invite, link } => {
            format!(
                "{}Whoever has the link can enter:\n{}",
                pairs(&[("invite", invite.clone())]),
                indented(link, "    ")
            )
        }
        Answer::LinkPreview { group, name, description, members, joined, kind, in_community } => {
            let mut about = vec![
                (kind.as_str(), group.clone()),
                ("name", name.clone()),
                ("description", description.clone()),
            ];
            about.extend(members.map(|members| ("members", members.to_string())));
            if *in_community {
                about.push(("community", "yes: who enters gets its announcements too".into()));
            }
            about.push(("joined", yes_or_no(*joined)));
            pairs(&about)
        }
        Answer::JoinedCommunity { community, state, full } => {
            let mut about = vec![("community", community.clone()), ("state", state.clone())];
            about.extend(full.iter().map(|group| ("full", group.clone())));
            pairs(&about)
        }
        Answer::Community { community, announcements, general, admin_room } => pairs(&[
            ("community", community.clone()),
            ("announcements", announcements.clone()),
            ("general", general.clone()),
            ("admin room", admin_room.clone()),
        ]),
        Answer::CommunityInfo(info) => community::community(info),
        Answer::Announced { message, targets } => {
            pairs(&[("message", message.clone()), ("to", targets.join(", "))])
        }
        Answer::RemovedFromCommunity { removed_from, not_removed_from } => pairs(&[
            ("removed from", removed_from.join(", ")),
            ("may still be in", not_removed_from.join(", ")),
        ]),
        Answer::Joined { group, state } => pairs(&[("group", group.clone()), ("state", state.clone())]),
        Answer::Group { group } => pairs(&[("group", group.clone())]),
        Answer::Conversation(info) => conversation(info),
        Answer::List(items) => self::items(items),
        Answer::Done {} => String::new(),
    }
}

/// A list; all items of one are of the same kind.
pub(crate) fn items(items: &[Item]) -> String {
    match items.first() {
        None => String::new(),
        Some(Item::Message(_)) => messages(&pick(items, |item| match item {
            Item::Message(info) => Some(info),
            _ => None,
        })),
        Some(Item::Conversation(_)) => conversations(&pick(items, |item| match item {
            Item::Conversation(info) => Some(info),
            _ => None,
        })),
        Some(Item::Member(_)) => members(&pick(items, |item| match item {
            Item::Member(info) => Some(info),
            _ => None,
        })),
        Some(Item::Invite(_)) => invites(&pick(items, |item| match item {
            Item::Invite(info) => Some(info),
            _ => None,
        })),
        Some(Item::Community(_)) => community::communities(&pick(items, |item| match item {
            Item::Community(info) => Some(info),
            _ => None,
        })),
        Some(Item::CommunityMember(_)) => community::community_members(&pick(items, |item| match item {
            Item::CommunityMember(info) => Some(info),
            _ => None,
        })),
        Some(Item::CommunityChange(_)) => community::changes(&pick(items, |item| match item {
            Item::CommunityChange(info) => Some(info),
            _ => None,
        })),
        Some(Item::Directory(_)) => community::directory(&pick(items, |item| match item {
            Item::Directory(info) => Some(info),
            _ => None,
        })),
        Some(Item::Device(_)) => devices(&pick(items, |item| match item {
            Item::Device(info) => Some(info),
            _ => None,
        })),
    }
}

fn pick<T>(items: &[Item], of_kind: impl Fn(&Item) -> Option<&T>) -> Vec<&T> {
    items.iter().filter_map(of_kind).collect()
}

fn registered(account: &str, device: &str, handle: &str, recovery_key: &str) -> String {
    let about = pairs(&[
        ("handle", format!("@{handle}")),
        ("account", account.to_owned()),
        ("device", device.to_owned()),
    ]);
    format!(
        "{about}\n\
         Recovery key: write it down and keep it safe. It is the only way back in when all devices are lost,\n\
         it is shown only now, and whoever has it can enter in your place.\n\n    {}\n",
        one_line(recovery_key)
    )
}

/// Nothing where it is not known.
fn count(number: Option<u64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

fn conversation(info: &ConversationInfo) -> String {
    let mut about = vec![
        ("group", info.group.clone()),
        ("kind", info.kind.clone()),
        ("name", info.name.clone()),
        ("description", info.description.clone()),
        ("members", count(info.members)),
        ("my role", role(info.role).to_owned()),
        ("state", info.state.clone()),
        ("unread", info.unread.to_string()),
        ("quantum-safe", yes_or_no(info.quantum_safe)),
    ];
    if let Some(handle) = &info.handle {
        about.push(("handle", format!("@{handle}")));
    }
    if let Some(alarm) = &info.alarm {
        about.push(("ALARM", alarm.clone()));
    }
    pairs(&about)
}

fn conversations(infos: &[&ConversationInfo]) -> String {
    let row = |info: &&ConversationInfo| {
        let state = if info.alarm.is_some() { "ALARM" } else { &info.state };
        vec![
            info.group.clone(),
            info.name.clone(),
            count(info.members),
            role(info.role).to_owned(),
            state.to_owned(),
            info.unread.to_string(),
        ]
    };
    table(
        &["ID", "NAME", "MEMBERS", "MY ROLE", "STATE", "UNREAD"],
        &infos.iter().map(row).collect::<Vec<_>>(),
    )
}

fn members(infos: &[&MemberInfo]) -> String {
    let row = |info: &&MemberInfo| {
        vec![
            format!("@{}", info.handle),
            info.name.clone(),
            role(info.role).to_owned(),
            info.devices.to_string(),
            info.account.clone(),
        ]
    };
    table(&["HANDLE", "NAME", "ROLE", "DEVICES", "ACCOUNT"], &infos.iter().map(row).collect::<Vec<_>>())
}

fn invites(infos: &[&InviteInfo]) -> String {
    let row = |info: &&InviteInfo| {
        let uses = match info.uses_max {
            Some(most) => format!("{} of {most}", info.uses),
            None => info.uses.to_string(),
        };
        let expires = info.expires.clone().unwrap_or_else(|| "never".to_owned());
        let link = info.link.clone().unwrap_or_default();
        vec![info.invite.clone(), person(&info.creator), info.state.clone(), uses, expires, link]
    };
    table(&["INVITE", "BY", "STATE", "USED", "EXPIRES", "LINK"], &infos.iter().map(row).collect::<Vec<_>>())
}

fn devices(infos: &[&DeviceInfo]) -> String {
    let row = |info: &&DeviceInfo| {
        let this = if info.this { "this one" } else { "" };
        let last_seen = info.last_seen.clone().unwrap_or_else(|| "never".to_owned());
        vec![info.number.to_string(), info.device.clone(), info.created.clone(), last_seen, this.to_owned()]
    };
    table(&["NUMBER", "DEVICE", "SINCE", "LAST SEEN", ""], &infos.iter().map(row).collect::<Vec<_>>())
}

/// Name and handle.
fn person(person: &Person) -> String {
    match person.handle.as_str() {
        "" => person.name.clone(),
        handle if handle == person.name => format!("@{handle}"),
        handle => format!("{} (@{handle})", person.name),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Moderator => "moderator",
        Role::Member => "member",
    }
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests;

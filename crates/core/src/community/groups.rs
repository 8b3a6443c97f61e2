//! Groups of a community: founded in it, listed in its directory, entered from there (docs/protocol.md §10.9).

use super::{LiveCommunity, directory, enrol, join};
use crate::{
    api::{Answer, ApiError, DirectoryInfo, Item, JoinMode},
    conversation::{self, Live, commit, commit::Intent, create, invite},
    cx::Cx,
    fault::{Fault, Flow},
    formats::{group_entry::GroupEntry, vault::Meta},
};
use asterism_mls::{link::LinkKeys, suite::Suite};
use asterism_policy::{PolicyState, Role};
use asterism_wire::{
    ConversationId, ErrorCode, TicketId,
    frame::{self, Request},
    limits,
};
use std::{collections::BTreeMap, rc::Rc};
use zeroize::Zeroizing;

/// Founds a group in a community and lists it in the directory.
pub(crate) async fn create(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    meta: &Meta,
    join: JoinMode,
    default: bool,
    suite: Suite,
) -> Flow<ConversationId> {
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    if directory::groups(cx, community)?.len() >= limits::COMMUNITY_GROUPS_MAX {
        return Err(ErrorCode::LimitExceeded.into());
    }
    let (me, id) = (cx.me()?.account, ConversationId(cx.random()));
    let state = PolicyState::group_of(community.id, id, me);
    let live = create::found(cx, id, &state, suite, Some(meta), None).await?;
    let link = match join {
        JoinMode::Open => Some(new_link(cx, &live, None).await?),
        JoinMode::Invite => None,
    };
    list(cx, community, &live, link, default).await?;
    Ok(id)
}

/// Makes a link for the directory, in place of another.
async fn new_link(cx: &Cx, live: &Rc<Live>, before: Option<&[u8; 32]>) -> Flow<Zeroizing<[u8; 32]>> {
    let secret = Zeroizing::new(cx.random());
    let ticket = invite::ticket(cx, &LinkKeys::derive(&secret), None, None)?;
    commit::commit(cx, live, Intent::AddTicket(Box::new(ticket))).await?;
    if let Some(before) = before {
        let old: TicketId = LinkKeys::derive(before).ticket_id;
        commit::commit(cx, live, Intent::RevokeTicket(old.to_vec())).await?;
    }
    Ok(secret)
}

/// Writes the group's entry in the directory, as the group is now.
async fn list(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    live: &Rc<Live>,
    link: Option<Zeroizing<[u8; 32]>>,
    default: bool,
) -> Flow<()> {
    let keys = enrol::group_keys(cx, live.id)?.ok_or(ErrorCode::StaleEpoch)?;
    let (meta, generation) = (conversation::vault::meta(cx, live)?, live.row().vault_generation);
    let entry = GroupEntry {
        name: meta.name,
        description: meta.description,
        link,
        inbox_key: keys.inbox_public.as_bytes().to_vec(),
        generation,
        default,
        member_key: keys.member.public().to_vec(),
    };
    let value = entry.to_value();
    let name = directory::group_name(live.id);
    directory::write(cx, community, &name, |known| {
        let newer = known
            .and_then(|known| GroupEntry::from_value(known).ok())
            .is_some_and(|known| known.generation > generation);
        (!newer && known != Some(value.as_slice())).then(|| value.clone())
    })
    .await
}

/// Brings the entries of the groups that one is in up to date: another vault key, another name. An open group whose
/// key was renewed gets another link: whoever was removed from it knows the one before.
pub(super) async fn refresh(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    for (id, entry) in directory::groups(cx, community)? {
        match refresh_one(cx, community, id, &entry).await {
            Ok(()) => {}
            // Of one group's trouble the others know nothing.
            Err(Fault::Api(error)) => {
                tracing::debug!(code = error.code.as_word(), "an entry of a directory was not renewed");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gives each open group that one administers another link: whoever was removed knows the ones before, also of groups
/// that they were never in.
pub(super) async fn renew_links(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    for (id, entry) in directory::groups(cx, community)? {
        let Some(before) = entry.link else { continue };
        let Ok(live) = conversation::find(cx, id) else { continue };
        let me = cx.me()?.account;
        if !live.is_member() || live.group(cx)?.state().role(me, cx.now()) < Role::Admin {
            continue;
        }
        let link = new_link(cx, &live, Some(&before)).await?;
        list(cx, community, &live, Some(link), entry.default).await?;
    }
    Ok(())
}

async fn refresh_one(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    id: ConversationId,
    entry: &GroupEntry,
) -> Flow<()> {
    let Ok(live) = conversation::find(cx, id) else { return Ok(()) };
    if !live.is_member() || live.row().alarm.is_some() {
        return Ok(());
    }
    let (meta, generation) = (conversation::vault::meta(cx, &live)?, live.row().vault_generation);
    let renewed = generation != entry.generation;
    let renamed = !meta.name.is_empty() && (meta.name != entry.name || meta.description != entry.description);
    let role = live.group(cx)?.state().role(cx.me()?.account, cx.now());
    // An open group's entry gets a new link with the new key: only who administers the group can make it.
    let leaves_it = renewed && entry.link.is_some() && role < Role::Admin;
    if !(renewed || renamed) || leaves_it {
        return Ok(());
    }
    let link = match entry.link.as_ref().filter(|_| renewed) {
        Some(before) => Some(new_link(cx, &live, Some(before)).await?),
        None => entry.link.clone(),
    };
    list(cx, community, &live, link, entry.default).await
}

/// `asterism community groups`.
pub(crate) async fn directory_of(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<Answer> {
    let groups = directory::groups(cx, community)?;
    let facts = if cx.is_online() { facts(cx, community, &groups).await? } else { BTreeMap::new() };
    let item = |(id, entry): &(ConversationId, GroupEntry)| {
        Item::Directory(DirectoryInfo {
            group: id.to_string(),
            community: community.id.to_string(),
            name: entry.name.clone(),
            description: entry.description.clone(),
            join: if entry.link.is_some() { JoinMode::Open } else { JoinMode::Invite },
            default: entry.default,
            members: facts.get(id).map(|fact| u64::from(fact.accounts)),
            joined: conversation::find(cx, *id).is_ok_and(|live| live.is_member()),
        })
    };
    let mut groups = groups.iter().map(item).collect::<Vec<_>>();
    groups.sort_by_cached_key(|item| match item {
        Item::Directory(info) => (!info.joined, !info.default, info.name.to_lowercase()),
        _ => (true, true, String::new()),
    });
    Ok(Answer::List(groups))
}

/// What the server says of groups.
pub(super) async fn facts(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    groups: &[(ConversationId, GroupEntry)],
) -> Flow<BTreeMap<ConversationId, frame::GroupFact>> {
    let mut all = BTreeMap::new();
    for some in groups.chunks(limits::LOOKUP_MAX) {
        let answer: frame::GroupFacts = super::call(cx, community, |access| {
            Request::GetGroupFacts(frame::GetGroupFacts {
                community: community.id.to_vec(),
                access: Some(access),
                groups: some.iter().map(|(id, _)| id.to_vec()).collect(),
            })
        })
        .await?;
        for fact in answer.groups {
            all.insert(ConversationId::try_from(fact.group.as_slice())?, fact);
        }
    }
    Ok(all)
}

/// `asterism group join`.
pub(crate) async fn join(cx: &Cx, target: &str) -> Flow<Answer> {
    let (community, id, entry) = in_directories(cx, target)?;
    if conversation::find(cx, id).is_ok_and(|live| live.is_member()) {
        return Ok(Answer::Joined { group: id.to_string(), state: "joined".into() });
    }
    let Some(secret) = entry.link else {
        let closed = "one enters this group by invitation: somebody in it adds you";
        return Err(ApiError::new(ErrorCode::Forbidden, closed).into());
    };
    match join::enter_group(cx, &secret).await {
        // The link was replaced meanwhile: the directory has the new one.
        Err(Fault::Api(error)) if error.code == ErrorCode::UnknownLink => {
            super::follow::follow(cx, &community).await?;
            let entry = directory::group(cx, &community, id)?.ok_or(ErrorCode::UnknownTarget)?;
            join::enter_group(cx, &*entry.link.ok_or(ErrorCode::Forbidden)?).await?;
        }
        result => result?,
    }
    super::view::changed(cx, &community)?;
    Ok(Answer::Joined { group: id.to_string(), state: "joined".into() })
}

type Listed = (Rc<LiveCommunity>, ConversationId, GroupEntry);

/// A group in the directories of one's communities, by id, or by name when unambiguous.
fn in_directories(cx: &Cx, target: &str) -> Flow<Listed> {
    let communities: Vec<_> = cx.communities.borrow().values().filter(|c| c.is_here()).cloned().collect();
    let mut found: Vec<Listed> = Vec::new();
    for community in communities {
        for (id, entry) in directory::groups(cx, &community)? {
            if id.to_string() == target {
                return Ok((community, id, entry));
            }
            if entry.name == target {
                found.push((Rc::clone(&community), id, entry));
            }
        }
    }
    match found.len() {
        0 => Err(ErrorCode::UnknownTarget.into()),
        1 => Ok(found.remove(0)),
        _ => Err(ErrorCode::AmbiguousTarget.into()),
    }
}

/// A group of one community's directory, by id or name.
pub(super) fn listed(cx: &Cx, community: &LiveCommunity, target: &str) -> Flow<(ConversationId, GroupEntry)> {
    let all = directory::groups(cx, community)?;
    let mut found: Vec<_> =
        all.into_iter().filter(|(id, entry)| id.to_string() == target || entry.name == target).collect();
    match found.len() {
        0 => Err(ErrorCode::UnknownTarget.into()),
        1 => Ok(found.remove(0)),
        _ => Err(ErrorCode::AmbiguousTarget.into()),
    }
}

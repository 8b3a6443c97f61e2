//! Groups of a community: founded in it, listed in its directory, entered from there (docs/protocol.md §10.9).

use super::{LiveCommunity, begun, directory, enrol, join};
use crate::{
    api::{Answer, ApiError, DirectoryInfo, Item, JoinMode},
    conversation::{self, Live, commit, commit::Intent, create, enter, invite},
    cx::Cx,
    db::conversation::State,
    fault::{Fault, Flow},
    formats::{
        begun::{Begun, NewGroup},
        group_entry::GroupEntry,
        vault::Meta,
    },
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

type LinkSecret = Zeroizing<[u8; 32]>;

/// `asterism group create --community`. Once it is founded it is there: what is missing of it is done later.
pub(super) async fn create(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    meta: Meta,
    join: JoinMode,
    suite: Suite,
) -> Flow<ConversationId> {
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    if directory::groups(cx, community)?.len() >= limits::COMMUNITY_GROUPS_MAX {
        return Err(ErrorCode::LimitExceeded.into());
    }
    let id = ConversationId(cx.random());
    let (open, hybrid) = (join == JoinMode::Open, suite.is_hybrid());
    let group = NewGroup { id, meta, open, default: false, hybrid };
    let working = begun::begin(cx, community, Begun::Group(group.clone())).await?;
    let _turn = community.admin_lock.lock().await;
    match carry_out(cx, community, &group).await {
        Err(Fault::Api(_)) if conversation::find(cx, id).is_ok() => Ok(id),
        Err(Fault::Api(error)) => {
            working.end(cx)?;
            Err(error.into())
        }
        Err(error) => Err(error),
        Ok(()) => working.end(cx).map(|()| id),
    }
}

/// As [`carry_out`], of a group that another device of the account may have founded.
pub(super) async fn resume(cx: &Cx, community: &Rc<LiveCommunity>, group: &NewGroup) -> Flow<()> {
    if conversation::find(cx, group.id).is_err() {
        match enter::enter_as_own_device(cx, group.id).await {
            Err(Fault::Api(error)) if error.code == ErrorCode::NotAMember => {}
            result => result?,
        }
    }
    carry_out(cx, community, group).await
}

/// Founds a group and lists it in the directory, as far as that was not done before.
pub(super) async fn carry_out(cx: &Cx, community: &Rc<LiveCommunity>, group: &NewGroup) -> Flow<()> {
    let live = match conversation::find(cx, group.id) {
        Ok(live) => live,
        Err(_) => {
            let state = PolicyState::group_of(community.id, group.id, cx.me()?.account);
            let suite = if group.hybrid { Suite::Hybrid } else { Suite::Classic };
            create::found(cx, group.id, &state, suite, Some(&group.meta), None).await?
        }
    };
    if directory::group(cx, community, group.id)?.is_some() {
        return Ok(());
    }
    let link = if group.open { Some(new_link(cx, &live).await?) } else { None };
    list(cx, community, &live, None, link, group.default).await.map(drop)
}

async fn new_link(cx: &Cx, live: &Rc<Live>) -> Flow<LinkSecret> {
    let secret = Zeroizing::new(cx.random());
    let ticket = invite::ticket(cx, &LinkKeys::derive(&secret), None, None)?;
    commit::commit(cx, live, Intent::AddTicket(Box::new(ticket))).await?;
    Ok(secret)
}

fn ticket_of(secret: &LinkSecret) -> TicketId {
    LinkKeys::derive(secret).ticket_id
}

async fn end_link(cx: &Cx, live: &Rc<Live>, secret: &LinkSecret) -> Flow<()> {
    commit::commit(cx, live, Intent::RevokeTicket(ticket_of(secret).to_vec())).await
}

/// Ends the link that is in the directory and lists another. When that breaks off in between the listed link is dead,
/// and an admin who sees so begins here again.
async fn relink(cx: &Cx, community: &Rc<LiveCommunity>, live: &Rc<Live>, entry: &GroupEntry) -> Flow<()> {
    if let Some(before) = &entry.link {
        end_link(cx, live, before).await?;
    }
    let link = new_link(cx, live).await?;
    let listed = list(cx, community, live, entry.link.as_ref(), Some(link.clone()), entry.default).await;
    if !matches!(listed, Ok(true)) {
        // Another admin was faster. A link that is in no directory would outlive all that are.
        end_link(cx, live, &link).await?;
    }
    listed.map(drop)
}

/// Writes the group's entry in the directory, as the group is now, unless another link than `before` is there
/// meanwhile; tells whether the link is the one that is listed.
async fn list(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    live: &Rc<Live>,
    before: Option<&LinkSecret>,
    link: Option<LinkSecret>,
    default: bool,
) -> Flow<bool> {
    let keys = enrol::group_keys(cx, live.id)?.ok_or(ErrorCode::StaleEpoch)?;
    let (meta, generation) = (conversation::vault::meta(cx, live)?, live.row().vault_generation);
    let entry = GroupEntry {
        name: meta.name,
        description: meta.description,
        link: link.clone(),
        inbox_key: keys.inbox_public.as_bytes().to_vec(),
        generation,
        default,
        member_key: keys.member.public().to_vec(),
    };
    let value = entry.to_value();
    let name = directory::group_name(live.id);
    directory::write(cx, community, &name, |known| {
        let entry = known.and_then(|known| GroupEntry::from_value(known).ok());
        let outdated =
            entry.is_some_and(|known| known.generation > generation || known.link.as_ref() != before);
        (!outdated && known != Some(value.as_slice())).then(|| value.clone())
    })
    .await?;
    Ok(directory::group(cx, community, live.id)?.is_some_and(|entry| entry.link == link))
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
/// that they were never in. `before` is the directory as they knew it at the most. Gives the refusals.
pub(super) async fn renew_links(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    before: &[(ConversationId, GroupEntry)],
) -> Flow<Vec<ErrorCode>> {
    let mut refused = Vec::new();
    for (id, known) in before.iter().filter(|(_, entry)| entry.link.is_some()) {
        let entry = directory::group(cx, community, *id)?.filter(|entry| entry.link == known.link);
        let (Some(live), Some(entry)) = (administered(cx, *id)?, entry) else { continue };
        match relink(cx, community, &live, &entry).await {
            Ok(()) => {}
            Err(Fault::Api(error)) => refused.push(error.code),
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

/// A group that one is an admin of.
fn administered(cx: &Cx, id: ConversationId) -> Flow<Option<Rc<Live>>> {
    let Ok(live) = conversation::find(cx, id) else { return Ok(None) };
    if !live.is_member() {
        return Ok(None);
    }
    let role = live.group(cx)?.state().role(cx.me()?.account, cx.now());
    Ok((role >= Role::Admin).then_some(live))
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
    let Some(link) = &entry.link else {
        return if renewed || renamed { relist(cx, community, &live, entry).await } else { Ok(()) };
    };
    // An open group's entry gets a new link with the new key: only who administers the group can make it.
    let administers = administered(cx, id)?.is_some();
    let is_dead = || Ok::<_, Fault>(live.group(cx)?.state().ticket(ticket_of(link)).is_none());
    if administers && (renewed || is_dead()?) {
        return relink(cx, community, &live, entry).await;
    }
    if renamed && !renewed { relist(cx, community, &live, entry).await } else { Ok(()) }
}

/// Writes an entry anew, with the link that it has.
async fn relist(cx: &Cx, community: &Rc<LiveCommunity>, live: &Rc<Live>, entry: &GroupEntry) -> Flow<()> {
    list(cx, community, live, entry.link.as_ref(), entry.link.clone(), entry.default).await.map(drop)
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
    match join::enter_group(cx, community.id, id, &secret).await {
        // The link was replaced meanwhile: the directory has the new one.
        Err(Fault::Api(error)) if error.code == ErrorCode::UnknownLink => {
            super::follow::follow(cx, &community).await?;
            let entry = directory::group(cx, &community, id)?.ok_or(ErrorCode::UnknownTarget)?;
            let secret = entry.link.ok_or(ErrorCode::Forbidden)?;
            let entered = join::enter_group(cx, community.id, id, &secret).await;
            entered.map_err(|error| known_reason(cx, id, error))?;
        }
        result => result?,
    }
    super::view::changed(cx, &community)?;
    Ok(Answer::Joined { group: id.to_string(), state: "joined".into() })
}

/// When somebody is removed the group's link goes with them, and the server no longer knows where it led. Who was in
/// the group knows better.
fn known_reason(cx: &Cx, id: ConversationId, error: Fault) -> Fault {
    let was_in = conversation::find(cx, id).is_ok_and(|live| live.state() == State::Left);
    match error {
        Fault::Api(error) if error.code == ErrorCode::UnknownLink && was_in => ErrorCode::Barred.into(),
        error => error,
    }
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
        _ => Err(ApiError::ambiguous(found.iter().map(|(_, id, _)| (id.to_string(), "group"))).into()),
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
        _ => Err(ApiError::ambiguous(found.iter().map(|(id, _)| (id.to_string(), "group"))).into()),
    }
}

//! Entering a community by a link, with nobody else online (docs/protocol.md §10.11).

use super::{LiveCommunity, directory, enrol, follow, keys, log, view};
use crate::{
    api::{Answer, ApiError},
    conversation::{enter, invite::Looked},
    cx::Cx,
    db::community::{CommunityRow, State},
    fault::{Fault, Flow},
    formats::{ChannelKey, channel, vault as format},
};
use asterism_mls::link::LinkKeys;
use asterism_wire::{
    CommunityId, ConversationId, ErrorCode, Seq,
    frame::{self, Request},
    link::Link,
};
use std::rc::Rc;
use zeroize::Zeroizing;

/// What a link to a community leads to, opened with its secret.
pub(crate) struct Opened {
    pub(crate) community: CommunityId,
    epoch: u64,
    key: ChannelKey,
    pub(crate) meta: format::Meta,
}

/// Opens what the server says of a link. Nothing of it is proven before the log has been read.
pub(crate) fn open(looked: &Looked) -> Flow<Opened> {
    let misbehaved = || ApiError::of(ErrorCode::ServerMisbehaved);
    let info = &looked.info;
    let log = ConversationId::try_from(info.conversation.as_slice())?;
    let wrap = info.wrap.as_ref().ok_or(ErrorCode::UnknownLink)?;
    let (epoch, key) = format::open_wrap(&looked.keys.seal_private, log, looked.link.ticket, wrap)
        .map_err(|_| misbehaved())?;
    let community = CommunityId::from(log);
    let key = ChannelKey::new(*key);
    let vault_key = channel::vault_key(community, epoch, &key);
    let meta = match &info.meta {
        Some(record) => {
            let opened =
                crate::conversation::invite::open_meta(log, epoch, &vault_key, &info.past_keys, record);
            // A community that was re-keyed very often since its name was written shows none before one is in.
            opened.unwrap_or_default()
        }
        None => format::Meta::default(),
    };
    Ok(Opened { community, epoch, key, meta })
}

/// `asterism join LINK`, for a link to a community.
pub(crate) async fn by_link(cx: &Cx, looked: &Looked) -> Flow<Answer> {
    let opened = open(looked)?;
    let known = super::by_id(cx, opened.community);
    if let Some(active) = known.as_ref().filter(|c| c.state() == State::Active) {
        // Who has lost their place meanwhile is told so by nobody: they enter anew.
        match follow::follow(cx, active).await {
            Err(Fault::Api(error)) if error.code == ErrorCode::NotAMember => {}
            result => {
                result?;
                // Who came by a group, and waits for a seat, reads with the link what they could not.
                keep_key(cx, active, &opened)?;
                active.update(cx, |row| row.first_groups_due = true)?;
                follow::follow(cx, active).await?;
            }
        }
    }
    let known = known.filter(|c| c.state() != State::Left);
    let community = match known {
        Some(community) if community.state() == State::Active => community,
        known => enter_community(cx, &looked.link, &opened, known).await?,
    };
    let full = enter_first_groups(cx, &community).await?;
    super::own_entries(cx)?;
    view::changed(cx, &community)?;
    let community = community.id.to_string();
    Ok(Answer::JoinedCommunity { community, state: "joined".into(), full })
}

async fn enter_community(
    cx: &Cx,
    link: &Link,
    opened: &Opened,
    known: Option<Rc<LiveCommunity>>,
) -> Flow<Rc<LiveCommunity>> {
    let secret = Zeroizing::new(link.secret);
    let community = match known.or_else(|| super::by_id(cx, opened.community)) {
        Some(community) => community,
        None => super::insert(cx, CommunityRow::new(opened.community, State::Joining, cx.now()))?,
    };
    community.update(cx, |row| {
        row.state = State::Joining;
        row.link = Some(secret);
        row.first_groups_due = true;
        (row.deposited, row.seated, row.first_epoch) = (false, false, 0);
    })?;
    match settle(cx, &community, opened).await {
        Ok(()) => Ok(community),
        Err(error) => {
            give_up_unless_passing(cx, &community, &error)?;
            Err(error)
        }
    }
}

/// An entry that an earlier run did not finish: the link is the person's to use again.
pub(super) async fn resume(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    let Some(secret) = community.row().link else { return forget(cx, community) };
    let server = cx.me()?.public_url;
    let link = Link { server, ticket: LinkKeys::derive(&secret).ticket_id, secret: *secret };
    let looked = match crate::conversation::invite::look(cx, &link.to_string()).await {
        Ok(looked) => looked,
        Err(error) => {
            give_up_unless_passing(cx, community, &error)?;
            return Err(error);
        }
    };
    by_link(cx, &looked).await?;
    Ok(())
}

/// What may pass is tried again with the next round; a refusal of the entry leaves nothing behind, but what was read
/// when one was in before.
fn give_up_unless_passing(cx: &Cx, community: &LiveCommunity, error: &Fault) -> Flow<()> {
    let Fault::Api(refusal) = error else { return Ok(()) };
    if crate::sync::is_passing(refusal.code) || community.state() != State::Joining {
        return Ok(());
    }
    let announcements = community.policy().map(|policy| policy.announcements_id());
    match announcements {
        Ok(id) if crate::conversation::find(cx, id).is_ok() => {
            Ok(community.update(cx, |row| (row.state, row.link) = (State::Left, None))?)
        }
        _ => forget(cx, community),
    }
}

fn forget(cx: &Cx, community: &LiveCommunity) -> Flow<()> {
    crate::db::community::delete(&cx.db, community.id)?;
    cx.communities.borrow_mut().remove(&community.id);
    cx.changed.notify();
    Ok(())
}

async fn settle(cx: &Cx, community: &Rc<LiveCommunity>, opened: &Opened) -> Flow<()> {
    let keys = LinkKeys::derive(&*community.row().link.ok_or(ErrorCode::UnknownLink)?);
    {
        let _turn = community.follow_lock.lock().await;
        let standing: frame::CommunityStanding = super::by_link(cx, community.id, &keys, |access| {
            Request::OpenCommunity(frame::OpenCommunity {
                community: community.id.to_vec(),
                access: Some(access),
            })
        })
        .await?;
        log::fetch(cx, community, Seq(standing.log_seq)).await?;
    }
    let policy = community.policy()?;
    if policy.ticket(keys.ticket_id).is_none() && !community.is_admin(cx) {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    keep_key(cx, community, opened)?;
    enrol::enrol(cx, community).await?;
    community.update(cx, |row| row.state = State::Active)?;
    follow::follow(cx, community).await
}

/// Keeps the channel key that the link gives, which the log has committed to.
fn keep_key(cx: &Cx, community: &Rc<LiveCommunity>, opened: &Opened) -> Flow<()> {
    let known = crate::db::community::epoch(&cx.db, community.id, opened.epoch)?;
    let committed = asterism_wire::signing::channel_commitment(
        community.policy()?.announcements_id(),
        opened.epoch,
        opened.key.as_bytes(),
    );
    if known.is_none_or(|epoch| epoch.commitment != committed) {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    keys::keep(cx, community, opened.epoch, &opened.key)
}

/// Of somebody who has come, and whose first groups an earlier run has not all entered.
pub(super) async fn go_on(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    if community.row().first_groups_due {
        enter_first_groups(cx, community).await?;
        view::changed(cx, community)?;
    }
    Ok(())
}

/// Enters the groups that newcomers enter; gives the names of those that are full. What is refused for a reason that
/// may pass is tried again with the next round.
async fn enter_first_groups(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<Vec<String>> {
    let (mut full, mut all_tried) = (Vec::new(), true);
    for (group, entry) in directory::groups(cx, community)? {
        let here = crate::conversation::find(cx, group).is_ok_and(|live| live.is_member());
        let Some(secret) = entry.link.filter(|_| entry.default && !here) else { continue };
        match enter_group(cx, community.id, group, &secret).await {
            Ok(()) => {}
            Err(Fault::Api(error)) if error.code == ErrorCode::GroupFull => full.push(entry.name),
            Err(Fault::Api(error)) => {
                tracing::debug!(code = error.code.as_word(), "a default group was not entered");
                all_tried &= !crate::sync::is_passing(error.code);
            }
            Err(error) => return Err(error),
        }
    }
    if all_tried {
        community.update(cx, |row| row.first_groups_due = false)?;
    }
    Ok(full)
}

/// Enters a group by the link that the directory has of it.
pub(super) async fn enter_group(
    cx: &Cx,
    community: CommunityId,
    group: ConversationId,
    secret: &[u8; 32],
) -> Flow<()> {
    let server = cx.me()?.public_url;
    let link = Link { server, ticket: LinkKeys::derive(secret).ticket_id, secret: *secret };
    enter::enter_listed(cx, community, group, &link.to_string()).await
}

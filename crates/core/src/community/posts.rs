//! Announcements as they come: checked, opened, shown once (docs/protocol.md §10.8).

use super::{
    LiveCommunity,
    keys::{self, Sought},
    log, view,
};
use crate::{
    api::Event,
    content::{self, Content},
    conversation::{self, Live, events},
    cx::Cx,
    db::{self, message::MessageRow, post::PostRow},
    fault::{Fault, Flow},
    formats::{ChannelKey, VaultKey, channel, channel::GroupKeys, post},
};
use asterism_mls::{credential::check_credential, keys::verify};
use asterism_policy::may_announce;
use asterism_wire::{
    AccountId, ConversationId, ErrorCode, Hash, Seq,
    community::{GroupKey, PostBody, PostContent},
    entry::{Entry, EntryKind},
    frame::{self, Request},
    limits, signing,
};
use prost::Message as _;
use std::{collections::BTreeSet, rc::Rc};
use zeroize::Zeroizing;

/// Raised when announcements that this device has not read are not kept any more.
const UNVERIFIED: &str = "history_unverified";
/// Raised when an announcement is told without its body.
const WITHHELD: &str = "body_withheld";
/// An announcement for a group waits for a vault key that is at most so many generations ahead.
const GENERATIONS_AHEAD_MAX: u64 = 1_024;

/// Fetches and takes announcements; tells whether there was anything new.
pub(super) async fn follow(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    standing: &frame::CommunityStanding,
) -> Flow<bool> {
    anchor(cx, community, standing)?;
    let mut news = retry_waiting(cx, community).await?;
    while community.row().posts < Seq(standing.posts_seq) {
        let from = community.row().posts.next();
        let page: frame::Entries = super::call(cx, community, |access| {
            Request::FetchCommunity(frame::FetchCommunity {
                community: community.id.to_vec(),
                access: Some(access),
                posts: true,
                from_seq: from.0,
                entries_max: u32::try_from(limits::FETCH_ENTRIES_MAX).unwrap_or(u32::MAX),
            })
        })
        .await?;
        // What came after the log was looked at may rest on what is not here yet.
        for entry in page.entries.iter().filter(|entry| entry.seq <= standing.posts_seq) {
            take(cx, community, entry).await?;
            news = true;
        }
        if community.row().posts < from {
            return Err(ErrorCode::ServerMisbehaved.into());
        }
    }
    Ok(news)
}

/// Who comes late begins where the server still has announcements, and takes the first one's head on its word.
fn anchor(cx: &Cx, community: &LiveCommunity, standing: &frame::CommunityStanding) -> Flow<()> {
    let row = community.row();
    if standing.posts_floor <= row.posts.0 + 1 && (row.posts.0 > 0 || standing.posts_floor <= 1) {
        return Ok(());
    }
    if standing.posts_floor > standing.posts_seq.saturating_add(1) {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    if row.posts > Seq(0) {
        // What is no longer kept cannot be compared with what was read.
        let conversation = Some(community.policy()?.announcements_id().to_string());
        cx.event(Event::Alarm { code: UNVERIFIED.into(), conversation });
    }
    let before = Seq(standing.posts_floor.saturating_sub(1));
    community.update(cx, |row| {
        row.posts = before;
        row.posts_head = None;
    })?;
    Ok(())
}

async fn take(cx: &Cx, community: &Rc<LiveCommunity>, entry: &Entry) -> Flow<()> {
    let (row, announcements) = (community.row(), community.policy()?.announcements_id());
    let previous = community.posts_head()?.or_else(|| stated_head(entry));
    let fits = entry.position() == row.posts.next()
        && entry.entry_kind()? == EntryKind::Post
        && entry.server_time() >= community.announcements(cx)?.row().last_time;
    let expected = previous.map(|previous| entry.expected_head(announcements, previous)).transpose()?;
    if !fits || expected.is_some_and(|head| head.as_bytes() != entry.head) {
        return log::alarm(cx, community);
    }
    let head = Hash::try_from(entry.head.as_slice())?;
    if !entry.withheld_hash.is_empty() {
        let conversation = Some(announcements.to_string());
        cx.event(Event::Alarm { code: WITHHELD.into(), conversation });
    } else if !show_or_wait(cx, community, entry).await? {
        return log::alarm(cx, community);
    }
    db::conversation::save_head(&cx.db, announcements, entry.position(), head)?;
    community.update(cx, |row| {
        row.posts = entry.position();
        row.posts_head = Some(head);
    })?;
    let live = community.announcements(cx)?;
    live.update(cx, |row| {
        row.cursor = entry.position();
        row.last_time = row.last_time.max(entry.server_time());
    })?;
    Ok(())
}

/// The head before an announcement, when its author has seen it.
fn stated_head(entry: &Entry) -> Option<Hash> {
    let body = PostBody::decode(entry.body.clone()).ok()?;
    let content = PostContent::decode(body.content.as_slice()).ok()?;
    let just_before = content.last_seq.checked_add(1) == Some(entry.seq);
    Hash::try_from(content.last_head.as_slice()).ok().filter(|_| just_before)
}

/// A signed announcement that fits both logs.
struct Checked {
    author: AccountId,
    content: PostContent,
}

/// False when it is not an admin's, or does not fit the logs.
async fn show_or_wait(cx: &Cx, community: &Rc<LiveCommunity>, entry: &Entry) -> Flow<bool> {
    let Some(checked) = check(cx, community, entry)? else { return Ok(false) };
    if checked.content.epoch < community.row().first_epoch && !community.is_admin(cx) {
        return Ok(true);
    }
    if !show(cx, community, entry, &checked).await? {
        db::post::save_waiting(&cx.db, community.id, entry.position(), &entry.encode_to_vec())?;
    }
    Ok(true)
}

fn check(cx: &Cx, community: &LiveCommunity, entry: &Entry) -> Flow<Option<Checked>> {
    let Ok(body) = PostBody::decode(entry.body.clone()) else { return Ok(None) };
    let Ok(content) = PostContent::decode(body.content.as_slice()) else { return Ok(None) };
    let Ok(leaf) = check_credential(&body.author, &body.author_key) else { return Ok(None) };
    let signed = signing::post(community.id, &body.content);
    if verify(&body.author_key, &signed, &body.signature).is_err() {
        return Ok(None);
    }
    let announcements = community.policy()?.announcements_id();
    let log_head = db::conversation::head_at(&cx.db, community.id.log(), Seq(content.community_seq))?;
    let posts_head = db::conversation::head_at(&cx.db, announcements, Seq(content.last_seq))?;
    // The newest state of its time, as the server takes no other: who has lost a role does not rest on an older one.
    let later = Seq(content.community_seq);
    let outdated = db::community::changed_between(&cx.db, community.id, later, entry.server_time())?;
    let in_epoch = db::community::is_of_epoch(
        &cx.db,
        community.id,
        content.epoch,
        Seq(content.community_seq),
        entry.position(),
    )?;
    let fits = in_epoch
        && log_head.is_some_and(|head| head.as_bytes() == content.community_head)
        && posts_head.is_none_or(|head| head.as_bytes() == content.last_head)
        && content.last_seq < entry.seq
        && !outdated;
    let roles = db::community::roles_at(&cx.db, community.id, Seq(content.community_seq))?;
    let allowed = roles.is_some_and(|roles| may_announce(&roles, leaf.account, entry.server_time()).is_ok());
    Ok((fits && allowed).then_some(Checked { author: leaf.account, content }))
}

/// Shows an announcement that is for this device; false when its key may still come.
async fn show(cx: &Cx, community: &Rc<LiveCommunity>, entry: &Entry, checked: &Checked) -> Flow<bool> {
    let content = &checked.content;
    let groups: Vec<ConversationId> =
        content.groups.iter().filter_map(|g| ConversationId::try_from(g.group.as_slice()).ok()).collect();
    let (place, key) = if content.groups.is_empty() {
        let key = match keys::ensure(cx, community, content.epoch).await? {
            Sought::Found(key) => key,
            Sought::NotYet => return Ok(false),
            Sought::Gone => return Ok(true),
        };
        let Some(key) = open_for_all(community, content, &key) else { return Ok(true) };
        (community.announcements(cx)?, key)
    } else {
        let Some(live) = first_of_mine(cx, community, &groups) else { return Ok(true) };
        // What is said in a group stands behind what was said in it before.
        quiet(crate::sync::catch_up(cx, &live).await)?;
        match open_for_group(cx, community, &live, &content.groups)? {
            Opened::Yes(key) => (live, key),
            Opened::NotYet => return Ok(false),
            Opened::Never => return Ok(true),
        }
    };
    let Ok(plaintext) = post::open_content(&key, community.id, content.epoch, &content.sealed) else {
        return Ok(true);
    };
    let post = PostRow { seq: entry.position(), groups };
    insert(cx, community, &place, entry, checked.author, &plaintext, &post)?;
    Ok(true)
}

fn open_for_all(
    community: &LiveCommunity,
    content: &PostContent,
    key: &ChannelKey,
) -> Option<Zeroizing<[u8; 32]>> {
    let under = channel::announcement_key(community.id, content.epoch, key);
    post::open_for_all(&under, community.id, content.epoch, &content.everyone).ok()
}

/// A group that cannot be read further now still shows its announcements.
fn quiet(result: Flow<()>) -> Flow<()> {
    match result {
        Err(Fault::Api(_)) => Ok(()),
        other => other,
    }
}

/// Who announces to groups that they are not in reads it among the announcements: the groups' keys are not theirs.
pub(super) fn keep_own(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    accepted: &frame::Accepted,
    content: &[u8],
    groups: &[ConversationId],
) -> Flow<()> {
    if groups.is_empty() || first_of_mine(cx, community, groups).is_some() {
        return Ok(());
    }
    let entry = Entry { seq: accepted.seq, server_time_ms: accepted.server_time_ms, ..Entry::default() };
    let post = PostRow { seq: entry.position(), groups: groups.to_vec() };
    let (place, me) = (community.announcements(cx)?, cx.me()?.account);
    insert(cx, community, &place, &entry, me, content, &post)
}

/// An announcement was pushed: the next one is taken without asking the server; false when more is missing.
pub(super) async fn pushed(cx: &Cx, community: &Rc<LiveCommunity>, entry: &Entry) -> Flow<bool> {
    let row = community.row();
    let rests_on = PostBody::decode(entry.body.clone())
        .ok()
        .and_then(|body| PostContent::decode(body.content.as_slice()).ok())
        .map(|content| Seq(content.community_seq));
    let next = entry.position() == row.posts.next() && row.alarm.is_none() && community.is_here();
    if !next || rests_on.is_none_or(|seq| seq > row.cursor) {
        return Ok(false);
    }
    take(cx, community, entry).await?;
    view::changed(cx, community)?;
    Ok(true)
}

/// The first of these groups that this device is in. An admin says for which an announcement is: of what is said in
/// conversations outside the community they have no part.
fn first_of_mine(cx: &Cx, community: &LiveCommunity, groups: &[ConversationId]) -> Option<Rc<Live>> {
    let is_its = |live: &Rc<Live>| {
        live.is_member() && live.group(cx).is_ok_and(|group| group.state().community() == Some(community.id))
    };
    groups.iter().find_map(|group| conversation::find(cx, *group).ok().filter(is_its))
}

enum Opened {
    Yes(Zeroizing<[u8; 32]>),
    NotYet,
    Never,
}

fn open_for_group(cx: &Cx, community: &LiveCommunity, live: &Live, groups: &[GroupKey]) -> Flow<Opened> {
    let Some(sealed) = groups.iter().find(|g| g.group == live.id.as_bytes()) else {
        return Ok(Opened::Never);
    };
    let Some(key) = db::vault::key(&cx.db, live.id, sealed.generation)? else {
        let newest = live.row().vault_generation;
        let may_come = (newest..=newest.saturating_add(GENERATIONS_AHEAD_MAX)).contains(&sealed.generation);
        return Ok(if may_come { Opened::NotYet } else { Opened::Never });
    };
    let keys = GroupKeys::derive(&VaultKey::new(*key), live.id, sealed.generation);
    let opened =
        post::open_for_group(&keys.inbox_private, community.id, live.id, sealed.generation, &sealed.sealed);
    Ok(opened.map_or(Opened::Never, Opened::Yes))
}

fn insert(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    place: &Rc<Live>,
    entry: &Entry,
    author: AccountId,
    plaintext: &[u8],
    post: &PostRow,
) -> Flow<()> {
    let announcements = community.policy()?.announcements_id();
    let id = content::message_id(author, announcements, plaintext);
    let content = Content::decode(plaintext).ok();
    let text = content.as_ref().and_then(Content::as_text).map(str::to_owned);
    let mine = cx.my_account() == Some(author);
    let seq = if place.id == announcements {
        entry.position()
    } else {
        // Position 0 is that of what was not sent yet.
        let first = place.row().joined_seq.max(Seq(1));
        db::post::place(&cx.db, place.id, entry.server_time())?.max(first)
    };
    let message = MessageRow {
        conversation: place.id,
        id,
        seq,
        sender: author,
        at: entry.server_time(),
        kind: if text.is_some() { "text".into() } else { "unknown".into() },
        text,
        reply_to: None,
        content: plaintext.to_vec(),
        subjects: Vec::new(),
        state: if mine { "sent".into() } else { "received".into() },
    };
    if db::post::is_shown(&cx.db, id)? {
        return Ok(());
    }
    db::people::touch(&cx.db, author)?;
    db::post::save(&cx.db, place.id, id, author, post)?;
    if db::message::insert(&cx.db, &message)? {
        if !mine {
            cx.new_messages.set(cx.new_messages.get() + 1);
        }
        events::message_changed(cx, &message)?;
        events::conversation_changed(cx, place)?;
        view::changed(cx, community)?;
    }
    Ok(())
}

async fn retry_waiting(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<bool> {
    let mut news = false;
    // Of an epoch whose key has not come the server is asked once.
    let mut without = BTreeSet::new();
    for entry in db::post::waiting(&cx.db, community.id)? {
        let entry = Entry::decode(entry.as_slice()).map_err(asterism_wire::DecodeError::from)?;
        let shown = match check(cx, community, &entry)? {
            Some(Checked { content, .. }) if without.contains(&content.epoch) => false,
            Some(checked) => {
                let shown = show(cx, community, &entry, &checked).await?;
                if !shown && checked.content.groups.is_empty() {
                    without.insert(checked.content.epoch);
                }
                shown
            }
            None => true,
        };
        if shown {
            db::post::forget_waiting(&cx.db, community.id, entry.position())?;
            news = true;
        }
    }
    Ok(news)
}

//! Announcing: to everybody or to chosen groups, under one message id (docs/protocol.md §10.8).

use super::{LiveCommunity, admin, directory, follow, groups, is_stale, keys, posts};
use crate::{
    api::{Answer, ApiError, Item},
    content::{self, Content},
    conversation::{self, send, view as conversation_view},
    cx::Cx,
    db,
    fault::Flow,
    formats::{channel, group_entry::GroupEntry, post},
};
use asterism_mls::seal::SealPublic;
use asterism_wire::{
    ConversationId, ErrorCode, IdempotencyKey, MessageId, Seq,
    community::{GroupKey, PostBody, PostContent},
    frame::{self, Request},
    head, limits, signing,
};
use prost::Message as _;
use std::{collections::BTreeSet, rc::Rc};
use zeroize::Zeroizing;

/// How often an announcement is sealed again because the community moved on.
const ATTEMPTS_MAX: u32 = 8;

type Targets = Vec<(ConversationId, GroupEntry)>;

/// `asterism announce`.
pub(crate) async fn announce(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    text: String,
    to: &[String],
    idempotency: Option<String>,
) -> Flow<Answer> {
    if text.is_empty() || text.len() > limits::TEXT_BYTES_MAX {
        return Err(ErrorCode::InvalidText.into());
    }
    if idempotency.as_deref() == Some("") {
        return Err(ApiError::new(ErrorCode::Usage, "the key of an announcement is empty").into());
    }
    if to.len() > limits::ANNOUNCEMENT_GROUPS_MAX {
        return Err(ErrorCode::LimitExceeded.into());
    }
    if !community.is_admin(cx) {
        return Err(ErrorCode::Forbidden.into());
    }
    let announcements = community.announcements(cx)?;
    let key = send::idempotency_key(cx, announcements.id, idempotency.as_deref())?;
    let salt = match &idempotency {
        Some(_) => send::secret_salt(cx, &key)?,
        None => cx.random(),
    };
    let content = Content::text(salt, text, None).encode().map_err(|_| ErrorCode::InvalidText)?;
    let id = content::message_id(cx.me()?.account, announcements.id, &content);
    let bound = bound_to(cx, community, id, to)?;
    if idempotency.is_some() && db::outbox::use_key(&cx.db, key, bound)? != bound {
        return Err(ApiError::new(ErrorCode::Usage, "another announcement was made under this key").into());
    }
    let chosen = post(cx, community, key, id, &content, to).await?;
    let targets = match chosen.is_empty() {
        true => vec![community.id.to_string()],
        false => chosen.iter().map(ToString::to_string).collect(),
    };
    Ok(Answer::Announced { message: id.to_string(), targets })
}

/// What a key stands for: the words, and to whom they are said. To everybody it is the words alone.
fn bound_to(cx: &Cx, community: &LiveCommunity, words: MessageId, to: &[String]) -> Flow<MessageId> {
    let groups = to.iter().map(|target| Ok(groups::listed(cx, community, target)?.0));
    let groups = groups.collect::<Flow<BTreeSet<ConversationId>>>()?;
    if groups.is_empty() {
        return Ok(words);
    }
    let words: &[u8] = words.as_bytes();
    let parts: Vec<&[u8]> = std::iter::once(words).chain(groups.iter().map(|id| id.as_bytes())).collect();
    Ok(MessageId(signing::hash("asterism 1 local announcement", &parts).0))
}

/// Seals and sends until it is taken; gives the chosen groups.
async fn post(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    key: IdempotencyKey,
    id: MessageId,
    content: &[u8],
    to: &[String],
) -> Flow<Vec<ConversationId>> {
    for _ in 0..ATTEMPTS_MAX {
        // Whoever was removed or has left reads nothing of it, and whoever waits for a seat has one.
        admin::rekey::rekey(cx, community, admin::due::Why::Due).await?;
        let targets = targets(cx, community, to).await?;
        let body = seal(cx, community, content, &targets)?;
        let request = Request::SendPost(frame::SendPost {
            community: community.id.to_vec(),
            idempotency: key.to_vec(),
            body: body.into(),
        });
        match cx.call::<frame::Accepted>(request).await {
            Ok(accepted) => {
                let groups: Vec<ConversationId> = targets.into_iter().map(|(id, _)| id).collect();
                posts::keep_own(cx, community, &accepted, content, &groups)?;
                follow::follow(cx, community).await?;
                // What the server has taken must be among what it shows.
                let shown = db::post::is_shown(&cx.db, id)?
                    || db::post::is_waiting(&cx.db, community.id, Seq(accepted.seq))?;
                if community.row().posts < Seq(accepted.seq) || !shown {
                    return Err(ErrorCode::ServerMisbehaved.into());
                }
                return Ok(groups);
            }
            Err(error) if is_stale(&error) => follow::follow(cx, community).await?,
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::StaleEpoch.into())
}

/// The chosen groups as the directory has them; refused when the key of one is known to be out of date.
async fn targets(cx: &Cx, community: &Rc<LiveCommunity>, to: &[String]) -> Flow<Targets> {
    let mut targets: Targets = Vec::new();
    for target in to {
        let listed = groups::listed(cx, community, target)?;
        if !targets.iter().any(|(id, _)| *id == listed.0) {
            targets.push(listed);
        }
    }
    if targets.is_empty() || are_current(cx, community, &targets).await? {
        return Ok(targets);
    }
    // Of groups that one is in one has the newest key oneself.
    groups::refresh(cx, community).await?;
    for (id, entry) in &mut targets {
        *entry = directory::group(cx, community, *id)?.ok_or(ErrorCode::UnknownTarget)?;
    }
    if are_current(cx, community, &targets).await? {
        Ok(targets)
    } else {
        Err(ErrorCode::StaleDirectory.into())
    }
}

async fn are_current(cx: &Cx, community: &Rc<LiveCommunity>, targets: &Targets) -> Flow<bool> {
    let facts = groups::facts(cx, community, targets).await?;
    // Of a group that one is in one does not depend on the server's word.
    let own = |id: ConversationId| {
        let live = conversation::find(cx, id).ok().filter(|live| live.is_member());
        live.map_or(0, |live| live.row().vault_generation)
    };
    let is_current = |(id, entry): &(ConversationId, GroupEntry)| {
        own(*id) <= entry.generation
            && facts.get(id).is_some_and(|fact| fact.vault_generation <= entry.generation)
    };
    Ok(targets.iter().all(is_current))
}

pub(super) fn seal(cx: &Cx, community: &LiveCommunity, content: &[u8], targets: &Targets) -> Flow<Vec<u8>> {
    let (row, policy) = (community.row(), community.policy()?);
    let epoch = policy.epoch;
    let channel_key = db::community::epoch(&cx.db, community.id, epoch)?.and_then(|known| known.key);
    let channel_key = keys::of(channel_key).ok_or(ErrorCode::StaleEpoch)?;
    let key: Zeroizing<[u8; 32]> = Zeroizing::new(cx.random());
    let everyone = if targets.is_empty() {
        let under = channel::announcement_key(community.id, epoch, &channel_key);
        post::seal_for_all(&under, community.id, epoch, cx.random(), &key)
    } else {
        Vec::new()
    };
    let for_group = |(id, entry): &(ConversationId, GroupEntry)| -> Flow<GroupKey> {
        let to = SealPublic::new(&entry.inbox_key).map_err(|_| ErrorCode::StaleDirectory)?;
        let sealed = post::seal_for_group(&to, community.id, *id, entry.generation, &key)
            .map_err(|_| ErrorCode::StaleDirectory)?;
        Ok(GroupKey { group: id.to_vec(), generation: entry.generation, sealed })
    };
    let sealed = post::seal_content(&key, community.id, epoch, cx.random(), content)
        .map_err(|_| ErrorCode::InvalidText)?;
    // Whoever came when earlier ones were not kept any more, and has seen none since, states the beginning.
    let (last_seq, last_head) = match community.posts_head()? {
        Some(head) => (row.posts, head),
        None => (Seq(0), head::genesis(policy.announcements_id())),
    };
    #[cfg(feature = "hostile")]
    let (last_seq, last_head) = match community.announcements(cx)?.false_statement.get() {
        Some(seq) => (asterism_wire::Seq(seq), crate::hostile::FALSE_HEAD),
        None => (last_seq, last_head),
    };
    let content = PostContent {
        community_seq: row.cursor.0,
        community_head: row.head.to_vec(),
        last_seq: last_seq.0,
        last_head: last_head.to_vec(),
        epoch,
        everyone,
        groups: targets.iter().map(for_group).collect::<Flow<_>>()?,
        sealed,
    }
    .encode_to_vec();
    let device_key = cx.device_key()?;
    let signature = device_key.sign(&signing::post(community.id, &content)).to_vec();
    let author_key = device_key.public().to_vec();
    Ok(PostBody { content, author: cx.me()?.credential, author_key, signature }.encode_to_vec())
}

/// `asterism announcement list`.
pub(crate) fn list(cx: &Cx, community: &LiveCommunity) -> Flow<Answer> {
    let groups: Vec<ConversationId> =
        directory::groups(cx, community)?.into_iter().map(|(id, _)| id).collect();
    let announcements = community.policy()?.announcements_id();
    let mut items = Vec::new();
    for (conversation, id) in db::post::of_community(&cx.db, announcements, &groups)? {
        if let Some(message) = db::message::load(&cx.db, conversation, id)? {
            items.push(Item::Message(conversation_view::message(cx, &message)?));
        }
    }
    Ok(Answer::List(items))
}

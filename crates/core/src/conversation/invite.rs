//! Invite links of a group: made, listed, revoked, looked at (docs/protocol.md §5).

use super::{Live, commit, commit::Intent, view};
use crate::{
    api::{Answer, ApiError, InviteInfo, Item},
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::{VaultKey, vault as format},
    text::rfc3339,
};
use asterism_mls::link::LinkKeys;
use asterism_policy::Ticket;
use asterism_wire::{
    ErrorCode, TicketId, Timestamp,
    frame::{self, Request},
    link::Link,
    vault::META,
};
use prost::Message as _;
use std::rc::Rc;
use zeroize::Zeroizing;

/// `asterism invite create`.
pub(crate) async fn create(
    cx: &Cx,
    live: &Rc<Live>,
    expires_in_ms: Option<u64>,
    uses: Option<u32>,
) -> Flow<Answer> {
    let me = cx.me()?;
    let secret = Zeroizing::new(cx.random());
    let keys = LinkKeys::derive(&secret);
    let ticket = ticket(cx, &keys, expires_in_ms, uses)?;
    // Kept before it is offered: a link that works must not be lost with an answer.
    db::vault::save_link(&cx.db, keys.ticket_id, live.id, &secret)?;
    commit::commit(cx, live, Intent::AddTicket(Box::new(ticket))).await?;
    let link = Link { server: me.public_url.clone(), ticket: keys.ticket_id, secret: *secret };
    Ok(Answer::Invite { invite: keys.ticket_id.to_string(), link: link.to_string() })
}

/// The public side of a link of one's own.
pub(crate) fn ticket(
    cx: &Cx,
    keys: &LinkKeys,
    expires_in_ms: Option<u64>,
    uses: Option<u32>,
) -> Flow<Ticket> {
    if uses == Some(0) {
        return Err(ApiError::new(ErrorCode::Usage, "a link admits at least one person").into());
    }
    if expires_in_ms == Some(0) {
        return Err(ApiError::new(ErrorCode::Usage, "a link lives for longer than nothing").into());
    }
    Ok(Ticket {
        id: keys.ticket_id.to_vec(),
        signature_key: keys.signing.public().to_vec(),
        seal_key: keys.seal_public.as_bytes().to_vec(),
        role: asterism_policy::Role::Member as i32,
        expires_ms: expires_in_ms.map_or(0, |ms| cx.now().plus_ms(ms).0),
        uses_max: uses.unwrap_or(0),
        uses: 0,
        creator: cx.me()?.account.to_vec(),
        entered: Vec::new(),
    })
}

/// `asterism invite list`.
pub(crate) fn list(cx: &Cx, live: &Rc<Live>) -> Flow<Answer> {
    let (me, now) = (cx.me()?, cx.now().max(live.row().last_time));
    let tickets = live.group(cx)?.state().tickets.clone();
    let items = tickets.iter().map(|ticket| {
        let id: TicketId = ticket.id.as_slice().try_into()?;
        let secret = db::vault::link_secret(&cx.db, id)?;
        let link =
            secret.map(|secret| Link { server: me.public_url.clone(), ticket: id, secret }.to_string());
        Ok(Item::Invite(InviteInfo {
            invite: id.to_string(),
            group: live.id.to_string(),
            creator: view::person(cx, ticket.creator.as_slice().try_into()?)?,
            expires: (ticket.expires_ms > 0).then(|| rfc3339(Timestamp(ticket.expires_ms))),
            uses_max: (ticket.uses_max > 0).then_some(ticket.uses_max),
            uses: ticket.uses,
            state: standing(ticket, now).into(),
            link,
        }))
    });
    Ok(Answer::List(items.collect::<Flow<_>>()?))
}

/// Does the link let anybody in?
pub(crate) fn standing(ticket: &Ticket, now: Timestamp) -> &'static str {
    if ticket.expires_ms > 0 && now.0 >= ticket.expires_ms {
        return "expired";
    }
    if ticket.uses_max > 0 && ticket.uses >= ticket.uses_max { "used_up" } else { "live" }
}

/// `asterism invite revoke`.
pub(crate) async fn revoke(cx: &Cx, invite: &str) -> Flow<Answer> {
    let id: TicketId = invite.parse().map_err(|_| ApiError::of(ErrorCode::UnknownLink))?;
    if let Some(community) = crate::community::invite::community_of(cx, id) {
        return crate::community::invite::revoke(cx, &community, id).await;
    }
    let conversations: Vec<Rc<Live>> = cx.live.borrow().values().cloned().collect();
    for live in conversations.into_iter().filter(|l| l.is_member()) {
        let here = live.group(cx)?.state().ticket(id).is_some();
        if here {
            commit::commit(cx, &live, Intent::RevokeTicket(id.to_vec())).await?;
            return Ok(Answer::Done {});
        }
    }
    Err(ErrorCode::UnknownLink.into())
}

/// What a link leads to, opened with its secret.
pub(crate) struct Opened {
    pub(crate) conversation: asterism_wire::ConversationId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) accounts: u64,
    pub(crate) in_community: bool,
}

/// Reads a link. With an account only links of its server lead anywhere: another one knows nobody here.
fn read(cx: &Cx, link: &str) -> Flow<Link> {
    let link: Link = link.parse().map_err(|_| ApiError::of(ErrorCode::InvalidLink))?;
    match cx.me() {
        Ok(me) if ![&me.server, &me.public_url].iter().any(|own| link.belongs_to(own)) => {
            Err(ErrorCode::OtherServer.into())
        }
        _ => Ok(link),
    }
}

/// The group that this device is in already and that the link leads to: asking to join again is no failure, even when
/// the link is used up by now.
pub(crate) fn is_in_by(cx: &Cx, link: &str) -> Flow<Option<Rc<Live>>> {
    let link = read(cx, link)?;
    let conversations: Vec<Rc<Live>> = cx.live.borrow().values().filter(|l| l.is_member()).cloned().collect();
    for live in conversations {
        if live.group(cx)?.state().ticket(link.ticket).is_some() {
            return Ok(Some(live));
        }
    }
    Ok(None)
}

/// A link, and what the server says of it.
pub(crate) struct Looked {
    pub(crate) link: Link,
    pub(crate) keys: LinkKeys,
    pub(crate) info: frame::LinkInfo,
}

/// Reads a link and asks the server what it leads to. Works without an account of one's own.
pub(crate) async fn look(cx: &Cx, link: &str) -> Flow<Looked> {
    let link = read(cx, link)?;
    let keys = LinkKeys::derive(&link.secret);
    if keys.ticket_id != link.ticket {
        return Err(ErrorCode::InvalidLink.into());
    }
    let info = look_at(cx, &link).await?;
    Ok(Looked { link, keys, info })
}

/// Opens what a link to a group leads to, with its secret.
pub(crate) fn open(looked: &Looked) -> Flow<Opened> {
    let Looked { link, keys, info } = looked;
    let conversation = info.conversation.as_slice().try_into()?;
    let ticket = Ticket::decode(info.policy_ticket.as_slice()).map_err(asterism_wire::DecodeError::from)?;
    if ticket.id != link.ticket.as_bytes() {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    let wrap = info.wrap.as_ref().ok_or(ErrorCode::UnknownLink)?;
    let (generation, key) = format::open_wrap(&keys.seal_private, conversation, link.ticket, wrap)
        .map_err(|_| ApiError::of(ErrorCode::ServerMisbehaved))?;
    let open_meta = |record| open_meta(conversation, generation, &key, &info.past_keys, record);
    let meta = info.meta.as_ref().map(open_meta);
    let meta = meta.transpose()?.unwrap_or_default();
    Ok(Opened {
        conversation,
        name: meta.name,
        description: meta.description,
        accounts: u64::from(info.accounts),
        in_community: info.in_community,
    })
}

async fn look_at(cx: &Cx, link: &Link) -> Flow<frame::LinkInfo> {
    if cx.me().is_err() {
        cx.want_connection(&link.server);
    }
    loop {
        cx.greeted().await.map_err(Fault::from)?;
        let request = Request::GetLink(frame::GetLink { ticket: link.ticket.to_vec() });
        if let Ok(answer) = cx.call_once(request).await {
            return answer.map_err(Fault::from);
        }
    }
}

pub(crate) fn open_meta(
    conversation: asterism_wire::ConversationId,
    generation: u64,
    key: &VaultKey,
    past: &[asterism_wire::vault::PastKey],
    record: &asterism_wire::vault::VaultRecord,
) -> Flow<format::Meta> {
    let misbehaved = || ApiError::of(ErrorCode::ServerMisbehaved);
    if record.name != META || format::check_record(conversation, record).is_err() {
        return Err(misbehaved().into());
    }
    let older = format::open_past_keys(conversation, key, generation, past);
    let key = if record.generation == generation { Some(key) } else { older.get(&record.generation) };
    let value =
        key.and_then(|key| format::open_record(conversation, key, record).ok()).ok_or_else(misbehaved)?;
    Ok(format::Meta::from_value(&value).map_err(|_| misbehaved())?)
}

/// `asterism show-link`.
pub(crate) async fn preview(cx: &Cx, link: &str) -> Flow<Answer> {
    let looked = look(cx, link).await?;
    if looked.info.community {
        let opened = crate::community::join::open(&looked)?;
        let joined = crate::community::by_id(cx, opened.community).is_some_and(|c| c.is_here());
        return Ok(Answer::LinkPreview {
            group: opened.community.to_string(),
            name: opened.meta.name,
            description: opened.meta.description,
            members: None,
            joined,
            kind: "community".into(),
            in_community: false,
        });
    }
    let opened = open(&looked)?;
    let joined = cx.live.borrow().get(&opened.conversation).is_some_and(|live| live.is_member());
    Ok(Answer::LinkPreview {
        group: opened.conversation.to_string(),
        name: opened.name,
        description: opened.description,
        members: Some(opened.accounts),
        joined,
        kind: "group".into(),
        in_community: opened.in_community,
    })
}

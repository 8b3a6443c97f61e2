//! One request of a host: find what it names, do it, answer.

use crate::{
    account,
    api::{Answer, ApiError, DeviceInfo, Item, Request, RequestId},
    community::{self, LiveCommunity},
    conversation::{self, Live, create, enter, events, invite, members, send, send::Draft, signals, view},
    cx::Cx,
    db::{self, conversation::State},
    fault::{Fault, Flow},
    own, sync,
    text::rfc3339,
};
use asterism_wire::{
    ConversationId, ErrorCode, MessageId, Seq, Timestamp,
    account::{AccountEntry, DeviceCredential},
    frame::{self, Request as WireRequest},
};
use std::rc::Rc;

/// How often, and how long each time, a synchronisation waits for control messages to go out.
const CONTROL_TRIES: u32 = 40;
const CONTROL_PAUSE_MS: u64 = 25;

/// Messages given at most by one read.
const READ_MAX: u32 = 10_000;

/// Answers a request.
pub(crate) async fn answer(cx: &Cx, id: RequestId, request: Request) -> Flow<Answer> {
    match request {
        Request::Register { server, handle, name, invite_code } => {
            account::register(cx, &server, &handle, &name, invite_code).await
        }
        Request::Recover { server, handle, recovery_key } => {
            account::recover(cx, &server, &handle, &recovery_key).await
        }
        Request::LinkPreview { link } => invite::preview(cx, &link).await,
        request => {
            cx.me()?;
            with_account(cx, id, request).await
        }
    }
}

/// Does it bring a vault key that a recovered device would miss, though the process may end with the answer?
fn brings_key(request: &Request) -> bool {
    matches!(
        request,
        Request::GroupCreate { .. }
            | Request::GroupRemove { .. }
            | Request::GroupJoin { .. }
            | Request::CommunityCreate { .. }
            | Request::CommunityRemove { .. }
            | Request::Join { .. }
            | Request::Sync
    )
}

async fn with_account(cx: &Cx, id: RequestId, request: Request) -> Flow<Answer> {
    let brings_key = brings_key(&request);
    let answer = perform(cx, id, request).await?;
    if brings_key {
        own::settle(cx).await?;
    }
    Ok(answer)
}

async fn perform(cx: &Cx, id: RequestId, request: Request) -> Flow<Answer> {
    match request {
        Request::RecoveryKeyKept => account::forget_recovery_key(cx),
        Request::RecoveryKeyUnseen => account::unseen_recovery_key(cx),
        Request::WhoAmI => who_am_i(cx),
        Request::Devices => devices(cx).await,
        Request::SetProfile { name } => account::set_profile(cx, &name).await,
        Request::Sync => synced(cx).await,
        Request::Conversations => list(cx, |_| true),
        Request::GroupList => {
            list(cx, |live| live.row.borrow().kind == "group" && live.state() != State::Left)
        }
        Request::GroupCreate { name, description, quantum_safe, community, join } => match community {
            Some(community) => {
                let target = &community;
                community::requests::create_group(cx, target, &name, description, quantum_safe, join).await
            }
            None => create::group(cx, &name, description, quantum_safe).await,
        },
        Request::GroupShow { target } => {
            Ok(Answer::Conversation(view::conversation(cx, &find(cx, &target)?)?))
        }
        Request::GroupMembers { target } => {
            let members = view::members(cx, &find_member(cx, &target)?)?;
            Ok(Answer::List(members.into_iter().map(Item::Member).collect()))
        }
        Request::GroupAdd { target, handles } => members::add(cx, &find_member(cx, &target)?, &handles).await,
        Request::GroupRemove { target, handle } => {
            members::remove(cx, &find_member(cx, &target)?, &handle).await
        }
        Request::GroupPromote { target, handle, role, until } => {
            members::promote(cx, &find_member(cx, &target)?, &handle, role, until).await
        }
        Request::GroupSet { target, name, description } => {
            members::set(cx, &find_member(cx, &target)?, name, description).await
        }
        Request::InviteCreate { target, expires_in_ms, uses } => match place(cx, &target)? {
            Place::Conversation(live) => invite::create(cx, &live, expires_in_ms, uses).await,
            Place::Community(community) => {
                community::invite::create(cx, &community, expires_in_ms, uses).await
            }
        },
        Request::InviteList { target } => match place(cx, &target)? {
            Place::Conversation(live) => invite::list(cx, &live),
            Place::Community(community) => community::invite::list(cx, &community),
        },
        Request::InviteRevoke { invite } => invite::revoke(cx, &invite).await,
        Request::Join { link } => enter::join(cx, &link).await,
        Request::AnswerRequest { target, accept } => answer_request(cx, &target, accept),
        Request::Send { target, text, reply_to, idempotency, queue } => {
            let live = destination(cx, &target).await?;
            // Who answers a stranger has accepted the request.
            if matches!(live.state(), State::Request | State::Refused) {
                create::accept(cx, &live)?;
            }
            let reply_to = reply_to.map(|m| message_id(cx, &live, &m)).transpose()?;
            send::send(cx, &live, Draft { text, reply_to, idempotency, queue, request: id }).await
        }
        Request::Read { target, since, limit, events } => {
            let live = find(cx, &target)?;
            read(cx, &live, since, limit, events)
        }
        Request::Message { target, message } => one(cx, &find(cx, &target)?, &message),
        Request::MarkRead { target, seq } => {
            let live = find(cx, &target)?;
            let up_to = Seq(seq).min(live.cursor());
            live.update(cx, |row| row.read_seq = row.read_seq.max(up_to))?;
            db::post::mark_read(&cx.db, live.id, up_to)?;
            events::conversation_changed(cx, &live)?;
            Ok(Answer::Done {})
        }
        Request::Typing { target } => signals::typing(cx, &find_member(cx, &target)?),
        Request::Register { .. } | Request::Recover { .. } | Request::LinkPreview { .. } => {
            Err(ErrorCode::Usage.into())
        }
        request => Box::pin(community::requests::answer(cx, request)).await,
    }
}

/// What a link can lead to.
enum Place {
    Conversation(Rc<Live>),
    Community(Rc<LiveCommunity>),
}

/// A conversation or community, by id, or by a name that only one of all has.
fn place(cx: &Cx, target: &str) -> Flow<Place> {
    let is_none = |error: &Fault| matches!(error, Fault::Api(e) if e.code == ErrorCode::UnknownTarget);
    match (find_member(cx, target), community::find(cx, target)) {
        (Ok(live), Err(error)) if is_none(&error) => Ok(Place::Conversation(live)),
        // The announcements are found by the community's id.
        (Err(_), Ok(community)) => Ok(Place::Community(community)),
        (Ok(live), Ok(community)) => {
            Err(ApiError::ambiguous([candidate(&live), (community.id.to_string(), "community")]).into())
        }
        (Ok(_), Err(error)) => Err(error),
        (Err(error), Err(other)) => Err(if is_none(&error) { other } else { error }),
    }
}

fn who_am_i(cx: &Cx) -> Flow<Answer> {
    let me = cx.me()?;
    Ok(Answer::Me {
        account: me.account.to_string(),
        device: me.device.to_string(),
        handle: me.handle,
        name: me.name,
        server: me.server,
    })
}

async fn devices(cx: &Cx) -> Flow<Answer> {
    let me = cx.me()?;
    let request = WireRequest::LookupAccounts(frame::LookupAccounts { accounts: vec![me.account.to_vec()] });
    let found: frame::Accounts = cx.call(request).await.map_err(Fault::from)?;
    let entry: &AccountEntry = found.accounts.first().ok_or(ErrorCode::UnknownAccount)?;
    let items = entry.devices.iter().map(|device| {
        let credential = DeviceCredential::read(&device.credential)?;
        Ok(Item::Device(DeviceInfo {
            device: device.device_id().to_string(),
            number: credential.device_number,
            created: rfc3339(Timestamp(credential.created_at_ms)),
            last_seen: (device.last_seen_ms > 0).then(|| rfc3339(Timestamp(device.last_seen_ms))),
            this: device.device_id() == me.device,
        }))
    });
    Ok(Answer::List(items.collect::<Flow<_>>()?))
}

async fn synced(cx: &Cx) -> Flow<Answer> {
    cx.online().await.map_err(Fault::from)?;
    sync::round(cx).await?;
    Box::pin(cx.asked.for_nobody(community::admin::duties::all(cx))).await?;
    // What other devices wait for goes out before a short-lived process ends.
    for _ in 0..CONTROL_TRIES {
        if !db::outbox::has_control(&cx.db)? && cx.key_answers_due.get() == 0 {
            break;
        }
        cx.sleep_ms(CONTROL_PAUSE_MS).await;
    }
    let new_messages = cx.new_messages.replace(0);
    Ok(Answer::Synced {
        conversations: cx.live.borrow().values().filter(|l| l.is_member()).count() as u64,
        new_messages,
        epoch_repairs: db::counter(&cx.db, "epoch_repairs")?,
        undecryptable: db::counter(&cx.db, "undecryptable")?,
    })
}

fn list(cx: &Cx, wanted: impl Fn(&Live) -> bool) -> Flow<Answer> {
    let mut conversations: Vec<Rc<Live>> = cx.live.borrow().values().filter(|l| wanted(l)).cloned().collect();
    // One in which re-entering was stopped stays to be seen.
    conversations.retain(|l| match l.state() {
        State::Joining => l.row.borrow().alarm.is_some(),
        state => state != State::Refused,
    });
    conversations.retain(|l| !community::is_stray(cx, l));
    // By what is seen in them, so that what nobody sees moves nothing.
    let with_time = |live: &Rc<Live>| {
        let info = view::conversation(cx, live)?;
        let begun = rfc3339(live.row.borrow().created_at);
        let since = info.last.as_ref().map_or(begun, |last| last.at.clone());
        Ok((since, info))
    };
    let mut infos = conversations.iter().map(with_time).collect::<Flow<Vec<_>>>()?;
    infos.sort_by(|a, b| (&b.0, &a.1.group).cmp(&(&a.0, &b.1.group)));
    Ok(Answer::List(infos.into_iter().map(|(_, info)| Item::Conversation(info)).collect()))
}

fn read(cx: &Cx, live: &Rc<Live>, since: Option<u64>, limit: u32, events: bool) -> Flow<Answer> {
    let rows = db::message::newest(&cx.db, live.id, Seq(since.unwrap_or(0)), limit.min(READ_MAX), events)?;
    let items = rows.iter().map(|m| Ok(Item::Message(view::message(cx, m)?)));
    Ok(Answer::List(items.collect::<Flow<_>>()?))
}

fn one(cx: &Cx, live: &Rc<Live>, message: &str) -> Flow<Answer> {
    let id = message.parse().map_err(|_| ApiError::of(ErrorCode::Usage))?;
    let row = db::message::load(&cx.db, live.id, id)?;
    let items = row.iter().map(|m| Ok(Item::Message(view::message(cx, m)?)));
    Ok(Answer::List(items.collect::<Flow<_>>()?))
}

fn answer_request(cx: &Cx, target: &str, accept: bool) -> Flow<Answer> {
    let live = find(cx, target)?;
    match (live.state(), accept) {
        (State::Request | State::Refused, true) => create::accept(cx, &live)?,
        (State::Request, false) => {
            live.update(cx, |row| row.state = State::Refused)?;
            events::conversation_changed(cx, &live)?;
        }
        // Refused already: nothing is left to be done.
        (State::Refused, false) => {}
        _ => return Err(ApiError::new(ErrorCode::UnknownTarget, "this is no request").into()),
    }
    Ok(Answer::Done {})
}

/// Where a message is to go; `@handle` begins a direct conversation when there is none.
async fn destination(cx: &Cx, target: &str) -> Flow<Rc<Live>> {
    if target.starts_with('@') { create::direct(cx, target).await } else { find_member(cx, target) }
}

/// A conversation by id, `@handle`, or a name when unambiguous.
fn find(cx: &Cx, target: &str) -> Flow<Rc<Live>> {
    if let Ok(id) = target.parse::<ConversationId>()
        && let Ok(live) = conversation::find(cx, id)
    {
        return Ok(live);
    }
    // A community's id is also that of its announcements.
    if let Some(community) = target.parse().ok().and_then(|id| community::by_id(cx, id)) {
        return community.announcements(cx);
    }
    if target.starts_with('@') {
        let handle = asterism_wire::handle::Handle::parse(target).map_err(|_| ErrorCode::InvalidHandle)?;
        let peer = db::people::by_handle(&cx.db, handle.as_str())?;
        let direct = peer.and_then(|peer| create::find_direct(cx, peer));
        return direct.ok_or_else(|| ErrorCode::UnknownTarget.into());
    }
    by_name(cx, target)
}

fn by_name(cx: &Cx, name: &str) -> Flow<Rc<Live>> {
    let all: Vec<Rc<Live>> = cx.live.borrow().values().filter(|l| l.is_member()).cloned().collect();
    let mut found = Vec::new();
    for live in all {
        if view::conversation(cx, &live)?.name == name {
            found.push(live);
        }
    }
    match found.len() {
        // Announcements have their community's name, which its groups may have too.
        0 => community::find(cx, name)?.announcements(cx),
        1 => Ok(found.remove(0)),
        _ => Err(ApiError::ambiguous(found.iter().map(|live| candidate(live))).into()),
    }
}

fn candidate(live: &Live) -> (String, &'static str) {
    let what = match live.row.borrow().kind.as_str() {
        "direct" => "direct conversation",
        "group" => "group",
        community::ANNOUNCEMENTS => "announcements",
        community::ADMIN_ROOM => "admin room",
        _ => "conversation",
    };
    (live.id.to_string(), what)
}

/// As [`find`], and this device is a member.
fn find_member(cx: &Cx, target: &str) -> Flow<Rc<Live>> {
    let live = find(cx, target)?;
    match live.state() {
        _ if live.is_member() => Ok(live),
        _ if !live.has_group() => {
            Err(ApiError::new(ErrorCode::NotAMember, "these are announcements, which admins announce").into())
        }
        State::Joining if live.row().alarm.is_some() => Err(ErrorCode::ForkDetected.into()),
        _ => Err(ErrorCode::NotAMember.into()),
    }
}

fn message_id(cx: &Cx, live: &Live, text: &str) -> Flow<MessageId> {
    let unknown = || ApiError::new(ErrorCode::UnknownTarget, "there is no such message in this conversation");
    let id: MessageId = text.parse().map_err(|_| unknown())?;
    db::message::load(&cx.db, live.id, id)?.map(|m| m.id).ok_or_else(|| unknown().into())
}

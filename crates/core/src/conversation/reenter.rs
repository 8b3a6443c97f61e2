//! Coming in a second time: an entry that an earlier run began is gone on with, and whose entry was voided enters again
//! (docs/protocol.md §4.6, §5.2).

use super::{
    Live, create,
    enter::{Right, attempt_entries, entered_at, forget_try, is_founding, repeat_entry, settled, undo},
    events, invite, send,
    take::Taken,
    take_commit,
};
use crate::{
    cx::Cx,
    db::{
        self,
        came_by::CameBy,
        conversation::{State, Way},
    },
    fault::{Fault, Flow},
    sync,
};
use asterism_mls::link::LinkKeys;
use asterism_wire::{
    ConversationId, ErrorCode, Seq,
    frame::{self, Request},
    link::Link,
};
use prost::Message as _;
use std::rc::Rc;

/// This device's own entry is dead, or one that it rests on (docs/protocol.md §4.6): it comes in anew by the same
/// right, and does again what it did since the dead commit. Whom somebody had added is added again by them.
pub(crate) fn voided(cx: &Cx, live: &Rc<Live>, commit: Seq) -> Flow<Taken> {
    if !db::came_by::has_entered(&cx.db, live.id)? {
        return take_commit::left(cx, live);
    }
    db::intent::abandoned(&cx.db, live.id)?;
    db::intent::voided(&cx.db, live.id, commit)?;
    forget_try(cx, live)?;
    for message in db::message::take_voided(&cx.db, live.id, commit, cx.me()?.account)? {
        send::again(cx, live, &message)?;
    }
    live.update(cx, |row| row.state = State::Joining)?;
    events::conversation_changed(cx, live)?;
    sync::resume_later(cx, live);
    Ok(Taken::Done)
}

/// An entry of an earlier run whose answer never came: ask again, with the same words.
pub(crate) async fn resume(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    if is_founding(live) {
        return create::resume(cx, live).await;
    }
    // What follows may have to enter anew, and waits for the same turn.
    match resume_entry(cx, live).await? {
        Some(live) => settled(cx, &live).await,
        None => Ok(()),
    }
}

/// `None` when it is not, or no more, in.
async fn resume_entry(cx: &Cx, live: &Rc<Live>) -> Flow<Option<Rc<Live>>> {
    let _turn = cx.entry_lock.lock().await;
    if live.state() != State::Joining {
        return Ok(None);
    }
    if live.row().alarm.is_some() {
        return Err(ErrorCode::ForkDetected.into());
    }
    let Some(pending) = db::conversation::pending_commit(&cx.db, live.id)? else {
        return again_or_undo(cx, live).await;
    };
    let request =
        frame::SubmitCommit::decode(pending.request.as_slice()).map_err(asterism_wire::DecodeError::from)?;
    match cx.call::<frame::Accepted>(Request::SubmitCommit(request)).await {
        Ok(accepted) => {
            entered_at(cx, live, Seq(accepted.seq)).await?;
            Ok(Some(Rc::clone(live)))
        }
        Err(error) if error.code() == Some(ErrorCode::StaleEpoch) => {
            forget_try(cx, live)?;
            again_or_undo(cx, live).await
        }
        Err(error) if error.code().is_some_and(sync::is_passing) => Err(error.into()),
        Err(_) => undo(cx, live).map(|()| None),
    }
}

/// A device of the account enters as often as it takes; a link is the person's to use again, unless the device was in
/// by it.
async fn again_or_undo(cx: &Cx, live: &Rc<Live>) -> Flow<Option<Rc<Live>>> {
    let id = live.id;
    let link = if db::came_by::has_entered(&cx.db, id)? { db::came_by::link(&cx.db, id)? } else { None };
    match link {
        Some(link) => match enter_again(cx, id, &link).await {
            // What was stopped stays to be seen.
            Err(Fault::Api(error)) if !sync::is_passing(error.code) && live.row().alarm.is_none() => {
                undo(cx, live).map(|()| None)
            }
            entered => entered.map(Some),
        },
        None if live.row().way == Way::Link => undo(cx, live).map(|()| None),
        None => repeat_entry(cx, id, Right::OwnDevice).await.map(Some),
    }
}

/// As a device of an account that is still in, or by the link that it came by.
async fn enter_again(cx: &Cx, id: ConversationId, came_by: &CameBy) -> Flow<Rc<Live>> {
    match attempt_entries(cx, id, Right::OwnDevice).await {
        Err(Fault::Api(error)) if error.code == ErrorCode::NotAMember => {}
        entered => return entered,
    }
    let (server, ticket) = (cx.me()?.public_url, LinkKeys::derive(&came_by.secret).ticket_id);
    let link = Link { server, ticket, secret: *came_by.secret };
    let looked = invite::look(cx, &link.to_string()).await?;
    if looked.info.conversation != id.as_bytes() {
        return Err(ErrorCode::UnknownLink.into());
    }
    let right = match came_by.community {
        Some(community) => Right::Listed(&looked, community),
        None => Right::Link(&looked),
    };
    repeat_entry(cx, id, right).await
}

//! Typing and delivery: sealed for who is online, never stored (docs/protocol.md §8).

use super::{Live, events, view};
use crate::{
    api::{Answer, Event},
    cx::Cx,
    db::{self, conversation::State},
    fault::{Fault, Flow},
    formats::{
        labels,
        signal::{self, Signal, SignalContext, SignalKey},
    },
};
use asterism_policy::may_signal;
use asterism_wire::{
    MessageId, Seq,
    frame::{self, Request},
};
use std::rc::Rc;
use zeroize::Zeroizing;

/// Delivery signals wait this long, so that a burst of messages is confirmed by one.
const DELIVERED_DELAY_MS: u64 = 300;

/// Says that one is typing.
pub(crate) fn typing(cx: &Cx, live: &Rc<Live>) -> Flow<Answer> {
    if live.state() == State::Active && may_signal(&live.group(cx)?.roster()).is_ok() {
        emit(cx, live, &Signal::Typing)?;
    }
    Ok(Answer::Done {})
}

/// A message came: its sender will be told, unless this is a request that nobody accepted.
pub(crate) fn will_confirm(cx: &Cx, live: &Rc<Live>, message: MessageId) {
    live.to_confirm.borrow_mut().push(message);
    if live.to_confirm.borrow().len() > 1 {
        return;
    }
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.spawn_quiet("delivery signal", async move {
        flow.sleep_ms(DELIVERED_DELAY_MS / 2 + flow.random_below(DELIVERED_DELAY_MS)).await;
        let messages = std::mem::take(&mut *live.to_confirm.borrow_mut());
        confirm(&flow, &live, &messages)
    });
}

/// A request was accepted: now its sender is told that what they wrote before has come.
pub(crate) fn confirm_request(cx: &Cx, live: &Rc<Live>) {
    let (flow, live) = (Rc::clone(cx), Rc::clone(live));
    cx.spawn_quiet("delivery of a request", async move {
        flow.online().await.map_err(Fault::from)?;
        let limit = u32::try_from(signal::DELIVERED_MAX).unwrap_or(u32::MAX);
        let newest = db::message::newest(&flow.db, live.id, Seq(0), limit, false)?;
        let received: Vec<_> = newest.iter().filter(|m| m.state == "received").map(|m| m.id).collect();
        confirm(&flow, &live, &received)
    });
}

fn confirm(cx: &Cx, live: &Rc<Live>, messages: &[MessageId]) -> Flow<()> {
    if live.state() != State::Active || may_signal(&live.group(cx)?.roster()).is_err() {
        return Ok(());
    }
    for some in messages.chunks(signal::DELIVERED_MAX) {
        emit(cx, live, &Signal::Delivered { messages: some.to_vec() })?;
    }
    Ok(())
}

fn key(cx: &Cx, live: &Rc<Live>) -> Flow<SignalKey> {
    let provider = live.provider(cx);
    let secret = live
        .group(cx)?
        .export(&provider, labels::SIGNAL, live.id.as_bytes(), 32)
        .map_err(|_| Fault::Db(db::DbError::Damaged))?;
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(&secret);
    Ok(key)
}

fn emit(cx: &Cx, live: &Rc<Live>, signal: &Signal) -> Flow<()> {
    let epoch = live.row().epoch;
    let key = key(cx, live)?;
    let context = SignalContext { conversation: live.id, epoch: epoch.number, key: &key };
    let leaf = live.group(cx)?.own_leaf();
    if let Ok(body) = signal::seal_signal(context, &cx.device_key()?, leaf, cx.random(), signal) {
        cx.tell(Request::SendEphemeral(frame::SendEphemeral {
            conversation: live.id.to_vec(),
            epoch_opened_by: epoch.opened_by.0,
            body: body.into(),
        }));
    }
    Ok(())
}

/// A signal came.
pub(crate) fn take(cx: &Cx, live: &Rc<Live>, ephemeral: &frame::Ephemeral) -> Flow<()> {
    let epoch = live.row().epoch;
    if Seq(ephemeral.epoch_opened_by) != epoch.opened_by || !live.is_member() {
        return Ok(());
    }
    let key = key(cx, live)?;
    let context = SignalContext { conversation: live.id, epoch: epoch.number, key: &key };
    let leaves = live.group(cx)?.leaves();
    let leaf_key = |index: u32| {
        let leaf = leaves.iter().find(|m| m.index == index)?;
        <[u8; 32]>::try_from(leaf.device_key.as_slice()).ok()
    };
    let Ok((index, signal)) = signal::open_signal(context, &ephemeral.body, leaf_key) else { return Ok(()) };
    let Some(account) = leaves.iter().find(|m| m.index == index).map(|m| m.leaf.account) else {
        return Ok(());
    };
    match signal {
        Signal::Typing => {
            cx.event(Event::Typing { conversation: live.id.to_string(), person: view::person(cx, account)? });
        }
        Signal::Delivered { messages } => delivered(cx, live, account, &messages)?,
        Signal::Unknown => {}
    }
    Ok(())
}

fn delivered(cx: &Cx, live: &Rc<Live>, by: asterism_wire::AccountId, messages: &[MessageId]) -> Flow<()> {
    let me = cx.me()?.account;
    for id in messages {
        let own = db::message::load(&cx.db, live.id, *id)?
            .filter(|m| m.sender == me && by != me && m.kind == "text");
        if own.is_some()
            && db::message::set_state(&cx.db, live.id, *id, "delivered")?
            && let Some(message) = db::message::load(&cx.db, live.id, *id)?
        {
            events::message_changed(cx, &message)?;
        }
    }
    Ok(())
}

//! A void: the epoch that a refused commit opened dies with everything in it (docs/protocol.md §4.6).

use super::{Live, receipts, send, take::Taken, take::alarm};
use crate::{
    cx::Cx,
    db::{self, conversation::ConversationRow},
    fault::Flow,
};
use asterism_wire::{
    Epoch, Seq,
    entry::{Entry, VoidBody},
};
use prost::Message as _;
use std::rc::Rc;

pub(super) fn take(cx: &Cx, live: &Rc<Live>, row: &ConversationRow, entry: &Entry) -> Flow<Taken> {
    let body = VoidBody::decode(entry.body.clone()).map_err(asterism_wire::DecodeError::from)?;
    let commit = Seq(body.commit_seq);
    if row.refused_seq == commit && commit != Seq(0) {
        // This device never left the epoch before: it only stops waiting.
        live.update(cx, |row| row.refused_seq = Seq(0))?;
        send::wake(cx, live);
        return Ok(Taken::Done);
    }
    // A void of something that this device knows to be confirmed is the server's invention.
    if commit != row.epoch.opened_by || commit <= row.joined_seq || row.confirmed {
        return alarm(cx, live);
    }
    let scope = live.namespace().key_prefix();
    live.set_group(None);
    if !cx.overlay.rollback_to(&scope, commit.0)? {
        return Ok(Taken::Broken);
    }
    let Some((body_hash, _)) = row.commit else { return Ok(Taken::Broken) };
    if !receipts::refusals_are_genuine(cx, live, commit, body_hash, &body.refusals)? {
        return alarm(cx, live);
    }
    undo(cx, live, row)?;
    Ok(Taken::Done)
}

fn undo(cx: &Cx, live: &Rc<Live>, row: &ConversationRow) -> Flow<()> {
    let provider = live.provider(cx);
    let mut group = live.group(cx)?;
    // A commit of one's own that was pending when the voided one came is gone with it.
    group.abandon(&provider).map_err(|_| crate::db::DbError::Damaged)?;
    let (epoch, generation) = (group.epoch(), group.state().vault_generation);
    drop(group);
    live.update(cx, |row| {
        row.epoch = Epoch { number: epoch, opened_by: row.previous_opened_by };
        row.commit = None;
        row.vault_generation = generation;
        // The epoch before was confirmed or it could not have been closed.
        row.confirmed = true;
    })?;
    db::vault::forget_keys_above(&cx.db, live.id, generation)?;
    db::vault::clear(&cx.db, live.id)?;
    live.vault_read.set(false);
    db::conversation::clear_pending_commit(&cx.db, live.id)?;
    let me = cx.me()?;
    for message in db::message::take_voided(&cx.db, live.id, row.epoch.opened_by, me.account)? {
        send::again(cx, live, &message)?;
    }
    send::wake(cx, live);
    crate::sync::catch_up_soon(cx, live);
    Ok(())
}

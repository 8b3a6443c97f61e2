//! A void: the epoch that a refused commit opened dies, with everything that rests on it (docs/protocol.md §4.6).

use super::{Live, again, kept_key, receipts, reenter, send, take::Taken, take::alarm};
use crate::{
    cx::Cx,
    db::{self, conversation::ConversationRow, open_commit::OpenCommit},
    fault::Flow,
};
use asterism_wire::{
    Hash, Seq,
    entry::{Entry, VoidBody},
};
use prost::Message as _;
use std::rc::Rc;

pub(super) fn take(cx: &Cx, live: &Rc<Live>, row: &ConversationRow, entry: &Entry) -> Flow<Taken> {
    let body = VoidBody::decode(entry.body.clone()).map_err(asterism_wire::DecodeError::from)?;
    let commit = Seq(body.commit_seq);
    // What rests on a commit that this device refused it takes no notice of, nor of its end: if the refused commit
    // dies, it dies, too, and if it stands, the device re-enters and judges all of it.
    if row.refused_seq != Seq(0) && commit > row.refused_seq {
        return Ok(Taken::Done);
    }
    let open = db::open_commit::all(&cx.db, live.id)?.into_iter().find(|open| open.seq == commit);
    match open {
        Some(open) => return undo(cx, live, &body, &open),
        // This device never left the epoch before: it only stops waiting.
        None if row.refused_seq != Seq(0) && commit == row.refused_seq => {}
        // The commit that brought this device in is dead, and its membership with it.
        None if commit <= row.joined_seq && commit > Seq(0) && is_by_members(cx, live, &body)? => {
            return reenter::voided(cx, live, commit);
        }
        // A void of what this device did not see, or knows to be final, is the server's invention.
        None => return alarm(cx, live),
    }
    live.update(cx, |row| row.refused_seq = Seq(0))?;
    send::wake(cx, live);
    Ok(Taken::Done)
}

/// Are the refusals of the commit that brought this device in by members that it knows?
fn is_by_members(cx: &Cx, live: &Rc<Live>, body: &VoidBody) -> Flow<bool> {
    let Some(first) = body.refusals.first() else { return Ok(false) };
    let Ok(body_hash) = Hash::try_from(first.body_hash.as_slice()) else { return Ok(false) };
    receipts::refusals_are_genuine(cx, live, Seq(body.commit_seq), body_hash, &body.refusals)
}

fn undo(cx: &Cx, live: &Rc<Live>, body: &VoidBody, open: &OpenCommit) -> Flow<Taken> {
    // Who may refuse is a member of the epochs before and after, so the refusals are judged before anything is undone.
    if !receipts::refusals_are_genuine(cx, live, open.seq, open.body_hash, &body.refusals)? {
        return alarm(cx, live);
    }
    let scope = live.namespace().key_prefix();
    live.set_group(None);
    if !cx.overlay.rollback_to(&scope, open.seq.0)? {
        return Ok(Taken::Broken);
    }
    let provider = live.provider(cx);
    let mut group = live.group(cx)?;
    // A commit of one's own that was pending when the voided one came is gone with it.
    group.abandon(&provider).map_err(|_| db::DbError::Damaged)?;
    let generation = group.state().vault_generation;
    drop(group);
    db::open_commit::kill(&cx.db, live.id, open.seq)?;
    live.update(cx, |row| {
        row.epoch = open.parent;
        row.refused_seq = Seq(0);
        row.vault_generation = generation;
    })?;
    db::vault::forget_keys_above(&cx.db, live.id, generation)?;
    kept_key::keep(cx, live, live.cursor().next())?;
    db::vault::clear(&cx.db, live.id)?;
    live.vault_read.set(false);
    db::conversation::clear_pending_commit(&cx.db, live.id)?;
    db::intent::abandoned(&cx.db, live.id)?;
    db::intent::voided(&cx.db, live.id, open.seq)?;
    let me = cx.me()?;
    for message in db::message::take_voided(&cx.db, live.id, open.seq, me.account)? {
        send::again(cx, live, &message)?;
    }
    send::wake(cx, live);
    again::soon(cx, live)?;
    let (flow, target) = (Rc::clone(cx), Rc::clone(live));
    cx.spawn_quiet("vault after a void", async move { super::vault::read(&flow, &target).await });
    Ok(Taken::Done)
}

//! One entry of the log: is it the next, does its head fit, and what does it say? (docs/protocol.md §4.2)

use super::{Live, events, send, take_commit, take_void, vault};
use crate::{
    api::Event,
    content::{self, Content},
    conversation::signals,
    cx::Cx,
    db::{
        self,
        conversation::{ConversationRow, State},
        message::MessageRow,
    },
    fault::{Fault, Flow},
};
use asterism_mls::group::{OpenError, Opened};
use asterism_policy::may_post;
use asterism_wire::{
    ErrorCode, Hash, Seq,
    entry::{AuthenticatedData, Entry, EntryKind},
};
use std::rc::Rc;

/// Raised when an entry is told without its body.
const WITHHELD: &str = "body_withheld";

/// What came of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Processed, or known already.
    Done,
    /// Entries before it are missing.
    Gap,
    /// It cannot be processed yet: the vault key is missing.
    Waits,
    /// The history does not fit: processing of this conversation has stopped.
    Fork,
    /// It should have been readable and is not: this device must re-enter.
    Broken,
}

/// Processes one entry.
pub(crate) fn take(cx: &Cx, live: &Rc<Live>, entry: &Entry) -> Flow<Taken> {
    let row = live.row();
    if row.alarm.is_some() || matches!(row.state, State::Left | State::Joining) {
        return Ok(Taken::Fork);
    }
    let seq = entry.position();
    if seq <= row.cursor {
        return repeated(cx, live, entry);
    }
    #[cfg(feature = "plant")]
    if crate::plant::IGNORE_GAP.get() && seq != row.cursor.next() {
        return skip_to(cx, live, entry);
    }
    if seq != row.cursor.next() {
        return Ok(Taken::Gap);
    }
    let kind = entry.entry_kind()?;
    let head = entry.expected_head(live.id, row.head)?;
    let monotonous = entry.server_time() >= row.last_time;
    if head.as_bytes() != entry.head || !monotonous {
        return alarm(cx, live);
    }
    // At this position the server has acknowledged something else.
    if db::outbox::is_contradicted(&cx.db, live.id, seq, entry.body_hash()?)? {
        return alarm(cx, live);
    }
    if !entry.withheld_hash.is_empty() && seq > row.joined_seq {
        // Nothing withholds yet what members have said.
        cx.event(Event::Alarm { code: WITHHELD.into(), conversation: Some(live.id.to_string()) });
        if kind == EntryKind::Commit {
            return Ok(Taken::Broken);
        }
    }
    // What came before this device's own entry is only chained.
    let readable = seq > row.joined_seq && entry.withheld_hash.is_empty();
    let taken = match kind {
        _ if !readable => Taken::Done,
        EntryKind::Message => take_message(cx, live, &row, entry)?,
        EntryKind::Commit => take_commit::take(cx, live, &row, entry)?,
        EntryKind::Vault => vault::take(cx, live, &row, entry)?,
        EntryKind::Void => take_void::take(cx, live, &row, entry)?,
        EntryKind::Governance | EntryKind::Post | EntryKind::Unspecified => {
            return Err(ErrorCode::ServerMisbehaved.into());
        }
    };
    if taken == Taken::Done {
        db::conversation::save_head(&cx.db, live.id, seq, head)?;
        live.update(cx, |row| {
            row.cursor = seq;
            row.head = head;
            row.last_time = entry.server_time();
        })?;
    }
    Ok(taken)
}

/// The planted bug: what is missing stays missing.
#[cfg(feature = "plant")]
fn skip_to(cx: &Cx, live: &Rc<Live>, entry: &Entry) -> Flow<Taken> {
    let head = Hash::try_from(entry.head.as_slice())?;
    live.update(cx, |row| {
        row.cursor = entry.position();
        row.head = head;
        row.last_time = entry.server_time();
    })?;
    db::conversation::save_head(&cx.db, live.id, entry.position(), head)?;
    match entry.entry_kind()? {
        EntryKind::Message => take_message(cx, live, &live.row(), entry),
        EntryKind::Commit => take_commit::take(cx, live, &live.row(), entry),
        _ => Ok(Taken::Done),
    }
}

/// An entry at a position that was processed: it must be the same one.
fn repeated(cx: &Cx, live: &Rc<Live>, entry: &Entry) -> Flow<Taken> {
    let known = db::conversation::head_at(&cx.db, live.id, entry.position())?;
    match known {
        Some(known) if known.as_bytes() != entry.head => alarm(cx, live),
        _ => Ok(Taken::Done),
    }
}

/// The server showed two histories: stop here and say so (docs/protocol.md §4.2).
pub(crate) fn alarm(cx: &Cx, live: &Rc<Live>) -> Flow<Taken> {
    let code = ErrorCode::ForkDetected.as_word();
    live.update(cx, |row| row.alarm = Some(code.into()))?;
    cx.event(Event::Alarm { code: code.into(), conversation: Some(live.id.to_string()) });
    events::conversation_changed(cx, live)?;
    Ok(Taken::Fork)
}

/// Does the sender's view of the log fit ours?
pub(crate) fn statement_fits(cx: &Cx, live: &Live, entry: &Entry, said: &AuthenticatedData) -> Flow<bool> {
    let (last, Ok(head)) = (Seq(said.last_seq), Hash::try_from(said.last_head.as_slice())) else {
        return Ok(false);
    };
    if last >= entry.position() {
        return Ok(false);
    }
    // Positions before this device's anchor are not known here.
    let known = db::conversation::head_at(&cx.db, live.id, last)?;
    Ok(known.is_none_or(|known| known == head))
}

fn take_message(cx: &Cx, live: &Rc<Live>, row: &ConversationRow, entry: &Entry) -> Flow<Taken> {
    // Of an epoch that this device refused: it dies with the void.
    if row.refused_seq != Seq(0) {
        return Ok(Taken::Done);
    }
    if send::take_own(cx, live, entry)? {
        return Ok(Taken::Done);
    }
    if entry.made_in() != row.epoch {
        return Ok(Taken::Broken);
    }
    let provider = live.provider(cx);
    let opened = live.group(cx)?.handle_message(&provider, &entry.body);
    match opened {
        Ok(opened) => take_opened(cx, live, entry, &opened),
        Err(OpenError::Storage(_)) => Err(Fault::Db(db::DbError::Damaged)),
        // One's own message whose outbox row is gone: sent by an earlier incarnation of this database.
        Err(OpenError::Own) => Ok(Taken::Done),
        Err(OpenError::WrongEpoch | OpenError::Removed) => Ok(Taken::Broken),
        // A member's forgery or the server's: it opens for nobody. It is counted and skipped.
        Err(OpenError::Invalid) => {
            db::count(&cx.db, "undecryptable", 1)?;
            Ok(Taken::Done)
        }
    }
}

fn take_opened(cx: &Cx, live: &Rc<Live>, entry: &Entry, opened: &Opened) -> Flow<Taken> {
    if !statement_fits(cx, live, entry, &opened.authenticated_data)? {
        return alarm(cx, live);
    }
    let sender = opened.sender.account;
    if may_post(live.group(cx)?.state(), sender, entry.server_time()).is_err() {
        return Ok(Taken::Done);
    }
    // Content that this version cannot read at all is shown as such, never lost or fatal.
    let content = Content::decode(&opened.plaintext).ok();
    if let Some(control) = content.as_ref().and_then(Content::as_control) {
        vault::handle_control(cx, live, opened, &control)?;
        return Ok(Taken::Done);
    }
    let id = content::message_id(sender, live.id, &opened.plaintext);
    #[cfg(feature = "plant")]
    let id = if crate::plant::NO_DEDUPLICATION.get() && db::message::load(&cx.db, live.id, id)?.is_some() {
        content::message_id(
            sender,
            live.id,
            &[opened.plaintext.as_slice(), &entry.seq.to_be_bytes()].concat(),
        )
    } else {
        id
    };
    let text = content.as_ref().and_then(Content::as_text).map(str::to_owned);
    let mine = cx.my_account() == Some(sender);
    let message = MessageRow {
        conversation: live.id,
        id,
        seq: entry.position(),
        sender,
        at: entry.server_time(),
        kind: if text.is_some() { "text".into() } else { "unknown".into() },
        text,
        reply_to: content.as_ref().and_then(|c| c.in_reply_to),
        content: opened.plaintext.clone(),
        subjects: Vec::new(),
        state: if mine { "sent".into() } else { "received".into() },
    };
    db::people::touch(&cx.db, sender)?;
    if db::message::insert(&cx.db, &message)? {
        if !mine {
            cx.new_messages.set(cx.new_messages.get() + 1);
            signals::will_confirm(cx, live, id);
        }
        events::message_changed(cx, &message)?;
    }
    Ok(Taken::Done)
}

//! A commit in the log: one's own comes back, or somebody else's is judged and merged (docs/protocol.md §4.3, §4.6).

use super::{Live, Outcome, events, open, receipts, take::Taken, take::alarm, take::statement_fits, vault};
use crate::{
    cx::Cx,
    db::{
        self,
        conversation::{ConversationRow, State},
    },
    fault::{Fault, Flow},
};
use asterism_mls::{
    CommitError,
    group::{StagedCommit, VaultKeys},
};
use asterism_policy::CommitFacts;
use asterism_wire::{
    Epoch, Seq,
    entry::{Entry, RefusalReason},
};
use std::{collections::BTreeMap, rc::Rc};
use zeroize::Zeroizing;

/// The vault keys that this device holds, as commits by ticket need them.
struct Keys(BTreeMap<u64, Zeroizing<[u8; 32]>>);

impl VaultKeys for Keys {
    fn key(&self, generation: u64) -> Option<[u8; 32]> {
        self.0.get(&generation).map(|key| **key)
    }
}

pub(super) fn take(cx: &Cx, live: &Rc<Live>, row: &ConversationRow, entry: &Entry) -> Flow<Taken> {
    if row.refused_seq != Seq(0) {
        return Ok(Taken::Done);
    }
    if entry.made_in() != row.epoch {
        return Ok(Taken::Broken);
    }
    if let Some(pending) = db::conversation::pending_commit(&cx.db, live.id)? {
        let same_body = entry.body_hash()? == pending.body_hash;
        if entry.idempotency_key() == Some(pending.idempotency) && same_body {
            return adopt_own(cx, live, entry);
        }
    }
    take_foreign(cx, live, entry)
}

fn adopt_own(cx: &Cx, live: &Rc<Live>, entry: &Entry) -> Flow<Taken> {
    let provider = live.provider(cx);
    let before = live.group(cx)?.roster();
    let keys = Keys(db::vault::keys(&cx.db, live.id)?);
    let seen =
        live.group(cx)?.handle_commit(&provider, &entry.body, entry.made_in(), entry.server_time(), &keys);
    let facts = match seen {
        Err(CommitError::Own(facts)) => *facts,
        // By the server's stamp the commit is not allowed after all: nobody merges it.
        Err(CommitError::Policy(_)) => {
            abandon_own(cx, live)?;
            return refuse(cx, live, entry, RefusalReason::Policy);
        }
        _ => return Ok(Taken::Broken),
    };
    open::begin(cx, live, entry, facts.author)?;
    live.group(cx)?.adopt(&provider).map_err(|_| Fault::Db(db::DbError::Damaged))?;
    db::conversation::clear_pending_commit(&cx.db, live.id)?;
    db::intent::adopted(&cx.db, live.id, entry.position())?;
    if let Some(key) = entry.idempotency_key() {
        live.outcomes.borrow_mut().insert(key, Outcome::Adopted(entry.position()));
    }
    merged(cx, live, entry, &facts, &before)
}

fn take_foreign(cx: &Cx, live: &Rc<Live>, entry: &Entry) -> Flow<Taken> {
    #[cfg(feature = "hostile")]
    if cx.take_deed(|deed| matches!(deed, crate::hostile::Deed::FalseRefusal).then_some(())).is_some() {
        return refuse(cx, live, entry, RefusalReason::ConfirmationTag);
    }
    let provider = live.provider(cx);
    let keys = Keys(db::vault::keys(&cx.db, live.id)?);
    let parent = entry.made_in();
    let (staged, before) = {
        let mut group = live.group(cx)?;
        let before = group.roster();
        (group.handle_commit(&provider, &entry.body, parent, entry.server_time(), &keys), before)
    };
    match staged {
        Ok(staged) if !statement_fits(cx, live, entry, &staged.authenticated_data)? => alarm(cx, live),
        Ok(staged) => merge(cx, live, entry, staged, &before),
        Err(CommitError::MissingVaultKey) => {
            vault::ask_for_keys(cx, live)?;
            Ok(Taken::Waits)
        }
        Err(CommitError::Storage(_)) => Err(Fault::Db(db::DbError::Damaged)),
        Err(error) => match error.refusal() {
            Some(reason) => refuse(cx, live, entry, reason),
            None => Ok(Taken::Broken),
        },
    }
}

/// This device cannot accept the commit: it says so, stays in the epoch before, and waits for the void.
fn refuse(cx: &Cx, live: &Rc<Live>, entry: &Entry, reason: RefusalReason) -> Flow<Taken> {
    live.set_group(None);
    live.update(cx, |row| row.refused_seq = entry.position())?;
    receipts::refuse(cx, live, entry, reason)?;
    receipts::watch(cx, live);
    Ok(Taken::Done)
}

fn merge(
    cx: &Cx,
    live: &Rc<Live>,
    entry: &Entry,
    staged: StagedCommit,
    before: &asterism_policy::Roster,
) -> Flow<Taken> {
    abandon_own(cx, live)?;
    let provider = live.provider(cx);
    let facts = staged.facts.clone();
    open::begin(cx, live, entry, facts.author)?;
    live.group(cx)?.merge(&provider, staged).map_err(|_| Fault::Db(db::DbError::Damaged))?;
    #[cfg(feature = "hostile")]
    crate::hostile::lie_about(cx, live, entry.position())?;
    merged(cx, live, entry, &facts, before)
}

/// Another commit won the epoch that one's own was made for.
pub(super) fn abandon_own(cx: &Cx, live: &Live) -> Flow<()> {
    if let Some(pending) = db::conversation::pending_commit(&cx.db, live.id)? {
        let provider = live.provider(cx);
        live.group(cx)?.abandon(&provider).map_err(|_| Fault::Db(db::DbError::Damaged))?;
        db::conversation::clear_pending_commit(&cx.db, live.id)?;
        db::intent::abandoned(&cx.db, live.id)?;
        live.outcomes.borrow_mut().insert(pending.idempotency, Outcome::Lost);
    }
    Ok(())
}

fn merged(
    cx: &Cx,
    live: &Rc<Live>,
    entry: &Entry,
    facts: &CommitFacts,
    before: &asterism_policy::Roster,
) -> Flow<Taken> {
    let me = cx.me()?;
    let gone = facts.removes.iter().any(|leaf| leaf.device == me.device);
    let epoch = Epoch { number: entry.epoch + 1, opened_by: entry.position() };
    live.update(cx, |row| row.epoch = epoch)?;
    events::record_commit(cx, live, entry, facts, before)?;
    if gone {
        return left(cx, live);
    }
    vault::rotate(cx, live, entry.position())?;
    open::add(cx, live, entry, facts, before)?;
    for leaf in &facts.adds {
        db::people::touch(&cx.db, leaf.account)?;
    }
    db::people::touch(&cx.db, facts.author.leaf().account)?;
    crate::people::refresh_soon(cx);
    events::conversation_changed(cx, live)?;
    Ok(Taken::Done)
}

/// This device was removed: its keys go, what it has read stays.
pub(crate) fn left(cx: &Cx, live: &Rc<Live>) -> Flow<Taken> {
    live.set_group(None);
    open::forget_all(cx, live)?;
    db::came_by::forget(&cx.db, live.id)?;
    db::known_group::forget(&cx.db, live.id)?;
    live.update(cx, |row| row.state = State::Left)?;
    events::conversation_changed(cx, live)?;
    Ok(Taken::Done)
}

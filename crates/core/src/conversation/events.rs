//! Membership events in the conversation, and what hosts that follow are told.

use super::{Live, view};
use crate::{
    api::Event,
    cx::Cx,
    db::{self, message::MessageRow},
    fault::Flow,
};
use asterism_policy::{Author, CommitFacts, Roster, What};
use asterism_wire::{AccountId, MessageId, entry::Entry, signing};
use std::{collections::BTreeSet, rc::Rc};

/// A message was added or changed.
pub(crate) fn message_changed(cx: &Cx, message: &MessageRow) -> Flow<()> {
    cx.event(Event::Message { message: view::message(cx, message)? });
    Ok(())
}

/// A conversation was added or changed.
pub(crate) fn conversation_changed(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    cx.event(Event::Conversation { conversation: view::conversation(cx, live)? });
    Ok(())
}

/// Writes down what a commit did to the membership.
pub(crate) fn record_commit(
    cx: &Cx,
    live: &Rc<Live>,
    entry: &Entry,
    facts: &CommitFacts,
    before: &Roster,
) -> Flow<()> {
    let author = facts.author.leaf().account;
    let after = before.after(facts);
    let came: BTreeSet<AccountId> = after.accounts().filter(|a| before.leaves_of(*a) == 0).collect();
    let with_more = |a: &AccountId| (1..after.leaves_of(*a)).contains(&before.leaves_of(*a));
    let extended: BTreeSet<AccountId> = before.accounts().filter(with_more).collect();
    let went: BTreeSet<AccountId> = before.accounts().filter(|a| after.leaves_of(*a) == 0).collect();
    let promoted: BTreeSet<AccountId> = facts
        .changes()
        .filter_map(|change| match &change.what {
            Some(What::SetRole(set)) => AccountId::try_from(set.account.as_slice()).ok(),
            _ => None,
        })
        .collect();
    let arrival = if matches!(facts.author, Author::Ticket { .. }) { "joined" } else { "added" };
    for (kind, subjects) in [(arrival, came), ("device", extended), ("removed", went), ("role", promoted)] {
        if !subjects.is_empty() {
            record(cx, live, entry, kind, author, subjects.into_iter().collect())?;
        }
    }
    Ok(())
}

/// Writes one event down.
pub(crate) fn record(
    cx: &Cx,
    live: &Rc<Live>,
    entry: &Entry,
    kind: &str,
    author: AccountId,
    subjects: Vec<AccountId>,
) -> Flow<()> {
    let position = entry.seq.to_be_bytes();
    let id = MessageId(
        signing::hash("asterism 1 local event", &[live.id.as_bytes(), &position, kind.as_bytes()]).0,
    );
    for account in subjects.iter().chain([&author]) {
        db::people::touch(&cx.db, *account)?;
    }
    let event = MessageRow {
        conversation: live.id,
        id,
        seq: entry.position(),
        sender: author,
        at: entry.server_time(),
        kind: kind.to_owned(),
        text: None,
        reply_to: None,
        content: Vec::new(),
        subjects,
        state: "received".into(),
    };
    if db::message::insert(&cx.db, &event)? {
        message_changed(cx, &event)?;
    }
    Ok(())
}

//! Membership events in the conversation, and what hosts that follow are told.

use super::{Live, view};
use crate::{
    api::{Event, Role},
    cx::Cx,
    db::{self, message::MessageRow},
    fault::Flow,
};
use asterism_policy::{Author, CommitFacts, Roster, What};
use asterism_wire::{AccountId, MessageId, entry::Entry, signing};
use serde::{Deserialize, Serialize};
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
    let (mut promoted, mut roles) = (BTreeSet::new(), Vec::new());
    for change in facts.changes() {
        let Some(What::SetRole(set)) = &change.what else { continue };
        promoted.extend(AccountId::try_from(set.account.as_slice()));
        roles.extend(asterism_policy::Role::try_from(set.role).ok().map(Role::from));
    }
    // Several people may be given several roles at once: then the event says only that.
    let role = roles.first().copied().filter(|first| roles.iter().all(|role| role == first));
    let arrival = if matches!(facts.author, Author::Ticket { .. }) { "joined" } else { "added" };
    for (kind, subjects) in [(arrival, came), ("device", extended), ("removed", went), ("role", promoted)] {
        if !subjects.is_empty() {
            let role = role.filter(|_| kind == "role");
            let detail = Detail { role, name: None };
            record(cx, live, entry, kind, author, subjects.into_iter().collect(), detail)?;
        }
    }
    Ok(())
}

/// What an event is about, beside the people.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Detail {
    /// Of `role`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<Role>,
    /// Of `renamed`: the new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// As it was written down; nothing of messages, and of events of earlier versions.
pub(crate) fn detail(row: &MessageRow) -> Detail {
    let written = matches!(row.kind.as_str(), "role" | "renamed").then_some(row.content.as_slice());
    written.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}

/// Writes one event down.
pub(crate) fn record(
    cx: &Cx,
    live: &Rc<Live>,
    entry: &Entry,
    kind: &str,
    author: AccountId,
    subjects: Vec<AccountId>,
    detail: Detail,
) -> Flow<()> {
    let position = entry.seq.to_be_bytes();
    let id = MessageId(
        signing::hash("asterism 1 local event", &[live.id.as_bytes(), &position, kind.as_bytes()]).0,
    );
    let content = match &detail {
        Detail { role: None, name: None } => Vec::new(),
        detail => serde_json::to_vec(detail).unwrap_or_default(),
    };
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
        content,
        subjects,
        state: "received".into(),
    };
    if db::message::insert(&cx.db, &event)? {
        message_changed(cx, &event)?;
    }
    Ok(())
}

//! When which conversation is due to void a commit. Time is an argument: whoever owns the server's loop
//! asks when to come back, and comes back.

use asterism_wire::ids::{ConversationId, Timestamp};
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The deadlines of all conversations, as the store has them too.
#[derive(Debug, Default)]
pub(super) struct Deadlines(Mutex<BTreeSet<(Timestamp, ConversationId)>>);

impl Deadlines {
    pub(super) fn new(all: impl IntoIterator<Item = (Timestamp, ConversationId)>) -> Self {
        Self(Mutex::new(all.into_iter().collect()))
    }

    /// The first.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.all().first().map(|(at, _)| *at)
    }

    /// Those that have come.
    pub(super) fn due(&self, now: Timestamp) -> BTreeSet<ConversationId> {
        self.all().iter().take_while(|(at, _)| *at <= now).map(|(_, conversation)| *conversation).collect()
    }

    /// Those of one conversation that have come.
    pub(super) fn due_of(&self, conversation: ConversationId, now: Timestamp) -> Vec<Timestamp> {
        let all = self.all();
        let due = all.iter().take_while(|(at, _)| *at <= now);
        due.filter(|(_, other)| *other == conversation).map(|(at, _)| *at).collect()
    }

    pub(super) fn change(&self, conversation: ConversationId, not_due: &[Timestamp], due: Option<Timestamp>) {
        if not_due.is_empty() && due.is_none() {
            return;
        }
        let mut all = self.all();
        for at in not_due {
            all.remove(&(*at, conversation));
        }
        if let Some(at) = due {
            all.insert((at, conversation));
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeSet<(Timestamp, ConversationId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

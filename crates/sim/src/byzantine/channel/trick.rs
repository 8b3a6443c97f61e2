//! What a dishonest server does in a tale: requests that do not arrive, answers and pushes that are others, an entry
//! that nobody has appended.

use asterism_wire::{
    ConversationId, Hash,
    entry::Entry,
    frame::{Answer, Failure, Happened, Request},
    head,
};

/// Instead of letting a client's request reach the server.
type Instead = Box<dyn FnMut(usize, &Request) -> Option<Answer>>;
/// Instead of what the server has answered a client.
type Changed = Box<dyn FnMut(usize, &Request, Answer) -> Answer>;
/// Instead of what a client is told on the server's own account.
type Pushed = Box<dyn FnMut(usize, Happened) -> Option<Happened>>;

/// See the module. What is absent is done as an honest server does it.
#[derive(Default)]
pub(super) struct Trick {
    instead: Option<Instead>,
    changed: Option<Changed>,
    pushed: Option<Pushed>,
    planted: Option<Planted>,
}

/// An entry that stands in one log as the victim is told it.
pub(super) struct Planted {
    pub(super) log: ConversationId,
    /// Its position; what is there really comes after it.
    pub(super) seq: u64,
    pub(super) entry: Entry,
}

impl Trick {
    pub(super) fn instead(mut self, lie: impl FnMut(usize, &Request) -> Option<Answer> + 'static) -> Self {
        self.instead = Some(Box::new(lie));
        self
    }

    pub(super) fn changed(mut self, lie: impl FnMut(usize, &Request, Answer) -> Answer + 'static) -> Self {
        self.changed = Some(Box::new(lie));
        self
    }

    /// After what it changes already.
    pub(super) fn also_changed(
        mut self,
        mut lie: impl FnMut(usize, &Request, Answer) -> Answer + 'static,
    ) -> Self {
        let mut before = self.changed.take();
        self.changed(move |client, request, answer| {
            let answer = match &mut before {
                Some(before) => before(client, request, answer),
                None => answer,
            };
            lie(client, request, answer)
        })
    }

    pub(super) fn pushed(mut self, lie: impl FnMut(usize, Happened) -> Option<Happened> + 'static) -> Self {
        self.pushed = Some(Box::new(lie));
        self
    }

    pub(super) fn planted(mut self, planted: Planted) -> Self {
        self.planted = Some(planted);
        self
    }

    /// An answer without the server's knowledge.
    pub(super) fn answers(&mut self, client: usize, request: &Request) -> Option<Answer> {
        self.instead.as_mut()?(client, request)
    }

    /// What is said instead of an answer, and whether it is something else.
    pub(super) fn says(&mut self, client: usize, request: &Request, answer: Answer) -> (Answer, bool) {
        let Some(lie) = &mut self.changed else { return (answer, false) };
        let said = lie(client, request, answer.clone());
        let lied = said != answer;
        (said, lied)
    }

    /// Likewise of a push.
    pub(super) fn tells(&mut self, client: usize, happened: Happened) -> (Option<Happened>, bool) {
        let Some(lie) = &mut self.pushed else { return (Some(happened), false) };
        let told = lie(client, happened.clone());
        let lied = told.as_ref() != Some(&happened);
        (told, lied)
    }

    /// Is something planted in this log?
    pub(super) fn plants_in(&self, log: ConversationId) -> bool {
        self.planted.as_ref().is_some_and(|planted| planted.log == log)
    }

    /// A log with what is planted in it.
    pub(super) fn told(&self, log: ConversationId, mut real: Vec<Entry>) -> Vec<Entry> {
        let Some(planted) = self.planted.as_ref().filter(|planted| planted.log == log) else { return real };
        let at = usize::try_from(planted.seq - 1).unwrap_or(usize::MAX).min(real.len());
        let mut tail = real.split_off(at);
        tail.insert(0, planted.entry.clone());
        chained(log, real, tail)
    }
}

/// Entries put behind others, with positions, times and heads that fit.
pub(super) fn chained(log: ConversationId, mut told: Vec<Entry>, tail: Vec<Entry>) -> Vec<Entry> {
    let known = told.last().and_then(|last| Hash::try_from(last.head.as_slice()).ok());
    let mut previous = known.unwrap_or(head::genesis(log));
    let mut time = told.last().map_or(0, |last| last.server_time_ms);
    for entry in tail {
        time = time.max(entry.server_time_ms);
        let mut entry = Entry { seq: told.len() as u64 + 1, server_time_ms: time, ..entry };
        previous = entry.expected_head(log, previous).unwrap_or(previous);
        entry.head = previous.to_vec();
        told.push(entry);
    }
    told
}

/// The server refuses.
pub(super) fn refusal(code: asterism_wire::ErrorCode) -> Answer {
    Answer::Failure(Failure::of(code))
}

//! Another history for the victim, with heads that fit it: what a server does that is not merely careless.

use super::{
    attack::Act,
    layer::{Log, appended},
};
use asterism_wire::{
    ConversationId, Hash,
    entry::{Entry, EntryKind},
    frame::{self, Answer, Appended, Failure, Request, ServerFrame},
    limits,
};

/// See the module.
pub(super) struct Fork {
    pub(super) conversation: ConversationId,
    /// The first position that differs or may differ.
    pub(super) from: u64,
    /// The head before it.
    pub(super) head: Hash,
    pub(super) act: Act,
    /// What is inserted, for attacks that insert.
    pub(super) forged: Option<Entry>,
    pub(super) salt: u64,
    /// How many entries of the other history were pushed.
    pub(super) pushed: usize,
}

impl Fork {
    /// The other history from `from` on, and the position in the real log of each entry (0: of none).
    fn tail(&self, log: &Log) -> Vec<(u64, Entry)> {
        let mut tail: Vec<(u64, Entry)> =
            log.range(self.from..).map(|(seq, entry)| (*seq, entry.clone())).collect();
        self.edit(&mut tail);
        let positions: Vec<(u64, u64)> =
            tail.iter().enumerate().map(|(i, (real, _))| (*real, self.from + i as u64)).collect();
        let mut head = self.head;
        for (i, (_, entry)) in tail.iter_mut().enumerate() {
            entry.seq = self.from + i as u64;
            if let Some((_, now)) = positions.iter().find(|(real, _)| *real == entry.epoch_opened_by) {
                entry.epoch_opened_by = *now;
            }
            if let Ok(next) = entry.expected_head(self.conversation, head) {
                head = next;
                entry.head = head.to_vec();
            }
        }
        tail
    }

    fn edit(&self, tail: &mut Vec<(u64, Entry)>) {
        // Not always the first one.
        let nth = usize::try_from(self.salt % 3).unwrap_or(0);
        let mut messages =
            (0..tail.len()).filter(|at| tail[*at].1.kind == EntryKind::Message as i32).skip(nth);
        let mut commits =
            (0..tail.len()).filter(|at| tail[*at].1.kind == EntryKind::Commit as i32).skip(nth % 2);
        let (message, commit) = (messages.next(), commits.next());
        match (self.act, message, commit) {
            (Act::ForkDrop, Some(at), _) | (Act::ForkDropCommit, _, Some(at)) => {
                tail.remove(at);
            }
            (Act::ForkReorder, Some(at), _) => {
                // Nothing is shown before both are there.
                if at + 1 < tail.len() {
                    tail.swap(at, at + 1);
                    let time = tail[at].1.server_time_ms.max(tail[at + 1].1.server_time_ms);
                    tail[at].1.server_time_ms = time;
                    tail[at + 1].1.server_time_ms = time;
                } else {
                    tail.truncate(at);
                }
            }
            (Act::ForkReplay, Some(at), _) => {
                let (_, mut again) = tail[at].clone();
                let place = (at + 2).min(tail.len());
                again.server_time_ms = tail[place - 1].1.server_time_ms;
                tail.insert(place, (0, again));
            }
            (Act::ForkBody, Some(at), _) | (Act::ForkUnsignedCommit, _, Some(at)) => {
                let mut body = tail[at].1.body.to_vec();
                // The end of a commit are its signature and tags.
                let some = usize::try_from(self.salt).unwrap_or(0) % 150.min(body.len());
                let place = body.len() - 1 - some;
                body[place] ^= 1;
                tail[at].1.body = body.into();
            }
            (Act::ForkTime, Some(at), _) => tail[at].1.server_time_ms += 1,
            (Act::ForkTimeBack, Some(at), _) => tail[at].1.server_time_ms = 1,
            (Act::ForkKind, Some(at), _) => tail[at].1.kind = EntryKind::Commit as i32,
            (Act::ForkMoved | Act::ForkForgedCommit | Act::ForkVoidBare | Act::ForkVoidByStranger, ..) => {
                if let (Some(forged), Some((_, first))) = (&self.forged, tail.first()) {
                    let mut forged = forged.clone();
                    forged.server_time_ms = first.server_time_ms;
                    tail.insert(0, (0, forged));
                }
            }
            _ => {}
        }
    }

    /// What is pushed for a real push.
    pub(super) fn pushes(&mut self, log: &Log, new: &Appended) -> (Vec<ServerFrame>, bool) {
        let Some(entry) = &new.entry else { return (Vec::new(), false) };
        if entry.seq < self.from {
            return (vec![appended(self.conversation, entry.clone())], false);
        }
        let tail = self.tail(log);
        let frames: Vec<_> =
            tail.iter().skip(self.pushed).map(|(_, e)| appended(self.conversation, e.clone())).collect();
        self.pushed = self.pushed.max(tail.len());
        (frames, self.differs(log))
    }

    /// Is what it tells not what there is?
    pub(super) fn differs(&self, log: &Log) -> bool {
        let real: Vec<&Entry> = log.range(self.from..).map(|(_, e)| e).collect();
        let told = self.tail(log);
        told.len() != real.len() || told.iter().zip(real).any(|((_, told), real)| told != real)
    }

    fn head_of(&self, log: &Log) -> u64 {
        self.from - 1 + self.tail(log).len() as u64
    }

    fn to_real(&self, log: &Log, told: u64) -> u64 {
        if told < self.from {
            return told;
        }
        let tail = self.tail(log);
        let at = usize::try_from(told - self.from).unwrap_or(usize::MAX);
        tail.get(at).map_or(told, |(real, _)| *real)
    }

    fn to_told(&self, log: &Log, real: u64) -> u64 {
        let tail = self.tail(log);
        let at = tail.iter().position(|(position, _)| *position == real);
        match at {
            Some(at) => self.from + at as u64,
            None if real < self.from => real,
            None => self.head_of(log) + 1,
        }
    }

    /// A request, in the real log's positions; or its answer.
    pub(super) fn request(&self, log: &Log, mut request: Request) -> Result<Request, Box<Answer>> {
        let here = self.conversation.as_bytes();
        match &mut request {
            Request::Fetch(r) if r.conversation == here && r.from_seq >= self.from => {
                let entries: Vec<Entry> = self
                    .tail(log)
                    .into_iter()
                    .map(|(_, entry)| entry)
                    .filter(|entry| entry.seq >= r.from_seq)
                    .take(limits::FETCH_ENTRIES_MAX)
                    .collect();
                let head_seq = self.head_of(log);
                return Err(Box::new(Answer::Entries(frame::Entries {
                    entries,
                    head_seq,
                    ..frame::Entries::default()
                })));
            }
            Request::SendMessage(r) if r.conversation == here => {
                r.epoch_opened_by = self.to_real(log, r.epoch_opened_by);
            }
            Request::SubmitCommit(r) if r.conversation == here => {
                r.epoch_opened_by = self.to_real(log, r.epoch_opened_by);
            }
            _ => {}
        }
        Ok(request)
    }

    /// An answer, in the positions that the victim was told.
    pub(super) fn answer(&self, log: &Log, request: &Request, answer: Answer) -> Answer {
        let here = super::layer::about(request) == Some(self.conversation);
        match answer {
            Answer::Entries(mut page) if here => {
                page.entries.retain(|entry| entry.seq < self.from);
                page.head_seq = self.head_of(log);
                Answer::Entries(page)
            }
            Answer::Accepted(mut accepted) if here => {
                accepted.seq = self.to_told(log, accepted.seq);
                Answer::Accepted(accepted)
            }
            Answer::Failure(Failure { stale: Some(mut stale), code, retry_after_ms }) if here => {
                stale.head_seq = self.head_of(log);
                Answer::Failure(Failure { stale: Some(stale), code, retry_after_ms })
            }
            Answer::Subscribed(mut subscribed) => {
                for standing in &mut subscribed.standings {
                    if standing.conversation == self.conversation.as_bytes() {
                        standing.head_seq = self.head_of(log);
                    }
                }
                Answer::Subscribed(subscribed)
            }
            answer => answer,
        }
    }
}

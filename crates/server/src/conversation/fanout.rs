//! Who is told what is appended: connections by conversation (docs/protocol.md §1.4). Owns no membership:
//! whoever subscribes was let in before, and whoever is removed is taken out here.

use crate::connection::Connection;
use asterism_wire::ids::{AccountId, ConversationId, DeviceId, Seq};
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Parts of the registry, each with a lock of its own. A power of two, at most 256.
const PARTS: usize = 64;

/// A device's connection that wants to be told.
#[derive(Debug, Clone)]
pub(super) struct Subscriber {
    pub(super) account: AccountId,
    pub(super) device: DeviceId,
    pub(super) connection: Connection,
}

type Part = HashMap<ConversationId, Vec<Subscriber>>;

/// The registry.
#[derive(Debug)]
pub(super) struct Fanout {
    parts: [Mutex<Part>; PARTS],
    /// Connection → what it subscribed to, to forget it when it ends.
    connections: Mutex<HashMap<u64, Vec<ConversationId>>>,
}

impl Default for Fanout {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| Mutex::default()), connections: Mutex::default() }
    }
}

impl Fanout {
    /// From now on the connection is told.
    pub(super) fn subscribe(&self, conversation: ConversationId, subscriber: Subscriber) {
        let connection = subscriber.connection.clone();
        self.enter(conversation, subscriber);
        // It may have ended, and been forgotten, before it was entered.
        if connection.closed().is_some() {
            self.forget(connection.id());
        }
    }

    fn enter(&self, conversation: ConversationId, subscriber: Subscriber) {
        let id = subscriber.connection.id();
        let mut part = self.part(conversation);
        let all = part.entry(conversation).or_default();
        if all.iter().any(|s| s.connection.id() == id) {
            return;
        }
        all.push(subscriber);
        drop(part);
        lock(&self.connections).entry(id).or_default().push(conversation);
    }

    /// The devices are not told any more.
    pub(super) fn unsubscribe(&self, conversation: ConversationId, devices: &[DeviceId]) {
        if devices.is_empty() {
            return;
        }
        if let Some(all) = self.part(conversation).get_mut(&conversation) {
            all.retain(|s| !devices.contains(&s.device));
        }
    }

    /// The connection has ended.
    pub(super) fn forget(&self, connection: u64) {
        let conversations = lock(&self.connections).remove(&connection).unwrap_or_default();
        for conversation in conversations {
            let mut part = self.part(conversation);
            if let Some(all) = part.get_mut(&conversation) {
                all.retain(|s| s.connection.id() != connection);
                if all.is_empty() {
                    part.remove(&conversation);
                }
            }
        }
    }

    /// Tells all of an entry.
    pub(super) fn push_entry(&self, conversation: ConversationId, seq: Seq, frame: &Bytes) {
        if let Some(all) = self.part(conversation).get(&conversation) {
            for subscriber in all {
                subscriber.connection.push_entry(conversation, seq.0, frame.clone());
            }
        }
    }

    /// Tells all but one connection of something that may be dropped.
    pub(super) fn push_signal(&self, conversation: ConversationId, except: Option<u64>, frame: &Bytes) {
        if let Some(all) = self.part(conversation).get(&conversation) {
            for subscriber in all.iter().filter(|s| Some(s.connection.id()) != except) {
                subscriber.connection.push_signal(frame.clone());
            }
        }
    }

    /// Up to `count` connections of different devices, none of the account, beginning somewhere else for
    /// each `turn` so that not always the same devices are asked.
    pub(super) fn others(
        &self,
        conversation: ConversationId,
        account: AccountId,
        count: usize,
        turn: u64,
    ) -> Vec<Connection> {
        let part = self.part(conversation);
        let all = part.get(&conversation).map_or(&[][..], Vec::as_slice);
        let start = usize::try_from(turn).unwrap_or(0).checked_rem(all.len()).unwrap_or(0);
        let (before, after) = all.split_at(start);
        let mut chosen: Vec<&Subscriber> = Vec::with_capacity(count);
        for subscriber in after.iter().chain(before) {
            let known = chosen.iter().any(|s| s.device == subscriber.device);
            if chosen.len() < count && subscriber.account != account && !known {
                chosen.push(subscriber);
            }
        }
        chosen.into_iter().map(|s| s.connection.clone()).collect()
    }

    fn part(&self, conversation: ConversationId) -> MutexGuard<'_, Part> {
        // Conversation ids are random, so that any byte of them spreads well; and where somebody chooses
        // them, they only crowd one lock.
        lock(&self.parts[usize::from(conversation.0[0]) % PARTS])
    }
}

fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONVERSATION: ConversationId = ConversationId([1; 16]);

    fn subscriber(account: u8, device: u8) -> (Subscriber, crate::connection::Outgoing) {
        let (connection, outgoing) = Connection::for_test(8);
        let subscriber =
            Subscriber { account: AccountId([account; 32]), device: DeviceId([device; 16]), connection };
        (subscriber, outgoing)
    }

    #[test]
    fn a_forgotten_connection_is_told_nothing() {
        let fanout = Fanout::default();
        let (one, mut outgoing) = subscriber(1, 1);
        let id = one.connection.id();
        fanout.subscribe(CONVERSATION, one);
        fanout.push_entry(CONVERSATION, Seq(1), &Bytes::from_static(b"x"));
        assert!(outgoing.try_next().is_some());
        fanout.forget(id);
        fanout.push_entry(CONVERSATION, Seq(2), &Bytes::from_static(b"y"));
        assert!(outgoing.try_next().is_none());
        assert!(lock(&fanout.parts[1]).is_empty());
    }

    #[test]
    fn only_other_accounts_are_asked_each_device_once() {
        let fanout = Fanout::default();
        let all: Vec<_> = [(1, 1), (2, 2), (2, 2), (3, 3)].map(|(a, d)| subscriber(a, d)).into();
        for (one, _) in &all {
            fanout.subscribe(CONVERSATION, one.clone());
        }
        for turn in 0..4 {
            assert_eq!(fanout.others(CONVERSATION, AccountId([1; 32]), 9, turn).len(), 2);
        }
    }
}

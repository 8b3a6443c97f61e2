//! Who is told what is appended: connections by log (docs/protocol.md §1.4). Owns no membership: whoever
//! subscribes was let in before, and whoever is removed is taken out here.

use crate::connection::Connection;
use asterism_policy::Leaf;
use asterism_wire::ids::{AccountId, ConversationId, Seq};
use bytes::Bytes;
use rand::{Rng, seq::SliceRandom as _};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Parts of the registry, each with a lock of its own. A power of two, at most 256.
const PARTS: usize = 64;

/// A connection that wants to be told, and as whom it was let in.
#[derive(Debug, Clone)]
pub(crate) struct Listener<W> {
    pub(crate) who: W,
    pub(crate) connection: Connection,
}

/// Who is told of each log, ascending by connection: new ones come last, and one is found among very many.
type Part<W> = HashMap<ConversationId, Vec<Listener<W>>>;

/// The registry.
#[derive(Debug)]
pub(crate) struct Fanout<W> {
    parts: [Mutex<Part<W>>; PARTS],
    /// Connection → of what it is told, to forget it when it ends. Invariant: the same as in the parts, in the eyes of
    /// whoever has locked the part. A part is locked before this, never the other way round.
    connections: Mutex<HashMap<u64, BTreeSet<ConversationId>>>,
}

impl<W> Default for Fanout<W> {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| Mutex::default()), connections: Mutex::default() }
    }
}

impl<W> Fanout<W> {
    /// From now on the connection is told.
    pub(crate) fn subscribe(&self, conversation: ConversationId, listener: Listener<W>) {
        let connection = listener.connection.clone();
        self.enter(conversation, listener);
        // It may have ended, and been forgotten, before it was entered.
        if connection.closed().is_some() {
            self.forget(connection.id());
        }
    }

    fn enter(&self, conversation: ConversationId, listener: Listener<W>) {
        let id = listener.connection.id();
        let mut part = self.part(conversation);
        let all = part.entry(conversation).or_default();
        match position(all, id) {
            Ok(known) => {
                all[known].who = listener.who;
                return;
            }
            Err(place) => all.insert(place, listener),
        }
        lock(&self.connections).entry(id).or_default().insert(conversation);
    }

    /// Those who are not among them any more are not told any more.
    pub(crate) fn retain(&self, conversation: ConversationId, stays: impl Fn(&W) -> bool) {
        let mut part = self.part(conversation);
        let Some(all) = part.get_mut(&conversation) else { return };
        let mut gone = Vec::new();
        all.retain(|listener| {
            let stays = stays(&listener.who);
            if !stays {
                gone.push(listener.connection.id());
            }
            stays
        });
        if all.is_empty() {
            part.remove(&conversation);
        }
        if gone.is_empty() {
            return;
        }
        let mut connections = lock(&self.connections);
        for id in gone {
            if let Some(of_one) = connections.get_mut(&id) {
                of_one.remove(&conversation);
                if of_one.is_empty() {
                    connections.remove(&id);
                }
            }
        }
    }

    /// A connection that is told is told as somebody else from now on, where `change` says so.
    pub(crate) fn change(
        &self,
        conversation: ConversationId,
        connection: u64,
        change: impl Fn(&W) -> Option<W>,
    ) {
        let mut part = self.part(conversation);
        let Some(all) = part.get_mut(&conversation) else { return };
        if let Ok(at) = position(all, connection)
            && let Some(who) = change(&all[at].who)
        {
            all[at].who = who;
        }
    }

    /// What is looked for among those who are told.
    pub(crate) fn select<T>(&self, conversation: ConversationId, look: impl Fn(&W) -> Option<T>) -> Vec<T> {
        let part = self.part(conversation);
        let all = part.get(&conversation).map_or(&[][..], Vec::as_slice);
        all.iter().filter_map(|l| look(&l.who)).collect()
    }

    /// The connection has ended.
    pub(crate) fn forget(&self, connection: u64) {
        // Not kept locked: a part is locked first.
        let conversations = lock(&self.connections).remove(&connection).unwrap_or_default();
        for conversation in conversations {
            let mut part = self.part(conversation);
            if let Some(all) = part.get_mut(&conversation) {
                if let Ok(at) = position(all, connection) {
                    all.remove(at);
                }
                if all.is_empty() {
                    part.remove(&conversation);
                }
            }
        }
    }

    /// Tells all of an entry.
    pub(crate) fn push_entry(&self, conversation: ConversationId, seq: Seq, frame: &Bytes) {
        if let Some(all) = self.part(conversation).get(&conversation) {
            for listener in all {
                listener.connection.push_entry(conversation, seq.0, frame.clone());
            }
        }
    }

    /// Tells all but one connection of something that may be dropped.
    pub(crate) fn push_signal(&self, conversation: ConversationId, except: Option<u64>, frame: &Bytes) {
        if let Some(all) = self.part(conversation).get(&conversation) {
            for listener in all.iter().filter(|l| Some(l.connection.id()) != except) {
                listener.connection.push_signal(frame.clone());
            }
        }
    }

    fn part(&self, conversation: ConversationId) -> MutexGuard<'_, Part<W>> {
        // Conversation ids are random, so that any byte of them spreads well; and where somebody chooses
        // them, they only crowd one lock.
        lock(&self.parts[usize::from(conversation.0[0]) % PARTS])
    }
}

impl Fanout<Leaf> {
    /// Up to `count` connections of different accounts, none of this one, drawn at random; those of accounts that are
    /// to be asked `first` before all others. Each account counts once, however many devices it comes with: else
    /// whoever has many is asked in everybody's place.
    pub(crate) fn others(
        &self,
        conversation: ConversationId,
        account: AccountId,
        count: usize,
        random: &mut impl Rng,
        first: impl Fn(AccountId) -> bool,
    ) -> Vec<Connection> {
        let part = self.part(conversation);
        let all = part.get(&conversation).map_or(&[][..], Vec::as_slice);
        let mut others: Vec<_> = all.iter().filter(|l| l.who.account != account).collect();
        others.shuffle(random);
        let mut known = HashSet::new();
        others.retain(|l| known.insert(l.who.account));
        // Who came with more devices comes no sooner.
        others.shuffle(random);
        others.sort_by_cached_key(|l| !first(l.who.account));
        others.into_iter().take(count).map(|l| l.connection.clone()).collect()
    }
}

/// Where a connection is, or belongs.
fn position<W>(all: &[Listener<W>], connection: u64) -> Result<usize, usize> {
    all.binary_search_by_key(&connection, |l| l.connection.id())
}

fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_wire::ids::DeviceId;
    use rand::{SeedableRng as _, rngs::StdRng};

    const CONVERSATION: ConversationId = ConversationId([1; 16]);

    fn listener(account: u8, device: u8) -> (Listener<Leaf>, crate::connection::Outgoing) {
        let (connection, outgoing) = Connection::for_test(8);
        let who = Leaf { account: AccountId([account; 32]), device: DeviceId([device; 16]) };
        (Listener { who, connection }, outgoing)
    }

    #[test]
    fn a_forgotten_connection_is_told_nothing() {
        let fanout = Fanout::default();
        let (one, mut outgoing) = listener(1, 1);
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
    fn a_connection_is_told_once_whoever_it_is_in_any_order() {
        let fanout = Fanout::default();
        let mut all: Vec<_> = (0..9).map(|n| listener(n, n)).collect();
        for at in [4, 0, 8, 3, 5, 1, 7, 2, 6, 4, 4] {
            fanout.subscribe(CONVERSATION, all[at].0.clone());
        }
        let (first, last) = (all[0].0.connection.id(), all[8].0.connection.id());
        let other = Leaf { account: AccountId([99; 32]), device: DeviceId([99; 16]) };
        fanout.change(CONVERSATION, last, |_| Some(other));
        assert_eq!(fanout.select(CONVERSATION, |leaf| Some(leaf.account.0[0])), [0, 1, 2, 3, 4, 5, 6, 7, 99]);
        fanout.forget(first);
        fanout.retain(CONVERSATION, |leaf| *leaf != other);
        fanout.push_entry(CONVERSATION, Seq(1), &Bytes::from_static(b"x"));
        let told: Vec<usize> = all
            .iter_mut()
            .map(|(_, outgoing)| match outgoing.try_next() {
                Some(crate::connection::Drained::Frames(frames)) => frames.len(),
                _ => 0,
            })
            .collect();
        assert_eq!(told, [0, 1, 1, 1, 1, 1, 1, 1, 0]);
    }

    #[test]
    fn nothing_is_kept_of_who_is_taken_out_however_often_they_come_back() {
        let fanout = Fanout::default();
        let other = ConversationId([2; 16]);
        let ((one, _first), (two, _second)) = (listener(1, 1), listener(2, 2));
        fanout.subscribe(other, one.clone());
        for _ in 0..3 {
            fanout.subscribe(CONVERSATION, one.clone());
            fanout.subscribe(CONVERSATION, two.clone());
            fanout.subscribe(CONVERSATION, two.clone());
            let known = lock(&fanout.connections).clone();
            assert_eq!(known[&one.connection.id()], BTreeSet::from([CONVERSATION, other]));
            assert_eq!(known[&two.connection.id()], BTreeSet::from([CONVERSATION]));
            fanout.retain(CONVERSATION, |_| false);
            let known = lock(&fanout.connections).clone();
            assert_eq!(known, HashMap::from([(one.connection.id(), BTreeSet::from([other]))]));
            assert!(lock(&fanout.parts[1]).is_empty());
        }
        fanout.forget(one.connection.id());
        assert!(lock(&fanout.connections).is_empty());
        assert!(lock(&fanout.parts[2]).is_empty());
    }

    #[test]
    fn of_each_other_account_one_device_is_asked_and_who_is_first_before_all() {
        let fanout = Fanout::default();
        // One person with eight devices in each of two accounts, the asking account, and somebody with one device.
        let crowd = (0..16).map(|n| (10 + n / 8, n));
        let all: Vec<_> = crowd.chain([(1, 90), (2, 91)]).map(|(a, d)| listener(a, d)).collect();
        for (one, _) in &all {
            fanout.subscribe(CONVERSATION, one.clone());
        }
        let lone = &all[17].0.connection;
        let mut devices = BTreeSet::new();
        let mut drawn_first = 0;
        for seed in 0..64 {
            let asked = |count, first: u8| {
                let mut random = StdRng::seed_from_u64(seed);
                let is_first = |a| a == AccountId([first; 32]);
                fanout.others(CONVERSATION, AccountId([1; 32]), count, &mut random, is_first)
            };
            assert_eq!(asked(9, 1).len(), 3);
            assert!(asked(3, 1).contains(lone));
            assert_eq!(asked(1, 2), std::slice::from_ref(lone));
            devices.extend(asked(1, 10).iter().map(Connection::id));
            drawn_first += usize::from(asked(1, 1) == std::slice::from_ref(lone));
        }
        assert_eq!(devices.len(), 8, "any device of an account may be the one");
        assert!((8..32).contains(&drawn_first), "one of three accounts, {drawn_first} times of 64");
    }
}

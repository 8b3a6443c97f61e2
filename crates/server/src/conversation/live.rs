//! One conversation as it is held in memory. Everything here can be read from the store again.

use super::{
    actor::Position,
    ranges::Membership,
    records::{self, OpenCommitRecord, VoidRange},
};
use asterism_mls::Tracker;
use asterism_store::{Append, Expect, IdempotencyKey as StoreKey};
use asterism_wire::{
    entry::{Entry, EntryKind},
    frame::{Failure, Standing},
    head,
    ids::{AccountId, ConversationId, DeviceId, Epoch, Hash, IdempotencyKey, Seq, Timestamp},
    signing::sha256,
};
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};

/// Heads of the last entries that are kept to check what senders say about the log. Higher: fewer reads of
/// the store for senders that are behind.
const HEADS_MAX: usize = 128;

/// A conversation in memory.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: ConversationId,
    pub(super) position: Position,
    /// Where the log stood when it was read from the store.
    pub(super) loaded: Position,
    /// First position still kept.
    pub(super) floor: Seq,
    pub(super) epoch: Epoch,
    /// Commits that may be confirmed or voided yet, ascending.
    pub(super) open: Vec<OpenCommit>,
    pub(super) voids: Vec<VoidRange>,
    /// Of those devices that were asked for, or touched by a commit.
    pub(super) members: HashMap<DeviceId, Membership>,
    /// The group, when it was needed.
    pub(super) group: Option<Group>,
    /// Heads of the last entries, ascending; never more than [`HEADS_MAX`].
    heads: VecDeque<(Seq, Hash)>,
}

/// The group of the current epoch.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) tracker: Tracker,
    pub(super) group_info: Bytes,
    /// The encoded tree, when somebody has asked for it.
    pub(super) tree: Option<Bytes>,
}

/// What there is to know of an [`OpenCommitRecord`].
#[derive(Debug, Clone)]
pub(super) struct OpenCommit {
    pub(super) seq: Seq,
    pub(super) author: AccountId,
    pub(super) body_hash: Hash,
    pub(super) voidable: bool,
    pub(super) confirmable: bool,
    /// When it is to be voided.
    pub(super) void_at: Option<Timestamp>,
}

/// What an entry to be appended says.
pub(super) struct NewEntry {
    pub(super) kind: EntryKind,
    pub(super) epoch: Epoch,
    pub(super) stamp: Timestamp,
    pub(super) idempotency: Option<IdempotencyKey>,
    pub(super) body: Bytes,
}

impl Live {
    pub(super) fn new(id: ConversationId, position: Position, floor: Seq, epoch: Epoch) -> Self {
        Self {
            id,
            position,
            loaded: position,
            floor,
            epoch,
            open: Vec::new(),
            voids: Vec::new(),
            members: HashMap::new(),
            group: None,
            heads: VecDeque::from([(position.seq, position.head)]),
        }
    }

    /// The stamp of an entry at this time: it never decreases within a log.
    pub(super) fn stamp(&self, now: Timestamp) -> Timestamp {
        now.max(self.position.time)
    }

    /// Makes the next entry, and stands after it.
    pub(super) fn next_entry(&mut self, new: NewEntry) -> Entry {
        let seq = self.position.seq.next();
        let head = head::next(self.position.head, self.id, seq, new.kind, new.stamp, sha256(&new.body));
        self.position = Position { seq, head, time: new.stamp };
        if self.heads.len() == HEADS_MAX {
            self.heads.pop_front();
        }
        // After a rewind the positions come again.
        while self.heads.back().is_some_and(|(last, _)| *last >= seq) {
            self.heads.pop_back();
        }
        self.heads.push_back((seq, head));
        Entry {
            seq: seq.0,
            kind: new.kind as i32,
            epoch: new.epoch.number,
            epoch_opened_by: new.epoch.opened_by.0,
            server_time_ms: new.stamp.0,
            idempotency: new.idempotency.map(|key| key.to_vec()).unwrap_or_default(),
            body: new.body,
            head: head.to_vec(),
            withheld_hash: Vec::new(),
        }
    }

    /// An append of entries that were just made, after what stands before them.
    pub(super) fn append(&self, entries: &[Entry], key: Option<IdempotencyKey>) -> Append {
        let encoded = entries.iter().map(records::bytes).collect();
        let mut append = Append::new(records::stream(self.id), encoded);
        let before = entries.first().map_or(self.position.seq.0, |first| first.seq - 1);
        append.expect = Expect::Head(before);
        append.idempotency = key.map(|key| StoreKey(key.0)).into_iter().collect();
        append
    }

    /// The head at a position, if it is among the last ones.
    pub(super) fn recent_head(&self, seq: Seq) -> Option<Hash> {
        let at = self.heads.binary_search_by_key(&seq, |(seq, _)| *seq).ok()?;
        self.heads.get(at).map(|(_, head)| *head)
    }

    pub(super) fn standing(&self) -> Standing {
        Standing {
            epoch: self.epoch.number,
            epoch_opened_by: self.epoch.opened_by.0,
            head_seq: self.position.seq.0,
        }
    }

    /// The void that killed what is at a position.
    pub(super) fn void_of(&self, seq: Seq) -> Option<Seq> {
        let killed = self.voids.iter().find(|v| v.commit <= seq.0 && seq.0 < v.void);
        killed.map(|v| Seq(v.void))
    }

    /// The group. [`super::actor::Actor::with_group`] has loaded it.
    pub(super) fn group(&self) -> Result<&Group, Failure> {
        self.group.as_ref().ok_or_else(super::damaged)
    }

    /// May the current epoch die?
    pub(super) fn may_die(&self) -> bool {
        self.open.iter().any(|commit| commit.voidable)
    }

    /// The commit that opened the current epoch, while it is open.
    pub(super) fn current_open(&self) -> Option<&OpenCommit> {
        self.open.last().filter(|commit| commit.seq == self.epoch.opened_by)
    }
}

impl OpenCommit {
    pub(super) fn of_record(seq: Seq, record: &OpenCommitRecord) -> Result<Self, asterism_wire::DecodeError> {
        Ok(Self {
            seq,
            author: AccountId::try_from(record.author.as_slice())?,
            body_hash: Hash::try_from(record.body_hash.as_slice())?,
            voidable: record.voidable,
            confirmable: record.confirmable,
            void_at: (record.void_at_ms != 0).then_some(Timestamp(record.void_at_ms)),
        })
    }
}

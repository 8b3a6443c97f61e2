//! One conversation as it is held in memory. Everything here can be read from the store again.

use super::{
    ranges::Membership,
    records::{OpenCommitRecord, ReceiptRecord, VoidRange},
};
use crate::log::{Log, Position};
use asterism_mls::Tracker;
use asterism_wire::{
    DecodeError,
    entry::Receipt,
    frame::{Failure, Standing},
    ids::{AccountId, ConversationId, DeviceId, Epoch, Hash, Seq, Timestamp},
    limits,
};
use bytes::Bytes;
use std::collections::HashMap;

/// A conversation in memory.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) id: ConversationId,
    pub(super) log: Log,
    /// Where the log stood when it was read from the store.
    pub(super) loaded: Position,
    pub(super) epoch: Epoch,
    /// Commits that may be confirmed or voided yet, ascending.
    pub(super) open: Vec<OpenCommit>,
    pub(super) voids: Vec<VoidRange>,
    /// Of those devices that were asked for, or touched by a commit.
    pub(super) members: HashMap<DeviceId, Membership>,
    /// The group, when it was needed.
    pub(super) group: Option<Group>,
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
    /// When it came.
    pub(super) stamp: Timestamp,
    /// Accounts that may remove others in the epoch that it closed.
    pub(super) removers: Vec<AccountId>,
    /// Receipts for it, one of each account.
    pub(super) receipts: Vec<(AccountId, Receipt)>,
    /// Accounts that refuse it.
    pub(super) refusers: Vec<AccountId>,
    /// When it is to be decided what becomes of it, if anybody has said anything.
    pub(super) decide_at: Option<Timestamp>,
}

impl Live {
    pub(super) fn new(log: Log, epoch: Epoch) -> Self {
        Self {
            id: log.id,
            loaded: log.position,
            log,
            epoch,
            open: Vec::new(),
            voids: Vec::new(),
            members: HashMap::new(),
            group: None,
        }
    }

    pub(super) fn standing(&self) -> Standing {
        Standing {
            epoch: self.epoch.number,
            epoch_opened_by: self.epoch.opened_by.0,
            head_seq: self.log.position.seq.0,
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

    /// Until when nothing may be committed, because it is not decided yet whether the present epoch dies.
    pub(super) fn undecided_until(&self) -> Option<Timestamp> {
        let refused = self.open.iter().filter(|commit| !commit.refusers.is_empty());
        refused.filter_map(|commit| commit.decide_at).max()
    }

    /// The commit that opened the current epoch, while it is open.
    pub(super) fn current_open(&self) -> Option<&OpenCommit> {
        self.open.last().filter(|commit| commit.seq == self.epoch.opened_by)
    }
}

impl OpenCommit {
    pub(super) fn of_record(seq: Seq, record: &OpenCommitRecord) -> Result<Self, DecodeError> {
        Ok(Self {
            seq,
            author: AccountId::try_from(record.author.as_slice())?,
            body_hash: Hash::try_from(record.body_hash.as_slice())?,
            voidable: record.voidable,
            confirmable: record.confirmable,
            stamp: Timestamp(record.stamp_ms),
            removers: accounts(&record.removers)?,
            receipts: record.receipts.iter().map(ReceiptRecord::read).collect::<Result<_, _>>()?,
            refusers: accounts(&record.refusers)?,
            decide_at: (record.decide_at_ms != 0).then_some(Timestamp(record.decide_at_ms)),
        })
    }

    /// From when on a word for it, with none against it, is enough: who refuses it has had the time to say so.
    pub(super) fn settles_from(&self) -> Timestamp {
        if self.voidable { self.stamp.plus_ms(limits::VOID_DELAY_MS) } else { self.stamp }
    }

    /// Is the word of a device of this account wanted for it?
    pub(super) fn wants_word_of(&self, account: AccountId) -> bool {
        let heard = self.receipts.iter().any(|(known, _)| *known == account);
        let enough = self.refusers.is_empty() && !self.receipts.is_empty();
        self.confirmable && self.author != account && !heard && !enough
    }
}

fn accounts(all: &[Vec<u8>]) -> Result<Vec<AccountId>, DecodeError> {
    all.iter().map(|account| AccountId::try_from(account.as_slice())).collect()
}

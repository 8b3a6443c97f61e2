//! One conversation as it is held in memory. Everything here can be read from the store again.

use super::{
    ranges::Membership,
    records::{OpenCommitRecord, VoidRange},
};
use crate::log::{Log, Position};
use asterism_mls::Tracker;
use asterism_wire::{
    frame::{Failure, Standing},
    ids::{AccountId, ConversationId, DeviceId, Epoch, Hash, Seq, Timestamp},
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
    /// When it is to be voided.
    pub(super) void_at: Option<Timestamp>,
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

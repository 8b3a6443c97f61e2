//! Log entries and what their bodies hold (docs/protocol.md §4.2).

use crate::{
    DecodeError, head,
    ids::{ConversationId, Epoch, Hash, IdempotencyKey, Seq, Timestamp},
    signing::sha256,
};
use bytes::Bytes;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum EntryKind {
    /// Never written.
    Unspecified = 0,
    /// An MLS commit as a PublicMessage: opens the next epoch.
    Commit = 1,
    /// An MLS application message as a PrivateMessage.
    Message = 2,
    /// A [`crate::vault::VaultRecord`].
    Vault = 3,
    /// A [`VoidBody`]: kills the epoch that a refused commit opened.
    Void = 4,
    /// A [`crate::community::GovernanceBody`]: changes a community.
    Governance = 5,
    /// A [`crate::community::PostBody`]: an announcement.
    Post = 6,
}

/// One entry of a conversation's log.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Entry {
    /// Position, dense from 1.
    #[prost(uint64, tag = "1")]
    pub seq: u64,
    /// What it is.
    #[prost(enumeration = "EntryKind", tag = "2")]
    pub kind: i32,
    /// MLS number of the epoch it was made in (for a commit: the one it closes).
    #[prost(uint64, tag = "3")]
    pub epoch: u64,
    /// Log position of the commit that opened that epoch.
    #[prost(uint64, tag = "4")]
    pub epoch_opened_by: u64,
    /// The server's clock at acceptance, milliseconds; never decreasing within a log.
    #[prost(uint64, tag = "5")]
    pub server_time_ms: u64,
    /// The submitter's idempotency key: how it recognises its own entries. Empty for entries of the server.
    #[prost(bytes = "vec", tag = "6")]
    pub idempotency: Vec<u8>,
    /// The body; empty when withheld.
    #[prost(bytes = "bytes", tag = "7")]
    pub body: Bytes,
    /// The head after this entry.
    #[prost(bytes = "vec", tag = "8")]
    pub head: Vec<u8>,
    /// Set when the body is withheld: its hash.
    #[prost(bytes = "vec", tag = "9")]
    pub withheld_hash: Vec<u8>,
}

impl Entry {
    /// The entry's kind.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`] for a kind that this version does not know.
    pub fn entry_kind(&self) -> Result<EntryKind, DecodeError> {
        match EntryKind::try_from(self.kind) {
            Ok(EntryKind::Unspecified) | Err(_) => Err(DecodeError::OutOfRange),
            Ok(kind) => Ok(kind),
        }
    }

    /// Position as a unit.
    #[must_use]
    pub fn position(&self) -> Seq {
        Seq(self.seq)
    }

    /// The epoch it was made in.
    #[must_use]
    pub fn made_in(&self) -> Epoch {
        Epoch { number: self.epoch, opened_by: Seq(self.epoch_opened_by) }
    }

    /// Server time as a unit.
    #[must_use]
    pub fn server_time(&self) -> Timestamp {
        Timestamp(self.server_time_ms)
    }

    /// The idempotency key, when a device submitted it.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<IdempotencyKey> {
        IdempotencyKey::try_from(self.idempotency.as_slice()).ok()
    }

    /// Hash of the body, whether it is here or withheld.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`] when a withheld hash has a wrong length.
    pub fn body_hash(&self) -> Result<Hash, DecodeError> {
        if self.withheld_hash.is_empty() {
            Ok(sha256(&self.body))
        } else {
            Hash::try_from(self.withheld_hash.as_slice())
        }
    }

    /// Computes the head that this entry must carry when it follows `previous`.
    ///
    /// # Errors
    /// When the kind or a length is out of range.
    pub fn expected_head(&self, conversation: ConversationId, previous: Hash) -> Result<Hash, DecodeError> {
        Ok(head::next(
            previous,
            conversation,
            self.position(),
            self.entry_kind()?,
            self.server_time(),
            self.body_hash()?,
        ))
    }
}

/// Authenticated data of every MLS message and commit: the sender's view of the log (§4.2), and for
/// an external commit its [`EntryProof`] (§4.4).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AuthenticatedData {
    /// Last position that the sender had processed.
    #[prost(uint64, tag = "1")]
    pub last_seq: u64,
    /// Its head.
    #[prost(bytes = "vec", tag = "2")]
    pub last_head: Vec<u8>,
    /// Only in external commits.
    #[prost(message, optional, tag = "3")]
    pub entry_proof: Option<EntryProof>,
}

/// Why an external commit may be made (§4.4).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct EntryProof {
    /// The ticket used; empty for a further device of an account that is already a participant.
    #[prost(bytes = "vec", tag = "1")]
    pub ticket: Vec<u8>,
    /// By the ticket's key, or by the account key, over [`crate::signing::external_entry`].
    #[prost(bytes = "vec", tag = "2")]
    pub signature: Vec<u8>,
}

/// A member's statement that it merged a commit (§4.6).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Receipt {
    /// Position of the commit.
    #[prost(uint64, tag = "1")]
    pub commit_seq: u64,
    /// Hash of the epoch authenticator after merging.
    #[prost(bytes = "vec", tag = "2")]
    pub authenticator_hash: Vec<u8>,
    /// The device that says so.
    #[prost(bytes = "vec", tag = "3")]
    pub device: Vec<u8>,
    /// By that device's key, over [`crate::signing::receipt`].
    #[prost(bytes = "vec", tag = "4")]
    pub signature: Vec<u8>,
}

/// Why a member cannot accept a commit (§4.6). Missing keys are never a reason: they are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum RefusalReason {
    /// Never sent.
    Unspecified = 0,
    /// The confirmation tag is wrong (also: the joiner used another PSK).
    ConfirmationTag = 1,
    /// A path secret does not give the public keys it should.
    Path = 2,
    /// `policy` denies it.
    Policy = 3,
    /// A signature or the MLS structure is invalid.
    Invalid = 4,
}

/// A member's statement that it cannot accept a commit (§4.6).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Refusal {
    /// Position of the commit.
    #[prost(uint64, tag = "1")]
    pub commit_seq: u64,
    /// Hash of the entry's body.
    #[prost(bytes = "vec", tag = "2")]
    pub body_hash: Vec<u8>,
    /// Why.
    #[prost(enumeration = "RefusalReason", tag = "3")]
    pub reason: i32,
    /// The device that says so.
    #[prost(bytes = "vec", tag = "4")]
    pub device: Vec<u8>,
    /// By that device's key, over [`crate::signing::refusal`].
    #[prost(bytes = "vec", tag = "5")]
    pub signature: Vec<u8>,
}

/// Body of a void: the commit whose epoch dies, and the refusals that justify it (§4.6).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct VoidBody {
    /// Position of the commit.
    #[prost(uint64, tag = "1")]
    pub commit_seq: u64,
    /// Each must verify.
    #[prost(message, repeated, tag = "2")]
    pub refusals: Vec<Refusal>,
}

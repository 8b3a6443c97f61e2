//! What conversations keep in the store besides their logs, and under which keys. Part of the format on
//! disk: fields are added, never reused.
//!
//! | key | value |
//! |---|---|
//! | `conversation/` C | [`MetaRecord`] |
//! | `epoch/` C SEQ | [`EpochRecord`] of the live epoch that entry SEQ opened (0: the first) |
//! | `snapshot/` C SEQ | [`SnapshotRecord`]: the group in that epoch |
//! | `snapshot-at/` C SEQ | nothing: there is such a snapshot |
//! | `open-commit/` C SEQ | [`OpenCommitRecord`]: the commit may still be voided or wants a receipt |
//! | `receipt/` C SEQ | encoded `Receipt` |
//! | `void-due/` TIME C | nothing: at TIME it is to be decided what becomes of a commit of C |
//! | `voids/` C | [`VoidsRecord`] |
//! | `vault/` C NAME | encoded `VaultRecord` |
//! | `vault-size/` C | number of vault entries, big-endian `u64` |
//! | `wrap/` C TICKET | encoded `Wrap` |
//! | `past-key/` C GENERATION | encoded `PastKey` |
//! | `member/` C DEVICE | [`MemberRecord`]: what the device may read |
//! | `read-up-to/` C DEVICE | position, big-endian `u64`: what the device has acknowledged |
//! | `participant/` ACCOUNT C | nothing: the account has a leaf in C |
//! | `ticket/` TICKET | C: the conversation that a link leads to |
//! | `inbox/` DEVICE POSITION | encoded `InboxItem` |
//! | `inbox-head/` DEVICE | last position, big-endian `u64`; never goes back, so positions are never used twice |
//!
//! C, ACCOUNT, DEVICE and TICKET are the ids' bytes; SEQ, TIME, GENERATION and POSITION are big-endian
//! `u64`. The log of a conversation is the stream whose id is the conversation's, of encoded `Entry`s.

pub(crate) mod keys;

use asterism_store::{Key, StoreError};
use asterism_wire::{
    DecodeError,
    entry::Receipt,
    ids::{AccountId, ConversationId, Timestamp},
};
use bytes::Bytes;
use prost::Message;

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* [$($attr:tt)*] $field:ident : $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, prost::Message)]
            pub struct $name { $($(#[$fdoc])* #[prost($($attr)*)] pub $field: $ty,)* }
        )*
    };
}

records! {
    /// A conversation.
    MetaRecord {
        /// The device that created it.
        [bytes = "vec", tag = "1"] creator: Vec<u8>,
        /// Hash of what it was created with: how a repeated creation is recognised.
        [bytes = "vec", tag = "2"] request_hash: Vec<u8>,
        /// The server's stamp.
        [uint64, tag = "3"] created_at_ms: u64,
    }

    /// An epoch.
    EpochRecord {
        /// Its MLS number.
        [uint64, tag = "1"] number: u64,
        /// Its GroupInfo, without the tree.
        [bytes = "bytes", tag = "2"] group_info: Bytes,
        /// What the welcomes of the commit that opened it share; empty when it added nobody.
        [bytes = "bytes", tag = "3"] welcome_info: Bytes,
    }

    /// A group as it was in one epoch.
    SnapshotRecord {
        /// GroupInfo of that epoch.
        [bytes = "bytes", tag = "1"] group_info: Bytes,
        /// MLS ratchet tree.
        [bytes = "bytes", tag = "2"] ratchet_tree: Bytes,
    }

    /// A commit that no account but its author's has confirmed.
    OpenCommitRecord {
        /// Its author's account.
        [bytes = "vec", tag = "1"] author: Vec<u8>,
        /// SHA-256 of the entry's body.
        [bytes = "vec", tag = "2"] body_hash: Vec<u8>,
        /// MLS number of the epoch that it closed.
        [uint64, tag = "3"] parent_number: u64,
        /// Position of the commit that opened that epoch.
        [uint64, tag = "4"] parent_opened_by: u64,
        /// There is a device in both epochs besides the author's: somebody can refuse it.
        [bool, tag = "5"] voidable: bool,
        /// There is more than one account in the epoch that it opened: somebody can confirm it.
        [bool, tag = "6"] confirmable: bool,
        /// What it and the vault writes of its epoch have overwritten, when it or an open one before it is
        /// voidable.
        [message, repeated, tag = "7"] undo: Vec<UndoRecord>,
        /// Encoded `Refusal`s.
        [bytes = "vec", repeated, tag = "8"] refusals: Vec<Vec<u8>>,
        /// When it is to be decided what becomes of it, milliseconds; 0: nobody has said anything.
        [uint64, tag = "9"] decide_at_ms: u64,
        /// The accounts of `refusals`, in their order.
        [bytes = "vec", repeated, tag = "10"] refusers: Vec<Vec<u8>>,
        /// Receipts for it, one of each account.
        [message, repeated, tag = "11"] receipts: Vec<ReceiptRecord>,
        /// Accounts that may remove others in the epoch that it closed.
        [bytes = "vec", repeated, tag = "12"] removers: Vec<Vec<u8>>,
        /// The stamp of its entry, milliseconds.
        [uint64, tag = "13"] stamp_ms: u64,
    }

    /// What an account says for an open commit.
    ReceiptRecord {
        /// The account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
        /// What it said.
        [message, optional, tag = "2"] receipt: Option<Receipt>,
    }

    /// A record as it was.
    UndoRecord {
        /// Its key.
        [bytes = "bytes", tag = "1"] key: Bytes,
        /// Its value; absent when there was none.
        [bytes = "bytes", optional, tag = "2"] value: Option<Bytes>,
    }

    /// The stretches of the log that voids have killed.
    VoidsRecord {
        /// Ascending by `void`.
        [message, repeated, tag = "1"] voids: Vec<VoidRange>,
    }

    /// A killed commit and the void that killed it: both, and what is between them, is dead.
    VoidRange {
        /// Position of the commit.
        [uint64, tag = "1"] commit: u64,
        /// Position of the void.
        [uint64, tag = "2"] void: u64,
    }

    /// What a device may read.
    MemberRecord {
        /// Its account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
        /// Ascending, apart from one another.
        [message, repeated, tag = "2"] ranges: Vec<RangeRecord>,
    }

    /// A stretch of the log.
    RangeRecord {
        /// First position: that of the commit that added the device.
        [uint64, tag = "1"] from: u64,
        /// Last position: that of the commit that removed it; 0 while it is a member.
        [uint64, tag = "2"] until: u64,
    }
}

impl ReceiptRecord {
    pub(super) fn new(account: AccountId, receipt: &Receipt) -> Self {
        Self { account: account.to_vec(), receipt: Some(receipt.clone()) }
    }

    pub(super) fn read(&self) -> Result<(AccountId, Receipt), DecodeError> {
        let receipt = self.receipt.clone().ok_or(DecodeError::Missing)?;
        Ok((AccountId::try_from(self.account.as_slice())?, receipt))
    }
}

/// Reads a stored record.
pub(crate) fn read<M: Message + Default>(bytes: &[u8]) -> Result<M, StoreError> {
    M::decode(bytes).map_err(|_| StoreError::Corrupt)
}

/// The bytes of a record.
pub(crate) fn bytes(record: &impl Message) -> Bytes {
    record.encode_to_vec().into()
}

/// A stored number.
pub(crate) fn number_bytes(number: u64) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

/// Reads a stored number.
pub(crate) fn read_number(bytes: &[u8]) -> Result<u64, StoreError> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::Corrupt)
}

/// Takes apart [`keys::void_due`].
pub(super) fn read_void_due(key: &Key) -> Result<(Timestamp, ConversationId), StoreError> {
    let rest = key.as_bytes().last_chunk::<24>().ok_or(StoreError::Corrupt)?;
    let (at, conversation) = rest.split_first_chunk::<8>().ok_or(StoreError::Corrupt)?;
    let conversation = ConversationId::try_from(conversation).map_err(|_| StoreError::Corrupt)?;
    Ok((Timestamp(u64::from_be_bytes(*at)), conversation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use asterism_wire::ids::Seq;

    #[test]
    fn keys_end_with_what_they_were_made_of() {
        let conversation = ConversationId([7; 16]);
        assert_eq!(keys::last_number(&keys::epoch(conversation, Seq(9))), Some(9));
        let due = (Timestamp(1), conversation);
        assert_eq!(read_void_due(&keys::void_due(due.0, due.1)), Ok(due));
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let undo = UndoRecord { key: Bytes::from_static(b"k"), value: Some(Bytes::new()) };
        let record = OpenCommitRecord { undo: vec![undo], voidable: true, ..OpenCommitRecord::default() };
        assert_eq!(read::<OpenCommitRecord>(&bytes(&record)), Ok(record));
        assert_eq!(read_number(&number_bytes(5)), Ok(5));
    }
}

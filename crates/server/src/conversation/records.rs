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
//! | `void-due/` TIME C | nothing: at TIME a refused commit of C is to be voided |
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

use asterism_store::{Key, StoreError, StreamId};
use asterism_wire::ids::{AccountId, ConversationId, DeviceId, Seq, TicketId, Timestamp};
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
        /// When it is to be voided unless it is confirmed, milliseconds; 0: nobody refused it.
        [uint64, tag = "9"] void_at_ms: u64,
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

/// Reads a stored record.
pub(super) fn read<M: Message + Default>(bytes: &[u8]) -> Result<M, StoreError> {
    M::decode(bytes).map_err(|_| StoreError::Corrupt)
}

/// The bytes of a record.
pub(super) fn bytes(record: &impl Message) -> Bytes {
    record.encode_to_vec().into()
}

/// A stored number.
pub(super) fn number_bytes(number: u64) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

/// Reads a stored number.
pub(super) fn read_number(bytes: &[u8]) -> Result<u64, StoreError> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::Corrupt)
}

/// Takes apart [`keys::void_due`].
pub(super) fn read_void_due(key: &Key) -> Result<(Timestamp, ConversationId), StoreError> {
    let rest = key.as_bytes().last_chunk::<24>().ok_or(StoreError::Corrupt)?;
    let (at, conversation) = rest.split_first_chunk::<8>().ok_or(StoreError::Corrupt)?;
    let conversation = ConversationId::try_from(conversation).map_err(|_| StoreError::Corrupt)?;
    Ok((Timestamp(u64::from_be_bytes(*at)), conversation))
}

/// The log of a conversation.
pub(super) fn stream(conversation: ConversationId) -> StreamId {
    StreamId(conversation.0)
}

/// The keys.
pub(super) mod keys {
    use super::{AccountId, ConversationId, DeviceId, Key, Seq, TicketId, Timestamp};

    fn of(family: &'static str, conversation: ConversationId) -> Key {
        Key::from_static(family).push(conversation.as_bytes())
    }

    pub(in super::super) fn meta(c: ConversationId) -> Key {
        of("conversation/", c)
    }

    pub(in super::super) fn all_meta() -> Key {
        Key::from_static("conversation/")
    }

    pub(in super::super) fn epochs(c: ConversationId) -> Key {
        of("epoch/", c)
    }

    pub(in super::super) fn epoch(c: ConversationId, opened_by: Seq) -> Key {
        epochs(c).push_u64(opened_by.0)
    }

    pub(in super::super) fn snapshot(c: ConversationId, at: Seq) -> Key {
        of("snapshot/", c).push_u64(at.0)
    }

    pub(in super::super) fn snapshots(c: ConversationId) -> Key {
        of("snapshot-at/", c)
    }

    pub(in super::super) fn snapshot_at(c: ConversationId, at: Seq) -> Key {
        snapshots(c).push_u64(at.0)
    }

    pub(in super::super) fn open_commits(c: ConversationId) -> Key {
        of("open-commit/", c)
    }

    pub(in super::super) fn open_commit(c: ConversationId, seq: Seq) -> Key {
        open_commits(c).push_u64(seq.0)
    }

    pub(in super::super) fn receipts(c: ConversationId) -> Key {
        of("receipt/", c)
    }

    pub(in super::super) fn receipt(c: ConversationId, commit: Seq) -> Key {
        receipts(c).push_u64(commit.0)
    }

    pub(in super::super) fn all_void_due() -> Key {
        Key::from_static("void-due/")
    }

    pub(in super::super) fn void_due(at: Timestamp, c: ConversationId) -> Key {
        all_void_due().push_u64(at.0).push(c.as_bytes())
    }

    pub(in super::super) fn voids(c: ConversationId) -> Key {
        of("voids/", c)
    }

    pub(in super::super) fn vaults(c: ConversationId) -> Key {
        of("vault/", c)
    }

    pub(in super::super) fn vault(c: ConversationId, name: &str) -> Key {
        vaults(c).push(name.as_bytes())
    }

    pub(in super::super) fn vault_size(c: ConversationId) -> Key {
        of("vault-size/", c)
    }

    pub(in super::super) fn wrap(c: ConversationId, ticket: TicketId) -> Key {
        of("wrap/", c).push(ticket.as_bytes())
    }

    pub(in super::super) fn past_keys(c: ConversationId) -> Key {
        of("past-key/", c)
    }

    pub(in super::super) fn past_key(c: ConversationId, generation: u64) -> Key {
        past_keys(c).push_u64(generation)
    }

    pub(in super::super) fn member(c: ConversationId, device: DeviceId) -> Key {
        of("member/", c).push(device.as_bytes())
    }

    pub(in super::super) fn read_up_to(c: ConversationId, device: DeviceId) -> Key {
        of("read-up-to/", c).push(device.as_bytes())
    }

    pub(in super::super) fn participations(account: AccountId) -> Key {
        Key::from_static("participant/").push(account.as_bytes())
    }

    pub(in super::super) fn participation(account: AccountId, c: ConversationId) -> Key {
        participations(account).push(c.as_bytes())
    }

    pub(in super::super) fn ticket(ticket: TicketId) -> Key {
        Key::from_static("ticket/").push(ticket.as_bytes())
    }

    pub(in super::super) fn inbox(device: DeviceId) -> Key {
        Key::from_static("inbox/").push(device.as_bytes())
    }

    pub(in super::super) fn inbox_item(device: DeviceId, position: u64) -> Key {
        inbox(device).push_u64(position)
    }

    pub(in super::super) fn inbox_head(device: DeviceId) -> Key {
        Key::from_static("inbox-head/").push(device.as_bytes())
    }

    /// The number at the end of a key.
    pub(in super::super) fn last_number(key: &Key) -> Option<u64> {
        key.as_bytes().last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// The conversation at the end of a key.
    pub(in super::super) fn last_conversation(key: &Key) -> Option<ConversationId> {
        key.as_bytes().last_chunk::<16>().map(|bytes| ConversationId(*bytes))
    }

    /// The device whose membership the key is of.
    pub(in super::super) fn member_device(key: &[u8]) -> Option<DeviceId> {
        key.strip_prefix(b"member/")?.last_chunk::<16>().map(|bytes| DeviceId(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

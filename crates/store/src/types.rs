//! What callers and backends exchange: streams, conditions, records, leases.

use bytes::Bytes;
use std::fmt;

/// Names a stream: the log of a conversation or the inbox of a device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub [u8; 16]);

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId({:08x}…)", u128::from_be_bytes(self.0) >> 96)
    }
}

/// Names one attempt to append, so that a repeated attempt is recognised. Chosen by the caller,
/// unique per stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(pub [u8; 16]);

/// Where a stream stands. A stream that was never written has `seq` 0, `epoch` 0 and `floor` 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last entry; entries are numbered from 1 without gaps, 0 means none yet.
    pub seq: u64,
    /// As last set by [`Append::set_epoch`]; the store gives it no meaning beyond comparison.
    pub epoch: u64,
    /// Lowest number still kept; `seq + 1` when everything was trimmed.
    pub floor: u64,
}

impl Default for Head {
    fn default() -> Self {
        Self { seq: 0, epoch: 0, floor: 1 }
    }
}

/// What must be true of the stream for an append to happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    #[default]
    Any,
    /// The last entry has this number.
    Head(u64),
    /// The epoch is this one.
    Epoch(u64),
    /// Both.
    HeadAndEpoch {
        /// The number of the last entry.
        head: u64,
        /// The epoch.
        epoch: u64,
    },
}

impl Expect {
    /// Whether `head` satisfies the expectation.
    #[must_use]
    pub fn holds(&self, head: &Head) -> bool {
        match *self {
            Self::Any => true,
            Self::Head(seq) => head.seq == seq,
            Self::Epoch(epoch) => head.epoch == epoch,
            Self::HeadAndEpoch { head: seq, epoch } => head.seq == seq && head.epoch == epoch,
        }
    }
}

/// What must be true of a record for a write to happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// Nothing.
    #[default]
    Any,
    /// There is no such record.
    Absent,
    /// The record has this version. Versions start at 1, grow by one per write, and start at 1
    /// again when a deleted record is written anew.
    Is(u64),
}

/// One write of a record; in an [`Append`], a side record written in the same atomic step.
/// Several writes of one key apply in order, each seeing the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The record.
    pub key: Key,
    /// The condition.
    pub expect: Version,
    /// The new value, or `None` to delete.
    pub value: Option<Bytes>,
}

/// Entries for one stream with everything that must happen in the same atomic step.
///
/// Checked in this order: fence, idempotency keys, `expect`, conditions of `writes`.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream.
    pub stream: StreamId,
    /// The condition on its head.
    pub expect: Expect,
    /// The stream's new epoch.
    pub set_epoch: Option<u64>,
    /// Appended in this order. May be empty, for an append that only sets the epoch or writes.
    pub entries: Vec<Bytes>,
    /// Side records.
    pub writes: Vec<Write>,
    /// Remembered with the range of this append until that range is trimmed. If any of them is
    /// known already, nothing happens and the answer is `AlreadyDone`.
    pub idempotency: Vec<IdempotencyKey>,
    /// The lease that the caller acts under, or [`Fence::NONE`].
    pub fence: Fence,
}

impl Append {
    /// An unconditional append of `entries`; set the other fields as needed.
    #[must_use]
    pub fn new(stream: StreamId, entries: Vec<Bytes>) -> Self {
        Self {
            stream,
            expect: Expect::Any,
            set_epoch: None,
            entries,
            writes: Vec::new(),
            idempotency: Vec::new(),
            fence: Fence::NONE,
        }
    }
}

/// The numbers that an append's entries got. For an append without entries `first_seq` is
/// `last_seq + 1`, and `last_seq` the stream's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Number of the first entry.
    pub first_seq: u64,
    /// Number of the last entry.
    pub last_seq: u64,
}

/// The key of a record, or the name of a lease. Ordered bytewise.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub Bytes);

impl Key {
    /// A key of a constant, usually the name of a record family such as `"account/"`.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        Self(Bytes::from_static(name.as_bytes()))
    }

    /// The key followed by `part`, verbatim. For parts of a fixed width, or the last one.
    #[must_use]
    pub fn push(&self, part: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + part.len());
        bytes.extend_from_slice(&self.0);
        bytes.extend_from_slice(part);
        Self(bytes.into())
    }

    /// The key followed by a number, such that keys sort as the numbers do.
    #[must_use]
    pub fn push_u64(&self, part: u64) -> Self {
        self.push(&part.to_be_bytes())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Into<Bytes>> From<T> for Key {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Keys may hold handles, so that only the length is printed.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} bytes)", self.0.len())
    }
}

/// A record as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// For [`Version::Is`].
    pub version: u64,
    /// The value.
    pub value: Bytes,
}

/// Consecutive entries of a stream, with the head as of the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Entries with their numbers, ascending without gaps.
    pub entries: Vec<(u64, Bytes)>,
    /// The head.
    pub head: Head,
}

/// Proof of a lease, to be shown with each append that needs it. An append is refused with
/// `Fenced` once the lease has gone to another owner; mere expiry refuses nothing, since nobody
/// else can have acted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fence {
    pub(crate) lease: Option<Key>,
    pub(crate) token: u64,
}

impl Fence {
    /// No lease: never refused.
    pub const NONE: Self = Self { lease: None, token: 0 };

    /// Grows with each change of the lease's owner; 0 for [`Fence::NONE`].
    #[must_use]
    pub fn token(&self) -> u64 {
        self.token
    }
}

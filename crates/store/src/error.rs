//! Errors, by what the caller does next. None prints keys, names or content.

use crate::types::{Head, IdempotencyKey, Key};
use std::io;

/// Why the store itself could not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Too much is waiting already: nothing was done, try again later.
    #[error("the store has too much to do")]
    Overloaded,
    /// A limit of this crate was exceeded, or a record's key is empty: nothing was done, and
    /// trying again is of no use.
    #[error("the call exceeds a limit of the store")]
    TooLarge,
    /// No space left: not acknowledged. Later calls may succeed when space is freed, unless they
    /// say [`StoreError::Poisoned`].
    #[error("the disk is full")]
    Full,
    /// The device failed: not acknowledged, and it is unknown whether the call will be found
    /// done after the next open.
    #[error("input or output failed: {0}")]
    Io(io::ErrorKind),
    /// Something failed earlier such that the engine takes no more changes: reads still work,
    /// everything else needs the process to restart.
    #[error("the store takes no more changes until it is opened again")]
    Poisoned,
    /// What is on disk contradicts itself: restore from a backup.
    #[error("stored data is damaged")]
    Corrupt,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// Why an append did not happen. In every case nothing of it happened, but see
/// [`StoreError::Io`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The expectation did not hold: rebase onto `head` and try again.
    #[error("the stream is not where the append expected it")]
    Conflict {
        /// Where the stream stands.
        head: Head,
    },
    /// An append with this key happened earlier: treat it as the success of this one.
    #[error("this append was done before")]
    AlreadyDone {
        /// The first of the call's keys that is known.
        key: IdempotencyKey,
        /// The range of the append that brought the key.
        first_seq: u64,
        /// See `first_seq`.
        last_seq: u64,
    },
    /// The condition of this side record did not hold: read it again.
    #[error("a record is not as the append expected it")]
    WriteConflict {
        /// The first such record.
        key: Key,
    },
    /// The lease has gone to another owner: stop acting as the owner.
    #[error("the lease has another owner")]
    Fenced,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a write did not happen. In every case nothing of it happened, but see
/// [`StoreError::Io`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The condition of this record did not hold: read it again.
    #[error("a record is not as the write expected it")]
    Conflict {
        /// The first such record.
        key: Key,
    },
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

//! What the engine's errors mean to the store's callers.

use crate::error::StoreError;
use std::io;

/// Why a store could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory open: stop it first. A killed process leaves no lock.
    #[error("the store is open in another process")]
    Locked,
    /// A newer version of this program wrote the store: run that version.
    #[error("the store has schema {found}, this program knows up to {supported}")]
    Newer {
        /// The store's schema version.
        found: u64,
        /// The highest one known here.
        supported: u64,
    },
    /// Batches that were acknowledged are missing: restore from a backup. To go on with what is
    /// left instead, delete the file `acknowledged` in the store's directory.
    #[error("batches up to {acknowledged} were acknowledged, batches up to {found} are there")]
    LostBatches {
        /// The last batch known to be acknowledged.
        acknowledged: u64,
        /// The last batch in the store.
        found: u64,
    },
    /// What is on disk contradicts itself: restore from a backup.
    #[error("stored data is damaged: {0}")]
    Damaged(&'static str),
    /// The disk is full: free some space.
    #[error("the disk is full")]
    Full,
    /// The directory cannot be read or written.
    #[error("input or output failed: {0}")]
    Io(io::ErrorKind),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Io(kind) => Self::Io(kind),
            StoreError::Corrupt => Self::Damaged("a row cannot be read"),
            StoreError::Overloaded | StoreError::TooLarge | StoreError::Poisoned | StoreError::Closed => {
                Self::Io(io::ErrorKind::Other)
            }
        }
    }
}

impl From<fjall::Error> for OpenError {
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Locked => Self::Locked,
            fjall::Error::InvalidVersion(_) => Self::Damaged("the engine does not know the format"),
            fjall::Error::JournalRecovery(_) => Self::Damaged("the journal fails its checksums"),
            error => store_error(&error).into(),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        io_error(&error).into()
    }
}

pub(super) fn store_error(error: &fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => io_error(error),
        fjall::Error::Poisoned => StoreError::Poisoned,
        _ => StoreError::Corrupt,
    }
}

pub(super) fn io_error(error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        // What fails a checksum below the file system or above it.
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => StoreError::Corrupt,
        kind => StoreError::Io(kind),
    }
}

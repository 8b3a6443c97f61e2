//! Refusals as the wire carries them. Errors of operations turn into these at the very end.

use asterism_store::StoreError;
use asterism_wire::{DecodeError, ErrorCode, frame::Failure};

/// After this long a client may try again what the store had no room for.
const OVERLOADED_RETRY_MS: u64 = 1_000;

/// A refusal with the time after which to try again.
#[must_use]
pub fn retry_after(code: ErrorCode, retry_after_ms: u64) -> Failure {
    Failure { retry_after_ms, ..Failure::of(code) }
}

/// What a client is told when the store could not.
#[must_use]
pub fn of_store(error: StoreError) -> Failure {
    match error {
        StoreError::Overloaded => retry_after(ErrorCode::Overloaded, OVERLOADED_RETRY_MS),
        StoreError::TooLarge => Failure::of(ErrorCode::LimitExceeded),
        StoreError::Full => Failure::of(ErrorCode::StorageFull),
        StoreError::Io(_) | StoreError::Poisoned | StoreError::Corrupt | StoreError::Closed => {
            tracing::error!(%error, "the store failed");
            Failure::of(ErrorCode::Internal)
        }
    }
}

/// What a client is told about a field that cannot be read.
#[must_use]
pub fn of_decode(error: DecodeError) -> Failure {
    match error {
        DecodeError::Malformed | DecodeError::Missing | DecodeError::OutOfRange => {
            Failure::of(ErrorCode::Malformed)
        }
    }
}

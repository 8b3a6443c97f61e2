//! Sealed and signed formats that a client makes and reads: pure functions over the primitives of
//! `asterism-mls`, one file per format.
//!
//! They own bytes and keys, and refuse to know the network, the database, the clock and randomness: nonces
//! are arguments, 12 fresh random bytes each. Bytes from outside are bounded before anything is done with
//! them, and never panic.

pub(crate) mod begun;
mod boxed;
pub(crate) mod channel;
pub(crate) mod enrolment;
pub(crate) mod envelope;
pub(crate) mod group_entry;
pub(crate) mod labels;
pub(crate) mod own;
pub(crate) mod post;
pub(crate) mod profile;
pub(crate) mod receipt;
pub(crate) mod recovery;
pub(crate) mod roster;
mod secret;
pub(crate) mod signal;
pub(crate) mod vault;

pub(crate) use boxed::Nonce;
pub(crate) use secret::{ChannelKey, ProfileKey, RecoveryKey, VaultKey};

use asterism_wire::DecodeError;

/// Why something could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpenError {
    /// Another key, another place than it was sealed for, or changed on the way. Another key may help.
    #[error("the sealed bytes do not open")]
    DoesNotOpen,
    /// Opened, but what is in it is not of this format: nothing will help.
    #[error("the opened bytes are malformed")]
    Malformed,
    /// Larger than its limit; it was not looked at.
    #[error("the sealed bytes exceed a limit")]
    LimitExceeded,
}

impl From<DecodeError> for OpenError {
    fn from(_: DecodeError) -> Self {
        Self::Malformed
    }
}

/// What was to be sealed exceeds its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what is to be sealed exceeds a limit")]
pub(crate) struct TooLarge;

//! Why a commit is not taken: the same reasons for members and the server (docs/protocol.md §4.6).

use crate::provider::StateStoreError;
use asterism_policy::{CommitFacts, Denial};
use asterism_wire::{ErrorCode, entry::RefusalReason};

/// Why a commit is not taken.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// It is for another epoch than the current one: catch up, rebuild the intent and offer again.
    #[error("the commit is for another epoch")]
    WrongEpoch,
    /// The confirmation tag is wrong, also when a joiner used another pre-shared key. Only members can see it.
    #[error("the confirmation tag is wrong")]
    ConfirmationTag,
    /// A path secret does not decrypt, or does not give the public keys that it should. Only members can see it.
    #[error("the path secrets are wrong")]
    Path,
    /// The group's rules do not allow it.
    #[error(transparent)]
    Policy(#[from] Denial),
    /// A signature, a credential, the entry's proof or the MLS structure is not valid.
    #[error("the commit is not valid")]
    Invalid,
    /// The vault key of the current generation is not at hand: fetch it and try again. Never a refusal.
    #[error("the vault key is missing")]
    MissingVaultKey,
    /// One's own pending commit came back: adopt it.
    #[error("the commit is one's own, pending")]
    Own(Box<CommitFacts>),
    /// One's own commit came back, but what it needs was abandoned: enter again.
    #[error("the commit is one's own, but abandoned")]
    OwnAbandoned,
    /// The group has removed this device: nothing more can be read.
    #[error("this device is no longer in the group")]
    Removed,
    /// The store failed or a record of one's own is damaged: nothing is known about the commit.
    #[error(transparent)]
    Storage(#[from] StateStoreError),
}

impl CommitError {
    /// What a member says about it to the server, when it is the commit's fault.
    #[must_use]
    pub fn refusal(&self) -> Option<RefusalReason> {
        match self {
            Self::ConfirmationTag => Some(RefusalReason::ConfirmationTag),
            Self::Path => Some(RefusalReason::Path),
            Self::Policy(_) => Some(RefusalReason::Policy),
            Self::Invalid => Some(RefusalReason::Invalid),
            Self::WrongEpoch
            | Self::MissingVaultKey
            | Self::Own(_)
            | Self::OwnAbandoned
            | Self::Removed
            | Self::Storage(_) => None,
        }
    }

    /// The stable code with which the server answers.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::WrongEpoch => ErrorCode::StaleEpoch,
            Self::Policy(denial) => denial.code(),
            Self::ConfirmationTag | Self::Path | Self::Invalid => ErrorCode::InvalidCommit,
            Self::Removed => ErrorCode::NotAMember,
            Self::MissingVaultKey | Self::Own(_) | Self::OwnAbandoned | Self::Storage(_) => {
                ErrorCode::Internal
            }
        }
    }
}

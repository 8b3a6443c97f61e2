//! Entering by an external commit: with a ticket, or on the word of one's own account (docs/protocol.md §4.4).

mod host;

pub(crate) use host::{Host, Joiner};

use super::Group;
use crate::{
    credential::{self, CredentialError},
    keys::SigningKey,
    link::LinkKeys,
    provider::{Provider, StateStore, StateStoreError},
};
use asterism_policy::CommitFacts;
use asterism_wire::{Epoch, Hash, Seq};
use std::fmt;

/// By what right one enters. `Debug` prints nothing of the keys.
pub enum Entry<'a> {
    /// By an invite link.
    Ticket {
        /// The link's keys.
        link: &'a LinkKeys,
        /// The vault key of the current generation, from the link's wrap.
        vault_key: [u8; 32],
    },
    /// As a further, recovered or repaired device of an account that is a participant already.
    OwnDevice {
        /// The account's key.
        account_key: &'a SigningKey,
    },
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ticket { .. } => "Ticket(..)",
            Self::OwnDevice { .. } => "OwnDevice(..)",
        })
    }
}

/// An external commit, and what the server wants with it.
#[derive(Debug, Clone)]
pub struct EnterOffer {
    /// The commit.
    pub commit: Vec<u8>,
    /// GroupInfo of the new epoch, with the external public key, without the tree.
    pub group_info: Vec<u8>,
    /// What the commit does.
    pub facts: CommitFacts,
}

/// Why no entry was made.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// The credential does not certify the signer's key.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The group has no such ticket any more.
    #[error("the link is not valid in this group")]
    UnknownTicket,
    /// The link was used as often as it may.
    #[error("the link is used up")]
    UsedUp,
    /// The account has no device in the group.
    #[error("the account is not in the group")]
    NotAParticipant,
    /// The group info is of another epoch than `parent`: ask for both again.
    #[error("the group info is of another epoch")]
    WrongEpoch,
    /// A newer client is needed.
    #[error("the group needs a newer client")]
    VersionFloor,
    /// This namespace holds the group already.
    #[error("the group is there already")]
    Exists,
    /// Group info or tree are malformed, forged, or do not belong together.
    #[error("the group info is not valid")]
    Invalid,
    /// A member's credential proves nothing, or the state is not one that we could judge.
    #[error("the group cannot be trusted")]
    Untrusted,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StateStoreError),
    /// The library refused; a bug.
    #[error("the entry could not be made")]
    Library,
}

impl Group {
    /// Enters by an external commit on the epoch that `group_info` describes and `parent` names. `head` is the
    /// last log entry that one knows, with its head.
    ///
    /// The group is stored as merged at once: when the server answers that the epoch is stale, delete it (or
    /// drop the writes) and enter again.
    ///
    /// # Errors
    /// See [`EnterError`].
    #[allow(clippy::too_many_arguments)] // each is a separate thing that the joiner was given
    pub fn enter<S: StateStore>(
        provider: &Provider<S>,
        signer: &SigningKey,
        credential: &[u8],
        group_info: &[u8],
        ratchet_tree: &[u8],
        entry: Entry<'_>,
        parent: Epoch,
        head: (Seq, Hash),
    ) -> Result<(Self, EnterOffer), EnterError> {
        let leaf = credential::check_credential(credential, &signer.public())?;
        let host = Host::read(group_info, ratchet_tree, parent)?;
        let joiner = Joiner { signer, credential, leaf };
        let statement = host.state_entry(provider, &joiner, entry, parent)?;
        host.enter(provider, &joiner, statement, head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_to_enter_prints_no_key() {
        let entry = Entry::Ticket { link: &LinkKeys::derive(&[1; 32]), vault_key: [7; 32] };
        assert_eq!(format!("{entry:?}"), "Ticket(..)");
    }
}

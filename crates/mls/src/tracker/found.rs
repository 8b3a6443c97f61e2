//! Starting to follow a group: at its genesis, or from a snapshot.

use super::{Tracker, group_info, storage::Nowhere};
use crate::{members::Members, profile, provider::Crypto, suite::Suite, view::decode_message};
use asterism_policy::{Leaf, StateError};
use asterism_wire::{ErrorCode, limits};
use openmls::{
    group::ProposalStore,
    prelude::{MlsMessageBodyIn, PublicGroup, RatchetTreeIn},
};
use tls_codec::Deserialize as _;

/// Why a group is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FoundError {
    /// Malformed, forged, or the tree does not belong to the group info.
    #[error("the group info is not valid")]
    Invalid,
    /// A leaf's credential proves nothing.
    #[error("a credential is not valid")]
    Credential,
    /// The state is not well formed, or not of this group.
    #[error("the group's state is not valid")]
    State,
    /// This server is too old for the group.
    #[error("the group needs a newer server")]
    VersionFloor,
    /// The suite is not for conversations of this kind, or has too many leaves.
    #[error("the suite is not for this conversation")]
    Suite,
    /// Not the state, epoch or leaf that a new conversation of this creator has.
    #[error("the conversation is not new")]
    NotGenesis,
}

impl FoundError {
    /// The stable code with which the server answers.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Invalid | Self::Credential | Self::State | Self::Suite | Self::NotGenesis => {
                ErrorCode::InvalidCommit
            }
            Self::VersionFloor => ErrorCode::UpgradeRequired,
        }
    }
}

impl Tracker {
    /// Follows a group from a group info and its tree: a genesis, or a snapshot. Checks the credentials of all
    /// leaves, the state, and that the suite is allowed for the conversation's kind.
    ///
    /// # Errors
    /// See [`FoundError`].
    pub fn found(group_info: &[u8], ratchet_tree: &[u8]) -> Result<Self, FoundError> {
        let body =
            decode_message(group_info, profile::GROUP_INFO_BYTES_MAX).map_err(|_| FoundError::Invalid)?;
        let MlsMessageBodyIn::GroupInfo(info) = body else { return Err(FoundError::Invalid) };
        if ratchet_tree.len() > profile::TREE_BYTES_MAX || !group_info::has_only_external_pub(&info) {
            return Err(FoundError::Invalid);
        }
        let tree = RatchetTreeIn::tls_deserialize_exact(ratchet_tree).map_err(|_| FoundError::Invalid)?;
        let crypto = Crypto::default();
        let (group, _) = PublicGroup::from_external(&crypto, &Nowhere, tree, info, ProposalStore::new())
            .map_err(|_| FoundError::Invalid)?;
        let suite = Suite::of(group.ciphersuite()).ok_or(FoundError::Suite)?;
        let state = profile::read_state(group.group_context()).map_err(|e| match e {
            StateError::Malformed => FoundError::State,
            StateError::VersionFloor => FoundError::VersionFloor,
        })?;
        let members = Members::check(&group).map_err(|_| FoundError::Credential)?;
        let fits = if suite.is_hybrid() { limits::HYBRID_LEAVES_MAX } else { limits::GROUP_LEAVES_MAX };
        if !suite.is_allowed_for(state.kind()) || members.len() > fits {
            return Err(FoundError::Suite);
        }
        Ok(Self { group, state, members, suite, crypto })
    }

    /// Is this a new conversation of `creator`: epoch 0, one leaf, and the state that a new one has?
    ///
    /// # Errors
    /// [`FoundError::NotGenesis`].
    pub fn check_genesis(&self, creator: Leaf) -> Result<(), FoundError> {
        let alone = self.epoch_number() == 0 && self.members.only() == Some(creator);
        let fresh = self.state.check_genesis(self.conversation(), creator.account).is_ok();
        if alone && fresh { Ok(()) } else { Err(FoundError::NotGenesis) }
    }
}

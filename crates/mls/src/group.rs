//! A group as one of its members has it (docs/protocol.md §4).
//!
//! Invariant: `state` and `members` are read from the MLS group as it stands, with every credential checked
//! when its leaf came in. OpenMLS writes through the [`Provider`] during each operation; a host that drops the
//! writes of a failed operation must drop this value too and load it again.

pub(crate) mod create;
pub(crate) mod enter;
mod handle;
mod join;
mod message;
mod offer;

pub use create::{CreateError, Genesis};
pub use enter::{EnterError, EnterOffer, Entry};
pub use handle::{MergeError, StagedCommit, VaultKeys};
pub use join::JoinError;
pub use message::{OpenError, Opened, SealMessageError};
pub use offer::{CommitPlan, Offer, OfferError, WelcomeFor};

pub use crate::members::MemberLeaf;

use crate::{
    credential::CredentialError,
    judge::Standing,
    keys::SigningKey,
    members::Members,
    profile,
    provider::{Provider, StateStore, StateStoreError},
    suite::Suite,
};
use asterism_policy::{Leaf, PolicyState, Roster};
use asterism_wire::{ConversationId, DeviceId};
use openmls::prelude::{MlsGroup, MlsMessageOut, OpenMlsProvider as _, PublicGroup};
use std::fmt;
use tls_codec::Serialize as _;
use zeroize::Zeroizing;

/// A group, seen from inside.
pub struct Group {
    mls: MlsGroup,
    state: PolicyState,
    members: Members,
    suite: Suite,
}

/// Why nothing could be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// There is no pending commit to export from.
    #[error("no commit is pending")]
    NothingPending,
    /// This device is no longer in the group.
    #[error("this device is no longer in the group")]
    Removed,
    /// The library refused; a bug.
    #[error("the secret could not be exported")]
    Library,
}

impl Group {
    /// Loads a group, none when there is none.
    ///
    /// # Errors
    /// When the store fails or what it holds cannot be read.
    pub fn load<S: StateStore>(
        provider: &Provider<S>,
        conversation: ConversationId,
        generation: u32,
    ) -> Result<Option<Self>, StateStoreError> {
        let id = profile::group_id(conversation, generation);
        let Some(mls) = MlsGroup::load(provider.storage(), &id)? else { return Ok(None) };
        Self::of(mls, Members::read).map(Some).map_err(|_| StateStoreError::Corrupt)
    }

    /// Wraps an MLS group, or gives it back when it is not one that we could use. `members` reads its leaves,
    /// with or without checking them.
    fn of(mls: MlsGroup, members: ReadMembers) -> Result<Self, Box<MlsGroup>> {
        let group = mls.public_group();
        let read = (Suite::of(mls.ciphersuite()), profile::read_state(group.group_context()), members(group));
        match read {
            (Some(suite), Ok(state), Ok(members))
                if suite.is_allowed_for(state.kind()) && has_only_participants(&state, &members) =>
            {
                Ok(Self { mls, state, members, suite })
            }
            _ => Err(Box::new(mls)),
        }
    }

    /// Deletes everything of the group.
    ///
    /// # Errors
    /// When the store fails.
    pub fn delete<S: StateStore>(mut self, provider: &Provider<S>) -> Result<(), StateStoreError> {
        self.mls.delete(provider.storage())
    }

    /// The group's signed state.
    #[must_use]
    pub fn state(&self) -> &PolicyState {
        &self.state
    }

    /// How many leaves each account has.
    #[must_use]
    pub fn roster(&self) -> Roster {
        self.members.roster().clone()
    }

    /// All leaves, in the order of the tree.
    #[must_use]
    pub fn leaves(&self) -> Vec<MemberLeaf> {
        self.members.list(self.mls.public_group())
    }

    /// One device, when it is a member. Cheaper than [`Group::leaves`].
    #[must_use]
    pub fn member(&self, device: DeviceId) -> Option<MemberLeaf> {
        self.members.member(self.mls.public_group(), device)
    }

    /// Who sits at a position of the tree.
    #[must_use]
    pub fn leaf(&self, index: u32) -> Option<Leaf> {
        self.members.leaf(index)
    }

    /// One's own position in the tree.
    #[must_use]
    pub fn own_leaf(&self) -> u32 {
        self.mls.own_leaf_index().u32()
    }

    /// The MLS epoch number.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Is this device still in the group? After it was removed nothing can be sealed or read.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.mls.is_active()
    }

    /// Is a commit of one's own pending?
    #[must_use]
    pub fn has_pending(&self) -> bool {
        self.mls.pending_commit().is_some()
    }

    /// The epoch authenticator (RFC 9420 §8.7): equal at all members of one epoch.
    #[must_use]
    pub fn epoch_authenticator(&self) -> Vec<u8> {
        self.mls.epoch_authenticator().as_slice().to_vec()
    }

    /// A secret of the current epoch (RFC 9420 §8.5).
    ///
    /// # Errors
    /// See [`ExportError`].
    pub fn export<S: StateStore>(
        &self,
        provider: &Provider<S>,
        label: &str,
        context: &[u8],
        len: usize,
    ) -> Result<Zeroizing<Vec<u8>>, ExportError> {
        if !self.is_active() {
            return Err(ExportError::Removed);
        }
        let secret = self.mls.export_secret(provider.crypto(), label, context, len);
        secret.map(Zeroizing::new).map_err(|_| ExportError::Library)
    }

    /// A secret of the epoch that one's own pending commit opens, for instance the next vault key.
    ///
    /// # Errors
    /// See [`ExportError`].
    pub fn pending_export<S: StateStore>(
        &self,
        provider: &Provider<S>,
        label: &str,
        context: &[u8],
        len: usize,
    ) -> Result<Zeroizing<Vec<u8>>, ExportError> {
        let pending = self.mls.pending_commit().ok_or(ExportError::NothingPending)?;
        let secret = pending.export_secret(provider.crypto(), label, context, len);
        secret.map(Zeroizing::new).map_err(|_| ExportError::Library)
    }

    /// The ratchet tree of the current epoch.
    ///
    /// # Panics
    /// Never: a tree that is held can be encoded.
    #[must_use]
    pub fn ratchet_tree(&self) -> Vec<u8> {
        self.mls.export_ratchet_tree().tls_serialize_detached().expect("a tree that is held can be encoded")
    }

    /// A group info of the current epoch by this device, with the external public key and without the tree:
    /// to replace a wrong one.
    ///
    /// # Errors
    /// See [`ExportError`].
    pub fn group_info<S: StateStore>(
        &self,
        provider: &Provider<S>,
        signer: &SigningKey,
    ) -> Result<Vec<u8>, ExportError> {
        if !self.is_active() {
            return Err(ExportError::Removed);
        }
        let info: MlsMessageOut =
            self.mls.export_group_info(provider.crypto(), signer, false).map_err(|_| ExportError::Library)?;
        info.tls_serialize_detached().map_err(|_| ExportError::Library)
    }

    /// The MLS group id.
    #[cfg(feature = "hostile")]
    pub(crate) fn group_id(&self) -> openmls::prelude::GroupId {
        self.mls.group_id().clone()
    }

    fn standing(&self) -> Standing<'_> {
        Standing { group: self.mls.public_group(), state: &self.state, members: &self.members }
    }

    /// Reads state and members again after the MLS group has moved on by a commit that was judged.
    fn refresh(&mut self) -> Result<(), StateStoreError> {
        let group = self.mls.public_group();
        let state = profile::read_state(group.group_context()).map_err(|_| StateStoreError::Corrupt)?;
        let members = Members::read(group).map_err(|_| StateStoreError::Corrupt)?;
        (self.state, self.members) = (state, members);
        Ok(())
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Group(epoch {}, {} leaves)", self.epoch(), self.members.len())
    }
}

/// Where the state names who may be in the group, nobody else is.
fn has_only_participants(state: &PolicyState, members: &Members) -> bool {
    let is_participant = |account: asterism_wire::AccountId| {
        state.participants.iter().any(|participant| participant == account.as_bytes())
    };
    state.participants.is_empty() || members.roster().accounts().all(is_participant)
}

type ReadMembers = fn(&PublicGroup) -> Result<Members, CredentialError>;

//! Founding a group.

use super::Group;
use crate::{
    credential::{self, CredentialError},
    keys::SigningKey,
    members::Members,
    profile,
    provider::{Provider, StateStore, StateStoreError},
    suite::Suite,
};
use asterism_policy::PolicyState;
use openmls::prelude::{MlsGroup, NewGroupError};

/// What the server is told of a new group.
#[derive(Debug, Clone)]
pub struct Genesis {
    /// GroupInfo of epoch 0, with the external public key, without the tree.
    pub group_info: Vec<u8>,
    /// The tree of epoch 0.
    pub ratchet_tree: Vec<u8>,
}

/// Why no group could be founded.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The credential does not certify the signer's key.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A group of this conversation and generation is there already.
    #[error("the group exists")]
    Exists,
    /// The suite is not for conversations of this kind, or the state is not well formed.
    #[error("the state cannot be that of a new group")]
    State,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StateStoreError),
    /// The library refused; a bug.
    #[error("the group could not be made")]
    Library,
}

impl Group {
    /// Founds the group of `state`'s conversation and generation, with this device as its only leaf.
    ///
    /// # Errors
    /// See [`CreateError`].
    pub fn create<S: StateStore>(
        provider: &Provider<S>,
        signer: &SigningKey,
        credential: &[u8],
        suite: Suite,
        state: &PolicyState,
    ) -> Result<(Self, Genesis), CreateError> {
        credential::check_credential(credential, &signer.public())?;
        let readable = PolicyState::read(&state.to_bytes()).is_ok();
        if !readable || !suite.is_allowed_for(state.kind()) {
            return Err(CreateError::State);
        }
        let mls = build(provider, signer, credential, suite, state)?;
        let group = Self::of(mls, Members::check).map_err(|_| CreateError::Library)?;
        let group_info = group.group_info(provider, signer).map_err(|_| CreateError::Library)?;
        let ratchet_tree = group.ratchet_tree();
        Ok((group, Genesis { group_info, ratchet_tree }))
    }
}

/// Founds and stores an MLS group, whatever the credential.
pub(crate) fn build<S: StateStore>(
    provider: &Provider<S>,
    signer: &SigningKey,
    credential: &[u8],
    suite: Suite,
    state: &PolicyState,
) -> Result<MlsGroup, CreateError> {
    MlsGroup::builder()
        .with_group_id(profile::group_id_of(state))
        .ciphersuite(suite.ciphersuite())
        .with_wire_format_policy(profile::join_config().wire_format_policy())
        .padding_size(profile::padding_bytes())
        .max_past_epochs(0)
        .number_of_resumption_psks(0)
        .use_ratchet_tree_extension(false)
        .sender_ratchet_configuration(profile::sender_ratchet())
        .lifetime(profile::lifetime())
        .with_capabilities(profile::capabilities())
        .with_group_context_extensions(profile::context_extensions(state))
        .build(provider, signer, profile::credential_with_key(credential, signer))
        .map_err(|e| match e {
            NewGroupError::GroupAlreadyExists => CreateError::Exists,
            NewGroupError::StorageError(e) => CreateError::Storage(e),
            _ => CreateError::Library,
        })
}

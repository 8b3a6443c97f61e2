//! Joining by a welcome.

use super::Group;
use crate::{
    members::Members,
    profile,
    provider::{Provider, StateStore, StateStoreError},
    suite::Suite,
    view::decode_message,
};
use asterism_policy::StateError;
use asterism_wire::limits;
use openmls::prelude::{
    JoinBuilder, KeyPackageBundle, MlsMessageBodyIn, OpenMlsProvider as _, ProcessedWelcome, RatchetTreeIn,
    StagedWelcome, Welcome, WelcomeError,
};
use openmls_traits::storage::StorageProvider as _;
use tls_codec::Deserialize as _;

/// Why a welcome does not lead into a group. Unless said otherwise its key package stays usable.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// None of this device's key packages is meant.
    #[error("the welcome is for another key package")]
    NotForUs,
    /// This namespace holds the group already.
    #[error("the group is there already")]
    Exists,
    /// A member's client is too old for the group.
    #[error("the group needs a newer client")]
    VersionFloor,
    /// Malformed, forged, or the tree does not belong to it.
    #[error("the welcome is not valid")]
    Invalid,
    /// A member's credential proves nothing, or the state is not one that we could judge.
    #[error("the group cannot be trusted")]
    Untrusted,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StateStoreError),
}

impl Group {
    /// Joins by a welcome and the tree of the epoch that it leads to. Checks all leaves' credentials, and that
    /// the state is readable and of this group. A key package is used up by success, unless it is a last resort.
    ///
    /// # Errors
    /// See [`JoinError`].
    pub fn join<S: StateStore>(
        provider: &Provider<S>,
        welcome: &[u8],
        ratchet_tree: &[u8],
    ) -> Result<Self, JoinError> {
        // The envelope adds little to the welcome; its limit bounds both.
        let body = decode_message(welcome, limits::FRAME_BYTES_MAX).map_err(|_| JoinError::Invalid)?;
        let MlsMessageBodyIn::Welcome(welcome) = body else { return Err(JoinError::Invalid) };
        let tree = read_tree(ratchet_tree).ok_or(JoinError::Invalid)?;
        let used = find_key_package(provider, &welcome)?;
        // OpenMLS deletes the key package before it knows whether the welcome is any good.
        let joined = join_with(provider, welcome, tree);
        let used_ref = used.key_package().hash_ref(provider.crypto()).map_err(|_| JoinError::Invalid)?;
        if joined.is_err() {
            provider.storage().write_key_package(&used_ref, &used)?;
        } else if !used.key_package().last_resort() {
            provider.storage().delete_entry_seed(used_ref.as_slice())?;
        }
        joined
    }
}

pub(super) fn read_tree(bytes: &[u8]) -> Option<RatchetTreeIn> {
    if bytes.len() > profile::TREE_BYTES_MAX {
        return None;
    }
    RatchetTreeIn::tls_deserialize_exact(bytes).ok()
}

fn find_key_package<S: StateStore>(
    provider: &Provider<S>,
    welcome: &Welcome,
) -> Result<KeyPackageBundle, JoinError> {
    for secrets in welcome.secrets() {
        if let Some(bundle) = provider.storage().key_package(&secrets.new_member())? {
            return Ok(bundle);
        }
    }
    Err(JoinError::NotForUs)
}

fn join_with<S: StateStore>(
    provider: &Provider<S>,
    welcome: Welcome,
    tree: RatchetTreeIn,
) -> Result<Group, JoinError> {
    let config = profile::join_config();
    let processed = ProcessedWelcome::new_from_welcome(provider, &config, welcome).map_err(join_error)?;
    if !processed.psks().is_empty() {
        return Err(JoinError::Invalid);
    }
    let staged = JoinBuilder::new(provider, processed)
        .skip_lifetime_validation()
        .with_ratchet_tree(tree)
        .build()
        .map_err(join_error)?;
    check_staged(&staged)?;
    let mls = staged.into_group(provider).map_err(join_error)?;
    Group::of(mls, Members::check).or_else(|mut untrusted| {
        untrusted.delete(provider.storage())?;
        Err(JoinError::Untrusted)
    })
}

fn check_staged(staged: &StagedWelcome) -> Result<(), JoinError> {
    let state = profile::read_state(staged.group_context()).map_err(|e| match e {
        StateError::VersionFloor => JoinError::VersionFloor,
        StateError::Malformed => JoinError::Untrusted,
    })?;
    let suite = Suite::of(staged.group_context().ciphersuite()).ok_or(JoinError::Untrusted)?;
    if suite.is_allowed_for(state.kind()) { Ok(()) } else { Err(JoinError::Untrusted) }
}

fn join_error(e: WelcomeError<StateStoreError>) -> JoinError {
    match e {
        WelcomeError::StorageError(e) => JoinError::Storage(e),
        WelcomeError::GroupAlreadyExists => JoinError::Exists,
        WelcomeError::NoMatchingKeyPackage => JoinError::NotForUs,
        _ => JoinError::Invalid,
    }
}

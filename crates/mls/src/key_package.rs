//! Key packages: how a device lets itself be added (docs/protocol.md §5.4).
//!
//! Each carries, in a private extension, an X-Wing *entry key* to which the welcome is sealed, so that
//! entering is post-quantum in groups of the classic suite too.

use crate::{
    credential::{self, CredentialError},
    keys::SigningKey,
    members::encryption_key,
    profile,
    provider::{Crypto, Provider, StateStore, StateStoreError},
    seal::{self, SealPrivate, SealPublic},
    suite::Suite,
    view::decode_message,
};
use asterism_policy::Leaf;
use asterism_wire::limits;
use openmls::prelude::{
    Extension, Extensions, KeyPackage, MlsMessageBodyIn, MlsMessageOut, OpenMlsProvider as _,
    ProtocolVersion, UnknownExtension,
};
use tls_codec::Serialize as _;

/// Why no key package could be made.
#[derive(Debug, thiserror::Error)]
pub enum NewKeyPackageError {
    /// The credential does not certify the signer's key.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The private halves could not be stored.
    #[error(transparent)]
    Storage(#[from] StateStoreError),
    /// The library refused; a bug.
    #[error("the key package could not be made")]
    Library,
}

/// Makes a key package and keeps its private halves through `provider`. A `last_resort` one survives being
/// used; the others are deleted by the first join. Gives an MLSMessage.
///
/// # Errors
/// See [`NewKeyPackageError`].
pub fn new_key_package<S: StateStore>(
    provider: &Provider<S>,
    signer: &SigningKey,
    credential: &[u8],
    suite: Suite,
    last_resort: bool,
) -> Result<Vec<u8>, NewKeyPackageError> {
    credential::check_credential(credential, &signer.public())?;
    build(provider, signer, credential, suite, last_resort)
}

/// [`new_key_package`] without checking one's own credential.
pub(crate) fn build<S: StateStore>(
    provider: &Provider<S>,
    signer: &SigningKey,
    credential: &[u8],
    suite: Suite,
    last_resort: bool,
) -> Result<Vec<u8>, NewKeyPackageError> {
    let seed = zeroize::Zeroizing::new(provider.random::<32>());
    let (_, entry_key) = seal::derive(&seed);
    let entry =
        Extension::Unknown(profile::ENTRY_KEY_EXTENSION, UnknownExtension(entry_key.as_bytes().to_vec()));
    let mut builder = KeyPackage::builder()
        .key_package_lifetime(profile::lifetime())
        .leaf_node_capabilities(profile::capabilities())
        .key_package_extensions(Extensions::single(entry).map_err(|_| NewKeyPackageError::Library)?);
    if last_resort {
        builder = builder.mark_as_last_resort();
    }
    let bundle = builder
        .build(suite.ciphersuite(), provider, signer, profile::credential_with_key(credential, signer))
        .map_err(|_| NewKeyPackageError::Library)?;
    let key_package = bundle.into_key_package();
    let hash_ref = key_package.hash_ref(provider.crypto()).map_err(|_| NewKeyPackageError::Library)?;
    provider.storage().put_entry_seed(hash_ref.as_slice(), &seed)?;
    MlsMessageOut::from(key_package).tls_serialize_detached().map_err(|_| NewKeyPackageError::Library)
}

/// The private half of the entry key of one's own key package, to open a sealed welcome with; none when the
/// key package is unknown or used up.
///
/// # Errors
/// When the store fails.
pub fn entry_private<S: StateStore>(
    provider: &Provider<S>,
    key_package_ref: &[u8],
) -> Result<Option<SealPrivate>, StateStoreError> {
    Ok(provider.storage().entry_seed(key_package_ref)?.map(|seed| seal::derive(&seed).0))
}

/// Why somebody's key package is not used. Another one may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyPackageError {
    /// Not decodable, not for this suite, or without what every leaf of ours has.
    #[error("the key package is not well formed")]
    Malformed,
    /// A signature does not verify.
    #[error("the key package's signature is wrong")]
    Signature,
    /// The credential proves nothing.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

/// A key package that was checked.
#[derive(Debug, Clone)]
pub struct KeyPackageInfo {
    /// Whose it is.
    pub leaf: Leaf,
    /// The device's signature key.
    pub device_key: Vec<u8>,
    /// The credential's bytes.
    pub credential: Vec<u8>,
    /// To which its welcome is sealed.
    pub entry_key: SealPublic,
    /// Does it survive being used?
    pub last_resort: bool,
    /// MLS's reference of it (RFC 9420 §5.2), by which its owner finds the private halves.
    pub key_package_ref: Vec<u8>,
    pub(crate) key_package: KeyPackage,
}

impl KeyPackageInfo {
    /// Reads and checks a key package for a suite: signatures, credential, capabilities, entry key.
    ///
    /// # Errors
    /// See [`KeyPackageError`].
    pub fn read(bytes: &[u8], suite: Suite) -> Result<Self, KeyPackageError> {
        let body =
            decode_message(bytes, limits::KEY_PACKAGE_BYTES_MAX).map_err(|_| KeyPackageError::Malformed)?;
        let MlsMessageBodyIn::KeyPackage(unchecked) = body else { return Err(KeyPackageError::Malformed) };
        let key_package = unchecked
            .validate(&Crypto::default(), ProtocolVersion::Mls10)
            .map_err(|_| KeyPackageError::Signature)?;
        let node = key_package.leaf_node();
        let required = profile::required_capabilities();
        let has = node.capabilities();
        let capable = required.extension_types().iter().all(|e| has.extensions().contains(e))
            && required.proposal_types().iter().all(|p| has.proposals().contains(p))
            && required.credential_types().iter().all(|c| has.credentials().contains(c));
        if key_package.ciphersuite() != suite.ciphersuite()
            || *key_package.life_time() != profile::lifetime()
            || !capable
            || !encryption_key(node).is_some_and(|key| suite.is_sealable(&key))
            || !suite.is_sealable(key_package.hpke_init_key().as_slice())
        {
            return Err(KeyPackageError::Malformed);
        }
        credential::check_credential(
            &credential::identity(node.credential())?,
            node.signature_key().as_slice(),
        )?;
        Self::of(key_package)
    }

    /// Describes a key package whose credential was checked.
    pub(crate) fn of(key_package: KeyPackage) -> Result<Self, KeyPackageError> {
        let crypto = Crypto::default();
        let node = key_package.leaf_node();
        let credential = credential::identity(node.credential())?;
        let device_key = node.signature_key().as_slice().to_vec();
        let leaf = credential::read_checked(&credential, &device_key)?;
        let entry_key = key_package
            .extensions()
            .unknown(profile::ENTRY_KEY_EXTENSION)
            .and_then(|e| SealPublic::new(&e.0).ok())
            .ok_or(KeyPackageError::Malformed)?;
        let key_package_ref =
            key_package.hash_ref(&crypto).map_err(|_| KeyPackageError::Malformed)?.as_slice().to_vec();
        let last_resort = key_package.last_resort();
        Ok(Self { leaf, device_key, credential, entry_key, last_resort, key_package_ref, key_package })
    }
}

//! Ed25519 keys of accounts, devices and links (docs/protocol.md §2.3).

use ed25519_dalek::Signer as _;
use openmls_traits::{
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};
use std::fmt;
use zeroize::Zeroizing;

/// A secret signing key. Zeroized when dropped; `Debug` prints nothing of it.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of a seed (RFC 8032's secret key).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The seed, to keep it.
    #[must_use]
    pub fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs. What is signed always begins with a label (see `asterism_wire::signing`).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl Signer for SigningKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(Self::sign(self, payload).to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// A signature that does not verify, or a key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// Verifies strictly: keys and nonce points of small order are refused, so a signature fits one message only.
///
/// # Errors
/// [`BadSignature`].
pub fn verify(public: &[u8], message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    let public = ed25519_dalek::VerifyingKey::try_from(public).map_err(|_| BadSignature)?;
    let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| BadSignature)?;
    public.verify_strict(message, &signature).map_err(|_| BadSignature)
}

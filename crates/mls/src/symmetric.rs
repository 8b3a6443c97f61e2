//! Symmetric primitives that the client's own formats use (docs/protocol.md §2.3).

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use asterism_wire::signing::transcript;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// A box that does not open: another key, nonce or aad, or it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open")]
pub struct AeadError;

/// Seals with AES-256-GCM. A nonce must never be used twice with one key.
///
/// # Panics
/// Beyond 64 GiB, which no caller can hold.
#[must_use]
pub fn aead_seal(key: &[u8; 32], nonce: [u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    Aes256Gcm::new(key.into())
        .encrypt(&nonce.into(), Payload { msg: plaintext, aad })
        .expect("AES-GCM takes up to 64 GiB")
}

/// Opens what [`aead_seal`] sealed.
///
/// # Errors
/// [`AeadError`].
pub fn aead_open(key: &[u8; 32], nonce: [u8; 12], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, AeadError> {
    Aes256Gcm::new(key.into()).decrypt(&nonce.into(), Payload { msg: sealed, aad }).map_err(|_| AeadError)
}

/// HKDF-SHA256 of a secret, with a transcript of label and context as info.
///
/// # Panics
/// When `len` is above 8,160, HKDF's limit.
#[must_use]
pub fn hkdf(secret: &[u8], label: &str, context: &[&[u8]], len: usize) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(vec![0; len]);
    Hkdf::<Sha256>::new(None, secret)
        .expand(&transcript(label, context), &mut out)
        .expect("callers ask for a few hundred bytes at most");
    out
}

/// [`hkdf()`] for a 32-byte key.
#[must_use]
pub fn hkdf_key(secret: &[u8], label: &str, context: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let bytes = hkdf(secret, label, context, 32);
    let mut out = Zeroizing::new([0; 32]);
    out.copy_from_slice(&bytes);
    out
}

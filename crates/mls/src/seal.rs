//! Sealing to a public key: HPKE in base mode with X-Wing, HKDF-SHA256 and AES-128-GCM (docs/protocol.md §5.4).
//!
//! A sealed box is `u16 length ‖ KEM output ‖ ciphertext`, the length big-endian. HPKE draws its ephemeral
//! secret from the operating system, not from the provider's seed.

use crate::{provider::Crypto, suite::Suite};
use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{HpkeCiphertext, HpkeConfig, HpkePrivateKey},
};
use std::fmt;

/// Length of a public key.
pub const PUBLIC_LEN: usize = 1_216;
/// Length of a KEM output.
const KEM_OUTPUT_LEN: usize = 1_120;
/// How much longer a sealed box is than what is in it.
pub const OVERHEAD: usize = 2 + KEM_OUTPUT_LEN + 16;

/// The public half, [`PUBLIC_LEN`] bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SealPublic(Vec<u8>);

impl SealPublic {
    /// Takes bytes of the right length.
    ///
    /// # Errors
    /// [`SealError`] for another length.
    pub fn new(bytes: &[u8]) -> Result<Self, SealError> {
        if bytes.len() == PUBLIC_LEN { Ok(Self(bytes.to_vec())) } else { Err(SealError) }
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealPublic(..)")
    }
}

/// The private half. Zeroized when dropped; `Debug` prints nothing of it.
pub struct SealPrivate(HpkePrivateKey);

impl fmt::Debug for SealPrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealPrivate(..)")
    }
}

/// Not a key, or a box that does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed box cannot be made or opened")]
pub struct SealError;

fn config() -> HpkeConfig {
    Suite::Hybrid.ciphersuite().hpke_config()
}

/// The key pair of a seed.
#[must_use]
pub fn derive(seed: &[u8; 32]) -> (SealPrivate, SealPublic) {
    let pair = Crypto::default()
        .derive_hpke_keypair(config(), seed)
        .expect("X-Wing derives a key pair from any 32 bytes");
    (SealPrivate(pair.private), SealPublic(pair.public))
}

/// Seals for `public`. `info` names the purpose; `aad` is bound but not carried.
///
/// # Errors
/// [`SealError`] when the key is not a valid X-Wing key.
pub fn seal(public: &SealPublic, info: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    let sealed =
        Crypto::default().hpke_seal(config(), &public.0, info, aad, plaintext).map_err(|_| SealError)?;
    let (kem, ciphertext) = (sealed.kem_output.as_slice(), sealed.ciphertext.as_slice());
    let mut out = Vec::with_capacity(2 + kem.len() + ciphertext.len());
    out.extend_from_slice(&u16::try_from(kem.len()).map_err(|_| SealError)?.to_be_bytes());
    out.extend_from_slice(kem);
    out.extend_from_slice(ciphertext);
    Ok(out)
}

/// Can anything be sealed to this key? Bytes of the right length may be none.
#[must_use]
pub fn is_sealable(key: &[u8]) -> bool {
    SealPublic::new(key).is_ok_and(|key| seal(&key, &[], &[], &[]).is_ok())
}

/// Opens a sealed box.
///
/// # Errors
/// [`SealError`] when it was made for another key, info or aad, or was changed.
pub fn open(private: &SealPrivate, info: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (len, rest) = sealed.split_at_checked(2).ok_or(SealError)?;
    let len = usize::from(u16::from_be_bytes([len[0], len[1]]));
    if len != KEM_OUTPUT_LEN {
        return Err(SealError);
    }
    let (kem, ciphertext) = rest.split_at_checked(len).ok_or(SealError)?;
    let input = HpkeCiphertext { kem_output: kem.into(), ciphertext: ciphertext.into() };
    Crypto::default().hpke_open(config(), &input, &private.0, info, aad).map_err(|_| SealError)
}

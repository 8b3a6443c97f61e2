//! nonce ‖ AES-256-GCM, as every symmetric format has it.

use super::OpenError;
use asterism_mls::symmetric::{aead_open, aead_seal};
use zeroize::Zeroizing;

/// Length of a nonce.
pub(crate) const NONCE_BYTES: usize = 12;
/// Length of the authentication tag.
const TAG_BYTES: usize = 16;
/// How much longer a box is than what is in it.
pub(super) const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// Fresh random bytes for one box.
pub(crate) type Nonce = [u8; NONCE_BYTES];

pub(super) fn seal(key: &[u8; 32], nonce: Nonce, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let ciphertext = aead_seal(key, nonce, aad, plaintext);
    [nonce.as_slice(), &ciphertext].concat()
}

pub(super) fn open(
    key: &[u8; 32],
    aad: &[u8],
    sealed: &[u8],
    bytes_max: usize,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    if sealed.len() > bytes_max {
        return Err(OpenError::LimitExceeded);
    }
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError::DoesNotOpen)?;
    aead_open(key, *nonce, aad, ciphertext).map(Zeroizing::new).map_err(|_| OpenError::DoesNotOpen)
}

/// For tests of the formats.
#[cfg(test)]
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// For tests of the formats: the box with each of its bytes changed, and cut short.
#[cfg(test)]
pub(super) fn damaged(sealed: &[u8]) -> Vec<Vec<u8>> {
    let flip = |at: usize| {
        let mut copy = sealed.to_vec();
        copy[at] ^= 1;
        copy
    };
    let cut = |len: usize| sealed[..len].to_vec();
    let step = (sealed.len() / 64).max(1);
    let places = (0..sealed.len()).step_by(step).chain([sealed.len() - 1]);
    places.clone().map(flip).chain(places.map(cut)).collect()
}

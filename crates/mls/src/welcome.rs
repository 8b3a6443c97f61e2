//! A sliced welcome in two parts: what is one joiner's, and what all joiners of a commit share
//! (docs/protocol.md §5.4). The shared part is an AEAD ciphertext under a key that the joiner's part gives, so it
//! may be stored once and in the open.

use asterism_wire::limits;
use openmls::prelude::{Ciphersuite, EncryptedGroupSecrets};
use tls_codec::{DeserializeBytes as _, Serialize as _, VLBytes};

/// MLSMessage of version mls10 and wire format mls_welcome (RFC 9420 §6).
const HEADER: [u8; 4] = [0, 1, 0, 3];

/// The bytes are not a welcome, or not a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a welcome")]
pub struct NotAWelcome;

/// A welcome's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Suite and encrypted group secrets, for the joiner.
    pub secrets: Vec<u8>,
    /// Encrypted GroupInfo, for all.
    pub info: Vec<u8>,
}

/// Splits a welcome.
///
/// # Errors
/// [`NotAWelcome`].
pub fn split(welcome: &[u8]) -> Result<Parts, NotAWelcome> {
    let body = welcome.strip_prefix(&HEADER).ok_or(NotAWelcome)?;
    let (_, after_suite) = Ciphersuite::tls_deserialize_bytes(body).map_err(|_| NotAWelcome)?;
    let (_, after_secrets) =
        Vec::<EncryptedGroupSecrets>::tls_deserialize_bytes(after_suite).map_err(|_| NotAWelcome)?;
    let (info, rest) = VLBytes::tls_deserialize_bytes(after_secrets).map_err(|_| NotAWelcome)?;
    if !rest.is_empty() {
        return Err(NotAWelcome);
    }
    let secrets = &body[..body.len() - after_secrets.len()];
    Ok(Parts { secrets: secrets.to_vec(), info: info.as_slice().to_vec() })
}

/// Puts a welcome together again.
///
/// # Errors
/// [`NotAWelcome`] when a part is larger than its limit.
pub fn compose(parts: &Parts) -> Result<Vec<u8>, NotAWelcome> {
    let too_large =
        parts.secrets.len() > limits::WELCOME_BYTES_MAX || parts.info.len() > limits::WELCOME_INFO_BYTES_MAX;
    if too_large {
        return Err(NotAWelcome);
    }
    let info = VLBytes::new(parts.info.clone()).tls_serialize_detached().map_err(|_| NotAWelcome)?;
    Ok([HEADER.as_slice(), &parts.secrets, &info].concat())
}

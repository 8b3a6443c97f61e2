//! Credentials: a device, certified by its account's key (docs/protocol.md §3.2).

use crate::keys::{self, SigningKey};
use asterism_policy::Leaf;
use asterism_wire::{account::DeviceCredential, signing};
use openmls::{credentials::BasicCredential, prelude::Credential};

/// Longest credential that is looked at.
pub const CREDENTIAL_BYTES_MAX: usize = 512;

/// Why a credential proves nothing. It is never worth trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not decodable, or a field has a wrong length.
    #[error("the credential is not well formed")]
    Malformed,
    /// Certified by a later account key than this version can judge.
    #[error("the credential is of an unknown account key version")]
    Version,
    /// The account key is not the account's, or the certificate does not verify.
    #[error("the device is not certified by its account")]
    NotCertified,
}

/// Certifies a device: gives the credential's bytes.
#[must_use]
pub fn make_credential(
    account_key: &SigningKey,
    account_key_version: u32,
    device_number: u32,
    created_at_ms: u64,
    device_key: &[u8; 32],
) -> DeviceCredential {
    let account = signing::account_id(&account_key.public());
    let to_be_signed =
        signing::device_certificate(account, account_key_version, device_number, created_at_ms, device_key);
    DeviceCredential {
        account: account.to_vec(),
        account_key_version,
        account_key: account_key.public().to_vec(),
        device_number,
        created_at_ms,
        certificate: account_key.sign(&to_be_signed).to_vec(),
    }
}

/// Checks a credential against the signature key of its leaf.
///
/// # Errors
/// See [`CredentialError`].
pub fn check_credential(bytes: &[u8], device_key: &[u8]) -> Result<Leaf, CredentialError> {
    let credential = decode(bytes)?;
    if credential.account_key_version != 0 {
        return Err(CredentialError::Version);
    }
    let leaf = leaf_of(&credential, device_key)?;
    if leaf.account != signing::account_id(&credential.account_key) {
        return Err(CredentialError::NotCertified);
    }
    let signed = credential.to_be_signed(device_key).map_err(|_| CredentialError::Malformed)?;
    keys::verify(&credential.account_key, &signed, &credential.certificate)
        .map_err(|_| CredentialError::NotCertified)?;
    Ok(leaf)
}

/// Who a credential that was checked before belongs to.
pub(crate) fn read_checked(bytes: &[u8], device_key: &[u8]) -> Result<Leaf, CredentialError> {
    leaf_of(&decode(bytes)?, device_key)
}

/// The account key in a credential.
pub(crate) fn account_key(bytes: &[u8]) -> Result<Vec<u8>, CredentialError> {
    Ok(decode(bytes)?.account_key)
}

fn decode(bytes: &[u8]) -> Result<DeviceCredential, CredentialError> {
    if bytes.len() > CREDENTIAL_BYTES_MAX {
        return Err(CredentialError::Malformed);
    }
    DeviceCredential::read(bytes).map_err(|_| CredentialError::Malformed)
}

fn leaf_of(credential: &DeviceCredential, device_key: &[u8]) -> Result<Leaf, CredentialError> {
    if device_key.len() != 32 {
        return Err(CredentialError::Malformed);
    }
    let account = credential.account_id().map_err(|_| CredentialError::Malformed)?;
    Ok(Leaf { account, device: signing::device_id(device_key) })
}

/// The identity bytes of an MLS credential, which must be a Basic one.
pub(crate) fn identity(credential: &Credential) -> Result<Vec<u8>, CredentialError> {
    let basic = BasicCredential::try_from(credential.clone()).map_err(|_| CredentialError::Malformed)?;
    Ok(basic.identity().to_vec())
}

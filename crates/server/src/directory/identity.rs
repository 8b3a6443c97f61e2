//! Who a device says it is, and the proofs for that.

use asterism_mls::{credential::check_credential, keys::verify};
use asterism_wire::{
    ErrorCode,
    account::{DeviceCredential, DeviceEntry},
    frame::Failure,
    ids::{AccountId, DeviceId},
    signing,
};

/// A device of an account, proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its account.
    pub account: AccountId,
    /// Its id.
    pub device: DeviceId,
    /// Its signature key.
    pub device_key: [u8; 32],
}

/// Why a device is not who it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// A field is missing or has a wrong length.
    #[error("the device entry is not well formed")]
    Malformed,
    /// Certificate or signature do not check.
    #[error("a signature does not check")]
    BadSignature,
}

impl From<CredentialError> for Failure {
    fn from(error: CredentialError) -> Self {
        Self::of(match error {
            CredentialError::Malformed => ErrorCode::Malformed,
            CredentialError::BadSignature => ErrorCode::BadSignature,
        })
    }
}

impl From<asterism_mls::credential::CredentialError> for CredentialError {
    fn from(error: asterism_mls::credential::CredentialError) -> Self {
        use asterism_mls::credential::CredentialError as Mls;
        match error {
            Mls::Malformed => Self::Malformed,
            Mls::Version | Mls::NotCertified => Self::BadSignature,
        }
    }
}

/// A device whose credential was checked against its key, but which has signed nothing yet.
pub(super) struct Certified {
    pub(super) identity: Identity,
    pub(super) credential: DeviceCredential,
    /// As received.
    pub(super) credential_bytes: Vec<u8>,
}

/// Checks a device entry's credential against its key.
pub(super) fn certified(entry: Option<DeviceEntry>) -> Result<Certified, CredentialError> {
    let entry = entry.ok_or(CredentialError::Malformed)?;
    let device_key = entry.device_key.as_slice().try_into().map_err(|_| CredentialError::Malformed)?;
    let leaf = check_credential(&entry.credential, &entry.device_key)?;
    let credential = DeviceCredential::read(&entry.credential).map_err(|_| CredentialError::Malformed)?;
    Ok(Certified {
        identity: Identity { account: leaf.account, device: leaf.device, device_key },
        credential,
        credential_bytes: entry.credential,
    })
}

impl Identity {
    /// Checks the device's signature over the connection's nonce.
    pub(super) fn check_authentication(
        &self,
        nonce: &[u8; 32],
        signature: &[u8],
    ) -> Result<(), CredentialError> {
        let signed = signing::authentication(nonce, self.account, self.device);
        check_signature(&self.device_key, &signed, signature)
    }
}

/// Checks a signature.
pub(super) fn check_signature(public: &[u8], signed: &[u8], signature: &[u8]) -> Result<(), CredentialError> {
    verify(public, signed, signature).map_err(|_| CredentialError::BadSignature)
}

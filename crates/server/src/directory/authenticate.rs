//! Authenticating a connection as a registered device (docs/protocol.md §3.3).

use super::{CredentialError, Directory, Identity, records::keys};
use crate::failure;
use asterism_store::{Store as _, StoreError, Version, Write};
use asterism_wire::{
    ErrorCode,
    frame::{Authenticate, Failure},
    ids::{AccountId, DeviceId},
    signing,
};
use bytes::Bytes;

/// How coarsely the time is kept at which a device was last seen. Finer: more writes, and more
/// knowledge about people than is needed.
const SEEN_COARSENESS_MS: u64 = 3_600_000;

/// Why a connection was not authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// An id has a wrong length.
    #[error("a field has a wrong length")]
    Malformed,
    /// No such account, or it has no such device.
    #[error("no such account or device")]
    Unknown,
    /// The signature does not check.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AuthenticateError> for Failure {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Malformed => Self::of(ErrorCode::Malformed),
            AuthenticateError::Unknown => Self::of(ErrorCode::UnknownAccount),
            AuthenticateError::Credential(error) => error.into(),
            AuthenticateError::Store(error) => failure::of_store(error),
        }
    }
}

impl Directory {
    /// Checks that the device is registered and has signed the nonce.
    ///
    /// # Errors
    /// See [`AuthenticateError`].
    pub async fn authenticate(
        &self,
        nonce: &[u8; 32],
        request: Authenticate,
    ) -> Result<Identity, AuthenticateError> {
        let account = AccountId::try_from(request.account).map_err(|_| AuthenticateError::Malformed)?;
        let device = DeviceId::try_from(request.device).map_err(|_| AuthenticateError::Malformed)?;
        let stored = self.account(account).await?.ok_or(AuthenticateError::Unknown)?;
        let mut keys = stored.record.devices.iter().map(|known| known.device_key.as_slice());
        let device_key = keys
            .find(|key| signing::device_id(key) == device)
            .ok_or(AuthenticateError::Unknown)?
            .try_into()
            .map_err(|_| StoreError::Corrupt)?;
        let identity = Identity { account, device, device_key };
        identity.check_authentication(nonce, &request.signature)?;
        Ok(identity)
    }

    /// Notes that the device is here, at most once in an hour; that is worth no wait.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_seen(&self, device: DeviceId) -> Result<(), StoreError> {
        let now = self.clock.now().0;
        let coarse = now - now % SEEN_COARSENESS_MS;
        let key = keys::seen(device);
        let seen = self.store.get(std::slice::from_ref(&key)).await?.pop().flatten();
        if seen.is_none_or(|seen| read_seen(&seen.value) < coarse) {
            let value = Some(Bytes::copy_from_slice(&coarse.to_be_bytes()));
            // Queued by the call; nobody waits for the answer.
            drop(self.store.write(vec![Write { key, expect: Version::Any, value }]));
        }
        Ok(())
    }
}

/// The time in a `seen/` record; 0 when it cannot be read.
pub(super) fn read_seen(value: &[u8]) -> u64 {
    value.try_into().map_or(0, u64::from_be_bytes)
}

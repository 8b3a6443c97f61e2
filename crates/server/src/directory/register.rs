//! Creating an account (docs/protocol.md §3.3).

use super::{
    CredentialError, Directory, Identity, Origin,
    identity::{Certified, certified, check_signature},
    records::{self, AccountRecord, DeviceRecord, RecoveryRecord, keys},
    recovery::{BlobError, recovery_record},
};
use crate::{failure, rate_limit::RetryAfterMs};
use asterism_store::{Key, Store as _, StoreError, Version, Write, WriteError};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, Register},
    handle::Handle,
    signing,
};
use bytes::Bytes;
use subtle::ConstantTimeEq as _;

/// Why no account was created.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The handle is not one.
    #[error("the handle is not valid")]
    InvalidHandle,
    /// The handle is another account's.
    #[error("the handle is taken")]
    HandleTaken,
    /// The recovery blob cannot be kept.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The operator wants an invitation code, and this is none.
    #[error("the invitation code is not valid")]
    NotInvited,
    /// The account or the device exists already, and is not the same.
    #[error("the keys are in use")]
    KeysInUse,
    /// Too many from this address.
    #[error(transparent)]
    RateLimited(#[from] RetryAfterMs),
    /// The device is not who it says.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RegisterError> for Failure {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::InvalidHandle => Self::of(ErrorCode::InvalidHandle),
            RegisterError::HandleTaken => Self::of(ErrorCode::HandleTaken),
            RegisterError::Blob(error) => error.into(),
            RegisterError::NotInvited | RegisterError::KeysInUse => Self::of(ErrorCode::Forbidden),
            RegisterError::RateLimited(error) => error.into(),
            RegisterError::Credential(error) => error.into(),
            RegisterError::Store(error) => failure::of_store(error),
        }
    }
}

impl Directory {
    /// Creates account, handle, first device and recovery blob in one step. Repeated with the same
    /// handle and keys it succeeds again and changes nothing.
    ///
    /// # Errors
    /// See [`RegisterError`].
    pub async fn register(
        &self,
        nonce: &[u8; 32],
        origin: Origin,
        request: Register,
    ) -> Result<Identity, RegisterError> {
        // Whoever is not invited learns nothing about handles.
        self.check_invite_code(&request.invite_code)?;
        let handle = Handle::parse(&request.handle).map_err(|_| RegisterError::InvalidHandle)?;
        let recovery = recovery_record(request.recovery_blob, request.recovery_token_hash)?;
        let device = certified(request.device)?;
        check_account_key(nonce, &handle, &device, &request.account_signature)?;
        device.identity.check_authentication(nonce, &request.device_signature)?;

        let identity = device.identity;
        if self.is_registered(&identity, &handle).await? {
            return Ok(identity);
        }
        self.throttle.register(origin, self.clock.now())?;
        match self.store.write(first_records(&handle, device, &recovery)).await {
            Ok(()) => Ok(identity),
            // A repetition that ran at the same time?
            Err(WriteError::Conflict { .. }) if self.is_registered(&identity, &handle).await? => Ok(identity),
            Err(WriteError::Conflict { key }) if key == keys::handle(handle.as_str()) => {
                Err(RegisterError::HandleTaken)
            }
            Err(WriteError::Conflict { .. }) => Err(RegisterError::KeysInUse),
            Err(WriteError::Store(error)) => Err(error.into()),
        }
    }

    fn check_invite_code(&self, code: &str) -> Result<(), RegisterError> {
        let is_known = self.invite_codes.iter().any(|known| known.as_bytes().ct_eq(code.as_bytes()).into());
        if self.invite_codes.is_empty() || is_known { Ok(()) } else { Err(RegisterError::NotInvited) }
    }

    /// Whether exactly this was registered before.
    async fn is_registered(&self, identity: &Identity, handle: &Handle) -> Result<bool, StoreError> {
        let account = self.account(identity.account).await?;
        Ok(account.is_some_and(|account| {
            account.record.handle == handle.as_str() && account.record.has_device(&identity.device_key)
        }))
    }
}

fn check_account_key(
    nonce: &[u8; 32],
    handle: &Handle,
    device: &Certified,
    signature: &[u8],
) -> Result<(), CredentialError> {
    let Identity { account, device_key, .. } = device.identity;
    let signed = signing::registration(nonce, handle.as_str(), account, &device_key);
    check_signature(&device.credential.account_key, &signed, signature)
}

fn first_records(handle: &Handle, device: Certified, recovery: &RecoveryRecord) -> Vec<Write> {
    let Identity { account, device: device_id, device_key } = device.identity;
    let record = AccountRecord {
        handle: handle.as_str().to_owned(),
        account_key: device.credential.account_key,
        devices: vec![DeviceRecord { device_key: device_key.to_vec(), credential: device.credential_bytes }],
        last_device_number: device.credential.device_number,
    };
    let account_id = Bytes::copy_from_slice(account.as_bytes());
    vec![
        create(keys::handle(handle.as_str()), account_id.clone()),
        create(keys::account(account), records::write(&record)),
        create(keys::device(device_id), account_id),
        create(keys::recovery(account), records::write(recovery)),
    ]
}

/// A write of a record that must not exist.
pub(super) fn create(key: Key, value: Bytes) -> Write {
    Write { key, expect: Version::Absent, value: Some(value) }
}

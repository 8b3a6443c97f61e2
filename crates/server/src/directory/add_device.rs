//! Entering a further device of an account (docs/protocol.md §3.4).

use super::{
    ATTEMPTS_MAX, CredentialError, Directory, Identity, StoredAccount,
    identity::{Certified, certified, check_signature},
    records::{self, AccountRecord, DeviceRecord, keys},
    register::create,
};
use crate::failure;
use asterism_store::{Store as _, StoreError, Version, Write, WriteError};
use asterism_wire::{
    ErrorCode,
    frame::{AddDevice, Failure},
    limits::DEVICES_MAX,
    signing,
};
use bytes::Bytes;

/// Why no device was added.
#[derive(Debug, thiserror::Error)]
pub enum AddDeviceError {
    /// No such account.
    #[error("no such account")]
    UnknownAccount,
    /// The account has as many devices as it may.
    #[error("the account has too many devices")]
    TooManyDevices,
    /// The device's number was used before, or its key is another account's: choose again.
    #[error("the device's number or key is in use")]
    InUse,
    /// The account changed again and again meanwhile: try again.
    #[error("the account is being changed")]
    Busy,
    /// A certificate or signature does not check.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AddDeviceError> for Failure {
    fn from(error: AddDeviceError) -> Self {
        match error {
            AddDeviceError::UnknownAccount => Self::of(ErrorCode::UnknownAccount),
            AddDeviceError::TooManyDevices => Self::of(ErrorCode::TooManyDevices),
            AddDeviceError::InUse => Self::of(ErrorCode::Forbidden),
            AddDeviceError::Busy => failure::of_store(StoreError::Overloaded),
            AddDeviceError::Credential(error) => error.into(),
            AddDeviceError::Store(error) => failure::of_store(error),
        }
    }
}

impl Directory {
    /// Adds the device to its account. Repeated with the same key it succeeds again.
    ///
    /// # Errors
    /// See [`AddDeviceError`].
    pub async fn add_device(&self, nonce: &[u8; 32], request: AddDevice) -> Result<Identity, AddDeviceError> {
        let device = certified(request.device)?;
        let identity = device.identity;
        for _ in 0..ATTEMPTS_MAX {
            let stored = self.account(identity.account).await?.ok_or(AddDeviceError::UnknownAccount)?;
            let signed = signing::device_addition(nonce, identity.account, &identity.device_key);
            check_signature(&stored.record.account_key, &signed, &request.account_signature)?;
            identity.check_authentication(nonce, &request.device_signature)?;
            if stored.record.has_device(&identity.device_key) {
                return Ok(identity);
            }
            match self.store.write(addition(stored, &device)?).await {
                Ok(()) => return Ok(identity),
                Err(WriteError::Conflict { key }) if key == keys::device(identity.device) => {
                    return Err(AddDeviceError::InUse);
                }
                Err(WriteError::Conflict { .. }) => {}
                Err(WriteError::Store(error)) => return Err(error.into()),
            }
        }
        Err(AddDeviceError::Busy)
    }
}

fn addition(stored: StoredAccount, device: &Certified) -> Result<Vec<Write>, AddDeviceError> {
    let StoredAccount { mut record, version } = stored;
    if record.devices.len() >= DEVICES_MAX {
        return Err(AddDeviceError::TooManyDevices);
    }
    if device.credential.device_number <= record.last_device_number {
        return Err(AddDeviceError::InUse);
    }
    let Identity { account, device: id, device_key } = device.identity;
    record.last_device_number = device.credential.device_number;
    record
        .devices
        .push(DeviceRecord { device_key: device_key.to_vec(), credential: device.credential_bytes.clone() });
    let value = Some(records::write(&record));
    Ok(vec![
        create(keys::device(id), Bytes::copy_from_slice(account.as_bytes())),
        Write { key: keys::account(account), expect: Version::Is(version), value },
    ])
}

impl AccountRecord {
    /// Whether the account has a device with this key.
    #[must_use]
    pub fn has_device(&self, device_key: &[u8]) -> bool {
        self.devices.iter().any(|device| device.device_key == device_key)
    }
}

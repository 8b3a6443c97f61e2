//! Recovery blobs (docs/protocol.md §3.6).

use super::{
    Directory, Origin,
    records::{self, RecoveryRecord, keys},
};
use crate::{failure, rate_limit::RetryAfterMs};
use asterism_store::{Store as _, StoreError, Version, Write, WriteError};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetRecovery, PutRecovery, Recovery},
    handle::Handle,
    ids::{AccountId, Hash},
    limits::RECOVERY_BLOB_BYTES_MAX,
    signing::sha256,
};
use subtle::ConstantTimeEq as _;

/// Why a recovery blob cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// The token's hash has a wrong length.
    #[error("the hash of the recovery token has a wrong length")]
    Malformed,
    /// The blob is too large.
    #[error("the recovery blob is too large")]
    TooLarge,
}

impl From<BlobError> for Failure {
    fn from(error: BlobError) -> Self {
        Self::of(match error {
            BlobError::Malformed => ErrorCode::Malformed,
            BlobError::TooLarge => ErrorCode::LimitExceeded,
        })
    }
}

/// Why a recovery blob was not given or taken.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// No such handle, or not its token: the same refusal for both.
    #[error("handle and token do not belong together")]
    Refused,
    /// The blob cannot be kept.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// Too many from this address.
    #[error(transparent)]
    RateLimited(#[from] RetryAfterMs),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RecoveryError> for Failure {
    fn from(error: RecoveryError) -> Self {
        match error {
            RecoveryError::Refused => Self::of(ErrorCode::RecoveryRefused),
            RecoveryError::Blob(error) => error.into(),
            RecoveryError::RateLimited(error) => error.into(),
            RecoveryError::Store(error) => failure::of_store(error),
        }
    }
}

impl Directory {
    /// Gives the blob to whoever knows the token.
    ///
    /// # Errors
    /// See [`RecoveryError`].
    pub async fn recovery(&self, origin: Origin, request: GetRecovery) -> Result<Recovery, RecoveryError> {
        self.throttle.recovery(origin, self.clock.now())?;
        let found = self.find_recovery(&request.handle).await?;
        let expected = found.as_ref().map_or(&[0; Hash::LEN][..], |(_, recovery)| &recovery.token_hash);
        let is_right: bool = sha256(&request.token).as_bytes().ct_eq(expected).into();
        let Some((account, recovery)) = found.filter(|_| is_right) else {
            return Err(RecoveryError::Refused);
        };
        let stored = self.account(account).await?.ok_or(StoreError::Corrupt)?;
        Ok(Recovery {
            account: account.to_vec(),
            blob: recovery.blob,
            last_device_number: stored.record.last_device_number,
        })
    }

    /// Replaces the account's blob.
    ///
    /// # Errors
    /// See [`RecoveryError`].
    pub async fn put_recovery(&self, account: AccountId, request: PutRecovery) -> Result<(), RecoveryError> {
        let record = recovery_record(request.blob, request.token_hash)?;
        let value = Some(records::write(&record));
        let write = Write { key: keys::recovery(account), expect: Version::Any, value };
        match self.store.write(vec![write]).await {
            Ok(()) => Ok(()),
            // There is no condition that could fail.
            Err(WriteError::Conflict { .. }) => Err(StoreError::Corrupt.into()),
            Err(WriteError::Store(error)) => Err(error.into()),
        }
    }

    async fn find_recovery(&self, handle: &str) -> Result<Option<(AccountId, RecoveryRecord)>, StoreError> {
        let Ok(handle) = Handle::parse(handle) else { return Ok(None) };
        let Some(account) = self.account_of_handle(handle.as_str()).await? else { return Ok(None) };
        let found = self.store.get(&[keys::recovery(account)]).await?.pop().flatten();
        found.map(|found| Ok((account, records::read(&found.value)?))).transpose()
    }
}

/// Checks lengths.
pub(super) fn recovery_record(blob: Vec<u8>, token_hash: Vec<u8>) -> Result<RecoveryRecord, BlobError> {
    if token_hash.len() != Hash::LEN {
        return Err(BlobError::Malformed);
    }
    if blob.len() > RECOVERY_BLOB_BYTES_MAX {
        return Err(BlobError::TooLarge);
    }
    Ok(RecoveryRecord { blob, token_hash })
}

//! Who has this handle, who are these accounts?

use super::{
    Directory,
    authenticate::read_seen,
    records::{self, AccountRecord, keys},
};
use crate::{failure, rate_limit::RetryAfterMs};
use asterism_store::{Store as _, StoreError};
use asterism_wire::{
    ErrorCode,
    account::{AccountEntry, DeviceEntry},
    frame::{Accounts, Failure, LookupAccounts, LookupHandle},
    handle::Handle,
    ids::AccountId,
    limits::LOOKUP_MAX,
    signing,
};

/// Why nothing was looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The handle is not one.
    #[error("the handle is not valid")]
    InvalidHandle,
    /// Nobody has it.
    #[error("nobody has this handle")]
    UnknownHandle,
    /// An id has a wrong length.
    #[error("a field has a wrong length")]
    Malformed,
    /// Too many accounts at once.
    #[error("too many accounts at once")]
    TooMany,
    /// Too many by this account.
    #[error(transparent)]
    RateLimited(#[from] RetryAfterMs),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::InvalidHandle => Self::of(ErrorCode::InvalidHandle),
            LookupError::UnknownHandle => Self::of(ErrorCode::UnknownHandle),
            LookupError::Malformed => Self::of(ErrorCode::Malformed),
            LookupError::TooMany => Self::of(ErrorCode::LimitExceeded),
            LookupError::RateLimited(error) => error.into(),
            LookupError::Store(error) => failure::of_store(error),
        }
    }
}

impl Directory {
    /// The account with this handle.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub async fn lookup_handle(
        &self,
        caller: AccountId,
        request: LookupHandle,
    ) -> Result<AccountEntry, LookupError> {
        let handle = Handle::parse(&request.handle).map_err(|_| LookupError::InvalidHandle)?;
        self.throttle.lookup_handle.take(caller, self.clock.now())?;
        let account = self.account_of_handle(handle.as_str()).await?.ok_or(LookupError::UnknownHandle)?;
        let stored = self.account(account).await?.ok_or(StoreError::Corrupt)?;
        Ok(self.entry(caller, account, stored.record).await?)
    }

    /// These accounts, without those that do not exist.
    ///
    /// # Errors
    /// See [`LookupError`].
    pub async fn lookup_accounts(
        &self,
        caller: AccountId,
        request: LookupAccounts,
    ) -> Result<Accounts, LookupError> {
        let wanted = account_ids(request.accounts)?;
        let keys: Vec<_> = wanted.iter().map(|account| keys::account(*account)).collect();
        let mut accounts = Vec::with_capacity(wanted.len());
        for (account, found) in wanted.into_iter().zip(self.store.get(&keys).await?) {
            if let Some(found) = found {
                accounts.push(self.entry(caller, account, records::read(&found.value)?).await?);
            }
        }
        Ok(Accounts { accounts })
    }

    /// The account as `caller` may see it: nobody else is told when its devices were last seen.
    async fn entry(
        &self,
        caller: AccountId,
        account: AccountId,
        record: AccountRecord,
    ) -> Result<AccountEntry, StoreError> {
        let mut devices: Vec<_> = record
            .devices
            .into_iter()
            .map(|device| DeviceEntry {
                device_key: device.device_key,
                credential: device.credential,
                last_seen_ms: 0,
            })
            .collect();
        if caller == account {
            let keys: Vec<_> =
                devices.iter().map(|device| keys::seen(signing::device_id(&device.device_key))).collect();
            for (device, seen) in devices.iter_mut().zip(self.store.get(&keys).await?) {
                device.last_seen_ms = seen.map_or(0, |seen| read_seen(&seen.value));
            }
        }
        Ok(AccountEntry { account: account.to_vec(), handle: record.handle, devices })
    }
}

/// Reads a bounded list of account ids.
pub(super) fn account_ids(ids: Vec<Vec<u8>>) -> Result<Vec<AccountId>, LookupError> {
    if ids.len() > LOOKUP_MAX {
        return Err(LookupError::TooMany);
    }
    ids.into_iter().map(|id| AccountId::try_from(id).map_err(|_| LookupError::Malformed)).collect()
}

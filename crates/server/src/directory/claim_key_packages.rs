//! Handing out key packages, each one-time one once (docs/protocol.md §3.7).

use super::{
    Directory, Identity,
    records::{self, PackagesRecord, keys},
};
use crate::{failure, rate_limit::RetryAfterMs};
use asterism_store::{Store as _, StoreError, Version, Write};
use asterism_wire::{
    ErrorCode,
    frame::{ClaimKeyPackages, ClaimedKeyPackage, ClaimedKeyPackages, Failure, PublishedKeyPackage},
    ids::{AccountId, DeviceId},
    signing,
};
use futures_util::future::try_join_all;
use std::slice;

/// A one-time package older than this is not handed out: its device may have forgotten its keys.
const ONE_TIME_AGE_MAX_MS: u64 = 90 * 24 * 3_600_000;

/// Why no key package was handed out.
#[derive(Debug, thiserror::Error)]
pub enum ClaimKeyPackagesError {
    /// The account id has a wrong length.
    #[error("a field has a wrong length")]
    Malformed,
    /// No such account.
    #[error("no such account")]
    UnknownAccount,
    /// None of its devices has any.
    #[error("no device has a key package")]
    NoneLeft,
    /// Too many of this account by this one.
    #[error(transparent)]
    RateLimited(#[from] RetryAfterMs),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ClaimKeyPackagesError> for Failure {
    fn from(error: ClaimKeyPackagesError) -> Self {
        match error {
            ClaimKeyPackagesError::Malformed => Self::of(ErrorCode::Malformed),
            ClaimKeyPackagesError::UnknownAccount => Self::of(ErrorCode::UnknownAccount),
            ClaimKeyPackagesError::NoneLeft => Self::of(ErrorCode::NoKeyPackage),
            ClaimKeyPackagesError::RateLimited(error) => error.into(),
            ClaimKeyPackagesError::Store(error) => failure::of_store(error),
        }
    }
}

impl Directory {
    /// Takes one key package of each device of an account, except of the device that asks.
    ///
    /// # Errors
    /// See [`ClaimKeyPackagesError`].
    pub async fn claim_key_packages(
        &self,
        caller: &Identity,
        request: ClaimKeyPackages,
    ) -> Result<ClaimedKeyPackages, ClaimKeyPackagesError> {
        let account = AccountId::try_from(request.account).map_err(|_| ClaimKeyPackagesError::Malformed)?;
        let stored = self.account(account).await?.ok_or(ClaimKeyPackagesError::UnknownAccount)?;
        self.throttle.claim.take((caller.account, account), self.clock.now())?;
        let devices = stored.record.devices.iter().map(|device| signing::device_id(&device.device_key));
        let claims = devices
            .filter(|device| *device != caller.device)
            .map(|device| self.claim_one(device, request.hybrid));
        let packages: Vec<_> = try_join_all(claims).await?.into_iter().flatten().collect();
        if packages.is_empty() {
            Err(ClaimKeyPackagesError::NoneLeft)
        } else {
            Ok(ClaimedKeyPackages { packages })
        }
    }

    async fn claim_one(
        &self,
        device: DeviceId,
        hybrid: bool,
    ) -> Result<Option<ClaimedKeyPackage>, StoreError> {
        let package = match self.take_one_time(device, hybrid).await? {
            Some(package) => Some(package),
            None => self.last_resort(device, hybrid).await?,
        };
        Ok(package.map(|package| ClaimedKeyPackage { device: device.to_vec(), package: Some(package) }))
    }

    /// Takes the oldest package that is fresh enough; older ones are dropped on the way.
    async fn take_one_time(
        &self,
        device: DeviceId,
        hybrid: bool,
    ) -> Result<Option<PublishedKeyPackage>, StoreError> {
        let order = keys::package_order(device, hybrid);
        let oldest_ms = self.clock.now().0.saturating_sub(ONE_TIME_AGE_MAX_MS);
        while let Some((place, _)) = self.store.take_one(&order).await? {
            let (created_at_ms, hash) = keys::read_package_place(&place).ok_or(StoreError::Corrupt)?;
            let key = keys::package(device, hash);
            let found = self.store.get(slice::from_ref(&key)).await?.pop().flatten();
            // Nobody else can reach the package any more; nobody waits for its deletion.
            drop(self.store.write(vec![Write { key, expect: Version::Any, value: None }]));
            if created_at_ms >= oldest_ms
                && let Some(found) = found
            {
                return Ok(Some(records::read(&found.value)?));
            }
        }
        Ok(None)
    }

    async fn last_resort(
        &self,
        device: DeviceId,
        hybrid: bool,
    ) -> Result<Option<PublishedKeyPackage>, StoreError> {
        let found = self.store.get(&[keys::packages(device, hybrid)]).await?.pop().flatten();
        let Some(found) = found else { return Ok(None) };
        let record: PackagesRecord = records::read(&found.value)?;
        if record.last_resort.is_empty() {
            return Ok(None);
        }
        records::read(&record.last_resort.into()).map(Some)
    }
}

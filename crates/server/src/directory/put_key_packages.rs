//! Publishing key packages (docs/protocol.md §3.7).

use super::{
    ATTEMPTS_MAX, Directory, Identity,
    records::{self, PackagesRecord, keys},
};
use crate::failure;
use asterism_mls::{Suite, key_package::KeyPackageInfo};
use asterism_store::{Key, Store as _, StoreError, Version, Write, WriteError};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, KeyPackageCounts, PublishedKeyPackage, PutKeyPackages},
    ids::{DeviceId, Hash},
    limits::{KEY_PACKAGE_BYTES_MAX, KEY_PACKAGES_MAX},
    signing::sha256,
};
use bytes::Bytes;
use prost::Message as _;

/// How far the clock of a device may be ahead, so that it cannot give its packages an eternal youth.
const AHEAD_MAX_MS: u64 = 24 * 3_600_000;

/// Packages checked before others get their turn: each takes some signature checks.
const CHECKED_AT_ONCE: usize = 8;

/// Why key packages were not published.
#[derive(Debug, thiserror::Error)]
pub enum PutKeyPackagesError {
    /// More than the server keeps, or a package is too large.
    #[error("too many or too large key packages")]
    TooMany,
    /// A package is not a valid one of this suite, device and use.
    #[error("a key package is not valid")]
    Invalid,
    /// The device's packages changed again and again meanwhile: try again.
    #[error("the device's key packages are being changed")]
    Busy,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PutKeyPackagesError> for Failure {
    fn from(error: PutKeyPackagesError) -> Self {
        match error {
            PutKeyPackagesError::TooMany => Self::of(ErrorCode::LimitExceeded),
            PutKeyPackagesError::Invalid => Self::of(ErrorCode::Malformed),
            PutKeyPackagesError::Busy => failure::of_store(StoreError::Overloaded),
            PutKeyPackagesError::Store(error) => failure::of_store(error),
        }
    }
}

/// A package that was checked.
struct Checked {
    hash: Hash,
    created_at_ms: u64,
    /// Encoded [`PublishedKeyPackage`].
    bytes: Bytes,
}

impl Directory {
    /// Adds one-time packages and replaces the last-resort one, all or nothing. Packages that are
    /// there already are not counted again, so that repeating a request is harmless.
    ///
    /// # Errors
    /// See [`PutKeyPackagesError`].
    pub async fn put_key_packages(
        &self,
        caller: &Identity,
        request: PutKeyPackages,
    ) -> Result<KeyPackageCounts, PutKeyPackagesError> {
        let PutKeyPackages { hybrid, one_time, last_resort } = request;
        if one_time.len() > KEY_PACKAGES_MAX {
            return Err(PutKeyPackagesError::TooMany);
        }
        let latest = self.clock.now().plus_ms(AHEAD_MAX_MS).0;
        let mut packages = Vec::with_capacity(one_time.len());
        for (position, package) in one_time.iter().enumerate() {
            if position % CHECKED_AT_ONCE == CHECKED_AT_ONCE - 1 {
                tokio::task::yield_now().await;
            }
            packages.push(checked(caller, hybrid, package, false, latest)?);
        }
        let last_resort =
            last_resort.map(|package| checked(caller, hybrid, &package, true, latest)).transpose()?;
        self.keep(caller.device, hybrid, &packages, last_resort.as_ref()).await?;
        Ok(self.package_counts(caller.device).await?)
    }

    async fn keep(
        &self,
        device: DeviceId,
        hybrid: bool,
        packages: &[Checked],
        last_resort: Option<&Checked>,
    ) -> Result<(), PutKeyPackagesError> {
        for _ in 0..ATTEMPTS_MAX {
            // Read first: whoever adds meanwhile changes this record, and the write below fails.
            let state_key = keys::packages(device, hybrid);
            let state = self.store.get(std::slice::from_ref(&state_key)).await?.pop().flatten();
            let (expect, mut record) = match state {
                Some(state) => (Version::Is(state.version), records::read(&state.value)?),
                None => (Version::Absent, PackagesRecord::default()),
            };
            let order = keys::package_order(device, hybrid);
            let mut left = self.package_places(device, hybrid).await?.len();
            let mut writes = Vec::with_capacity(2 * packages.len() + 1);
            for package in packages.iter().filter(|package| record.note(package.hash)) {
                left += 1;
                writes.push(put(
                    keys::package_place(&order, package.created_at_ms, package.hash),
                    Bytes::new(),
                ));
                writes.push(put(keys::package(device, package.hash), package.bytes.clone()));
            }
            if left > KEY_PACKAGES_MAX {
                return Err(PutKeyPackagesError::TooMany);
            }
            if let Some(package) = last_resort {
                record.last_resort = package.bytes.to_vec();
            }
            writes.push(Write { key: state_key, expect, value: Some(records::write(&record)) });
            match self.store.write(writes).await {
                Ok(()) => return Ok(()),
                Err(WriteError::Conflict { .. }) => {}
                Err(WriteError::Store(error)) => return Err(error.into()),
            }
        }
        Err(PutKeyPackagesError::Busy)
    }
}

fn checked(
    caller: &Identity,
    hybrid: bool,
    package: &PublishedKeyPackage,
    last_resort: bool,
    latest_ms: u64,
) -> Result<Checked, PutKeyPackagesError> {
    if package.key_package.len() > KEY_PACKAGE_BYTES_MAX {
        return Err(PutKeyPackagesError::TooMany);
    }
    let suite = if hybrid { Suite::Hybrid } else { Suite::Classic };
    let info = KeyPackageInfo::read(&package.key_package, suite).map_err(|_| PutKeyPackagesError::Invalid)?;
    let is_callers = info.leaf.account == caller.account && info.leaf.device == caller.device;
    if !is_callers || info.last_resort != last_resort || package.created_at_ms > latest_ms {
        return Err(PutKeyPackagesError::Invalid);
    }
    Ok(Checked {
        hash: sha256(&package.key_package),
        created_at_ms: package.created_at_ms,
        bytes: package.encode_to_vec().into(),
    })
}

fn put(key: Key, value: Bytes) -> Write {
    Write { key, expect: Version::Any, value: Some(value) }
}

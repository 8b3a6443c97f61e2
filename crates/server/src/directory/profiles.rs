//! Sealed profiles, one per account (docs/protocol.md §7.4).

use super::{Directory, LookupError, lookup::account_ids, records::keys};
use crate::failure;
use asterism_store::{Store as _, StoreError, Version, Write, WriteError};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetProfiles, Profile, Profiles, PutProfile},
    ids::AccountId,
    limits::{FRAME_BYTES_MAX, PROFILE_BYTES_MAX},
};

/// What an answer may hold of profiles, so that it fits a frame with what is around them.
const PROFILES_BYTES_MAX: usize = FRAME_BYTES_MAX - 64 * 1024;

/// Why a profile was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// It is too large.
    #[error("the profile is too large")]
    TooLarge,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::TooLarge => Self::of(ErrorCode::LimitExceeded),
            ProfileError::Store(error) => failure::of_store(error),
        }
    }
}

impl Directory {
    /// Replaces the account's profile; its version grows by one.
    ///
    /// # Errors
    /// See [`ProfileError`].
    pub async fn put_profile(&self, account: AccountId, request: PutProfile) -> Result<(), ProfileError> {
        if request.sealed.len() > PROFILE_BYTES_MAX {
            return Err(ProfileError::TooLarge);
        }
        let value = Some(request.sealed.into());
        let write = Write { key: keys::profile(account), expect: Version::Any, value };
        match self.store.write(vec![write]).await {
            Ok(()) => Ok(()),
            // There is no condition that could fail.
            Err(WriteError::Conflict { .. }) => Err(StoreError::Corrupt.into()),
            Err(WriteError::Store(error)) => Err(error.into()),
        }
    }

    /// The profiles of these accounts, without those that have none.
    ///
    /// # Errors
    /// See [`LookupError`]; `TooMany` also when they do not fit a frame together.
    pub async fn profiles(&self, request: GetProfiles) -> Result<Profiles, LookupError> {
        let wanted = account_ids(request.accounts)?;
        let keys: Vec<_> = wanted.iter().map(|account| keys::profile(*account)).collect();
        let found = self.store.get(&keys).await?;
        if found.iter().flatten().map(|found| found.value.len()).sum::<usize>() > PROFILES_BYTES_MAX {
            return Err(LookupError::TooMany);
        }
        let profiles = wanted.into_iter().zip(found).filter_map(|(account, found)| {
            let found = found?;
            Some(Profile { account: account.to_vec(), sealed: found.value.to_vec(), version: found.version })
        });
        Ok(Profiles { profiles: profiles.collect() })
    }
}

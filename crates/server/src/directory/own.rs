//! The own vault of an account: small sealed entries, for its devices alone. What is called a name here is an alias
//! that says nothing (docs/protocol.md §3.8).

use super::{
    ATTEMPTS_MAX, Directory,
    records::{self, keys},
};
use crate::{failure, rate_limit::RetryAfterMs};
use asterism_store::{Key, Store as _, StoreError, Version, Versioned, Write, WriteError};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetOwn, OwnEntry, OwnPage, PutOwn},
    ids::AccountId,
    limits,
};
use bytes::Bytes;
use std::collections::BTreeSet;

/// Entries read in one step.
const STEP: usize = 64;

/// Why entries were not written or given.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// An entry has moved on: read it and write again.
    #[error("an entry has another version")]
    Conflict,
    /// A name is empty or there twice.
    #[error("a name is empty or there twice")]
    Malformed,
    /// Too many entries, or one is too large.
    #[error("a limit is exceeded")]
    TooMuch,
    /// Too many writes by this account.
    #[error(transparent)]
    RateLimited(#[from] RetryAfterMs),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OwnError> for Failure {
    fn from(error: OwnError) -> Self {
        match error {
            OwnError::Conflict => Self::of(ErrorCode::VaultConflict),
            OwnError::Malformed => Self::of(ErrorCode::Malformed),
            OwnError::TooMuch => Self::of(ErrorCode::LimitExceeded),
            OwnError::RateLimited(error) => error.into(),
            OwnError::Store(error) => failure::of_store(error),
        }
    }
}

impl Directory {
    /// Writes entries, all or nothing, each if its version is one more than the stored one.
    ///
    /// # Errors
    /// See [`OwnError`].
    pub async fn put_own(&self, account: AccountId, request: PutOwn) -> Result<(), OwnError> {
        check_writes(&request.entries)?;
        self.throttle.own.take(account, self.clock.now())?;
        for _ in 0..ATTEMPTS_MAX {
            match self.try_put_own(account, &request.entries).await {
                // Another write came in between: does this one still fit?
                Err(WriteError::Conflict { .. }) => {}
                Err(WriteError::Store(error)) => return Err(error.into()),
                Ok(result) => return result,
            }
        }
        Err(StoreError::Overloaded.into())
    }

    async fn try_put_own(
        &self,
        account: AccountId,
        entries: &[OwnEntry],
    ) -> Result<Result<(), OwnError>, WriteError> {
        let count_key = keys::own_count(account);
        let wanted = entries.iter().map(|entry| keys::own_entry(account, &entry.name));
        let wanted: Vec<Key> = wanted.chain([count_key.clone()]).collect();
        let mut stored = self.store.get(&wanted).await?;
        let count = stored.pop().flatten();
        let mut writes = Vec::with_capacity(wanted.len());
        for ((key, entry), stored) in wanted.into_iter().zip(entries).zip(&stored) {
            let version = stored.as_ref().map_or(0, |stored| stored.version);
            if version.checked_add(1) != Some(entry.version) {
                return Ok(Err(OwnError::Conflict));
            }
            let value = Some(Bytes::copy_from_slice(&entry.sealed));
            writes.push(Write { key, expect: expected(stored.as_ref()), value });
        }
        let new = stored.iter().filter(|stored| stored.is_none()).count() as u64;
        if new > 0 {
            let total = new.saturating_add(count.as_ref().map_or(Ok(0), |c| records::read_count(&c.value))?);
            if total > limits::OWN_ENTRIES_MAX as u64 {
                return Ok(Err(OwnError::TooMuch));
            }
            let value = Some(records::write_count(total));
            writes.push(Write { key: count_key, expect: expected(count.as_ref()), value });
        }
        self.store.write(writes).await.map(Ok)
    }

    /// A page of the entries, or those of given names.
    ///
    /// # Errors
    /// See [`OwnError`].
    pub async fn own(&self, account: AccountId, request: GetOwn) -> Result<OwnPage, OwnError> {
        let names = || request.names.iter().chain([&request.after_name]);
        let too_long = names().any(|name| name.len() > limits::OWN_NAME_BYTES_MAX);
        if too_long || request.names.len() > limits::OWN_WRITES_MAX {
            return Err(OwnError::TooMuch);
        }
        if request.names.is_empty() {
            return self.own_after(account, &request.after_name).await;
        }
        let wanted: BTreeSet<&String> = request.names.iter().collect();
        let keys: Vec<Key> = wanted.iter().map(|name| keys::own_entry(account, name)).collect();
        let found = self.store.get(&keys).await?;
        let entries = wanted.into_iter().zip(found).filter_map(|(name, found)| Some(entry(name, found?)));
        Ok(OwnPage { entries: entries.collect(), more: false })
    }

    async fn own_after(&self, account: AccountId, after: &str) -> Result<OwnPage, OwnError> {
        let all = keys::own_entries(account);
        let mut page = OwnPage::default();
        let mut after = (!after.is_empty()).then(|| keys::own_entry(account, after));
        let mut bytes = 0;
        loop {
            let found = self.store.scan(&all, after.as_ref(), STEP).await?;
            let last_step = found.len() < STEP;
            for (key, stored) in found {
                bytes += stored.value.len();
                if bytes > limits::FETCH_BYTES_MAX && !page.entries.is_empty() {
                    page.more = true;
                    return Ok(page);
                }
                let name = key.as_bytes().get(all.as_bytes().len()..).unwrap_or_default();
                let name = std::str::from_utf8(name).map_err(|_| StoreError::Corrupt)?;
                page.entries.push(entry(name, stored));
                after = Some(key);
            }
            if last_step {
                return Ok(page);
            }
        }
    }
}

fn check_writes(entries: &[OwnEntry]) -> Result<(), OwnError> {
    let mut names = BTreeSet::new();
    if entries.len() > limits::OWN_WRITES_MAX {
        return Err(OwnError::TooMuch);
    }
    for entry in entries {
        if entry.sealed.len() > limits::OWN_VALUE_BYTES_MAX || entry.name.len() > limits::OWN_NAME_BYTES_MAX {
            return Err(OwnError::TooMuch);
        }
        if entry.name.is_empty() || !names.insert(&entry.name) {
            return Err(OwnError::Malformed);
        }
    }
    Ok(())
}

fn expected(stored: Option<&Versioned>) -> Version {
    stored.map_or(Version::Absent, |stored| Version::Is(stored.version))
}

fn entry(name: &str, stored: Versioned) -> OwnEntry {
    OwnEntry { name: name.to_owned(), version: stored.version, sealed: stored.value.to_vec() }
}

//! People: handles and names as far as this device has learnt them.

use super::DbResult;
use asterism_wire::AccountId;
use rusqlite::{Connection, OptionalExtension as _};

/// What is known of an account.
#[derive(Debug, Clone, Default)]
pub(crate) struct PersonRow {
    pub(crate) handle: Option<String>,
    pub(crate) name: Option<String>,
}

/// What is known of an account; nothing when it was never seen.
pub(crate) fn load(db: &Connection, account: AccountId) -> DbResult<PersonRow> {
    Ok(db
        .prepare_cached("SELECT handle, name FROM person WHERE account = ?1")?
        .query_row([account.as_bytes()], |r| Ok(PersonRow { handle: r.get(0)?, name: r.get(1)? }))
        .optional()?
        .unwrap_or_default())
}

/// The account with a handle, as far as known here.
pub(crate) fn by_handle(db: &Connection, handle: &str) -> DbResult<Option<AccountId>> {
    let id: Option<Vec<u8>> = db
        .prepare_cached("SELECT account FROM person WHERE handle = ?1")?
        .query_row([handle], |r| r.get(0))
        .optional()?;
    Ok(id.map(TryInto::try_into).transpose()?)
}

/// Makes sure that there is a row.
pub(crate) fn touch(db: &Connection, account: AccountId) -> DbResult<()> {
    db.prepare_cached("INSERT INTO person (account) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([account.as_bytes()])?;
    Ok(())
}

/// The directory says which handle the account has.
pub(crate) fn set_handle(db: &Connection, account: AccountId, handle: &str) -> DbResult<()> {
    db.prepare_cached("UPDATE person SET handle = NULL WHERE handle = ?1 AND account <> ?2")?
        .execute((handle, account.as_bytes()))?;
    db.prepare_cached(
        "INSERT INTO person (account, handle) VALUES (?1, ?2) ON CONFLICT (account) DO UPDATE SET handle = ?2",
    )?
    .execute((account.as_bytes(), handle))?;
    Ok(())
}

/// A vault told the account's profile key.
pub(crate) fn set_profile_key(db: &Connection, account: AccountId, key: &[u8; 32]) -> DbResult<()> {
    db.prepare_cached(
        "INSERT INTO person (account, profile_key) VALUES (?1, ?2)
         ON CONFLICT (account) DO UPDATE SET profile_key = ?2, profile_stale = 1",
    )?
    .execute((account.as_bytes(), key.as_slice()))?;
    Ok(())
}

/// The profile was opened.
pub(crate) fn set_name(db: &Connection, account: AccountId, name: &str) -> DbResult<()> {
    db.prepare_cached(
        "INSERT INTO person (account, name, profile_stale) VALUES (?1, ?2, 0)
         ON CONFLICT (account) DO UPDATE SET name = ?2, profile_stale = 0",
    )?
    .execute((account.as_bytes(), name))?;
    Ok(())
}

/// Look all profiles up again.
pub(crate) fn mark_all_stale(db: &Connection) -> DbResult<()> {
    db.execute("UPDATE person SET profile_stale = 1 WHERE profile_key IS NOT NULL", [])?;
    Ok(())
}

/// The profile was looked for and is not there yet.
pub(crate) fn set_fresh(db: &Connection, account: AccountId) -> DbResult<()> {
    db.prepare_cached("UPDATE person SET profile_stale = 0 WHERE account = ?1")?
        .execute([account.as_bytes()])?;
    Ok(())
}

/// Accounts whose handle is unknown.
pub(crate) fn without_handle(db: &Connection, limit: usize) -> DbResult<Vec<AccountId>> {
    ids(db, "SELECT account FROM person WHERE handle IS NULL LIMIT ?1", limit)
}

/// Accounts whose profile can be opened and was not looked up.
pub(crate) fn with_stale_profile(db: &Connection, limit: usize) -> DbResult<Vec<AccountId>> {
    ids(db, "SELECT account FROM person WHERE profile_key IS NOT NULL AND profile_stale LIMIT ?1", limit)
}

/// The profile key, where known.
pub(crate) fn profile_key(db: &Connection, account: AccountId) -> DbResult<Option<[u8; 32]>> {
    let key: Option<Option<Vec<u8>>> = db
        .prepare_cached("SELECT profile_key FROM person WHERE account = ?1")?
        .query_row([account.as_bytes()], |r| r.get(0))
        .optional()?;
    key.flatten().map(|k| k.try_into().map_err(|_| super::DbError::Damaged)).transpose()
}

fn ids(db: &Connection, query: &str, limit: usize) -> DbResult<Vec<AccountId>> {
    let mut statement = db.prepare_cached(query)?;
    let ids: Vec<Vec<u8>> = statement
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    ids.into_iter().map(|id| Ok(id.try_into()?)).collect()
}

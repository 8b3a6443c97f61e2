//! The row of this device's own account.

use super::{DbResult, int, uint};
use asterism_wire::{AccountId, DeviceId};
use rusqlite::{Connection, OptionalExtension as _};
use zeroize::Zeroizing;

/// This device's account and keys.
#[derive(Clone)]
pub(crate) struct AccountRow {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) handle: String,
    pub(crate) name: String,
    pub(crate) server: String,
    pub(crate) public_url: String,
    pub(crate) account_seed: Zeroizing<[u8; 32]>,
    pub(crate) device_seed: Zeroizing<[u8; 32]>,
    pub(crate) profile_key: Zeroizing<[u8; 32]>,
    /// Until the person has seen it.
    pub(crate) recovery_key: Option<Zeroizing<[u8; 32]>>,
    pub(crate) device_number: u32,
    pub(crate) credential: Vec<u8>,
    pub(crate) inbox_cursor: u64,
    /// The profile on the server is the present one.
    pub(crate) profile_sent: bool,
    /// The server has accepted the device.
    pub(crate) registered: bool,
}

fn key(bytes: Vec<u8>) -> DbResult<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(bytes);
    Ok(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| super::DbError::Damaged)?))
}

/// Reads the account, when there is one.
pub(crate) fn load(db: &Connection) -> DbResult<Option<AccountRow>> {
    type Raw = (
        (Vec<u8>, Vec<u8>, String, String, String, String),
        (Vec<u8>, Vec<u8>, Vec<u8>, Option<Vec<u8>>),
        (i64, Vec<u8>, i64, bool, bool),
    );
    let raw: Option<Raw> = db
        .query_row(
            "SELECT account, device, handle, name, server, public_url, account_seed, device_seed, profile_key,
                    recovery_key, device_number, credential, inbox_cursor, profile_sent, registered FROM account",
            [],
            |r| {
                Ok((
                    (r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?),
                    (r.get(6)?, r.get(7)?, r.get(8)?, r.get(9)?),
                    (r.get(10)?, r.get(11)?, r.get(12)?, r.get(13)?, r.get(14)?),
                ))
            },
        )
        .optional()?;
    let Some(((account, device, handle, name, server, public_url), keys, rest)) = raw else {
        return Ok(None);
    };
    let (account_seed, device_seed, profile_key, recovery_key) = keys;
    let (device_number, credential, inbox_cursor, profile_sent, registered) = rest;
    Ok(Some(AccountRow {
        account: account.try_into()?,
        device: device.try_into()?,
        handle,
        name,
        server,
        public_url,
        account_seed: key(account_seed)?,
        device_seed: key(device_seed)?,
        profile_key: key(profile_key)?,
        recovery_key: recovery_key.map(key).transpose()?,
        device_number: u32::try_from(device_number).map_err(|_| super::DbError::Damaged)?,
        credential,
        inbox_cursor: uint(inbox_cursor),
        profile_sent,
        registered,
    }))
}

/// Writes the account.
pub(crate) fn save(db: &Connection, row: &AccountRow) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO account (id, account, device, handle, name, server, public_url, account_seed,
            device_seed, profile_key, recovery_key, device_number, credential, inbox_cursor, profile_sent, registered)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(rusqlite::params![
        row.account.as_bytes(),
        row.device.as_bytes(),
        row.handle,
        row.name,
        row.server,
        row.public_url,
        row.account_seed.as_slice(),
        row.device_seed.as_slice(),
        row.profile_key.as_slice(),
        row.recovery_key.as_ref().map(|key| key.as_slice()),
        row.device_number,
        row.credential,
        int(row.inbox_cursor),
        row.profile_sent,
        row.registered,
    ])?;
    Ok(())
}

/// Removes an account whose registration failed, so that the same home can register again.
pub(crate) fn delete(db: &Connection) -> DbResult<()> {
    db.execute("DELETE FROM account", [])?;
    Ok(())
}

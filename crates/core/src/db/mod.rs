//! The device's own database: schema, and one file of queries per concern. The same schema natively and in the browser.
//!
//! Nothing here decides anything; it reads and writes rows inside the transaction of the present step.

pub(crate) mod account;
pub(crate) mod came_by;
pub(crate) mod community;
pub(crate) mod conversation;
pub(crate) mod intent;
pub(crate) mod known_group;
pub(crate) mod message;
pub(crate) mod open_commit;
pub(crate) mod outbox;
pub(crate) mod own;
pub(crate) mod people;
pub(crate) mod post;
pub(crate) mod schema;
pub(crate) mod vault;

use rusqlite::{Connection, ErrorCode as SqliteCode, ffi};

/// A fault of the database: the step is rolled back. Then the core begins again if it was for lack of room, and stops
/// otherwise.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DbError {
    /// SQLite said no.
    #[error("the local database failed")]
    Sqlite(#[from] rusqlite::Error),
    /// A row holds what this code never writes.
    #[error("the local database is damaged")]
    Damaged,
}

impl DbError {
    /// Is it for lack of room? SQLite says so of a full disk; of a quota or a limit of the process it only says that
    /// it could not write.
    pub(crate) fn is_full(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        error.sqlite_error().is_some_and(|error| {
            error.code == SqliteCode::DiskFull
                || matches!(error.extended_code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE)
        })
    }
}

impl From<asterism_wire::DecodeError> for DbError {
    fn from(_: asterism_wire::DecodeError) -> Self {
        Self::Damaged
    }
}

pub(crate) type DbResult<T> = Result<T, DbError>;

/// SQLite integers are signed; positions and times stay far below the difference.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The reverse of [`int`].
pub(crate) fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A counter that survives restarts.
pub(crate) fn count(db: &Connection, name: &str, by: u64) -> DbResult<()> {
    db.prepare_cached(
        "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = value + ?2",
    )?
    .execute((name, int(by)))?;
    Ok(())
}

/// Sets a counter.
pub(crate) fn set_counter(db: &Connection, name: &str, value: u64) -> DbResult<()> {
    db.prepare_cached("INSERT OR REPLACE INTO counter (name, value) VALUES (?1, ?2)")?
        .execute((name, int(value)))?;
    Ok(())
}

/// A counter's value.
pub(crate) fn counter(db: &Connection, name: &str) -> DbResult<u64> {
    use rusqlite::OptionalExtension as _;
    let value: Option<i64> = db
        .prepare_cached("SELECT value FROM counter WHERE name = ?1")?
        .query_row([name], |r| r.get(0))
        .optional()?;
    Ok(value.map_or(0, uint))
}

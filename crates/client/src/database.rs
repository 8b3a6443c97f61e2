//! The database file: how it is opened, and what SQLite's errors mean to the caller. What is in it is the core's.

use crate::home::{open_private, unusable};
use asterism_core::api::ApiError;
use asterism_wire::ErrorCode;
use rusqlite::{Connection, OpenFlags, ffi};
use std::path::Path;
use std::time::Duration;

/// The home's lock keeps other writers out; this is for a person's own tools that look at the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A commit is on disk before it is reported, and what is deleted is overwritten.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    SELECT count(*) FROM sqlite_schema;
";

/// Opens the file, and creates it, readable by its owner only, if need be.
///
/// # Errors
/// `database_damaged`, `disk_full`, or `internal` when the file cannot be opened.
pub(crate) fn open(path: &Path) -> Result<Connection, ApiError> {
    // SQLite gives its other files the permissions of this one.
    open_private(path).map_err(|error| unusable(&error))?;
    connect(path).map_err(|error| refused(&error))
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(SETTINGS)?;
    Ok(connection)
}

fn refused(error: &rusqlite::Error) -> ApiError {
    let Some(details) = error.sqlite_error() else { return ApiError::of(ErrorCode::Internal) };
    match (details.code, details.extended_code) {
        (ffi::ErrorCode::DatabaseCorrupt | ffi::ErrorCode::NotADatabase, _) => {
            ApiError::of(ErrorCode::DatabaseDamaged)
        }
        // The file that WAL keeps its index in could not be made large enough.
        (ffi::ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => ApiError::of(ErrorCode::DiskFull),
        (ffi::ErrorCode::DatabaseBusy | ffi::ErrorCode::DatabaseLocked, _) => {
            ApiError::of(ErrorCode::HomeBusy)
        }
        // The file itself is open for writing: it is those next to it that cannot be made.
        (ffi::ErrorCode::ReadOnly | ffi::ErrorCode::PermissionDenied | ffi::ErrorCode::CannotOpen, _) => {
            ApiError::of(ErrorCode::HomeReadOnly)
        }
        (_, code) => ApiError::new(
            ErrorCode::Internal,
            format!("the local database cannot be opened: {}", ffi::code_to_str(code)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(connection: &Connection, name: &str) -> String {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |row| {
                row.get_ref(0).map(|value| match value {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str().unwrap().to_owned(),
                })
            })
            .unwrap()
    }

    #[test]
    fn commits_are_durable_and_deletions_overwrite() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open(&directory.path().join("device.db")).unwrap();
        assert_eq!(setting(&connection, "journal_mode"), "wal");
        assert_eq!(setting(&connection, "synchronous"), "2");
        assert_eq!(setting(&connection, "secure_delete"), "1");
    }

    #[cfg(unix)]
    #[test]
    fn every_file_of_the_database_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let connection = open(&directory.path().join("device.db")).unwrap();
        connection.execute_batch("CREATE TABLE a (b)").unwrap();
        let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 3, "database, log and its index");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_database_is_damaged() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("device.db");
        std::fs::write(&path, [b'x'; 8192]).unwrap();
        assert_eq!(open(&path).unwrap_err().code, ErrorCode::DatabaseDamaged);
    }

    #[test]
    fn a_database_with_a_destroyed_schema_is_damaged() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("device.db");
        open(&path).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100..200].fill(0xFF);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(open(&path).unwrap_err().code, ErrorCode::DatabaseDamaged);
    }

    #[test]
    fn a_full_disk_has_its_own_code() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open(&directory.path().join("device.db")).unwrap();
        connection.execute_batch("CREATE TABLE a (b); PRAGMA max_page_count = 2").unwrap();
        let error = connection.execute("INSERT INTO a VALUES (zeroblob(100000))", []).unwrap_err();
        assert_eq!(refused(&error).code, ErrorCode::DiskFull);
    }
}

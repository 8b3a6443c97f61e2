//! The database file in the origin's private file system, encrypted. What is in it is the core's.

use crate::failure::Failure;
use asterism_wire::ErrorCode;
use rusqlite::{Connection, OpenFlags, ffi};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, install};
use zeroize::Zeroizing;

/// Bytes of the database's key.
pub(crate) const KEY_BYTES: usize = 32;

const DIRECTORY: &str = "asterism";
const FILE: &str = "device.db";
const FILES: &str = "opfs-sahpool";
/// Encrypts what goes to `FILES`. SQLite makes it on demand; without it nothing can be opened under this name, so a
/// build without encryption fails instead of writing plaintext.
const ENCRYPTED_FILES: &str = "multipleciphers-opfs-sahpool";
/// Database, journal, and some for large transactions.
const FILES_MIN: usize = 6;

/// A commit is on disk before it is reported; what is deleted is overwritten; nothing is written elsewhere. The files
/// cannot be shared, so the lock is kept, which is also what lets WAL do without shared memory. WAL costs one flush
/// per commit, a rollback journal three, and a flush costs milliseconds here.
const SETTINGS: &str = "
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY;
    SELECT count(*) FROM sqlite_schema;
";

/// Opens the database, and creates it if need be. With `anew`, what was there is dropped: its key is gone.
pub(crate) async fn open(key: &[u8; KEY_BYTES], anew: bool) -> Result<Connection, Failure> {
    let files = OpfsSAHPoolCfgBuilder::new()
        .vfs_name(FILES)
        .directory(DIRECTORY)
        .initial_capacity(FILES_MIN)
        .clear_on_init(anew)
        .build();
    install::<WasmOsCallback>(&files, false).await.map_err(|error| unusable(&error))?;
    connect(key).map_err(|error| refused(&error))
}

fn connect(key: &[u8; KEY_BYTES]) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags_and_vfs(FILE, flags, ENCRYPTED_FILES)?;
    connection.execute_batch(&unlock(key))?;
    connection.execute_batch(SETTINGS)?;
    Ok(connection)
}

/// Names the cipher too, so that a change of the library's default does not lock anybody out.
fn unlock(key: &[u8; KEY_BYTES]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut sql = Zeroizing::new(String::with_capacity(128));
    sql.push_str("PRAGMA cipher = 'chacha20'; PRAGMA key = 'raw:");
    for byte in key {
        sql.push(char::from(DIGITS[usize::from(byte >> 4)]));
        sql.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    sql.push_str("';");
    sql
}

/// The files cannot be had.
fn unusable(error: &OpfsSAHError) -> Failure {
    match error {
        OpfsSAHError::NotSupported => Failure::unsupported(),
        OpfsSAHError::Opfs { message, .. } => match message.split(':').next() {
            // Another worker has them: one that is just ending, or a page of another version.
            Some("NoModificationAllowedError" | "InvalidStateError") => ErrorCode::HomeBusy.into(),
            Some("QuotaExceededError") => ErrorCode::DiskFull.into(),
            Some("SecurityError" | "NotAllowedError") => Failure::unsupported(),
            _ => ErrorCode::Internal.into(),
        },
        OpfsSAHError::InvalidHeader { .. } | OpfsSAHError::DuplicateFilename(_) => {
            ErrorCode::DatabaseDamaged.into()
        }
        _ => ErrorCode::Internal.into(),
    }
}

/// The files are there, and SQLite says no.
fn refused(error: &rusqlite::Error) -> Failure {
    let code = match error.sqlite_error_code() {
        Some(ffi::ErrorCode::DatabaseCorrupt | ffi::ErrorCode::NotADatabase) => ErrorCode::DatabaseDamaged,
        Some(ffi::ErrorCode::DiskFull) => ErrorCode::DiskFull,
        _ => ErrorCode::Internal,
    };
    code.into()
}

//! The home directory of a device: where its files are, and who may write to them.
//!
//! `device.db` is the database, `account` says that there was an account in it, `lock` is held by the one process that
//! has it open, and `socket` is where a process that runs for long lets others in. Whether a process has it open only
//! `lock` says: the socket may be left over from one that died.

use asterism_core::api::ApiError;
use asterism_wire::ErrorCode;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A home directory. Naming one touches no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    directory: PathBuf,
}

/// Held by the one process that may open the database; released when dropped, and when the process dies.
#[derive(Debug)]
pub struct HomeLock(#[allow(dead_code, reason = "held, not used")] File);

impl Home {
    /// The home in this directory, which need not exist.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Has a device ever been here? Without one, only a new device has a reason to open the home.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.database().exists() || self.mark().exists()
    }

    /// Takes the lock if nobody has it, and creates the directory if need be.
    ///
    /// # Errors
    /// `disk_full`; `home_read_only` when it may not be written to, `internal` when it cannot be used otherwise.
    pub fn try_lock(&self) -> Result<Option<HomeLock>, ApiError> {
        let file = self.open_lock_file().map_err(|error| unusable(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(HomeLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unusable(&error)),
        }
    }

    fn open_lock_file(&self) -> io::Result<File> {
        create_directory(&self.directory)?;
        open_private(&self.lock_file())
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.directory.join("lock")
    }

    /// Is there since there is an account. A database that lost what was in it looks like a new one; this tells them
    /// apart.
    pub(crate) fn mark(&self) -> PathBuf {
        self.directory.join("account")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.join("device.db")
    }
}

/// Opens a file that only its owner may read, and creates it if need be.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// What a failure of the file system means to the caller.
pub(crate) fn unusable(error: &io::Error) -> ApiError {
    match error.kind() {
        io::ErrorKind::StorageFull => ApiError::of(ErrorCode::DiskFull),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ApiError::of(ErrorCode::HomeReadOnly)
        }
        kind => ApiError::new(ErrorCode::Internal, format!("the home directory cannot be used: {kind}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_the_lock_and_dropping_it_lets_the_next_in() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path().join("a/b"));
        let lock = home.try_lock().unwrap();
        assert!(lock.is_some());
        assert!(home.try_lock().unwrap().is_none());
        drop(lock);
        assert!(home.try_lock().unwrap().is_some());
    }

    #[test]
    fn naming_a_home_creates_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path().join("a"));
        assert!(!home.is_used());
        assert!(!home.directory().exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_created_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path().join("a"));
        let _lock = home.try_lock().unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(home.directory()), 0o700);
        assert_eq!(mode(&home.lock_file()), 0o600);
    }

    #[test]
    fn a_home_that_is_a_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "").unwrap();
        let error = Home::new(path).try_lock().unwrap_err();
        assert_eq!(error.code, ErrorCode::Internal);
    }

    #[test]
    fn what_may_not_be_written_to_says_so() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            assert_eq!(unusable(&kind.into()).code, ErrorCode::HomeReadOnly);
        }
        assert_eq!(unusable(&io::ErrorKind::StorageFull.into()).code, ErrorCode::DiskFull);
    }
}

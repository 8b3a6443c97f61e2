//! How many files the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are not sockets of clients: the store's, the log, the listener. A store that cannot open
/// a file takes no more changes.
const RESERVED: usize = 1_024;

/// Raises the process's limit as far as it is allowed to, and gives the number of client connections
/// that fit it.
#[must_use]
pub fn raise_limit() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Fails only where raising is forbidden; then what there is must do.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let files = getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    files.saturating_sub(RESERVED).max(files / 2)
}

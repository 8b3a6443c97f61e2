//! How long a caller waits.

use std::time::Duration;

/// How long to wait for an answer. A plain [`Duration`] is a patience that waits for the server to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// At most this long; then the request is taken back, and the answer is `server_unreachable` or `timeout`. What had
    /// left by then may still be done.
    pub timeout: Duration,
    /// Do not wait for a server that refuses the connection.
    pub unless_unreachable: bool,
}

impl From<Duration> for Patience {
    fn from(timeout: Duration) -> Self {
        Self { timeout, unless_unreachable: false }
    }
}

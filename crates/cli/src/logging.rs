//! What goes to standard error besides errors and warnings: nothing, unless `ASTERISM_LOG` says what.

use tracing_subscriber::EnvFilter;

/// A panic is shown in the log only; the person gets the code `internal`.
pub(crate) fn start() {
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    if let Ok(filter) = EnvFilter::try_from_env("ASTERISM_LOG") {
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    }
}

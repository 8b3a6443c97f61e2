//! The log: on standard error, without personal data.

use std::io;
use tracing_subscriber::{EnvFilter, fmt};

/// Says what is logged, as in `info,asterism_server=debug`.
const FILTER_VARIABLE: &str = "ASTERISM_LOG";
const FILTER_DEFAULT: &str = "info";

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

pub(crate) fn start(format: Format) {
    let filter = EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| EnvFilter::new(FILTER_DEFAULT));
    let log = fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        Format::Text => log.init(),
        Format::Json => log.json().init(),
    }
}

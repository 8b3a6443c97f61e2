//! asterism-xtask

//! asterism-cli

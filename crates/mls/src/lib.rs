//! asterism-mls

//! asterism-core

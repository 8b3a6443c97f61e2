//! asterism-store

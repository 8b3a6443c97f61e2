//! asterism-client

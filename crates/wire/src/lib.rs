//! asterism-wire

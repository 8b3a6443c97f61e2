//! asterism-policy

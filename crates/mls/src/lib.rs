//! What client and server share of MLS (RFC 9420), over OpenMLS: suites, keys, credentials, key packages,
//! groups, and the server's public view of them (docs/protocol.md §4).
//!
//! Invariants, stated as absences: this crate does no I/O and reads no clock (times are arguments; key
//! packages never expire by MLS's own lifetime). It does not know the network, the log, or a storage engine:
//! a host gives a [`StateStore`]. What a commit may do is `asterism-policy`'s matter;
//! here commits become its facts, and both the member ([`Group`]) and the server
//! ([`Tracker`]) judge them by the same function.
//!
//! Framing: commits, key packages, welcomes and group infos are MLSMessages (RFC 9420 §6); a ratchet tree is
//! the bare `optional<Node> ratchet_tree<V>`.

pub mod credential;
pub mod error;
pub mod group;
#[cfg(feature = "hostile")]
pub mod hostile;
mod judge;
pub mod key_package;
pub mod keys;
pub mod link;
mod members;
mod profile;
pub mod provider;
pub mod seal;
pub mod suite;
pub mod symmetric;
pub mod tracker;
mod view;
pub mod welcome;

pub use error::CommitError;
pub use group::Group;
pub use keys::SigningKey;
pub use provider::{MemoryState, Provider, StateStore, StateStoreError};
pub use suite::Suite;
pub use tracker::Tracker;

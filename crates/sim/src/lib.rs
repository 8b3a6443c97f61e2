//! The whole system on one seed: real client cores and the real server in one thread, with a clock that is turned
//! by hand, a network that delays and drops, clients and a server that crash, and a disk that forgets what was
//! not synced. One checker looks at what everybody saw in the end.
//!
//! A run is a function of its seed, except for ciphertext bytes (the HPKE library draws from the operating
//! system); no decision in here depends on those.

mod announced;
#[cfg(feature = "adversary")]
pub mod byzantine;
mod check;
mod client;
#[cfg(feature = "adversary")]
pub mod half_done;
#[cfg(feature = "adversary")]
pub mod hostile;
pub mod interrupted;
mod plan;
#[cfg(feature = "adversary")]
pub mod stranger;
mod tamper;
mod truth;
mod world;

use std::collections::BTreeMap;

pub use check::Violation;
pub use plan::{PLANTS, Plant, Settings, run};
pub use world::World;

/// What a run did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Messages that the server acknowledged to their senders.
    pub acknowledged: usize,
    /// Announcements that the server acknowledged to their authors.
    pub announced: usize,
    /// Operations that succeeded.
    pub done: usize,
    /// Operations that were refused, by code; most are for lack of rights.
    pub refused: BTreeMap<&'static str, usize>,
    /// Connections cut, clients crashed, server crashes.
    pub faults: usize,
    /// Re-entries of devices.
    pub repairs: u64,
}

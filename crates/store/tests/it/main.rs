//! Tests of the stores: one contract, run on every backend, and what is particular to each.
#![allow(missing_docs, clippy::unwrap_used)]

mod bed;
mod broken_disk;
mod contract;
mod fjall_open;
mod kill;
mod memory_disk;
mod model;
mod plan;

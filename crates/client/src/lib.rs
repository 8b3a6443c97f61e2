//! The native host of the core: home directory, database file, clock, randomness, sockets and timers.
//!
//! [`Device`] is what the command line and bots use: it opens a [`Home`], or goes through the process that has it open.
//! No protocol decision is made here: what the core hands out is carried out, what happens is told to it.

mod answer;
mod borrowed;
mod client;
mod clock;
mod database;
mod device;
mod events;
mod home;
#[cfg(unix)]
mod home_socket;
mod host;
mod machine;
mod patience;
mod rpc;
mod socket;

pub use client::{Client, Network, REQUESTS_MAX};
pub use device::Device;
pub use events::{Events, Notice};
pub use home::{Home, HomeLock};
pub use patience::Patience;

//! The client as a state machine without I/O: account, conversations, messages, outbox, links.
//!
//! Hosts (the command line, bots, the page) hand in requests, frames and the time, then drain [`Core::poll_output`]
//! and sleep until [`Core::next_timeout`]. Each `handle_*` is one database transaction, and outputs are handed
//! out only after it is committed: state is persisted before anything that depends on it leaves the device.
//! There is no socket, no clock and no source of randomness in here.

pub mod api;

mod account;
mod alive;
mod asked;
mod community;
mod content;
mod conversation;
mod cx;
mod db;
mod db_state;
mod fault;
mod formats;
#[cfg(feature = "hostile")]
pub mod hostile;
mod machine;
mod net;
mod output;
mod own;
mod people;
#[cfg(feature = "plant")]
pub mod plant;
mod requests;
mod session;
mod sync;
mod task;
mod text;

pub use api::{Answer, ApiError, Event, Item, Request, RequestId};
pub use machine::{Core, OpenError};
pub use output::Output;

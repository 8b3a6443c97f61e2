//! The server: delivery of ciphertext, the directory of accounts, and the edge where clients connect.
//!
//! It holds no key that opens content and does not link the client's core. [`Server`] is the whole of it
//! without sockets: a test or a simulator opens sessions on connections of its own and drives them. Only
//! [`edge`] spawns tasks, reads the machine's clock for its timeouts, and knows sockets.

pub mod caller;
pub mod clock;
pub mod community;
pub mod connection;
pub mod conversation;
pub mod directory;
mod dispatch;
pub mod edge;
pub mod encode;
pub mod failure;
mod fanout;
mod log;
pub mod metrics;
pub mod online;
#[cfg(feature = "plant")]
pub mod plant;
mod random;
pub mod rate_limit;
mod registry;
mod server;
mod session;

pub use server::{Server, Settings};
pub use session::Session;

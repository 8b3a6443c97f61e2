//! The server's storage: append-only streams with a head and an epoch, small versioned records,
//! leases. One trait, [`Store`]; two backends, [`MemoryStore`] and [`FjallStore`]; one contract,
//! which `tests/it` runs on both.
//!
//! What every backend promises:
//! - **Acknowledged means durable.** A call that answers `Ok` survives SIGKILL and power loss.
//! - **Calls are atomic.** An append with its side records and idempotency keys happens whole or
//!   not at all.
//! - **Calls of one caller apply in call order.** Each mutating method takes its place in the
//!   store's queue when it is *called*, before its future is first polled, so appends can be
//!   pipelined: what a failed append was meant to make true, later ones find missing through
//!   their [`Expect`]. Dropping the future does not take the call back.
//! - **Reads see committed states only**, and each call sees one consistent state.
//!
//! It knows nothing of messages: entries and records are bytes.
//!
//! Inside, `evaluate` decides every call against a `view` of five ordered tables (`layout`), so
//! that the backends differ only in how they keep the tables and when they answer.

mod any;
mod calls;
mod error;
mod evaluate;
mod fjall;
mod layout;
mod limits;
mod memory;
mod overlay;
mod pending;
mod query;
mod request;
mod store;
mod trim;
mod types;
mod view;

pub use any::AnyStore;
pub use error::{AppendError, StoreError, WriteError};
pub use fjall::{FjallOptions, FjallStore, OpenError};
pub use limits::{CALL_BYTES_MAX, CALL_ITEMS_MAX, KEY_BYTES_MAX};
pub use memory::{MemoryStore, ModelDisk};
pub use pending::Pending;
pub use store::Store;
pub use types::{
    Append, Appended, Expect, Fence, Head, IdempotencyKey, Key, Page, StreamId, Version, Versioned, Write,
};

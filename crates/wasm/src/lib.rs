//! The browser host of the core: its database in the browser's private file system, and the calls between the core
//! and JavaScript. It runs in a dedicated worker; sockets, timers and the choice of the one tab that runs it are
//! `web/src/core`'s.
//!
//! No protocol decision is made here, nothing is logged, and keys go in only. Natively this crate is empty.

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod database;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod device;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
mod failure;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub use device::Device;

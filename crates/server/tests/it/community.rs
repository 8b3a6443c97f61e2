//! Communities, asked directly by devices with real keys.

// Helpers of tests, like tests, may stop at the first surprise; and nobody counts a test's stack.
#![allow(clippy::unwrap_used, clippy::large_futures)]

mod kit;

mod channel;
mod enrolling;
mod founding;
mod governance;
mod groups;
mod leaving;
mod malformed;
mod outsiders;
mod posts;
mod reload;
mod retention;
mod vault;
mod wire;

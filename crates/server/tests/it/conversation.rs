//! Conversations, asked directly by devices with real MLS groups.

// Helpers of tests, like tests, may stop at the first surprise; and nobody counts a test's stack.
#![allow(clippy::unwrap_used, clippy::large_futures)]

mod commits;
mod entering;
mod inboxes;
mod joining;
pub(crate) mod kit;
mod malformed;
mod messages;
mod order;
mod outsiders;
mod receipts;
mod reload;
mod retention;
mod turns;
mod vault;
mod voids;

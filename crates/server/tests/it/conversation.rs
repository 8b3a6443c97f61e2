//! Conversations, asked directly by devices with real MLS groups.

mod commits;
mod entering;
mod inboxes;
mod kit;
mod malformed;
mod messages;
mod order;
mod reload;
mod retention;
mod vault;
mod voids;

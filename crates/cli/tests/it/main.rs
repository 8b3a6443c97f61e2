//! The whole system as scripts see it: a real server, and real `asterism` processes.
//!
//! The server is the `asterismd` beside this test's `asterism`; `cargo build --workspace` makes both. The long run
//! of the kill test is `ASTERISM_KILLS=50 cargo test -p asterism-cli --test it kill -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

mod absence;
mod answers;
mod at_rest;
mod between;
mod communities;
mod direct;
mod dishonest_member;
mod follow;
#[cfg(target_os = "linux")]
mod full_disk;
mod groups;
mod home;
mod kill;
mod killed_sender;
mod large_group;
mod links;
mod lying_server;
mod members;
mod messages;
mod process;
mod recovery;
mod scan;
mod server;
mod tls;
mod usage;
mod world;

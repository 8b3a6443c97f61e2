//! The rules of a group, from outside: `decide` and `apply` on facts that nobody had to sign.
//!
//! The table of docs/protocol.md §9.2 is read from that document and tested cell by cell (`table`).
//!
//! `cargo mutants -p asterism-policy` leaves one mutant, which is equivalent:
//! - `use_ticket` in apply.rs, `<` to `<=` in `partition_point`: the new mark goes behind equal ones instead of before
//!   them, and equal numbers cannot be told apart.

#![allow(clippy::unwrap_used)] // helpers of tests, like tests, may stop at the first surprise

mod admins;
mod bars;
mod community;
mod devices;
mod encoding;
mod kit;
mod limits;
mod properties;
mod removal;
mod table;
mod tickets;
mod updates;

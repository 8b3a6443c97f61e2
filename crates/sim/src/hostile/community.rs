//! Dishonest members, holders of links and former admins of a community (docs/protocol.md §10).
//!
//! The story: alice founds a community, makes bob an admin, carol and mallory come by a link; alice and bob announce.
//! Mallory does what the [`Case`] says. Then dave comes by another link, and alice and bob go on. Whatever mallory did,
//! dave is seated in the usual time, the honest show everything that was announced and nothing else, nobody has a seat
//! whom no admin let in, and no note lies about. Where an entry can only be seen to be wrong by who reads it, the
//! server lets it through.

mod admins;
mod case;
mod former;
mod hands;
mod judge;
mod notes;
mod outsiders;
mod story;

pub use case::{CASES, Case};
pub use story::run;

//! A dishonest server: one story, told again under each [`Attack`], and what the clients make of it.
//!
//! The story: alice, bob and carol are in a group; all write; roles, names and members change; dave is added,
//! erin comes by a link, carol is removed; alice and bob write to one another; a person comes back with a
//! recovery key. From the middle on the [`layer`] between the (honest) server and the victim lies as the attack
//! says. Whatever it does, nobody may show what nobody said, show anything twice, take one person for another,
//! have a reader whom nobody let in, or stop: [`Truth::check`](crate::truth::Truth::check). What else must
//! happen is the attack's [`Expected`]; without tampering all of it is the ordinary check.

mod answers;
mod attack;
pub mod channel;
mod entries;
mod fork;
mod layer;
mod liar;
mod planted;
mod script;

pub use attack::{ATTACKS, Attack, Expected};
pub use liar::Liar;
pub use script::{Observed, run};

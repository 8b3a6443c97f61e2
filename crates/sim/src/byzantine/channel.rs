//! A dishonest server between a community and one of its people, and what comes of it (docs/protocol.md §10).
//!
//! The story: alice founds a community, makes bob an admin, carol comes by a link; alice and bob announce, rename and
//! renew the key; dave comes by another link. From the middle on the server lies to one of them. Whatever it does,
//! nobody shows what nobody announced, shows it twice or as somebody else's; the others have everything. Each
//! [`ChannelLie`] says what else must happen; without one, everybody has everything.

mod history;
mod lies;
mod looks;
mod story;
mod tales;
mod trick;

pub use lies::{ChannelLie, channel_lies};
pub use story::tell;

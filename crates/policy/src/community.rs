//! Communities: the state that a community's log leads to, and who may change it (docs/protocol.md §10).
//!
//! As for groups, the same code judges in every client and in the server. It is given the state, the author whose
//! signature has been checked, the changes, and the server's stamp of the entry.

mod changes;
mod decide;
mod state;

pub use changes::{CommunityChange, CommunityChanges, CommunityWhat, Found, OpenEpoch};
pub use decide::{decide_community, may_announce, may_write_community_vault};
pub use state::CommunityState;

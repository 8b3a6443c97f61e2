//! Who may commit, post, add, remove and moderate what: pure rules (docs/protocol.md §9).
//!
//! The same code runs in every client and in the server. It knows no keys, no MLS and no clock: it is
//! given the group's signed state, facts about a commit whose signatures have been checked, and the
//! server's time stamp of the log entry, and gives the next state or a denial.

mod apply;
mod community;
mod decide;
mod facts;
#[cfg(feature = "plant")]
pub mod plant;
mod state;

pub use apply::apply;
pub use community::{
    CommunityChange, CommunityChanges, CommunityState, CommunityWhat, Found, OpenEpoch, decide_community,
    may_announce, may_write_community_vault,
};
pub use decide::{Denial, decide, may_post, may_signal, may_write_vault};
pub use facts::{Author, CommitFacts, Leaf, Roster};
pub use state::{
    AddTicket, Capability, Change, Changes, Kind, LiftBar, PolicyState, RevokeTicket, Role, RoleCapabilities,
    RoleGrant, SetCapabilities, SetRole, StateError, Ticket, UseTicket, What,
};

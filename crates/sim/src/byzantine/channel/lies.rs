//! The lies about communities. The table is the documentation: each row is run.

use super::super::attack::Expected;

/// One way to lie about a community.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelLie {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the server does.
    pub does: &'static str,
    pub(super) act: Act,
    /// What comes of it.
    pub expected: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    // Another log of the community, with heads that fit it but for the first three.
    GovernanceGap,
    GovernanceBody,
    PostBody,
    GovernanceDrop,
    GovernanceEdit,
    GovernanceReorder,
    GovernanceReplay,
    VaultByStranger,
    // Another log of announcements.
    PostDrop,
    PostEdit,
    PostReorder,
    PostReplay,
    PostByStranger,
    // The end of a log.
    OldLog,
    OldPosts,
    // Keys.
    GarbledSeat,
    GarbledSeal,
    ForeignSeal,
    GarbledWrap,
    ForeignWrap,
    // What only admins are given.
    ForeignTable,
    ForeignSubscribers,
    ForgedDeposit,
}

const FORK: Expected = Expected::Alarm("fork_detected");

macro_rules! lies {
    ($($name:literal $act:ident $does:literal $expected:expr;)*) => {
        &[$(ChannelLie { name: $name, does: $does, act: Act::$act, expected: $expected },)*]
    };
}

/// All of them.
pub const CHANNEL_LIES: &[ChannelLie] = lies![
    "governance-gap" GovernanceGap "leaves an entry of the log out" FORK;
    "governance-body" GovernanceBody "changes a byte of an entry" FORK;
    "post-body" PostBody "changes a byte of an announcement" FORK;
    "governance-drop" GovernanceDrop "leaves an entry out and renumbers what follows" FORK;
    "governance-edit" GovernanceEdit "changes an entry, with heads that fit" FORK;
    "governance-reorder" GovernanceReorder "swaps two entries" FORK;
    "governance-replay" GovernanceReplay "tells an entry a second time, later" FORK;
    "vault-by-stranger" VaultByStranger "puts a vault record by who is no admin in" FORK;
    "post-drop" PostDrop "leaves an announcement out and renumbers what follows" FORK;
    "post-edit" PostEdit "changes an announcement, with heads that fit" FORK;
    "post-reorder" PostReorder "swaps two announcements" FORK;
    "post-replay" PostReplay "tells an announcement a second time, later" FORK;
    "post-by-stranger" PostByStranger "puts an announcement by who is no admin in" FORK;
    "old-log" OldLog "states an old end of the log" FORK;
    "old-posts" OldPosts "states an old end of the announcements" FORK;
    "garbled-seat" GarbledSeat "garbles a seat" Expected::Silence;
    "garbled-seal" GarbledSeal "garbles the channel key for a bucket" Expected::Silence;
    "foreign-seal" ForeignSeal "seals a channel key of its own to a bucket" Expected::Silence;
    "garbled-channel-wrap" GarbledWrap "garbles the channel key for a link" Expected::Refused("server_misbehaved");
    "foreign-channel-wrap" ForeignWrap "wraps a channel key of its own to a link" Expected::Refused("server_misbehaved");
    "foreign-table" ForeignTable "gives an admin a bucket table of its own" Expected::Refused("server_misbehaved");
    "foreign-subscribers" ForeignSubscribers "gives an admin subscriber keys of its own" Expected::Ignored;
    "forged-deposit" ForgedDeposit "gives an admin a note that nobody left" Expected::Ignored;
];

impl ChannelLie {
    /// The lie with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        CHANNEL_LIES.iter().find(|lie| lie.name == name).copied()
    }
}

impl Act {
    /// Is it about the log of announcements?
    pub(super) fn is_of_posts(self) -> bool {
        use Act::{PostBody, PostByStranger, PostDrop, PostEdit, PostReorder, PostReplay};
        matches!(self, PostBody | PostDrop | PostEdit | PostReorder | PostReplay | PostByStranger)
    }

    /// Is it about the log of the community?
    pub(super) fn is_of_log(self) -> bool {
        use Act::{
            GovernanceBody, GovernanceDrop, GovernanceEdit, GovernanceGap, GovernanceReorder,
            GovernanceReplay, VaultByStranger,
        };
        matches!(
            self,
            GovernanceGap
                | GovernanceBody
                | GovernanceDrop
                | GovernanceEdit
                | GovernanceReorder
                | GovernanceReplay
                | VaultByStranger
        )
    }
}

//! The lies about communities. The tables are the documentation: each row is run.

use super::{
    super::attack::Expected,
    story::Story,
    tales::{admins, again, deposits, directory, foreign, keys, links, posts, readers},
};
use crate::check::Violation;

/// One way to lie about a community.
#[derive(Debug, Clone, Copy)]
pub struct ChannelLie {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the server does.
    pub does: &'static str,
    pub(super) deed: Deed,
    /// What comes of it.
    pub expected: Expected,
}

/// How it lies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    /// Throughout the second half of the story.
    Act(Act),
    /// In a half of its own, which looks at more than what is expected.
    Tale(fn(&mut Story) -> Result<(), Violation>),
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
    // Another log of announcements, with heads that fit it but for the first.
    PostGap,
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
        &[$(ChannelLie { name: $name, does: $does, deed: Deed::Act(Act::$act), expected: $expected },)*]
    };
}

macro_rules! tales {
    ($($name:literal $tale:path, $does:literal $expected:expr;)*) => {
        &[$(ChannelLie { name: $name, does: $does, deed: Deed::Tale($tale), expected: $expected },)*]
    };
}

/// Those that are told under one story.
const CHANNEL_LIES: &[ChannelLie] = lies![
    "governance-gap" GovernanceGap "leaves an entry of the log out" FORK;
    "governance-body" GovernanceBody "changes a byte of an entry" FORK;
    "post-gap" PostGap "leaves an announcement out" FORK;
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

/// Those that have a story of their own.
const CHANNEL_TALES: &[ChannelLie] = tales![
    // What is told of the announcements.
    "posts-withheld" posts::withheld, "tells a reader no announcement any more" Expected::Silence;
    "posts-withheld-from-author" posts::withheld_from_author, "tells an admin of no announcement, who makes one" MISBEHAVED;
    "post-swallowed" posts::swallowed, "acknowledges an announcement and drops it" MISBEHAVED;
    "post-body-withheld" posts::body_withheld, "tells an announcement without its body" Expected::Alarm("body_withheld");
    "posts-said-to-be-gone" posts::said_to_be_gone, "says that announcements are kept no more" Expected::Alarm("history_unverified");
    "post-after-demotion" admins::after_demotion, "puts an announcement of who is an admin no more in, later" FORK;
    "post-before-demotion" admins::before_demotion, "does so with an earlier time" FORK;
    "post-again-elsewhere" again::elsewhere, "tells an announcement again to who has left the group that showed it" FORK;
    "post-of-another-community" foreign::post_of_another, "puts another community's announcement in" FORK;
    "posts-of-another-community" foreign::posts_of_another, "tells another community's announcements" FORK;
    "change-of-another-community" foreign::change_of_another, "puts another community's change in" FORK;
    // What is told to admins.
    "role-by-stranger" foreign::role, "tells an admin that a stranger is an owner, by their own word" FORK;
    "founding-by-stranger" foreign::founding, "tells an admin of a founding with another admin room" FORK;
    "group-by-stranger" foreign::group, "tells an admin of a group in the directory that no admin listed" FORK;
    "room-key-withheld" keys::withheld, "keeps an epoch's key from an admin, who asks for it" Expected::Alarm("body_withheld");
    "room-key-withheld-for-good" keys::withheld_for_good, "goes on with that" Expected::Refused("stale_epoch");
    "inbox-key-withheld" keys::inbox, "keeps the inbox key from an admin, while a newcomer waits" Expected::Alarm("body_withheld");
    // Who is in.
    "not-a-member" readers::not_a_member, "calls a reader none" Expected::Silence;
    "subscribers-left-out" readers::left_out, "gives admins no key of a reader" Expected::Repaired;
    "barred-falsely" deposits::barred_falsely, "calls a newcomer removed" Expected::Refused("barred");
    "removal-forgotten" deposits::removal_forgotten, "lets in who was removed" Expected::Ignored;
    "deposit-dropped" deposits::dropped, "acknowledges a note and drops it" Expected::Ignored;
    "deposits-hidden" deposits::hidden, "shows admins no notes" Expected::Ignored;
    "deposits-again" deposits::again, "shows admins each note twice, and old ones again" Expected::Ignored;
    // The directory and links.
    "group-facts-ahead" directory::facts_ahead, "says that a group has a newer key than the directory" Expected::Refused("stale_directory");
    "group-facts-swapped" directory::facts_swapped, "swaps what it says of groups, and speaks of one that is not listed" Expected::Believed;
    "wrap-of-another-link" links::wrap_of_another, "gives the channel key for another link" MISBEHAVED;
    "another-community" links::another_community, "says that a link leads to another community" MISBEHAVED;
    "old-channel-wrap" links::old_wrap, "gives the channel key of an old epoch for a link" Expected::Ignored;
    "revoked-link" links::revoked, "lets a revoked link live on" MISBEHAVED;
];

const MISBEHAVED: Expected = Expected::Refused("server_misbehaved");

/// All of them.
pub fn channel_lies() -> impl Iterator<Item = ChannelLie> {
    CHANNEL_LIES.iter().chain(CHANNEL_TALES).copied()
}

impl ChannelLie {
    /// The lie with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        channel_lies().find(|lie| lie.name == name)
    }
}

impl Act {
    /// Is it about the log of announcements?
    pub(super) fn is_of_posts(self) -> bool {
        use Act::{PostBody, PostByStranger, PostDrop, PostEdit, PostGap, PostReorder, PostReplay};
        matches!(self, PostGap | PostBody | PostDrop | PostEdit | PostReorder | PostReplay | PostByStranger)
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

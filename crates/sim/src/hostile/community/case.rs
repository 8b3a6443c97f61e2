//! The cases. The table is the documentation: each row is run.

/// One way to be dishonest in a community.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the dishonest one does.
    pub does: &'static str,
    /// What comes of it.
    pub then: &'static str,
    pub(super) act: Act,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    // Notes of who holds a link, or is in a group.
    Twin,
    BorrowedAccount,
    Ghosts,
    BadTicket,
    UnknownTicket,
    RevokedTicket,
    Rubbish,
    Crowd,
    NoKey,
    GroupOutsider,
    OutsiderOfAnothersGroup,
    CrowdOfAnothersGroup,
    // Who was an admin.
    Demoted,
    DemotedLetThrough,
    DemotedBackdated,
    DemotedGovernsLetThrough,
    // Who was removed.
    RemovedReads,
    RemovedByAnotherLink,
    RemovedByAFriend,
    RemovedByTheDirectory,
    // Admins.
    FoundsAgain,
    FoundsAgainLetThrough,
    ForeignRoom,
    ForeignRoomLetThrough,
    ForeignAnnouncement,
    ForeignListing,
    CircularListing,
}

macro_rules! cases {
    ($($name:literal $act:ident $does:literal $then:literal;)*) => {
        &[$(Case { name: $name, does: $does, then: $then, act: Act::$act },)*]
    };
}

/// All of them.
pub const CASES: &[Case] = cases![
    "twin-subscriber" Twin "claims a subscriber that is somebody else's" "dropped; the other one's seat stays";
    "borrowed-account" BorrowedAccount "enrols a key of their own in another's name" "dropped";
    "ghosts" Ghosts "enrols accounts that do not exist" "dropped";
    "bad-ticket" BadTicket "enrols without the signature of the link's key" "dropped";
    "unknown-ticket" UnknownTicket "enrols by a link of their own making" "dropped";
    "revoked-ticket" RevokedTicket "enrols by a link that was revoked" "dropped";
    "rubbish" Rubbish "leaves a note that does not open" "dropped";
    "crowd" Crowd "leaves more such notes than one page has" "dropped; who is honest is seated in time";
    "no-key" NoKey "enrols a key that nothing can be sealed to" "dropped; the bucket is sealed to all others";
    "group-outsider" GroupOutsider "lends the proof of a group to who is not in it" "dropped";
    "outsider-of-anothers-group" OutsiderOfAnothersGroup "likewise, of a group that one admin is in" "left to that admin, who drops it, and seats who is in the group";
    "crowd-of-anothers-group" CrowdOfAnothersGroup "likewise, more often than one page has notes" "left to that admin; who is honest is seated in time";
    "demoted" Demoted "announces, and takes the role back, after losing it" "refused by the server";
    "demoted-let-through" DemotedLetThrough "likewise, and the server shows the announcement" "members show an alarm instead";
    "demoted-backdated" DemotedBackdated "likewise, resting on the log of when they were an admin" "refused; members show an alarm instead";
    "demoted-governs-let-through" DemotedGovernsLetThrough "likewise, and the server shows the taking back" "members show an alarm instead";
    "removed-reads" RemovedReads "asks for everything in the name of who is still in" "opens nothing of later, keeps what they had";
    "removed-by-another-link" RemovedByAnotherLink "joins again by another live link" "barred";
    "removed-by-a-friend" RemovedByAFriend "has another account leave a note in their name" "dropped";
    "removed-by-the-directory" RemovedByTheDirectory "enters an open group by the link that they read in the directory" "the link is another one";
    "founds-again" FoundsAgain "founds the community again, with a room and announcements of their own" "refused by the server";
    "founds-again-let-through" FoundsAgainLetThrough "likewise, and the server shows it" "members show an alarm instead";
    "foreign-room" ForeignRoom "founds another community over the admins' room of this one" "refused by the server";
    "foreign-room-let-through" ForeignRoomLetThrough "likewise, the server takes it, and an admin of this one becomes one there" "the room stays this one's";
    "foreign-announcement" ForeignAnnouncement "announces for a group outside the community that they were removed from" "shown to nobody";
    "foreign-listing" ForeignListing "lists a group of their own, outside the community, as one that newcomers enter" "entered by nobody";
    "circular-listing" CircularListing "lists a group whose link leads to the community itself" "newcomers enter without it";
];

impl Act {
    /// Is it done by who was made an admin?
    pub(super) fn is_of_admin(self) -> bool {
        use Act::{
            CircularListing, Demoted, DemotedBackdated, DemotedGovernsLetThrough, DemotedLetThrough,
            ForeignAnnouncement, ForeignListing, ForeignRoom, ForeignRoomLetThrough, FoundsAgain,
            FoundsAgainLetThrough,
        };
        matches!(
            self,
            Demoted
                | DemotedBackdated
                | DemotedGovernsLetThrough
                | DemotedLetThrough
                | CircularListing
                | ForeignAnnouncement
                | ForeignListing
                | ForeignRoom
                | ForeignRoomLetThrough
                | FoundsAgain
                | FoundsAgainLetThrough
        )
    }

    /// Is it done by who was removed?
    pub(super) fn is_of_removed(self) -> bool {
        use Act::{RemovedByAFriend, RemovedByAnotherLink, RemovedByTheDirectory, RemovedReads};
        matches!(self, RemovedReads | RemovedByAnotherLink | RemovedByAFriend | RemovedByTheDirectory)
    }
}

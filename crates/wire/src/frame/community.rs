//! Frames about communities (docs/protocol.md §10).

use crate::{
    community::{BucketSeal, Seat},
    vault::{PastKey, VaultRecord, Wrap},
};
use bytes::Bytes;

messages! {
    /// Founds a community. Its admin room must be there. Repeating it is success.
    CreateCommunity {
        /// The first entry of its log: an encoded [`crate::community::GovernanceBody`].
        [bytes = "bytes", tag = "1"] governance: Bytes,
        /// First vault entries, each of version 1, generation 1.
        [message, repeated, tag = "2"] vault: Vec<VaultRecord>,
    }

    /// Appends to a community's log (§10.2).
    SubmitGovernance {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Repeated with each retry.
        [bytes = "vec", tag = "2"] idempotency: Vec<u8>,
        /// The position that it must get: else `stale_epoch`.
        [uint64, tag = "3"] seq: u64,
        /// An encoded [`crate::community::GovernanceBody`].
        [bytes = "bytes", tag = "4"] governance: Bytes,
        /// When the changes open an epoch of the channel, or add a ticket.
        [message, optional, tag = "5"] opening: Option<ChannelOpening>,
    }

    /// What accompanies a new epoch of the channel (§10.4); with an added ticket just its wrap.
    ChannelOpening {
        /// The buckets, in an encoding whose hash is in the changes: a [`crate::community::BucketTable`].
        [bytes = "vec", tag = "1"] table: Vec<u8>,
        /// One for each bucket.
        [message, repeated, tag = "2"] seals: Vec<BucketSeal>,
        /// One for each live ticket.
        [message, repeated, tag = "3"] wraps: Vec<Wrap>,
        /// The vault key of the epoch before.
        [message, optional, tag = "4"] past_key: Option<PastKey>,
        /// Deposits that were dealt with: subscriber ids.
        [bytes = "vec", repeated, tag = "5"] done: Vec<Vec<u8>>,
    }

    /// Lays a new key of a bucket ready; it counts from the opening of an epoch whose table names it.
    PutBucket {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// The bucket's number.
        [uint32, tag = "2"] bucket: u32,
        /// Higher than that of the present table.
        [uint32, tag = "3"] version: u32,
        /// Up to [`crate::limits::BUCKET_SUBSCRIBERS_MAX`].
        [message, repeated, tag = "4"] seats: Vec<Seat>,
    }

    /// Why one may read a community's log. All empty: as its admin.
    CommunityAccess {
        /// As a subscriber: the id.
        [bytes = "vec", tag = "1"] subscriber: Vec<u8>,
        /// By a link: its ticket.
        [bytes = "vec", tag = "2"] ticket: Vec<u8>,
        /// By the ticket's key, over [`crate::signing::community_access`].
        [bytes = "vec", tag = "3"] ticket_signature: Vec<u8>,
        /// As a member of a group of the community: the group.
        [bytes = "vec", tag = "4"] group: Vec<u8>,
    }

    /// Leaves a note for the admins, in place of an earlier one of the same subscriber.
    PutDeposit {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// The subscriber's X-Wing key, whose hash is its id.
        [bytes = "vec", tag = "2"] subscriber_key: Vec<u8>,
        /// Sealed to the admins' inbox key.
        [bytes = "vec", tag = "3"] sealed: Vec<u8>,
        /// By a link or as a member of a group, for who has no seat yet; else as that subscriber.
        [message, optional, tag = "4"] access: Option<CommunityAccess>,
    }

    /// Notes that wait for an admin.
    GetDeposits {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// After this subscriber id; empty from the start.
        [bytes = "vec", tag = "2"] after: Vec<u8>,
    }

    /// Answer to [`GetDeposits`].
    Deposits {
        /// By ascending id, up to [`crate::limits::DEPOSITS_PAGE`].
        [message, repeated, tag = "1"] deposits: Vec<DepositEntry>,
        /// There is more after the last one.
        [bool, tag = "2"] more: bool,
    }

    /// One note.
    DepositEntry {
        /// The subscriber's X-Wing key.
        [bytes = "vec", tag = "1"] subscriber_key: Vec<u8>,
        /// Sealed to the admins' inbox key.
        [bytes = "vec", tag = "2"] sealed: Vec<u8>,
        /// The server's stamp, milliseconds.
        [uint64, tag = "3"] at_ms: u64,
        /// The ticket that it came by, or empty.
        [bytes = "vec", tag = "4"] ticket: Vec<u8>,
    }

    /// Forgets notes that were refused.
    DropDeposits {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Subscriber ids.
        [bytes = "vec", repeated, tag = "2"] subscribers: Vec<Vec<u8>>,
    }

    /// Replaces the list of accounts that are let in by no link and no group; for admins.
    PutBarred {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Up to [`crate::limits::COMMUNITY_BARRED_MAX`] of [`crate::signing::barred_mark`].
        [bytes = "vec", repeated, tag = "2"] marks: Vec<Vec<u8>>,
    }

    /// From now on push what is appended to a community's log and to its announcements.
    OpenCommunity {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Why.
        [message, optional, tag = "2"] access: Option<CommunityAccess>,
    }

    /// Answer to [`OpenCommunity`].
    CommunityStanding {
        /// Last position of the community's log.
        [uint64, tag = "1"] log_seq: u64,
        /// Last position of the announcements.
        [uint64, tag = "2"] posts_seq: u64,
        /// The head there.
        [bytes = "vec", tag = "3"] posts_head: Vec<u8>,
        /// First announcement still kept.
        [uint64, tag = "4"] posts_floor: u64,
        /// The caller has a seat in the present epoch of the channel.
        [bool, tag = "5"] seated: bool,
    }

    /// Entries of a community's log or announcements; answered like [`Fetch`].
    FetchCommunity {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Why.
        [message, optional, tag = "2"] access: Option<CommunityAccess>,
        /// Announcements, else the log.
        [bool, tag = "3"] posts: bool,
        /// First position wanted.
        [uint64, tag = "4"] from_seq: u64,
        /// At most this many; the server gives fewer when they are large.
        [uint32, tag = "5"] entries_max: u32,
    }

    /// How does the caller come by the channel key of an epoch?
    GetChannelKeys {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Why.
        [message, optional, tag = "2"] access: Option<CommunityAccess>,
        /// The epoch; 0 for the present one.
        [uint64, tag = "3"] epoch: u64,
    }

    /// Answer to [`GetChannelKeys`]: a seat and a seal, or a wrap, or nothing.
    ChannelKeys {
        /// The epoch.
        [uint64, tag = "1"] epoch: u64,
        /// The bucket of the seat.
        [uint32, tag = "2"] bucket: u32,
        /// Version of the bucket's key.
        [uint32, tag = "3"] version: u32,
        /// The bucket's private key, sealed to the subscriber.
        [bytes = "vec", tag = "4"] seat: Vec<u8>,
        /// The channel key, sealed to the bucket.
        [bytes = "vec", tag = "5"] seal: Vec<u8>,
        /// The channel key, sealed to the ticket that the caller shows or that its deposit came by.
        [message, optional, tag = "6"] wrap: Option<Wrap>,
    }

    /// The buckets of the present epoch; for admins.
    GetChannelTable {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
    }

    /// Answer to [`GetChannelTable`].
    ChannelTable {
        /// The epoch.
        [uint64, tag = "1"] epoch: u64,
        /// An encoded [`crate::community::BucketTable`].
        [bytes = "vec", tag = "2"] table: Vec<u8>,
    }

    /// The keys of subscribers; for admins. Unknown ones are left out.
    GetSubscribers {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Up to [`crate::limits::BUCKET_SUBSCRIBERS_MAX`] ids.
        [bytes = "vec", repeated, tag = "2"] subscribers: Vec<Vec<u8>>,
    }

    /// Answer to [`GetSubscribers`].
    Subscribers {
        /// X-Wing keys; the hash of each is its id.
        [bytes = "vec", repeated, tag = "1"] keys: Vec<Vec<u8>>,
    }

    /// A page of a community's vault; answered like [`GetVault`].
    GetCommunityVault {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Why.
        [message, optional, tag = "2"] access: Option<CommunityAccess>,
        /// Names after this one; empty from the start.
        [string, tag = "3"] after_name: String,
        /// Just these, when not empty.
        [string, repeated, tag = "4"] names: Vec<String>,
    }

    /// Appends an announcement.
    SendPost {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Repeated with each retry.
        [bytes = "vec", tag = "2"] idempotency: Vec<u8>,
        /// An encoded [`crate::community::PostBody`].
        [bytes = "bytes", tag = "3"] body: Bytes,
    }

    /// What the server knows of groups of a community. Those of another community are left out.
    GetGroupFacts {
        /// Community.
        [bytes = "vec", tag = "1"] community: Vec<u8>,
        /// Why.
        [message, optional, tag = "2"] access: Option<CommunityAccess>,
        /// Up to [`crate::limits::LOOKUP_MAX`] ids.
        [bytes = "vec", repeated, tag = "3"] groups: Vec<Vec<u8>>,
    }

    /// Answer to [`GetGroupFacts`].
    GroupFacts {
        /// In no order.
        [message, repeated, tag = "1"] groups: Vec<GroupFact>,
    }

    /// One group.
    GroupFact {
        /// Conversation id.
        [bytes = "vec", tag = "1"] group: Vec<u8>,
        /// Accounts in it.
        [uint32, tag = "2"] accounts: u32,
        /// Generation of its vault key.
        [uint64, tag = "3"] vault_generation: u64,
    }
}

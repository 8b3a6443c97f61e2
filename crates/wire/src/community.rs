//! What crosses the network of communities and their sealed channels (docs/protocol.md §10).

use crate::{ids::SubscriberId, signing};

/// Body of an [`crate::entry::EntryKind::Governance`] entry: changes of a community, signed by an admin's device.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GovernanceBody {
    /// Encoded `CommunityChanges` of the policy crate.
    #[prost(bytes = "vec", tag = "1")]
    pub changes: Vec<u8>,
    /// Encoded [`crate::account::DeviceCredential`] of the author.
    #[prost(bytes = "vec", tag = "2")]
    pub author: Vec<u8>,
    /// The author's signature key.
    #[prost(bytes = "vec", tag = "3")]
    pub author_key: Vec<u8>,
    /// By that key, over [`crate::signing::governance`]: binds position and previous head.
    #[prost(bytes = "vec", tag = "4")]
    pub signature: Vec<u8>,
}

/// Body of an [`crate::entry::EntryKind::Post`] entry: an announcement, signed by an admin's device.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PostBody {
    /// Encoded [`PostContent`]: what is signed.
    #[prost(bytes = "vec", tag = "1")]
    pub content: Vec<u8>,
    /// Encoded [`crate::account::DeviceCredential`] of the author.
    #[prost(bytes = "vec", tag = "2")]
    pub author: Vec<u8>,
    /// The author's signature key.
    #[prost(bytes = "vec", tag = "3")]
    pub author_key: Vec<u8>,
    /// By that key, over [`crate::signing::post`].
    #[prost(bytes = "vec", tag = "4")]
    pub signature: Vec<u8>,
}

/// What an announcement says, and to whom it is sealed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PostContent {
    /// Last position of the community's log that the author had processed.
    #[prost(uint64, tag = "1")]
    pub community_seq: u64,
    /// Its head.
    #[prost(bytes = "vec", tag = "2")]
    pub community_head: Vec<u8>,
    /// Last position of the announcements that the author had processed; 0 for none.
    #[prost(uint64, tag = "3")]
    pub last_seq: u64,
    /// Its head.
    #[prost(bytes = "vec", tag = "4")]
    pub last_head: Vec<u8>,
    /// The channel's epoch.
    #[prost(uint64, tag = "5")]
    pub epoch: u64,
    /// To everybody: the content's key in a symmetric box under the announcement key of the epoch. Else empty.
    #[prost(bytes = "vec", tag = "6")]
    pub everyone: Vec<u8>,
    /// To chosen groups: the content's key sealed to each group's inbox key. Empty when for everybody.
    #[prost(message, repeated, tag = "7")]
    pub groups: Vec<GroupKey>,
    /// The content in a symmetric box under its key.
    #[prost(bytes = "vec", tag = "8")]
    pub sealed: Vec<u8>,
}

/// An announcement's key for one group.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GroupKey {
    /// The group's conversation id.
    #[prost(bytes = "vec", tag = "1")]
    pub group: Vec<u8>,
    /// Generation of the group's vault key, from which the inbox key is derived.
    #[prost(uint64, tag = "2")]
    pub generation: u64,
    /// Sealed box.
    #[prost(bytes = "vec", tag = "3")]
    pub sealed: Vec<u8>,
}

/// The buckets of an epoch. Only admins are given it; the log holds its hash.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BucketTable {
    /// By ascending number.
    #[prost(message, repeated, tag = "1")]
    pub buckets: Vec<BucketRow>,
}

/// One bucket.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BucketRow {
    /// Its number, from 0.
    #[prost(uint32, tag = "1")]
    pub bucket: u32,
    /// Grows with each new key.
    #[prost(uint32, tag = "2")]
    pub version: u32,
    /// X-Wing key that the channel key is sealed to.
    #[prost(bytes = "vec", tag = "3")]
    pub key: Vec<u8>,
    /// Account that made the key: it could have kept the private half.
    #[prost(bytes = "vec", tag = "4")]
    pub maker: Vec<u8>,
    /// [`members_hash`] of the subscribers that have a seat.
    #[prost(bytes = "vec", tag = "5")]
    pub members_hash: Vec<u8>,
}

impl BucketTable {
    /// The row of a bucket.
    #[must_use]
    pub fn row(&self, bucket: u32) -> Option<&BucketRow> {
        let at = self.buckets.binary_search_by_key(&bucket, |row| row.bucket).ok()?;
        self.buckets.get(at)
    }
}

/// A bucket's private key, sealed to one subscriber.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Seat {
    /// Whose.
    #[prost(bytes = "vec", tag = "1")]
    pub subscriber: Vec<u8>,
    /// Sealed box.
    #[prost(bytes = "vec", tag = "2")]
    pub sealed: Vec<u8>,
}

/// The channel key, sealed to one bucket.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BucketSeal {
    /// The bucket's number.
    #[prost(uint32, tag = "1")]
    pub bucket: u32,
    /// Sealed box.
    #[prost(bytes = "vec", tag = "2")]
    pub sealed: Vec<u8>,
}

/// Commits to who has a seat in a bucket, in any order.
#[must_use]
pub fn members_hash(subscribers: &[SubscriberId]) -> crate::ids::Hash {
    let mut sorted: Vec<&SubscriberId> = subscribers.iter().collect();
    sorted.sort();
    let parts: Vec<&[u8]> = sorted.iter().map(|s| s.as_bytes()).collect();
    signing::hash("asterism 1 bucket members", &parts)
}

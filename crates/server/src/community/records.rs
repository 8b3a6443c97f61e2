//! What communities keep in the store besides their two logs, and under which keys. Part of the format on disk:
//! fields are added, never reused.
//!
//! | key | value |
//! |---|---|
//! | `community/` C | [`CommunityRecord`] |
//! | `posts/` A | C: the community whose log of announcements has the id A |
//! | `channel-table/` C | encoded `BucketTable` of the present epoch |
//! | `channel-epoch/` C EPOCH | [`EpochRecord`]: which keys the buckets had; gone when no announcement needs them |
//! | `channel-posts/` C EPOCH | position of the last announcement of that epoch, big-endian `u64` |
//! | `seal/` C EPOCH BUCKET | the channel key of the epoch, sealed to the bucket |
//! | `bucket/` C BUCKET | [`BucketRecord`] |
//! | `bucket-seats/` C BUCKET VERSION | ids of the subscribers that have a seat there, one after the other |
//! | `seat/` C BUCKET VERSION SUBSCRIBER | the bucket's private key, sealed to the subscriber |
//! | `subscriber/` C SUBSCRIBER | [`SubscriberRecord`]: has a seat or a deposit |
//! | `subscriber-key/` C SUBSCRIBER | its X-Wing key |
//! | `subscribers/` C | number of these, big-endian `u64` |
//! | `barred/` C | hashes of (community, account), for who was removed |
//! | `deposit/` C SUBSCRIBER | [`DepositRecord`] |
//! | `ticket-uses/` C TICKET | how many subscribers came by the ticket, big-endian `u64` |
//!
//! C, A, SUBSCRIBER and TICKET are the ids' bytes; EPOCH is a big-endian `u64`, BUCKET and VERSION are big-endian
//! `u32`. Vault, wraps and past keys are kept as those of conversations, under the 16 bytes of C, and so is the index
//! of tickets (`crate::conversation::records`). The log is the stream with the id C, the announcements are the stream
//! with the id A, both of encoded `Entry`s. The vault key's generation is the epoch, and wraps are of the present one.
//!
//! Nothing here names an account but the log itself, and who made a community or a bucket's key: admins. Whoever has
//! the accounts can find out of each whether its hash is in `barred/`.

pub(super) use crate::conversation::records::{bytes, keys as shared, number_bytes, read, read_number};

use asterism_store::{Key, Version, Write};
use asterism_wire::ids::{CommunityId, ConversationId, SubscriberId, TicketId};
use bytes::Bytes;

/// A community.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct CommunityRecord {
    /// The device that founded it.
    #[prost(bytes = "vec", tag = "1")]
    pub(super) creator: Vec<u8>,
    /// SHA-256 of the body of its first entry: how a repeated founding is recognised.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) body_hash: Vec<u8>,
    /// The server's stamp of that entry.
    #[prost(uint64, tag = "3")]
    pub(super) created_at_ms: u64,
    /// Encoded `CommunityState` after the last entry.
    #[prost(bytes = "vec", tag = "4")]
    pub(super) state: Vec<u8>,
}

/// The keys that the buckets had in an epoch.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct EpochRecord {
    /// Numbers, ascending.
    #[prost(uint32, repeated, tag = "1")]
    pub(super) buckets: Vec<u32>,
    /// Versions, in that order.
    #[prost(uint32, repeated, tag = "2")]
    pub(super) versions: Vec<u32>,
}

impl EpochRecord {
    /// The version of a bucket's key, if it had one.
    pub(super) fn version(&self, bucket: u32) -> Option<u32> {
        let at = self.buckets.binary_search(&bucket).ok()?;
        self.versions.get(at).copied()
    }
}

/// A bucket.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct BucketRecord {
    /// Highest version that a table ever named; 0 for none.
    #[prost(uint32, tag = "1")]
    pub(super) version: u32,
    /// Keys that are laid ready, one of each device, in the order in which they came.
    #[prost(message, repeated, tag = "2")]
    pub(super) laid: Vec<LaidRecord>,
}

/// A bucket's key that no table names yet.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct LaidRecord {
    /// Higher than the bucket's.
    #[prost(uint32, tag = "1")]
    pub(super) version: u32,
    /// The device that made it: nobody else knows its public half before the table does.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) device: Vec<u8>,
    /// `community::members_hash` of its seats.
    #[prost(bytes = "vec", tag = "3")]
    pub(super) members_hash: Vec<u8>,
}

/// A subscriber. Invariant: it has a seat in the present epoch, or a deposit.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct SubscriberRecord {
    /// The ticket that its deposit came by last; empty for none.
    #[prost(bytes = "vec", tag = "1")]
    pub(super) ticket: Vec<u8>,
    /// Where it has and had seats, in the order of their beginning.
    #[prost(message, repeated, tag = "2")]
    pub(super) seats: Vec<SeatRange>,
}

/// The epochs in which a subscriber has a seat in a bucket.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct SeatRange {
    /// Number of the bucket.
    #[prost(uint32, tag = "1")]
    pub(super) bucket: u32,
    /// First epoch.
    #[prost(uint64, tag = "2")]
    pub(super) from: u64,
    /// First epoch without; 0 while it has the seat.
    #[prost(uint64, tag = "3")]
    pub(super) until: u64,
}

impl SubscriberRecord {
    /// Has it a seat in the present epoch?
    pub(super) fn is_seated(&self) -> bool {
        self.seats.iter().any(|seat| seat.until == 0)
    }

    /// The bucket in which it has or had a seat in an epoch.
    pub(super) fn bucket_in(&self, epoch: u64) -> Option<u32> {
        let covers = |seat: &&SeatRange| seat.from <= epoch && (seat.until == 0 || epoch < seat.until);
        self.seats.iter().find(covers).map(|seat| seat.bucket)
    }
}

/// A note to the admins.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct DepositRecord {
    /// Sealed to their inbox key.
    #[prost(bytes = "vec", tag = "1")]
    pub(super) sealed: Vec<u8>,
    /// The server's stamp.
    #[prost(uint64, tag = "2")]
    pub(super) at_ms: u64,
    /// The ticket that it came by; empty for none.
    #[prost(bytes = "vec", tag = "3")]
    pub(super) ticket: Vec<u8>,
}

/// Writes a record.
pub(super) fn put(key: Key, value: Bytes) -> Write {
    Write { key, expect: Version::Any, value: Some(value) }
}

/// Deletes a record.
pub(super) fn delete(key: Key) -> Write {
    Write { key, expect: Version::Any, value: None }
}

/// The keys.
pub(super) mod keys {
    use super::{CommunityId, ConversationId, Key, SubscriberId, TicketId};

    fn of(family: &'static str, community: CommunityId) -> Key {
        Key::from_static(family).push(community.as_bytes())
    }

    pub(in super::super) fn community(c: CommunityId) -> Key {
        of("community/", c)
    }

    pub(in super::super) fn communities() -> Key {
        Key::from_static("community/")
    }

    pub(in super::super) fn posts(announcements: ConversationId) -> Key {
        Key::from_static("posts/").push(announcements.as_bytes())
    }

    pub(in super::super) fn table(c: CommunityId) -> Key {
        of("channel-table/", c)
    }

    pub(in super::super) fn epochs(c: CommunityId) -> Key {
        of("channel-epoch/", c)
    }

    pub(in super::super) fn epoch(c: CommunityId, epoch: u64) -> Key {
        epochs(c).push_u64(epoch)
    }

    pub(in super::super) fn epoch_posts(c: CommunityId, epoch: u64) -> Key {
        of("channel-posts/", c).push_u64(epoch)
    }

    pub(in super::super) fn seal(c: CommunityId, epoch: u64, bucket: u32) -> Key {
        of("seal/", c).push_u64(epoch).push(&bucket.to_be_bytes())
    }

    pub(in super::super) fn bucket(c: CommunityId, bucket: u32) -> Key {
        of("bucket/", c).push(&bucket.to_be_bytes())
    }

    pub(in super::super) fn bucket_seats(c: CommunityId, bucket: u32, version: u32) -> Key {
        of("bucket-seats/", c).push(&bucket.to_be_bytes()).push(&version.to_be_bytes())
    }

    pub(in super::super) fn seat(c: CommunityId, bucket: u32, version: u32, subscriber: SubscriberId) -> Key {
        let bucket = of("seat/", c).push(&bucket.to_be_bytes());
        bucket.push(&version.to_be_bytes()).push(subscriber.as_bytes())
    }

    pub(in super::super) fn subscriber(c: CommunityId, subscriber: SubscriberId) -> Key {
        of("subscriber/", c).push(subscriber.as_bytes())
    }

    pub(in super::super) fn subscriber_key(c: CommunityId, subscriber: SubscriberId) -> Key {
        of("subscriber-key/", c).push(subscriber.as_bytes())
    }

    pub(in super::super) fn subscribers(c: CommunityId) -> Key {
        of("subscribers/", c)
    }

    pub(in super::super) fn deposits(c: CommunityId) -> Key {
        of("deposit/", c)
    }

    pub(in super::super) fn barred(c: CommunityId) -> Key {
        of("barred/", c)
    }

    pub(in super::super) fn deposit(c: CommunityId, subscriber: SubscriberId) -> Key {
        deposits(c).push(subscriber.as_bytes())
    }

    pub(in super::super) fn ticket_uses(c: CommunityId, ticket: TicketId) -> Key {
        of("ticket-uses/", c).push(ticket.as_bytes())
    }

    /// The subscriber at the end of a key.
    pub(in super::super) fn last_subscriber(key: &Key) -> Option<SubscriberId> {
        key.as_bytes().last_chunk::<16>().map(|bytes| SubscriberId(*bytes))
    }
}

//! What one entry of a community's log changes (docs/protocol.md §10.3).

use crate::state::{AddTicket, RevokeTicket, SetRole};
use asterism_wire::DecodeError;
use prost::Message as _;

/// The changes that one entry makes.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CommunityChanges {
    /// In order.
    #[prost(message, repeated, tag = "1")]
    pub changes: Vec<CommunityChange>,
}

/// One change.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CommunityChange {
    /// Which.
    #[prost(oneof = "CommunityWhat", tags = "1, 2, 3, 4, 5")]
    pub what: Option<CommunityWhat>,
}

/// One change.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum CommunityWhat {
    /// See [`Found`].
    #[prost(message, tag = "1")]
    Found(Found),
    /// See [`SetRole`].
    #[prost(message, tag = "2")]
    SetRole(SetRole),
    /// See [`AddTicket`].
    #[prost(message, tag = "3")]
    AddTicket(AddTicket),
    /// See [`RevokeTicket`].
    #[prost(message, tag = "4")]
    RevokeTicket(RevokeTicket),
    /// See [`OpenEpoch`].
    #[prost(message, tag = "5")]
    OpenEpoch(OpenEpoch),
}

/// Founds the community; only in the first entry, whose author becomes its owner.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Found {
    /// Id of the log of announcements.
    #[prost(bytes = "vec", tag = "1")]
    pub announcements: Vec<u8>,
    /// Conversation id of the admin room.
    #[prost(bytes = "vec", tag = "2")]
    pub admin_room: Vec<u8>,
    /// 16 random bytes, so that nobody can found the same community.
    #[prost(bytes = "vec", tag = "3")]
    pub salt: Vec<u8>,
}

/// Opens the next epoch of the channel.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct OpenEpoch {
    /// One more than the epoch it closes; the first is 1.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// Commits to its channel key (`asterism_wire::signing::channel_commitment`).
    #[prost(bytes = "vec", tag = "2")]
    pub key_commitment: Vec<u8>,
    /// The admins' new X-Wing inbox key; empty leaves the present one.
    #[prost(bytes = "vec", tag = "3")]
    pub inbox_key: Vec<u8>,
    /// SHA-256 of the encoded bucket table.
    #[prost(bytes = "vec", tag = "4")]
    pub table_hash: Vec<u8>,
    /// Last position of the announcements: none that is made in an earlier epoch comes after it.
    #[prost(uint64, tag = "5")]
    pub posts_seq: u64,
}

impl From<CommunityWhat> for CommunityChange {
    fn from(what: CommunityWhat) -> Self {
        Self { what: Some(what) }
    }
}

impl CommunityChanges {
    /// These changes.
    #[must_use]
    pub fn of(changes: impl IntoIterator<Item = CommunityWhat>) -> Self {
        Self { changes: changes.into_iter().map(Into::into).collect() }
    }

    /// Encodes for the log.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Reads the changes of an entry.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`], also when there is a field that this version does not know: whoever knows it
    /// might come to another state.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let changes = Self::decode(bytes)?;
        if changes.to_bytes() == bytes { Ok(changes) } else { Err(DecodeError::Malformed) }
    }

    /// The opening of an epoch among them.
    #[must_use]
    pub fn opening(&self) -> Option<&OpenEpoch> {
        self.changes.iter().find_map(|change| match &change.what {
            Some(CommunityWhat::OpenEpoch(open)) => Some(open),
            _ => None,
        })
    }

    /// Is a link made?
    pub(super) fn adds_ticket(&self) -> bool {
        self.changes.iter().any(|change| matches!(change.what, Some(CommunityWhat::AddTicket(_))))
    }
}

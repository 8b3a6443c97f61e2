//! What crosses the network: identifiers, frames, log entries, heads, credentials, limits and error codes.
//!
//! This crate only names and encodes. It does no I/O, holds no key, and links no MLS library.
//! The normative text is docs/protocol.md; modules cite its sections.

pub mod account;
pub mod community;
pub mod entry;
pub mod error_code;
pub mod frame;
pub mod handle;
pub mod head;
pub mod ids;
pub mod limits;
pub mod link;
pub mod signing;
pub mod vault;

pub use error_code::ErrorCode;
pub use ids::{
    AccountId, CommunityId, ConversationId, DeviceId, Epoch, Hash, IdempotencyKey, MessageId, Seq,
    SubscriberId, TicketId, Timestamp,
};

/// The version of the protocol that this code speaks (docs/protocol.md §1.2).
pub const PROTOCOL_VERSION: u32 = 1;
/// The oldest version that this code still understands.
pub const PROTOCOL_VERSION_FLOOR: u32 = 1;

/// Bytes from outside that are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not decodable at all.
    #[error("the bytes are not a valid encoding")]
    Malformed,
    /// Decodable, but a field has a length or value outside its named limit.
    #[error("a field is outside its limit")]
    OutOfRange,
    /// A field that must be there is missing.
    #[error("a required field is missing")]
    Missing,
}

impl From<prost::DecodeError> for DecodeError {
    fn from(_: prost::DecodeError) -> Self {
        Self::Malformed
    }
}

//! Identifiers and units as newtypes (docs/protocol.md §2.1).

use crate::DecodeError;
use data_encoding::{Encoding, Specification};
use std::{fmt, str::FromStr, sync::LazyLock};

/// RFC 4648 base32 in lower case without padding: `[a-z2-7]+`.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    spec.encoding().expect("a constant, valid specification")
});

/// Text form of bytes as used for every identifier and for recovery keys.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    BASE32.encode(bytes)
}

/// Reads [`to_text`]'s form.
///
/// # Errors
/// [`DecodeError::Malformed`] for other characters or trailing bits.
pub fn from_text(text: &str) -> Result<Vec<u8>, DecodeError> {
    BASE32.decode(text.as_bytes()).map_err(|_| DecodeError::Malformed)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The bytes as an owned vector, as protobuf fields want them.
            #[must_use]
            pub fn to_vec(&self) -> Vec<u8> {
                self.0.to_vec()
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = DecodeError;
            fn try_from(bytes: &[u8]) -> Result<Self, DecodeError> {
                bytes.try_into().map(Self).map_err(|_| DecodeError::OutOfRange)
            }
        }

        impl TryFrom<Vec<u8>> for $name {
            type Error = DecodeError;
            fn try_from(bytes: Vec<u8>) -> Result<Self, DecodeError> {
                Self::try_from(bytes.as_slice())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_text(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), &to_text(&self.0)[..8])
            }
        }

        impl FromStr for $name {
            type Err = DecodeError;
            fn from_str(text: &str) -> Result<Self, DecodeError> {
                Self::try_from(from_text(text)?.as_slice())
            }
        }
    };
}

id!(
    /// An account: the hash of its first account key, so it certifies itself (§3.1).
    AccountId, 32
);
id!(
    /// A device: the truncated hash of its signature key (§3.2).
    DeviceId, 16
);
id!(
    /// A conversation. Not an MLS group id, which is (conversation, generation) (§4.1).
    ConversationId, 16
);
id!(
    /// A community: the truncated hash of the first entry of its log.
    CommunityId, 16
);
impl CommunityId {
    /// The id under which its log is fetched, and its vault sealed: the same bytes.
    #[must_use]
    pub fn log(self) -> ConversationId {
        ConversationId(self.0)
    }
}

impl From<ConversationId> for CommunityId {
    fn from(log: ConversationId) -> Self {
        Self(log.0)
    }
}

id!(
    /// A subscriber of a community's channel: the truncated hash of their key, a pseudonym (§10.5).
    SubscriberId, 16
);
id!(
    /// A message, derived from its content as in draft-ietf-mimi-content §3.3 (§6.2).
    MessageId, 32
);
id!(
    /// A ticket, the public side of an invite link (§5.1).
    TicketId, 16
);
id!(
    /// Chosen by a client for one submission, and repeated with each retry of it (§4.5).
    IdempotencyKey, 16
);
id!(
    /// SHA-256 output.
    Hash, 32
);

/// Position in a conversation's log; the first entry is 1, and 0 means "before the first".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

impl Seq {
    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This time plus `ms` milliseconds, saturating.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// An epoch of a conversation, named by its MLS number *and* by the log position of the commit that
/// opened it (0 for the first epoch), because a voided epoch's number is used again (§4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch {
    /// The MLS epoch number.
    pub number: u64,
    /// Log position of the commit that opened it.
    pub opened_by: Seq,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_and_is_lower_case() {
        let id = ConversationId([0xA5; 16]);
        let text = id.to_string();
        assert!(text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        assert_eq!(text.parse::<ConversationId>(), Ok(id));
    }

    #[test]
    fn wrong_lengths_are_refused() {
        assert_eq!(AccountId::try_from(&[0u8; 31][..]), Err(DecodeError::OutOfRange));
        assert!("a".parse::<DeviceId>().is_err());
        assert!("A!".parse::<DeviceId>().is_err());
    }
}

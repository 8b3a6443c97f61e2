//! Message content: MIMI content (draft-ietf-mimi-content-08) in deterministic CBOR (docs/protocol.md §6).
//!
//! Owns the codec, its bounds and message ids. It refuses to know who may say what, and shows nothing: parts
//! of unknown disposition, type or extension are kept and reported by [`Content::unknown`], never an error.
//! `Debug` prints no content.

pub(crate) mod cbor;
mod control;
mod extension;
mod external;
mod part;
#[cfg(test)]
mod tests;

pub(crate) use control::Control;
pub(crate) use extension::{ExtensionKey, Extensions};
pub(crate) use external::External;
#[cfg(test)]
pub(crate) use part::Semantics;
pub(crate) use part::{Disposition, Part};

use asterism_wire::{AccountId, ConversationId, DecodeError, MessageId, limits, signing::sha256};
use ciborium::Value;
use std::fmt;

/// Length of a salt.
pub(crate) const SALT_BYTES: usize = 16;
/// Levels of parts within parts; the outermost is the first.
pub(crate) const DEPTH_MAX: usize = 4;
/// Parts of one message, all levels together. Higher: more work per message before anything is shown.
pub(crate) const PARTS_MAX: usize = 16;
/// A topic id; the draft calls more nonsensical.
pub(crate) const TOPIC_ID_BYTES_MAX: usize = 4_096;

/// IANA's number of SHA-256 among named information hashes: the first byte of a message id.
const SHA_256: u8 = 1;
/// How every encoding begins: an array of 7, a byte string of 16.
const HEAD: [u8; 2] = [0x87, 0x50];

/// Media types that this version knows.
pub(crate) mod content_type {
    /// The type of what people write (§6.2).
    pub(crate) const MARKDOWN: &str = "text/markdown;variant=GFM-MIMI";
    /// Text without markup, which every MIMI client reads.
    pub(crate) const PLAIN: &str = "text/plain;charset=utf-8";
    /// Control parts (§6.3).
    pub(crate) const CONTROL: &str = "application/vnd.asterism.control";

    pub(super) fn is_text(content_type: &str) -> bool {
        matches!(content_type, MARKDOWN | PLAIN)
    }

    pub(super) fn is_known(content_type: &str) -> bool {
        is_text(content_type) || content_type == CONTROL
    }
}

/// Why content could not be encoded or decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ContentError {
    /// Not MIMI content in deterministic CBOR. Received: show that a message could not be read.
    #[error("the content is malformed")]
    Malformed,
    /// Well-formed, but larger, deeper or longer than a limit.
    #[error("the content exceeds a limit")]
    LimitExceeded,
}

impl From<DecodeError> for ContentError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::OutOfRange => Self::LimitExceeded,
            DecodeError::Malformed | DecodeError::Missing => Self::Malformed,
        }
    }
}

/// When a message is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiration {
    /// Counted from when the receiver reads it, else from 1970.
    pub(crate) relative: bool,
    /// Seconds.
    pub(crate) seconds: u32,
}

/// Something in a message that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// A part's disposition.
    Disposition(Disposition),
    /// A part's media type.
    ContentType(String),
    /// A part that would have to be fetched.
    External,
    /// An extension.
    Extension(ExtensionKey),
}

/// The content of one message.
#[derive(Clone, PartialEq)]
pub(crate) struct Content {
    /// Random: makes the message's id unguessable and unique.
    pub(crate) salt: [u8; SALT_BYTES],
    /// The message that this edits or deletes.
    pub(crate) replaces: Option<MessageId>,
    /// The thread it belongs to; empty for none.
    pub(crate) topic_id: Vec<u8>,
    /// When it is to be forgotten.
    pub(crate) expires: Option<Expiration>,
    /// The message that this answers or reacts to.
    pub(crate) in_reply_to: Option<MessageId>,
    /// Extensions.
    pub(crate) extensions: Extensions,
    /// What it shows.
    pub(crate) body: Part,
}

impl Content {
    /// A text message, or an answer.
    #[must_use]
    pub(crate) fn text(
        salt: [u8; SALT_BYTES],
        text: impl Into<String>,
        in_reply_to: Option<MessageId>,
    ) -> Self {
        Self {
            salt,
            replaces: None,
            topic_id: Vec::new(),
            expires: None,
            in_reply_to,
            extensions: Extensions::new(),
            body: Part::Single {
                disposition: Disposition::RENDER,
                language: String::new(),
                content_type: content_type::MARKDOWN.to_owned(),
                content: text.into().into_bytes(),
            },
        }
    }

    /// The text, when it is a readable text message; whether it edits another is in [`Content::replaces`].
    #[must_use]
    pub(crate) fn as_text(&self) -> Option<&str> {
        self.body.as_text()
    }

    /// What this version does not know of it.
    #[allow(dead_code, reason = "what is shown does not tell kinds of unknown content apart yet")]
    #[must_use]
    pub(crate) fn unknown(&self) -> Vec<Unknown> {
        let mut list = Vec::new();
        self.body.list_unknown(&mut list);
        list.extend(self.extensions.keys().filter(|key| !key.is_known()).cloned().map(Unknown::Extension));
        list
    }

    /// Encodes it.
    ///
    /// # Errors
    /// When it exceeds a limit or has a part that nobody could read.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, ContentError> {
        self.check()?;
        let bytes = cbor::encode(self.to_value(), 512);
        if bytes.len() > limits::MESSAGE_BYTES_MAX { Err(ContentError::LimitExceeded) } else { Ok(bytes) }
    }

    /// Reads what [`Content::encode`] wrote, here or elsewhere.
    ///
    /// # Errors
    /// When the bytes are not MIMI content in deterministic CBOR, or exceed a limit.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let content = Self::from_value(cbor::decode(bytes, limits::MESSAGE_BYTES_MAX)?)?;
        content.check()?;
        Ok(content)
    }

    fn check(&self) -> Result<(), ContentError> {
        if self.topic_id.len() > TOPIC_ID_BYTES_MAX {
            return Err(ContentError::LimitExceeded);
        }
        extension::check(&self.extensions)?;
        self.body.check()
    }

    fn to_value(&self) -> Value {
        let id = |id: Option<MessageId>| id.map_or(Value::Null, |id| id.as_bytes().into());
        let expires = |e: Expiration| Value::Array(vec![e.relative.into(), e.seconds.into()]);
        Value::Array(vec![
            self.salt.as_slice().into(),
            id(self.replaces),
            self.topic_id.as_slice().into(),
            self.expires.map_or(Value::Null, expires),
            id(self.in_reply_to),
            extension::to_value(&self.extensions),
            self.body.to_value(),
        ])
    }

    fn from_value(value: Value) -> Result<Self, DecodeError> {
        let [salt, replaces, topic_id, expires, in_reply_to, extensions, body] = cbor::array(value)?;
        let id = |value| cbor::fixed(value).map(MessageId);
        Ok(Self {
            salt: cbor::fixed(salt)?,
            replaces: cbor::optional(replaces, id)?,
            topic_id: cbor::bytes(topic_id)?,
            expires: cbor::optional(expires, Expiration::from_value)?,
            in_reply_to: cbor::optional(in_reply_to, id)?,
            extensions: extension::from_value(extensions)?,
            body: Part::from_value(body)?,
        })
    }
}

impl Expiration {
    fn from_value(value: Value) -> Result<Self, DecodeError> {
        let [relative, seconds] = cbor::array(value)?;
        let relative = relative.as_bool().ok_or(DecodeError::Malformed)?;
        Ok(Self { relative, seconds: cbor::unsigned(seconds)? })
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("body", &self.body).finish_non_exhaustive()
    }
}

/// The id of a message (docs/protocol.md §6.2). `encoded` are the bytes as they were sealed; `sender` is whom
/// MLS proves, not what the content claims. Bytes that are not content have an id too, so that they are shown
/// as unreadable once.
#[must_use]
pub(crate) fn message_id(sender: AccountId, conversation: ConversationId, encoded: &[u8]) -> MessageId {
    id_by_uris(&format!("asterism:a/{sender}"), &format!("asterism:c/{conversation}"), encoded)
}

/// The salt is at one place in every deterministic encoding; what is not content has none.
fn salt_of(encoded: &[u8]) -> &[u8] {
    encoded.strip_prefix(&HEAD).and_then(|rest| rest.get(..SALT_BYTES)).unwrap_or_default()
}

/// The draft's formula: 0x01 ‖ the first 31 bytes of H(len ‖ sender ‖ len ‖ room ‖ message ‖ salt).
fn id_by_uris(sender: &str, room: &str, encoded: &[u8]) -> MessageId {
    let mut input = Vec::with_capacity(4 + sender.len() + room.len() + encoded.len() + SALT_BYTES);
    for uri in [sender, room] {
        let len = u16::try_from(uri.len()).expect("URIs of identifiers are short");
        input.extend_from_slice(&len.to_be_bytes());
        input.extend_from_slice(uri.as_bytes());
    }
    input.extend_from_slice(encoded);
    input.extend_from_slice(salt_of(encoded));
    let hash = sha256(&input).0;
    let mut id = [SHA_256; MessageId::LEN];
    id[1..].copy_from_slice(&hash[..MessageId::LEN - 1]);
    MessageId(id)
}

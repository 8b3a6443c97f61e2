//! Body parts: what a message shows, and what it carries unseen.

use super::{ContentError, DEPTH_MAX, External, PARTS_MAX, Unknown, cbor, content_type};
use asterism_wire::{DecodeError, limits};
use ciborium::Value;
use std::fmt;

const NULL: u8 = 0;
const SINGLE: u8 = 1;
const EXTERNAL: u8 = 2;
const MULTI: u8 = 3;

/// What a part is meant for. Unknown ones are kept, and shown as [`Disposition::RENDER`] would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Disposition(pub(crate) u8);

impl Disposition {
    /// No hint.
    pub(crate) const UNSPECIFIED: Self = Self(0);
    /// To be shown.
    pub(crate) const RENDER: Self = Self(1);
    /// A reaction to the message in `in_reply_to`.
    #[cfg(test)]
    pub(crate) const REACTION: Self = Self(2);
    /// Shown in the flow.
    pub(crate) const INLINE: Self = Self(4);
    /// A preview made by the sender: the last one in the draft's registry.
    pub(crate) const PREVIEW: Self = Self(8);
    /// Asterism's control parts, never shown (docs/protocol.md §6.3).
    pub(crate) const CONTROL: Self = Self(0x5A);

    /// Whether this version knows what it means.
    #[must_use]
    pub(crate) fn is_known(self) -> bool {
        self <= Self::PREVIEW || self == Self::CONTROL
    }

    /// Whether text of this disposition is a message to be read.
    #[must_use]
    pub(crate) fn is_readable(self) -> bool {
        matches!(self, Self::UNSPECIFIED | Self::RENDER | Self::INLINE) || !self.is_known()
    }
}

/// How the parts of a [`Part::Multi`] belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Semantics {
    /// The receiver takes one of them.
    ChooseOne = 0,
    /// All or none.
    SingleUnit = 1,
    /// As many as the receiver can.
    ProcessAll = 2,
}

/// A part (`NestedPart`). `Debug` prints no content.
#[derive(Clone, PartialEq)]
pub(crate) enum Part {
    /// Nothing: deletes what `replaces` names.
    Null {
        /// What it is meant for.
        disposition: Disposition,
        /// Language tags, or empty.
        language: String,
    },
    /// Content in the message itself.
    Single {
        /// What it is meant for.
        disposition: Disposition,
        /// Language tags, or empty.
        language: String,
        /// IANA media type with parameters.
        content_type: String,
        /// The content.
        content: Vec<u8>,
    },
    /// Content elsewhere.
    External {
        /// What it is meant for.
        disposition: Disposition,
        /// Language tags, or empty.
        language: String,
        /// Where, and how to check and open it.
        external: Box<External>,
    },
    /// Several parts, at least two.
    Multi {
        /// What it is meant for.
        disposition: Disposition,
        /// Language tags, or empty.
        language: String,
        /// How they belong together.
        semantics: Semantics,
        /// The parts.
        parts: Vec<Part>,
    },
}

impl Part {
    /// What it is meant for.
    #[must_use]
    pub(crate) fn disposition(&self) -> Disposition {
        match self {
            Self::Null { disposition, .. }
            | Self::Single { disposition, .. }
            | Self::External { disposition, .. }
            | Self::Multi { disposition, .. } => *disposition,
        }
    }

    /// Its text, where it is readable text; of alternatives the first that is.
    #[must_use]
    pub(crate) fn as_text(&self) -> Option<&str> {
        if !self.disposition().is_readable() {
            return None;
        }
        match self {
            Self::Single { content_type, content, .. } if content_type::is_text(content_type) => {
                std::str::from_utf8(content).ok()
            }
            Self::Multi { semantics: Semantics::ChooseOne, parts, .. } => {
                parts.iter().find_map(Self::as_text)
            }
            _ => None,
        }
    }

    /// Appends what this version does not know of it.
    pub(super) fn list_unknown(&self, list: &mut Vec<Unknown>) {
        if !self.disposition().is_known() {
            list.push(Unknown::Disposition(self.disposition()));
        }
        match self {
            Self::Single { content_type, .. } if !content_type::is_known(content_type) => {
                list.push(Unknown::ContentType(content_type.clone()));
            }
            Self::External { .. } => list.push(Unknown::External),
            Self::Multi { parts, .. } => parts.iter().for_each(|part| part.list_unknown(list)),
            _ => {}
        }
    }

    pub(super) fn check(&self) -> Result<(), ContentError> {
        let mut parts_left = PARTS_MAX;
        self.check_within(DEPTH_MAX, &mut parts_left)
    }

    fn check_within(&self, depth_left: usize, parts_left: &mut usize) -> Result<(), ContentError> {
        let depth_left = depth_left.checked_sub(1).ok_or(ContentError::LimitExceeded)?;
        *parts_left = parts_left.checked_sub(1).ok_or(ContentError::LimitExceeded)?;
        match self {
            Self::Single { content, .. } if content.len() > limits::TEXT_BYTES_MAX => {
                Err(ContentError::LimitExceeded)
            }
            Self::Multi { parts, .. } if parts.len() < 2 => Err(ContentError::Malformed),
            Self::Multi { parts, .. } => {
                parts.iter().try_for_each(|part| part.check_within(depth_left, parts_left))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        let head = |disposition: &Disposition, language: &str, cardinality: u8| {
            vec![disposition.0.into(), language.into(), cardinality.into()]
        };
        Value::Array(match self {
            Self::Null { disposition, language } => head(disposition, language, NULL),
            Self::Single { disposition, language, content_type, content } => {
                let mut items = head(disposition, language, SINGLE);
                items.extend([content_type.as_str().into(), content.as_slice().into()]);
                items
            }
            Self::External { disposition, language, external } => {
                let mut items = head(disposition, language, EXTERNAL);
                items.extend(external.to_values());
                items
            }
            Self::Multi { disposition, language, semantics, parts } => {
                let mut items = head(disposition, language, MULTI);
                let parts = parts.iter().map(Self::to_value).collect();
                items.extend([(*semantics as u8).into(), Value::Array(parts)]);
                items
            }
        })
    }

    /// Recursion is bounded by the reader's own limit on nesting.
    pub(super) fn from_value(value: Value) -> Result<Self, DecodeError> {
        let mut items = cbor::list(value)?;
        let rest = if items.len() > 3 { items.split_off(3) } else { Vec::new() };
        let [disposition, language, cardinality] = cbor::array(Value::Array(items))?;
        let (disposition, language) = (Disposition(cbor::unsigned(disposition)?), cbor::text(language)?);
        let rest = Value::Array(rest);
        match cbor::unsigned(cardinality)? {
            NULL => cbor::array(rest).map(|[]| Self::Null { disposition, language }),
            SINGLE => {
                let [content_type, content] = cbor::array(rest)?;
                let (content_type, content) = (cbor::text(content_type)?, cbor::bytes(content)?);
                Ok(Self::Single { disposition, language, content_type, content })
            }
            EXTERNAL => {
                let external = Box::new(External::from_value(rest)?);
                Ok(Self::External { disposition, language, external })
            }
            MULTI => {
                let [semantics, parts] = cbor::array(rest)?;
                let semantics = Semantics::from_value(semantics)?;
                let parts = cbor::list(parts)?.into_iter().map(Self::from_value).collect::<Result<_, _>>()?;
                Ok(Self::Multi { disposition, language, semantics, parts })
            }
            _ => Err(DecodeError::OutOfRange),
        }
    }
}

impl Semantics {
    fn from_value(value: Value) -> Result<Self, DecodeError> {
        match cbor::unsigned(value)? {
            0u8 => Ok(Self::ChooseOne),
            1 => Ok(Self::SingleUnit),
            2 => Ok(Self::ProcessAll),
            _ => Err(DecodeError::OutOfRange),
        }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null { .. } => f.write_str("Null"),
            Self::Single { content, .. } => write!(f, "Single({} bytes)", content.len()),
            Self::External { .. } => f.write_str("External"),
            Self::Multi { parts, .. } => f.debug_list().entries(parts).finish(),
        }
    }
}

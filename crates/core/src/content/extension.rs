//! The extensions map of a message: keys that we know none of are kept, never interpreted.

use super::{ContentError, cbor};
use asterism_wire::DecodeError;
use ciborium::Value;
use std::{cmp::Ordering, collections::BTreeMap};

/// Keys must be exact as a double float (draft-ietf-mimi-content, data model restrictions).
const KEY_INTEGER_MAX: i64 = (1 << 53) - 1;
/// Longest text key, bytes.
const KEY_TEXT_BYTES_MAX: usize = 255;
/// Arrays, maps and tags inside an extension's value; the extensions map itself is the fourth level.
const VALUE_DEPTH_MAX: usize = 3;

/// The extensions of a message.
pub(crate) type Extensions = BTreeMap<ExtensionKey, Value>;

/// The key of an extension; ordered as its encoding is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ExtensionKey {
    /// Positive: registered with IANA. Negative: private.
    Integer(i64),
    /// Private.
    Text(String),
}

impl ExtensionKey {
    /// The sender's URI; accepted, not interpreted: MLS says who the sender is.
    pub(crate) const SENDER_URI: Self = Self::Integer(1);
    /// The room's URI; accepted, not interpreted.
    pub(crate) const ROOM_URI: Self = Self::Integer(2);

    /// Whether this version knows what it means.
    #[must_use]
    pub(crate) fn is_known(&self) -> bool {
        matches!(*self, Self::SENDER_URI | Self::ROOM_URI)
    }

    fn rank(&self) -> (u8, u64, &str) {
        match self {
            Self::Integer(n) if *n >= 0 => (0, n.unsigned_abs(), ""),
            Self::Integer(n) => (1, n.unsigned_abs(), ""),
            Self::Text(text) => (2, text.len() as u64, text),
        }
    }

    fn is_in_range(&self) -> bool {
        match self {
            Self::Integer(n) => (-KEY_INTEGER_MAX..=KEY_INTEGER_MAX).contains(n),
            Self::Text(text) => (1..=KEY_TEXT_BYTES_MAX).contains(&text.len()),
        }
    }
}

impl Ord for ExtensionKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for ExtensionKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub(super) fn to_value(extensions: &Extensions) -> Value {
    let key = |key: &ExtensionKey| match key {
        ExtensionKey::Integer(n) => Value::from(*n),
        ExtensionKey::Text(text) => Value::from(text.as_str()),
    };
    Value::Map(extensions.iter().map(|(k, value)| (key(k), value.clone())).collect())
}

pub(super) fn from_value(value: Value) -> Result<Extensions, DecodeError> {
    let entries = value.into_map().map_err(|_| DecodeError::Malformed)?;
    entries.into_iter().map(|(key, value)| Ok((read_key(key)?, value))).collect()
}

fn read_key(key: Value) -> Result<ExtensionKey, DecodeError> {
    match key {
        Value::Integer(n) => i64::try_from(n).map(ExtensionKey::Integer).map_err(|_| DecodeError::OutOfRange),
        other => cbor::text(other).map(ExtensionKey::Text),
    }
}

/// Checks ranges, depths and the kinds of keys.
pub(super) fn check(extensions: &Extensions) -> Result<(), ContentError> {
    for (key, value) in extensions {
        if !key.is_in_range() {
            return Err(ContentError::LimitExceeded);
        }
        if key.is_known() && !value.is_text() {
            return Err(ContentError::Malformed);
        }
        check_value(value, VALUE_DEPTH_MAX)?;
    }
    Ok(())
}

fn check_value(value: &Value, depth_left: usize) -> Result<(), ContentError> {
    let deeper = || depth_left.checked_sub(1).ok_or(ContentError::LimitExceeded);
    match value {
        Value::Array(items) => {
            let left = deeper()?;
            items.iter().try_for_each(|item| check_value(item, left))
        }
        Value::Tag(_, inner) => check_value(inner, deeper()?),
        Value::Map(entries) => {
            let left = deeper()?;
            entries.iter().try_for_each(|(key, value)| {
                if !(key.is_integer() || key.is_text() || key.is_bytes()) {
                    return Err(ContentError::Malformed);
                }
                check_value(value, left)
            })
        }
        _ => Ok(()),
    }
}

//! Handles: unique on a server, lower case, no phone number needed (docs/protocol.md §3.1).

use crate::{DecodeError, limits};
use std::fmt;

/// A valid handle: 3 to 32 of `a-z 0-9 _ . -`, starting with a letter or digit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(String);

impl Handle {
    /// Reads a handle, with or without a leading `@`; upper case is folded.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`] when the length or a character is not allowed.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let text = text.strip_prefix('@').unwrap_or(text).to_ascii_lowercase();
        let length_ok = (limits::HANDLE_CHARS_MIN..=limits::HANDLE_CHARS_MAX).contains(&text.len());
        let first_ok = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest_ok = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if length_ok && first_ok && rest_ok { Ok(Self(text)) } else { Err(DecodeError::OutOfRange) }
    }

    /// Without the `@`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Prints nothing of the handle: logs carry no personal data.
impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_folded_and_checked() {
        assert_eq!(Handle::parse("@Marie").map(|h| h.to_string()), Ok("marie".into()));
        for bad in ["ab", "", "@", "-abc", "a b c", "é_é_é", &"a".repeat(33)] {
            assert!(Handle::parse(bad).is_err(), "{bad}");
        }
    }
}

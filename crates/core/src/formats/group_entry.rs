//! Entries of a community's directory: `group/ID` (docs/protocol.md §10.9).

use super::OpenError;
use crate::content::cbor::{self, Fields};
use asterism_wire::limits;
use ciborium::Value;
use std::fmt;
use zeroize::Zeroizing;

const NAME: u64 = 1;
const DESCRIPTION: u64 = 2;
const JOIN: u64 = 3;
const LINK: u64 = 4;
const INBOX_KEY: u64 = 5;
const GENERATION: u64 = 6;
const DEFAULT: u64 = 7;
const MEMBER_KEY: u64 = 8;

/// How one enters, as a number.
const OPEN: u64 = 1;
const BY_INVITATION: u64 = 2;

/// What the directory says of a group. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct GroupEntry {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Of an open group: the secret of a link.
    pub(crate) link: Option<Zeroizing<[u8; 32]>>,
    /// X-Wing key that announcements for the group are sealed to.
    pub(crate) inbox_key: Vec<u8>,
    /// Generation of the group's vault key that the keys are derived from.
    pub(crate) generation: u64,
    /// Newcomers enter it at once.
    pub(crate) default: bool,
    /// Ed25519 key with which members prove that they are in.
    pub(crate) member_key: Vec<u8>,
}

impl fmt::Debug for GroupEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupEntry(..)")
    }
}

impl GroupEntry {
    /// The value of the entry.
    #[must_use]
    pub(crate) fn to_value(&self) -> Vec<u8> {
        let join = if self.link.is_some() { OPEN } else { BY_INVITATION };
        let value = cbor::fields([
            (NAME, self.name.as_str().into()),
            (DESCRIPTION, self.description.as_str().into()),
            (JOIN, join.into()),
            (LINK, self.link.as_ref().map_or(Value::Null, |link| link.as_slice().into())),
            (INBOX_KEY, self.inbox_key.as_slice().into()),
            (GENERATION, self.generation.into()),
            (DEFAULT, u64::from(self.default).into()),
            (MEMBER_KEY, self.member_key.as_slice().into()),
        ]);
        cbor::encode(value, 2_048 + self.name.len() + self.description.len())
    }

    /// Reads the value of the entry.
    ///
    /// # Errors
    /// [`OpenError::Malformed`], [`OpenError::LimitExceeded`].
    pub(crate) fn from_value(value: &[u8]) -> Result<Self, OpenError> {
        let mut fields = Fields::of(cbor::decode(value, limits::VAULT_VALUE_BYTES_MAX)?)?;
        let (name, description) = (cbor::text(fields.take(NAME)?)?, cbor::text(fields.take(DESCRIPTION)?)?);
        let fits = name.chars().count() <= limits::NAME_CHARS_MAX
            && description.chars().count() <= limits::DESCRIPTION_CHARS_MAX;
        if !fits {
            return Err(OpenError::LimitExceeded);
        }
        let open = cbor::unsigned::<u64>(fields.take(JOIN)?)? == OPEN;
        let link = cbor::optional(fields.take(LINK)?, cbor::fixed)?.map(Zeroizing::new);
        Ok(Self {
            name,
            description,
            link: link.filter(|_| open),
            inbox_key: cbor::bytes(fields.take(INBOX_KEY)?)?,
            generation: cbor::unsigned(fields.take(GENERATION)?)?,
            default: cbor::unsigned::<u64>(fields.take(DEFAULT)?)? == 1,
            member_key: cbor::bytes(fields.take(MEMBER_KEY)?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_round_trip_and_are_bounded() {
        let entry = GroupEntry {
            name: "Choir".into(),
            description: "We sing".into(),
            link: Some(Zeroizing::new([1; 32])),
            inbox_key: vec![2; 1_216],
            generation: 3,
            default: true,
            member_key: vec![4; 32],
        };
        assert_eq!(GroupEntry::from_value(&entry.to_value()), Ok(entry.clone()));
        assert_eq!(format!("{entry:?}"), "GroupEntry(..)");
        let closed = GroupEntry { link: None, default: false, ..entry.clone() };
        assert_eq!(GroupEntry::from_value(&closed.to_value()), Ok(closed));
        let long = GroupEntry { name: "x".repeat(101), ..entry };
        assert_eq!(GroupEntry::from_value(&long.to_value()), Err(OpenError::LimitExceeded));
        assert!(GroupEntry::from_value(&[0xff; 40]).is_err());
    }
}

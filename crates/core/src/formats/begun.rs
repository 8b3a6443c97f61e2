//! What an account has begun in a community and not finished: the entry `begun/COMMUNITY` of its own vault
//! (docs/protocol.md §3.8).

use super::{OpenError, vault::Meta};
use crate::content::cbor::{self, Fields};
use asterism_wire::{AccountId, ConversationId, limits};
use ciborium::Value;

const KIND: u64 = 1;
const ID: u64 = 2;
const NAME: u64 = 3;
const DESCRIPTION: u64 = 4;
const OPEN: u64 = 5;
const DEFAULT: u64 = 6;
const HYBRID: u64 = 7;

const GROUP: u64 = 1;
const REMOVAL: u64 = 2;
const DEMOTION: u64 = 3;

/// One piece of such work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Begun {
    /// A group is founded and listed in the directory.
    Group(NewGroup),
    /// Somebody is taken out of the groups.
    Removal(AccountId),
    /// Somebody's role is taken.
    Demotion(AccountId),
}

/// A group as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewGroup {
    pub(crate) id: ConversationId,
    pub(crate) meta: Meta,
    /// Everybody in the community may enter.
    pub(crate) open: bool,
    /// Newcomers enter it at once.
    pub(crate) default: bool,
    /// Sealed against quantum computers too.
    pub(crate) hybrid: bool,
}

/// The value of the entry.
#[must_use]
pub(crate) fn to_value(all: &[Begun]) -> Vec<u8> {
    let capacity = all.iter().map(Begun::encoded_len).sum::<usize>() + 16;
    cbor::encode(Value::Array(all.iter().map(Begun::to_cbor).collect()), capacity)
}

/// Reads the value of the entry.
///
/// # Errors
/// [`OpenError::Malformed`].
pub(crate) fn from_value(value: &[u8]) -> Result<Vec<Begun>, OpenError> {
    let all = cbor::list(cbor::decode(value, limits::OWN_VALUE_BYTES_MAX)?)?;
    all.into_iter().map(Begun::from_cbor).collect()
}

fn about(kind: u64, account: AccountId) -> Value {
    cbor::fields([(KIND, kind.into()), (ID, account.to_vec().into())])
}

impl Begun {
    fn encoded_len(&self) -> usize {
        match self {
            Self::Group(group) => 64 + group.meta.name.len() + group.meta.description.len(),
            Self::Removal(_) | Self::Demotion(_) => 64,
        }
    }

    fn to_cbor(&self) -> Value {
        match self {
            Self::Group(group) => cbor::fields([
                (KIND, GROUP.into()),
                (ID, group.id.to_vec().into()),
                (NAME, group.meta.name.as_str().into()),
                (DESCRIPTION, group.meta.description.as_str().into()),
                (OPEN, u64::from(group.open).into()),
                (DEFAULT, u64::from(group.default).into()),
                (HYBRID, u64::from(group.hybrid).into()),
            ]),
            Self::Removal(account) => about(REMOVAL, *account),
            Self::Demotion(account) => about(DEMOTION, *account),
        }
    }

    fn from_cbor(value: Value) -> Result<Self, OpenError> {
        let mut fields = Fields::of(value)?;
        let kind = cbor::unsigned::<u64>(fields.take(KIND)?)?;
        let id = cbor::bytes(fields.take(ID)?)?;
        match kind {
            REMOVAL => return Ok(Self::Removal(id.as_slice().try_into()?)),
            DEMOTION => return Ok(Self::Demotion(id.as_slice().try_into()?)),
            GROUP => {}
            _ => return Err(OpenError::Malformed),
        }
        let is = |value: Value| cbor::unsigned::<u64>(value).map(|n| n == 1);
        Ok(Self::Group(NewGroup {
            id: id.as_slice().try_into()?,
            meta: Meta {
                name: cbor::text(fields.take(NAME)?)?,
                description: cbor::text(fields.take(DESCRIPTION)?)?,
            },
            open: is(fields.take(OPEN)?)?,
            default: is(fields.take(DEFAULT)?)?,
            hybrid: is(fields.take(HYBRID)?)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let group = NewGroup {
            id: ConversationId([7; 16]),
            meta: Meta { name: "Choir".into(), description: "We sing".into() },
            open: true,
            default: false,
            hybrid: true,
        };
        let all = vec![
            Begun::Group(group),
            Begun::Removal(AccountId([9; 32])),
            Begun::Demotion(AccountId([8; 32])),
        ];
        assert_eq!(from_value(&to_value(&all)), Ok(all));
        assert_eq!(from_value(&to_value(&[])), Ok(Vec::new()));
        assert!(from_value(b"\x81\xa1\x01\x02").is_err());
    }
}

//! What vault entries hold: CBOR maps with small keys, of which readers skip those they do not know
//! (docs/protocol.md §7.1).

use super::super::{OpenError, ProfileKey};
use crate::content::cbor::{self, Fields};
use asterism_wire::limits;
use std::fmt;
use zeroize::Zeroizing;

const NAME: u64 = 1;
const DESCRIPTION: u64 = 2;
const PROFILE_KEY: u64 = 1;

/// Name and description of a conversation: the entry `meta`. `Debug` prints neither.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Meta {
    /// Up to [`limits::NAME_CHARS_MAX`] characters.
    pub(crate) name: String,
    /// Up to [`limits::DESCRIPTION_CHARS_MAX`] characters.
    pub(crate) description: String,
}

impl Meta {
    /// The value of the entry.
    #[must_use]
    pub(crate) fn to_value(&self) -> Vec<u8> {
        let value = cbor::fields([
            (NAME, self.name.as_str().into()),
            (DESCRIPTION, self.description.as_str().into()),
        ]);
        cbor::encode(value, 64 + self.name.len() + self.description.len())
    }

    /// With another name or description, where one is given.
    #[must_use]
    pub(crate) fn renamed(self, name: Option<&str>, description: Option<&str>) -> Self {
        Self {
            name: name.map_or(self.name, |name| name.trim().to_owned()),
            description: description.map_or(self.description, |text| text.trim().to_owned()),
        }
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
        if fits { Ok(Self { name, description }) } else { Err(OpenError::LimitExceeded) }
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meta(..)")
    }
}

/// The value of an entry `profile/ACCOUNT`.
#[must_use]
pub(crate) fn profile_key_to_value(key: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(cbor::encode(cbor::fields([(PROFILE_KEY, key.as_slice().into())]), 64))
}

/// Reads the value of an entry `profile/ACCOUNT`.
///
/// # Errors
/// [`OpenError::Malformed`].
pub(crate) fn profile_key_from_value(value: &[u8]) -> Result<ProfileKey, OpenError> {
    let mut fields = Fields::of(cbor::decode(value, limits::VAULT_VALUE_BYTES_MAX)?)?;
    Ok(ProfileKey::new(cbor::fixed(fields.take(PROFILE_KEY)?)?))
}

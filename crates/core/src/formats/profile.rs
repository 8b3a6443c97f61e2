//! Profiles: a person's name under their profile key, padded so that its length says little
//! (docs/protocol.md §7.4).

use super::{Nonce, OpenError, boxed, labels};
use crate::content::cbor::{self, Fields};
use asterism_wire::{AccountId, limits, signing::transcript};
use std::fmt;
use zeroize::Zeroizing;

/// Plaintexts are padded to a multiple of this. Higher: lengths say less, records are larger.
pub(crate) const BUCKET_BYTES: usize = 256;

const NAME: u64 = 1;
/// First byte of the padding; zeros follow (ISO/IEC 7816-4).
const PADDING_MARK: u8 = 0x80;

/// What a person shows of themselves. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Profile {
    /// Up to [`limits::NAME_CHARS_MAX`] characters.
    pub(crate) name: String,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile(..)")
    }
}

/// Seals the profile of an account under its profile key. The caller has checked the name: readers refuse
/// longer ones.
#[must_use]
pub(crate) fn seal(key: &[u8; 32], account: AccountId, nonce: Nonce, name: &str) -> Vec<u8> {
    let value = cbor::fields([(NAME, name.into())]);
    let mut plaintext = Zeroizing::new(cbor::encode(value, 2 * BUCKET_BYTES));
    pad(&mut plaintext);
    boxed::seal(key, nonce, &additional_data(account), &plaintext)
}

/// Opens the profile of an account.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open(key: &[u8; 32], account: AccountId, sealed: &[u8]) -> Result<Profile, OpenError> {
    let max = limits::PROFILE_BYTES_MAX;
    let plaintext = boxed::open(key, &additional_data(account), sealed, max)?;
    let mut fields = Fields::of(cbor::decode(unpad(&plaintext)?, max)?)?;
    let name = cbor::text(fields.take(NAME)?)?;
    let fits = name.chars().count() <= limits::NAME_CHARS_MAX;
    if fits { Ok(Profile { name }) } else { Err(OpenError::LimitExceeded) }
}

fn additional_data(account: AccountId) -> Vec<u8> {
    transcript(labels::PROFILE, &[account.as_bytes()])
}

pub(super) fn pad(bytes: &mut Vec<u8>) {
    bytes.push(PADDING_MARK);
    bytes.resize(bytes.len().next_multiple_of(BUCKET_BYTES), 0);
}

pub(super) fn unpad(bytes: &[u8]) -> Result<&[u8], OpenError> {
    let mark = bytes.iter().rposition(|byte| *byte != 0).ok_or(OpenError::Malformed)?;
    if bytes[mark] == PADDING_MARK { Ok(&bytes[..mark]) } else { Err(OpenError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ACCOUNT: AccountId = AccountId([3; 32]);

    const KEY: [u8; 32] = [1; 32];

    fn sealed(name: &str) -> Vec<u8> {
        seal(&KEY, ACCOUNT, [2; 12], name)
    }

    /// Computed by another implementation. If it changes, what is on servers can no longer be read.
    #[test]
    fn sealed_bytes_are_stable() {
        let hash = asterism_wire::signing::sha256(&sealed("Marie"));
        assert_eq!(
            boxed::hex(hash.as_bytes()),
            "5e94c46d9c105bb7c4fc595155c4c06a5338d7fb8425a9f88b61b2a36b652b4d"
        );
    }

    #[test]
    fn names_of_any_usual_length_give_one_size() {
        for name in ["", "Marie", &"é".repeat(limits::NAME_CHARS_MAX)] {
            assert_eq!(sealed(name).len(), BUCKET_BYTES + boxed::OVERHEAD_BYTES);
        }
        let longest = "\u{1F9D1}".repeat(limits::NAME_CHARS_MAX);
        assert_eq!(open(&KEY, ACCOUNT, &sealed(&longest)), Ok(Profile { name: longest }));
    }

    #[test]
    fn profiles_open_for_their_account_and_key_only() {
        let sealed = sealed("Marie");
        assert_eq!(open(&KEY, ACCOUNT, &sealed).unwrap().name, "Marie");
        assert_eq!(open(&[9; 32], ACCOUNT, &sealed), Err(OpenError::DoesNotOpen));
        assert_eq!(open(&KEY, AccountId([4; 32]), &sealed), Err(OpenError::DoesNotOpen));
        for bad in boxed::damaged(&sealed) {
            assert_eq!(open(&KEY, ACCOUNT, &bad), Err(OpenError::DoesNotOpen));
        }
        assert_eq!(open(&KEY, ACCOUNT, &[0; 20_000]), Err(OpenError::LimitExceeded));
    }

    #[test]
    fn long_names_are_refused() {
        let long = sealed(&"x".repeat(limits::NAME_CHARS_MAX + 1));
        assert_eq!(open(&KEY, ACCOUNT, &long), Err(OpenError::LimitExceeded));
    }

    #[test]
    fn fields_of_later_versions_are_skipped() {
        let mut plaintext = cbor::encode(cbor::fields([(NAME, "Marie".into()), (9, "more".into())]), 0);
        pad(&mut plaintext);
        let sealed = boxed::seal(&KEY, [0; 12], &additional_data(ACCOUNT), &plaintext);
        assert_eq!(open(&KEY, ACCOUNT, &sealed).unwrap().name, "Marie");
    }

    proptest! {
        #[test]
        fn garbage_under_the_right_key_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let sealed = boxed::seal(&KEY, [0; 12], &additional_data(ACCOUNT), &bytes);
            prop_assert!(open(&KEY, ACCOUNT, &sealed).is_err());
        }

        #[test]
        fn padding_is_undone(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let mut padded = bytes.clone();
            pad(&mut padded);
            prop_assert_eq!(padded.len() % BUCKET_BYTES, 0);
            prop_assert_eq!(unpad(&padded), Ok(bytes.as_slice()));
        }
    }
}

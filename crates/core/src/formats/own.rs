//! Entries of an account's own vault, and what is in those that keep vault keys (docs/protocol.md §3.8).

use super::{Nonce, OpenError, TooLarge, VaultKey, boxed, labels};
use crate::content::cbor::{self, Fields};
use asterism_mls::symmetric::hkdf_key;
use asterism_wire::{AccountId, Seq, limits, signing::transcript};
use std::fmt;
use zeroize::Zeroizing;

const GENERATION: u64 = 1;
const KEY: u64 = 2;
const SINCE: u64 = 3;

/// Which entry, and which version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot<'a> {
    /// Account.
    pub(crate) account: AccountId,
    /// Name of the entry.
    pub(crate) name: &'a str,
    /// One more than the version that it replaces; the first is 1.
    pub(crate) version: u64,
}

/// Does a value of this length under this name fit?
pub(crate) fn check_size(name: &str, value: &[u8]) -> Result<(), TooLarge> {
    let fits = value.len() + boxed::OVERHEAD_BYTES <= limits::OWN_VALUE_BYTES_MAX
        && (1..=limits::OWN_NAME_BYTES_MAX).contains(&name.len());
    if fits { Ok(()) } else { Err(TooLarge) }
}

/// Seals an entry.
#[must_use]
pub(crate) fn seal(account_seed: &[u8; 32], slot: Slot<'_>, nonce: Nonce, value: &[u8]) -> Vec<u8> {
    boxed::seal(&slot.key(account_seed), nonce, &slot.additional_data(), value)
}

/// Opens an entry.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open(
    account_seed: &[u8; 32],
    slot: Slot<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let max = limits::OWN_VALUE_BYTES_MAX;
    boxed::open(&slot.key(account_seed), &slot.additional_data(), sealed, max)
}

impl Slot<'_> {
    fn key(&self, account_seed: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        hkdf_key(account_seed, labels::OWN_VAULT, &[self.account.as_bytes(), self.name.as_bytes()])
    }

    fn additional_data(&self) -> Vec<u8> {
        transcript(
            labels::OWN_VALUE,
            &[self.account.as_bytes(), self.name.as_bytes(), &self.version.to_be_bytes()],
        )
    }
}

/// The newest vault key of a conversation that a device knew. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeptKey {
    /// Generation of the key.
    pub(crate) generation: u64,
    /// The key.
    pub(crate) key: VaultKey,
    /// A position of the log at which this was the present key. A void makes keys die, so that a higher generation
    /// is not always the newer one.
    pub(crate) since: Seq,
}

impl fmt::Debug for KeptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptKey(..)")
    }
}

impl KeptKey {
    /// The value of the entry.
    #[must_use]
    pub(crate) fn to_value(&self) -> Zeroizing<Vec<u8>> {
        let fields = cbor::fields([
            (GENERATION, self.generation.into()),
            (KEY, self.key.as_bytes().as_slice().into()),
            (SINCE, self.since.0.into()),
        ]);
        Zeroizing::new(cbor::encode(fields, 64))
    }

    /// Reads the value of the entry.
    ///
    /// # Errors
    /// [`OpenError::Malformed`].
    pub(crate) fn from_value(value: &[u8]) -> Result<Self, OpenError> {
        let mut fields = Fields::of(cbor::decode(value, limits::OWN_VALUE_BYTES_MAX)?)?;
        Ok(Self {
            generation: cbor::unsigned(fields.take(GENERATION)?)?,
            key: VaultKey::new(cbor::fixed(fields.take(KEY)?)?),
            since: Seq(cbor::unsigned(fields.take(SINCE)?)?),
        })
    }

    /// Does this one say what the other says, or something newer?
    #[must_use]
    pub(crate) fn is_as_good_as(&self, other: &Self) -> bool {
        let same_key = self.generation == other.generation && self.key == other.key;
        same_key || (self.since, self.generation) > (other.since, other.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SLOT: Slot<'static> = Slot { account: AccountId([6; 32]), name: "keys/abc", version: 3 };

    /// Computed by another implementation. If these change, what accounts have kept is worth nothing.
    #[test]
    fn an_entry_is_stable() {
        let key = KeptKey { generation: 2, key: VaultKey::new([9; 32]), since: Seq(7) };
        assert_eq!(boxed::hex(&key.to_value()), format!("a30102025820{}0307", "09".repeat(32)));
        let sealed = seal(&[1; 32], SLOT, [7; 12], b"value");
        assert_eq!(boxed::hex(&sealed), "070707070707070707070707d7f36b37109146347529e53fc65372566b01bb7fc2");
    }

    #[test]
    fn an_entry_opens_in_its_place_only() {
        let sealed = seal(&[1; 32], SLOT, [7; 12], b"value");
        assert_eq!(open(&[1; 32], SLOT, &sealed).unwrap().as_slice(), b"value");
        for slot in [
            Slot { account: AccountId([0; 32]), ..SLOT },
            Slot { name: "keys/abd", ..SLOT },
            Slot { version: 4, ..SLOT },
        ] {
            assert_eq!(open(&[1; 32], slot, &sealed).unwrap_err(), OpenError::DoesNotOpen, "{slot:?}");
        }
        assert_eq!(open(&[2; 32], SLOT, &sealed).unwrap_err(), OpenError::DoesNotOpen);
        for bad in boxed::damaged(&sealed) {
            assert_eq!(open(&[1; 32], SLOT, &bad).unwrap_err(), OpenError::DoesNotOpen);
        }
        assert_eq!(open(&[1; 32], SLOT, &[0; 20_000]).unwrap_err(), OpenError::LimitExceeded);
    }

    #[test]
    fn the_largest_entry_fits_its_limit() {
        let value = vec![0; limits::OWN_VALUE_BYTES_MAX - boxed::OVERHEAD_BYTES];
        assert_eq!(check_size("a", &value), Ok(()));
        assert_eq!(seal(&[1; 32], SLOT, [7; 12], &value).len(), limits::OWN_VALUE_BYTES_MAX);
        assert_eq!(check_size("a", &[value, vec![0]].concat()), Err(TooLarge));
        assert_eq!(check_size("", &[]), Err(TooLarge));
        assert_eq!(check_size(&"a".repeat(limits::OWN_NAME_BYTES_MAX + 1), &[]), Err(TooLarge));
    }

    #[test]
    fn a_key_that_a_void_killed_is_not_newer() {
        let kept =
            |generation, key, since| KeptKey { generation, key: VaultKey::new([key; 32]), since: Seq(since) };
        let (before, dead, after) = (kept(1, 1, 4), kept(2, 2, 5), kept(1, 1, 8));
        assert!(dead.is_as_good_as(&before) && !before.is_as_good_as(&dead));
        assert!(after.is_as_good_as(&dead) && !dead.is_as_good_as(&after));
        assert!(before.is_as_good_as(&after) && after.is_as_good_as(&before), "they hold the same key");
    }

    proptest! {
        #[test]
        fn garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(open(&[1; 32], SLOT, &bytes).is_err());
            let _ = KeptKey::from_value(&bytes);
        }

        #[test]
        fn a_kept_key_can_be_read_back(generation: u64, key: [u8; 32], since: u64) {
            let kept = KeptKey { generation, key: VaultKey::new(key), since: Seq(since) };
            prop_assert_eq!(KeptKey::from_value(&kept.to_value()), Ok(kept));
        }
    }
}

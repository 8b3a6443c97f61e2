//! Entries of an account's own vault, and what is in those that keep vault keys (docs/protocol.md §3.8).

use super::{Nonce, OpenError, TooLarge, VaultKey, boxed, labels, profile};
use crate::content::cbor::{self, Fields};
use asterism_mls::symmetric::hkdf_key;
use asterism_wire::{AccountId, Seq, ids, limits, signing::transcript};
use std::fmt;
use zeroize::Zeroizing;

const NAME: u64 = 1;
const VALUE: u64 = 2;

const GENERATION: u64 = 1;
const KEY: u64 = 2;
const SINCE: u64 = 3;

/// What the server knows the entry of this name by: who does not have the account's seed learns nothing from it.
#[must_use]
pub(crate) fn alias(account_seed: &[u8; 32], name: &str) -> String {
    ids::to_text(&*hkdf_key(account_seed, labels::OWN_NAME, &[name.as_bytes()]))
}

/// Which entry, and which version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot<'a> {
    /// Account.
    pub(crate) account: AccountId,
    /// The entry's [`alias`].
    pub(crate) alias: &'a str,
    /// One more than the version that it replaces; the first is 1.
    pub(crate) version: u64,
}

/// What is in an entry. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name, which the server does not know.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry(..)")
    }
}

/// Does a value of this length under this name fit?
pub(crate) fn check_size(name: &str, value: &[u8]) -> Result<(), TooLarge> {
    let fits = (1..=limits::OWN_NAME_BYTES_MAX).contains(&name.len())
        && value.len() <= limits::OWN_VALUE_BYTES_MAX
        && padded(name, value).len() + boxed::OVERHEAD_BYTES <= limits::OWN_VALUE_BYTES_MAX;
    if fits { Ok(()) } else { Err(TooLarge) }
}

/// Seals an entry into the slot that has the alias of its name.
#[must_use]
pub(crate) fn seal(
    account_seed: &[u8; 32],
    slot: Slot<'_>,
    nonce: Nonce,
    name: &str,
    value: &[u8],
) -> Vec<u8> {
    boxed::seal(&slot.key(account_seed), nonce, &slot.additional_data(), &padded(name, value))
}

/// Opens an entry.
///
/// # Errors
/// See [`OpenError`]; [`OpenError::Malformed`] also for an entry that is not in the place of its name.
pub(crate) fn open(account_seed: &[u8; 32], slot: Slot<'_>, sealed: &[u8]) -> Result<Entry, OpenError> {
    let max = limits::OWN_VALUE_BYTES_MAX;
    let plaintext = boxed::open(&slot.key(account_seed), &slot.additional_data(), sealed, max)?;
    let mut fields = Fields::of(cbor::decode(profile::unpad(&plaintext)?, max)?)?;
    let value = Zeroizing::new(cbor::bytes(fields.take(VALUE)?)?);
    let name = cbor::text(fields.take(NAME)?)?;
    let in_place = name.len() <= limits::OWN_NAME_BYTES_MAX && alias(account_seed, &name) == slot.alias;
    if in_place { Ok(Entry { name, value }) } else { Err(OpenError::Malformed) }
}

/// Name and value, of a length that says little.
fn padded(name: &str, value: &[u8]) -> Zeroizing<Vec<u8>> {
    let record = cbor::fields([(NAME, name.into()), (VALUE, value.into())]);
    let capacity = name.len() + value.len() + 2 * profile::BUCKET_BYTES;
    let mut plaintext = Zeroizing::new(cbor::encode(record, capacity));
    profile::pad(&mut plaintext);
    plaintext
}

impl Slot<'_> {
    fn key(&self, account_seed: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        hkdf_key(account_seed, labels::OWN_VAULT, &[self.account.as_bytes(), self.alias.as_bytes()])
    }

    fn additional_data(&self) -> Vec<u8> {
        transcript(
            labels::OWN_VALUE,
            &[self.account.as_bytes(), self.alias.as_bytes(), &self.version.to_be_bytes()],
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

    const SEED: [u8; 32] = [1; 32];
    const NAME: &str = "keys/abc";
    /// Of [`NAME`], computed by another implementation.
    const SLOT: Slot<'static> = Slot {
        account: AccountId([6; 32]),
        alias: "jmb3m6hszrvrvpc5mq2j4vw4b22kmdxukxigb4ftif5wpqx3d5bq",
        version: 3,
    };

    fn sealed(value: &[u8]) -> Vec<u8> {
        seal(&SEED, SLOT, [7; 12], NAME, value)
    }

    /// Computed by another implementation. If these change, what accounts have kept is worth nothing.
    #[test]
    fn an_entry_is_stable() {
        let key = KeptKey { generation: 2, key: VaultKey::new([9; 32]), since: Seq(7) };
        assert_eq!(boxed::hex(&key.to_value()), format!("a30102025820{}0307", "09".repeat(32)));
        assert_eq!(alias(&SEED, NAME), SLOT.alias);
        let hash = asterism_wire::signing::sha256(&sealed(b"value"));
        assert_eq!(
            boxed::hex(hash.as_bytes()),
            "09f34c09e4705b7b4834e7230a84d1b7377665b1c0c4e9d00a8fda26db15976f"
        );
    }

    #[test]
    fn an_entry_opens_in_its_place_only() {
        let sealed = sealed(b"value");
        let entry = open(&SEED, SLOT, &sealed).unwrap();
        assert_eq!((entry.name.as_str(), entry.value.as_slice()), (NAME, b"value".as_slice()));
        let other = alias(&SEED, "keys/abd");
        for slot in [
            Slot { account: AccountId([0; 32]), ..SLOT },
            Slot { alias: &other, ..SLOT },
            Slot { version: 4, ..SLOT },
        ] {
            assert_eq!(open(&SEED, slot, &sealed).unwrap_err(), OpenError::DoesNotOpen, "{slot:?}");
        }
        assert_eq!(open(&[2; 32], SLOT, &sealed).unwrap_err(), OpenError::DoesNotOpen);
        for bad in boxed::damaged(&sealed) {
            assert_eq!(open(&SEED, SLOT, &bad).unwrap_err(), OpenError::DoesNotOpen);
        }
        assert_eq!(open(&SEED, SLOT, &[0; 20_000]).unwrap_err(), OpenError::LimitExceeded);
        let misplaced = seal(&SEED, SLOT, [7; 12], "keys/abd", b"value");
        assert_eq!(open(&SEED, SLOT, &misplaced).unwrap_err(), OpenError::Malformed);
    }

    #[test]
    fn neither_alias_nor_length_says_what_an_entry_is_of() {
        let names = ["keys/abc", "community/abc", "community/abd", "c"];
        let aliases = names.map(|name| alias(&SEED, name));
        assert!(aliases.iter().all(|alias| alias.len() == 52));
        let all: std::collections::BTreeSet<&String> = aliases.iter().collect();
        assert_eq!(all.len(), names.len());
        assert_ne!(alias(&[2; 32], NAME), alias(&SEED, NAME), "two accounts have nothing in common");

        let key = KeptKey { generation: u64::MAX, key: VaultKey::new([9; 32]), since: Seq(u64::MAX) };
        let lengths = [sealed(&[]), sealed(&[1]), sealed(&[0; 32]), sealed(&key.to_value())].map(|s| s.len());
        assert_eq!(lengths, [256 + boxed::OVERHEAD_BYTES; 4]);
        assert_eq!(sealed(&[0; 300]).len(), 512 + boxed::OVERHEAD_BYTES);
    }

    #[test]
    fn an_entry_prints_nothing() {
        let entry = open(&SEED, SLOT, &sealed(b"value")).unwrap();
        assert_eq!(format!("{entry:?}"), "Entry(..)");
    }

    #[test]
    fn the_largest_entry_fits_its_limit() {
        // 63 times 256 bytes, of which eight are the record's own and one is the padding's.
        let value = vec![0; 16_128 - 9];
        assert_eq!(check_size("a", &value), Ok(()));
        let slot = Slot { alias: &alias(&SEED, "a"), ..SLOT };
        let largest = seal(&SEED, slot, [7; 12], "a", &value);
        assert!(largest.len() <= limits::OWN_VALUE_BYTES_MAX);
        assert_eq!(open(&SEED, slot, &largest).unwrap().value.as_slice(), value);
        assert_eq!(check_size("a", &[value, vec![0]].concat()), Err(TooLarge));
        assert_eq!(check_size("", &[]), Err(TooLarge));
        assert_eq!(check_size(&"a".repeat(limits::OWN_NAME_BYTES_MAX), &[]), Ok(()));
        assert_eq!(check_size(&"a".repeat(limits::OWN_NAME_BYTES_MAX + 1), &[]), Err(TooLarge));
        assert_eq!(check_size("a", &[0; limits::OWN_VALUE_BYTES_MAX + 1]), Err(TooLarge));
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
            prop_assert!(open(&SEED, SLOT, &bytes).is_err());
            let _ = KeptKey::from_value(&bytes);
        }

        #[test]
        fn a_kept_key_can_be_read_back(generation: u64, key: [u8; 32], since: u64) {
            let kept = KeptKey { generation, key: VaultKey::new(key), since: Seq(since) };
            prop_assert_eq!(KeptKey::from_value(&kept.to_value()), Ok(kept));
        }
    }
}

//! The recovery key and what it opens (docs/protocol.md §3.6).

pub(crate) use super::RecoveryKey;

use super::{Nonce, OpenError, boxed, labels};
use crate::content::cbor::{self, Fields};
use asterism_mls::symmetric::hkdf_key;
use asterism_wire::{AccountId, ids, limits, signing::sha256};
use std::fmt;
use zeroize::Zeroizing;

const CHECKSUM_BYTES: usize = 2;
const GROUP_CHARS: usize = 4;
/// Longer input is not looked at: nobody puts more than a space between any two characters.
const TEXT_BYTES_MAX: usize = 1_024;

const ACCOUNT_KEY: u64 = 1;
const PROFILE_KEY: u64 = 2;
const DEVICES: u64 = 3;

/// Not a recovery key: a character is wrong, missing or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a recovery key")]
pub(crate) struct NotARecoveryKey;

impl RecoveryKey {
    /// The form in which a person keeps it: base32 of key and checksum, in groups of four.
    #[must_use]
    pub(crate) fn to_text(&self) -> String {
        let bytes = Zeroizing::new([self.as_bytes().as_slice(), &self.checksum()].concat());
        let plain = Zeroizing::new(ids::to_text(&bytes));
        let mut text = String::with_capacity(plain.len() + plain.len() / GROUP_CHARS);
        for (at, character) in plain.chars().enumerate() {
            if at > 0 && at % GROUP_CHARS == 0 {
                text.push('-');
            }
            text.push(character);
        }
        text
    }

    /// Reads [`RecoveryKey::to_text`]'s form; spaces, dashes and case do not matter.
    ///
    /// # Errors
    /// [`NotARecoveryKey`], also for a wrong checksum.
    pub(crate) fn parse(text: &str) -> Result<Self, NotARecoveryKey> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(NotARecoveryKey);
        }
        let mut plain = Zeroizing::new(String::with_capacity(text.len()));
        plain.extend(text.chars().filter(|c| !is_filling(*c)).map(|c| c.to_ascii_lowercase()));
        let bytes = Zeroizing::new(ids::from_text(&plain).map_err(|_| NotARecoveryKey)?);
        let (key, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(NotARecoveryKey)?;
        let key = Self::try_from(key).map_err(|_| NotARecoveryKey)?;
        if *sum == key.checksum() { Ok(key) } else { Err(NotARecoveryKey) }
    }

    /// Shown to the server to be given the blob; the server keeps its SHA-256.
    #[must_use]
    pub(crate) fn token(&self) -> Zeroizing<[u8; 32]> {
        hkdf_key(self.as_bytes(), labels::RECOVERY_TOKEN, &[])
    }

    fn blob_key(&self) -> Zeroizing<[u8; 32]> {
        hkdf_key(self.as_bytes(), labels::RECOVERY_BLOB_KEY, &[])
    }

    fn checksum(&self) -> [u8; CHECKSUM_BYTES] {
        let hash = sha256(self.as_bytes()).0;
        [hash[0], hash[1]]
    }
}

/// What people and their programs put between the groups.
fn is_filling(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// What a person gets back. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Blob {
    /// Seed of the account key. Whether it is the account's is for the reader to check.
    pub(crate) account_seed: Zeroizing<[u8; 32]>,
    /// The profile key.
    pub(crate) profile_key: Zeroizing<[u8; 32]>,
    /// How many devices the account has had: numbers above are free.
    pub(crate) devices: u32,
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blob(..)")
    }
}

/// Seals the blob.
#[must_use]
pub(crate) fn seal_blob(key: &RecoveryKey, account: AccountId, nonce: Nonce, blob: &Blob) -> Vec<u8> {
    let value = cbor::fields([
        (ACCOUNT_KEY, blob.account_seed.as_slice().into()),
        (PROFILE_KEY, blob.profile_key.as_slice().into()),
        (DEVICES, blob.devices.into()),
    ]);
    let plaintext = Zeroizing::new(cbor::encode(value, 128));
    boxed::seal(&key.blob_key(), nonce, account.as_bytes(), &plaintext)
}

/// Opens the blob of an account.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_blob(key: &RecoveryKey, account: AccountId, sealed: &[u8]) -> Result<Blob, OpenError> {
    let max = limits::RECOVERY_BLOB_BYTES_MAX;
    let plaintext = boxed::open(&key.blob_key(), account.as_bytes(), sealed, max)?;
    let mut fields = Fields::of(cbor::decode(&plaintext, max)?)?;
    Ok(Blob {
        account_seed: Zeroizing::new(cbor::fixed(fields.take(ACCOUNT_KEY)?)?),
        profile_key: Zeroizing::new(cbor::fixed(fields.take(PROFILE_KEY)?)?),
        devices: cbor::unsigned(fields.take(DEVICES)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn blob() -> Blob {
        Blob { account_seed: Zeroizing::new([1; 32]), profile_key: Zeroizing::new([2; 32]), devices: 3 }
    }

    /// Computed by another implementation. If these change, what people wrote down is worth nothing.
    #[test]
    fn text_token_and_blob_are_stable() {
        let key = RecoveryKey::new(*b"0123456789abcdef0123456789abcdef");
        assert_eq!(key.to_text(), "gayt-emzu-gu3d-oobz-mfrg-gzdf-myyd-cmrt-gq2t-mnzy-hfqw-ey3e-mvtd-5mi");
        let token = "445adc394c1be65598977c157d3a1bd08765e08be5574231064f7b00d28ca56c";
        assert_eq!(boxed::hex(key.token().as_slice()), token);
        assert_eq!(
            boxed::hex(&seal_blob(&key, AccountId([6; 32]), [7; 12], &blob())),
            "0707070707070707070707075d819d3a8a3edbd66a5f019840b2f4b4aa4b03ff8ad99cc9fad78e5382ef4b57\
             0658856cb169934a1c5715bb410124fad03e626ca012f0f754180b87e137bdd251970f56a5eca894cc73ac6a\
             456a463aac213a0f6a066c4b64"
        );
    }

    #[test]
    fn spaces_dashes_and_case_do_not_matter() {
        let key = RecoveryKey::new([0xA7; 32]);
        let text = key.to_text();
        for typed in [
            text.to_string(),
            text.to_uppercase(),
            text.replace('-', " "),
            text.replace('-', ""),
            text.replace('-', " – "),
            format!("\n {} \t", &*text),
        ] {
            assert_eq!(RecoveryKey::parse(&typed), Ok(key.clone()), "{typed}");
        }
        assert!(text.split('-').all(|group| group.len() <= GROUP_CHARS));
    }

    #[test]
    fn a_wrong_character_is_noticed() {
        let plain = RecoveryKey::new([9; 32]).to_text().replace('-', "");
        for at in 0..plain.len() {
            let mut typed = plain.clone().into_bytes();
            typed[at] = if typed[at] == b'a' { b'b' } else { b'a' };
            assert_eq!(
                RecoveryKey::parse(std::str::from_utf8(&typed).unwrap()),
                Err(NotARecoveryKey),
                "at {at}"
            );
            assert!(RecoveryKey::parse(&plain[..at]).is_err(), "cut at {at}");
        }
        assert!(RecoveryKey::parse(&format!("{plain}a")).is_err());
        assert!(RecoveryKey::parse("").is_err());
        assert!(RecoveryKey::parse(&"é".repeat(55)).is_err());
        assert!(RecoveryKey::parse(&" ".repeat(10_000)).is_err());
    }

    #[test]
    fn blob_opens_for_its_account_and_key_only() {
        let (key, account) = (RecoveryKey::new([5; 32]), AccountId([6; 32]));
        let sealed = seal_blob(&key, account, [7; 12], &blob());
        assert_eq!(open_blob(&key, account, &sealed), Ok(blob()));
        assert_eq!(
            open_blob(&RecoveryKey::new([0; 32]), account, &sealed).unwrap_err(),
            OpenError::DoesNotOpen
        );
        assert_eq!(open_blob(&key, AccountId([0; 32]), &sealed).unwrap_err(), OpenError::DoesNotOpen);
        for bad in boxed::damaged(&sealed) {
            assert_eq!(open_blob(&key, account, &bad).unwrap_err(), OpenError::DoesNotOpen);
        }
        assert_eq!(open_blob(&key, account, &[0; 20_000]).unwrap_err(), OpenError::LimitExceeded);
    }

    #[test]
    fn token_and_blob_key_differ() {
        let key = RecoveryKey::new([5; 32]);
        assert_ne!(key.token(), key.blob_key());
    }

    proptest! {
        #[test]
        fn every_key_has_a_text_form(bytes: [u8; 32]) {
            let key = RecoveryKey::new(bytes);
            prop_assert_eq!(RecoveryKey::parse(&key.to_text()), Ok(key));
        }

        #[test]
        fn garbage_is_refused(text in ".{0,80}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = RecoveryKey::parse(&text);
            prop_assert!(open_blob(&RecoveryKey::new([1; 32]), AccountId([2; 32]), &bytes).is_err());
            // What is sealed by somebody else under the right key may be anything.
            let sealed = boxed::seal(&RecoveryKey::new([1; 32]).blob_key(), [0; 12], &[2; 32], &bytes);
            prop_assert!(open_blob(&RecoveryKey::new([1; 32]), AccountId([2; 32]), &sealed).is_err());
        }
    }
}

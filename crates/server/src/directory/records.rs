//! What the directory keeps in the store, and under which keys. Part of the format on disk: fields are
//! added, never reused.
//!
//! | key | value |
//! |---|---|
//! | `handle/` HANDLE | account id |
//! | `account/` ACCOUNT | [`AccountRecord`] |
//! | `device/` DEVICE | account id |
//! | `seen/` DEVICE | time in milliseconds, big-endian `u64` |
//! | `recovery/` ACCOUNT | [`RecoveryRecord`] |
//! | `profile/` ACCOUNT | the sealed profile; the record's version is the profile's |
//! | `own/` ACCOUNT ALIAS | a sealed entry of the own vault; the record's version is the entry's |
//! | `own-count/` ACCOUNT | how many of these there are, big-endian `u64` |
//! | `packages/` DEVICE SUITE | [`PackagesRecord`], changed whenever one-time packages are put |
//! | `package-order/` DEVICE SUITE TIME PACKAGE | nothing; whoever takes this record has the package |
//! | `package/` DEVICE PACKAGE | encoded `PublishedKeyPackage` |
//!
//! ACCOUNT and DEVICE are the ids' bytes, SUITE is one byte (0 classic, 1 hybrid), TIME a big-endian
//! `u64`, PACKAGE the SHA-256 of the MLS KeyPackage. The order of the packages is kept apart from their
//! content so that counting them is cheap.

use asterism_store::{Key, StoreError};
use asterism_wire::ids::{AccountId, DeviceId, Hash};
use bytes::Bytes;
use prost::Message;

/// An account.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct AccountRecord {
    /// Its handle.
    #[prost(string, tag = "1")]
    pub handle: String,
    /// Its first account key, Ed25519: version 0.
    #[prost(bytes = "vec", tag = "2")]
    pub account_key: Vec<u8>,
    /// Its devices, in the order of their numbers.
    #[prost(message, repeated, tag = "3")]
    pub devices: Vec<DeviceRecord>,
    /// The highest device number ever used.
    #[prost(uint32, tag = "4")]
    pub last_device_number: u32,
}

/// A device of an account.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct DeviceRecord {
    /// Signature key, Ed25519.
    #[prost(bytes = "vec", tag = "1")]
    pub device_key: Vec<u8>,
    /// Encoded `DeviceCredential`.
    #[prost(bytes = "vec", tag = "2")]
    pub credential: Vec<u8>,
}

/// A recovery blob.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct RecoveryRecord {
    /// Sealed.
    #[prost(bytes = "vec", tag = "1")]
    pub blob: Vec<u8>,
    /// SHA-256 of the token that opens access to it.
    #[prost(bytes = "vec", tag = "2")]
    pub token_hash: Vec<u8>,
}

/// What is kept of a device's key packages of one suite besides the one-time ones.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PackagesRecord {
    /// Encoded `PublishedKeyPackage`; empty when there is none.
    #[prost(bytes = "vec", tag = "1")]
    pub last_resort: Vec<u8>,
    /// Beginnings of the hashes of the one-time packages put last, [`RECENT_LEN`] bytes each, newest
    /// last: putting one of them again does nothing, even if it was handed out meanwhile.
    #[prost(bytes = "vec", tag = "2")]
    pub recent: Vec<u8>,
}

/// Length of one item of [`PackagesRecord::recent`].
pub const RECENT_LEN: usize = 8;
/// How many [`PackagesRecord::recent`] holds.
pub const RECENT_MAX: usize = 256;

impl PackagesRecord {
    /// Notes that the package is put; false when that is not new.
    pub fn note(&mut self, package: Hash) -> bool {
        let beginning = &package.0[..RECENT_LEN];
        if self.recent.chunks_exact(RECENT_LEN).any(|known| known == beginning) {
            return false;
        }
        self.recent.extend_from_slice(beginning);
        let excess = self.recent.len().saturating_sub(RECENT_MAX * RECENT_LEN);
        self.recent.drain(..excess);
        true
    }
}

/// Reads a record.
///
/// # Errors
/// [`StoreError::Corrupt`] when the bytes are not such a record.
pub fn read<M: Message + Default>(bytes: &Bytes) -> Result<M, StoreError> {
    M::decode(bytes.clone()).map_err(|_| StoreError::Corrupt)
}

/// A record's bytes.
#[must_use]
pub fn write(record: &impl Message) -> Bytes {
    record.encode_to_vec().into()
}

/// Reads the value of a handle or device.
///
/// # Errors
/// [`StoreError::Corrupt`] when the bytes are not an account id.
pub fn read_account_id(bytes: &[u8]) -> Result<AccountId, StoreError> {
    AccountId::try_from(bytes).map_err(|_| StoreError::Corrupt)
}

/// Reads a count.
///
/// # Errors
/// [`StoreError::Corrupt`] when the bytes are not a count.
pub fn read_count(bytes: &[u8]) -> Result<u64, StoreError> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::Corrupt)
}

/// A count's bytes.
#[must_use]
pub fn write_count(count: u64) -> Bytes {
    Bytes::copy_from_slice(&count.to_be_bytes())
}

/// The keys.
pub mod keys {
    use super::{AccountId, DeviceId, Hash, Key};

    /// An account by handle.
    #[must_use]
    pub fn handle(handle: &str) -> Key {
        Key::from_static("handle/").push(handle.as_bytes())
    }

    /// An account.
    #[must_use]
    pub fn account(account: AccountId) -> Key {
        Key::from_static("account/").push(account.as_bytes())
    }

    /// A device's account.
    #[must_use]
    pub fn device(device: DeviceId) -> Key {
        Key::from_static("device/").push(device.as_bytes())
    }

    /// All entries of an account's own vault.
    #[must_use]
    pub fn own_entries(account: AccountId) -> Key {
        Key::from_static("own/").push(account.as_bytes())
    }

    /// One of them.
    #[must_use]
    pub fn own_entry(account: AccountId, name: &str) -> Key {
        own_entries(account).push(name.as_bytes())
    }

    /// How many there are.
    #[must_use]
    pub fn own_count(account: AccountId) -> Key {
        Key::from_static("own-count/").push(account.as_bytes())
    }

    /// When a device was last seen.
    #[must_use]
    pub fn seen(device: DeviceId) -> Key {
        Key::from_static("seen/").push(device.as_bytes())
    }

    /// A recovery blob.
    #[must_use]
    pub fn recovery(account: AccountId) -> Key {
        Key::from_static("recovery/").push(account.as_bytes())
    }

    /// A profile.
    #[must_use]
    pub fn profile(account: AccountId) -> Key {
        Key::from_static("profile/").push(account.as_bytes())
    }

    /// A device's key packages of one suite.
    #[must_use]
    pub fn packages(device: DeviceId, hybrid: bool) -> Key {
        Key::from_static("packages/").push(device.as_bytes()).push(&[u8::from(hybrid)])
    }

    /// Prefix of the order of a device's one-time key packages of one suite.
    #[must_use]
    pub fn package_order(device: DeviceId, hybrid: bool) -> Key {
        Key::from_static("package-order/").push(device.as_bytes()).push(&[u8::from(hybrid)])
    }

    /// Length of what follows the prefix: time and package.
    pub const PACKAGE_PLACE_LEN: usize = 8 + Hash::LEN;

    /// A one-time key package in that order.
    #[must_use]
    pub fn package_place(order: &Key, created_at_ms: u64, package: Hash) -> Key {
        order.push_u64(created_at_ms).push(package.as_bytes())
    }

    /// Time and package of a place.
    #[must_use]
    pub fn read_package_place(place: &Key) -> Option<(u64, Hash)> {
        let tail = place.as_bytes().last_chunk::<PACKAGE_PLACE_LEN>()?;
        let (time, package) = tail.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*time), Hash::try_from(package).ok()?))
    }

    /// A one-time key package.
    #[must_use]
    pub fn package(device: DeviceId, package: Hash) -> Key {
        Key::from_static("package/").push(device.as_bytes()).push(package.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_package_can_be_read_back() {
        let order = keys::package_order(DeviceId([1; 16]), true);
        let place = keys::package_place(&order, 7, Hash([2; 32]));
        assert_eq!(keys::read_package_place(&place), Some((7, Hash([2; 32]))));
        assert!(place > keys::package_place(&order, 6, Hash([3; 32])));
    }
}

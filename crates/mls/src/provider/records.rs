//! Where each record of OpenMLS's lies in a [`StateStore`], as CBOR values.
//!
//! A key is `scope ‖ label ‖ 0 ‖ CBOR(OpenMLS's key)`. The scope is `d` for records of the device, and
//! `g ‖ u32 length ‖ namespace` for those of a group.

use super::state::{StateStore, StateStoreError};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// Records of one namespace.
pub struct Storage<S: StateStore> {
    store: S,
    namespace: Vec<u8>,
}

/// What the keys of all records of one namespace begin with, for hosts that drop or copy a whole incarnation.
///
/// # Panics
/// When the namespace is longer than 4 GiB.
#[must_use]
pub fn namespace_prefix(namespace: &[u8]) -> Vec<u8> {
    let len = u32::try_from(namespace.len()).expect("a namespace is a few bytes");
    [b"g".as_slice(), &len.to_be_bytes(), namespace].concat()
}

pub(super) type Result<T, E = StateStoreError> = std::result::Result<T, E>;

pub(super) const DEVICE: bool = true;
pub(super) const GROUP: bool = false;
const ENTRY_SEED: &str = "entry seed";

pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::new());
    ciborium::into_writer(value, &mut *out)
        .expect("a vector takes every write, and no type fails to serialize");
    out
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    ciborium::from_reader(bytes).map_err(|_| StateStoreError::Corrupt)
}

impl<S: StateStore> Storage<S> {
    pub(super) fn new(store: S, namespace: Vec<u8>) -> Self {
        Self { store, namespace }
    }

    pub(super) fn store(&self) -> &S {
        &self.store
    }

    pub(super) fn into_store(self) -> S {
        self.store
    }

    fn key<K: Serialize + ?Sized>(&self, device: bool, label: &str, key: &K) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        if device {
            out.push(b'd');
        } else {
            out.extend_from_slice(&namespace_prefix(&self.namespace));
        }
        out.extend_from_slice(label.as_bytes());
        out.push(0);
        out.extend_from_slice(&encode(key));
        out
    }

    pub(super) fn put<K: Serialize, T: Serialize + ?Sized>(
        &self,
        device: bool,
        label: &str,
        key: &K,
        value: &T,
    ) -> Result<()> {
        self.store.write(&self.key(device, label, key), &encode(value))
    }

    pub(super) fn get<K: Serialize, T: DeserializeOwned>(
        &self,
        device: bool,
        label: &str,
        key: &K,
    ) -> Result<Option<T>> {
        let bytes = self.store.read(&self.key(device, label, key))?.map(Zeroizing::new);
        bytes.map(|b| decode(&b)).transpose()
    }

    pub(super) fn remove<K: Serialize>(&self, device: bool, label: &str, key: &K) -> Result<()> {
        self.store.delete(&self.key(device, label, key))
    }

    pub(super) fn list<K: Serialize>(&self, label: &str, key: &K) -> Result<Vec<Vec<u8>>> {
        Ok(self.get(GROUP, label, key)?.unwrap_or_default())
    }

    /// Keeps the seed of a key package's entry key, by the key package's reference.
    pub(crate) fn put_entry_seed(&self, key_package_ref: &[u8], seed: &[u8; 32]) -> Result<()> {
        self.put(DEVICE, ENTRY_SEED, &key_package_ref, seed)
    }

    pub(crate) fn entry_seed(&self, key_package_ref: &[u8]) -> Result<Option<Zeroizing<[u8; 32]>>> {
        Ok(self.get(DEVICE, ENTRY_SEED, &key_package_ref)?.map(Zeroizing::new))
    }

    pub(crate) fn delete_entry_seed(&self, key_package_ref: &[u8]) -> Result<()> {
        self.remove(DEVICE, ENTRY_SEED, &key_package_ref)
    }

    /// The raw record of the message secrets: only to forge with.
    #[cfg(feature = "hostile")]
    pub(crate) fn message_secrets_record<K: Serialize>(
        &self,
        group_id: &K,
    ) -> Result<Option<ciborium::Value>> {
        self.get(GROUP, "message secrets", group_id)
    }
}

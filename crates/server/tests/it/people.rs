//! Accounts and devices as clients have them.

use asterism_mls::{
    MemoryState, Provider, SigningKey, Suite, credential::make_credential, key_package::new_key_package,
};
use asterism_wire::{
    account::DeviceEntry,
    frame::{AddDevice, Authenticate, PublishedKeyPackage, Register},
    ids::{AccountId, DeviceId},
    signing,
};
use prost::Message as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The token of everybody's recovery blob.
pub(crate) const RECOVERY_TOKEN: &[u8] = b"token";

/// One device of somebody.
pub(crate) struct Person {
    pub(crate) handle: String,
    pub(crate) account_key: SigningKey,
    pub(crate) device_key: SigningKey,
    pub(crate) number: u32,
    /// Key packages made so far.
    packages: AtomicU64,
}

impl Person {
    /// The first device of a new account; the same name gives the same keys.
    pub(crate) fn new(handle: &str) -> Self {
        Self::with_device(handle, 1)
    }

    /// A device of the account with this handle.
    pub(crate) fn with_device(handle: &str, number: u32) -> Self {
        let seed = |use_: &str| signing::sha256(format!("{handle} {use_}").as_bytes()).0;
        Self {
            handle: handle.to_owned(),
            account_key: SigningKey::from_seed(seed("account")),
            device_key: SigningKey::from_seed(seed(&format!("device {number}"))),
            number,
            packages: AtomicU64::new(0),
        }
    }

    pub(crate) fn account(&self) -> AccountId {
        signing::account_id(&self.account_key.public())
    }

    pub(crate) fn device(&self) -> DeviceId {
        signing::device_id(&self.device_key.public())
    }

    pub(crate) fn credential(&self) -> Vec<u8> {
        make_credential(&self.account_key, 0, self.number, 0, &self.device_key.public()).encode_to_vec()
    }

    pub(crate) fn entry(&self) -> DeviceEntry {
        DeviceEntry {
            device_key: self.device_key.public().to_vec(),
            credential: self.credential(),
            last_seen_ms: 0,
        }
    }

    pub(crate) fn register(&self, nonce: &[u8]) -> Register {
        let signed = signing::registration(nonce, &self.handle, self.account(), &self.device_key.public());
        Register {
            handle: self.handle.clone(),
            device: Some(self.entry()),
            account_signature: self.account_key.sign(&signed).to_vec(),
            device_signature: self.sign_nonce(nonce),
            recovery_blob: b"blob".to_vec(),
            recovery_token_hash: signing::sha256(RECOVERY_TOKEN).to_vec(),
            invite_code: String::new(),
        }
    }

    pub(crate) fn authenticate(&self, nonce: &[u8]) -> Authenticate {
        Authenticate {
            account: self.account().to_vec(),
            device: self.device().to_vec(),
            signature: self.sign_nonce(nonce),
        }
    }

    pub(crate) fn add_device(&self, nonce: &[u8]) -> AddDevice {
        let signed = signing::device_addition(nonce, self.account(), &self.device_key.public());
        AddDevice {
            device: Some(self.entry()),
            account_signature: self.account_key.sign(&signed).to_vec(),
            device_signature: self.sign_nonce(nonce),
        }
    }

    pub(crate) fn key_package(
        &self,
        suite: Suite,
        last_resort: bool,
        created_at_ms: u64,
    ) -> PublishedKeyPackage {
        let count = self.packages.fetch_add(1, Relaxed).to_be_bytes();
        let seed = signing::hash("test", &[self.device().as_bytes(), &count]).0;
        // Nobody is going to open anything, so that private halves need not be kept.
        let provider = Provider::new(MemoryState::default(), Vec::new(), seed);
        let key_package =
            new_key_package(&provider, &self.device_key, &self.credential(), suite, last_resort).unwrap();
        PublishedKeyPackage { key_package, created_at_ms }
    }

    fn sign_nonce(&self, nonce: &[u8]) -> Vec<u8> {
        let signed = signing::authentication(nonce, self.account(), self.device());
        self.device_key.sign(&signed).to_vec()
    }
}

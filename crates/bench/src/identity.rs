//! Accounts and devices of the load: real keys, and what is signed with them (docs/protocol.md §3).

use anyhow::Result;
use asterism_mls::{
    MemoryState, Provider, SigningKey, Suite, credential::make_credential, key_package::new_key_package,
};
use asterism_wire::{
    account::DeviceEntry,
    frame::{Authenticate, PublishedKeyPackage, Register},
    ids::{AccountId, DeviceId},
    signing,
};
use prost::Message as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// The first device of an account. The handle gives the keys: a bench guards nothing.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) handle: String,
    pub(crate) device_key: SigningKey,
    account_key: SigningKey,
}

impl Identity {
    pub(crate) fn new(handle: impl Into<String>) -> Self {
        let handle = handle.into();
        let seed = |purpose: &str| signing::sha256(format!("{handle} {purpose}").as_bytes()).0;
        let (account_key, device_key) =
            (SigningKey::from_seed(seed("account")), SigningKey::from_seed(seed("device")));
        Self { handle, device_key, account_key }
    }

    pub(crate) fn account(&self) -> AccountId {
        signing::account_id(&self.account_key.public())
    }

    pub(crate) fn device(&self) -> DeviceId {
        signing::device_id(&self.device_key.public())
    }

    pub(crate) fn credential(&self) -> Vec<u8> {
        make_credential(&self.account_key, 0, 1, 0, &self.device_key.public()).encode_to_vec()
    }

    pub(crate) fn register(&self, nonce: &[u8]) -> Register {
        let device_key = self.device_key.public();
        let signed = signing::registration(nonce, &self.handle, self.account(), &device_key);
        Register {
            handle: self.handle.clone(),
            device: Some(DeviceEntry {
                device_key: device_key.to_vec(),
                credential: self.credential(),
                last_seen_ms: 0,
            }),
            account_signature: self.account_key.sign(&signed).to_vec(),
            device_signature: self.sign_nonce(nonce),
            recovery_blob: b"none".to_vec(),
            recovery_token_hash: signing::sha256(b"none").to_vec(),
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

    /// A key package whose private half is not kept: the device never joins.
    pub(crate) fn key_package(&self) -> Result<PublishedKeyPackage> {
        let provider = self.provider("key package");
        let key_package =
            new_key_package(&provider, &self.device_key, &self.credential(), Suite::Classic, false)?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
        Ok(PublishedKeyPackage { key_package, created_at_ms: u64::try_from(since.as_millis())? })
    }

    /// An empty state, with randomness that the purpose gives.
    pub(crate) fn provider(&self, purpose: &str) -> Provider<MemoryState> {
        let seed = signing::hash("asterism bench", &[self.handle.as_bytes(), purpose.as_bytes()]).0;
        Provider::new(MemoryState::default(), Vec::new(), seed)
    }

    fn sign_nonce(&self, nonce: &[u8]) -> Vec<u8> {
        let signed = signing::authentication(nonce, self.account(), self.device());
        self.device_key.sign(&signed).to_vec()
    }
}

//! Accounts and devices as they cross the network (docs/protocol.md §3).

use crate::{
    DecodeError,
    ids::{AccountId, DeviceId},
    signing,
};
use prost::Message as _;

/// The identity in an MLS Basic credential: a device, certified by its account's key (§3.2).
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DeviceCredential {
    /// Account id.
    #[prost(bytes = "vec", tag = "1")]
    pub account: Vec<u8>,
    /// Version of the account key that certifies; the first is 0 (§3.5).
    #[prost(uint32, tag = "2")]
    pub account_key_version: u32,
    /// The account key of that version, Ed25519.
    #[prost(bytes = "vec", tag = "3")]
    pub account_key: Vec<u8>,
    /// Running number of the device in its account.
    #[prost(uint32, tag = "4")]
    pub device_number: u32,
    /// When the certificate was made, milliseconds.
    #[prost(uint64, tag = "5")]
    pub created_at_ms: u64,
    /// By the account key, over [`signing::device_certificate`].
    #[prost(bytes = "vec", tag = "6")]
    pub certificate: Vec<u8>,
}

impl DeviceCredential {
    /// Reads a credential's identity bytes.
    ///
    /// # Errors
    /// When the bytes are malformed or a field has a wrong length.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let credential = Self::decode(bytes)?;
        credential.account_id()?;
        let lengths_ok = credential.account_key.len() == 32 && credential.certificate.len() == 64;
        if lengths_ok { Ok(credential) } else { Err(DecodeError::OutOfRange) }
    }

    /// The account.
    ///
    /// # Errors
    /// When the field has a wrong length.
    pub fn account_id(&self) -> Result<AccountId, DecodeError> {
        AccountId::try_from(self.account.as_slice())
    }

    /// What the certificate must sign for `device_key`.
    ///
    /// # Errors
    /// When the account field has a wrong length.
    pub fn to_be_signed(&self, device_key: &[u8]) -> Result<Vec<u8>, DecodeError> {
        Ok(signing::device_certificate(
            self.account_id()?,
            self.account_key_version,
            self.device_number,
            self.created_at_ms,
            device_key,
        ))
    }
}

/// A device as the directory lists it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DeviceEntry {
    /// Signature key, Ed25519; the device id is its hash.
    #[prost(bytes = "vec", tag = "1")]
    pub device_key: Vec<u8>,
    /// Encoded [`DeviceCredential`].
    #[prost(bytes = "vec", tag = "2")]
    pub credential: Vec<u8>,
    /// When the server last saw it, milliseconds, coarsened to an hour; only told to the account itself.
    #[prost(uint64, tag = "3")]
    pub last_seen_ms: u64,
}

impl DeviceEntry {
    /// The device id.
    #[must_use]
    pub fn device_id(&self) -> DeviceId {
        signing::device_id(&self.device_key)
    }
}

/// An account as the directory lists it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AccountEntry {
    /// Account id.
    #[prost(bytes = "vec", tag = "1")]
    pub account: Vec<u8>,
    /// Handle, without `@`.
    #[prost(string, tag = "2")]
    pub handle: String,
    /// Its devices.
    #[prost(message, repeated, tag = "3")]
    pub devices: Vec<DeviceEntry>,
}

//! Who asks.

use crate::{connection::Connection, directory::Identity};
use asterism_wire::ids::{AccountId, DeviceId};

/// An authenticated device on one connection.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its account.
    pub account: AccountId,
    /// Its id.
    pub device: DeviceId,
    /// Its signature key, Ed25519.
    pub device_key: [u8; 32],
    /// The nonce of the connection's hello, which some requests sign.
    pub nonce: [u8; 32],
    /// The connection.
    pub connection: Connection,
}

impl Caller {
    /// The device without its connection.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity { account: self.account, device: self.device, device_key: self.device_key }
    }
}

//! Application messages, as far as the server may look.

use super::Tracker;
use crate::view::{decode_message, read_authenticated_data};
use asterism_wire::{entry::AuthenticatedData, limits};
use openmls::{
    framing::{ContentType, ProtocolMessage},
    prelude::{GroupId, MlsMessageBodyIn},
};
use tls_codec::{Deserialize as _, VLBytes};

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationError {
    /// Not a sealed application message of this group, or too large.
    #[error("the message is not well formed")]
    Malformed,
    /// Sealed for another epoch than the current one: seal it again.
    #[error("the message is of another epoch")]
    WrongEpoch,
}

impl Tracker {
    /// Checks the frame of a sealed message: of this group and its current epoch, an application message, with
    /// readable authenticated data, which is given. Who sent it is sealed.
    ///
    /// # Errors
    /// See [`ApplicationError`].
    pub fn check_application(&self, message: &[u8]) -> Result<AuthenticatedData, ApplicationError> {
        let body =
            decode_message(message, limits::MESSAGE_BYTES_MAX).map_err(|_| ApplicationError::Malformed)?;
        let MlsMessageBodyIn::PrivateMessage(sealed) = body else { return Err(ApplicationError::Malformed) };
        let sealed = ProtocolMessage::from(sealed);
        if sealed.content_type() != ContentType::Application || sealed.group_id() != self.group.group_id() {
            return Err(ApplicationError::Malformed);
        }
        if sealed.epoch() != self.group.group_context().epoch() {
            return Err(ApplicationError::WrongEpoch);
        }
        authenticated_data(message).ok_or(ApplicationError::Malformed)
    }
}

/// The authenticated data is in clear, but OpenMLS does not show it before opening (RFC 9420 §6.3).
fn authenticated_data(message: &[u8]) -> Option<AuthenticatedData> {
    let mut at = message.get(4..)?;
    GroupId::tls_deserialize(&mut at).ok()?;
    u64::tls_deserialize(&mut at).ok()?;
    u8::tls_deserialize(&mut at).ok()?;
    read_authenticated_data(VLBytes::tls_deserialize(&mut at).ok()?.as_slice())
}

//! Application messages.

use super::Group;
use crate::{
    keys::SigningKey,
    provider::{Provider, StateStore, StateStoreError},
    view::{decode_message, read_authenticated_data},
};
use asterism_policy::Leaf;
use asterism_wire::{entry::AuthenticatedData, limits};
use openmls::{
    framing::{ContentType, ProtocolMessage, Sender},
    prelude::{
        CreateMessageError, MlsGroupStateError, MlsMessageBodyIn, ProcessMessageError,
        ProcessedMessageContent,
    },
};
use tls_codec::Serialize as _;

/// Why a message could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealMessageError {
    /// This device is no longer in the group.
    #[error("this device is no longer in the group")]
    Removed,
    /// Sealed it would be larger than [`limits::MESSAGE_BYTES_MAX`], or its authenticated data is not ours.
    #[error("the message cannot be sent")]
    OutOfRange,
    /// The library refused, or the store failed.
    #[error("the message could not be sealed")]
    Library,
}

/// A message that was opened and whose signature was verified.
#[derive(Debug)]
pub struct Opened {
    /// Who sent it.
    pub sender: Leaf,
    /// The sender's position in the tree.
    pub sender_index: u32,
    /// The sender's view of the log; what it says is for the caller to check.
    pub authenticated_data: AuthenticatedData,
    /// The content, without padding.
    pub plaintext: Vec<u8>,
}

/// Why a message did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is of another epoch: with the server's order that is a fault of the server, or catching up is needed.
    #[error("the message is of another epoch")]
    WrongEpoch,
    /// One's own message: what it says is known, and its key is gone.
    #[error("the message is one's own")]
    Own,
    /// Malformed, forged, opened before, or not an application message of this group.
    #[error("the message does not open")]
    Invalid,
    /// This device is no longer in the group.
    #[error("this device is no longer in the group")]
    Removed,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StateStoreError),
}

impl Group {
    /// Seals a message for the current epoch, also while a commit of one's own is pending.
    ///
    /// # Errors
    /// See [`SealMessageError`].
    pub fn seal<S: StateStore>(
        &mut self,
        provider: &Provider<S>,
        signer: &SigningKey,
        authenticated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealMessageError> {
        read_authenticated_data(authenticated_data).ok_or(SealMessageError::OutOfRange)?;
        if plaintext.len() > limits::MESSAGE_BYTES_MAX {
            return Err(SealMessageError::OutOfRange);
        }
        self.mls.set_aad(authenticated_data.to_vec());
        let sealed = self.mls.create_message(provider, signer, plaintext).map_err(|e| match e {
            CreateMessageError::GroupStateError(MlsGroupStateError::UseAfterEviction) => {
                SealMessageError::Removed
            }
            CreateMessageError::GroupStateError(_) | CreateMessageError::LibraryError(_) => {
                SealMessageError::Library
            }
        })?;
        let sealed = sealed.tls_serialize_detached().map_err(|_| SealMessageError::Library)?;
        if sealed.len() <= limits::MESSAGE_BYTES_MAX { Ok(sealed) } else { Err(SealMessageError::OutOfRange) }
    }

    /// Opens one log entry's message.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn handle_message<S: StateStore>(
        &mut self,
        provider: &Provider<S>,
        bytes: &[u8],
    ) -> Result<Opened, OpenError> {
        if !self.is_active() {
            return Err(OpenError::Removed);
        }
        let body = decode_message(bytes, limits::MESSAGE_BYTES_MAX).map_err(|_| OpenError::Invalid)?;
        let MlsMessageBodyIn::PrivateMessage(message) = body else { return Err(OpenError::Invalid) };
        let message = ProtocolMessage::from(message);
        if message.content_type() != ContentType::Application || message.group_id() != self.mls.group_id() {
            return Err(OpenError::Invalid);
        }
        if message.epoch() != self.mls.epoch() {
            return Err(OpenError::WrongEpoch);
        }
        let opened = self.mls.process_message(provider, message).map_err(|e| match e {
            ProcessMessageError::StorageError(e) => OpenError::Storage(e),
            ProcessMessageError::GroupStateError(MlsGroupStateError::UseAfterEviction) => OpenError::Removed,
            _ => OpenError::Invalid,
        })?;
        let authenticated_data = read_authenticated_data(opened.aad());
        let sender_index = match opened.sender() {
            Sender::Member(index) => index.u32(),
            Sender::External(_) | Sender::NewMemberProposal | Sender::NewMemberCommit => {
                return Err(OpenError::Invalid);
            }
        };
        match opened.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => Ok(Opened {
                sender: self.leaf(sender_index).ok_or(OpenError::Invalid)?,
                sender_index,
                authenticated_data: authenticated_data.ok_or(OpenError::Invalid)?,
                plaintext: message.into_bytes(),
            }),
            ProcessedMessageContent::OwnPrivateMessage => Err(OpenError::Own),
            _ => Err(OpenError::Invalid),
        }
    }
}

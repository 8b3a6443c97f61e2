//! Vault entries, their values, past keys and wraps (docs/protocol.md §7).

mod keys;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use keys::{open_past_keys, open_wrap, seal_past_key, wrap_vault_key};
pub(crate) use value::{Meta, profile_key_from_value, profile_key_to_value};

use super::{Nonce, OpenError, TooLarge, boxed, labels};
use asterism_mls::{
    SigningKey,
    credential::{CredentialError, check_credential},
    keys::verify,
    symmetric::hkdf_key,
};
use asterism_policy::Leaf;
use asterism_wire::{
    ConversationId, limits,
    signing::{transcript, vault_entry},
    vault::VaultRecord,
};
use zeroize::Zeroizing;

/// Who writes an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'a> {
    /// The device's key, the one of its leaf.
    pub(crate) device_key: &'a SigningKey,
    /// Encoded `DeviceCredential`.
    pub(crate) credential: &'a [u8],
}

/// Which entry, and which version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot<'a> {
    /// Conversation.
    pub(crate) conversation: ConversationId,
    /// Name of the entry.
    pub(crate) name: &'a str,
    /// One more than the version it replaces; the first is 1.
    pub(crate) version: u64,
    /// Generation of the vault key.
    pub(crate) generation: u64,
}

/// Why an entry is not what a member's device wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    /// A field is longer than its limit.
    #[error("the vault entry exceeds a limit")]
    LimitExceeded,
    /// The signature does not verify.
    #[error("the vault entry is not signed by its writer")]
    BadSignature,
    /// The credential is not the writer's.
    #[error("the vault entry's writer is not certified")]
    Credential(#[from] CredentialError),
}

/// Seals and signs an entry.
///
/// # Errors
/// [`TooLarge`] for the name or the value.
pub(crate) fn seal_record(
    writer: Writer<'_>,
    slot: Slot<'_>,
    vault_key: &[u8; 32],
    nonce: Nonce,
    value: &[u8],
) -> Result<VaultRecord, TooLarge> {
    let value_fits = value.len() + boxed::OVERHEAD_BYTES <= limits::VAULT_VALUE_BYTES_MAX;
    if !value_fits || slot.name.len() > limits::VAULT_NAME_BYTES_MAX {
        return Err(TooLarge);
    }
    let sealed = boxed::seal(&slot.key(vault_key), nonce, &slot.additional_data(), value);
    let signed = vault_entry(slot.conversation, slot.name, slot.version, slot.generation, &sealed);
    Ok(VaultRecord {
        name: slot.name.to_owned(),
        version: slot.version,
        generation: slot.generation,
        sealed,
        writer: writer.credential.to_vec(),
        writer_key: writer.device_key.public().to_vec(),
        signature: writer.device_key.sign(&signed).to_vec(),
    })
}

/// Checks an entry's signature and credential, and says who wrote it. Whether that device was a member, and
/// whether the entry is the one that was asked for, is the caller's to judge.
///
/// # Errors
/// See [`RecordError`].
pub(crate) fn check_record(conversation: ConversationId, record: &VaultRecord) -> Result<Leaf, RecordError> {
    let lengths_ok = record.sealed.len() <= limits::VAULT_VALUE_BYTES_MAX
        && record.name.len() <= limits::VAULT_NAME_BYTES_MAX;
    if !lengths_ok {
        return Err(RecordError::LimitExceeded);
    }
    let leaf = check_credential(&record.writer, &record.writer_key)?;
    let signed = vault_entry(conversation, &record.name, record.version, record.generation, &record.sealed);
    verify(&record.writer_key, &signed, &record.signature).map_err(|_| RecordError::BadSignature)?;
    Ok(leaf)
}

/// Opens an entry with the vault key of its generation. It says nothing about who wrote it: see
/// [`check_record`].
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_record(
    conversation: ConversationId,
    vault_key: &[u8; 32],
    record: &VaultRecord,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let slot =
        Slot { conversation, name: &record.name, version: record.version, generation: record.generation };
    let max = limits::VAULT_VALUE_BYTES_MAX;
    boxed::open(&slot.key(vault_key), &slot.additional_data(), &record.sealed, max)
}

impl Slot<'_> {
    fn key(&self, vault_key: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        hkdf_key(vault_key, labels::VAULT, &[self.conversation.as_bytes(), self.name.as_bytes()])
    }

    fn additional_data(&self) -> Vec<u8> {
        transcript(
            labels::VAULT_VALUE,
            &[
                self.conversation.as_bytes(),
                self.name.as_bytes(),
                &self.version.to_be_bytes(),
                &self.generation.to_be_bytes(),
            ],
        )
    }
}

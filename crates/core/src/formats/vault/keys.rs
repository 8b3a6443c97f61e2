//! Vault keys under vault keys, and under tickets (docs/protocol.md §7.3).

use super::super::{Nonce, OpenError, TooLarge, VaultKey, boxed, labels};
use asterism_mls::{
    seal::{self, SealPrivate, SealPublic},
    symmetric::hkdf_key,
};
use asterism_wire::{
    ConversationId, TicketId,
    signing::transcript,
    vault::{PastKey, Wrap},
};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A sealed past key: nonce, key, tag.
const PAST_KEY_BYTES: usize = 32 + boxed::OVERHEAD_BYTES;
/// A wrap is a KEM output of about 1.1 KB and a key.
const WRAP_BYTES_MAX: usize = 2 * 1_024;

/// Seals the key of `generation` under the key of the next one.
#[must_use]
pub(crate) fn seal_past_key(
    conversation: ConversationId,
    next_key: &[u8; 32],
    generation: u64,
    key: &[u8; 32],
    nonce: Nonce,
) -> PastKey {
    let (under, aad) = past_key_box(conversation, next_key, generation);
    PastKey { generation, sealed: boxed::seal(&under, nonce, &aad, key) }
}

/// The keys of all generations that the newest one leads to, itself among them. The chain goes on as far as links
/// open; whoever needs an older generation asks for it.
#[must_use]
pub(crate) fn open_past_keys(
    conversation: ConversationId,
    newest: &[u8; 32],
    newest_generation: u64,
    past: &[PastKey],
) -> BTreeMap<u64, VaultKey> {
    let mut by_generation: BTreeMap<u64, Vec<&PastKey>> = BTreeMap::new();
    for key in past {
        by_generation.entry(key.generation).or_default().push(key);
    }
    let mut key = VaultKey::new(*newest);
    let mut keys = BTreeMap::from([(newest_generation, key.clone())]);
    for (generation, candidates) in by_generation.range(..newest_generation).rev() {
        // A generation whose key nobody has is passed over: the one after it leads to the one before.
        let older = candidates.iter().find_map(|past| open_past_key(conversation, &key, past).ok());
        if let Some(older) = older {
            keys.insert(*generation, older.clone());
            key = older;
        }
    }
    keys
}

fn open_past_key(
    conversation: ConversationId,
    next_key: &[u8; 32],
    past: &PastKey,
) -> Result<VaultKey, OpenError> {
    let (under, aad) = past_key_box(conversation, next_key, past.generation);
    let bytes = boxed::open(&under, &aad, &past.sealed, PAST_KEY_BYTES)?;
    Ok(VaultKey::try_from(bytes.as_slice())?)
}

fn past_key_box(
    conversation: ConversationId,
    next_key: &[u8; 32],
    generation: u64,
) -> (Zeroizing<[u8; 32]>, Vec<u8>) {
    let context: [&[u8]; 2] = [conversation.as_bytes(), &generation.to_be_bytes()];
    let key = hkdf_key(next_key, labels::PAST_VAULT_KEY, &context);
    (key, transcript(labels::PAST_VAULT_KEY, &context))
}

/// Seals a vault key to a ticket.
///
/// # Errors
/// [`TooLarge`] when the ticket's seal key is not a valid X-Wing key.
pub(crate) fn wrap_vault_key(
    ticket_key: &SealPublic,
    conversation: ConversationId,
    ticket: TicketId,
    generation: u64,
    key: &[u8; 32],
) -> Result<Wrap, TooLarge> {
    let aad = wrap_data(conversation, ticket, generation);
    let sealed = seal::seal(ticket_key, labels::VAULT_WRAP.as_bytes(), &aad, key);
    Ok(Wrap { ticket: ticket.to_vec(), generation, sealed: sealed.map_err(|_| TooLarge)? })
}

/// Opens a wrap with the link's key; gives the generation and its key. The wrap must be for `ticket`.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_wrap(
    ticket_key: &SealPrivate,
    conversation: ConversationId,
    ticket: TicketId,
    wrap: &Wrap,
) -> Result<(u64, VaultKey), OpenError> {
    if wrap.sealed.len() > WRAP_BYTES_MAX {
        return Err(OpenError::LimitExceeded);
    }
    if wrap.ticket != ticket.as_bytes() {
        return Err(OpenError::DoesNotOpen);
    }
    let aad = wrap_data(conversation, ticket, wrap.generation);
    let opened = seal::open(ticket_key, labels::VAULT_WRAP.as_bytes(), &aad, &wrap.sealed);
    let bytes = Zeroizing::new(opened.map_err(|_| OpenError::DoesNotOpen)?);
    Ok((wrap.generation, VaultKey::try_from(bytes.as_slice())?))
}

fn wrap_data(conversation: ConversationId, ticket: TicketId, generation: u64) -> Vec<u8> {
    let parts: [&[u8]; 3] = [conversation.as_bytes(), ticket.as_bytes(), &generation.to_be_bytes()];
    transcript(labels::VAULT_WRAP, &parts)
}

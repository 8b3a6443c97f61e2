//! The opened vault of each conversation, its keys, and the secrets of one's own links.

use super::{DbResult, int, uint};
use asterism_wire::{ConversationId, TicketId};
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// An entry as this device has it; `value` is absent while the key is missing.
#[derive(Clone)]
pub(crate) struct VaultRow {
    pub(crate) version: u64,
    pub(crate) generation: u64,
    pub(crate) value: Option<Vec<u8>>,
}

/// One entry.
pub(crate) fn load(db: &Connection, conversation: ConversationId, name: &str) -> DbResult<Option<VaultRow>> {
    Ok(db
        .prepare_cached("SELECT version, generation, value FROM vault WHERE conversation = ?1 AND name = ?2")?
        .query_row((conversation.as_bytes(), name), |r| {
            Ok(VaultRow { version: uint(r.get(0)?), generation: uint(r.get(1)?), value: r.get(2)? })
        })
        .optional()?)
}

/// Writes one entry, unless a newer version is there.
pub(crate) fn save(
    db: &Connection,
    conversation: ConversationId,
    name: &str,
    row: &VaultRow,
) -> DbResult<()> {
    db.prepare_cached(
        "INSERT INTO vault (conversation, name, version, generation, value) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (conversation, name) DO UPDATE SET version = ?3, generation = ?4, value = ?5 WHERE version <= ?3",
    )?
    .execute((conversation.as_bytes(), name, int(row.version), int(row.generation), &row.value))?;
    Ok(())
}

/// The opened entries whose names begin like this, by name.
pub(crate) fn with_prefix(
    db: &Connection,
    conversation: ConversationId,
    prefix: &str,
) -> DbResult<Vec<(String, Vec<u8>)>> {
    let mut statement = db.prepare_cached(
        "SELECT name, value FROM vault
         WHERE conversation = ?1 AND substr(name, 1, length(?2)) = ?2 AND value IS NOT NULL ORDER BY name",
    )?;
    let rows = statement.query_map((conversation.as_bytes(), prefix), |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets all entries, to be fetched again.
pub(crate) fn clear(db: &Connection, conversation: ConversationId) -> DbResult<()> {
    db.prepare_cached("DELETE FROM vault WHERE conversation = ?1")?.execute([conversation.as_bytes()])?;
    Ok(())
}

/// Is there an entry that could not be opened?
pub(crate) fn has_unopened(db: &Connection, conversation: ConversationId) -> DbResult<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM vault WHERE conversation = ?1 AND value IS NULL)")?
        .query_row([conversation.as_bytes()], |r| r.get(0))?)
}

/// How many writes made the entries what they are: the first is version 1, and each adds one.
pub(crate) fn writes(db: &Connection, conversation: ConversationId) -> DbResult<u64> {
    let sum: i64 = db
        .prepare_cached("SELECT coalesce(sum(version), 0) FROM vault WHERE conversation = ?1")?
        .query_row([conversation.as_bytes()], |r| r.get(0))?;
    Ok(uint(sum))
}

/// All keys, by generation.
pub(crate) fn keys(
    db: &Connection,
    conversation: ConversationId,
) -> DbResult<BTreeMap<u64, Zeroizing<[u8; 32]>>> {
    let mut statement = db.prepare_cached("SELECT generation, key FROM vault_key WHERE conversation = ?1")?;
    let rows: Vec<(i64, Vec<u8>)> = statement
        .query_map([conversation.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(generation, key)| {
            let key: [u8; 32] = key.try_into().map_err(|_| super::DbError::Damaged)?;
            Ok((uint(generation), Zeroizing::new(key)))
        })
        .collect()
}

/// The key of one generation.
pub(crate) fn key(
    db: &Connection,
    conversation: ConversationId,
    generation: u64,
) -> DbResult<Option<Zeroizing<[u8; 32]>>> {
    Ok(keys(db, conversation)?.remove(&generation))
}

/// Remembers a key.
pub(crate) fn save_key(
    db: &Connection,
    conversation: ConversationId,
    generation: u64,
    key: &[u8; 32],
) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO vault_key (conversation, generation, key) VALUES (?1, ?2, ?3)",
    )?
    .execute((conversation.as_bytes(), int(generation), key.as_slice()))?;
    Ok(())
}

/// Forgets keys of generations that a void took back.
pub(crate) fn forget_keys_above(
    db: &Connection,
    conversation: ConversationId,
    generation: u64,
) -> DbResult<()> {
    db.prepare_cached("DELETE FROM vault_key WHERE conversation = ?1 AND generation > ?2")?
        .execute((conversation.as_bytes(), int(generation)))?;
    Ok(())
}

/// Remembers the secret of a link made here.
pub(crate) fn save_link(
    db: &Connection,
    ticket: TicketId,
    conversation: ConversationId,
    secret: &[u8; 32],
) -> DbResult<()> {
    db.prepare_cached("INSERT OR REPLACE INTO invite (ticket, conversation, secret) VALUES (?1, ?2, ?3)")?
        .execute((ticket.as_bytes(), conversation.as_bytes(), secret.as_slice()))?;
    Ok(())
}

/// The secret of a link made here.
pub(crate) fn link_secret(db: &Connection, ticket: TicketId) -> DbResult<Option<[u8; 32]>> {
    let secret: Option<Vec<u8>> = db
        .prepare_cached("SELECT secret FROM invite WHERE ticket = ?1")?
        .query_row([ticket.as_bytes()], |r| r.get(0))
        .optional()?;
    secret.map(|s| s.try_into().map_err(|_| super::DbError::Damaged)).transpose()
}

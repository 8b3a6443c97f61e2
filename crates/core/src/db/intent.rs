//! What this device's open commits are for: a void makes it wait to be offered again (docs/protocol.md §4.6).

use super::{DbResult, int, uint};
use asterism_wire::{ConversationId, IdempotencyKey, Seq};
use rusqlite::Connection;

/// Something that a void undid.
#[derive(Clone)]
pub(crate) struct IntentRow {
    pub(crate) row: i64,
    /// How often it was undone.
    pub(crate) undone: u32,
    pub(crate) body: Vec<u8>,
}

/// A commit for it may leave the device.
pub(crate) fn offered(
    db: &Connection,
    conversation: ConversationId,
    key: IdempotencyKey,
    undone: u32,
    body: &[u8],
) -> DbResult<()> {
    db.prepare_cached(
        "INSERT INTO intent (conversation, idempotency, undone, body) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((conversation.as_bytes(), key.as_bytes(), undone, body))?;
    Ok(())
}

/// That commit will not come to anything.
pub(crate) fn abandoned(db: &Connection, conversation: ConversationId) -> DbResult<()> {
    db.prepare_cached("DELETE FROM intent WHERE conversation = ?1 AND idempotency IS NOT NULL")?
        .execute([conversation.as_bytes()])?;
    Ok(())
}

/// That commit is in the log.
pub(crate) fn adopted(db: &Connection, conversation: ConversationId, commit: Seq) -> DbResult<()> {
    db.prepare_cached(
        "UPDATE intent SET idempotency = NULL, seq = ?2 WHERE conversation = ?1 AND idempotency IS NOT NULL",
    )?
    .execute((conversation.as_bytes(), int(commit.0)))?;
    Ok(())
}

/// Commits up to there are final.
pub(crate) fn settled(db: &Connection, conversation: ConversationId, up_to: Seq) -> DbResult<()> {
    db.prepare_cached("DELETE FROM intent WHERE conversation = ?1 AND seq BETWEEN 1 AND ?2")?
        .execute((conversation.as_bytes(), int(up_to.0)))?;
    Ok(())
}

/// Commits from there on are dead.
pub(crate) fn voided(db: &Connection, conversation: ConversationId, from: Seq) -> DbResult<()> {
    db.prepare_cached(
        "UPDATE intent SET seq = 0, undone = undone + 1 WHERE conversation = ?1 AND seq >= max(?2, 1)",
    )?
    .execute((conversation.as_bytes(), int(from.0)))?;
    Ok(())
}

/// What waits to be offered again, oldest first.
pub(crate) fn waiting(db: &Connection, conversation: ConversationId) -> DbResult<Vec<IntentRow>> {
    let mut statement = db.prepare_cached(
        "SELECT row, undone, body FROM intent WHERE conversation = ?1 AND idempotency IS NULL AND seq = 0
         ORDER BY row",
    )?;
    let rows: Vec<(i64, i64, Vec<u8>)> = statement
        .query_map([conversation.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let read = |(row, undone, body)| IntentRow {
        row,
        undone: u32::try_from(uint(undone)).unwrap_or(u32::MAX),
        body,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// It was offered again, or is given up.
pub(crate) fn forget(db: &Connection, row: i64) -> DbResult<()> {
    db.prepare_cached("DELETE FROM intent WHERE row = ?1")?.execute([row])?;
    Ok(())
}

//! One's own messages that the server has not acknowledged.

use super::{DbResult, int, uint};
use asterism_wire::{ConversationId, Hash, IdempotencyKey, MessageId, Seq};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// A message on its way out. Control messages have no message id.
#[derive(Clone)]
pub(crate) struct OutboxRow {
    pub(crate) row: i64,
    pub(crate) conversation: ConversationId,
    pub(crate) message: Option<MessageId>,
    pub(crate) idempotency: IdempotencyKey,
    pub(crate) content: Vec<u8>,
    /// The last sealing, and the epoch it is for (position of its commit).
    pub(crate) sealed: Option<(Vec<u8>, Seq)>,
    /// A request of this run waits for it.
    pub(crate) is_waited_for: bool,
}

const COLUMNS: &str = "row, conversation, message, idempotency, content, sealed, sealed_in, request";

fn from_row(r: &Row<'_>) -> rusqlite::Result<DbResult<OutboxRow>> {
    let row = r.get(0)?;
    let conversation: Vec<u8> = r.get(1)?;
    let message: Option<Vec<u8>> = r.get(2)?;
    let idempotency: Vec<u8> = r.get(3)?;
    let content = r.get(4)?;
    let (sealed, sealed_in): (Option<Vec<u8>>, Option<i64>) = (r.get(5)?, r.get(6)?);
    let request: Option<i64> = r.get(7)?;
    Ok((|| {
        Ok(OutboxRow {
            is_waited_for: request.is_some(),
            row,
            conversation: conversation.try_into()?,
            message: message.map(TryInto::try_into).transpose()?,
            idempotency: idempotency.try_into()?,
            content,
            sealed: sealed.zip(sealed_in.map(|s| Seq(uint(s)))),
        })
    })())
}

/// Adds at the end.
pub(crate) fn push(
    db: &Connection,
    conversation: ConversationId,
    message: Option<MessageId>,
    idempotency: IdempotencyKey,
    content: &[u8],
) -> DbResult<()> {
    db.prepare_cached(
        "INSERT INTO outbox (conversation, message, idempotency, content) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((conversation.as_bytes(), message.map(|m| m.to_vec()), idempotency.as_bytes(), content))?;
    Ok(())
}

/// The first of a conversation.
pub(crate) fn front(db: &Connection, conversation: ConversationId) -> DbResult<Option<OutboxRow>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM outbox WHERE conversation = ?1 AND NOT given_up ORDER BY row LIMIT 1"
    ))?
    .query_row([conversation.as_bytes()], from_row)
    .optional()?
    .transpose()
}

/// The one with this idempotency key.
pub(crate) fn by_idempotency(db: &Connection, key: IdempotencyKey) -> DbResult<Option<OutboxRow>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE idempotency = ?1"))?
        .query_row([key.as_bytes()], from_row)
        .optional()?
        .transpose()
}

/// Remembers a sealing before it leaves the device.
pub(crate) fn set_sealed(db: &Connection, row: i64, sealed: &[u8], sealed_in: Seq) -> DbResult<()> {
    db.prepare_cached("UPDATE outbox SET sealed = ?2, sealed_in = ?3 WHERE row = ?1")?.execute((
        row,
        sealed,
        int(sealed_in.0),
    ))?;
    Ok(())
}

/// Removes it.
pub(crate) fn remove(db: &Connection, row: i64) -> DbResult<()> {
    db.prepare_cached("DELETE FROM outbox WHERE row = ?1")?.execute([row])?;
    Ok(())
}

/// Is a control message waiting?
pub(crate) fn has_control(db: &Connection) -> DbResult<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM outbox WHERE message IS NULL AND NOT given_up)")?
        .query_row([], |r| r.get(0))?)
}

/// Conversations with something to send.
pub(crate) fn conversations(db: &Connection) -> DbResult<Vec<ConversationId>> {
    let mut statement = db.prepare_cached("SELECT DISTINCT conversation FROM outbox WHERE NOT given_up")?;
    let ids: Vec<Vec<u8>> = statement.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
    ids.into_iter().map(|id| Ok(id.try_into()?)).collect()
}

/// Does the body of an entry match what this device sealed?
pub(crate) fn is_own(row: &OutboxRow, body_hash: Hash) -> bool {
    row.sealed.as_ref().is_some_and(|(sealed, _)| asterism_wire::signing::sha256(sealed) == body_hash)
}

/// Ties an outbox row to the request that waits for it.
pub(crate) fn set_request(db: &Connection, key: IdempotencyKey, request: Option<u64>) -> DbResult<()> {
    db.prepare_cached("UPDATE outbox SET request = ?2 WHERE idempotency = ?1")?
        .execute((key.as_bytes(), request.map(int)))?;
    Ok(())
}

/// What a request put into the outbox and the server has not acknowledged.
pub(crate) fn of_request(db: &Connection, request: u64) -> DbResult<Vec<OutboxRow>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE request = ?1 AND NOT given_up"))?;
    let rows: Vec<DbResult<OutboxRow>> =
        statement.query_map([int(request)], from_row)?.collect::<Result<_, _>>()?;
    rows.into_iter().collect()
}

/// Requests for which something waits here.
pub(crate) fn requests(db: &Connection) -> DbResult<Vec<u64>> {
    let mut statement =
        db.prepare_cached("SELECT DISTINCT request FROM outbox WHERE request IS NOT NULL AND NOT given_up")?;
    let requests: Vec<i64> = statement.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
    Ok(requests.into_iter().map(uint).collect())
}

/// Nobody waits for it any more and it is not sent again. It may have reached the server all the same: then its
/// entry is recognised, and what it says is still here.
pub(crate) fn give_up(db: &Connection, row: &OutboxRow) -> DbResult<()> {
    if row.sealed.is_none() {
        return remove(db, row.row);
    }
    db.prepare_cached("UPDATE outbox SET given_up = 1 WHERE row = ?1")?.execute([row.row])?;
    Ok(())
}

/// As [`give_up`], by its key: its last sealing may be newer than the row at hand.
pub(crate) fn give_up_by_key(db: &Connection, key: IdempotencyKey) -> DbResult<()> {
    match by_idempotency(db, key)? {
        Some(row) => give_up(db, &row),
        None => Ok(()),
    }
}

/// Ties a person's key to its message, for good; gives the message that the key was used for first.
pub(crate) fn use_key(db: &Connection, key: IdempotencyKey, message: MessageId) -> DbResult<MessageId> {
    db.prepare_cached("INSERT INTO used_key (idempotency, message) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((key.as_bytes(), message.as_bytes()))?;
    let first: Vec<u8> = db
        .prepare_cached("SELECT message FROM used_key WHERE idempotency = ?1")?
        .query_row([key.as_bytes()], |r| r.get(0))?;
    Ok(first.try_into()?)
}

/// A send that was given up is asked again: it goes on where it was, with the sealing that may have been stored.
/// Tells whether there was one.
pub(crate) fn revive(db: &Connection, key: IdempotencyKey) -> DbResult<bool> {
    let revived = db
        .prepare_cached("UPDATE outbox SET given_up = 0 WHERE idempotency = ?1 AND given_up")?
        .execute([key.as_bytes()])?;
    Ok(revived == 1)
}

/// Remembers an acknowledged sealing until its entry has come back.
pub(crate) fn remember(
    db: &Connection,
    conversation: ConversationId,
    seq: Seq,
    body_hash: Hash,
) -> DbResult<()> {
    db.prepare_cached("INSERT OR REPLACE INTO sent (conversation, seq, body_hash) VALUES (?1, ?2, ?3)")?
        .execute((conversation.as_bytes(), int(seq.0), body_hash.as_bytes()))?;
    Ok(())
}

/// Was something else acknowledged to this device at this position?
pub(crate) fn is_contradicted(
    db: &Connection,
    conversation: ConversationId,
    seq: Seq,
    body_hash: Hash,
) -> DbResult<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM sent WHERE conversation = ?1 AND seq = ?2 AND body_hash <> ?3)",
        )?
        .query_row((conversation.as_bytes(), int(seq.0), body_hash.as_bytes()), |r| r.get(0))?)
}

/// Is the entry at this position one that was acknowledged to this device? It is then forgotten.
pub(crate) fn was_own(
    db: &Connection,
    conversation: ConversationId,
    seq: Seq,
    body_hash: Hash,
) -> DbResult<bool> {
    let removed = db
        .prepare_cached("DELETE FROM sent WHERE conversation = ?1 AND seq = ?2 AND body_hash = ?3")?
        .execute((conversation.as_bytes(), int(seq.0), body_hash.as_bytes()))?;
    Ok(removed == 1)
}

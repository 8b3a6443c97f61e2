//! Commits that may still be voided: merged here, and not confirmed by anybody other than their author
//! (docs/protocol.md §4.6).

use super::{DbResult, int, uint};
use asterism_wire::{AccountId, ConversationId, DeviceId, Epoch, Hash, Seq, Timestamp};
use rusqlite::{Connection, Row};

/// A commit that may still be voided.
#[derive(Debug, Clone)]
pub(crate) struct OpenCommit {
    pub(crate) seq: Seq,
    /// The stamp of its entry.
    pub(crate) at: Timestamp,
    pub(crate) author: AccountId,
    pub(crate) body_hash: Hash,
    /// The epoch that it closed: where a void leads back to.
    pub(crate) parent: Epoch,
    /// Hash of the epoch authenticator after it, as this device computed it.
    pub(crate) authenticator: Hash,
    /// Devices that it brought in: they have not seen how the others got here.
    pub(crate) newcomers: Vec<DeviceId>,
}

fn from_row(r: &Row<'_>) -> rusqlite::Result<DbResult<OpenCommit>> {
    let (seq, number, opened_by): (i64, i64, i64) = (r.get(0)?, r.get(3)?, r.get(4)?);
    let (author, body_hash, authenticator): (Vec<u8>, Vec<u8>, Vec<u8>) = (r.get(1)?, r.get(2)?, r.get(5)?);
    let (newcomers, at): (Vec<u8>, i64) = (r.get(6)?, r.get(7)?);
    Ok((|| {
        Ok(OpenCommit {
            seq: Seq(uint(seq)),
            at: Timestamp(uint(at)),
            author: author.try_into()?,
            body_hash: body_hash.try_into()?,
            parent: Epoch { number: uint(number), opened_by: Seq(uint(opened_by)) },
            authenticator: authenticator.try_into()?,
            newcomers: newcomers.chunks(DeviceId::LEN).map(DeviceId::try_from).collect::<Result<_, _>>()?,
        })
    })())
}

/// All of a conversation, oldest first.
pub(crate) fn all(db: &Connection, conversation: ConversationId) -> DbResult<Vec<OpenCommit>> {
    let mut statement = db.prepare_cached(
        "SELECT seq, author, body_hash, parent_number, parent_opened_by, authenticator, newcomers, at
         FROM open_commit WHERE conversation = ?1 ORDER BY seq",
    )?;
    let rows: Vec<DbResult<OpenCommit>> =
        statement.query_map([conversation.as_bytes()], from_row)?.collect::<Result<_, _>>()?;
    rows.into_iter().collect()
}

/// Remembers one.
pub(crate) fn insert(db: &Connection, conversation: ConversationId, open: &OpenCommit) -> DbResult<()> {
    let newcomers: Vec<u8> = open.newcomers.iter().flat_map(|d| d.0).collect();
    db.prepare_cached(
        "INSERT OR REPLACE INTO open_commit
            (conversation, seq, author, body_hash, parent_number, parent_opened_by, authenticator, newcomers,
             at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(rusqlite::params![
        conversation.as_bytes(),
        int(open.seq.0),
        open.author.as_bytes(),
        open.body_hash.as_bytes(),
        int(open.parent.number),
        int(open.parent.opened_by.0),
        open.authenticator.as_bytes(),
        newcomers,
        int(open.at.0),
    ])?;
    Ok(())
}

/// These are final.
pub(crate) fn settle(db: &Connection, conversation: ConversationId, up_to: Seq) -> DbResult<()> {
    db.prepare_cached("DELETE FROM open_commit WHERE conversation = ?1 AND seq <= ?2")?
        .execute((conversation.as_bytes(), int(up_to.0)))?;
    Ok(())
}

/// These are dead.
pub(crate) fn kill(db: &Connection, conversation: ConversationId, from: Seq) -> DbResult<()> {
    db.prepare_cached("DELETE FROM open_commit WHERE conversation = ?1 AND seq >= ?2")?
        .execute((conversation.as_bytes(), int(from.0)))?;
    Ok(())
}

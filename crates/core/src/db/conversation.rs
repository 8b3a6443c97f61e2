//! Conversation rows and recorded heads.

use super::{DbResult, int, uint};
use asterism_wire::{AccountId, ConversationId, Epoch, Hash, IdempotencyKey, Seq, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// Where this device stands with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Taking part.
    Active,
    /// A stranger's first message, not yet answered.
    Request,
    /// On its way in, as [`Way`] says.
    Joining,
    /// No longer a member.
    Left,
    /// A stranger's message that was refused: kept silent.
    Refused,
}

impl State {
    pub(crate) fn as_word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Request => "request",
            Self::Joining => "joining",
            Self::Left => "left",
            Self::Refused => "refused",
        }
    }

    fn from_word(word: &str) -> DbResult<Self> {
        [Self::Active, Self::Request, Self::Joining, Self::Left, Self::Refused]
            .into_iter()
            .find(|s| s.as_word() == word)
            .ok_or(super::DbError::Damaged)
    }
}

/// How a device comes into a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// As a device of an account that is in.
    OwnDevice,
    /// By a link, which is the person's to use again.
    Link,
    /// It founds it: the server has not said yet that it has taken it.
    Founding,
}

impl Way {
    fn as_word(self) -> &'static str {
        match self {
            Self::OwnDevice => "own_device",
            Self::Link => "link",
            Self::Founding => "founding",
        }
    }

    fn from_word(word: &str) -> DbResult<Self> {
        [Self::OwnDevice, Self::Link, Self::Founding]
            .into_iter()
            .find(|w| w.as_word() == word)
            .ok_or(super::DbError::Damaged)
    }
}

/// A conversation as this device knows it.
#[derive(Debug, Clone)]
pub(crate) struct ConversationRow {
    pub(crate) id: ConversationId,
    /// `group` or `direct`.
    pub(crate) kind: String,
    pub(crate) state: State,
    /// Of the conversation's MLS group (docs/protocol.md §4.1).
    pub(crate) generation: u32,
    /// Local: how often this device re-entered; namespaces its MLS state.
    pub(crate) incarnation: u32,
    /// Last position processed, and its head.
    pub(crate) cursor: Seq,
    pub(crate) head: Hash,
    /// Entries up to here came before this device could read.
    pub(crate) joined_seq: Seq,
    pub(crate) epoch: Epoch,
    /// Position of a commit that this device refused and that is not voided yet; 0 for none.
    pub(crate) refused_seq: Seq,
    pub(crate) last_time: Timestamp,
    pub(crate) read_seq: Seq,
    pub(crate) vault_generation: u64,
    /// The other one, in a direct conversation.
    pub(crate) peer: Option<AccountId>,
    pub(crate) alarm: Option<String>,
    pub(crate) repaired_at: Timestamp,
    pub(crate) created_at: Timestamp,
    /// Was this device ever in? If so, what it has shown stays when an entry fails.
    pub(crate) was_in: bool,
    /// While it is joining.
    pub(crate) way: Way,
    /// Equal to `joined_seq` when it is known that nobody had written anything before.
    pub(crate) begins_with: Seq,
}

impl ConversationRow {
    /// A conversation that this device is about to take part in, after the entry at `anchor`.
    pub(crate) fn new(
        id: ConversationId,
        kind: &str,
        state: State,
        anchor: (Seq, Hash),
        epoch: Epoch,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            kind: kind.to_owned(),
            state,
            generation: 0,
            incarnation: 0,
            cursor: anchor.0,
            head: anchor.1,
            joined_seq: anchor.0,
            epoch,
            refused_seq: Seq(0),
            last_time: Timestamp(0),
            read_seq: anchor.0,
            vault_generation: 0,
            peer: None,
            alarm: None,
            repaired_at: Timestamp(0),
            created_at: now,
            was_in: false,
            way: Way::OwnDevice,
            begins_with: Seq(0),
        }
    }
}

const COLUMNS: &str = "id, kind, state, generation, incarnation, cursor, head, joined_seq, epoch, opened_by,
    refused_seq, last_time, read_seq, vault_generation, peer, alarm, repaired_at, created_at, was_in, way,
    begins_with";

fn from_row(r: &Row<'_>) -> rusqlite::Result<DbResult<ConversationRow>> {
    let id: Vec<u8> = r.get(0)?;
    let state: String = r.get(2)?;
    let head: Vec<u8> = r.get(6)?;
    let peer: Option<Vec<u8>> = r.get(14)?;
    let number = |i: usize| -> rusqlite::Result<u64> { Ok(uint(r.get(i)?)) };
    let (kind, alarm) = (r.get(1)?, r.get(15)?);
    let (generation, incarnation, was_in) = (r.get(3)?, r.get(4)?, r.get(18)?);
    let way: String = r.get(19)?;
    let n = [
        number(5)?,
        number(7)?,
        number(8)?,
        number(9)?,
        number(10)?,
        number(11)?,
        number(12)?,
        number(13)?,
        number(16)?,
        number(17)?,
        number(20)?,
    ];
    Ok((|| {
        Ok(ConversationRow {
            id: id.try_into()?,
            kind,
            state: State::from_word(&state)?,
            generation,
            incarnation,
            cursor: Seq(n[0]),
            head: head.try_into()?,
            joined_seq: Seq(n[1]),
            epoch: Epoch { number: n[2], opened_by: Seq(n[3]) },
            refused_seq: Seq(n[4]),
            last_time: Timestamp(n[5]),
            read_seq: Seq(n[6]),
            vault_generation: n[7],
            peer: peer.map(TryInto::try_into).transpose()?,
            alarm,
            repaired_at: Timestamp(n[8]),
            created_at: Timestamp(n[9]),
            was_in,
            way: Way::from_word(&way)?,
            begins_with: Seq(n[10]),
        })
    })())
}

/// All conversations.
pub(crate) fn all(db: &Connection) -> DbResult<Vec<ConversationRow>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM conversation ORDER BY last_time DESC, id"))?;
    let rows: Vec<DbResult<ConversationRow>> =
        statement.query_map([], from_row)?.collect::<Result<_, _>>()?;
    rows.into_iter().collect()
}

/// Writes one.
pub(crate) fn save(db: &Connection, row: &ConversationRow) -> DbResult<()> {
    db.prepare_cached(&format!(
        "INSERT OR REPLACE INTO conversation ({COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
            ?21)"
    ))?
    .execute(rusqlite::params![
        row.id.as_bytes(),
        row.kind,
        row.state.as_word(),
        row.generation,
        row.incarnation,
        int(row.cursor.0),
        row.head.as_bytes(),
        int(row.joined_seq.0),
        int(row.epoch.number),
        int(row.epoch.opened_by.0),
        int(row.refused_seq.0),
        int(row.last_time.0),
        int(row.read_seq.0),
        int(row.vault_generation),
        row.peer.map(|p| p.to_vec()),
        row.alarm,
        int(row.repaired_at.0),
        int(row.created_at.0),
        row.was_in,
        row.way.as_word(),
        int(row.begins_with.0),
    ])?;
    Ok(())
}

/// Forgets a conversation that never came to be.
pub(crate) fn delete(db: &Connection, id: ConversationId) -> DbResult<()> {
    for table in [
        "head",
        "message",
        "outbox",
        "sent",
        "open_commit",
        "pending_commit",
        "intent",
        "vault",
        "vault_key",
        "invite",
        "known_group",
        "came_by",
    ] {
        db.execute(&format!("DELETE FROM {table} WHERE conversation = ?1"), [id.as_bytes()])?;
    }
    db.execute("DELETE FROM conversation WHERE id = ?1", [id.as_bytes()])?;
    Ok(())
}

/// Records the head at a position.
pub(crate) fn save_head(db: &Connection, id: ConversationId, seq: Seq, head: Hash) -> DbResult<()> {
    db.prepare_cached("INSERT OR REPLACE INTO head (conversation, seq, head) VALUES (?1, ?2, ?3)")?
        .execute((id.as_bytes(), int(seq.0), head.as_bytes()))?;
    Ok(())
}

/// The head recorded at a position.
pub(crate) fn head_at(db: &Connection, id: ConversationId, seq: Seq) -> DbResult<Option<Hash>> {
    let head: Option<Vec<u8>> = db
        .prepare_cached("SELECT head FROM head WHERE conversation = ?1 AND seq = ?2")?
        .query_row((id.as_bytes(), int(seq.0)), |r| r.get(0))
        .optional()?;
    Ok(head.map(TryInto::try_into).transpose()?)
}

/// A commit of one's own that may be on its way.
#[derive(Debug, Clone)]
pub(crate) struct PendingCommit {
    pub(crate) idempotency: IdempotencyKey,
    /// Hash of the commit message.
    pub(crate) body_hash: Hash,
    /// The whole encoded `SubmitCommit`, to be repeated after a restart.
    pub(crate) request: Vec<u8>,
}

/// The pending commit, when there is one.
pub(crate) fn pending_commit(db: &Connection, id: ConversationId) -> DbResult<Option<PendingCommit>> {
    let raw: Option<(Vec<u8>, Vec<u8>, Vec<u8>)> = db
        .prepare_cached("SELECT idempotency, body_hash, request FROM pending_commit WHERE conversation = ?1")?
        .query_row([id.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .optional()?;
    let Some((idempotency, body_hash, request)) = raw else { return Ok(None) };
    Ok(Some(PendingCommit {
        idempotency: idempotency.try_into()?,
        body_hash: body_hash.try_into()?,
        request,
    }))
}

/// Remembers a pending commit before it leaves the device.
pub(crate) fn save_pending_commit(
    db: &Connection,
    id: ConversationId,
    pending: &PendingCommit,
) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO pending_commit (conversation, idempotency, body_hash, request) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((id.as_bytes(), pending.idempotency.as_bytes(), pending.body_hash.as_bytes(), &pending.request))?;
    Ok(())
}

/// Forgets the pending commit.
pub(crate) fn clear_pending_commit(db: &Connection, id: ConversationId) -> DbResult<()> {
    db.prepare_cached("DELETE FROM pending_commit WHERE conversation = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}

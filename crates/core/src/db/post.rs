//! Announcements: which messages are one, how far they were read in each group, and those that wait for a key.

use super::{DbResult, int, uint};
use asterism_wire::{AccountId, CommunityId, ConversationId, MessageId, Seq};
use rusqlite::{Connection, OptionalExtension as _};

/// What makes a message an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostRow {
    /// Its position among the announcements.
    pub(crate) seq: Seq,
    /// The chosen groups; none for everybody.
    pub(crate) groups: Vec<ConversationId>,
}

/// A message is an announcement.
pub(crate) fn save(
    db: &Connection,
    conversation: ConversationId,
    id: MessageId,
    sender: AccountId,
    row: &PostRow,
) -> DbResult<()> {
    let groups: Vec<u8> = row.groups.iter().flat_map(|group| group.0).collect();
    db.prepare_cached(
        "INSERT OR REPLACE INTO post (conversation, id, seq, sender, groups) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((conversation.as_bytes(), id.as_bytes(), int(row.seq.0), sender.as_bytes(), groups))?;
    Ok(())
}

/// Is the message an announcement?
pub(crate) fn load(
    db: &Connection,
    conversation: ConversationId,
    id: MessageId,
) -> DbResult<Option<PostRow>> {
    let raw: Option<(i64, Vec<u8>)> = db
        .prepare_cached("SELECT seq, groups FROM post WHERE conversation = ?1 AND id = ?2")?
        .query_row((conversation.as_bytes(), id.as_bytes()), |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let Some((seq, groups)) = raw else { return Ok(None) };
    let groups =
        groups.chunks(ConversationId::LEN).map(ConversationId::try_from).collect::<Result<_, _>>()?;
    Ok(Some(PostRow { seq: Seq(uint(seq)), groups }))
}

/// Is an announcement of this id shown anywhere? It is, once.
pub(crate) fn is_shown(db: &Connection, id: MessageId) -> DbResult<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM post WHERE id = ?1)")?
        .query_row([id.as_bytes()], |r| r.get(0))?)
}

/// Announcements of others in a group that were not read.
pub(crate) fn unread(db: &Connection, group: ConversationId, me: AccountId) -> DbResult<u64> {
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM post WHERE conversation = ?1 AND sender <> ?2
                AND seq > coalesce((SELECT seq FROM post_read WHERE conversation = ?1), 0)",
        )?
        .query_row((group.as_bytes(), me.as_bytes()), |r| r.get(0))?;
    Ok(uint(count))
}

/// Whoever has read a group up to a position has read the announcements in it up to there.
pub(crate) fn mark_read(db: &Connection, group: ConversationId, up_to: Seq) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO post_read (conversation, seq)
         SELECT ?1, max(coalesce(max(post.seq), 0), coalesce((SELECT seq FROM post_read WHERE conversation = ?1), 0))
         FROM post JOIN message ON message.conversation = post.conversation AND message.id = post.id
         WHERE post.conversation = ?1 AND message.seq <= ?2",
    )?
    .execute((group.as_bytes(), int(up_to.0)))?;
    Ok(())
}

/// The position in a group's log behind which an announcement of a time belongs.
pub(crate) fn place(db: &Connection, group: ConversationId, at: asterism_wire::Timestamp) -> DbResult<Seq> {
    let seq: Option<i64> = db
        .prepare_cached("SELECT max(seq) FROM message WHERE conversation = ?1 AND at <= ?2 AND seq > 0")?
        .query_row((group.as_bytes(), int(at.0)), |r| r.get(0))?;
    Ok(Seq(seq.map_or(0, uint)))
}

/// The announcements of a community that this device can read, oldest first: conversation and message id.
pub(crate) fn of_community(
    db: &Connection,
    announcements: ConversationId,
    groups: &[ConversationId],
) -> DbResult<Vec<(ConversationId, MessageId)>> {
    let mut all: Vec<(i64, ConversationId, MessageId)> = Vec::new();
    for conversation in std::iter::once(&announcements).chain(groups) {
        let mut statement = db.prepare_cached("SELECT seq, id FROM post WHERE conversation = ?1")?;
        let rows: Vec<(i64, Vec<u8>)> = statement
            .query_map([conversation.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (seq, id) in rows {
            all.push((seq, *conversation, id.try_into()?));
        }
    }
    all.sort_unstable_by_key(|(seq, ..)| *seq);
    Ok(all.into_iter().map(|(_, conversation, id)| (conversation, id)).collect())
}

/// Keeps an announcement until its key is here.
pub(crate) fn save_waiting(db: &Connection, id: CommunityId, seq: Seq, entry: &[u8]) -> DbResult<()> {
    db.prepare_cached("INSERT OR REPLACE INTO post_waiting (community, seq, entry) VALUES (?1, ?2, ?3)")?
        .execute((id.as_bytes(), int(seq.0), entry))?;
    Ok(())
}

/// Announcements that wait for their keys: encoded entries, oldest first.
pub(crate) fn waiting(db: &Connection, id: CommunityId) -> DbResult<Vec<Vec<u8>>> {
    let mut statement =
        db.prepare_cached("SELECT entry FROM post_waiting WHERE community = ?1 ORDER BY seq")?;
    Ok(statement.query_map([id.as_bytes()], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// Does the announcement at a position wait for its key?
pub(crate) fn is_waiting(db: &Connection, id: CommunityId, seq: Seq) -> DbResult<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM post_waiting WHERE community = ?1 AND seq = ?2)")?
        .query_row((id.as_bytes(), int(seq.0)), |r| r.get(0))?)
}

/// It waits no longer.
pub(crate) fn forget_waiting(db: &Connection, id: CommunityId, seq: Seq) -> DbResult<()> {
    db.prepare_cached("DELETE FROM post_waiting WHERE community = ?1 AND seq = ?2")?
        .execute((id.as_bytes(), int(seq.0)))?;
    Ok(())
}

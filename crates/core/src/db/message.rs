//! Messages and events as this device shows them.

use super::{DbResult, int, uint};
use asterism_wire::{AccountId, ConversationId, MessageId, Seq, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// A message, or an event when `kind` is not `text`.
#[derive(Clone)]
pub(crate) struct MessageRow {
    pub(crate) conversation: ConversationId,
    pub(crate) id: MessageId,
    /// 0 while in the outbox.
    pub(crate) seq: Seq,
    pub(crate) sender: AccountId,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) text: Option<String>,
    pub(crate) reply_to: Option<MessageId>,
    /// Encoded content; of events what they are about, beside the accounts.
    pub(crate) content: Vec<u8>,
    /// Of events: the accounts concerned.
    pub(crate) subjects: Vec<AccountId>,
    /// `sending`, `sent`, `delivered`, `failed` or `received`.
    pub(crate) state: String,
}

const COLUMNS: &str = "conversation, id, seq, sender, at, kind, text, reply_to, content, subjects, state";

fn from_row(r: &Row<'_>) -> rusqlite::Result<DbResult<MessageRow>> {
    let (conversation, id): (Vec<u8>, Vec<u8>) = (r.get(0)?, r.get(1)?);
    let seq: i64 = r.get(2)?;
    let sender: Vec<u8> = r.get(3)?;
    let at: i64 = r.get(4)?;
    let (kind, text, state) = (r.get(5)?, r.get(6)?, r.get(10)?);
    let reply_to: Option<Vec<u8>> = r.get(7)?;
    let content: Option<Vec<u8>> = r.get(8)?;
    let subjects: Option<Vec<u8>> = r.get(9)?;
    Ok((|| {
        let subjects = subjects.unwrap_or_default();
        Ok(MessageRow {
            conversation: conversation.try_into()?,
            id: id.try_into()?,
            seq: Seq(uint(seq)),
            sender: sender.try_into()?,
            at: Timestamp(uint(at)),
            kind,
            text,
            reply_to: reply_to.map(TryInto::try_into).transpose()?,
            content: content.unwrap_or_default(),
            subjects: subjects.chunks(AccountId::LEN).map(AccountId::try_from).collect::<Result<_, _>>()?,
            state,
        })
    })())
}

/// Adds a message unless one with its id is there already; tells whether it was added.
pub(crate) fn insert(db: &Connection, m: &MessageRow) -> DbResult<bool> {
    let subjects: Vec<u8> = m.subjects.iter().flat_map(|s| s.0).collect();
    let added = db
        .prepare_cached(&format!(
            "INSERT INTO message ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (conversation, id) DO NOTHING"
        ))?
        .execute(rusqlite::params![
            m.conversation.as_bytes(),
            m.id.as_bytes(),
            int(m.seq.0),
            m.sender.as_bytes(),
            int(m.at.0),
            m.kind,
            m.text,
            m.reply_to.map(|r| r.to_vec()),
            m.content,
            subjects,
            m.state,
        ])?;
    Ok(added == 1)
}

/// One message by its id.
pub(crate) fn load(
    db: &Connection,
    conversation: ConversationId,
    id: MessageId,
) -> DbResult<Option<MessageRow>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM message WHERE conversation = ?1 AND id = ?2"))?
        .query_row((conversation.as_bytes(), id.as_bytes()), from_row)
        .optional()?
        .transpose()
}

/// One's own message was stored by the server.
pub(crate) fn mark_sent(
    db: &Connection,
    conversation: ConversationId,
    id: MessageId,
    seq: Seq,
    at: Timestamp,
) -> DbResult<()> {
    db.prepare_cached(
        "UPDATE message SET seq = ?3, at = ?4,
            state = CASE state WHEN 'delivered' THEN state ELSE 'sent' END
         WHERE conversation = ?1 AND id = ?2",
    )?
    .execute((conversation.as_bytes(), id.as_bytes(), int(seq.0), int(at.0)))?;
    Ok(())
}

/// Changes a message's state.
pub(crate) fn set_state(
    db: &Connection,
    conversation: ConversationId,
    id: MessageId,
    state: &str,
) -> DbResult<bool> {
    let changed = db
        .prepare_cached("UPDATE message SET state = ?3 WHERE conversation = ?1 AND id = ?2 AND state <> ?3")?
        .execute((conversation.as_bytes(), id.as_bytes(), state))?;
    Ok(changed == 1)
}

/// Deletes one message.
pub(crate) fn delete(db: &Connection, conversation: ConversationId, id: MessageId) -> DbResult<()> {
    db.prepare_cached("DELETE FROM message WHERE conversation = ?1 AND id = ?2")?
        .execute((conversation.as_bytes(), id.as_bytes()))?;
    Ok(())
}

/// An announcement that came to this device after the message at position `?2`. It stands among a group's messages by
/// its stamp, and among announcements it may have waited for its key: its position does not say that it is new.
const CAME_LATER: &str = "id IN (SELECT id FROM post WHERE conversation = ?1)
    AND row > (SELECT coalesce(min(row), 0) FROM message WHERE conversation = ?1
        AND seq = (SELECT max(seq) FROM message WHERE conversation = ?1 AND seq BETWEEN 1 AND ?2))";

/// The newest `limit` messages after `since`, oldest first, and the announcements that came after the message at that
/// position, wherever they stand. Those in the outbox come last.
pub(crate) fn newest(
    db: &Connection,
    conversation: ConversationId,
    since: Seq,
    limit: u32,
    events: bool,
) -> DbResult<Vec<MessageRow>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message
         WHERE conversation = ?1 AND (seq > ?2 OR seq = 0 OR ({CAME_LATER})) AND (?4 OR kind IN ('text', 'unknown'))
         ORDER BY seq = 0 DESC, seq DESC, row DESC LIMIT ?3"
    ))?;
    let rows: Vec<DbResult<MessageRow>> = statement
        .query_map((conversation.as_bytes(), int(since.0), limit, events), from_row)?
        .collect::<Result<_, _>>()?;
    let mut rows: Vec<MessageRow> = rows.into_iter().collect::<DbResult<_>>()?;
    rows.reverse();
    Ok(rows)
}

/// Is there anything from before a position?
pub(crate) fn any_before(db: &Connection, conversation: ConversationId, seq: Seq) -> DbResult<bool> {
    let mut statement = db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM message WHERE conversation = ?1 AND seq > 0 AND seq < ?2)",
    )?;
    Ok(statement.query_row((conversation.as_bytes(), int(seq.0)), |r| r.get(0))?)
}

/// How many messages of the conversation's own log are here from after a position.
pub(crate) fn count_after(db: &Connection, conversation: ConversationId, seq: Seq) -> DbResult<u64> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT count(*) FROM message
         WHERE conversation = ?1 AND seq > ?2 AND kind IN ('text', 'unknown') AND {NO_POST}"
    ))?;
    let count: i64 = statement.query_row((conversation.as_bytes(), int(seq.0)), |r| r.get(0))?;
    Ok(uint(count))
}

/// Messages of others after the read mark.
pub(crate) fn unread(
    db: &Connection,
    conversation: ConversationId,
    read: Seq,
    me: AccountId,
) -> DbResult<u64> {
    let count: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM message
             WHERE conversation = ?1 AND seq > ?2 AND kind IN ('text', 'unknown') AND sender <> ?3
                AND id NOT IN (SELECT id FROM post WHERE conversation = ?1 AND groups <> x'')",
        )?
        .query_row((conversation.as_bytes(), int(read.0), me.as_bytes()), |r| r.get(0))?;
    Ok(uint(count))
}

/// An announcement among a group's messages is in another log: nothing that dies in the group's takes it along.
const NO_POST: &str = "id NOT IN (SELECT id FROM post WHERE conversation = ?1)";

/// What came with a commit that died, and after it, from position `from` on: others' messages go, one's own are given back to be sent again.
pub(crate) fn take_voided(
    db: &Connection,
    conversation: ConversationId,
    from: Seq,
    me: AccountId,
) -> DbResult<Vec<MessageRow>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM message WHERE conversation = ?1 AND seq >= ?2 AND {NO_POST}"
    ))?;
    let rows: Vec<DbResult<MessageRow>> =
        statement.query_map((conversation.as_bytes(), int(from.0)), from_row)?.collect::<Result<_, _>>()?;
    let rows: Vec<MessageRow> = rows.into_iter().collect::<DbResult<_>>()?;
    db.execute(
        &format!("DELETE FROM message WHERE conversation = ?1 AND seq >= ?2 AND {NO_POST}"),
        (conversation.as_bytes(), int(from.0)),
    )?;
    Ok(rows.into_iter().filter(|m| m.sender == me && m.kind == "text").collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{post, post::PostRow, schema};

    const GROUP: ConversationId = ConversationId([1; 16]);

    /// Texts of `newest`, for messages that came in this order at these positions; announcements begin with `!`.
    fn check(came: &[(&str, u64)], since: u64, shown: &[&str]) {
        let db = Connection::open_in_memory().unwrap();
        schema::migrate(&db).unwrap();
        for (text, seq) in came {
            let id = MessageId(asterism_wire::signing::sha256(text.as_bytes()).0);
            let sender = AccountId([2; 32]);
            if text.starts_with('!') {
                let row = PostRow { seq: Seq(*seq), groups: vec![GROUP] };
                post::save(&db, GROUP, id, sender, &row).unwrap();
            }
            let message = MessageRow {
                conversation: GROUP,
                id,
                seq: Seq(*seq),
                sender,
                at: Timestamp(0),
                kind: "text".into(),
                text: Some((*text).to_owned()),
                reply_to: None,
                content: Vec::new(),
                subjects: Vec::new(),
                state: "received".into(),
            };
            assert!(insert(&db, &message).unwrap());
        }
        let rows = newest(&db, GROUP, Seq(since), 50, false).unwrap();
        let texts: Vec<_> = rows.into_iter().filter_map(|row| row.text).collect();
        assert_eq!(texts, shown, "{came:?} since {since}");
    }

    #[test]
    fn an_announcement_is_given_to_who_has_read_up_to_where_it_stands() {
        let came = [("a", 3), ("b", 5), ("!c", 5)];
        check(&came, 0, &["a", "b", "!c"]);
        check(&came, 3, &["b", "!c"]);
        check(&came, 5, &["!c"]);
        // Also up to an entry that is not shown.
        check(&came, 9, &["!c"]);
    }

    #[test]
    fn an_announcement_is_given_to_who_has_read_further_than_where_it_stands() {
        check(&[("a", 3), ("b", 5), ("!late", 3)], 5, &["!late"]);
        check(&[("!a", 4), ("!b", 5), ("!waited for its key", 3)], 5, &["!waited for its key"]);
    }

    #[test]
    fn an_announcement_is_not_given_to_who_has_read_what_came_after_it() {
        let came = [("a", 3), ("!b", 3), ("c", 6)];
        check(&came, 3, &["!b", "c"]);
        check(&came, 6, &[]);
        check(&[("!a", 1), ("!b", 2)], 2, &[]);
    }

    #[test]
    fn announcements_are_given_where_nothing_else_was_said() {
        let came = [("!a", 7), ("!b", 7)];
        check(&came, 0, &["!a", "!b"]);
        check(&came, 7, &["!b"]);
    }
}

//! Numbered migrations. A published one never changes; a new one is added at the end.

use super::DbResult;
use rusqlite::Connection;

/// Version 1: account, conversations, messages, outbox, vault, people, MLS state.
const V1: &str = "
CREATE TABLE account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    account BLOB NOT NULL, device BLOB NOT NULL, handle TEXT NOT NULL, name TEXT NOT NULL,
    server TEXT NOT NULL, public_url TEXT NOT NULL,
    account_seed BLOB NOT NULL, device_seed BLOB NOT NULL, profile_key BLOB NOT NULL, recovery_key BLOB NOT NULL,
    device_number INTEGER NOT NULL, credential BLOB NOT NULL,
    inbox_cursor INTEGER NOT NULL DEFAULT 0, profile_sent INTEGER NOT NULL DEFAULT 0,
    registered INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE conversation (
    id BLOB PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0, incarnation INTEGER NOT NULL DEFAULT 0,
    cursor INTEGER NOT NULL, head BLOB NOT NULL, joined_seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL, opened_by INTEGER NOT NULL,
    refused_seq INTEGER NOT NULL DEFAULT 0,
    last_time INTEGER NOT NULL DEFAULT 0, read_seq INTEGER NOT NULL DEFAULT 0,
    vault_generation INTEGER NOT NULL DEFAULT 0,
    peer BLOB, alarm TEXT, repaired_at INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE head (conversation BLOB NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL,
    PRIMARY KEY (conversation, seq)) WITHOUT ROWID;
CREATE TABLE message (
    row INTEGER PRIMARY KEY, conversation BLOB NOT NULL, id BLOB NOT NULL, seq INTEGER NOT NULL,
    sender BLOB NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
    text TEXT, reply_to BLOB, content BLOB, subjects BLOB, state TEXT NOT NULL
);
CREATE UNIQUE INDEX message_id ON message (conversation, id);
CREATE INDEX message_seq ON message (conversation, seq);
CREATE TABLE outbox (
    row INTEGER PRIMARY KEY, conversation BLOB NOT NULL, message BLOB, idempotency BLOB NOT NULL UNIQUE,
    content BLOB NOT NULL, sealed BLOB, sealed_in INTEGER, request INTEGER,
    given_up INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE used_key (idempotency BLOB PRIMARY KEY, message BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE sent (
    conversation BLOB NOT NULL, seq INTEGER NOT NULL, body_hash BLOB NOT NULL, PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE TABLE open_commit (
    conversation BLOB NOT NULL, seq INTEGER NOT NULL, author BLOB NOT NULL, body_hash BLOB NOT NULL,
    parent_number INTEGER NOT NULL, parent_opened_by INTEGER NOT NULL, authenticator BLOB NOT NULL,
    newcomers BLOB NOT NULL, PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE TABLE pending_commit (
    conversation BLOB PRIMARY KEY, idempotency BLOB NOT NULL, body_hash BLOB NOT NULL, request BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE vault (
    conversation BLOB NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, generation INTEGER NOT NULL,
    value BLOB, PRIMARY KEY (conversation, name)
) WITHOUT ROWID;
CREATE TABLE vault_key (
    conversation BLOB NOT NULL, generation INTEGER NOT NULL, key BLOB NOT NULL,
    PRIMARY KEY (conversation, generation)
) WITHOUT ROWID;
CREATE TABLE person (
    account BLOB PRIMARY KEY, handle TEXT, name TEXT, profile_key BLOB, profile_stale INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX person_handle ON person (handle);
CREATE TABLE invite (ticket BLOB PRIMARY KEY, conversation BLOB NOT NULL, secret BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
";

/// Version 2: the account's own vault.
const OWN_VAULT: &str = "
CREATE TABLE own_entry (
    name TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL, sent INTEGER NOT NULL
) WITHOUT ROWID;
";

/// Communities: their logs, the keys of their channels, announcements.
const COMMUNITIES: &str = "
CREATE TABLE community (
    id BLOB PRIMARY KEY, state TEXT NOT NULL, cursor INTEGER NOT NULL, head BLOB NOT NULL, last_time INTEGER NOT NULL,
    posts INTEGER NOT NULL, posts_head BLOB NOT NULL, first_epoch INTEGER NOT NULL, link BLOB, via_group BLOB,
    deposited INTEGER NOT NULL, seated INTEGER NOT NULL, alarm TEXT, created_at INTEGER NOT NULL, policy BLOB
) WITHOUT ROWID;
CREATE TABLE community_entry (community BLOB NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (community, seq)) WITHOUT ROWID;
CREATE TABLE community_roles (community BLOB NOT NULL, seq INTEGER NOT NULL, roles BLOB NOT NULL,
    PRIMARY KEY (community, seq)) WITHOUT ROWID;
CREATE TABLE community_sealed (community BLOB NOT NULL, name TEXT NOT NULL, record BLOB NOT NULL,
    PRIMARY KEY (community, name)) WITHOUT ROWID;
CREATE TABLE channel_key (community BLOB NOT NULL, epoch INTEGER NOT NULL, commitment BLOB NOT NULL, key BLOB,
    PRIMARY KEY (community, epoch)) WITHOUT ROWID;
CREATE TABLE bucket_key (community BLOB NOT NULL, bucket INTEGER NOT NULL, version INTEGER NOT NULL, seed BLOB NOT NULL,
    PRIMARY KEY (community, bucket, version)) WITHOUT ROWID;
CREATE TABLE post (conversation BLOB NOT NULL, id BLOB NOT NULL, seq INTEGER NOT NULL, sender BLOB NOT NULL,
    groups BLOB NOT NULL, PRIMARY KEY (conversation, id)) WITHOUT ROWID;
CREATE INDEX post_id ON post (id);
CREATE TABLE post_read (conversation BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE post_waiting (community BLOB NOT NULL, seq INTEGER NOT NULL, entry BLOB NOT NULL,
    PRIMARY KEY (community, seq)) WITHOUT ROWID;
";

/// What open commits of one's own are for.
const INTENTS: &str = "
CREATE TABLE intent (
    row INTEGER PRIMARY KEY, conversation BLOB NOT NULL, idempotency BLOB, seq INTEGER NOT NULL DEFAULT 0,
    undone INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX intent_conversation ON intent (conversation);
";

/// Which announcements an epoch of a channel has: from which position of the log it is, and after which announcement.
const EPOCH_PLACES: &str = "
ALTER TABLE channel_key ADD COLUMN opened_by INTEGER;
ALTER TABLE channel_key ADD COLUMN posts_seq INTEGER;
";

/// The recovery key is here only until the person has seen it. Whoever was registered before this version has: it came
/// with the answer.
const RECOVERY_KEY_ONCE: &str = "
CREATE TABLE account_once (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    account BLOB NOT NULL, device BLOB NOT NULL, handle TEXT NOT NULL, name TEXT NOT NULL,
    server TEXT NOT NULL, public_url TEXT NOT NULL,
    account_seed BLOB NOT NULL, device_seed BLOB NOT NULL, profile_key BLOB NOT NULL, recovery_key BLOB,
    device_number INTEGER NOT NULL, credential BLOB NOT NULL,
    inbox_cursor INTEGER NOT NULL DEFAULT 0, profile_sent INTEGER NOT NULL DEFAULT 0,
    registered INTEGER NOT NULL DEFAULT 0
);
INSERT INTO account_once
    SELECT id, account, device, handle, name, server, public_url, account_seed, device_seed, profile_key,
        CASE WHEN registered THEN NULL ELSE recovery_key END,
        device_number, credential, inbox_cursor, profile_sent, registered
    FROM account;
DROP TABLE account;
ALTER TABLE account_once RENAME TO account;
";

/// Whether a device was ever in a conversation, and how it is coming in. Before, a count of tries stood for the first:
/// of those that are half done, or were, one shows by its messages that it was in. What was founded and of which no
/// entry came may never have been taken.
const WAYS: &str = "
ALTER TABLE conversation ADD COLUMN was_in INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN way TEXT NOT NULL DEFAULT 'own_device';
UPDATE conversation SET was_in = state NOT IN ('joining', 'left')
    OR EXISTS (SELECT 1 FROM message WHERE message.conversation = conversation.id);
UPDATE conversation SET state = 'joining', way = 'founding', was_in = 0
    WHERE state = 'active' AND cursor = 0 AND kind <> 'announcements';
";

/// When open commits came.
const OPEN_COMMIT_AT: &str = "ALTER TABLE open_commit ADD COLUMN at INTEGER NOT NULL DEFAULT 0;";

/// Whether a newcomer's first groups are to be entered yet.
const FIRST_GROUPS: &str = "ALTER TABLE community ADD COLUMN first_groups_due INTEGER NOT NULL DEFAULT 0;";

/// How a device came in, and by which link.
const CAME_BY: &str = "
CREATE TABLE came_by (
    conversation BLOB PRIMARY KEY, secret BLOB, community BLOB, entered INTEGER NOT NULL
) WITHOUT ROWID;
";

/// The group that a device knew when it began to re-enter.
const KNOWN_GROUP: &str = "
CREATE TABLE known_group (
    conversation BLOB PRIMARY KEY, epoch INTEGER NOT NULL, opened_by INTEGER NOT NULL,
    group_info BLOB NOT NULL, tree BLOB NOT NULL
) WITHOUT ROWID;
";

/// Where it was found out that nothing had been written before one came.
const BEGINNINGS: &str = "ALTER TABLE conversation ADD COLUMN begins_with INTEGER NOT NULL DEFAULT 0;";

const MIGRATIONS: &[&[&str]] = &[
    &[V1, crate::db_state::SCHEMA],
    &[OWN_VAULT],
    &[COMMUNITIES],
    &[INTENTS],
    &[EPOCH_PLACES],
    &[RECOVERY_KEY_ONCE],
    &[WAYS],
    &[OPEN_COMMIT_AT],
    &[KNOWN_GROUP],
    &[FIRST_GROUPS],
    &[CAME_BY],
    &[BEGINNINGS],
];

/// Brings the database to the newest version, each migration in one transaction.
pub(crate) fn migrate(db: &Connection) -> DbResult<()> {
    let version: i64 = db.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    let done = usize::try_from(version).map_err(|_| super::DbError::Damaged)?;
    if done > MIGRATIONS.len() {
        return Err(super::DbError::Damaged);
    }
    for (number, statements) in MIGRATIONS.iter().enumerate().skip(done) {
        db.execute_batch("BEGIN IMMEDIATE")?;
        for statement in *statements {
            db.execute_batch(statement)?;
        }
        db.execute_batch(&format!("PRAGMA user_version = {}; COMMIT", number + 1))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::account;

    /// A database of the version before the recovery key was erased.
    fn before(registered: bool) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        for statement in MIGRATIONS[..4].iter().copied().flatten() {
            db.execute_batch(statement).unwrap();
        }
        db.pragma_update(None, "user_version", 4).unwrap();
        let insert = "INSERT INTO account VALUES (1, ?1, ?2, 'marie', 'Marie', 's', 'p', ?3, ?3, ?3, ?4, 1, ?1, 7, 1, ?5)";
        let row = (vec![1; 32], vec![2; 16], vec![3; 32], vec![9; 32], registered);
        db.execute(insert, row).unwrap();
        db
    }

    #[test]
    fn a_recovery_key_that_was_shown_is_erased_from_what_an_older_version_wrote() {
        for (registered, kept) in [(true, None), (false, Some([9; 32]))] {
            let db = before(registered);
            migrate(&db).unwrap();
            let row = account::load(&db).unwrap().unwrap();
            assert_eq!(row.recovery_key.as_deref().copied(), kept);
            assert_eq!((*row.account_seed, row.inbox_cursor, row.registered), ([3; 32], 7, registered));
            account::save(&db, &row).unwrap();
        }
    }

    /// What becomes of a conversation of the version before `WAYS`, in this state, at this position, with messages or
    /// without: its state, way, and whether this device was in.
    fn check_way(state: &str, cursor: i64, with_message: bool, expected: (&str, &str, bool)) {
        let db = Connection::open_in_memory().unwrap();
        for statement in MIGRATIONS[..5].iter().copied().flatten() {
            db.execute_batch(statement).unwrap();
        }
        db.pragma_update(None, "user_version", 5).unwrap();
        let insert = "INSERT INTO conversation (id, kind, state, cursor, head, joined_seq, epoch, opened_by, created_at)
            VALUES (x'01', 'group', ?1, ?2, x'', 0, 0, 0, 0)";
        db.execute(insert, (state, cursor)).unwrap();
        if with_message {
            let insert = "INSERT INTO message (conversation, id, seq, sender, at, kind, state)
                VALUES (x'01', x'02', 1, x'', 0, 'text', 'sent')";
            db.execute(insert, ()).unwrap();
        }
        migrate(&db).unwrap();
        let row = |r: &rusqlite::Row<'_>| Ok((r.get(0)?, r.get(1)?, r.get(2)?));
        let found: (String, String, bool) =
            db.query_row("SELECT state, way, was_in FROM conversation", [], row).unwrap();
        assert_eq!((&*found.0, &*found.1, found.2), expected);
    }

    #[test]
    fn of_older_conversations_it_is_known_whether_this_device_was_in() {
        check_way("active", 3, false, ("active", "own_device", true));
        check_way("left", 3, true, ("left", "own_device", true));
        check_way("joining", 3, true, ("joining", "own_device", true));
        check_way("joining", 3, false, ("joining", "own_device", false));
        check_way("left", 3, false, ("left", "own_device", false));
        check_way("active", 0, false, ("joining", "founding", false));
    }
}

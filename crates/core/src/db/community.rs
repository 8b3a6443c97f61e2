//! Communities: their rows, what their logs said, keys of their channels.

use super::{DbError, DbResult, int, uint};
use asterism_policy::CommunityState;
use asterism_wire::{CommunityId, ConversationId, Hash, Seq, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};
use std::fmt;
use zeroize::Zeroizing;

/// Where this device stands with a community.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Being founded here.
    Founding,
    /// Being entered.
    Joining,
    /// Taking part.
    Active,
    /// No longer in it.
    Left,
}

impl State {
    pub(crate) fn as_word(self) -> &'static str {
        match self {
            Self::Founding => "founding",
            Self::Joining => "joining",
            Self::Active => "active",
            Self::Left => "left",
        }
    }

    fn from_word(word: &str) -> DbResult<Self> {
        [Self::Founding, Self::Joining, Self::Active, Self::Left]
            .into_iter()
            .find(|s| s.as_word() == word)
            .ok_or(DbError::Damaged)
    }
}

/// A community as this device knows it. `Debug` prints nothing of it: it may hold a link's secret.
#[derive(Clone)]
pub(crate) struct CommunityRow {
    pub(crate) id: CommunityId,
    pub(crate) state: State,
    /// Last position of the log processed, its head and stamp.
    pub(crate) cursor: Seq,
    pub(crate) head: Hash,
    pub(crate) last_time: Timestamp,
    /// Likewise of the announcements; no head before the first one, nor where earlier ones are not kept any more.
    pub(crate) posts: Seq,
    pub(crate) posts_head: Option<Hash>,
    /// Epoch of the channel when this device came; earlier announcements are not for it.
    pub(crate) first_epoch: u64,
    /// Secret of the link that it came by, until it has a seat.
    pub(crate) link: Option<Zeroizing<[u8; 32]>>,
    /// Group as whose member it came, until it has a seat.
    pub(crate) group: Option<ConversationId>,
    /// The groups that newcomers enter at once are to be entered.
    pub(crate) first_groups_due: bool,
    /// The note to the admins was left.
    pub(crate) deposited: bool,
    /// The server has said that there is a seat.
    pub(crate) seated: bool,
    pub(crate) alarm: Option<String>,
    pub(crate) created_at: Timestamp,
}

impl fmt::Debug for CommunityRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommunityRow(..)")
    }
}

impl CommunityRow {
    /// One that this device begins to take part in.
    pub(crate) fn new(id: CommunityId, state: State, now: Timestamp) -> Self {
        Self {
            id,
            state,
            cursor: Seq(0),
            head: asterism_wire::head::genesis(id.log()),
            last_time: Timestamp(0),
            posts: Seq(0),
            posts_head: None,
            first_epoch: 0,
            link: None,
            group: None,
            first_groups_due: false,
            deposited: false,
            seated: false,
            alarm: None,
            created_at: now,
        }
    }
}

const COLUMNS: &str = "id, state, cursor, head, last_time, posts, posts_head, first_epoch, link, via_group,
    deposited, seated, alarm, created_at, first_groups_due";

/// All communities, with the states that their logs led to.
pub(crate) fn all(db: &Connection) -> DbResult<Vec<(CommunityRow, Option<CommunityState>)>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS}, policy FROM community ORDER BY id"))?;
    let rows: Vec<DbResult<_>> = statement.query_map([], from_row)?.collect::<Result<_, _>>()?;
    rows.into_iter().collect()
}

type Loaded = (CommunityRow, Option<CommunityState>);

fn from_row(r: &Row<'_>) -> rusqlite::Result<DbResult<Loaded>> {
    let (id, state): (Vec<u8>, String) = (r.get(0)?, r.get(1)?);
    let (head, posts_head): (Vec<u8>, Vec<u8>) = (r.get(3)?, r.get(6)?);
    let (link, group): (Option<Vec<u8>>, Option<Vec<u8>>) = (r.get(8)?, r.get(9)?);
    let (deposited, seated, first_groups_due, alarm) = (r.get(10)?, r.get(11)?, r.get(14)?, r.get(12)?);
    let numbers: [i64; 5] = [r.get(2)?, r.get(4)?, r.get(5)?, r.get(7)?, r.get(13)?];
    let policy: Option<Vec<u8>> = r.get(15)?;
    Ok((|| {
        let [cursor, last_time, posts, first_epoch, created_at] = numbers.map(uint);
        let link = link.map(|secret| <[u8; 32]>::try_from(secret).map(Zeroizing::new));
        let row = CommunityRow {
            id: id.try_into()?,
            state: State::from_word(&state)?,
            cursor: Seq(cursor),
            head: head.try_into()?,
            last_time: Timestamp(last_time),
            posts: Seq(posts),
            posts_head: if posts_head.is_empty() { None } else { Some(posts_head.try_into()?) },
            first_epoch,
            link: link.transpose().map_err(|_| DbError::Damaged)?,
            group: group.map(TryInto::try_into).transpose()?,
            first_groups_due,
            deposited,
            seated,
            alarm,
            created_at: Timestamp(created_at),
        };
        let policy = policy.map(|bytes| CommunityState::read(&bytes)).transpose();
        Ok((row, policy.map_err(|_| DbError::Damaged)?))
    })())
}

/// Writes one; its state stays as it is.
pub(crate) fn save(db: &Connection, row: &CommunityRow) -> DbResult<()> {
    db.prepare_cached(&format!(
        "INSERT INTO community ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
            ?15)
         ON CONFLICT (id) DO UPDATE SET state = ?2, cursor = ?3, head = ?4, last_time = ?5, posts = ?6,
            posts_head = ?7, first_epoch = ?8, link = ?9, via_group = ?10, deposited = ?11, seated = ?12, alarm = ?13,
            first_groups_due = ?15"
    ))?
    .execute(rusqlite::params![
        row.id.as_bytes(),
        row.state.as_word(),
        int(row.cursor.0),
        row.head.as_bytes(),
        int(row.last_time.0),
        int(row.posts.0),
        row.posts_head.map_or_else(Vec::new, |head| head.to_vec()),
        int(row.first_epoch),
        row.link.as_ref().map(|secret| secret.to_vec()),
        row.group.map(|group| group.to_vec()),
        row.deposited,
        row.seated,
        row.alarm,
        int(row.created_at.0),
        row.first_groups_due,
    ])?;
    Ok(())
}

/// Writes the state that the log has led to.
pub(crate) fn save_policy(db: &Connection, id: CommunityId, policy: &CommunityState) -> DbResult<()> {
    db.prepare_cached("UPDATE community SET policy = ?2 WHERE id = ?1")?
        .execute((id.as_bytes(), policy.to_bytes()))?;
    Ok(())
}

/// Forgets a community that never came to be.
pub(crate) fn delete(db: &Connection, id: CommunityId) -> DbResult<()> {
    for table in [
        "community_entry",
        "community_roles",
        "community_sealed",
        "channel_key",
        "bucket_key",
        "post_waiting",
    ] {
        db.execute(&format!("DELETE FROM {table} WHERE community = ?1"), [id.as_bytes()])?;
    }
    for table in ["vault", "vault_key", "head"] {
        db.execute(&format!("DELETE FROM {table} WHERE conversation = ?1"), [id.as_bytes()])?;
    }
    db.execute("DELETE FROM community WHERE id = ?1", [id.as_bytes()])?;
    Ok(())
}

/// Keeps a governance entry, for people who look at the log.
pub(crate) fn save_entry(
    db: &Connection,
    id: CommunityId,
    seq: Seq,
    at: Timestamp,
    body: &[u8],
) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO community_entry (community, seq, at, body) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((id.as_bytes(), int(seq.0), int(at.0), body))?;
    Ok(())
}

/// A governance entry's body.
pub(crate) fn entry(db: &Connection, id: CommunityId, seq: Seq) -> DbResult<Option<Vec<u8>>> {
    Ok(db
        .prepare_cached("SELECT body FROM community_entry WHERE community = ?1 AND seq = ?2")?
        .query_row((id.as_bytes(), int(seq.0)), |r| r.get(0))
        .optional()?)
}

/// Was anything changed after a position, before a time?
pub(crate) fn changed_between(
    db: &Connection,
    id: CommunityId,
    after: Seq,
    before: Timestamp,
) -> DbResult<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM community_entry WHERE community = ?1 AND seq > ?2 AND at < ?3)",
        )?
        .query_row((id.as_bytes(), int(after.0), int(before.0)), |r| r.get(0))?)
}

/// The governance entries, oldest first.
pub(crate) fn entries(db: &Connection, id: CommunityId) -> DbResult<Vec<(Seq, Timestamp, Vec<u8>)>> {
    let mut statement =
        db.prepare_cached("SELECT seq, at, body FROM community_entry WHERE community = ?1 ORDER BY seq")?;
    let rows = statement
        .query_map([id.as_bytes()], |r| Ok((Seq(uint(r.get(0)?)), Timestamp(uint(r.get(1)?)), r.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps who has which role from a position on.
pub(crate) fn save_roles(
    db: &Connection,
    id: CommunityId,
    seq: Seq,
    policy: &CommunityState,
) -> DbResult<()> {
    let roles = CommunityState { roles: policy.roles.clone(), ..CommunityState::default() };
    db.prepare_cached("INSERT OR REPLACE INTO community_roles (community, seq, roles) VALUES (?1, ?2, ?3)")?
        .execute((id.as_bytes(), int(seq.0), roles.to_bytes()))?;
    Ok(())
}

/// A state with the roles alone, as they were after a position.
pub(crate) fn roles_at(db: &Connection, id: CommunityId, seq: Seq) -> DbResult<Option<CommunityState>> {
    let bytes: Option<Vec<u8>> = db
        .prepare_cached(
            "SELECT roles FROM community_roles WHERE community = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row((id.as_bytes(), int(seq.0)), |r| r.get(0))
        .optional()?;
    bytes.map(|bytes| CommunityState::read(&bytes).map_err(|_| DbError::Damaged)).transpose()
}

/// Keeps a vault record until its key is here.
pub(crate) fn save_sealed(db: &Connection, id: CommunityId, name: &str, record: &[u8]) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO community_sealed (community, name, record) VALUES (?1, ?2, ?3)",
    )?
    .execute((id.as_bytes(), name, record))?;
    Ok(())
}

/// The vault records that wait for their keys.
pub(crate) fn sealed(db: &Connection, id: CommunityId) -> DbResult<Vec<Vec<u8>>> {
    let mut statement = db.prepare_cached("SELECT record FROM community_sealed WHERE community = ?1")?;
    Ok(statement.query_map([id.as_bytes()], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// A vault record was opened.
pub(crate) fn forget_sealed(db: &Connection, id: CommunityId, name: &str) -> DbResult<()> {
    db.prepare_cached("DELETE FROM community_sealed WHERE community = ?1 AND name = ?2")?
        .execute((id.as_bytes(), name))?;
    Ok(())
}

/// The log says what an epoch's key is committed to by.
pub(crate) fn save_epoch(db: &Connection, id: CommunityId, policy: &CommunityState) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO channel_key (community, epoch, commitment, opened_by, posts_seq)
            VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        id.as_bytes(),
        int(policy.epoch),
        policy.commitment().as_bytes(),
        int(policy.epoch_opened_by),
        int(policy.epoch_posts),
    ))?;
    Ok(())
}

/// Does an announcement at a position, whose author had read the log up to another, belong to an epoch? From the entry
/// that opened it to the one that closed it, and not after the last announcement that this one states.
pub(crate) fn is_of_epoch(
    db: &Connection,
    id: CommunityId,
    epoch: u64,
    log_seq: Seq,
    post_seq: Seq,
) -> DbResult<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM channel_key WHERE community = ?1 AND epoch = ?2
                AND coalesce(opened_by, 0) <= ?3)
             AND NOT EXISTS (SELECT 1 FROM channel_key WHERE community = ?1 AND epoch = ?2 + 1
                AND (opened_by <= ?3 OR posts_seq < ?4))",
        )?
        .query_row((id.as_bytes(), int(epoch), int(log_seq.0), int(post_seq.0)), |r| r.get(0))?)
}

/// What is known of an epoch of a channel.
pub(crate) struct EpochRow {
    pub(crate) commitment: Hash,
    pub(crate) key: Option<Zeroizing<[u8; 32]>>,
}

/// An epoch of the channel; nothing when the log has not said of it.
pub(crate) fn epoch(db: &Connection, id: CommunityId, epoch: u64) -> DbResult<Option<EpochRow>> {
    let raw: Option<(Vec<u8>, Option<Vec<u8>>)> = db
        .prepare_cached("SELECT commitment, key FROM channel_key WHERE community = ?1 AND epoch = ?2")?
        .query_row((id.as_bytes(), int(epoch)), |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let Some((commitment, key)) = raw else { return Ok(None) };
    let key = key.map(|key| <[u8; 32]>::try_from(key).map(Zeroizing::new)).transpose();
    Ok(Some(EpochRow { commitment: commitment.try_into()?, key: key.map_err(|_| DbError::Damaged)? }))
}

/// Keeps an epoch's key.
pub(crate) fn save_channel_key(db: &Connection, id: CommunityId, epoch: u64, key: &[u8; 32]) -> DbResult<()> {
    db.prepare_cached("UPDATE channel_key SET key = ?3 WHERE community = ?1 AND epoch = ?2")?.execute((
        id.as_bytes(),
        int(epoch),
        key.as_slice(),
    ))?;
    Ok(())
}

/// Keeps a bucket's seed.
pub(crate) fn save_bucket_seed(
    db: &Connection,
    id: CommunityId,
    (bucket, version): (u32, u32),
    seed: &[u8; 32],
) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO bucket_key (community, bucket, version, seed) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((id.as_bytes(), bucket, version, seed.as_slice()))?;
    Ok(())
}

/// A bucket's seed.
pub(crate) fn bucket_seed(
    db: &Connection,
    id: CommunityId,
    (bucket, version): (u32, u32),
) -> DbResult<Option<Zeroizing<[u8; 32]>>> {
    let seed: Option<Vec<u8>> = db
        .prepare_cached("SELECT seed FROM bucket_key WHERE community = ?1 AND bucket = ?2 AND version = ?3")?
        .query_row((id.as_bytes(), bucket, version), |r| r.get(0))
        .optional()?;
    seed.map(|seed| seed.try_into().map(Zeroizing::new).map_err(|_| DbError::Damaged)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_prints_nothing_of_its_links_secret() {
        let mut row = CommunityRow::new(CommunityId([1; 16]), State::Active, Timestamp(0));
        row.link = Some(Zeroizing::new([7; 32]));
        assert_eq!(format!("{row:?}"), "CommunityRow(..)");
    }
}

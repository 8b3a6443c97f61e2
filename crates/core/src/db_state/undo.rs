//! Marks, and the previous versions of what changed since each (docs/protocol.md §4.6).
//!
//! A row of `mls_undo` is what a page was when its mark was the newest and the page was changed for the first
//! time; NULL: there was none. The length of a record is kept as page −1.

use super::pages;
use crate::db::{DbError, DbResult, int};
use rusqlite::{Connection, OptionalExtension as _};
use std::{collections::BTreeMap, ops::Bound};

/// Stands for the row of the record's length.
const LENGTH_PAGE: i64 = -1;

/// Under which changes are kept.
#[derive(Clone, Copy)]
pub(super) struct Mark<'a> {
    scope: &'a [u8],
    mark: i64,
}

/// The newest mark of each scope.
pub(super) struct Marks(BTreeMap<Vec<u8>, i64>);

impl Marks {
    pub(super) fn load(db: &Connection) -> DbResult<Self> {
        let mut statement = db.prepare_cached("SELECT scope, max(mark) FROM mls_undo_mark GROUP BY scope")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self(rows.collect::<Result<_, _>>()?))
    }

    /// The mark under which changes of a key are kept. No scope contains another, so only the greatest one that
    /// is not above the key can be its prefix.
    pub(super) fn of_key(&self, key: &[u8]) -> Option<Mark<'_>> {
        let (scope, mark) = self.0.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back()?;
        key.starts_with(scope).then_some(Mark { scope, mark: *mark })
    }
}

/// Sets a mark.
pub(super) fn begin(db: &Connection, scope: &[u8], mark: u64) -> DbResult<()> {
    let marks = Marks::load(db)?;
    let overlaps = |other: &[u8]| other != scope && (other.starts_with(scope) || scope.starts_with(other));
    let in_order = marks.0.get(scope).is_none_or(|newest| *newest < int(mark));
    if !in_order || marks.0.keys().any(|other| overlaps(other)) {
        return Err(DbError::Damaged);
    }
    db.prepare_cached("INSERT INTO mls_undo_mark (scope, mark) VALUES (?1, ?2)")?
        .execute((scope, int(mark)))?;
    Ok(())
}

/// Is there such a mark?
pub(super) fn exists(db: &Connection, scope: &[u8], mark: u64) -> DbResult<bool> {
    let found = db
        .prepare_cached("SELECT 1 FROM mls_undo_mark WHERE scope = ?1 AND mark = ?2")?
        .query_row((scope, int(mark)), |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

/// Keeps a page's previous version, unless an earlier one is kept under this mark.
pub(super) fn keep_page(
    db: &Connection,
    mark: Mark<'_>,
    key: &[u8],
    page: i64,
    before: Option<&[u8]>,
) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO mls_undo (scope, mark, key, page, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((mark.scope, mark.mark, key, page, before))?;
    Ok(())
}

/// Keeps a record's previous length likewise.
pub(super) fn keep_length(
    db: &Connection,
    mark: Mark<'_>,
    key: &[u8],
    before: Option<usize>,
) -> DbResult<()> {
    let bytes = before.map(|length| (length as u64).to_be_bytes());
    keep_page(db, mark, key, LENGTH_PAGE, bytes.as_ref().map(<[u8; 8]>::as_slice))
}

/// Puts back what was kept since a mark; of several versions the oldest is applied last, and stays.
pub(super) fn rollback(db: &Connection, scope: &[u8], mark: u64) -> DbResult<()> {
    let mut statement = db.prepare_cached(
        "SELECT key, page, bytes FROM mls_undo WHERE scope = ?1 AND mark >= ?2 ORDER BY mark DESC",
    )?;
    let mut rows = statement.query((scope, int(mark)))?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?.as_blob().map_err(|_| DbError::Damaged)?;
        let page: i64 = row.get(1)?;
        let bytes = row.get_ref(2)?.as_blob_or_null().map_err(|_| DbError::Damaged)?;
        if page == LENGTH_PAGE {
            pages::write_length(db, key, bytes.map(read_length).transpose()?)?;
        } else {
            pages::write_page(db, key, page, bytes)?;
        }
    }
    drop(rows);
    for table in ["mls_undo", "mls_undo_mark"] {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE scope = ?1 AND mark >= ?2"))?
            .execute((scope, int(mark)))?;
    }
    Ok(())
}

fn read_length(bytes: &[u8]) -> DbResult<usize> {
    let bytes = bytes.try_into().map_err(|_| DbError::Damaged)?;
    usize::try_from(u64::from_be_bytes(bytes)).map_err(|_| DbError::Damaged)
}

/// Deletes a mark. What it kept passes to the mark before it, if there is one, where that has nothing older.
pub(super) fn forget(db: &Connection, scope: &[u8], mark: u64) -> DbResult<()> {
    if !exists(db, scope, mark)? {
        return Ok(());
    }
    db.prepare_cached(
        "UPDATE OR IGNORE mls_undo
         SET mark = (SELECT max(mark) FROM mls_undo_mark WHERE scope = ?1 AND mark < ?2)
         WHERE scope = ?1 AND mark = ?2
           AND EXISTS (SELECT 1 FROM mls_undo_mark WHERE scope = ?1 AND mark < ?2)",
    )?
    .execute((scope, int(mark)))?;
    for table in ["mls_undo", "mls_undo_mark"] {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE scope = ?1 AND mark = ?2"))?
            .execute((scope, int(mark)))?;
    }
    Ok(())
}

/// Deletes all marks of a scope.
pub(super) fn forget_all(db: &Connection, scope: &[u8]) -> DbResult<()> {
    for table in ["mls_undo", "mls_undo_mark"] {
        db.prepare_cached(&format!("DELETE FROM {table} WHERE scope = ?1"))?.execute([scope])?;
    }
    Ok(())
}

//! Records as rows: one for the length, one for each page.

use super::{
    Record,
    undo::{self, Mark},
};
use crate::db::{DbError, DbResult};
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Bytes of a page, the last one of a record excepted. Higher: fewer rows, more bytes per small change. Changing
/// it needs a migration.
pub(super) const PAGE_BYTES: usize = 4_096;
/// Nothing that OpenMLS writes comes near; a larger length is damage, not to be allocated.
const RECORD_BYTES_MAX: usize = 256 << 20;

/// Reads a record.
pub(super) fn load(db: &Connection, key: &[u8]) -> DbResult<Option<Record>> {
    let length: Option<i64> = db
        .prepare_cached("SELECT length FROM mls_record WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    let Some(length) = length else { return Ok(None) };
    let length = usize::try_from(length).ok().filter(|l| *l <= RECORD_BYTES_MAX).ok_or(DbError::Damaged)?;
    let mut record = Zeroizing::new(Vec::with_capacity(length));
    let mut statement = db.prepare_cached("SELECT page, bytes FROM mls_page WHERE key = ?1 ORDER BY page")?;
    let mut rows = statement.query([key])?;
    let mut next_page = 0;
    while let Some(row) = rows.next()? {
        let page: i64 = row.get(0)?;
        let bytes = row.get_ref(1)?.as_blob().map_err(|_| DbError::Damaged)?;
        let expected = PAGE_BYTES.min(length - record.len());
        if page != next_page || bytes.len() != expected || expected == 0 {
            return Err(DbError::Damaged);
        }
        record.extend_from_slice(bytes);
        next_page += 1;
    }
    if record.len() == length { Ok(Some(record)) } else { Err(DbError::Damaged) }
}

/// Writes what differs between two versions of a record; `None` is no record. With a mark, what is replaced is
/// kept under it.
pub(super) fn replace(
    db: &Connection,
    key: &[u8],
    old: Option<&[u8]>,
    new: Option<&[u8]>,
    mark: Option<Mark<'_>>,
) -> DbResult<()> {
    let (old_length, new_length) = (old.map(<[u8]>::len), new.map(<[u8]>::len));
    if old_length != new_length {
        if let Some(mark) = mark {
            undo::keep_length(db, mark, key, old_length)?;
        }
        write_length(db, key, new_length)?;
    }
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let (mut old_pages, mut new_pages) = (old.chunks(PAGE_BYTES), new.chunks(PAGE_BYTES));
    for page in 0.. {
        let (before, after) = (old_pages.next(), new_pages.next());
        if before.is_none() && after.is_none() {
            break;
        }
        if before != after {
            if let Some(mark) = mark {
                undo::keep_page(db, mark, key, page, before)?;
            }
            write_page(db, key, page, after)?;
        }
    }
    Ok(())
}

/// Writes or deletes the row of a record's length.
pub(super) fn write_length(db: &Connection, key: &[u8], length: Option<usize>) -> DbResult<()> {
    match length {
        Some(length) => {
            let length = i64::try_from(length).map_err(|_| DbError::Damaged)?;
            db.prepare_cached(
                "INSERT INTO mls_record (key, length) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET length = ?2",
            )?
            .execute((key, length))?
        }
        None => db.prepare_cached("DELETE FROM mls_record WHERE key = ?1")?.execute([key])?,
    };
    Ok(())
}

/// Writes or deletes a page.
pub(super) fn write_page(db: &Connection, key: &[u8], page: i64, bytes: Option<&[u8]>) -> DbResult<()> {
    match bytes {
        Some(bytes) => db
            .prepare_cached(
                "INSERT INTO mls_page (key, page, bytes) VALUES (?1, ?2, ?3)
                 ON CONFLICT (key, page) DO UPDATE SET bytes = ?3",
            )?
            .execute((key, page, bytes))?,
        None => {
            db.prepare_cached("DELETE FROM mls_page WHERE key = ?1 AND page = ?2")?.execute((key, page))?
        }
    };
    Ok(())
}

/// Deletes a record of which nothing is to be kept.
pub(super) fn remove(db: &Connection, key: &[u8]) -> DbResult<()> {
    db.prepare_cached("DELETE FROM mls_page WHERE key = ?1")?.execute([key])?;
    write_length(db, key, None)
}

/// Keys of the records that begin with a prefix.
pub(super) fn keys(db: &Connection, prefix: &[u8]) -> DbResult<BTreeSet<Vec<u8>>> {
    let mut statement = db.prepare_cached("SELECT key FROM mls_record WHERE key >= ?1 ORDER BY key")?;
    let mut rows = statement.query([prefix])?;
    let mut keys = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let key: Vec<u8> = row.get(0)?;
        if !key.starts_with(prefix) {
            break;
        }
        keys.insert(key);
    }
    Ok(keys)
}

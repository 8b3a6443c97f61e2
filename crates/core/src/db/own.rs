//! The account's own vault as this device has it, and what of it the server does not have yet.

use super::{DbResult, int, uint};
use rusqlite::{Connection, OptionalExtension as _, Row};
use std::fmt;
use zeroize::Zeroizing;

/// An entry. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OwnRow {
    pub(crate) name: String,
    /// The last version known to be on the server; 0 for none.
    pub(crate) version: u64,
    pub(crate) value: Zeroizing<Vec<u8>>,
    /// That version holds this value.
    pub(crate) sent: bool,
}

impl fmt::Debug for OwnRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnRow(..)")
    }
}

fn from_row(r: &Row<'_>) -> rusqlite::Result<OwnRow> {
    Ok(OwnRow {
        name: r.get(0)?,
        version: uint(r.get(1)?),
        value: Zeroizing::new(r.get(2)?),
        sent: r.get(3)?,
    })
}

/// One entry.
pub(crate) fn load(db: &Connection, name: &str) -> DbResult<Option<OwnRow>> {
    Ok(db
        .prepare_cached("SELECT name, version, value, sent FROM own_entry WHERE name = ?1")?
        .query_row([name], from_row)
        .optional()?)
}

/// All entries whose name begins like this, by name.
pub(crate) fn all(db: &Connection, prefix: &str) -> DbResult<Vec<OwnRow>> {
    let mut statement = db.prepare_cached(
        "SELECT name, version, value, sent FROM own_entry WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name",
    )?;
    Ok(statement.query_map([prefix], from_row)?.collect::<Result<_, _>>()?)
}

/// Writes one entry.
pub(crate) fn save(db: &Connection, row: &OwnRow) -> DbResult<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO own_entry (name, version, value, sent) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((&row.name, int(row.version), row.value.as_slice(), row.sent))?;
    Ok(())
}

/// The server has this value as the next version; the entry may hold another one by now.
pub(crate) fn acknowledged(db: &Connection, row: &OwnRow) -> DbResult<()> {
    db.prepare_cached("UPDATE own_entry SET version = ?2, sent = (value = ?3) WHERE name = ?1")?
        .execute((&row.name, int(row.version + 1), row.value.as_slice()))?;
    Ok(())
}

/// Some entries that the server does not have: first those of which it has an earlier version.
pub(crate) fn unsent(db: &Connection, limit: usize) -> DbResult<Vec<OwnRow>> {
    let mut statement = db.prepare_cached(
        "SELECT name, version, value, sent FROM own_entry WHERE NOT sent ORDER BY version = 0, name LIMIT ?1",
    )?;
    Ok(statement.query_map([int(limit as u64)], from_row)?.collect::<Result<_, _>>()?)
}

/// Is there something that the server does not have?
pub(crate) fn has_unsent(db: &Connection) -> DbResult<bool> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM own_entry WHERE NOT sent)")?
        .query_row([], |r| r.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_prints_nothing_of_its_value() {
        let value = Zeroizing::new(b"a key".to_vec());
        let row = OwnRow { name: "keys/abc".into(), version: 1, value, sent: false };
        assert_eq!(format!("{row:?}"), "OwnRow(..)");
    }
}

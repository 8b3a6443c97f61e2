//! The schema version of a store, and how older ones become the present one.

use super::OpenError;
use super::tables::Tables;
use crate::layout;
use crate::view::{Changes, Table, View};
use bytes::Bytes;

const KEY: &[u8] = b"schema";

/// Brings the tables from one version to the next. Runs again from the start if it is
/// interrupted, so it must bear that.
pub(super) type Migration = fn(&Tables) -> Result<(), OpenError>;

/// The migration at index 0 leads from version 1 to 2, and so on.
pub(super) const MIGRATIONS: &[Migration] = &[];

/// Brings the tables to the version that follows the last migration.
pub(super) fn migrate(tables: &Tables, migrations: &[Migration]) -> Result<(), OpenError> {
    let supported = migrations.len() as u64 + 1;
    let Some(found) = version(tables)? else {
        return set_version(tables, supported);
    };
    if found > supported {
        return Err(OpenError::Newer { found, supported });
    }
    for (from, migration) in (1..).zip(migrations).filter(|(from, _)| *from >= found) {
        tracing::info!(from, to = from + 1, "migrating the store");
        migration(tables)?;
        set_version(tables, from + 1)?;
    }
    Ok(())
}

/// `None` for a store without content.
fn version(tables: &Tables) -> Result<Option<u64>, OpenError> {
    let view = tables.view();
    if let Some(row) = view.get(Table::Meta, KEY)? {
        let [version] = layout::numbers(&row)?;
        return Ok(Some(version));
    }
    for table in Table::ALL {
        if view.range(table, &[], None).next().is_some() {
            return Err(OpenError::Damaged("the schema version is missing"));
        }
    }
    Ok(None)
}

fn set_version(tables: &Tables, version: u64) -> Result<(), OpenError> {
    let mut changes = Changes::default();
    let row = layout::encode_numbers([version]);
    changes.set(Table::Meta, Bytes::from_static(KEY), Some(row));
    Ok(tables.write(changes)?)
}

#[cfg(test)]
mod tests;

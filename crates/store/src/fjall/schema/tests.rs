//! Schema versions on a real database.

use super::{MIGRATIONS, migrate, set_version, version};
use crate::fjall::tables::Tables;
use crate::fjall::{FjallOptions, OpenError};
use crate::view::{Changes, Table, View};
use bytes::Bytes;

fn tables(directory: &tempfile::TempDir) -> Tables {
    Tables::open(&directory.path().join("db"), &FjallOptions::default()).unwrap()
}

fn mark(tables: &Tables, key: &'static [u8]) -> Result<(), OpenError> {
    let mut changes = Changes::default();
    changes.set(Table::Records, Bytes::from_static(key), Some(Bytes::new()));
    Ok(tables.write(changes)?)
}

fn is_marked(tables: &Tables, key: &[u8]) -> bool {
    tables.view().get(Table::Records, key).unwrap().is_some()
}

#[test]
fn a_new_store_has_the_present_version() {
    let directory = tempfile::tempdir().unwrap();
    let tables = tables(&directory);
    migrate(&tables, MIGRATIONS).unwrap();
    assert_eq!(version(&tables), Ok(Some(1)));
}

#[test]
fn an_old_store_runs_the_migrations_that_it_lacks_once() {
    let directory = tempfile::tempdir().unwrap();
    let tables = tables(&directory);
    set_version(&tables, 2).unwrap();
    migrate(&tables, &[|t| mark(t, b"1 to 2"), |t| mark(t, b"2 to 3")]).unwrap();
    assert_eq!(version(&tables), Ok(Some(3)));
    assert!(!is_marked(&tables, b"1 to 2"));
    assert!(is_marked(&tables, b"2 to 3"));
    let never = |_: &Tables| Err(OpenError::Damaged("ran again"));
    migrate(&tables, &[never, never]).unwrap();
}

#[test]
fn a_newer_store_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let tables = tables(&directory);
    set_version(&tables, 2).unwrap();
    let error = migrate(&tables, MIGRATIONS).unwrap_err();
    assert_eq!(error, OpenError::Newer { found: 2, supported: 1 });
}

#[test]
fn content_without_a_version_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let tables = tables(&directory);
    mark(&tables, b"content").unwrap();
    let error = migrate(&tables, MIGRATIONS).unwrap_err();
    assert_eq!(error, OpenError::Damaged("the schema version is missing"));
}

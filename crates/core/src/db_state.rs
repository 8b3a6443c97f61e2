//! MLS state over SQLite: the writes of a step stay in memory until [`StateOverlay::flush`], which writes the
//! pages that changed (docs/protocol.md §4.6; a message rewrites records of which it changes a few hundred bytes).
//!
//! It owns the tables `mls_*` and refuses to know what records hold, and when a transaction begins or ends:
//!
//! - A step: any number of reads and writes, [`StateOverlay::flush`], the host's `COMMIT`. After a `ROLLBACK` the
//!   overlay is worth nothing, since its cache holds what was flushed: the host begins again with a new one.
//! - Undo: from [`StateOverlay::begin_undo`] on, the previous version of each changed page of a scope (a prefix
//!   of keys) is kept until [`StateOverlay::rollback_to`] restores it or [`StateOverlay::forget_undo`] deletes
//!   it. What is kept are keys of a past epoch: forget them as soon as the protocol allows. `PRAGMA
//!   secure_delete` is the host's to set.

mod cache;
mod pages;
#[cfg(test)]
mod tests;
mod undo;

use crate::db::{DbError, DbResult};
use asterism_mls::provider::{StateStore, StateStoreError};
use cache::Cache;
use rusqlite::Connection;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::Rc,
};
use undo::Marks;
use zeroize::Zeroizing;

/// The tables, for the host's first migration.
pub(crate) const SCHEMA: &str = "
CREATE TABLE mls_record (key BLOB PRIMARY KEY, length INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE mls_page (key BLOB NOT NULL, page INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (key, page)) WITHOUT ROWID;
CREATE TABLE mls_undo_mark (scope BLOB NOT NULL, mark INTEGER NOT NULL, PRIMARY KEY (scope, mark)) WITHOUT ROWID;
CREATE TABLE mls_undo (scope BLOB NOT NULL, mark INTEGER NOT NULL, key BLOB NOT NULL, page INTEGER NOT NULL,
    bytes BLOB, PRIMARY KEY (scope, mark, key, page)) WITHOUT ROWID;
";

/// Records kept in memory between steps, keys included. Higher: trees of large groups are read from disk less
/// often; lower: less memory, which counts in the page. A 4,096-leaf tree is about 3 MB.
const CACHE_BYTES_MAX: usize = 16 << 20;

/// A record's bytes; wiped when dropped.
type Record = Zeroizing<Vec<u8>>;

/// See the module.
pub(crate) struct StateOverlay {
    db: Rc<Connection>,
    state: RefCell<State>,
    /// Reading failed for lack of room, which MLS does not pass on.
    met_full: Cell<bool>,
}

struct State {
    /// Written in this step and not flushed; `None` is a deletion.
    pending: BTreeMap<Vec<u8>, Option<Record>>,
    /// What the database holds, within the present transaction.
    cache: Cache,
    /// The newest mark of each scope, when it is known.
    marks: Option<Marks>,
}

impl StateOverlay {
    /// An overlay over a database that has [`SCHEMA`].
    pub(crate) fn new(db: Rc<Connection>) -> Self {
        Self::with_cache(db, CACHE_BYTES_MAX)
    }

    fn with_cache(db: Rc<Connection>, bytes_max: usize) -> Self {
        let state = State { pending: BTreeMap::new(), cache: Cache::new(bytes_max), marks: None };
        Self { db, state: RefCell::new(state), met_full: Cell::new(false) }
    }

    /// Has reading failed for lack of room?
    pub(crate) fn met_full(&self) -> bool {
        self.met_full.get()
    }

    /// Writes the step's changes into the host's transaction.
    pub(crate) fn flush(&self) -> DbResult<()> {
        let state = &mut *self.state.borrow_mut();
        if state.pending.is_empty() {
            return Ok(());
        }
        if state.marks.is_none() {
            state.marks = Some(Marks::load(&self.db)?);
        }
        for (key, new) in std::mem::take(&mut state.pending) {
            let mark = state.marks.as_ref().and_then(|marks| marks.of_key(&key));
            if new.is_none() && mark.is_none() {
                pages::remove(&self.db, &key)?;
            } else {
                let old = load(&self.db, &mut state.cache, &key)?.map(|record| record.as_slice());
                let new = new.as_ref().map(|record| record.as_slice());
                pages::replace(&self.db, &key, old, new, mark)?;
            }
            state.cache.put(&key, new);
        }
        Ok(())
    }

    /// Begins to keep, for [`StateOverlay::rollback_to`], what the records of `scope` are now. `mark` must be
    /// above the scope's earlier ones; scopes must not contain one another. Flushes.
    pub(crate) fn begin_undo(&self, scope: &[u8], mark: u64) -> DbResult<()> {
        self.flush()?;
        let state = &mut *self.state.borrow_mut();
        state.marks = None;
        undo::begin(&self.db, scope, mark)
    }

    /// Restores what the records of `scope` were at this mark, and deletes it and the later ones. Says whether
    /// there was such a mark; if not, nothing is changed. Writes to other records stay.
    pub(crate) fn rollback_to(&self, scope: &[u8], mark: u64) -> DbResult<bool> {
        let state = &mut *self.state.borrow_mut();
        if !undo::exists(&self.db, scope, mark)? {
            return Ok(false);
        }
        state.marks = None;
        state.pending.retain(|key, _| !key.starts_with(scope));
        state.cache.remove_prefix(scope);
        undo::rollback(&self.db, scope, mark)?;
        Ok(true)
    }

    /// Deletes a mark and what only it needs; nothing happens when there is none.
    pub(crate) fn forget_undo(&self, scope: &[u8], mark: u64) -> DbResult<()> {
        let state = &mut *self.state.borrow_mut();
        state.marks = None;
        undo::forget(&self.db, scope, mark)
    }

    /// Deletes all marks of a scope.
    pub(crate) fn forget_all_undo(&self, scope: &[u8]) -> DbResult<()> {
        let state = &mut *self.state.borrow_mut();
        state.marks = None;
        undo::forget_all(&self.db, scope)
    }

    /// Deletes all records whose key begins with `prefix`. Where undo is kept it can be undone.
    pub(crate) fn delete_prefix(&self, prefix: &[u8]) -> DbResult<()> {
        let state = &mut *self.state.borrow_mut();
        for key in self.keys(state, prefix)? {
            state.pending.insert(key, None);
        }
        Ok(())
    }

    /// Keys with a prefix that have a record, as this step sees it.
    fn keys(&self, state: &State, prefix: &[u8]) -> DbResult<Vec<Vec<u8>>> {
        let mut keys = pages::keys(&self.db, prefix)?;
        for (key, record) in state.pending.range(prefix.to_vec()..).take_while(|(k, _)| k.starts_with(prefix))
        {
            if record.is_some() {
                keys.insert(key.clone());
            } else {
                keys.remove(key);
            }
        }
        Ok(keys.into_iter().collect())
    }

    fn read_in<'a>(&self, state: &'a mut State, key: &[u8]) -> DbResult<Option<&'a Record>> {
        match state.pending.get(key) {
            Some(record) => Ok(record.as_ref()),
            None => load(&self.db, &mut state.cache, key),
        }
    }
}

/// A record as the database has it, by way of the cache.
fn load<'a>(db: &Connection, cache: &'a mut Cache, key: &[u8]) -> DbResult<Option<&'a Record>> {
    if !cache.contains(key) {
        cache.put(key, pages::load(db, key)?);
    }
    Ok(cache.get(key))
}

impl StateStore for StateOverlay {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateStoreError> {
        let state = &mut *self.state.borrow_mut();
        let record = self.read_in(state, key);
        if record.as_ref().is_err_and(DbError::is_full) {
            self.met_full.set(true);
        }
        Ok(record?.map(|record| record.to_vec()))
    }

    fn write(&self, key: &[u8], value: &[u8]) -> Result<(), StateStoreError> {
        let record = Zeroizing::new(value.to_vec());
        self.state.borrow_mut().pending.insert(key.to_vec(), Some(record));
        Ok(())
    }

    fn delete(&self, key: &[u8]) -> Result<(), StateStoreError> {
        self.state.borrow_mut().pending.insert(key.to_vec(), None);
        Ok(())
    }
}

impl From<DbError> for StateStoreError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Damaged => Self::Corrupt,
            DbError::Sqlite(error) => Self::Backend(Box::new(error)),
        }
    }
}

impl fmt::Debug for StateOverlay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateOverlay(..)")
    }
}

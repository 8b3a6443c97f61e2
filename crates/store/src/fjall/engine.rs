//! fjall as the committer's engine: the tables, the heads in memory, and the evidence (notes,
//! witness) by which the next open can tell that nothing acknowledged is missing.

use super::committer::{CommitError, Engine};
use super::error::io_error;
use super::head_cache::HeadCache;
use super::notes;
use super::tables::{Tables, TablesView};
use super::witness::Witness;
use crate::error::StoreError;
use crate::view::{Changes, Rows, Table, View};
use bytes::Bytes;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) struct FjallEngine {
    pub(super) tables: Arc<Tables>,
    pub(super) heads: HeadCache,
    pub(super) witness: Witness,
    /// Number of the last batch.
    pub(super) batches: u64,
    pub(super) directory: PathBuf,
    pub(super) free_bytes_min: u64,
}

impl FjallEngine {
    pub(super) fn tables(&self) -> &Arc<Tables> {
        &self.tables
    }

    /// Asked before each batch, since an engine that fails in the middle of a write is of no
    /// more use.
    fn check_space(&self, changes: &Changes) -> Result<(), StoreError> {
        let stat = rustix::fs::statvfs(&self.directory).map_err(|error| io_error(&error.into()))?;
        let free_bytes = stat.f_bavail.saturating_mul(stat.f_frsize);
        if free_bytes < self.free_bytes_min.saturating_add(changes.bytes()) {
            Err(StoreError::Full)
        } else {
            Ok(())
        }
    }
}

impl Engine for FjallEngine {
    type View<'a> = EngineView<'a>;

    fn view(&self) -> EngineView<'_> {
        EngineView { tables: self.tables.view(), heads: &self.heads }
    }

    fn commit(&mut self, mut changes: Changes) -> Result<(), CommitError> {
        self.check_space(&changes).map_err(CommitError::Refused)?;
        let number = self.batches + 1;
        notes::add(&mut changes, number);
        let heads = changes.table(Table::Heads).clone();
        self.tables.write(changes).map_err(CommitError::Failed)?;
        self.batches = number;
        self.heads.update(heads);
        self.witness.acknowledge(number);
        Ok(())
    }
}

impl Drop for FjallEngine {
    fn drop(&mut self) {
        self.witness.sync();
    }
}

/// The tables, with heads from memory.
pub(super) struct EngineView<'a> {
    tables: TablesView<'a>,
    heads: &'a HeadCache,
}

impl View for EngineView<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        match table {
            Table::Heads => self.heads.get(&self.tables, key),
            _ => self.tables.get(table, key),
        }
    }

    fn range(&self, table: Table, from: &[u8], to: Option<&[u8]>) -> Rows<'_> {
        self.tables.range(table, from, to)
    }
}

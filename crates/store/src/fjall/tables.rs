//! The five tables as fjall keyspaces of one database.

use super::error::store_error;
use super::{FjallOptions, OpenError};
use crate::error::StoreError;
use crate::view::{Changes, Rows, Table, View};
use bytes::Bytes;
use fjall::config::CompressionPolicy;
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode, Readable,
    Slice, Snapshot,
};
use std::path::Path;

pub(super) struct Tables {
    database: Database,
    keyspaces: [Keyspace; Table::ALL.len()],
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tables")
    }
}

impl Tables {
    pub(super) fn open(path: &Path, options: &FjallOptions) -> Result<Self, OpenError> {
        let (journal, blocks) = if options.compression {
            let cold = [CompressionType::None, CompressionType::None, CompressionType::Lz4];
            (CompressionType::Lz4, CompressionPolicy::new(cold))
        } else {
            (CompressionType::None, CompressionPolicy::disabled())
        };
        let database = Database::builder(path)
            .cache_size(options.cache_bytes)
            .journal_compression(journal)
            .manual_journal_persist(true)
            .open()?;
        let keyspace = |table| {
            let options = KeyspaceCreateOptions::default();
            database.keyspace(keyspace_name(table), || {
                options.data_block_compression_policy(blocks.clone()).manual_journal_persist(true)
            })
        };
        let [log, heads, idempotency, records, meta] = Table::ALL.map(keyspace);
        let keyspaces = [log?, heads?, idempotency?, records?, meta?];
        Ok(Self { database, keyspaces })
    }

    pub(super) fn view(&self) -> TablesView<'_> {
        TablesView { snapshot: self.database.snapshot(), tables: self }
    }

    /// Writes the changes as one journal batch and waits for the disk to have it.
    pub(super) fn write(&self, changes: Changes) -> Result<(), StoreError> {
        let mut batch = OwnedWriteBatch::with_capacity(self.database.clone(), changes.len())
            .durability(Some(PersistMode::SyncData));
        for (table, key, value) in changes.into_rows() {
            let keyspace = self.keyspace(table);
            match value {
                // Copied: the memory table lives longer than the buffer that a small entry may
                // be a part of.
                Some(value) => batch.insert(keyspace, key, Slice::new(&value)),
                None => batch.remove(keyspace, key),
            }
        }
        batch.commit().map_err(|error| {
            tracing::error!(?error, "the engine could not write");
            store_error(&error)
        })
    }

    fn keyspace(&self, table: Table) -> &Keyspace {
        &self.keyspaces[table as usize]
    }
}

/// Part of the format on disk.
fn keyspace_name(table: Table) -> &'static str {
    match table {
        Table::Log => "log",
        Table::Heads => "heads",
        Table::Idempotency => "idempotency",
        Table::Records => "records",
        Table::Meta => "meta",
    }
}

/// A snapshot of all tables.
pub(super) struct TablesView<'a> {
    snapshot: Snapshot,
    tables: &'a Tables,
}

impl View for TablesView<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let row = self.snapshot.get(self.tables.keyspace(table), key);
        Ok(row.map_err(|error| unreadable(&error))?.map(Bytes::from))
    }

    fn range(&self, table: Table, from: &[u8], to: Option<&[u8]>) -> Rows<'_> {
        let keyspace = self.tables.keyspace(table);
        let rows = match to {
            Some(to) if to <= from => return Box::new(std::iter::empty()),
            Some(to) => self.snapshot.range(keyspace, from..to),
            None => self.snapshot.range(keyspace, from..),
        };
        Box::new(rows.map(|row| {
            let (key, value) = row.into_inner().map_err(|error| unreadable(&error))?;
            Ok((key.into(), value.into()))
        }))
    }
}

fn unreadable(error: &fjall::Error) -> StoreError {
    tracing::error!(?error, "the engine could not read");
    store_error(error)
}

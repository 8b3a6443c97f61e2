//! The side records of one append, and what it takes to undo them (docs/protocol.md §4.6).

use super::records::UndoRecord;
use asterism_store::{AnyStore, Key, Store as _, StoreError, Version, Write};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Collects writes. What a void undoes is apart from what lasts.
#[derive(Debug, Default)]
pub(super) struct Batch {
    undoable: BTreeMap<Key, (Version, Option<Bytes>)>,
    lasting: Vec<Write>,
}

impl Batch {
    /// Writes a record.
    pub(super) fn put(&mut self, key: Key, value: Bytes) {
        self.undoable.insert(key, (Version::Any, Some(value)));
    }

    /// Writes a record that must be as expected.
    pub(super) fn put_if(&mut self, key: Key, expect: Version, value: Bytes) {
        self.undoable.insert(key, (expect, Some(value)));
    }

    /// Deletes a record.
    pub(super) fn delete(&mut self, key: Key) {
        self.undoable.insert(key, (Version::Any, None));
    }

    /// A write that a void does not undo.
    pub(super) fn last(&mut self, key: Key, expect: Version, value: Option<Bytes>) {
        self.lasting.push(Write { key, expect, value });
    }

    /// The records as they are now. Exact only while no append of the conversation is on its way.
    pub(super) async fn undo(&self, store: &AnyStore) -> Result<Vec<UndoRecord>, StoreError> {
        let keys: Vec<Key> = self.undoable.keys().cloned().collect();
        let found = store.get(&keys).await?;
        let undo = |(key, found): (Key, Option<asterism_store::Versioned>)| UndoRecord {
            key: key.0,
            value: found.map(|record| record.value),
        };
        Ok(keys.into_iter().zip(found).map(undo).collect())
    }

    /// The writes of the append.
    pub(super) fn into_writes(self) -> Vec<Write> {
        let undoable = self.undoable.into_iter().map(|(key, (expect, value))| Write { key, expect, value });
        undoable.chain(self.lasting).collect()
    }
}

/// The writes that undo.
pub(super) fn restore(records: BTreeMap<Key, Option<Bytes>>) -> impl Iterator<Item = Write> {
    records.into_iter().map(|(key, value)| Write { key, expect: Version::Any, value })
}

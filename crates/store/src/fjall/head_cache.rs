//! Heads of streams in the committer's memory. A stream's first touch also checks its head
//! against the log, so that nothing is ever appended to a stream that is not whole at its end.

use crate::error::StoreError;
use crate::layout::{self, StoredHead};
use crate::limits::HEAD_CACHE_MAX;
use crate::types::StreamId;
use crate::view::{Table, View};
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// Rows of the table of heads by key; `None` for streams that have none.
#[derive(Debug, Default)]
pub(super) struct HeadCache(RefCell<HashMap<Bytes, Option<Bytes>>>);

impl HeadCache {
    pub(super) fn get(&self, tables: &impl View, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        if let Some(row) = self.0.borrow().get(key) {
            return Ok(row.clone());
        }
        let row = tables.get(Table::Heads, key)?;
        let stored = row.as_deref().map_or(Ok(StoredHead::default()), layout::decode_head)?;
        let stream = StreamId(key.try_into().map_err(|_| StoreError::Corrupt)?);
        check_end(tables, stream, &stored)?;
        self.insert(Bytes::copy_from_slice(key), row.clone());
        Ok(row)
    }

    /// Takes over what a commit changed.
    pub(super) fn update(&self, changed: BTreeMap<Bytes, Option<Bytes>>) {
        changed.into_iter().for_each(|(key, row)| self.insert(key, row));
    }

    fn insert(&self, key: Bytes, row: Option<Bytes>) {
        let mut heads = self.0.borrow_mut();
        if heads.len() >= HEAD_CACHE_MAX {
            heads.clear();
        }
        heads.insert(key, row);
    }
}

/// The entry that the head names is there unless it was trimmed, and no entry is after it.
fn check_end(tables: &impl View, stream: StreamId, stored: &StoredHead) -> Result<(), StoreError> {
    let head = stored.head;
    let has = |seq| Ok(tables.get(Table::Log, &layout::log_key(stream, seq))?.is_some());
    let last_missing = head.seq >= head.floor && !has(head.seq)?;
    if last_missing || has(head.seq.saturating_add(1))? {
        tracing::error!(?stream, "a stream's end is damaged");
        return Err(StoreError::Corrupt);
    }
    Ok(())
}

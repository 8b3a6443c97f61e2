//! Answers reads from one consistent view.

use crate::error::StoreError;
use crate::evaluate::stored_head;
use crate::layout;
use crate::types::{Head, Key, Page, StreamId, Versioned};
use crate::view::{Table, View, prefix_end};

/// A page of entries. Also the check that a stream has no gap: entries that the head promises
/// and the log lacks are [`StoreError::Corrupt`].
pub(crate) fn read(
    view: &impl View,
    stream: StreamId,
    from: u64,
    max_items: usize,
    max_bytes: usize,
) -> Result<Page, StoreError> {
    let head = stored_head(view, stream)?.head;
    let mut entries = Vec::new();
    let first = from.max(head.floor);
    if first > head.seq {
        return Ok(Page { entries, head });
    }
    let mut bytes = 0;
    let start = layout::log_key(stream, first);
    let end = layout::log_key(stream, head.seq.saturating_add(1));
    let mut rows = view.range(Table::Log, &start, Some(&end));
    for seq in (first..=head.seq).take(max_items.max(1)) {
        let (key, entry) = rows.next().ok_or(StoreError::Corrupt)??;
        if layout::log_seq(&key)?.1 != seq {
            return Err(StoreError::Corrupt);
        }
        bytes += entry.len();
        if bytes > max_bytes && !entries.is_empty() {
            break;
        }
        entries.push((seq, entry));
    }
    Ok(Page { entries, head })
}

pub(crate) fn heads(view: &impl View, streams: &[StreamId]) -> Result<Vec<Head>, StoreError> {
    streams.iter().map(|&stream| Ok(stored_head(view, stream)?.head)).collect()
}

pub(crate) fn get(view: &impl View, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
    let record = |key: &Key| {
        let row = view.get(Table::Records, key.as_bytes())?;
        row.as_ref().map(layout::decode_record).transpose()
    };
    keys.iter().map(record).collect()
}

pub(crate) fn scan(
    view: &impl View,
    prefix: &Key,
    after: Option<&Key>,
    limit: usize,
) -> Result<Vec<(Key, Versioned)>, StoreError> {
    let end = prefix_end(prefix.as_bytes());
    let from = match after {
        // The next key after `after` is itself and a zero byte.
        Some(after) if after >= prefix => after.push(&[0]),
        _ => prefix.clone(),
    };
    let rows = view.range(Table::Records, from.as_bytes(), end.as_deref());
    rows.take(limit)
        .map(|row| {
            let (key, value) = row?;
            Ok((Key(key), layout::decode_record(&value)?))
        })
        .collect()
}

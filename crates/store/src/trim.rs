//! Trimming: the floor rises at once, rows go in bounded steps.

use crate::error::StoreError;
use crate::evaluate::stored_head;
use crate::layout;
use crate::limits::TRIM_STEP_MAX;
use crate::overlay::Overlay;
use crate::types::StreamId;
use crate::view::{Table, View};
use bytes::Bytes;

/// Raises the floor to `below` and deletes the next rows under it. Whether all are gone.
pub(crate) fn step(batch: &mut Overlay<impl View>, stream: StreamId, below: u64) -> Result<bool, StoreError> {
    let mut stored = stored_head(batch, stream)?;
    let before = stored;
    let head = &mut stored.head;
    head.floor = below.min(head.seq + 1).max(head.floor);

    // Numbering has no gaps, so that rows can be deleted without being looked for.
    let swept = stored.swept;
    let sweep_to = head.floor.min(swept + TRIM_STEP_MAX);
    for seq in swept..sweep_to {
        batch.delete(Table::Log, layout::log_key(stream, seq).to_vec());
    }
    forget_keys(batch, stream, swept, sweep_to)?;
    let done = sweep_to == head.floor;
    stored.swept = sweep_to;
    if stored != before {
        batch.put(Table::Heads, stream.0.to_vec(), layout::encode_head(&stored));
    }
    Ok(done)
}

/// Forgets the idempotency keys of appends whose last entry is below `sweep_to`.
fn forget_keys(
    batch: &mut Overlay<impl View>,
    stream: StreamId,
    swept: u64,
    sweep_to: u64,
) -> Result<(), StoreError> {
    // Everything below `swept` is forgotten already, but for appends without entries: they stand
    // at the stream's head, which may be `swept - 1`.
    let from = layout::idempotency_range(stream, swept - 1, 0);
    let to = layout::idempotency_range(stream, sweep_to, 0);
    let rows: Vec<(Bytes, Bytes)> =
        batch.range(Table::Idempotency, &from, Some(&to)).collect::<Result<_, _>>()?;
    for (range, keys) in rows {
        for key in layout::decode_keys(&keys)? {
            batch.delete(Table::Idempotency, layout::idempotency_key(stream, key));
        }
        batch.delete(Table::Idempotency, range);
    }
    Ok(())
}

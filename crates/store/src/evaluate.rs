//! Decides calls: checks their conditions against the batch so far and adds their changes to it.
//! The only place where the semantics of mutating calls live; see also `trim`.

use crate::error::{AppendError, StoreError, WriteError};
use crate::layout::{self, StoredHead};
use crate::overlay::Overlay;
use crate::types::{Append, Appended, Fence, Head, IdempotencyKey, Key, StreamId, Version, Versioned, Write};
use crate::view::{Table, View, prefix_end};
use bytes::Bytes;
use std::collections::HashMap;

pub(crate) fn append(batch: &mut Overlay<impl View>, append: Append) -> Result<Appended, AppendError> {
    let mut stored = stored_head(batch, append.stream)?;
    check_append(batch, &append, &stored.head)?;

    let first_seq = stored.head.seq + 1;
    for (seq, entry) in (first_seq..).zip(append.entries) {
        batch.put(Table::Log, layout::log_key(append.stream, seq).to_vec(), entry);
        stored.head.seq = seq;
    }
    let last_seq = stored.head.seq;
    stored.head.epoch = append.set_epoch.unwrap_or(stored.head.epoch);
    batch.put(Table::Heads, append.stream.0.to_vec(), layout::encode_head(&stored));
    remember(batch, append.stream, &append.idempotency, first_seq, last_seq)?;
    apply_writes(batch, append.writes)?;
    Ok(Appended { first_seq, last_seq })
}

fn check_append(batch: &Overlay<impl View>, append: &Append, head: &Head) -> Result<(), AppendError> {
    check_fence(batch, &append.fence)?;
    for &key in &append.idempotency {
        let row = batch.get(Table::Idempotency, &layout::idempotency_key(append.stream, key))?;
        if let Some(row) = row {
            let (first_seq, last_seq) = layout::decode_range(&row)?;
            return Err(AppendError::AlreadyDone { key, first_seq, last_seq });
        }
    }
    if !append.expect.holds(head) {
        return Err(AppendError::Conflict { head: *head });
    }
    check_writes(batch, &append.writes).map_err(|error| match error {
        WriteError::Conflict { key } => AppendError::WriteConflict { key },
        WriteError::Store(error) => AppendError::Store(error),
    })
}

fn check_fence(batch: &Overlay<impl View>, fence: &Fence) -> Result<(), AppendError> {
    let Some(name) = &fence.lease else { return Ok(()) };
    let row = batch.get(Table::Meta, &layout::lease_key(name))?;
    let [token, _owner, _expires_ms] = row.map_or(Ok([0; 3]), |row| layout::numbers(&row))?;
    if token == fence.token { Ok(()) } else { Err(AppendError::Fenced) }
}

/// Notes the keys of an append under themselves, for later appends, and together under its
/// range, for the trim that forgets them.
fn remember(
    batch: &mut Overlay<impl View>,
    stream: StreamId,
    keys: &[IdempotencyKey],
    first_seq: u64,
    last_seq: u64,
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    for &key in keys {
        let row = layout::encode_range(first_seq, last_seq);
        batch.put(Table::Idempotency, layout::idempotency_key(stream, key), row);
    }
    // Appends without entries share their range with others.
    let range = layout::idempotency_range(stream, last_seq, first_seq);
    let mut all = batch.get(Table::Idempotency, &range)?.unwrap_or_default().to_vec();
    all.extend(keys.iter().flat_map(|key| key.0));
    batch.put(Table::Idempotency, range, all);
    Ok(())
}

pub(crate) fn write(batch: &mut Overlay<impl View>, writes: Vec<Write>) -> Result<(), WriteError> {
    check_writes(batch, &writes)?;
    apply_writes(batch, writes)?;
    Ok(())
}

/// Checks every condition before anything is changed. A key's later writes see its earlier ones.
fn check_writes(batch: &Overlay<impl View>, writes: &[Write]) -> Result<(), WriteError> {
    let mut versions: HashMap<&Key, u64> = HashMap::new();
    for write in writes {
        let version = match versions.get(&write.key) {
            Some(&version) => version,
            None => version_of(batch, &write.key)?,
        };
        let holds = match write.expect {
            Version::Any => true,
            Version::Absent => version == 0,
            Version::Is(expected) => version == expected && version != 0,
        };
        if !holds {
            return Err(WriteError::Conflict { key: write.key.clone() });
        }
        let next = if write.value.is_some() { version + 1 } else { 0 };
        versions.insert(&write.key, next);
    }
    Ok(())
}

fn apply_writes(batch: &mut Overlay<impl View>, writes: Vec<Write>) -> Result<(), StoreError> {
    for write in writes {
        let version = version_of(batch, &write.key)? + 1;
        match write.value {
            Some(value) => {
                batch.put(Table::Records, write.key.0, layout::encode_record(version, &value));
            }
            None if version > 1 => batch.delete(Table::Records, write.key.0),
            None => {}
        }
    }
    Ok(())
}

/// 0 for a record that does not exist.
fn version_of(batch: &Overlay<impl View>, key: &Key) -> Result<u64, StoreError> {
    let row = batch.get(Table::Records, key.as_bytes())?;
    row.map_or(Ok(0), |row| Ok(layout::decode_record(&row)?.version))
}

pub(crate) fn take_one(
    batch: &mut Overlay<impl View>,
    prefix: &Key,
) -> Result<Option<(Key, Bytes)>, StoreError> {
    let end = prefix_end(prefix.as_bytes());
    let first = batch.range(Table::Records, prefix.as_bytes(), end.as_deref()).next();
    let Some((key, row)) = first.transpose()? else { return Ok(None) };
    let Versioned { value, .. } = layout::decode_record(&row)?;
    batch.delete(Table::Records, key.clone());
    Ok(Some((Key(key), value)))
}

pub(crate) fn lease(
    batch: &mut Overlay<impl View>,
    name: &Key,
    owner: u64,
    now_ms: u64,
    ttl_ms: u64,
) -> Result<Option<Fence>, StoreError> {
    let key = layout::lease_key(name);
    let row = batch.get(Table::Meta, &key)?;
    let [token, holder, expires_ms] = row.map_or(Ok([0; 3]), |row| layout::numbers(&row))?;
    let held = token != 0;
    if held && holder != owner && now_ms < expires_ms {
        return Ok(None);
    }
    let token = if held && holder == owner { token } else { token + 1 };
    let row = layout::encode_numbers([token, owner, now_ms.saturating_add(ttl_ms)]);
    batch.put(Table::Meta, key, row);
    Ok(Some(Fence { lease: Some(name.clone()), token }))
}

pub(crate) fn stored_head(view: &impl View, stream: StreamId) -> Result<StoredHead, StoreError> {
    let row = view.get(Table::Heads, &stream.0)?;
    row.map_or(Ok(StoredHead::default()), |row| layout::decode_head(&row))
}

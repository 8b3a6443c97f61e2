//! Notes: each batch carries its own number and the ranges it appended, in a ring of rows. They
//! are the evidence of the check at open.
//!
//! What the check proves: the last [`NOTED_BATCHES`] batches are all there, and every entry they
//! appended is there or trimmed (up to [`OPEN_CHECK_ENTRIES_MAX`] entries, newest first). That
//! no *later* batch is missing is the witness's part: the engine takes a damaged batch in the
//! middle of its journal for the torn end of it and drops all that follow (fjall#311), which
//! leaves a state without contradictions.

use super::OpenError;
use crate::error::StoreError;
use crate::layout;
use crate::limits::{NOTED_BATCHES, OPEN_CHECK_ENTRIES_MAX};
use crate::types::StreamId;
use crate::view::{Changes, Table, View, prefix_end};
use bytes::Bytes;

const PREFIX: &[u8] = b"batch/";

/// Entries of one stream that one batch appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    stream: StreamId,
    first_seq: u64,
    last_seq: u64,
}

/// Adds the note of batch `number` to its changes.
pub(super) fn add(changes: &mut Changes, number: u64) {
    let mut note = number.to_be_bytes().to_vec();
    for run in runs(changes) {
        note.extend_from_slice(&run.stream.0);
        note.extend_from_slice(&run.first_seq.to_be_bytes());
        note.extend_from_slice(&run.last_seq.to_be_bytes());
    }
    let key = [PREFIX, &(number % NOTED_BATCHES).to_be_bytes()].concat();
    changes.set(Table::Meta, key.into(), Some(note.into()));
}

/// The log's rows are sorted, and a stream's numbers in a batch have no gaps.
fn runs(changes: &Changes) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (key, value) in changes.table(Table::Log) {
        let (stream, seq) = layout::log_seq(key).expect("made by this crate");
        if value.is_none() {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.stream == stream => run.last_seq = seq,
            _ => runs.push(Run { stream, first_seq: seq, last_seq: seq }),
        }
    }
    runs
}

/// Checks the noted batches and returns the number of the last one.
pub(super) fn check(view: &impl View) -> Result<u64, OpenError> {
    let mut notes = Vec::new();
    for row in view.range(Table::Meta, PREFIX, prefix_end(PREFIX).as_deref()) {
        notes.push(decode(&row?.1)?);
    }
    notes.sort_by_key(|note| std::cmp::Reverse(note.0));
    let last = notes.first().map_or(0, |note| note.0);
    let numbers = notes.iter().map(|note| note.0);
    if !numbers.eq((1..=last).rev().take(notes.len())) || (notes.len() as u64) < last.min(NOTED_BATCHES) {
        return Err(OpenError::Damaged("a batch is missing among the last ones"));
    }
    let mut left = OPEN_CHECK_ENTRIES_MAX;
    for run in notes.iter().flat_map(|note| &note.1) {
        let length = run.last_seq - run.first_seq + 1;
        if length > left {
            break;
        }
        left -= length;
        check_run(view, run)?;
    }
    Ok(last)
}

fn check_run(view: &impl View, run: &Run) -> Result<(), OpenError> {
    let row = view.get(Table::Heads, &run.stream.0)?;
    let stored = row.as_deref().map(layout::decode_head).transpose()?;
    let Some(stored) = stored.filter(|stored| stored.head.seq >= run.last_seq) else {
        return Err(OpenError::Damaged("a stream's head is behind its entries"));
    };
    let first_seq = run.first_seq.max(stored.head.floor);
    if first_seq > run.last_seq {
        return Ok(());
    }
    let from = layout::log_key(run.stream, first_seq);
    let to = layout::log_key(run.stream, run.last_seq.saturating_add(1));
    let mut found = 0;
    for row in view.range(Table::Log, &from, Some(&to)) {
        row?;
        found += 1;
    }
    if found == run.last_seq - first_seq + 1 {
        Ok(())
    } else {
        Err(OpenError::Damaged("a stream lacks entries"))
    }
}

fn decode(note: &Bytes) -> Result<(u64, Vec<Run>), StoreError> {
    let (number, runs) = note.split_first_chunk::<8>().ok_or(StoreError::Corrupt)?;
    let (runs, []) = runs.as_chunks::<32>() else { return Err(StoreError::Corrupt) };
    let run = |run: &[u8; 32]| {
        let (stream, range) = run.split_first_chunk::<16>().ok_or(StoreError::Corrupt)?;
        let (first_seq, last_seq) = layout::decode_range(range)?;
        if first_seq > last_seq {
            return Err(StoreError::Corrupt);
        }
        Ok(Run { stream: StreamId(*stream), first_seq, last_seq })
    };
    let runs = runs.iter().map(run).collect::<Result<_, _>>()?;
    Ok((u64::from_be_bytes(*number), runs))
}

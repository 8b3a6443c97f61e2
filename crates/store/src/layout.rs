//! How streams, records and leases become rows. All numbers are big-endian, so that keys sort as
//! the numbers do. Changing anything here needs a new schema version and a migration.
//!
//! | table | key | value |
//! |---|---|---|
//! | log | stream, seq | entry |
//! | heads | stream | seq, epoch, floor, swept |
//! | idempotency | stream, `k`, idempotency key | first seq, last seq |
//! | idempotency | stream, `r`, last seq, first seq | the idempotency keys of that append |
//! | records | key | version, value |
//! | meta | `lease/`, name | token, owner, expiry in ms |

use crate::error::StoreError;
use crate::types::{Head, IdempotencyKey, Key, StreamId, Versioned};
use bytes::Bytes;

/// A head with what only the store needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredHead {
    pub(crate) head: Head,
    /// Entries below this number are gone from the disk; at most `floor`, less while a trim has
    /// more to do.
    pub(crate) swept: u64,
}

impl Default for StoredHead {
    fn default() -> Self {
        Self { head: Head::default(), swept: 1 }
    }
}

pub(crate) fn log_key(stream: StreamId, seq: u64) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(&stream.0);
    key[16..].copy_from_slice(&seq.to_be_bytes());
    key
}

pub(crate) fn log_seq(key: &[u8]) -> Result<(StreamId, u64), StoreError> {
    let (stream, seq) = key.split_first_chunk::<16>().ok_or(StoreError::Corrupt)?;
    let [seq] = numbers(seq)?;
    Ok((StreamId(*stream), seq))
}

pub(crate) fn encode_head(stored: &StoredHead) -> Bytes {
    let StoredHead { head, swept } = stored;
    encode_numbers([head.seq, head.epoch, head.floor, *swept])
}

pub(crate) fn decode_head(row: &[u8]) -> Result<StoredHead, StoreError> {
    let [seq, epoch, floor, swept] = numbers(row)?;
    Ok(StoredHead { head: Head { seq, epoch, floor }, swept })
}

pub(crate) fn idempotency_key(stream: StreamId, key: IdempotencyKey) -> Bytes {
    [stream.0.as_slice(), b"k", &key.0].concat().into()
}

pub(crate) fn idempotency_range(stream: StreamId, last_seq: u64, first_seq: u64) -> Bytes {
    [stream.0.as_slice(), b"r", &last_seq.to_be_bytes(), &first_seq.to_be_bytes()].concat().into()
}

pub(crate) fn encode_range(first_seq: u64, last_seq: u64) -> Bytes {
    encode_numbers([first_seq, last_seq])
}

pub(crate) fn decode_range(row: &[u8]) -> Result<(u64, u64), StoreError> {
    let [first_seq, last_seq] = numbers(row)?;
    Ok((first_seq, last_seq))
}

pub(crate) fn decode_keys(row: &[u8]) -> Result<impl Iterator<Item = IdempotencyKey> + use<'_>, StoreError> {
    let (keys, []) = row.as_chunks::<16>() else { return Err(StoreError::Corrupt) };
    Ok(keys.iter().copied().map(IdempotencyKey))
}

pub(crate) fn encode_record(version: u64, value: &[u8]) -> Bytes {
    [version.to_be_bytes().as_slice(), value].concat().into()
}

pub(crate) fn decode_record(row: &Bytes) -> Result<Versioned, StoreError> {
    let version = row.first_chunk().ok_or(StoreError::Corrupt)?;
    Ok(Versioned { version: u64::from_be_bytes(*version), value: row.slice(8..) })
}

pub(crate) fn lease_key(name: &Key) -> Bytes {
    [b"lease/".as_slice(), name.as_bytes()].concat().into()
}

/// Rows made of numbers only.
pub(crate) fn encode_numbers<const N: usize>(numbers: [u64; N]) -> Bytes {
    numbers.map(u64::to_be_bytes).concat().into()
}

/// The inverse of [`encode_numbers`].
pub(crate) fn numbers<const N: usize>(row: &[u8]) -> Result<[u64; N], StoreError> {
    let (chunks, []) = row.as_chunks::<8>() else { return Err(StoreError::Corrupt) };
    let chunks: [[u8; 8]; N] = chunks.try_into().map_err(|_| StoreError::Corrupt)?;
    Ok(chunks.map(u64::from_be_bytes))
}

//! Stores whose rows were damaged behind their back.

use super::DATABASE;
use crate::fjall::tables::Tables;
use crate::fjall::{FjallOptions, FjallStore, OpenError};
use crate::limits::NOTED_BATCHES;
use crate::view::{Changes, Table};
use crate::{Append, AppendError, Store as _, StoreError, StreamId, layout};
use bytes::Bytes;
use tempfile::TempDir;

const STREAM: StreamId = StreamId([3; 16]);

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test)
}

fn open(directory: &TempDir) -> Result<FjallStore, OpenError> {
    FjallStore::open(directory.path(), &FjallOptions::default())
}

async fn append(store: &FjallStore) -> Result<u64, AppendError> {
    let append = Append::new(STREAM, vec![Bytes::from_static(b"entry")]);
    store.append(append).await.map(|appended| appended.last_seq)
}

/// A store whose stream got one entry in each of so many batches, with one row set or deleted
/// by hand.
async fn damaged(batches: u64, table: Table, key: &[u8], value: Option<&'static [u8]>) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory).unwrap();
    for _ in 0..batches {
        append(&store).await.unwrap();
    }
    store.close().await;
    let path = directory.path().join(DATABASE);
    let tables = Tables::open(&path, &FjallOptions::default()).unwrap();
    let mut changes = Changes::default();
    let value = value.map(Bytes::from_static);
    changes.set(table, Bytes::copy_from_slice(key), value);
    tables.write(changes).unwrap();
    directory
}

fn entry(seq: u64) -> [u8; 24] {
    layout::log_key(STREAM, seq)
}

#[test]
fn a_missing_entry_among_the_last_is_noticed_at_open() {
    run(async {
        for seq in [1, 2, 3] {
            let directory = damaged(3, Table::Log, &entry(seq), None).await;
            let error = open(&directory).unwrap_err();
            assert_eq!(error, OpenError::Damaged("a stream lacks entries"));
        }
    });
}

#[test]
fn a_missing_head_is_noticed_at_open() {
    run(async {
        let directory = damaged(1, Table::Heads, &STREAM.0, None).await;
        let error = open(&directory).unwrap_err();
        assert_eq!(error, OpenError::Damaged("a stream's head is behind its entries"));
    });
}

#[test]
fn a_missing_batch_among_the_last_is_noticed_at_open() {
    run(async {
        for number in [1_u64, 2, 3] {
            let key = [b"batch/".as_slice(), &number.to_be_bytes()].concat();
            let directory = damaged(3, Table::Meta, &key, None).await;
            let error = open(&directory).unwrap_err();
            // Without the last batch's note, the witness is the one to tell.
            let lost = OpenError::LostBatches { acknowledged: 3, found: 2 };
            let missing = OpenError::Damaged("a batch is missing among the last ones");
            assert_eq!(error, if number == 3 { lost } else { missing });
        }
    });
}

#[test]
fn an_older_missing_entry_is_noticed_when_it_is_read() {
    run(async {
        let directory = damaged(NOTED_BATCHES + 2, Table::Log, &entry(2), None).await;
        let store = open(&directory).unwrap();
        for max_items in [2, 99] {
            let page = store.read(STREAM, 1, max_items, 9_999).await;
            assert_eq!(page, Err(StoreError::Corrupt));
        }
        assert_eq!(store.read(STREAM, 1, 1, 9_999).await.unwrap().entries.len(), 1);
        assert_eq!(append(&store).await, Ok(NOTED_BATCHES + 3));
    });
}

#[test]
fn nothing_is_appended_where_an_entry_stands_after_the_head() {
    run(async {
        let directory = damaged(2, Table::Log, &entry(3), Some(b"stray")).await;
        let store = open(&directory).unwrap();
        for _ in 0..2 {
            assert_eq!(append(&store).await, Err(AppendError::Store(StoreError::Corrupt)));
        }
        let other = Append::new(StreamId([4; 16]), vec![Bytes::new()]);
        assert!(store.append(other).await.is_ok());
    });
}

#[test]
fn trimmed_entries_are_not_missed() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory).unwrap();
        for _ in 0..5 {
            append(&store).await.unwrap();
        }
        store.trim(STREAM, 4).await.unwrap();
        store.close().await;
        let store = open(&directory).unwrap();
        store.trim(STREAM, 6).await.unwrap();
        store.close().await;
        assert_eq!(append(&open(&directory).unwrap()).await, Ok(6));
    });
}

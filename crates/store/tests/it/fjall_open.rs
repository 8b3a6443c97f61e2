//! What is particular to the store on disk: its lock, its evidence, its answer to a full disk.

use crate::bed::{append, log, run, stream};
use asterism_store::{AnyStore, AppendError, FjallOptions, FjallStore, OpenError, StoreError, StreamId};
use std::fs;
use std::path::{Path, PathBuf};

const A: StreamId = stream(1);

fn open(directory: &Path) -> Result<AnyStore, OpenError> {
    FjallStore::open(directory, &FjallOptions::default()).map(Into::into)
}

fn open_error(directory: &Path) -> OpenError {
    open(directory).err().unwrap()
}

/// A store of so many batches, closed.
async fn store_of(batches: usize) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    for _ in 0..batches {
        append(&store, A, &["entry entry entry"]).await.unwrap();
    }
    store.close().await;
    directory
}

fn journal(directory: &Path) -> PathBuf {
    let files = fs::read_dir(directory.join("db")).unwrap().map(|file| file.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|e| e == "jnl")).unwrap()
}

/// Where the last batch that holds `entry` begins to be readable in the journal.
fn last_position(content: &[u8], entry: &[u8]) -> usize {
    content.windows(entry.len()).rposition(|window| window == entry).unwrap()
}

#[test]
fn a_store_is_open_in_one_process_only() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).unwrap();
    assert_eq!(open_error(directory.path()), OpenError::Locked);
    drop(store);
    assert!(open(directory.path()).is_ok());
}

#[test]
fn dropping_the_last_handle_does_what_is_queued() {
    let directory = tempfile::tempdir().unwrap();
    run(async {
        let store = open(directory.path()).unwrap();
        let answers: Vec<_> = (0..50).map(|_| append(&store, A, &["x"])).collect();
        drop(store);
        for answer in answers {
            answer.await.unwrap();
        }
    });
    let store = open(directory.path()).unwrap();
    assert_eq!(run(log(&store, A)).len(), 50);
}

#[test]
fn a_full_disk_refuses_changes_and_nothing_else() {
    run(async {
        let directory = store_of(1).await;
        let options = FjallOptions { free_bytes_min: u64::MAX, ..FjallOptions::default() };
        let store = FjallStore::open(directory.path(), &options).unwrap().into();
        for _ in 0..2 {
            let error = append(&store, A, &["x"]).await;
            assert_eq!(error, Err(AppendError::Store(StoreError::Full)));
        }
        assert_eq!(log(&store, A).await.len(), 1);
        store.close().await;
        assert!(append(&open(directory.path()).unwrap(), A, &["x"]).await.is_ok());
    });
}

/// fjall#311: the engine opens such a store without a word, without the batches after the damage.
#[test]
fn damage_within_the_journal_is_noticed() {
    run(async {
        let directory = store_of(10).await;
        let path = journal(directory.path());
        let mut content = fs::read(&path).unwrap();
        let last = last_position(&content, b"entry entry entry");
        let middle = last_position(&content[..last], b"entry entry entry");
        // The length of the entry's key: what follows cannot be parsed.
        content[middle - 24 - 10] = 0xff;
        content[middle - 24 - 9] = 0xff;
        fs::write(&path, content).unwrap();
        let error = open_error(directory.path());
        assert!(matches!(error, OpenError::LostBatches { acknowledged: 10, .. }), "{error:?}");
        // The way out that the error's documentation names.
        fs::remove_file(directory.path().join("acknowledged")).unwrap();
        let store = open(directory.path()).unwrap();
        let left = log(&store, A).await.len() as u64;
        assert!((1..10).contains(&left));
        assert_eq!(append(&store, A, &["goes on"]).await.unwrap().first_seq, left + 1);
    });
}

#[test]
fn a_lost_journal_is_noticed() {
    run(async {
        let directory = store_of(3).await;
        fs::remove_file(journal(directory.path())).unwrap();
        assert!(matches!(
            open_error(directory.path()),
            OpenError::LostBatches { acknowledged: 3, found: 0 } | OpenError::Damaged(_)
        ));
    });
}

#[test]
fn a_flipped_bit_in_an_entry_is_noticed() {
    run(async {
        let directory = store_of(3).await;
        let path = journal(directory.path());
        let mut content = fs::read(&path).unwrap();
        let position = last_position(&content, b"entry entry entry");
        content[position] ^= 1;
        fs::write(&path, content).unwrap();
        assert!(matches!(open_error(directory.path()), OpenError::Damaged(_)));
    });
}

#[test]
fn a_torn_tail_that_was_never_acknowledged_is_no_damage() {
    run(async {
        let directory = store_of(3).await;
        let path = journal(directory.path());
        let content = fs::read(&path).unwrap();
        let end = content.iter().rposition(|&byte| byte != 0).unwrap() + 1;
        let start = last_position(&content, b"entry entry entry") - 200;
        let torn = [&content[..end], &content[start..start + 60]].concat();
        fs::write(&path, torn).unwrap();
        assert_eq!(log(&open(directory.path()).unwrap(), A).await.len(), 3);
    });
}

#[test]
fn a_torn_witness_is_taken_for_none() {
    run(async {
        let directory = store_of(3).await;
        fs::write(directory.path().join("acknowledged"), b"ASTR").unwrap();
        assert_eq!(log(&open(directory.path()).unwrap(), A).await.len(), 3);
    });
}

#[test]
fn compression_is_a_choice() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        for compression in [true, false, true] {
            let options = FjallOptions { compression, ..FjallOptions::default() };
            let store = FjallStore::open(directory.path(), &options).unwrap().into();
            let text = "compressible ".repeat(1_000);
            append(&store, A, &[&text]).await.unwrap();
            assert!(log(&store, A).await.iter().all(|(_, entry)| *entry == text));
            store.close().await;
        }
    });
}

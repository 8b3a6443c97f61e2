//! The memory store's model of a disk.

use crate::bed::{append, bytes, key, log, put, record, stream, write};
use asterism_store::{
    AnyStore, AppendError, Appended, MemoryStore, ModelDisk, Store as _, StoreError, StreamId, WriteError,
};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

const A: StreamId = stream(1);

fn open(disk: &ModelDisk) -> AnyStore {
    MemoryStore::with_disk(disk.clone()).into()
}

fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// For futures that need nobody to drive them: no runtime, no threads.
fn now<T>(future: impl Future<Output = T>) -> T {
    match poll(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready at the first poll"),
    }
}

#[test]
fn every_call_is_ready_at_the_first_poll_without_a_runtime() {
    let store = open(&ModelDisk::new());
    now(append(&store, A, &["a", "b"])).unwrap();
    now(write(&store, put("k", "v"))).unwrap();
    assert_eq!(now(log(&store, A)).len(), 2);
    assert_eq!(now(store.heads(&[A])).unwrap()[0].seq, 2);
    assert_eq!(now(store.scan(&key("k"), None, 9)).unwrap().len(), 1);
    assert_eq!(now(record(&store, &key("k"))), Some((1, bytes("v"))));
    assert!(now(store.take_one(&key("k"))).unwrap().is_some());
    assert!(now(store.lease(&key("l"), 1, 0, 1)).unwrap().is_some());
    now(store.trim(A, 3)).unwrap();
    now(store.close());
}

#[test]
fn a_crash_keeps_what_was_acknowledged() {
    let disk = ModelDisk::new();
    let store = open(&disk);
    now(append(&store, A, &["a"])).unwrap();
    now(write(&store, put("k", "v"))).unwrap();
    disk.crash();
    assert_eq!(now(append(&store, A, &["b"])), Err(AppendError::Store(StoreError::Closed)));
    let store = open(&disk);
    assert_eq!(now(log(&store, A)).len(), 1);
    assert_eq!(now(record(&store, &key("k"))), Some((1, bytes("v"))));
}

#[test]
fn a_crash_takes_what_was_acknowledged_before_its_sync() {
    let disk = ModelDisk::new();
    let store = open(&disk);
    now(append(&store, A, &["kept"])).unwrap();
    now(write(&store, put("k", "old"))).unwrap();
    disk.lie_about_sync(true);
    now(append(&store, A, &["kept, too"])).unwrap();
    disk.sync();
    now(append(&store, A, &["lost"])).unwrap();
    now(write(&store, put("k", "new"))).unwrap();
    now(write(&store, put("k", "newer"))).unwrap();
    now(store.trim(A, 2)).unwrap();
    assert_eq!(now(log(&store, A)).len(), 2);
    disk.crash();
    let store = open(&disk);
    assert_eq!(now(log(&store, A)), [(1, "kept".to_owned()), (2, "kept, too".to_owned())]);
    assert_eq!(now(record(&store, &key("k"))), Some((1, bytes("old"))));
}

#[test]
fn while_held_calls_wait_for_the_sync() {
    let disk = ModelDisk::new();
    let store = open(&disk);
    disk.hold(true);
    let mut answer = append(&store, A, &["a"]);
    assert_eq!(poll(&mut answer), Poll::Pending);
    assert!(now(log(&store, A)).is_empty());
    disk.sync();
    assert_eq!(now(answer), Ok(Appended { first_seq: 1, last_seq: 1 }));
    let answer = append(&store, A, &["b"]);
    disk.hold(false);
    assert!(now(answer).is_ok());
}

#[test]
fn a_crash_loses_or_keeps_whole_what_was_not_answered() {
    let disk = ModelDisk::new();
    let store = open(&disk);
    disk.hold(true);
    let closed = Err(AppendError::Store(StoreError::Closed));
    let lost = append(&store, A, &["lost"]);
    disk.crash();
    assert_eq!(now(lost), closed);
    let store = open(&disk);
    assert!(now(log(&store, A)).is_empty());
    let unanswered = append(&store, A, &["durable"]);
    disk.crash_before_answer();
    assert_eq!(now(unanswered), closed);
    assert_eq!(now(log(&open(&disk), A)).len(), 1);
}

#[test]
fn opening_again_closes_the_store_before() {
    let disk = ModelDisk::new();
    let old = open(&disk);
    let new = open(&disk);
    assert_eq!(now(append(&old, A, &["a"])), Err(AppendError::Store(StoreError::Closed)));
    now(old.close());
    now(append(&new, A, &["a"])).unwrap();
}

#[test]
fn a_full_disk_refuses_until_there_is_space() {
    let disk = ModelDisk::new();
    let store = open(&disk);
    disk.fill(true);
    assert_eq!(now(append(&store, A, &["a"])), Err(AppendError::Store(StoreError::Full)));
    assert_eq!(now(write(&store, put("k", "v"))), Err(WriteError::Store(StoreError::Full)));
    disk.fill(false);
    assert_eq!(now(append(&store, A, &["a"])), Ok(Appended { first_seq: 1, last_seq: 1 }));
}

#[test]
fn a_broken_device_poisons_the_store_until_it_is_opened_again() {
    let disk = ModelDisk::new();
    let store = open(&disk);
    now(append(&store, A, &["a"])).unwrap();
    disk.break_device(true);
    let error = now(append(&store, A, &["b"]));
    assert!(matches!(error, Err(AppendError::Store(StoreError::Io(_)))));
    disk.break_device(false);
    assert_eq!(now(append(&store, A, &["b"])), Err(AppendError::Store(StoreError::Poisoned)));
    assert_eq!(now(log(&store, A)).len(), 1);
    assert!(now(append(&open(&disk), A, &["b"])).is_ok());
}

//! Idempotency keys.

use crate::bed::{Bed, append, entries, log, stream};
use asterism_store::{Append, AppendError, Appended, Expect, IdempotencyKey, Store as _, StreamId};

const A: StreamId = stream(1);

const fn id(number: u8) -> IdempotencyKey {
    IdempotencyKey([number; 16])
}

fn keyed(to: StreamId, texts: &[&str], keys: &[u8]) -> Append {
    let idempotency = keys.iter().copied().map(id).collect();
    Append { idempotency, ..Append::new(to, entries(texts)) }
}

fn done(key: u8, first_seq: u64, last_seq: u64) -> Result<Appended, AppendError> {
    Err(AppendError::AlreadyDone { key: id(key), first_seq, last_seq })
}

pub(crate) async fn a_repeated_append_is_done_once(bed: impl Bed) {
    let store = bed.store();
    append(store, A, &["before"]).await.unwrap();
    store.append(keyed(A, &["a", "b"], &[1])).await.unwrap();
    append(store, A, &["after"]).await.unwrap();
    assert_eq!(store.append(keyed(A, &["a", "b"], &[1])).await, done(1, 2, 3));
    // Within one batch, too.
    let first = store.append(keyed(A, &["c"], &[2]));
    let second = store.append(keyed(A, &["c"], &[2]));
    assert!(first.await.is_ok());
    assert_eq!(second.await, done(2, 5, 5));
    assert_eq!(log(store, A).await.len(), 5);
}

pub(crate) async fn one_known_key_of_several_is_enough(bed: impl Bed) {
    let store = bed.store();
    store.append(keyed(A, &["a"], &[1, 2])).await.unwrap();
    store.append(keyed(A, &["b"], &[3])).await.unwrap();
    assert_eq!(store.append(keyed(A, &["c"], &[4, 3, 1])).await, done(3, 2, 2));
    // The keys of an append that did nothing are not remembered.
    assert!(store.append(keyed(A, &["d"], &[4])).await.is_ok());
}

pub(crate) async fn keys_are_known_per_stream(bed: impl Bed) {
    let store = bed.store();
    store.append(keyed(A, &["a"], &[1])).await.unwrap();
    assert!(store.append(keyed(stream(2), &["a"], &[1])).await.is_ok());
}

pub(crate) async fn a_known_key_comes_before_the_expectation(bed: impl Bed) {
    let store = bed.store();
    let expect = Expect::Head(0);
    let attempt = || Append { expect, ..keyed(A, &["a"], &[1]) };
    store.append(attempt()).await.unwrap();
    assert_eq!(store.append(attempt()).await, done(1, 1, 1));
}

pub(crate) async fn a_failed_append_does_not_use_its_keys_up(bed: impl Bed) {
    let store = bed.store();
    let failing = Append { expect: Expect::Head(7), ..keyed(A, &["a"], &[1]) };
    assert!(store.append(failing).await.is_err());
    assert!(store.append(keyed(A, &["a"], &[1])).await.is_ok());
}

pub(crate) async fn keys_are_forgotten_with_their_entries(bed: impl Bed) {
    let store = bed.store();
    store.append(keyed(A, &["a", "b"], &[1])).await.unwrap();
    store.append(keyed(A, &["c", "d"], &[2])).await.unwrap();
    store.trim(A, 4).await.unwrap();
    assert_eq!(store.append(keyed(A, &["d"], &[2])).await, done(2, 3, 4));
    assert_eq!(store.append(keyed(A, &["a"], &[1])).await.unwrap().first_seq, 5);
    assert_eq!(store.append(keyed(A, &["a"], &[1])).await, done(1, 5, 5));
}

pub(crate) async fn appends_without_entries_share_a_range(bed: impl Bed) {
    let store = bed.store();
    store.append(keyed(A, &["a"], &[1])).await.unwrap();
    store.append(keyed(A, &[], &[2])).await.unwrap();
    store.append(keyed(A, &[], &[3])).await.unwrap();
    assert_eq!(store.append(keyed(A, &["x"], &[2])).await, done(2, 2, 1));
    assert_eq!(store.append(keyed(A, &["x"], &[3])).await, done(3, 2, 1));
    store.trim(A, 2).await.unwrap();
    store.append(keyed(A, &[], &[2, 4])).await.unwrap();
    store.append(keyed(A, &["x"], &[1, 3])).await.unwrap();
    store.trim(A, 3).await.unwrap();
    assert!(store.append(keyed(A, &["y"], &[1, 2, 3, 4])).await.is_ok());
}

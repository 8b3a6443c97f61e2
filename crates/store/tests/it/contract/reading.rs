//! Reads of streams.

use crate::bed::{Bed, append, stream};
use asterism_store::{AnyStore, Head, Page, Store as _, StreamId};

const A: StreamId = stream(1);

async fn seqs(store: &AnyStore, from: u64, max_items: usize, max_bytes: usize) -> Vec<u64> {
    let page = store.read(A, from, max_items, max_bytes).await.unwrap();
    assert_eq!(page.head.seq, 5);
    page.entries.into_iter().map(|(seq, _)| seq).collect()
}

pub(crate) async fn an_unknown_stream_is_empty(bed: impl Bed) {
    let store = bed.store();
    append(store, stream(0), &["before it in the order"]).await.unwrap();
    append(store, stream(2), &["after it"]).await.unwrap();
    let page = store.read(A, 1, 10, 10).await.unwrap();
    assert_eq!(page, Page { entries: vec![], head: Head { seq: 0, epoch: 0, floor: 1 } });
    store.trim(A, 100).await.unwrap();
    assert_eq!(store.heads(&[A]).await.unwrap(), [Head::default()]);
}

pub(crate) async fn pages_keep_to_their_limits_but_hold_at_least_one_entry(bed: impl Bed) {
    let store = bed.store();
    append(store, A, &["1234567890"; 5]).await.unwrap();
    append(store, stream(2), &["other"]).await.unwrap();
    assert_eq!(seqs(store, 0, 9, 999).await, [1, 2, 3, 4, 5]);
    assert_eq!(seqs(store, 4, 9, 999).await, [4, 5]);
    assert_eq!(seqs(store, 2, 2, 999).await, [2, 3]);
    assert_eq!(seqs(store, 1, 9, 30).await, [1, 2, 3]);
    assert_eq!(seqs(store, 1, 9, 29).await, [1, 2]);
    assert_eq!(seqs(store, 3, 0, 0).await, [3]);
    assert_eq!(seqs(store, 6, 9, 999).await, []);
    assert_eq!(seqs(store, u64::MAX, 9, 999).await, []);
}

pub(crate) async fn heads_answer_in_the_order_asked(bed: impl Bed) {
    let store = bed.store();
    append(store, stream(1), &["a"]).await.unwrap();
    append(store, stream(3), &["a", "b"]).await.unwrap();
    let heads = store.heads(&[stream(3), stream(2), stream(1), stream(3)]).await.unwrap();
    let seqs: Vec<_> = heads.iter().map(|head| head.seq).collect();
    assert_eq!(seqs, [2, 0, 1, 2]);
    assert_eq!(store.heads(&[]).await.unwrap(), []);
}

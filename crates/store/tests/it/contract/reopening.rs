//! Closing and opening again.

use crate::bed::{Bed, append, bytes, entries, key, log, put, record, stream, write};
use asterism_store::{
    Append, AppendError, Head, IdempotencyKey, Store as _, StoreError, StreamId, WriteError,
};

const A: StreamId = stream(1);

pub(crate) async fn everything_is_there_after_reopening(mut bed: impl Bed) {
    let idempotency = vec![IdempotencyKey([1; 16])];
    let whole = Append {
        set_epoch: Some(9),
        writes: vec![put("side", "record")],
        idempotency: idempotency.clone(),
        ..Append::new(A, entries(&["a", "b", "c"]))
    };
    bed.store().append(whole).await.unwrap();
    bed.store().trim(A, 2).await.unwrap();
    write(bed.store(), put("gone", "x")).await.unwrap();
    bed.store().take_one(&key("gone")).await.unwrap().unwrap();
    let fence = bed.store().lease(&key("lease"), 1, 0, 10).await.unwrap().unwrap();

    for round in 1..=3 {
        bed.reopen().await;
        let store = bed.store();
        let head = Head { seq: 2 + round, epoch: 9, floor: 2 };
        assert_eq!(store.heads(&[A]).await.unwrap(), [head]);
        assert_eq!(log(store, A).await.len() as u64, 1 + round);
        assert_eq!(record(store, &key("side")).await, Some((1, bytes("record"))));
        assert_eq!(record(store, &key("gone")).await, None);
        let repeated = Append { idempotency: idempotency.clone(), ..Append::new(A, vec![]) };
        let known = AppendError::AlreadyDone { key: idempotency[0], first_seq: 1, last_seq: 3 };
        assert_eq!(store.append(repeated).await, Err(known));
        assert_eq!(store.lease(&key("lease"), 2, 5, 10).await.unwrap(), None);
        let fenced = Append { fence: fence.clone(), ..Append::new(A, entries(&["d"])) };
        store.append(fenced).await.unwrap();
    }
}

pub(crate) async fn a_closed_store_refuses_everything(bed: impl Bed) {
    let store = bed.store();
    append(store, A, &["a"]).await.unwrap();
    store.close().await;
    store.close().await;
    let closed = StoreError::Closed;
    assert_eq!(append(store, A, &["b"]).await, Err(AppendError::Store(closed)));
    assert_eq!(write(store, put("k", "v")).await, Err(WriteError::Store(closed)));
    assert_eq!(store.take_one(&key("k")).await, Err(closed));
    assert_eq!(store.lease(&key("k"), 1, 0, 1).await, Err(closed));
    assert_eq!(store.trim(A, 1).await, Err(closed));
    assert_eq!(store.heads(&[A]).await, Err(closed));
    assert_eq!(store.read(A, 1, 1, 1).await, Err(closed));
    assert_eq!(store.get(&[key("k")]).await, Err(closed));
    assert_eq!(store.scan(&key("k"), None, 1).await, Err(closed));
}

pub(crate) async fn what_is_queued_is_done_before_closing(mut bed: impl Bed) {
    let answers: Vec<_> = (0..100).map(|_| append(bed.store(), A, &["x"])).collect();
    bed.reopen().await;
    for answer in answers {
        answer.await.unwrap();
    }
    assert_eq!(log(bed.store(), A).await.len(), 100);
}

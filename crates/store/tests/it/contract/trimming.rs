//! Trims.

use crate::bed::{Bed, append, log, stream};
use asterism_store::{Append, Head, Store as _, StreamId};
use bytes::Bytes;

const A: StreamId = stream(1);

pub(crate) async fn trimmed_entries_are_gone_and_numbering_goes_on(bed: impl Bed) {
    let store = bed.store();
    append(store, A, &["a", "b", "c"]).await.unwrap();
    append(store, stream(2), &["other"]).await.unwrap();
    store.trim(A, 3).await.unwrap();
    assert_eq!(log(store, A).await, [(3, "c".to_owned())]);
    // Backwards is nowhere.
    store.trim(A, 1).await.unwrap();
    store.trim(A, 0).await.unwrap();
    assert_eq!(store.heads(&[A]).await.unwrap(), [Head { seq: 3, epoch: 0, floor: 3 }]);
    assert_eq!(append(store, A, &["d"]).await.unwrap().first_seq, 4);
    assert_eq!(log(store, A).await, [(3, "c".to_owned()), (4, "d".to_owned())]);
    assert_eq!(log(store, stream(2)).await.len(), 1);
}

pub(crate) async fn trimming_goes_at_most_to_the_end(bed: impl Bed) {
    let store = bed.store();
    append(store, A, &["a", "b"]).await.unwrap();
    store.trim(A, u64::MAX).await.unwrap();
    assert_eq!(store.heads(&[A]).await.unwrap(), [Head { seq: 2, epoch: 0, floor: 3 }]);
    assert!(log(store, A).await.is_empty());
    append(store, A, &["c"]).await.unwrap();
    assert_eq!(log(store, A).await, [(3, "c".to_owned())]);
}

pub(crate) async fn long_trims_finish(mut bed: impl Bed) {
    let entries = vec![Bytes::from_static(b"entry"); 5_000];
    bed.store().append(Append::new(A, entries)).await.unwrap();
    // The floor rises with the call, even if nobody waits for the rest.
    drop(bed.store().trim(A, 3_000));
    append(bed.store(), A, &["after"]).await.unwrap();
    let head = Head { seq: 5_001, epoch: 0, floor: 3_000 };
    assert_eq!(bed.store().heads(&[A]).await.unwrap(), [head]);
    assert_eq!(log(bed.store(), A).await.len(), 2_002);
    bed.reopen().await;
    bed.store().trim(A, 5_000).await.unwrap();
    assert_eq!(log(bed.store(), A).await.len(), 2);
    bed.store().trim(A, 6_000).await.unwrap();
    assert_eq!(append(bed.store(), A, &["last"]).await.unwrap().first_seq, 5_002);
}

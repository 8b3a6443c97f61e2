//! Appends: numbering, conditions, atomicity, order.

use crate::bed::{Bed, append, bytes, entries, key, log, put, record, stream, write};
use asterism_store::{
    Append, AppendError, Appended, CALL_BYTES_MAX, CALL_ITEMS_MAX, Expect, Head, KEY_BYTES_MAX, Key,
    Store as _, StoreError, Version, Write, WriteError,
};
use bytes::Bytes;

const A: asterism_store::StreamId = stream(1);
const B: asterism_store::StreamId = stream(2);

pub(crate) async fn entries_are_numbered_from_one_without_gaps(bed: impl Bed) {
    let store = bed.store();
    let first = append(store, A, &["a", "b"]).await.unwrap();
    assert_eq!(first, Appended { first_seq: 1, last_seq: 2 });
    let second = append(store, A, &["c"]).await.unwrap();
    assert_eq!(second, Appended { first_seq: 3, last_seq: 3 });
    append(store, B, &["other"]).await.unwrap();
    let expected = [(1, "a"), (2, "b"), (3, "c")].map(|(seq, text)| (seq, text.to_owned()));
    assert_eq!(log(store, A).await, expected);
}

pub(crate) async fn an_append_happens_only_where_it_is_expected(bed: impl Bed) {
    let store = bed.store();
    store.append(Append { set_epoch: Some(5), ..Append::new(A, entries(&["a"])) }).await.unwrap();
    let head = Head { seq: 1, epoch: 5, floor: 1 };
    let wrong = [
        Expect::Head(0),
        Expect::Head(2),
        Expect::Epoch(4),
        Expect::HeadAndEpoch { head: 1, epoch: 4 },
        Expect::HeadAndEpoch { head: 0, epoch: 5 },
    ];
    for expect in wrong {
        let error = store.append(Append { expect, ..Append::new(A, entries(&["x"])) }).await;
        assert_eq!(error, Err(AppendError::Conflict { head }), "{expect:?}");
    }
    let right = [Expect::Any, Expect::Head(2), Expect::Epoch(5)];
    for expect in right {
        store.append(Append { expect, ..Append::new(A, entries(&["y"])) }).await.unwrap();
    }
    let expect = Expect::HeadAndEpoch { head: 4, epoch: 5 };
    store.append(Append { expect, ..Append::new(A, entries(&["z"])) }).await.unwrap();
    assert_eq!(log(store, A).await.len(), 5);
}

pub(crate) async fn an_append_with_several_parts_happens_whole_or_not_at_all(bed: impl Bed) {
    let store = bed.store();
    let whole = |expect| Append {
        set_epoch: Some(1),
        idempotency: vec![asterism_store::IdempotencyKey([9; 16])],
        writes: vec![put("side", "new"), Write { key: key("condition"), expect, value: Some(bytes("held")) }],
        ..Append::new(A, entries(&["a", "b"]))
    };
    let error = store.append(whole(Version::Is(1))).await;
    assert_eq!(error, Err(AppendError::WriteConflict { key: key("condition") }));
    assert_eq!(store.heads(&[A]).await.unwrap(), [Head::default()]);
    assert_eq!(record(store, &key("side")).await, None);

    let appended = store.append(whole(Version::Absent)).await.unwrap();
    assert_eq!(appended, Appended { first_seq: 1, last_seq: 2 });
    assert_eq!(store.heads(&[A]).await.unwrap(), [Head { seq: 2, epoch: 1, floor: 1 }]);
    assert_eq!(record(store, &key("side")).await, Some((1, bytes("new"))));
    assert_eq!(record(store, &key("condition")).await, Some((1, bytes("held"))));
}

pub(crate) async fn an_append_without_entries_can_set_the_epoch(bed: impl Bed) {
    let store = bed.store();
    let empty = |epoch| Append { set_epoch: Some(epoch), ..Append::new(A, vec![]) };
    let appended = store.append(empty(3)).await.unwrap();
    assert_eq!(appended, Appended { first_seq: 1, last_seq: 0 });
    append(store, A, &["a"]).await.unwrap();
    let appended = store.append(empty(4)).await.unwrap();
    assert_eq!(appended, Appended { first_seq: 2, last_seq: 1 });
    assert_eq!(store.heads(&[A]).await.unwrap(), [Head { seq: 1, epoch: 4, floor: 1 }]);
}

pub(crate) async fn pipelined_appends_apply_in_call_order(bed: impl Bed) {
    let store = bed.store();
    let at = |head| Append { expect: Expect::Head(head), ..Append::new(A, entries(&["x"])) };
    let answers: Vec<_> = (0..200).map(|head| store.append(at(head))).collect();
    // Awaited backwards: order comes from the calls alone.
    for (index, answer) in answers.into_iter().enumerate().rev() {
        let seq = index as u64 + 1;
        assert_eq!(answer.await, Ok(Appended { first_seq: seq, last_seq: seq }));
    }
}

pub(crate) async fn a_failed_append_fails_those_that_expected_it(bed: impl Bed) {
    let store = bed.store();
    let at = |head, expect| Append {
        expect: Expect::Head(head),
        writes: vec![Write { key: key("k"), expect, value: Some(bytes("v")) }],
        ..Append::new(A, entries(&["x"]))
    };
    let first = store.append(at(0, Version::Absent));
    let failing = store.append(at(1, Version::Absent));
    let behind = [store.append(at(2, Version::Any)), store.append(at(3, Version::Any))];
    assert!(first.await.is_ok());
    assert_eq!(failing.await, Err(AppendError::WriteConflict { key: key("k") }));
    for answer in behind {
        let head = Head { seq: 1, epoch: 0, floor: 1 };
        assert_eq!(answer.await, Err(AppendError::Conflict { head }));
    }
}

pub(crate) async fn calls_of_any_kind_apply_in_call_order(bed: impl Bed) {
    let store = bed.store();
    let written = store.write(vec![put("k/1", "a"), put("k/2", "b")]);
    let taken = store.take_one(&key("k/"));
    let appended = append(store, A, &["x", "y"]);
    let trimmed = store.trim(A, 2);
    let conditional =
        store.write(vec![Write { key: key("k/1"), expect: Version::Absent, value: Some(bytes("again")) }]);
    let expect = Expect::Head(2);
    let behind = store.append(Append { expect, ..Append::new(A, entries(&["z"])) });
    behind.await.unwrap();
    conditional.await.unwrap();
    trimmed.await.unwrap();
    appended.await.unwrap();
    assert_eq!(taken.await.unwrap(), Some((key("k/1"), bytes("a"))));
    written.await.unwrap();
    assert_eq!(store.heads(&[A]).await.unwrap(), [Head { seq: 3, epoch: 0, floor: 2 }]);
}

pub(crate) async fn a_dropped_future_does_not_take_the_call_back(bed: impl Bed) {
    let store = bed.store();
    drop(append(store, A, &["a"]));
    assert_eq!(append(store, A, &["b"]).await.unwrap().first_seq, 2);
}

pub(crate) async fn what_exceeds_a_limit_is_refused(bed: impl Bed) {
    let store = bed.store();
    let too_large = || AppendError::Store(StoreError::TooLarge);
    let large = Bytes::from(vec![0; CALL_BYTES_MAX + 1]);
    assert_eq!(store.append(Append::new(A, vec![large])).await, Err(too_large()));
    let many = vec![Bytes::new(); CALL_ITEMS_MAX + 1];
    assert_eq!(store.append(Append::new(A, many)).await, Err(too_large()));
    for length in [0, KEY_BYTES_MAX + 1] {
        let error = write(store, put(Key::from(vec![1; length]), "v")).await;
        assert_eq!(error, Err(WriteError::Store(StoreError::TooLarge)));
    }
    let longest = Key::from(vec![0xff; KEY_BYTES_MAX]);
    write(store, put(longest.clone(), "v")).await.unwrap();
    assert_eq!(record(store, &longest).await, Some((1, bytes("v"))));
    let large = Bytes::from(vec![0; CALL_BYTES_MAX]);
    store.append(Append::new(A, vec![large])).await.unwrap();
}

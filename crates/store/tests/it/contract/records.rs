//! Records: versions, conditions, scans, taking.

use crate::bed::{Bed, bytes, key, put, record, write};
use asterism_store::{AnyStore, Key, Store as _, Version, Write, WriteError};

fn delete(key: Key) -> Write {
    Write { key, expect: Version::Any, value: None }
}

fn conflict(name: &'static str) -> Result<(), WriteError> {
    Err(WriteError::Conflict { key: key(name) })
}

pub(crate) async fn versions_grow_by_one_and_start_anew_after_a_delete(bed: impl Bed) {
    let store = bed.store();
    for (version, value) in [(1, "a"), (2, "b"), (3, "b")] {
        write(store, put("k", value)).await.unwrap();
        assert_eq!(record(store, &key("k")).await, Some((version, bytes(value))));
    }
    write(store, delete(key("k"))).await.unwrap();
    assert_eq!(record(store, &key("k")).await, None);
    write(store, delete(key("k"))).await.unwrap();
    write(store, put("k", "")).await.unwrap();
    assert_eq!(record(store, &key("k")).await, Some((1, bytes(""))));
}

pub(crate) async fn a_write_happens_only_where_it_is_expected(bed: impl Bed) {
    let store = bed.store();
    let set = |expect, value| Write { key: key("k"), expect, value: Some(bytes(value)) };
    assert_eq!(write(store, set(Version::Is(0), "x")).await, conflict("k"));
    assert_eq!(write(store, set(Version::Is(1), "x")).await, conflict("k"));
    write(store, set(Version::Absent, "a")).await.unwrap();
    assert_eq!(write(store, set(Version::Absent, "x")).await, conflict("k"));
    assert_eq!(write(store, set(Version::Is(2), "x")).await, conflict("k"));
    write(store, set(Version::Is(1), "b")).await.unwrap();
    assert_eq!(record(store, &key("k")).await, Some((2, bytes("b"))));
    let delete = |version| Write { expect: Version::Is(version), ..delete(key("k")) };
    assert_eq!(write(store, delete(1)).await, conflict("k"));
    write(store, delete(2)).await.unwrap();
    assert_eq!(write(store, delete(2)).await, conflict("k"));
}

pub(crate) async fn several_writes_happen_whole_or_not_at_all(bed: impl Bed) {
    let store = bed.store();
    write(store, put("b", "old")).await.unwrap();
    let writes = vec![
        put("a", "new"),
        Write { key: key("b"), expect: Version::Absent, value: Some(bytes("new")) },
        put("c", "new"),
    ];
    assert_eq!(store.write(writes).await, conflict("b"));
    let records = store.get(&[key("a"), key("b"), key("c")]).await.unwrap();
    assert!(records[0].is_none() && records[1].is_some() && records[2].is_none());
}

pub(crate) async fn a_keys_later_write_sees_its_earlier_one(bed: impl Bed) {
    let store = bed.store();
    let set = |expect, value| Write { key: key("k"), expect, value: Some(bytes(value)) };
    let steps = vec![
        set(Version::Absent, "a"),
        set(Version::Is(1), "b"),
        Write { expect: Version::Is(2), ..delete(key("k")) },
        set(Version::Absent, "c"),
    ];
    store.write(steps).await.unwrap();
    assert_eq!(record(store, &key("k")).await, Some((1, bytes("c"))));
    let contradiction = vec![delete(key("k")), set(Version::Is(1), "d")];
    assert_eq!(store.write(contradiction).await, conflict("k"));
}

async fn names(store: &AnyStore, prefix: &[u8], after: Option<&Key>, limit: usize) -> Vec<Key> {
    let rows = store.scan(&Key::from(prefix.to_vec()), after, limit).await.unwrap();
    rows.into_iter().map(|(key, _)| key).collect()
}

pub(crate) async fn scans_page_through_a_prefix_in_order(bed: impl Bed) {
    let store = bed.store();
    for name in ["p/c", "p/a", "p", "p/b", "q/a", "p/b/1", "o"] {
        write(store, put(name, name)).await.unwrap();
    }
    let expected = ["p/a", "p/b", "p/b/1", "p/c"].map(key);
    assert_eq!(names(store, b"p/", None, 9).await, expected);
    let mut paged = Vec::new();
    for _ in 0..3 {
        let page = names(store, b"p/", paged.last(), 2).await;
        assert!(page.len() <= 2);
        paged.extend(page);
    }
    assert_eq!(paged, expected);
    // A cursor outside the prefix does not lead outside it.
    assert_eq!(names(store, b"p/", Some(&key("a")), 9).await, expected);
    assert!(names(store, b"p/", Some(&key("q")), 9).await.is_empty());
    assert_eq!(names(store, b"", None, 9).await.len(), 7);
    assert!(names(store, b"p/", None, 0).await.is_empty());
    let rows = store.scan(&key("q/"), None, 1).await.unwrap();
    assert_eq!((rows[0].1.version, rows[0].1.value.clone()), (1, bytes("q/a")));
}

pub(crate) async fn scans_know_prefixes_at_the_end_of_the_order(bed: impl Bed) {
    let store = bed.store();
    for name in [vec![1, 0xff], vec![1, 0xff, 0xff, 7], vec![2], vec![0xff], vec![0xff, 0xff]] {
        write(store, put(name, "v")).await.unwrap();
    }
    assert_eq!(names(store, &[1, 0xff], None, 9).await.len(), 2);
    assert_eq!(names(store, &[0xff], None, 9).await.len(), 2);
    assert_eq!(names(store, &[0xff, 0xff], None, 9).await.len(), 1);
}

pub(crate) async fn take_one_takes_the_first_under_its_prefix(bed: impl Bed) {
    let store = bed.store();
    for name in ["p/b", "p/a", "q/a", "o"] {
        write(store, put(name, name)).await.unwrap();
    }
    // Two takes in one batch, then one on its own.
    let (first, second) = (store.take_one(&key("p/")), store.take_one(&key("p/")));
    assert_eq!(first.await.unwrap(), Some((key("p/a"), bytes("p/a"))));
    assert_eq!(second.await.unwrap(), Some((key("p/b"), bytes("p/b"))));
    assert_eq!(store.take_one(&key("p/")).await.unwrap(), None);
    assert_eq!(record(store, &key("p/a")).await, None);
    assert_eq!(names(store, b"", None, 9).await, ["o", "q/a"].map(key));
}

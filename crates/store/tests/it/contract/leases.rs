//! Leases and fences.

use crate::bed::{Bed, append, entries, key, log, stream};
use asterism_store::{Append, AppendError, Fence, Store as _, StreamId};

const A: StreamId = stream(1);

fn fenced(fence: &Fence) -> Append {
    Append { fence: fence.clone(), ..Append::new(A, entries(&["x"])) }
}

pub(crate) async fn a_lease_goes_to_one_owner_at_a_time(bed: impl Bed) {
    let store = bed.store();
    let name = key("shard/1");
    let first = store.lease(&name, 7, 1_000, 100).await.unwrap().unwrap();
    assert_eq!(first.token(), 1);
    assert_eq!(store.lease(&name, 8, 1_099, 100).await.unwrap(), None);
    let renewed = store.lease(&name, 7, 1_050, 100).await.unwrap();
    assert_eq!(renewed.as_ref(), Some(&first));
    assert_eq!(store.lease(&name, 8, 1_149, 100).await.unwrap(), None);
    let second = store.lease(&name, 8, 1_150, 100).await.unwrap().unwrap();
    assert_eq!(second.token(), 2);
    assert_eq!(store.lease(&name, 7, 1_200, 100).await.unwrap(), None);
    let other = store.lease(&key("shard/2"), 7, 1_200, 100).await.unwrap().unwrap();
    assert_eq!(other.token(), 1);
    // Taken again after it expired, with nobody in between: the same token.
    let again = store.lease(&name, 8, 9_000, 100).await.unwrap();
    assert_eq!(again, Some(second));
}

pub(crate) async fn an_owner_that_lost_its_lease_is_fenced_off(bed: impl Bed) {
    let store = bed.store();
    let name = key("shard");
    let old = store.lease(&name, 1, 0, 10).await.unwrap().unwrap();
    store.append(fenced(&old)).await.unwrap();
    // In call order: what was called before the change of owner still happens.
    let before = store.append(fenced(&old));
    let new = store.lease(&name, 2, 10, 10);
    let after = store.append(fenced(&old));
    assert!(before.await.is_ok());
    assert_eq!(after.await, Err(AppendError::Fenced));
    let new = new.await.unwrap().unwrap();
    store.append(fenced(&new)).await.unwrap();
    append(store, A, &["unfenced"]).await.unwrap();
    assert_eq!(log(store, A).await.len(), 4);
}

pub(crate) async fn a_lease_given_back_is_free(bed: impl Bed) {
    let store = bed.store();
    let name = key("shard");
    store.lease(&name, 1, 100, 1_000).await.unwrap().unwrap();
    store.lease(&name, 1, 100, 0).await.unwrap().unwrap();
    assert_eq!(store.lease(&name, 2, 100, 1_000).await.unwrap().unwrap().token(), 2);
    // The clock's end is no end of the lease's arithmetic.
    store.lease(&name, 2, u64::MAX, u64::MAX).await.unwrap().unwrap();
}

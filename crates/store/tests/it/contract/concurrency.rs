//! Many callers at once.

use crate::bed::{Bed, bytes, entries, key, log, put, record, stream};
use asterism_store::{
    AnyStore, Append, AppendError, Expect, Key, Store as _, StreamId, Version, Write, WriteError,
};
use std::collections::BTreeSet;
use std::future::Future;
use tokio::task::JoinSet;

const A: StreamId = stream(1);
const TASKS: u64 = 8;

/// Runs the same task eight times at once.
async fn eight<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    bed: &impl Bed,
    task: impl Fn(AnyStore, u64) -> F,
) -> Vec<T> {
    let tasks: JoinSet<T> = (0..TASKS).map(|number| task(bed.store().clone(), number)).collect();
    tasks.join_all().await
}

pub(crate) async fn each_epoch_has_exactly_one_winner(bed: impl Bed) {
    const EPOCHS: u64 = 40;
    let won = eight(&bed, |store, number| async move {
        let mut won = Vec::new();
        let mut epoch = 0;
        while epoch < EPOCHS {
            let commit = Append {
                expect: Expect::Epoch(epoch),
                set_epoch: Some(epoch + 1),
                ..Append::new(A, vec![bytes(format!("{epoch} by {number}"))])
            };
            match store.append(commit).await {
                Ok(appended) => {
                    assert_eq!(appended.last_seq, epoch + 1);
                    won.push(format!("{epoch} by {number}"));
                    epoch += 1;
                }
                // Whoever lost sees a state that was not yet there when it called.
                Err(AppendError::Conflict { head }) => {
                    assert!(head.epoch > epoch);
                    assert_eq!(head.seq, head.epoch);
                    epoch = head.epoch;
                }
                Err(error) => panic!("{error}"),
            }
        }
        won
    })
    .await;
    let won: BTreeSet<String> = won.into_iter().flatten().collect();
    let logged: Vec<_> = log(bed.store(), A).await;
    assert_eq!(logged.len() as u64, EPOCHS);
    assert_eq!(logged.iter().map(|(_, text)| text.clone()).collect::<BTreeSet<_>>(), won);
    for (seq, text) in logged {
        assert!(text.starts_with(&format!("{} by", seq - 1)));
    }
}

pub(crate) async fn each_key_is_taken_exactly_once(bed: impl Bed) {
    const KEYS: u64 = 200;
    let prefix = key("packages/");
    let writes = (0..KEYS).map(|number| put(prefix.push_u64(number), "package")).collect();
    bed.store().write(writes).await.unwrap();
    let taken = eight(&bed, |store, _| async move {
        let mut taken = Vec::new();
        while let Some((key, _)) = store.take_one(&key("packages/")).await.unwrap() {
            taken.push(key);
        }
        taken
    })
    .await;
    let all: Vec<Key> = taken.into_iter().flatten().collect();
    assert_eq!(all.len() as u64, KEYS);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len() as u64, KEYS);
}

pub(crate) async fn concurrent_appends_all_land_once_and_in_their_own_order(bed: impl Bed) {
    const EACH: u64 = 50;
    eight(&bed, |store, task| async move {
        let append = |number| Append::new(A, entries(&[&format!("{task} {number:03}")]));
        let answers: Vec<_> = (0..EACH).map(|number| store.append(append(number))).collect();
        for answer in answers {
            answer.await.unwrap();
        }
    })
    .await;
    let logged = log(bed.store(), A).await;
    assert_eq!(logged.len() as u64, TASKS * EACH);
    for task in 0..TASKS {
        let of_task = logged.iter().filter(|(_, text)| text.starts_with(&format!("{task} ")));
        let texts: Vec<_> = of_task.map(|(_, text)| text.clone()).collect();
        assert_eq!(texts.len() as u64, EACH);
        assert!(texts.is_sorted());
    }
}

pub(crate) async fn counters_by_compare_and_swap_lose_nothing(bed: impl Bed) {
    const EACH: u64 = 20;
    bed.store().write(vec![put("counter", "0")]).await.unwrap();
    eight(&bed, |store, _| async move {
        let mut left = EACH;
        while left > 0 {
            let (version, value) = record(&store, &key("counter")).await.unwrap();
            let count: u64 = std::str::from_utf8(&value).unwrap().parse().unwrap();
            let value = Some(bytes((count + 1).to_string()));
            let write = Write { key: key("counter"), expect: Version::Is(version), value };
            match store.write(vec![write]).await {
                Ok(()) => left -= 1,
                Err(WriteError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    })
    .await;
    let expected = (TASKS * EACH + 1, bytes((TASKS * EACH).to_string()));
    assert_eq!(record(bed.store(), &key("counter")).await, Some(expected));
}

pub(crate) async fn readers_never_see_half_an_append(bed: impl Bed) {
    const ROUNDS: u64 = 50;
    eight(&bed, |store, task| async move {
        if task == 0 {
            for round in 1..=ROUNDS {
                let writes = vec![put("left", &round.to_string()), put("right", &round.to_string())];
                let set_epoch = Some(round);
                let append = Append { writes, set_epoch, ..Append::new(A, entries(&["x", "y"])) };
                store.append(append).await.unwrap();
                store.trim(A, round).await.unwrap();
            }
            return;
        }
        loop {
            let page = store.read(A, 0, 999, 99_999).await.unwrap();
            assert_eq!(page.head.seq, 2 * page.head.epoch);
            assert_eq!(page.entries.len() as u64, page.head.seq + 1 - page.head.floor);
            let records = store.get(&[key("left"), key("right")]).await.unwrap();
            assert_eq!(records[0], records[1]);
            if page.head.floor >= ROUNDS {
                return;
            }
        }
    })
    .await;
}

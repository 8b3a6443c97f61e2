//! Random plans of calls, run against a store and the model at once. The calls of a burst are
//! made without waiting, so that they meet in the store's batches.

use crate::bed::{Bed, FjallBed, MemoryBed, run, stream};
use crate::model::Model;
use asterism_store::{
    AnyStore, Append, Expect, Fence, Head, IdempotencyKey, Key, Page, Store as _, Version, Write, WriteError,
};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::pin::Pin;

const STREAMS: u8 = 3;
const RECORDS: &[&str] = &["a", "a/1", "a/2", "a/\u{10ffff}", "b", "b/1"];
const LEASES: &[&str] = &["l", "m"];

#[derive(Clone, Debug)]
enum Step {
    Append(AppendStep),
    Write(Vec<WriteStep>),
    TakeOne(usize),
    Trim(u8, u64),
    Lease { name: usize, owner: u64, now: u64, ttl: u64 },
}

#[derive(Clone, Debug)]
struct AppendStep {
    stream: u8,
    /// Offsets to what is true at the time, mostly 0.
    head: Option<u64>,
    epoch: Option<u64>,
    set_epoch: Option<u64>,
    entries: Vec<u8>,
    writes: Vec<WriteStep>,
    idempotency: Vec<u8>,
    /// Which of the fences got so far.
    fence: Option<usize>,
}

#[derive(Clone, Debug)]
struct WriteStep {
    key: usize,
    expect: Version,
    value: Option<u8>,
}

/// Bursts, each followed by a check of everything, and by reopening where it says so.
type Plan = Vec<(Vec<Step>, bool)>;

fn plans() -> impl Strategy<Value = Plan> {
    vec((vec(steps(), 1..12), prop::bool::weighted(0.15)), 1..8)
}

fn steps() -> impl Strategy<Value = Step> {
    let lease = (0..LEASES.len(), 1..3_u64, 0..40_u64, 0..20_u64);
    prop_oneof![
        6 => append_steps().prop_map(Step::Append),
        3 => vec(write_steps(), 0..4).prop_map(Step::Write),
        2 => (0..RECORDS.len()).prop_map(Step::TakeOne),
        1 => (0..STREAMS, 0..12_u64).prop_map(|(stream, below)| Step::Trim(stream, below)),
        1 => lease.prop_map(|(name, owner, now, ttl)| Step::Lease { name, owner, now, ttl }),
    ]
}

fn append_steps() -> impl Strategy<Value = AppendStep> {
    let offset = || option::of(prop_oneof![5 => Just(0_u64), 1 => Just(1)]);
    (
        0..STREAMS,
        offset(),
        offset(),
        option::of(0..4_u64),
        vec(any::<u8>(), 0..4),
        prop_oneof![2 => Just(vec![]).boxed(), 1 => vec(write_steps(), 0..3).boxed()],
        prop_oneof![1 => Just(vec![]).boxed(), 1 => vec(0..12_u8, 0..3).boxed()],
        option::weighted(0.2, 0..8_usize),
    )
        .prop_map(|(stream, head, epoch, set_epoch, entries, writes, idempotency, fence)| AppendStep {
            stream,
            head,
            epoch,
            set_epoch,
            entries,
            writes,
            idempotency,
            fence,
        })
}

fn write_steps() -> impl Strategy<Value = WriteStep> {
    let expect = prop_oneof![
        3 => Just(Version::Any),
        2 => Just(Version::Absent),
        2 => (1..4_u64).prop_map(Version::Is),
    ];
    let value = option::weighted(0.8, any::<u8>());
    (0..RECORDS.len(), expect, value).prop_map(|(key, expect, value)| WriteStep { key, expect, value })
}

/// A check that waits for an answer.
type Check<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

#[derive(Default)]
struct Run {
    model: Model,
    /// Fences got so far, with the names of their leases.
    fences: Vec<(Key, Fence)>,
}

impl Run {
    async fn plan(&mut self, mut bed: impl Bed, plan: Plan) {
        for (burst, reopen) in plan {
            let (mut checks, mut leases) = (Vec::<Check<'_>>::new(), Vec::new());
            for step in burst {
                if let Step::Lease { name, owner, now, ttl } = step {
                    let name = Key::from_static(LEASES[name]);
                    let token = self.model.lease(&name, owner, now, ttl);
                    leases.push((token, bed.store().lease(&name, owner, now, ttl), name));
                } else {
                    checks.push(self.step(bed.store(), step));
                }
            }
            for check in checks {
                check.await;
            }
            for (expected, answer, name) in leases {
                let fence = answer.await.unwrap();
                assert_eq!(fence.as_ref().map(Fence::token), expected);
                self.fences.extend(fence.map(|fence| (name, fence)));
            }
            if reopen {
                bed.reopen().await;
            }
            self.compare(bed.store()).await;
        }
    }

    /// Makes the call and says how to check its answer.
    fn step<'a>(&mut self, store: &'a AnyStore, step: Step) -> Check<'a> {
        match step {
            Step::Append(step) => {
                let (append, fence) = self.append(&step);
                let expected = self.model.append(&append, fence.as_ref().map(|f| (&f.0, f.1)));
                let answer = store.append(append);
                Box::pin(async move { assert_eq!(answer.await, expected, "{step:?}") })
            }
            Step::Write(steps) => {
                let writes = writes(&steps);
                let expected = self.model.write(&writes).map_err(|key| WriteError::Conflict { key });
                let answer = store.write(writes);
                Box::pin(async move { assert_eq!(answer.await, expected, "{steps:?}") })
            }
            Step::TakeOne(prefix) => {
                let prefix = Key::from_static(RECORDS[prefix]);
                let expected = self.model.take_one(&prefix);
                let answer = store.take_one(&prefix);
                Box::pin(async move { assert_eq!(answer.await.unwrap(), expected) })
            }
            Step::Trim(number, below) => {
                self.model.trim(stream(number), below);
                let answer = store.trim(stream(number), below);
                Box::pin(async move { answer.await.unwrap() })
            }
            Step::Lease { .. } => unreachable!("handled by the caller, who needs the fence"),
        }
    }

    fn append(&self, step: &AppendStep) -> (Append, Option<(Key, u64)>) {
        let head = self.model.streams.get(&stream(step.stream)).map_or(Head::default(), |s| s.head);
        let (at, epoch) = (step.head.map(|o| head.seq + o), step.epoch.map(|o| head.epoch + o));
        let expect = match (at, epoch) {
            (None, None) => Expect::Any,
            (Some(head), None) => Expect::Head(head),
            (None, Some(epoch)) => Expect::Epoch(epoch),
            (Some(head), Some(epoch)) => Expect::HeadAndEpoch { head, epoch },
        };
        let shown = step.fence.and_then(|at| self.fences.get(at % self.fences.len().max(1)));
        let append = Append {
            stream: stream(step.stream),
            expect,
            set_epoch: step.set_epoch,
            entries: step.entries.iter().map(|&byte| Bytes::from(vec![byte; 3])).collect(),
            writes: writes(&step.writes),
            idempotency: step.idempotency.iter().map(|&key| IdempotencyKey([key; 16])).collect(),
            fence: shown.map_or(Fence::NONE, |shown| shown.1.clone()),
        };
        (append, shown.map(|(name, fence)| (name.clone(), fence.token())))
    }

    /// Everything that can be read, against the model.
    async fn compare(&self, store: &AnyStore) {
        for number in 0..STREAMS {
            let model = self.model.streams.get(&stream(number)).cloned().unwrap_or_default();
            let page = store.read(stream(number), 0, 999, usize::MAX).await.unwrap();
            let entries = model.entries.into_iter().collect();
            assert_eq!(page, Page { entries, head: model.head });
            assert_eq!(store.heads(&[stream(number)]).await.unwrap(), [model.head]);
        }
        for prefix in [Key::default()].into_iter().chain(RECORDS.iter().map(|&r| r.into())) {
            let under = self.model.records.iter().filter(|(key, _)| key.0.starts_with(&prefix.0));
            let expected: Vec<_> = under.map(|(k, v)| (k.clone(), v.clone())).collect();
            assert_eq!(store.scan(&prefix, None, 999).await.unwrap(), expected);
        }
        let keys: Vec<Key> = RECORDS.iter().map(|&record| record.into()).collect();
        let expected: Vec<_> = keys.iter().map(|k| self.model.records.get(k).cloned()).collect();
        assert_eq!(store.get(&keys).await.unwrap(), expected);
    }
}

fn writes(steps: &[WriteStep]) -> Vec<Write> {
    let write = |step: &WriteStep| Write {
        key: Key::from_static(RECORDS[step.key]),
        expect: step.expect,
        value: step.value.map(|byte| Bytes::from(vec![byte; 2])),
    };
    steps.iter().map(write).collect()
}

/// Set `STORE_SEED` to look elsewhere than the usual place.
fn check<B: Bed>(cases: u32) {
    let seed = std::env::var("STORE_SEED").map_or(1_u64, |seed| seed.parse().unwrap());
    let mut long_seed = [0; 32];
    long_seed[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &long_seed);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new_with_rng(config, rng).run(&plans(), |plan| {
        run(Run::default().plan(B::new(), plan));
        Ok(())
    });
    if let Err(error) = result {
        panic!("with STORE_SEED={seed}: {error}");
    }
}

#[test]
fn random_plans_agree_with_the_model_in_memory() {
    check::<MemoryBed>(400);
}

#[test]
fn random_plans_agree_with_the_model_on_fjall() {
    check::<FjallBed>(10);
}

//! Random steps against a map with snapshots.

use super::*;
use proptest::prelude::*;

const SCOPES: [&[u8]; 2] = [b"a/", b"b/"];

#[derive(Debug, Clone)]
enum Op {
    Write { key: u8, fill: u8, len: usize },
    Patch { key: u8, at: usize, fill: u8 },
    Delete { key: u8 },
    Commit,
    RollBack,
    Flush,
    Reopen,
    Begin { scope: usize },
    Rollback { scope: usize, nth: usize },
    Forget { scope: usize, nth: usize },
    DeletePrefix { scope: usize },
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let lengths = prop_oneof![Just(0), Just(4_096), Just(8_192), 1..10_000usize];
    let scope = || 0..SCOPES.len();
    let op = prop_oneof![
        6 => (0..6u8, any::<u8>(), lengths).prop_map(|(key, fill, len)| Op::Write { key, fill, len }),
        6 => (0..6u8, 0..10_000usize, any::<u8>()).prop_map(|(key, at, fill)| Op::Patch { key, at, fill }),
        3 => (0..6u8).prop_map(|key| Op::Delete { key }),
        4 => Just(Op::Commit),
        2 => Just(Op::RollBack),
        2 => Just(Op::Flush),
        1 => Just(Op::Reopen),
        3 => scope().prop_map(|scope| Op::Begin { scope }),
        2 => (scope(), 0..3usize).prop_map(|(scope, nth)| Op::Rollback { scope, nth }),
        2 => (scope(), 0..3usize).prop_map(|(scope, nth)| Op::Forget { scope, nth }),
        1 => scope().prop_map(|scope| Op::DeletePrefix { scope }),
    ];
    proptest::collection::vec(op, 1..60)
}

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// What the tables must amount to: records, and per scope the snapshots that marks stand for.
#[derive(Clone, Default)]
struct Model {
    records: Records,
    marks: [BTreeMap<u64, Records>; 2],
}

impl Model {
    fn within(&self, prefix: &[u8]) -> Records {
        self.records
            .iter()
            .filter(|(k, _)| k.starts_with(prefix))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    fn replace(&mut self, prefix: &[u8], with: Records) {
        self.records.retain(|key, _| !key.starts_with(prefix));
        self.records.extend(with);
    }

    /// The n-th newest mark of a scope, or one that is not there.
    fn nth_mark(&self, scope: usize, nth: usize) -> u64 {
        self.marks[scope].keys().rev().nth(nth).copied().unwrap_or(1_000_000)
    }
}

/// Two keys in each scope, two in none.
fn key(n: u8) -> Vec<u8> {
    let prefix = [SCOPES[0], SCOPES[1], b"other/"][usize::from(n % 3)];
    [prefix, &[n]].concat()
}

fn apply(mut host: Host, model: &mut Model, durable: &mut Model, next_mark: &mut u64, op: &Op) -> Host {
    let overlay = &host.overlay;
    match *op {
        Op::Write { key: n, fill, len } => {
            overlay.write(&key(n), &vec![fill; len]).unwrap();
            model.records.insert(key(n), vec![fill; len]);
        }
        Op::Patch { key: n, at, fill } => {
            let mut record = overlay.read(&key(n)).unwrap().unwrap_or_default();
            if let Some(byte) = record.get_mut(at) {
                *byte = fill;
                overlay.write(&key(n), &record).unwrap();
                model.records.insert(key(n), record);
            }
        }
        Op::Delete { key: n } => {
            overlay.delete(&key(n)).unwrap();
            model.records.remove(&key(n));
        }
        Op::Commit => {
            host.commit();
            *durable = model.clone();
        }
        Op::RollBack => {
            host.roll_back();
            *model = durable.clone();
        }
        Op::Flush => overlay.flush().unwrap(),
        Op::Reopen => {
            host = host.reopen();
            *model = durable.clone();
        }
        Op::Begin { scope } => {
            *next_mark += 1;
            overlay.begin_undo(SCOPES[scope], *next_mark).unwrap();
            let snapshot = model.within(SCOPES[scope]);
            model.marks[scope].insert(*next_mark, snapshot);
        }
        Op::Rollback { scope, nth } => {
            let mark = model.nth_mark(scope, nth);
            let snapshot = model.marks[scope].get(&mark).cloned();
            assert_eq!(overlay.rollback_to(SCOPES[scope], mark).unwrap(), snapshot.is_some());
            if let Some(snapshot) = snapshot {
                model.replace(SCOPES[scope], snapshot);
                model.marks[scope].retain(|m, _| *m < mark);
            }
        }
        Op::Forget { scope, nth } => {
            let mark = model.nth_mark(scope, nth);
            overlay.forget_undo(SCOPES[scope], mark).unwrap();
            model.marks[scope].remove(&mark);
        }
        Op::DeletePrefix { scope } => {
            overlay.delete_prefix(SCOPES[scope]).unwrap();
            model.replace(SCOPES[scope], Records::new());
        }
    }
    host
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_behaves_as_a_map_with_snapshots(ops in ops(), small_cache: bool) {
        let mut host = Host::new(if small_cache { 9_000 } else { CACHE_BYTES_MAX });
        let (mut model, mut durable, mut next_mark) = (Model::default(), Model::default(), 0);
        for op in &ops {
            host = apply(host, &mut model, &mut durable, &mut next_mark, op);
            prop_assert!(host.records() == model.records, "after {op:?}");
        }
        // Undo everything that can be undone, and see that nothing is left.
        for (scope, prefix) in SCOPES.iter().enumerate() {
            if let Some((mark, snapshot)) = model.marks[scope].pop_first() {
                prop_assert!(host.overlay.rollback_to(prefix, mark).unwrap());
                model.replace(prefix, snapshot);
            }
        }
        host.commit();
        prop_assert_eq!((host.count("mls_undo"), host.count("mls_undo_mark")), (0, 0));
        let host = host.reopen();
        prop_assert!(host.records() == model.records, "after undoing all");
    }
}

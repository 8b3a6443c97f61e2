//! The committer over an engine whose disk the test holds in its hands.

use super::{CommitError, Engine, run};
use crate::error::{AppendError, StoreError};
use crate::fjall::queue::Queue;
use crate::limits::{CALL_BYTES_MAX, QUEUE_BYTES_MAX, QUEUE_CALLS_MAX};
use crate::pending::Pending;
use crate::request::Call;
use crate::types::{Append, Appended, StreamId};
use crate::view::{Changes, Rows, Table, View};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

const STREAM: StreamId = StreamId([7; 16]);

/// Reports each batch, and waits to be told how it ends.
struct HeldEngine {
    rows: BTreeMap<(Table, Bytes), Bytes>,
    batches: Sender<usize>,
    outcomes: Receiver<Result<(), CommitError>>,
}

impl View for &HeldEngine {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok(self.rows.get(&(table, Bytes::copy_from_slice(key))).cloned())
    }

    fn range(&self, _: Table, _: &[u8], _: Option<&[u8]>) -> Rows<'_> {
        Box::new(std::iter::empty())
    }
}

impl Engine for HeldEngine {
    type View<'a> = &'a Self;

    fn view(&self) -> &Self {
        self
    }

    fn commit(&mut self, changes: Changes) -> Result<(), CommitError> {
        self.batches.send(changes.table(Table::Log).len()).unwrap();
        self.outcomes.recv().unwrap()?;
        let rows = changes.into_rows();
        self.rows.extend(rows.filter_map(|(table, key, value)| Some(((table, key), value?))));
        Ok(())
    }
}

struct Bench {
    queue: std::sync::Arc<Queue>,
    batches: Receiver<usize>,
    outcomes: Sender<Result<(), CommitError>>,
    committer: JoinHandle<()>,
}

impl Bench {
    fn new() -> Self {
        let queue = std::sync::Arc::new(Queue::default());
        let (to_batches, batches) = channel();
        let (outcomes, from_outcomes) = channel();
        let engine = HeldEngine { rows: BTreeMap::new(), batches: to_batches, outcomes: from_outcomes };
        let committer = {
            let queue = std::sync::Arc::clone(&queue);
            std::thread::spawn(move || run(engine, &queue))
        };
        Self { queue, batches, outcomes, committer }
    }

    fn append(&self) -> Pending<Appended, AppendError> {
        append(&self.queue, vec![Bytes::from_static(b"entry")])
    }
}

fn append(queue: &Queue, entries: Vec<Bytes>) -> Pending<Appended, AppendError> {
    let (reply, answer) = oneshot::channel();
    queue.push(Call::Append(Append::new(STREAM, entries), reply));
    Pending::queued(answer)
}

fn poll(pending: &mut Pending<Appended, AppendError>) -> Poll<Result<Appended, AppendError>> {
    Future::poll(std::pin::Pin::new(pending), &mut Context::from_waker(Waker::noop()))
}

fn wait(pending: Pending<Appended, AppendError>) -> Result<Appended, AppendError> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(pending)
}

const fn failed(error: StoreError) -> Result<Appended, AppendError> {
    Err(AppendError::Store(error))
}

#[test]
fn nothing_is_answered_before_its_batch_is_durable() {
    let bench = Bench::new();
    let mut pending = bench.append();
    assert_eq!(bench.batches.recv().unwrap(), 1);
    assert_eq!(poll(&mut pending), Poll::Pending);
    bench.outcomes.send(Ok(())).unwrap();
    assert_eq!(wait(pending), Ok(Appended { first_seq: 1, last_seq: 1 }));
}

#[test]
fn calls_that_come_during_a_batch_share_the_next_one() {
    let bench = Bench::new();
    let first = bench.append();
    assert_eq!(bench.batches.recv().unwrap(), 1);
    let others: Vec<_> = (0..100).map(|_| bench.append()).collect();
    bench.outcomes.send(Ok(())).unwrap();
    assert_eq!(bench.batches.recv().unwrap(), 100);
    bench.outcomes.send(Ok(())).unwrap();
    assert!(wait(first).is_ok());
    for (seq, pending) in (2..).zip(others) {
        assert_eq!(wait(pending), Ok(Appended { first_seq: seq, last_seq: seq }));
    }
}

#[test]
fn a_refused_batch_fails_its_calls_and_later_ones_succeed() {
    let bench = Bench::new();
    let refused = bench.append();
    bench.outcomes.send(Err(CommitError::Refused(StoreError::Full))).unwrap();
    assert_eq!(wait(refused), failed(StoreError::Full));
    let taken = bench.append();
    bench.outcomes.send(Ok(())).unwrap();
    assert_eq!(wait(taken), Ok(Appended { first_seq: 1, last_seq: 1 }));
}

#[test]
fn after_a_failed_batch_nothing_is_acknowledged_any_more() {
    let bench = Bench::new();
    let lost = bench.append();
    assert_eq!(bench.batches.recv().unwrap(), 1);
    let queued = bench.append();
    let error = StoreError::Io(std::io::ErrorKind::Other);
    bench.outcomes.send(Err(CommitError::Failed(error))).unwrap();
    assert_eq!(wait(lost), failed(error));
    assert_eq!(wait(queued), failed(StoreError::Poisoned));
    assert_eq!(wait(bench.append()), failed(StoreError::Poisoned));
    bench.committer.join().unwrap();
}

#[test]
fn a_committer_that_panics_leaves_nobody_waiting() {
    let bench = Bench::new();
    let lost = bench.append();
    assert_eq!(bench.batches.recv().unwrap(), 1);
    let queued = bench.append();
    drop(bench.outcomes);
    assert_eq!(wait(lost), failed(StoreError::Poisoned));
    assert_eq!(wait(queued), failed(StoreError::Poisoned));
    assert!(bench.committer.join().is_err());
    assert_eq!(wait(append(&bench.queue, vec![])), failed(StoreError::Poisoned));
}

#[test]
fn closing_does_what_is_queued_and_refuses_what_comes_later() {
    let bench = Bench::new();
    let first = bench.append();
    assert_eq!(bench.batches.recv().unwrap(), 1);
    let queued = bench.append();
    bench.queue.close();
    assert_eq!(wait(bench.append()), failed(StoreError::Closed));
    bench.outcomes.send(Ok(())).unwrap();
    bench.outcomes.send(Ok(())).unwrap();
    assert!(wait(first).is_ok());
    assert!(wait(queued).is_ok());
    bench.committer.join().unwrap();
}

#[test]
fn the_queue_is_bounded_in_calls() {
    let queue = Queue::default();
    let mut taken: Vec<_> = (0..QUEUE_CALLS_MAX).map(|_| append(&queue, vec![])).collect();
    assert_eq!(wait(append(&queue, vec![])), failed(StoreError::Overloaded));
    assert!(taken.iter_mut().all(|pending| poll(pending).is_pending()));
    assert!(queue.next_batch().is_some());
    assert!(poll(&mut append(&queue, vec![])).is_pending());
}

#[test]
fn the_queue_is_bounded_in_bytes() {
    let queue = Queue::default();
    let entry = Bytes::from(vec![0; CALL_BYTES_MAX]);
    let fit = QUEUE_BYTES_MAX / CALL_BYTES_MAX - 1;
    let _taken: Vec<_> = (0..fit).map(|_| append(&queue, vec![entry.clone()])).collect();
    assert_eq!(wait(append(&queue, vec![entry.clone()])), failed(StoreError::Overloaded));
    assert_eq!(queue.next_batch().map(|batch| batch.len()), Some(1));
    assert!(poll(&mut append(&queue, vec![entry])).is_pending());
}

//! A disk as a model: what is synced survives a crash, what is not does not.

use crate::error::StoreError;
use crate::limits::{QUEUE_BYTES_MAX, QUEUE_CALLS_MAX};
use crate::overlay::Overlay;
use crate::request::{Call, Decided};
use crate::view::{Changes, Rows, Table, View};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

/// A disk that outlives the stores opened on it, with switches for what can go wrong. Clones are
/// handles to the same disk.
#[derive(Clone, Debug, Default)]
pub struct ModelDisk(Arc<Mutex<Disk>>);

#[derive(Debug, Default)]
struct Disk {
    tables: Tables,
    /// For each row changed since the last sync, what it was before, oldest first.
    unsynced: Vec<(Table, Bytes, Option<Bytes>)>,
    waiting: VecDeque<Call>,
    waiting_bytes: usize,
    /// Only the store of this opening may act; 0 before the first.
    opening: u64,
    closed: bool,
    poisoned: bool,
    held: bool,
    lying: bool,
    full: bool,
    broken: bool,
}

/// Calls that left the disk with the outcome of their batch, to be answered without its lock.
struct Outcome {
    decided: Vec<Decided>,
    result: Result<(), StoreError>,
}

impl Outcome {
    fn answer(self) {
        self.decided.into_iter().for_each(|call| call.settle(self.result));
    }
}

impl ModelDisk {
    /// An empty disk that works.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// While held, calls wait unanswered and undone for [`ModelDisk::sync`], which does them as
    /// one batch. Letting go answers what waits.
    pub fn hold(&self, held: bool) {
        self.lock().held = held;
        if !held {
            self.sync();
        }
    }

    /// Does and answers what waits, and makes all of it survive a crash.
    pub fn sync(&self) {
        let mut disk = self.lock();
        let outcome = disk.commit();
        disk.unsynced.clear();
        drop(disk);
        outcome.answer();
    }

    /// The planted fault "acknowledge before fsync": while lying, calls are answered at once,
    /// but only [`ModelDisk::sync`] makes them survive a crash.
    pub fn lie_about_sync(&self, lying: bool) {
        self.lock().lying = lying;
    }

    /// While full, changes fail with [`StoreError::Full`].
    pub fn fill(&self, full: bool) {
        self.lock().full = full;
    }

    /// While broken, changes fail with [`StoreError::Io`] and poison the store.
    pub fn break_device(&self, broken: bool) {
        self.lock().broken = broken;
    }

    /// The process dies: what waits is never done, what is unsynced is lost, and the store is
    /// closed. Its callers are told so, though the ones of a dead process would learn nothing.
    pub fn crash(&self) {
        let mut disk = self.lock();
        let waiting = disk.shut();
        disk.undo_unsynced();
        drop(disk);
        waiting.into_iter().for_each(|call| call.fail(StoreError::Closed));
    }

    /// As [`ModelDisk::crash`], but what waits has become durable without anyone being told.
    pub fn crash_before_answer(&self) {
        let mut disk = self.lock();
        let outcome = disk.commit();
        disk.shut();
        disk.undo_unsynced();
        drop(disk);
        Outcome { result: Err(StoreError::Closed), ..outcome }.answer();
    }

    pub(super) fn open(&self) -> u64 {
        let mut disk = self.lock();
        let abandoned = disk.shut();
        disk.closed = false;
        disk.poisoned = false;
        disk.opening += 1;
        let opening = disk.opening;
        drop(disk);
        abandoned.into_iter().for_each(|call| call.fail(StoreError::Closed));
        opening
    }

    pub(super) fn close(&self, opening: u64) {
        let mut disk = self.lock();
        if disk.opening != opening || disk.closed {
            return;
        }
        let outcome = disk.commit();
        disk.closed = true;
        drop(disk);
        outcome.answer();
    }

    pub(super) fn submit(&self, opening: u64, call: Call) {
        let mut disk = self.lock();
        if let Err(error) = disk.admit(opening, &call) {
            drop(disk);
            return call.fail(error);
        }
        disk.waiting_bytes += call.cost();
        disk.waiting.push_back(call);
        if disk.held && !disk.lying {
            return;
        }
        let outcome = disk.commit();
        drop(disk);
        outcome.answer();
    }

    pub(super) fn query<T>(
        &self,
        opening: u64,
        read: impl FnOnce(&dyn View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let disk = self.lock();
        disk.check_open(opening)?;
        read(&disk.tables)
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().expect("a panic under the lock is a bug of this crate")
    }
}

impl Disk {
    fn check_open(&self, opening: u64) -> Result<(), StoreError> {
        if self.closed || self.opening != opening { Err(StoreError::Closed) } else { Ok(()) }
    }

    fn admit(&self, opening: u64, call: &Call) -> Result<(), StoreError> {
        self.check_open(opening)?;
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        let fits =
            self.waiting.len() < QUEUE_CALLS_MAX && self.waiting_bytes + call.cost() <= QUEUE_BYTES_MAX;
        if fits { Ok(()) } else { Err(StoreError::Overloaded) }
    }

    /// Decides what waits and applies it as one batch, synced unless the disk lies.
    fn commit(&mut self) -> Outcome {
        self.waiting_bytes = 0;
        let mut batch = Overlay::new(&self.tables);
        let decided = self.waiting.drain(..).map(|call| call.evaluate(&mut batch)).collect();
        let changes = batch.into_changes();
        Outcome { decided, result: self.apply(changes) }
    }

    fn apply(&mut self, changes: Changes) -> Result<(), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        if changes.is_empty() {
            return Ok(());
        }
        if self.full {
            return Err(StoreError::Full);
        }
        if self.broken {
            self.poisoned = true;
            return Err(StoreError::Io(std::io::ErrorKind::Other));
        }
        for (table, key, value) in changes.into_rows() {
            let before = self.tables.set(table, key.clone(), value);
            self.unsynced.push((table, key, before));
        }
        if !self.lying {
            self.unsynced.clear();
        }
        Ok(())
    }

    fn shut(&mut self) -> VecDeque<Call> {
        self.closed = true;
        self.waiting_bytes = 0;
        std::mem::take(&mut self.waiting)
    }

    fn undo_unsynced(&mut self) {
        while let Some((table, key, before)) = self.unsynced.pop() {
            self.tables.set(table, key, before);
        }
    }
}

#[derive(Debug, Default)]
struct Tables([BTreeMap<Bytes, Bytes>; Table::ALL.len()]);

impl Tables {
    /// Sets or deletes a row and returns what it was.
    fn set(&mut self, table: Table, key: Bytes, value: Option<Bytes>) -> Option<Bytes> {
        let rows = &mut self.0[table as usize];
        match value {
            Some(value) => rows.insert(key, value),
            None => rows.remove(&key),
        }
    }
}

impl View for Tables {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0[table as usize].get(key).cloned())
    }

    fn range(&self, table: Table, from: &[u8], to: Option<&[u8]>) -> Rows<'_> {
        if to.is_some_and(|to| to <= from) {
            return Box::new(std::iter::empty());
        }
        let bounds = (Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded));
        let rows = self.0[table as usize].range::<[u8], _>(bounds);
        Box::new(rows.map(|(key, value)| Ok((key.clone(), value.clone()))))
    }
}

impl View for &Tables {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        (**self).get(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: Option<&[u8]>) -> Rows<'_> {
        (**self).range(table, from, to)
    }
}

//! The state machine that hosts drive: one `handle_*` is one step, one step is one transaction.

use crate::{
    api::{Event, Request, RequestId},
    cx::{Cx, Inner},
    db::{self, DbError},
    fault::Fault,
    output::Output,
    requests, session, sync,
};
use asterism_wire::{ErrorCode, Timestamp};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use rusqlite::Connection;
use std::{
    collections::{BTreeSet, VecDeque},
    rc::Rc,
};

/// How long background work rests when the disk is full. Lower: a device connects and fetches again and again what it
/// cannot keep; higher: people who have made room wait.
const FULL_PAUSE_MS: u64 = 30_000;

/// Why the core cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The database is damaged, or was written by a newer version.
    #[error("the local database is damaged or newer than this program")]
    Damaged,
}

impl OpenError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Damaged => ErrorCode::DatabaseDamaged,
        }
    }
}

impl From<DbError> for OpenError {
    fn from(error: DbError) -> Self {
        if error.is_full() { Self::DiskFull } else { Self::Damaged }
    }
}

/// A device of an account. Not `Send`: it lives on the thread that opened it.
pub struct Core {
    cx: Cx,
    ready: VecDeque<Output>,
    stopped: bool,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("stopped", &self.stopped).finish_non_exhaustive()
    }
}

impl Core {
    /// Opens the device's database (empty for a new device). `seed` is 32 fresh random bytes: all randomness of this
    /// core comes from it.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn open(db: Connection, seed: [u8; 32], now: Timestamp) -> Result<Self, OpenError> {
        db.set_prepared_statement_cache_capacity(128);
        db::schema::migrate(&db)?;
        let cx = Inner::new(Rc::new(db), ChaCha20Rng::from_seed(seed), now)?;
        let mut core = Self { cx, ready: VecDeque::new(), stopped: false };
        core.move_log();
        core.begin(now);
        Ok(core)
    }

    /// Is there a registered account?
    #[must_use]
    pub fn has_account(&self) -> bool {
        self.cx.me().is_ok()
    }

    /// The host asks for something; the answer is an [`Output::Response`] with the same id.
    pub fn handle_request(&mut self, now: Timestamp, id: RequestId, request: Request) {
        self.cx.asked.begin(id);
        self.step(now, |cx| {
            let flow = Rc::clone(cx);
            cx.tasks.spawn(async move {
                let answer = flow.asked.for_request(id, Box::pin(requests::answer(&flow, id, request)));
                let result = match answer.await {
                    Ok(answer) => Ok(answer),
                    Err(Fault::Api(error)) => Err(error),
                    Err(Fault::Db(error)) => return flow.fail(error),
                };
                if flow.close(id) {
                    flow.emit(Output::Response { id, result });
                }
            });
        });
    }

    /// The host no longer waits for a request: it gets no answer, and what has not left is taken back. A message
    /// that was sent before is not sent again.
    pub fn handle_cancel(&mut self, now: Timestamp, id: RequestId) {
        self.step(now, |cx| {
            if !cx.take_back(id) {
                return;
            }
            cx.net_look_again();
            if let Err(error) = crate::conversation::send::cancel(cx, id) {
                cx.fail(error);
            }
        });
    }

    /// The connection that [`Output::Connect`] asked for is there.
    pub fn handle_connected(&mut self, now: Timestamp) {
        self.step(now, session::connected);
    }

    /// The connection is gone, or could not be made.
    pub fn handle_disconnected(&mut self, now: Timestamp) {
        self.step(now, session::disconnected);
    }

    /// One binary WebSocket message came.
    pub fn handle_frame(&mut self, now: Timestamp, bytes: &[u8]) {
        self.step(now, |cx| match cx.net_frame(bytes) {
            Ok(Some(push)) => sync::handle_push(cx, push),
            Ok(None) => {}
            Err(_) => cx.emit(Output::Disconnect),
        });
    }

    /// The host hears that there is a network again, or none any more. Only a hint: hosts that hear nothing say
    /// nothing.
    pub fn handle_network(&mut self, now: Timestamp, is_there: bool) {
        self.step(now, |cx| if is_there { cx.network_came() } else { cx.network_went() });
    }

    /// [`Core::next_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.cx.full.get().is_some_and(|until| until <= now) {
            self.begin(now);
        }
        self.step(now, |cx| cx.watch_connection());
    }

    /// The next thing to do; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.ready.pop_front()
    }

    /// When to call [`Core::handle_timeout`], if nothing happens before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Timestamp> {
        if self.stopped {
            return None;
        }
        let cx = &self.cx;
        [cx.tasks.next_timeout(), cx.watch_deadline(), cx.full.get()].into_iter().flatten().min()
    }

    #[cfg(feature = "hostile")]
    pub(crate) fn inner(&self) -> &Cx {
        &self.cx
    }

    /// Takes up what was left, at the start or when there may be room again.
    fn begin(&mut self, now: Timestamp) {
        self.step(now, |cx| {
            if cx.full.take().is_some() && !cx.is_connecting() {
                cx.event(Event::Connection { state: session::without_connection(cx).into() });
            }
            if let Err(error) = session::begin(cx) {
                cx.fail(error);
            }
        });
    }

    fn step(&mut self, now: Timestamp, input: impl FnOnce(&Cx)) {
        if self.stopped {
            return;
        }
        let cx = &self.cx;
        cx.clock.set(now.max(cx.clock.get()));
        let changes = cx.db.total_changes();
        match cx.db.execute_batch("BEGIN") {
            Ok(()) => {
                cx.tasks.wake_timers(cx.now());
                input(cx);
                cx.tasks.run(|| cx.fault().is_some());
            }
            Err(error) => cx.fail(error.into()),
        }
        if cx.fault().is_none()
            && let Err(error) = self.commit()
        {
            cx.fail(error);
        }
        match cx.fault() {
            None => {
                if cx.keys_written.take() {
                    self.move_log();
                }
                self.ready.extend(cx.take_outputs());
                // What was written now has found room.
                if cx.full.get().is_some() && cx.db.total_changes() != changes {
                    cx.full.set(Some(cx.now()));
                }
            }
            Some(code) => self.take_back(code),
        }
    }

    fn commit(&self) -> Result<(), DbError> {
        self.cx.overlay.flush()?;
        self.cx.db.execute_batch("COMMIT")?;
        Ok(())
    }

    /// Moves what is in SQLite's write-ahead log into the database's own file. Of a damaged log SQLite drops everything
    /// from the damage on without a word; keys that are made once must not be lost by that.
    fn move_log(&self) {
        let moved = self.cx.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if moved.is_err() {
            // It is in the log all the same, which is moved another time.
            tracing::debug!("the write-ahead log was not moved");
        }
    }

    /// Nothing of this step may leave, and what is in memory no longer fits what is on disk.
    fn take_back(&mut self, code: ErrorCode) {
        // Fails when SQLite has rolled back already.
        let _ = self.cx.db.execute_batch("ROLLBACK");
        let answered = self.cx.take_outputs().into_iter().filter_map(|output| match output {
            Output::Response { id, .. } => Some(id),
            _ => None,
        });
        let unanswered: BTreeSet<RequestId> = answered.chain(self.cx.asked.open()).collect();
        let again = if code == ErrorCode::DiskFull && self.cx.db.is_autocommit() {
            self.cx.again().map_err(|_| ErrorCode::DatabaseDamaged)
        } else {
            Err(code)
        };
        match again {
            Ok(cx) => self.begin_again(cx, &unanswered),
            Err(code) => self.stop(code),
        }
    }

    /// There was no room for what this step did. As if the process had died before it and was started again: flows that
    /// were under way are gone, and with them the connection. What is in the database can be read, and after a while
    /// it is tried whether there is room.
    fn begin_again(&mut self, cx: Cx, unanswered: &BTreeSet<RequestId>) {
        tracing::warn!("the disk is full");
        let before = std::mem::replace(&mut self.cx, cx);
        before.tasks.clear();
        self.cx.full.set(Some(self.cx.now().plus_ms(FULL_PAUSE_MS)));
        for id in unanswered.difference(&before.cancelled.borrow()) {
            let result = Err(ErrorCode::DiskFull.into());
            self.ready.push_back(Output::Response { id: *id, result });
        }
        let state = session::without_connection(&self.cx).into();
        self.ready.push_back(Output::Event(Event::Connection { state }));
        if before.is_connecting() {
            self.ready.push_back(Output::Disconnect);
        }
    }

    fn stop(&mut self, code: ErrorCode) {
        self.stopped = true;
        self.ready.push_back(Output::Event(Event::Connection { state: "offline".into() }));
        self.ready.push_back(Output::Fatal(code.into()));
    }
}

/// Tasks hold what holds the tasks: without this a core that is put away would keep its database open.
impl Drop for Core {
    fn drop(&mut self) {
        self.cx.tasks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register() -> Request {
        Request::Register {
            server: "http://sim".into(),
            handle: "marie".into(),
            name: "Marie".into(),
            invite_code: None,
        }
    }

    #[test]
    fn the_accounts_keys_do_not_depend_on_the_write_ahead_log() {
        let directory = tempfile::tempdir().unwrap();
        let (path, copy) = (directory.path().join("device.db"), directory.path().join("copy.db"));
        let db = Connection::open(&path).unwrap();
        db.execute_batch("PRAGMA journal_mode = WAL").unwrap();
        let now = Timestamp(1);
        let mut core = Core::open(db, [1; 32], now).unwrap();
        core.handle_request(now, 1, register());
        // Only the file itself, as when nothing of its log can be read.
        std::fs::copy(&path, &copy).unwrap();
        let kept = db::account::load(&Connection::open(&copy).unwrap()).unwrap();
        assert!(kept.is_some_and(|row| row.handle == "marie"));
    }

    #[test]
    fn what_is_taken_back_after_its_answer_leaves_nothing_behind() {
        let now = Timestamp(1);
        let mut core = Core::open(Connection::open_in_memory().unwrap(), [1; 32], now).unwrap();
        core.handle_request(now, 1, Request::WhoAmI);
        assert!(matches!(core.poll_output(), Some(Output::Response { id: 1, .. })));
        core.handle_cancel(now, 1);
        assert!(core.cx.cancelled.borrow().is_empty());

        // Nor does what is taken back before.
        core.handle_request(now, 2, register());
        core.handle_cancel(now, 2);
        assert!(core.cx.cancelled.borrow().is_empty());
        assert!(core.cx.account_row().is_none());
    }
}

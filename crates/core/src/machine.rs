//! The state machine that hosts drive: one `handle_*` is one step, one step is one transaction.

use crate::{
    api::{ApiError, Event, Request, RequestId},
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
use std::{collections::VecDeque, rc::Rc};

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
        db::outbox::forget_requests(&db)?;
        let cx = Inner::new(db, ChaCha20Rng::from_seed(seed), now)?;
        let mut core = Self { cx, ready: VecDeque::new(), stopped: false };
        core.step(now, |cx| {
            if let Ok(me) = cx.me() {
                cx.want_connection(&me.server);
            }
        });
        Ok(core)
    }

    /// Is there a registered account?
    #[must_use]
    pub fn has_account(&self) -> bool {
        self.cx.me().is_ok()
    }

    /// The host asks for something; the answer is an [`Output::Response`] with the same id.
    pub fn handle_request(&mut self, now: Timestamp, id: RequestId, request: Request) {
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
        [self.cx.tasks.next_timeout(), self.cx.watch_deadline()].into_iter().flatten().min()
    }

    #[cfg(feature = "hostile")]
    pub(crate) fn inner(&self) -> &Cx {
        &self.cx
    }

    fn step(&mut self, now: Timestamp, input: impl FnOnce(&Cx)) {
        if self.stopped {
            return;
        }
        let cx = &self.cx;
        cx.clock.set(now.max(cx.clock.get()));
        let begun = cx.db.execute_batch("BEGIN");
        cx.tasks.wake_timers(cx.now());
        input(cx);
        cx.tasks.run();
        let committed = begun.map_err(DbError::from).and_then(|()| self.commit());
        let error = match (committed, cx.fatal()) {
            (Ok(()), None) => {
                self.ready.extend(cx.take_outputs());
                return;
            }
            (Err(error), None) => {
                cx.fail(error);
                cx.fatal().unwrap_or_else(|| ErrorCode::DatabaseDamaged.into())
            }
            (_, Some(error)) => error,
        };
        // Nothing of this step may leave: what is in memory no longer fits what is on disk.
        let _ = cx.db.execute_batch("ROLLBACK");
        drop(cx.take_outputs());
        self.stopped = true;
        self.ready.push_back(Output::Event(Event::Connection { state: "offline".into() }));
        self.ready.push_back(Output::Fatal(ApiError::of(error.code)));
    }

    fn commit(&self) -> Result<(), DbError> {
        if self.cx.fatal().is_some() {
            return Ok(());
        }
        self.cx.overlay.flush()?;
        self.cx.db.execute_batch("COMMIT")?;
        self.cx.overlay.committed();
        Ok(())
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

    #[test]
    fn what_is_taken_back_after_its_answer_leaves_nothing_behind() {
        let now = Timestamp(1);
        let mut core = Core::open(Connection::open_in_memory().unwrap(), [1; 32], now).unwrap();
        core.handle_request(now, 1, Request::WhoAmI);
        assert!(matches!(core.poll_output(), Some(Output::Response { id: 1, .. })));
        core.handle_cancel(now, 1);
        assert!(core.cx.cancelled.borrow().is_empty());

        // Nor does what is taken back before.
        core.handle_request(
            now,
            2,
            Request::Register {
                server: "http://sim".into(),
                handle: "marie".into(),
                name: "Marie".into(),
                invite_code: None,
            },
        );
        core.handle_cancel(now, 2);
        assert!(core.cx.cancelled.borrow().is_empty());
        assert!(core.cx.account_row().is_none());
    }
}

//! A core that hands out what the test puts in, and notes what it is told.

use super::Machine;
use asterism_core::Output;
use asterism_core::api::{Answer, Request, RequestId};
use asterism_wire::Timestamp;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::Notify;

/// What the core was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Request(RequestId),
    Cancel(RequestId),
    Connected,
    Disconnected,
    Frame(Vec<u8>),
    Timeout,
}

/// Clones share one script. The core polls for outputs every few milliseconds, by its timer.
#[derive(Clone, Default)]
pub(crate) struct Script {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    noted: Notify,
}

#[derive(Default)]
struct State {
    outputs: VecDeque<Output>,
    on_cancel: VecDeque<Output>,
    answer_at_once: bool,
    panic_on_request: bool,
    seen: Vec<Seen>,
    timeout: Option<Timestamp>,
    next_poll: Timestamp,
}

const POLL: Duration = Duration::from_millis(2);

impl Script {
    /// Answers each request with `Done` as it comes.
    pub(crate) fn answering() -> Self {
        let script = Self::default();
        script.state(|state| state.answer_at_once = true);
        script
    }

    pub(crate) fn put(&self, output: Output) {
        self.state(|state| state.outputs.push_back(output));
    }

    pub(crate) fn on_cancel(&self, output: Output) {
        self.state(|state| state.on_cancel.push_back(output));
    }

    pub(crate) fn panic_on_request(&self) {
        self.state(|state| state.panic_on_request = true);
    }

    pub(crate) fn set_timeout(&self, from_now: Duration) {
        self.state(|state| state.timeout = Some(after(from_now)));
    }

    pub(crate) fn has_seen(&self, what: &Seen) -> bool {
        self.state(|state| state.seen.contains(what))
    }

    pub(crate) async fn wait_for(&self, what: Seen) {
        loop {
            let noted = self.inner.noted.notified();
            if self.has_seen(&what) {
                return;
            }
            noted.await;
        }
    }

    fn note(&self, what: Seen) {
        self.state(|state| state.seen.push(what));
        self.inner.noted.notify_waiters();
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.inner.state.lock().unwrap())
    }
}

fn after(duration: Duration) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + duration;
    Timestamp(u64::try_from(since.as_millis()).unwrap())
}

impl Machine for Script {
    fn handle_request(&mut self, _: Timestamp, id: RequestId, _: Request) {
        self.note(Seen::Request(id));
        assert!(!self.state(|state| state.panic_on_request), "as the test wants");
        if self.state(|state| state.answer_at_once) {
            self.put(Output::Response { id, result: Ok(Answer::Done {}) });
        }
    }
    fn handle_cancel(&mut self, _: Timestamp, id: RequestId) {
        self.note(Seen::Cancel(id));
        self.state(|state| state.outputs.extend(state.on_cancel.drain(..)));
    }
    fn handle_connected(&mut self, _: Timestamp) {
        self.note(Seen::Connected);
    }
    fn handle_disconnected(&mut self, _: Timestamp) {
        self.note(Seen::Disconnected);
    }
    fn handle_frame(&mut self, _: Timestamp, bytes: &[u8]) {
        self.note(Seen::Frame(bytes.to_vec()));
    }
    fn handle_timeout(&mut self, now: Timestamp) {
        self.state(|state| state.next_poll = after(POLL));
        if self.state(|state| state.timeout.take_if(|deadline| *deadline <= now)).is_some() {
            self.note(Seen::Timeout);
        }
    }
    fn poll_output(&mut self) -> Option<Output> {
        self.state(|state| state.outputs.pop_front())
    }
    fn next_timeout(&self) -> Option<Timestamp> {
        Some(self.state(|state| state.next_poll))
    }
    fn has_account(&self) -> bool {
        false
    }
}

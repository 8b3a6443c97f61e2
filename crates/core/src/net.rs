//! The connection as the flows see it: `call` a request, get its answer, across reconnects.
//!
//! Every request of the protocol may be repeated (idempotency keys, or no effect of their own), so a request
//! whose answer was lost with the connection is sent again on the next one. Nothing leaves for a request of the host
//! that was taken back (`asked.rs`).

use crate::{
    alive::{Alive, Due},
    asked::Weight,
    cx::Inner,
    fault::CallError,
    output::Output,
    task::{Receiver, Sender, Signal, oneshot},
};
use asterism_wire::{
    ErrorCode, Timestamp,
    frame::{self, Answer, ClientFrame, Request, ServerBody, ServerFrame},
    limits,
};
use prost::Message as _;
use std::{cell::RefCell, collections::BTreeMap};

/// First and longest pause before connecting again, milliseconds. Shorter ones load a server that restarts,
/// longer ones keep people waiting.
const RECONNECT_MS_MIN: u64 = 250;
const RECONNECT_MS_MAX: u64 = 60_000;
/// How often a request is repeated when the server is overloaded.
const OVERLOAD_RETRIES_MAX: u32 = 8;
/// The longest `retry_after` that is waited for.
pub(crate) const RETRY_AFTER_MS_MAX: u64 = 30_000;

/// What the server said at the beginning of the connection.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    pub(crate) nonce: Vec<u8>,
    pub(crate) public_url: String,
}

#[derive(Debug, Clone, Default)]
enum Phase {
    #[default]
    Offline,
    Connecting,
    Greeting,
    Greeted(Greeting),
    Online(Greeting),
}

/// The connection's state.
#[derive(Default)]
pub(crate) struct Net {
    state: RefCell<State>,
    changed: Signal,
}

#[derive(Default)]
struct State {
    server: Option<String>,
    phase: Phase,
    next_id: u64,
    pending: BTreeMap<u64, Sender<Result<Answer, frame::Failure>>>,
    alive: Alive,
    attempts: u32,
    retry_not_before: Timestamp,
    /// The server will not have this device any more, or not this version.
    refused: Option<ErrorCode>,
}

impl State {
    fn is_connected(&self) -> bool {
        !matches!(self.phase, Phase::Offline | Phase::Connecting)
    }
}

/// Answers that can be told apart.
pub(crate) trait FromAnswer: Sized {
    fn from_answer(answer: Answer) -> Option<Self>;
}

macro_rules! from_answer {
    ($($variant:ident => $ty:ty),* $(,)?) => {
        $(impl FromAnswer for $ty {
            fn from_answer(answer: Answer) -> Option<Self> {
                match answer { Answer::$variant(value) => Some(value), _ => None }
            }
        })*
    };
}

from_answer! {
    Done => frame::Done,
    Hello => frame::HelloAnswer,
    Authenticated => frame::Authenticated,
    Recovery => frame::Recovery,
    Account => asterism_wire::account::AccountEntry,
    Accounts => frame::Accounts,
    KeyPackageCounts => frame::KeyPackageCounts,
    ClaimedKeyPackages => frame::ClaimedKeyPackages,
    Profiles => frame::Profiles,
    Own => frame::OwnPage,
    Accepted => frame::Accepted,
    Subscribed => frame::Subscribed,
    Entries => frame::Entries,
    JoinInfo => frame::JoinInfo,
    Vault => frame::VaultPage,
    VaultAccepted => frame::VaultAccepted,
    Conversations => frame::Conversations,
    Link => frame::LinkInfo,
    Inbox => frame::InboxPage,
    Deposits => frame::Deposits,
    CommunityStanding => frame::CommunityStanding,
    ChannelKeys => frame::ChannelKeys,
    ChannelTable => frame::ChannelTable,
    Subscribers => frame::Subscribers,
    GroupFacts => frame::GroupFacts,
}

/// Will the server take the same thing some time later?
fn is_busy(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Overloaded | ErrorCode::RateLimited)
}

/// The connection went away before the answer came.
pub(crate) struct Lost;

impl Inner {
    /// From now on there should be a connection to this server.
    pub(crate) fn want_connection(&self, server: &str) {
        let mut state = self.net.state.borrow_mut();
        let same = state.server.as_deref() == Some(server);
        if same && state.refused.is_none() && !matches!(state.phase, Phase::Offline) {
            return;
        }
        let other = state.server.as_deref() != Some(server);
        state.server = Some(server.to_owned());
        state.refused = None;
        if other && !matches!(state.phase, Phase::Offline) {
            // The host says when the old connection is gone; then the new server is connected to.
            self.emit(Output::Disconnect);
        }
        if matches!(state.phase, Phase::Offline) {
            state.phase = Phase::Connecting;
            self.emit(Output::Connect { server: server.to_owned() });
        }
    }

    /// No connection is wanted any more (a registration failed).
    pub(crate) fn drop_connection(&self) {
        let mut state = self.net.state.borrow_mut();
        state.server = None;
        if !matches!(state.phase, Phase::Offline) {
            self.emit(Output::Disconnect);
        }
    }

    pub(crate) fn net_connected(&self) {
        let mut state = self.net.state.borrow_mut();
        state.phase = Phase::Greeting;
        state.next_id = 1;
        state.alive.handle_connected(self.now());
    }

    /// Ends all requests under way and gives the server to connect to again, and when.
    pub(crate) fn net_disconnected(&self) -> Option<(String, Timestamp)> {
        let mut state = self.net.state.borrow_mut();
        state.phase = Phase::Offline;
        let pending = std::mem::take(&mut state.pending);
        state.attempts = state.attempts.saturating_add(1);
        let longest = (RECONNECT_MS_MIN << state.attempts.min(10)).min(RECONNECT_MS_MAX);
        let pause = self.random_below(longest).max(1);
        let at = self.now().plus_ms(pause).max(state.retry_not_before);
        let server = if state.refused.is_some() { None } else { state.server.clone() };
        drop(state);
        drop(pending);
        self.net.changed.notify();
        server.map(|server| (server, at))
    }

    /// The network is there: connects again at once, or looks whether the connection has survived.
    pub(crate) fn network_came(&self) {
        let mut state = self.net.state.borrow_mut();
        match (&state.phase, state.server.clone()) {
            (Phase::Offline, Some(server)) => {
                if state.refused.is_none() && self.now() >= state.retry_not_before {
                    state.attempts = 0;
                    state.phase = Phase::Connecting;
                    self.emit(Output::Connect { server });
                }
            }
            (Phase::Offline | Phase::Connecting, _) => {}
            _ => {
                drop(state);
                self.ask_whether_there();
            }
        }
    }

    /// The network is gone, and with it the connection, which might not say so for a long time.
    pub(crate) fn network_went(&self) {
        if self.is_connecting() {
            self.emit(Output::Disconnect);
        }
    }

    /// Asks a silent server whether it is there, or gives the connection up.
    pub(crate) fn watch_connection(&self) {
        let now = self.now();
        let mut state = self.net.state.borrow_mut();
        if !state.is_connected() {
            return;
        }
        match state.alive.due(now) {
            Due::Nothing => {}
            Due::Ask => {
                drop(state);
                self.ask_whether_there();
            }
            Due::GiveUp => {
                tracing::debug!("the server is silent");
                state.alive.handle_given_up(now);
                self.emit(Output::Disconnect);
            }
        }
    }

    fn ask_whether_there(&self) {
        // Before the greeting nothing else may be asked: what is awaited then is the greeting.
        if !matches!(self.net.state.borrow().phase, Phase::Greeting) {
            drop(self.transmit(Request::Ping(frame::Ping {})));
        }
        self.net.state.borrow_mut().alive.handle_asked(self.now());
    }

    /// When [`Inner::watch_connection`] is due.
    pub(crate) fn watch_deadline(&self) -> Option<Timestamp> {
        let state = self.net.state.borrow();
        state.is_connected().then(|| state.alive.deadline())
    }

    /// Connects again unless something else happened meanwhile.
    pub(crate) fn reconnect(&self, server: &str) {
        let mut state = self.net.state.borrow_mut();
        if matches!(state.phase, Phase::Offline) && state.server.as_deref() == Some(server) {
            state.phase = Phase::Connecting;
            self.emit(Output::Connect { server: server.to_owned() });
        }
    }

    pub(crate) fn set_greeted(&self, greeting: Greeting) {
        self.net.state.borrow_mut().phase = Phase::Greeted(greeting);
        self.net.changed.notify();
    }

    pub(crate) fn set_online(&self) {
        let mut state = self.net.state.borrow_mut();
        if let Phase::Greeted(greeting) = state.phase.clone() {
            state.phase = Phase::Online(greeting);
            state.attempts = 0;
        }
        drop(state);
        self.net.changed.notify();
    }

    /// The server will not have this device; everything that needs it fails with `code`.
    pub(crate) fn set_refused(&self, code: ErrorCode) {
        self.net.state.borrow_mut().refused = Some(code);
        self.net.changed.notify();
        self.emit(Output::Disconnect);
    }

    /// Has the host a connection, or is it making one?
    pub(crate) fn is_connecting(&self) -> bool {
        !matches!(self.net.state.borrow().phase, Phase::Offline)
    }

    pub(crate) fn is_online(&self) -> bool {
        matches!(self.net.state.borrow().phase, Phase::Online(_))
    }

    pub(crate) fn retry_not_before(&self, at: Timestamp) {
        self.net.state.borrow_mut().retry_not_before = at;
    }

    /// Whoever waits for the connection looks again whether it is still wanted.
    pub(crate) fn net_look_again(&self) {
        self.net.changed.notify();
    }

    /// Waits for a greeting, authenticated or not.
    pub(crate) async fn greeted(&self) -> Result<Greeting, CallError> {
        self.wait_phase(Weight::Question, |phase| match phase {
            Phase::Greeted(greeting) | Phase::Online(greeting) => Some(greeting.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until the device is authenticated.
    pub(crate) async fn online(&self) -> Result<Greeting, CallError> {
        self.online_for(Weight::Question).await
    }

    async fn online_for(&self, weight: Weight) -> Result<Greeting, CallError> {
        self.wait_phase(weight, |phase| match phase {
            Phase::Online(greeting) => Some(greeting.clone()),
            _ => None,
        })
        .await
    }

    async fn wait_phase(
        &self,
        weight: Weight,
        pick: impl Fn(&Phase) -> Option<Greeting>,
    ) -> Result<Greeting, CallError> {
        self.net
            .changed
            .wait_for(|| {
                if self.is_too_late(weight) {
                    return Some(Err(CallError::TakenBack));
                }
                let state = self.net.state.borrow();
                if let Some(code) = state.refused {
                    return Some(Err(CallError::Refused(frame::Failure::of(code))));
                }
                pick(&state.phase).map(Ok)
            })
            .await
    }

    /// Asks once, on the present connection.
    pub(crate) async fn call_once<T: FromAnswer>(
        &self,
        request: Request,
    ) -> Result<Result<T, CallError>, Lost> {
        let weight = Weight::of(&request);
        let sent = self.transmit(request).ok_or(Lost)?;
        let left = self.asked.leaves(weight);
        let answer = sent.await.ok_or(Lost)?;
        match answer {
            Ok(answer) => {
                left.was_taken();
                Ok(T::from_answer(answer).ok_or(CallError::Misbehaved))
            }
            Err(failure) => {
                left.was_refused(is_busy(failure.error_code()));
                Ok(Err(CallError::Refused(failure)))
            }
        }
    }

    fn transmit(&self, request: Request) -> Option<Receiver<Result<Answer, frame::Failure>>> {
        let mut state = self.net.state.borrow_mut();
        if !state.is_connected() {
            return None;
        }
        let id = state.next_id;
        state.next_id += 1;
        let (sender, receiver) = oneshot();
        state.pending.insert(id, sender);
        state.alive.handle_sent(self.now());
        self.emit(Output::Transmit(ClientFrame { id, request: Some(request) }.encode_to_vec()));
        Some(receiver)
    }

    /// Asks until there is an answer: across reconnects, and again when the server is overloaded.
    pub(crate) async fn call<T: FromAnswer>(&self, request: Request) -> Result<T, CallError> {
        let mut retries = 0;
        let weight = Weight::of(&request);
        loop {
            self.online_for(weight).await?;
            match self.call_once(request.clone()).await {
                Err(Lost) => {}
                Ok(Err(CallError::Refused(failure)))
                    if is_busy(failure.error_code())
                        && failure.retry_after_ms <= RETRY_AFTER_MS_MAX
                        && retries < OVERLOAD_RETRIES_MAX =>
                {
                    retries += 1;
                    let pause = failure.retry_after_ms.max(100) + self.random_below(100 << retries);
                    self.sleep_ms(pause).await;
                }
                Ok(result) => return result,
            }
        }
    }

    /// Sends something whose answer nobody waits for.
    pub(crate) fn tell(&self, request: Request) {
        if self.is_online() {
            drop(self.transmit(request));
        }
    }

    /// Takes one WebSocket message; gives back a push.
    ///
    /// `Err` when it is not a frame: then the connection is worth nothing.
    pub(crate) fn net_frame(
        &self,
        bytes: &[u8],
    ) -> Result<Option<frame::Happened>, asterism_wire::DecodeError> {
        if bytes.len() > limits::FRAME_BYTES_MAX {
            return Err(asterism_wire::DecodeError::OutOfRange);
        }
        let body = ServerFrame::decode(bytes)?.body;
        let mut state = self.net.state.borrow_mut();
        let sender = match &body {
            Some(ServerBody::Response(response)) => state.pending.remove(&response.id),
            _ => None,
        };
        let awaits = !state.pending.is_empty();
        state.alive.handle_heard(self.now(), awaits);
        drop(state);
        match body {
            Some(ServerBody::Push(push)) => Ok(push.happened),
            Some(ServerBody::Response(response)) => {
                if let Some(sender) = sender {
                    sender.send(match response.answer {
                        Some(Answer::Failure(failure)) => Err(failure),
                        Some(answer) => Ok(answer),
                        // An answer that this version does not know is as good as a wrong one.
                        None => Err(frame::Failure::of(ErrorCode::ServerMisbehaved)),
                    });
                }
                Ok(None)
            }
            None => Err(asterism_wire::DecodeError::Missing),
        }
    }
}

//! Several requests of one connection at a time.
//!
//! Requests begin in the order sent. What a conversation does with one is decided by when that request
//! first asks it, which is when it begins; so those about one conversation take effect in that order
//! (docs/protocol.md §1.3). Those that say who is asking, or what is to be pushed, run alone.

use crate::{Session, connection::ANSWER_BYTES_MAX, encode};
use asterism_wire::{
    ErrorCode,
    frame::{Answer, ClientFrame, Failure, Request},
    limits::FRAME_BYTES_MAX,
};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, poll_immediate},
    stream::FuturesUnordered,
};
use std::panic::AssertUnwindSafe;

/// Weight of the requests of one connection that may run at a time: so many small ones, or fewer of those
/// with large answers. Higher: one connection can keep more of the server's memory.
const WEIGHT_MAX: usize = 32;

/// Weight of a request whose answer may be a megabyte or a little more.
const WEIGHT_LARGE: usize = 4;

/// Weight of a request whose answer may be as large as a frame.
const WEIGHT_HUGE: usize = 11;

/// The answers to all that run at a time fit the connection's queue, so that a client is not closed for
/// what it was let ask.
const _: () = assert!(WEIGHT_MAX.div_ceil(WEIGHT_HUGE) * FRAME_BYTES_MAX <= ANSWER_BYTES_MAX);

/// Bytes of a request that weigh as much as one small request.
const BYTES_PER_WEIGHT: usize = 128 * 1024;

/// The requests that run.
pub(super) struct Pipeline<'a> {
    session: &'a Session,
    running: FuturesUnordered<BoxFuture<'a, usize>>,
    weight: usize,
    /// Whether the one that runs runs alone.
    is_alone: bool,
    /// To run alone when all others have ended.
    held: Option<BoxFuture<'a, usize>>,
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(session: &'a Session) -> Self {
        Self { session, running: FuturesUnordered::new(), weight: 0, is_alone: false, held: None }
    }

    /// Whether another request may come.
    pub(super) fn has_room(&self) -> bool {
        self.weight < WEIGHT_MAX && !self.is_alone && self.held.is_none()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Begins a request, or holds it until it can be alone. Does not wait for it.
    pub(super) async fn accept(&mut self, frame: ClientFrame, bytes: usize) {
        let weight = weight(frame.request.as_ref(), bytes);
        self.weight += weight;
        let alone = runs_alone(frame.request.as_ref());
        let request = handle(self.session, frame, weight).boxed();
        if alone && !self.is_idle() {
            self.held = Some(request);
        } else {
            self.is_alone = alone;
            self.begin(request).await;
        }
    }

    /// Waits until a request has ended. Not to be called when idle.
    pub(super) async fn progress(&mut self) {
        if let Some(weight) = self.running.next().await {
            self.end(weight);
        }
        if self.is_idle()
            && let Some(request) = self.held.take()
        {
            self.is_alone = true;
            self.begin(request).await;
        }
    }

    async fn begin(&mut self, mut request: BoxFuture<'a, usize>) {
        match poll_immediate(&mut request).await {
            Some(weight) => self.end(weight),
            None => self.running.push(request),
        }
    }

    fn end(&mut self, weight: usize) {
        self.weight -= weight;
        self.is_alone = false;
    }
}

/// A request that panics is a bug; others of the same connection need not fall with it.
async fn handle(session: &Session, frame: ClientFrame, weight: usize) -> usize {
    let id = frame.id;
    if AssertUnwindSafe(session.handle(frame)).catch_unwind().await.is_err() {
        tracing::error!("a request panicked");
        let failure = Failure::of(ErrorCode::Internal);
        session.connection().answer(encode::answer(id, Answer::Failure(failure)));
    }
    weight
}

fn runs_alone(request: Option<&Request>) -> bool {
    matches!(
        request,
        Some(
            Request::Hello(_)
                | Request::Register(_)
                | Request::Authenticate(_)
                | Request::AddDevice(_)
                | Request::Subscribe(_)
        )
    )
}

fn weight(request: Option<&Request>, bytes: usize) -> usize {
    let by_answer = match request {
        Some(Request::GetProfiles(_)) => WEIGHT_HUGE,
        Some(
            Request::LookupAccounts(_)
            | Request::ClaimKeyPackages(_)
            | Request::GetLink(_)
            | Request::Fetch(_)
            | Request::GetJoinInfo(_)
            | Request::GetVault(_)
            | Request::GetOwn(_)
            | Request::FetchInbox(_)
            | Request::GetDeposits(_)
            | Request::FetchCommunity(_)
            | Request::GetChannelTable(_)
            | Request::GetSubscribers(_)
            | Request::GetCommunityVault(_),
        ) => WEIGHT_LARGE,
        _ => 1,
    };
    by_answer.max(1 + bytes / BYTES_PER_WEIGHT)
}

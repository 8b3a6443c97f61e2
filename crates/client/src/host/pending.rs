//! The requests that callers wait for.

use super::Reply;
use crate::patience::Patience;
use asterism_core::api::{Answer, ApiError, RequestId};
use std::collections::HashMap;
use tokio::time::Instant;

/// By id. An answer to a request that is not here is dropped: nobody waits for it.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: HashMap<RequestId, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    reply: Reply,
    /// `None` when it is too far off for the clock.
    deadline: Option<Instant>,
    unless_unreachable: bool,
    /// It is being taken back, for this reason: any other failure now only says that it was.
    cancelled: Option<ApiError>,
}

impl Requests {
    pub(super) fn insert(&mut self, id: RequestId, patience: Patience, reply: Reply) {
        let deadline = Instant::now().checked_add(patience.timeout);
        let unless_unreachable = patience.unless_unreachable;
        self.waiting.insert(id, Waiting { reply, deadline, unless_unreachable, cancelled: None });
    }

    pub(super) fn contains(&self, id: RequestId) -> bool {
        self.waiting.contains_key(&id)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiting.values().filter_map(|waiting| waiting.deadline).min()
    }

    pub(super) fn overdue(&self, now: Instant) -> Vec<RequestId> {
        self.ids(|waiting| waiting.deadline.is_some_and(|deadline| deadline <= now))
    }

    pub(super) fn unless_unreachable(&self) -> Vec<RequestId> {
        self.ids(|waiting| waiting.unless_unreachable)
    }

    fn ids(&self, wanted: impl Fn(&Waiting) -> bool) -> Vec<RequestId> {
        self.waiting.iter().filter(|(_, waiting)| wanted(waiting)).map(|(id, _)| *id).collect()
    }

    /// From here on this is the answer, unless the request succeeds.
    pub(super) fn cancel(&mut self, id: RequestId, why: &ApiError) {
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.cancelled = Some(why.clone());
        }
    }

    pub(super) fn answer(&mut self, id: RequestId, result: Result<Answer, ApiError>) {
        if let Some(mut waiting) = self.waiting.remove(&id) {
            let cancelled = waiting.cancelled.take();
            waiting.answer(result.map_err(|error| cancelled.unwrap_or(error)));
        }
    }

    pub(super) fn refuse_all(&mut self, error: &ApiError) {
        for (_, waiting) in self.waiting.drain() {
            waiting.answer(Err(error.clone()));
        }
    }
}

impl Waiting {
    fn answer(self, result: Result<Answer, ApiError>) {
        // Fails when the caller is no longer there.
        let _ = self.reply.send(result);
    }
}

//! The answer to a call that is in the store's queue.

use crate::error::StoreError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// Waits for the answer to a call that was queued when this future was made. Needs no runtime;
/// dropping it does not take the call back.
#[derive(Debug)]
#[must_use = "the call is queued, but only the answer says whether it happened"]
pub struct Pending<T, E> {
    answer: Answer<T, E>,
}

#[derive(Debug)]
enum Answer<T, E> {
    /// Refused before it was queued; `None` once handed out.
    Refused(Option<E>),
    Queued(oneshot::Receiver<Result<T, E>>),
}

impl<T, E> Pending<T, E> {
    pub(crate) fn refused(error: impl Into<E>) -> Self {
        Self { answer: Answer::Refused(Some(error.into())) }
    }

    pub(crate) fn queued(receiver: oneshot::Receiver<Result<T, E>>) -> Self {
        Self { answer: Answer::Queued(receiver) }
    }
}

impl<T, E: Unpin + From<StoreError>> Future for Pending<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.answer {
            Answer::Refused(error) => {
                Poll::Ready(Err(error.take().expect("polled again after it was ready")))
            }
            // A call that nobody answers went down with the committer.
            Answer::Queued(receiver) => Pin::new(receiver)
                .poll(cx)
                .map(|answer| answer.unwrap_or_else(|_| Err(StoreError::Poisoned.into()))),
        }
    }
}

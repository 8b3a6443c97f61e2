//! What happens on a device, for those who follow.

use asterism_core::api::{ApiError, Event};
use tokio::sync::broadcast;

/// Events that wait for a follower. Higher: more memory for one that is slow. Lower: it misses some earlier.
pub(crate) const EVENTS_MAX: usize = 1_024;

/// What a follower hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something happened.
    Event(Box<Event>),
    /// More happened than was kept for this follower: ask for what is of interest.
    Missed,
    /// The device cannot go on, and nothing more will happen.
    Stopped(ApiError),
}

/// The events since this was made. Dropping it ends following.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<Notice>,
}

impl Events {
    /// Of who sends them; without anybody, there are none.
    pub(crate) fn of(sender: &broadcast::WeakSender<Notice>) -> Self {
        let sender = sender.upgrade().unwrap_or_else(|| broadcast::Sender::new(1));
        Self { receiver: sender.subscribe() }
    }

    /// The next one; `None` when the device is closed. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Notice> {
        match self.receiver.recv().await {
            Ok(notice) => Some(notice),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Notice::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_follower_is_told_that_it_missed_something() {
        let sender = broadcast::Sender::new(1);
        let mut events = Events::of(&sender.downgrade());
        let event = |state: &str| Notice::Event(Box::new(Event::Connection { state: state.into() }));
        sender.send(event("online")).unwrap();
        sender.send(event("offline")).unwrap();
        drop(sender);
        assert_eq!(events.next().await, Some(Notice::Missed));
        assert_eq!(events.next().await, Some(event("offline")));
        assert_eq!(events.next().await, None);
    }
}

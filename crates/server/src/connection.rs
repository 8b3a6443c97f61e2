//! What the server says to one connection: a bounded queue between whoever has something to say and
//! the one who writes to the socket (docs/protocol.md §1.4).
//!
//! Owns the limits and what happens at them. Knows no socket: the edge drains an [`Outgoing`] into
//! one, tests and simulators read it directly.

mod queue;

use asterism_wire::ids::ConversationId;
use bytes::Bytes;
use queue::Queue;
use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;

/// Pushes waiting for one connection. Higher: a client may pause for longer before it has to fetch,
/// and a slow one holds more memory.
pub const PUSH_FRAMES_MAX: usize = 256;
/// Bytes of pushes waiting for one connection; as [`PUSH_FRAMES_MAX`]. One larger push goes alone.
pub const PUSH_BYTES_MAX: usize = 256 * 1024;
/// Answers waiting for one connection. The edge stops reading requests long before.
pub const ANSWER_FRAMES_MAX: usize = 1_024;
/// Bytes of answers waiting for one connection: room for all the large ones that the edge lets a client
/// ask for at a time.
pub const ANSWER_BYTES_MAX: usize = 3 * asterism_wire::limits::FRAME_BYTES_MAX;
/// Conversations that can be waiting for their `Behind`. A connection with more is closed; its
/// device will ask where everything stands when it comes back.
pub const BEHIND_MAX: usize = 4_096;

/// How much may wait for a connection.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// See [`PUSH_FRAMES_MAX`].
    pub push_frames: usize,
    /// See [`PUSH_BYTES_MAX`].
    pub push_bytes: usize,
    /// See [`ANSWER_FRAMES_MAX`].
    pub answer_frames: usize,
    /// See [`ANSWER_BYTES_MAX`].
    pub answer_bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self {
            push_frames: PUSH_FRAMES_MAX,
            push_bytes: PUSH_BYTES_MAX,
            answer_frames: ANSWER_FRAMES_MAX,
            answer_bytes: ANSWER_BYTES_MAX,
        }
    }
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client sent what the protocol does not allow: WebSocket status 1008.
    Violation,
    /// The client does not read what it asked for: 1013.
    Slow,
    /// The device has come back on newer connections: 1000.
    Replaced,
    /// The server goes down; what is queued is still written: 1012.
    Restart,
    /// The peer is gone: there is nobody to tell.
    Gone,
}

/// The sending side. Clones are the same connection.
#[derive(Clone)]
pub struct Connection(Arc<Shared>);

/// The draining side; there is one.
#[derive(Debug)]
pub struct Outgoing(Connection);

/// What the drain is given.
#[derive(Debug, PartialEq, Eq)]
pub enum Drained {
    /// Encoded `ServerFrame`s in order, to be written and flushed together.
    Frames(VecDeque<Bytes>),
    /// Nothing more will come.
    Closed(CloseReason),
}

struct Shared {
    id: u64,
    queue: Mutex<Queue>,
    /// The queue has something for the drain.
    filled: Notify,
    /// The drain took answers, or the connection was closed.
    progressed: Notify,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Connection {
    /// A connection with its drain.
    #[must_use]
    pub fn new(limits: QueueLimits) -> (Self, Outgoing) {
        let connection = Self(Arc::new(Shared {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            queue: Mutex::new(Queue::new(limits)),
            filled: Notify::new(),
            progressed: Notify::new(),
        }));
        (connection.clone(), Outgoing(connection))
    }

    /// A connection without a socket that holds up to `capacity` pushes.
    #[must_use]
    pub fn for_test(capacity: usize) -> (Self, Outgoing) {
        Self::new(QueueLimits { push_frames: capacity, ..QueueLimits::default() })
    }

    /// Unique in this process, growing.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// Queues a pushed entry. When it does not fit it is dropped and remembered: once there is room,
    /// one `Behind` with the highest such `seq` takes the place of all that were dropped. False when
    /// it was dropped.
    pub fn push_entry(&self, conversation: ConversationId, seq: u64, frame: Bytes) -> bool {
        self.change(|queue| queue.push_entry(conversation, seq, frame))
    }

    /// Queues a signal, or drops it when there is no room.
    pub fn push_signal(&self, frame: Bytes) -> bool {
        self.change(|queue| queue.push(frame))
    }

    /// Queues an inbox item, or drops it when there is no room: the device also fetches its inbox.
    pub fn push_inbox(&self, frame: Bytes) -> bool {
        self.change(|queue| queue.push(frame))
    }

    /// Queues an answer. When it does not fit, the connection is closed.
    pub fn answer(&self, frame: Bytes) -> bool {
        self.change(|queue| queue.answer(frame))
    }

    /// Ends the connection. The first reason stays. What is queued is still written, except when the
    /// client is [`CloseReason::Slow`] or [`CloseReason::Gone`].
    pub fn close(&self, reason: CloseReason) {
        self.change(|queue| queue.close(reason));
    }

    /// Why it was closed, if it was. A closed connection takes nothing more and may be forgotten.
    #[must_use]
    pub fn closed(&self) -> Option<CloseReason> {
        self.queue().closed()
    }

    /// Bytes of answers that wait to be written.
    #[must_use]
    pub fn answer_bytes(&self) -> usize {
        self.queue().answer_bytes()
    }

    /// Waits until the drain takes answers or the connection is closed. May return early.
    pub async fn progressed(&self) {
        self.0.progressed.notified().await;
    }

    fn change<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queue = self.queue();
        let was_closed = queue.closed().is_some();
        let result = change(&mut queue);
        let closes = !was_closed && queue.closed().is_some();
        drop(queue);
        self.0.filled.notify_one();
        if closes {
            self.0.progressed.notify_one();
        }
        result
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Connection {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Connection {}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.0.id)
    }
}

impl Outgoing {
    /// Waits for something to write.
    pub async fn next(&mut self) -> Drained {
        loop {
            if let Some(drained) = self.try_next() {
                return drained;
            }
            self.0.0.filled.notified().await;
        }
    }

    /// What there is to write now.
    pub fn try_next(&mut self) -> Option<Drained> {
        let mut queue = self.0.queue();
        let takes_answers = queue.answer_bytes() > 0;
        let drained = queue.drain();
        drop(queue);
        if takes_answers {
            self.0.0.progressed.notify_one();
        }
        drained
    }
}

/// Nobody writes any more.
impl Drop for Outgoing {
    fn drop(&mut self) {
        self.0.close(CloseReason::Gone);
    }
}

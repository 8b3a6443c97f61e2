//! The conversations or communities that are in memory, and a bound on them. Each is a task of its own; requests
//! about it are queued in the order of the calls.
//!
//! Anybody may ask for any id. So a task counts, and takes another one's place, only once it has something in memory
//! ([`Place::is_given_up`]); one that never does ends as soon as it has answered.

use crate::failure;
use asterism_wire::{ErrorCode, frame::Failure, ids::ConversationId};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::sync::mpsc;

/// Requests waiting for one conversation. Higher: a storm of them is worked off instead of being sent away
/// to come back.
const QUEUE_MAX: usize = 4_096;
/// After this long a client may come back to a conversation whose queue is full.
const RETRY_MS: u64 = 500;

/// What is in memory: begins a task for each.
pub(crate) trait Worker: Sized {
    /// What is asked.
    type Job: Debug + Send;
    /// What all share.
    type Shared: Debug + Send + Sync;

    /// Begins the task of a log. It ends when nobody can ask any more, or when its place says so.
    fn start(id: ConversationId, shared: Arc<Self::Shared>, place: Place<Self>);
}

/// A task's place in the registry, with what it is asked.
#[derive(Debug)]
pub(crate) struct Place<K: Worker> {
    id: ConversationId,
    registry: Weak<Registry<K>>,
    queue: mpsc::Receiver<Message<K::Job>>,
    /// Has there been something in memory?
    is_kept: bool,
}

impl<K: Worker> Place<K> {
    /// The next message; none when nobody can ask any more.
    pub(crate) async fn recv(&mut self) -> Option<Message<K::Job>> {
        self.queue.recv().await
    }

    /// After each answer: whether the task is to end, because it has never had anything in memory.
    pub(crate) fn is_given_up(&mut self, has_something: bool) -> bool {
        if !self.is_kept && has_something {
            self.is_kept = true;
            if let Some(all) = self.registry.upgrade() {
                all.keep(self.id);
            }
        }
        !self.is_kept && self.leave()
    }

    /// The task wants to end: whether it may, because nothing has come for it meanwhile.
    pub(crate) fn leave(&self) -> bool {
        self.registry.upgrade().is_none_or(|all| all.leave(self.id, &self.queue))
    }
}

/// What a task is sent.
#[derive(Debug)]
pub(crate) enum Message<J> {
    /// A request.
    Job(J),
    /// End, if nothing else is waiting.
    Retire,
}

#[derive(Debug)]
pub(crate) struct Registry<K: Worker> {
    shared: Arc<K::Shared>,
    /// Tasks at a time that have something in memory.
    live_max: usize,
    /// For the tasks, so that they end when nobody else holds the registry.
    own: Weak<Self>,
    live: Mutex<Live<K::Job>>,
}

#[derive(Debug)]
struct Live<J> {
    tasks: HashMap<ConversationId, Task<J>>,
    /// By when they were last used. Invariant: one for each task that has something in memory, under its `used`.
    order: BTreeMap<u64, ConversationId>,
    clock: u64,
}

#[derive(Debug)]
struct Task<J> {
    messages: mpsc::Sender<Message<J>>,
    /// None while it has nothing in memory.
    used: Option<u64>,
}

impl<J> Default for Live<J> {
    fn default() -> Self {
        Self { tasks: HashMap::new(), order: BTreeMap::new(), clock: 0 }
    }
}

impl<K: Worker> Registry<K> {
    pub(crate) fn new(shared: Arc<K::Shared>, live_max: usize) -> Arc<Self> {
        Arc::new_cyclic(|own| Self { shared, live_max, own: own.clone(), live: Mutex::default() })
    }

    pub(crate) fn shared(&self) -> &Arc<K::Shared> {
        &self.shared
    }

    /// Queues a message for one, whose task is begun if there is none.
    pub(crate) fn send(&self, conversation: ConversationId, message: Message<K::Job>) -> Result<(), Failure> {
        let mut live = self.live();
        // A task that panicked is a bug; the conversation need not be lost with it.
        if live.tasks.get(&conversation).is_some_and(|task| task.messages.is_closed()) {
            live.remove(conversation);
        }
        live.tasks.entry(conversation).or_insert_with(|| {
            let (messages, queue) = mpsc::channel(QUEUE_MAX);
            let place = Place { id: conversation, registry: self.own.clone(), queue, is_kept: false };
            K::start(conversation, Arc::clone(&self.shared), place);
            Task { messages, used: None }
        });
        if live.is_kept(conversation) {
            live.touch(conversation);
            live.retire_surplus(self.live_max);
        }
        let task = live.tasks.get(&conversation).expect("it was entered above");
        task.messages.try_send(message).map_err(|_| failure::retry_after(ErrorCode::Overloaded, RETRY_MS))
    }

    /// A task has something in memory from now on, until it leaves.
    fn keep(&self, conversation: ConversationId) {
        let mut live = self.live();
        live.touch(conversation);
        live.retire_surplus(self.live_max);
    }

    /// Is there a task for it?
    pub(crate) fn has(&self, conversation: ConversationId) -> bool {
        self.live().tasks.contains_key(&conversation)
    }

    /// Removes one whose task wants to end, unless something came for it meanwhile.
    fn leave(&self, conversation: ConversationId, queue: &mpsc::Receiver<Message<K::Job>>) -> bool {
        let mut live = self.live();
        if !queue.is_empty() {
            return false;
        }
        live.remove(conversation);
        true
    }

    /// How many are in memory.
    pub(crate) fn len(&self) -> usize {
        self.live().tasks.len()
    }

    fn live(&self) -> MutexGuard<'_, Live<K::Job>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> Live<J> {
    fn is_kept(&self, conversation: ConversationId) -> bool {
        self.tasks.get(&conversation).is_some_and(|task| task.used.is_some())
    }

    fn touch(&mut self, conversation: ConversationId) {
        self.clock += 1;
        if let Some(task) = self.tasks.get_mut(&conversation) {
            if let Some(before) = task.used.replace(self.clock) {
                self.order.remove(&before);
            }
            self.order.insert(self.clock, conversation);
        }
    }

    fn remove(&mut self, conversation: ConversationId) {
        if let Some(used) = self.tasks.remove(&conversation).and_then(|task| task.used) {
            self.order.remove(&used);
        }
    }

    fn retire_surplus(&mut self, live_max: usize) {
        if self.order.len() > live_max {
            self.retire_oldest();
        }
    }

    /// Asks the one that was not used for longest to end. A busy one that does not is asked again when it
    /// is the oldest again.
    fn retire_oldest(&mut self) {
        let Some((_, &conversation)) = self.order.first_key_value() else { return };
        if let Some(task) = self.tasks.get(&conversation) {
            // A full queue means that it is in use.
            let _ = task.messages.try_send(Message::Retire);
        }
        self.touch(conversation);
    }
}

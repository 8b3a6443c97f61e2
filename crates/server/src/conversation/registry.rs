//! The conversations that are in memory, and a bound on them. Each is a task of its own; requests about it
//! are queued in the order of the calls.

use super::{
    actor::{Actor, Message},
    shared::Shared,
};
use crate::failure;
use asterism_wire::{ErrorCode, frame::Failure, ids::ConversationId};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::sync::mpsc;

/// Requests waiting for one conversation. Higher: a storm of them is worked off instead of being sent away
/// to come back.
const QUEUE_MAX: usize = 4_096;
/// After this long a client may come back to a conversation whose queue is full.
const RETRY_MS: u64 = 500;

#[derive(Debug)]
pub(super) struct Registry {
    shared: Arc<Shared>,
    /// For the tasks, so that they end when nobody else holds the registry.
    own: Weak<Registry>,
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    tasks: HashMap<ConversationId, Task>,
    /// By when they were last used. Invariant: one for each task, under its `used`.
    order: BTreeMap<u64, ConversationId>,
    clock: u64,
}

#[derive(Debug)]
struct Task {
    messages: mpsc::Sender<Message>,
    used: u64,
}

impl Registry {
    pub(super) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new_cyclic(|own| Self { shared, own: own.clone(), live: Mutex::default() })
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Queues a message for a conversation, which is brought into memory if it is not there.
    pub(super) fn send(&self, conversation: ConversationId, message: Message) -> Result<(), Failure> {
        let mut live = self.live();
        // A task that panicked is a bug; the conversation need not be lost with it.
        if live.tasks.get(&conversation).is_some_and(|task| task.messages.is_closed()) {
            live.remove(conversation);
        }
        live.tasks.entry(conversation).or_insert_with(|| {
            let (messages, queue) = mpsc::channel(QUEUE_MAX);
            tokio::spawn(Actor::new(conversation, Arc::clone(&self.shared), self.own.clone(), queue).run());
            Task { messages, used: 0 }
        });
        live.touch(conversation);
        if live.tasks.len() > self.shared.config.live_max {
            live.retire_oldest();
        }
        let task = live.tasks.get(&conversation).expect("it was entered above");
        task.messages.try_send(message).map_err(|_| failure::retry_after(ErrorCode::Overloaded, RETRY_MS))
    }

    /// Removes a conversation whose task wants to end, unless something came for it meanwhile.
    pub(super) fn leave(&self, conversation: ConversationId, queue: &mpsc::Receiver<Message>) -> bool {
        let mut live = self.live();
        if !queue.is_empty() {
            return false;
        }
        live.remove(conversation);
        true
    }

    /// How many conversations are in memory.
    pub(super) fn len(&self) -> usize {
        self.live().tasks.len()
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    fn touch(&mut self, conversation: ConversationId) {
        self.clock += 1;
        if let Some(task) = self.tasks.get_mut(&conversation) {
            self.order.remove(&task.used);
            task.used = self.clock;
            self.order.insert(self.clock, conversation);
        }
    }

    fn remove(&mut self, conversation: ConversationId) {
        if let Some(task) = self.tasks.remove(&conversation) {
            self.order.remove(&task.used);
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

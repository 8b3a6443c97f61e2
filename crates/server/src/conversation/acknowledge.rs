//! How far devices have read, for the operator's view of retention. Kept lazily: each device keeps its own
//! cursor, so nothing is lost with what is not stored yet.

use super::{
    Conversations,
    op::Op,
    records::{self, keys},
};
use crate::caller::Caller;
use asterism_store::{Store as _, Version, Write};
use asterism_wire::{
    frame::{AcknowledgeEntries, Done, Failure},
    ids::{ConversationId, DeviceId, Seq, Timestamp},
};
use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long acknowledgements are gathered before they are stored, milliseconds. Higher: fewer writes.
const FLUSH_AFTER_MS: u64 = 30_000;
/// Acknowledgements gathered at a time; beyond that they are dropped, and the next one of the device counts.
const GATHERED_MAX: usize = 65_536;

/// Acknowledgements that are not stored yet.
#[derive(Debug, Default)]
pub(super) struct Acknowledged(Mutex<Gathered>);

#[derive(Debug, Default)]
struct Gathered {
    up_to: BTreeMap<(ConversationId, DeviceId), Seq>,
    flush_at: Option<Timestamp>,
}

impl Acknowledged {
    /// When there is something to store.
    pub(super) fn next_flush(&self) -> Option<Timestamp> {
        self.gathered().flush_at
    }

    fn note(&self, conversation: ConversationId, device: DeviceId, up_to: Seq, now: Timestamp) {
        let mut gathered = self.gathered();
        let key = (conversation, device);
        if gathered.up_to.len() < GATHERED_MAX || gathered.up_to.contains_key(&key) {
            let known = gathered.up_to.entry(key).or_default();
            *known = up_to.max(*known);
            gathered.flush_at.get_or_insert(now.plus_ms(FLUSH_AFTER_MS));
        }
    }

    fn take(&self, now: Timestamp) -> BTreeMap<(ConversationId, DeviceId), Seq> {
        let mut gathered = self.gathered();
        if gathered.flush_at.is_none_or(|at| now < at) {
            return BTreeMap::new();
        }
        gathered.flush_at = None;
        std::mem::take(&mut gathered.up_to)
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Conversations {
    /// The caller has read up to a position.
    ///
    /// # Errors
    /// `not_a_member`, `malformed`, or when the store fails.
    pub fn acknowledge_entries(
        &self,
        caller: &Caller,
        request: AcknowledgeEntries,
    ) -> impl Future<Output = Result<Done, Failure>> + Send + use<> {
        let asked = super::conversation_id(&request.conversation)
            .map(|id| (id, self.ask(id, Op::Access(caller.clone()))));
        let (conversations, device) = (self.clone(), caller.device);
        async move {
            let (id, answer) = asked?;
            let access = answer.await?.access()?;
            let up_to = access.membership.last_readable(access.head).min(Seq(request.up_to));
            let shared = conversations.shared();
            shared.acknowledged.note(id, device, up_to, shared.clock.now());
            Ok(Done {})
        }
    }

    /// Stores what was gathered, when it is time. What cannot be stored is forgotten.
    pub(super) async fn flush_acknowledged(&self, now: Timestamp) {
        let gathered = self.shared().acknowledged.take(now);
        if gathered.is_empty() {
            return;
        }
        let write = |((conversation, device), up_to): ((ConversationId, DeviceId), Seq)| Write {
            key: keys::read_up_to(conversation, device),
            expect: Version::Any,
            value: Some(records::number_bytes(up_to.0)),
        };
        let writes: Vec<_> = gathered.into_iter().map(write).collect();
        if let Err(error) = self.shared().store.write(writes).await {
            tracing::warn!(%error, "acknowledgements were not stored");
        }
    }
}

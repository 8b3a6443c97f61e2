//! Conversations: logs of ciphertext with one order, the public side of their MLS groups, vaults, inboxes
//! (docs/protocol.md §4, §5, §7). One operation per file.
//!
//! Owns everything that the server keeps of a conversation; `records` says under which keys. Each conversation
//! that is in memory is a task (`actor`) that decides requests one after the other and lets their appends
//! become durable together. What is in memory can be read from the store again at any time.
//!
//! It knows no sockets and does not sleep: who is connected is [`Online`]'s matter, time is the [`Clock`]'s,
//! and somebody calls [`Conversations::tick`]. It sees no plaintext and no key that opens any.

mod access;
mod acknowledge;
mod actor;
mod batch;
pub(crate) mod bundle;
mod commit_writes;
mod create;
mod deadlines;
mod effects;
mod ephemeral;
pub(crate) mod facts;
mod idempotency;
mod inbox;
mod join_info;
pub(crate) mod link;
mod list;
mod live;
mod load;
mod op;
mod outsider;
mod past_trees;
mod ranges;
mod receipts;
pub mod records;
mod refusals;
mod send;
mod shared;
mod submit_commit;
mod throttle;
mod trim;
pub(crate) mod vault;
pub(crate) mod vault_pages;
mod verdict;
mod void;

use crate::{
    clock::Clock,
    connection::Connection,
    directory::Directory,
    failure,
    fanout::Fanout,
    online::Online,
    random::Random,
    registry::{Message, Registry},
};
use actor::Actor;
use asterism_store::{AnyStore, Store as _, StoreError, WriteError};
use asterism_wire::{
    DecodeError, ErrorCode,
    frame::Failure,
    ids::{ConversationId, IdempotencyKey, Timestamp},
    limits,
};
use op::{Job, Op, Outcome};
use records::keys;
use shared::Shared;
use std::{future::Future, sync::Arc};

/// Deadlines read in one step.
const DUE_STEP: usize = 1_024;

/// What an operator or a test may set.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Conversations in memory, of those that exist and somebody in them has asked for. Higher: fewer are read from
    /// the store again; a group of 1,024 devices takes about 2 MB.
    pub live_max: usize,
    /// How long entries are kept, milliseconds.
    pub retention_ms: u64,
    /// After this many commits the group is stored whole. Higher: less is written, more is followed again
    /// when a conversation is read from the store.
    pub snapshot_every: u64,
    /// See [`limits::VAULT_PAST_KEYS_MAX`].
    pub vault_past_keys_max: usize,
    /// See [`limits::LINK_PAST_KEYS_MAX`].
    pub link_past_keys_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            live_max: 4_096,
            retention_ms: limits::RETENTION_DAYS * 24 * 60 * 60 * 1_000,
            snapshot_every: 64,
            vault_past_keys_max: limits::VAULT_PAST_KEYS_MAX,
            link_past_keys_max: limits::LINK_PAST_KEYS_MAX,
        }
    }
}

/// All conversations of a server. Clones are the same.
///
/// Requests about one conversation take effect in the order in which their methods are *called*: each takes
/// its place before the future that it returns is first polled. The future only waits for the answer; what
/// was asked happens also when it is dropped. (Subscribing to what is not in memory waits for its place until the
/// future is polled.) The methods must be called within a tokio runtime.
#[derive(Debug, Clone)]
pub struct Conversations {
    registry: Arc<Registry<Actor>>,
}

impl Conversations {
    /// The conversations in a store.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn open(
        store: AnyStore,
        directory: Arc<Directory>,
        online: Arc<Online>,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        config: Config,
    ) -> Result<Self, StoreError> {
        let deadlines = deadlines::Deadlines::new(all_due(&store).await?);
        let shared = Shared {
            store,
            directory,
            online,
            clock,
            random,
            config,
            fanout: Fanout::default(),
            deadlines,
            acknowledged: acknowledge::Acknowledged::default(),
            past_trees: past_trees::PastTrees::default(),
            join_limits: join_info::JoinLimits::default(),
            throttle: throttle::Throttle::default(),
        };
        Ok(Self { registry: Registry::new(Arc::new(shared), config.live_max) })
    }

    /// A connection has ended: it is told nothing more. Without this its place is kept until the
    /// conversation's members change.
    pub fn disconnected(&self, connection: &Connection) {
        self.shared().fanout.forget(connection.id());
    }

    /// How many conversations are in memory.
    #[must_use]
    pub fn live(&self) -> usize {
        self.registry.len()
    }

    /// Is there a task for it, whatever it holds?
    fn is_live(&self, id: ConversationId) -> bool {
        self.registry.has(id)
    }

    fn shared(&self) -> &Arc<Shared> {
        self.registry.shared()
    }

    /// Queues what is asked, at once; the future waits for the answer.
    fn ask(&self, id: ConversationId, op: Op) -> impl Future<Output = Outcome> + Send + use<> {
        let (job, answer) = Job::new(op);
        let queued = self.registry.send(id, Message::Job(job));
        async move {
            queued?;
            answer.await.unwrap_or_else(|_| Err(op::gone()))
        }
    }
}

async fn all_due(store: &AnyStore) -> Result<Vec<(Timestamp, ConversationId)>, StoreError> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(&keys::all_void_due(), after.as_ref(), DUE_STEP).await?;
        for (key, _) in &page {
            all.push(records::read_void_due(key)?);
        }
        if page.len() < DUE_STEP {
            return Ok(all);
        }
        after = page.into_iter().next_back().map(|(key, _)| key);
    }
}

fn conversation_id(bytes: &[u8]) -> Result<ConversationId, Failure> {
    ConversationId::try_from(bytes).map_err(failure::of_decode)
}

fn idempotency_key(bytes: &[u8]) -> Result<IdempotencyKey, Failure> {
    IdempotencyKey::try_from(bytes).map_err(|error: DecodeError| failure::of_decode(error))
}

/// The refusal of what is made for another epoch than the current one.
fn stale(live: &live::Live) -> Failure {
    Failure { stale: Some(live.standing()), ..Failure::of(ErrorCode::StaleEpoch) }
}

/// What a client is told when an unconditional write failed.
fn of_write(error: WriteError) -> Failure {
    match error {
        WriteError::Store(error) => failure::of_store(error),
        WriteError::Conflict { .. } => Failure::of(ErrorCode::Internal),
    }
}

/// What is stored contradicts itself.
fn damaged() -> Failure {
    tracing::error!("what is stored of a conversation contradicts itself");
    Failure::of(ErrorCode::Internal)
}

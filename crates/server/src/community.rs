//! Communities: a log of signed changes, a sealed channel with its buckets, a vault, announcements
//! (docs/protocol.md §10). One operation per file.
//!
//! Owns everything that the server keeps of a community; `records` says under which keys. Each community that is in
//! memory is a task (`keeper`) that does what is asked one after the other, and answers when that is durable. What is
//! in memory can be read from the store again at any time; what only reads the store does so outside of the task.
//!
//! It refuses to know who a subscriber is: the store holds no account beside a subscriber, a deposit or a seat. Only
//! a connection that is told of new entries has an `access::Reader` beside it, in memory, for as long as it lasts, and
//! an admin's has its account.

mod access;
mod barred;
mod channel_keys;
mod create;
mod deposits;
mod drop_deposits;
mod epoch_writes;
mod fetch;
mod governance;
mod group_facts;
mod groups;
mod keeper;
mod link;
mod live;
mod open;
mod opening;
mod post;
mod put_bucket;
mod put_deposit;
mod records;
mod seats;
mod tables;
mod tell;
mod throttle;
mod tickets;
mod trim;
mod vault;
mod waiting;

pub(crate) use groups::{admits, no_such_community};

use crate::{
    clock::Clock,
    connection::Connection,
    conversation::{Config, Conversations},
    failure,
    fanout::Fanout,
    registry::{Message, Registry},
};
use access::Reader;
use asterism_store::AnyStore;
use asterism_wire::{
    ErrorCode,
    frame::Failure,
    ids::{AccountId, CommunityId, IdempotencyKey, SubscriberId},
};
use futures_util::future::BoxFuture;
use keeper::{Job, Keeper};
use live::View;
use std::{future::Future, sync::Arc};
use tokio::sync::oneshot;

/// What all communities share.
#[derive(Debug)]
struct Shared {
    store: AnyStore,
    conversations: Conversations,
    clock: Arc<dyn Clock>,
    config: Config,
    fanout: Fanout<Reader>,
    /// Connections of admins, who are told of deposits, by the log of the community.
    admins: Fanout<AccountId>,
    waiting: waiting::Waiting,
    throttle: throttle::Throttle,
}

/// All communities of a server. Clones are the same.
///
/// Requests about one community take effect in the order in which their methods are *called*: each takes its place
/// before the future that it returns is first polled. What was asked happens also when the future is dropped. The
/// methods must be called within a tokio runtime.
#[derive(Debug, Clone)]
pub struct Communities {
    registry: Arc<Registry<Keeper>>,
}

impl Communities {
    /// The communities in a store.
    #[must_use]
    pub fn new(store: AnyStore, conversations: Conversations, clock: Arc<dyn Clock>, config: Config) -> Self {
        let throttle = throttle::Throttle::default();
        let (fanout, admins, waiting) = Default::default();
        let shared = Shared { store, conversations, clock, config, fanout, admins, waiting, throttle };
        Self { registry: Registry::new(Arc::new(shared), config.live_max) }
    }

    /// A connection has ended: it is told nothing more.
    pub fn disconnected(&self, connection: &Connection) {
        self.shared().fanout.forget(connection.id());
        self.shared().admins.forget(connection.id());
    }

    /// How many communities are in memory.
    #[must_use]
    pub fn live(&self) -> usize {
        self.registry.len()
    }

    fn shared(&self) -> &Arc<Shared> {
        self.registry.shared()
    }

    /// Queues what is asked, at once; the future waits for the answer.
    fn ask<T, F>(
        &self,
        id: CommunityId,
        work: F,
    ) -> impl Future<Output = Result<T, Failure>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Keeper) -> BoxFuture<'a, Result<T, Failure>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Job::new(move |keeper| {
            Box::pin(async move {
                // Whoever asked may be gone; what was asked has happened all the same.
                drop(reply.send(work(keeper).await));
            })
        });
        let queued = self.registry.send(id.log(), Message::Job(job));
        async move {
            queued?;
            answer.await.unwrap_or_else(|_| Err(failure::retry_after(ErrorCode::Internal, 0)))
        }
    }

    /// The community after everything that was asked before.
    fn view(&self, id: CommunityId) -> impl Future<Output = Result<View, Failure>> + Send + use<> {
        self.ask(id, |keeper| Box::pin(async move { Ok(keeper.live().await?.view()) }))
    }
}

fn community_id(bytes: &[u8]) -> Result<CommunityId, Failure> {
    CommunityId::try_from(bytes).map_err(failure::of_decode)
}

fn subscriber_id(bytes: &[u8]) -> Result<SubscriberId, Failure> {
    SubscriberId::try_from(bytes).map_err(failure::of_decode)
}

fn idempotency_key(bytes: &[u8]) -> Result<IdempotencyKey, Failure> {
    IdempotencyKey::try_from(bytes).map_err(failure::of_decode)
}

fn not_a_member() -> Failure {
    Failure::of(ErrorCode::NotAMember)
}

fn incomplete() -> Failure {
    Failure::of(ErrorCode::IncompleteBundle)
}

/// What is stored contradicts itself.
fn damaged() -> Failure {
    tracing::error!("what is stored of a community contradicts itself");
    Failure::of(ErrorCode::Internal)
}

//! The server without sockets: what connections share, and one session per connection.
//!
//! Nothing here reads a clock or random numbers of its own, so that a test or a simulator that drives
//! sessions, on a runtime of one thread, gets the same run from the same inputs.

use crate::{
    clock::Clock,
    community::Communities,
    connection::Connection,
    conversation::{self, Conversations},
    directory::{Directory, Origin},
    metrics::Metrics,
    online::Online,
    random::Random,
    session::Session,
};
use asterism_store::{AnyStore, StoreError};
use asterism_wire::ids::Timestamp;
use std::sync::Arc;

/// What the operator decides.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The address for links, without a trailing slash.
    pub public_url: String,
    /// Who registers must know one of these, when there are any.
    pub invite_codes: Vec<String>,
    /// How conversations are kept.
    pub conversations: conversation::Config,
}

/// The server. Clones are the same server.
#[derive(Clone, Debug)]
pub struct Server(Arc<Parts>);

/// What sessions share.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) store: AnyStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) conversations: Conversations,
    pub(crate) communities: Communities,
    pub(crate) online: Arc<Online>,
    pub(crate) metrics: Metrics,
    random: Arc<Random>,
}

impl Server {
    /// A server on `store`. `seed` must be from the machine's random source, except in tests. Must be
    /// called within a tokio runtime, and so must the sessions' requests.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(
        store: AnyStore,
        clock: Arc<dyn Clock>,
        settings: Settings,
        seed: [u8; 32],
    ) -> Result<Self, StoreError> {
        let online = Arc::new(Online::default());
        let random = Arc::new(Random::from_seed(seed));
        let invite_codes = settings.invite_codes.clone();
        let directory = Arc::new(Directory::new(store.clone(), Arc::clone(&clock), invite_codes));
        let conversations = Conversations::open(
            store.clone(),
            Arc::clone(&directory),
            Arc::clone(&online),
            Arc::clone(&clock),
            Arc::clone(&random),
            settings.conversations,
        )
        .await?;
        let communities = Communities::new(
            store.clone(),
            conversations.clone(),
            Arc::clone(&clock),
            settings.conversations,
        );
        Ok(Self(Arc::new(Parts {
            settings,
            store,
            clock,
            directory,
            conversations,
            communities,
            online,
            metrics: Metrics::default(),
            random,
        })))
    }

    /// Begins a session on a connection. Dropping it ends what the server knows of the connection.
    #[must_use]
    pub fn connect(&self, connection: Connection, origin: Origin) -> Session {
        Session::new(Arc::clone(&self.0), connection, origin)
    }

    /// Does what is due by now.
    pub async fn tick(&self) {
        let now = self.0.clock.now();
        if self.next_deadline().is_some_and(|due| due <= now) {
            tokio::join!(self.0.conversations.tick(now), self.0.communities.tick(now));
        }
    }

    /// Forgets what is past the retention time (`limits::RETENTION_DAYS`); to be called now and then.
    pub async fn forget_expired(&self) {
        let now = self.0.clock.now();
        if self.0.conversations.trim_expired(now).await.is_err() {
            tracing::warn!("some conversations could not be trimmed; they are tried again");
        }
        if self.0.communities.trim_expired(now).await.is_err() {
            tracing::warn!("some communities could not be trimmed; they are tried again");
        }
    }

    /// When to call [`Self::tick`] next, if anything is due some time. A request may bring it forward.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let both = [self.0.conversations.next_deadline(), self.0.communities.next_deadline()];
        both.into_iter().flatten().min()
    }

    /// The counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The counters as Prometheus text.
    #[must_use]
    pub fn metrics_text(&self) -> String {
        self.0.metrics.to_text(self.0.online.devices())
    }

    /// The conversations, for what stands behind sessions.
    #[must_use]
    pub fn conversations(&self) -> &Conversations {
        &self.0.conversations
    }

    /// The communities, for what stands behind sessions.
    #[must_use]
    pub fn communities(&self) -> &Communities {
        &self.0.communities
    }

    /// Who is connected.
    #[must_use]
    pub fn online(&self) -> &Online {
        &self.0.online
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// Makes the store answer what waits and release its disk. Sessions are refused from now on.
    pub async fn close(&self) {
        self.0.store.close().await;
    }
}

impl Parts {
    pub(crate) fn nonce(&self) -> [u8; 32] {
        self.random.bytes()
    }
}

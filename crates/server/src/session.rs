//! One client on one connection, from its hello to its end (docs/protocol.md §1.2, §3.3).

use crate::{
    caller::Caller,
    connection::Connection,
    directory::{Identity, Origin},
    encode, failure,
    server::Parts,
};
use asterism_wire::{
    ErrorCode, PROTOCOL_VERSION, PROTOCOL_VERSION_FLOOR,
    frame::{Answer, Authenticated, ClientFrame, Failure, Hello, HelloAnswer},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A session. Requests about one conversation must be handled one after the other, and those before
/// authentication too; others may be handled at the same time.
#[derive(Debug)]
pub struct Session {
    pub(crate) parts: Arc<Parts>,
    connection: Connection,
    pub(crate) origin: Origin,
    stage: Mutex<Stage>,
}

#[derive(Debug, Clone)]
enum Stage {
    New,
    Greeted { nonce: [u8; 32] },
    Authenticated(Arc<Caller>),
}

impl Session {
    pub(crate) fn new(parts: Arc<Parts>, connection: Connection, origin: Origin) -> Self {
        Self { parts, connection, origin, stage: Mutex::new(Stage::New) }
    }

    /// Handles one request and queues its answer on the connection.
    pub async fn handle(&self, frame: ClientFrame) {
        let answer = match frame.request {
            Some(request) => {
                self.parts.metrics.count_request(&request);
                self.dispatch(request).await
            }
            // A request of a later version.
            None => Err(Failure::of(ErrorCode::Malformed)),
        };
        let answer = answer.unwrap_or_else(|failure| {
            self.parts.metrics.count_refusal(failure.error_code());
            Answer::Failure(failure)
        });
        self.connection.answer(encode::answer(frame.id, answer));
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether the client has authenticated.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        matches!(*self.stage(), Stage::Authenticated(_))
    }

    pub(crate) fn hello(&self, request: &Hello) -> Result<HelloAnswer, Failure> {
        if request.protocol < PROTOCOL_VERSION_FLOOR {
            return Err(Failure::of(ErrorCode::UpgradeRequired));
        }
        let nonce = self.parts.nonce();
        let mut stage = self.stage();
        if !matches!(*stage, Stage::New) {
            return Err(Failure::of(ErrorCode::Malformed));
        }
        *stage = Stage::Greeted { nonce };
        Ok(HelloAnswer {
            protocol: request.protocol.min(PROTOCOL_VERSION),
            protocol_floor: PROTOCOL_VERSION_FLOOR,
            nonce: nonce.to_vec(),
            server_time_ms: self.parts.clock.now().0,
            public_url: self.parts.settings.public_url.clone(),
        })
    }

    /// The nonce of the hello.
    pub(crate) fn nonce(&self) -> Result<[u8; 32], Failure> {
        match &*self.stage() {
            Stage::New => Err(Failure::of(ErrorCode::Malformed)),
            Stage::Greeted { nonce } => Ok(*nonce),
            Stage::Authenticated(caller) => Ok(caller.nonce),
        }
    }

    /// Who asks.
    pub(crate) fn caller(&self) -> Result<Arc<Caller>, Failure> {
        match &*self.stage() {
            Stage::Authenticated(caller) => Ok(Arc::clone(caller)),
            Stage::New | Stage::Greeted { .. } => Err(Failure::of(ErrorCode::NotAuthenticated)),
        }
    }

    /// The connection is this device's from now on.
    pub(crate) async fn enter(&self, identity: Identity) -> Result<Authenticated, Failure> {
        let nonce = self.nonce()?;
        let Identity { account, device, device_key } = identity;
        let directory = &self.parts.directory;
        let counts = directory.package_counts(device).await.map_err(failure::of_store)?;
        let inbox_head = self.parts.conversations.inbox_head(device).await.map_err(failure::of_store)?;
        directory.note_seen(device).await.map_err(failure::of_store)?;

        let mut stage = self.stage();
        match &*stage {
            Stage::Authenticated(caller) if caller.device != device => {
                return Err(Failure::of(ErrorCode::Forbidden));
            }
            Stage::Authenticated(_) => {}
            Stage::New | Stage::Greeted { .. } => {
                let connection = self.connection.clone();
                self.parts.online.enter(device, &connection);
                *stage =
                    Stage::Authenticated(Arc::new(Caller { account, device, device_key, nonce, connection }));
            }
        }
        Ok(Authenticated {
            key_packages_classic: counts.classic,
            key_packages_hybrid: counts.hybrid,
            inbox_head,
        })
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Ok(caller) = self.caller() {
            self.parts.online.leave(caller.device, &self.connection);
            self.parts.conversations.disconnected(&self.connection);
            self.parts.communities.disconnected(&self.connection);
        }
    }
}

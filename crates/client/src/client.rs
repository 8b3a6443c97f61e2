//! A device whose home this process has open: the core on its own thread, and the way to ask it.

use crate::clock::Clock;
use crate::database;
use crate::events::{EVENTS_MAX, Events, Notice};
use crate::home::{Home, HomeLock};
use crate::host::{Command, Host};
use crate::machine::Machine;
use crate::patience::Patience;
use asterism_core::Core;
use asterism_core::api::{Answer, ApiError, Request, RequestId};
use asterism_wire::ErrorCode;
use rand::TryRngCore;
use rand::rngs::OsRng;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot, watch};

/// Requests of one device that are answered at the same time; more wait for their turn.
pub const REQUESTS_MAX: usize = 1_024;

/// Cryptography in unoptimised builds needs more than a thread's usual 2 MiB. Only what is used becomes memory.
const STACK_BYTES: usize = 16 << 20;

/// Whether a device may use the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// It connects when the core wants to.
    On,
    /// It never connects: only what is here is answered.
    Off,
}

/// A device. Clones are handles to the same one; when the last is dropped, it closes by itself.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    commands: mpsc::UnboundedSender<Command>,
    /// Its strong sender is the host's, so that following ends with it.
    events: broadcast::WeakSender<Notice>,
    next_id: AtomicU64,
    turns: Semaphore,
    /// Its sender is dropped when the thread has ended, and the home is free again.
    ended: watch::Receiver<()>,
}

impl Client {
    /// Opens the device in this home, whose lock is held until it is closed again.
    ///
    /// # Errors
    /// `database_damaged`, `disk_full`, `internal`, and what else the core finds wrong with the database.
    pub async fn open(home: &Home, lock: HomeLock, network: Network) -> Result<Self, ApiError> {
        let (path, mark) = (home.database(), home.mark());
        Self::start(lock, network, Some(mark.clone()), move |clock| {
            let database = database::open(&path)?;
            let mut seed = [0; 32];
            OsRng.try_fill_bytes(&mut seed).map_err(|_| no_randomness())?;
            let core = Core::open(database, seed, clock.now()).map_err(|error| ApiError::of(error.code()))?;
            if mark.exists() && !core.has_account() { Err(lost()) } else { Ok(core) }
        })
        .await
    }

    /// `open` makes the core on the thread where it then stays.
    async fn start<M: Machine + 'static, L: Send + 'static>(
        lock: L,
        network: Network,
        mark: Option<PathBuf>,
        open: impl FnOnce(&mut Clock) -> Result<M, ApiError> + Send + 'static,
    ) -> Result<Self, ApiError> {
        let (commands, to_do) = mpsc::unbounded_channel();
        let told = broadcast::Sender::new(EVENTS_MAX);
        let events = told.downgrade();
        let (opened, opening) = oneshot::channel();
        let (ending, ended) = watch::channel(());
        let live = move || {
            // Dropped in reverse order: the core is gone, then the lock, then who waits for that is told.
            let _ending = ending;
            let _lock = lock;
            let mut clock = Clock::start();
            let host = open(&mut clock).map(|machine| Host::new(machine, clock, network, told).marking(mark));
            match host {
                Ok(host) => run(host, opened, to_do),
                // Fails when the opener is no longer there.
                Err(error) => _ = opened.send(Err(error)),
            }
        };
        std::thread::Builder::new()
            .name("asterism-device".into())
            .stack_size(STACK_BYTES)
            .spawn(live)
            .map_err(|_| ApiError::new(ErrorCode::Internal, "no thread could be started"))?;
        let (next_id, turns) = (AtomicU64::new(1), Semaphore::new(REQUESTS_MAX));
        let client = Self { inner: Arc::new(Inner { commands, events, next_id, turns, ended }) };
        match opening.await.unwrap_or_else(|_| Err(stopped())) {
            Ok(()) => Ok(client),
            Err(error) => {
                client.ended().await;
                Err(error)
            }
        }
    }

    /// Asks the core. When the patience ends, or the future is dropped, the request is taken back: what has not left
    /// for the server by then does not leave later.
    ///
    /// # Errors
    /// What the core refuses; `timeout` or `server_unreachable` when the patience ends.
    pub async fn request(
        &self,
        request: Request,
        patience: impl Into<Patience> + Send,
    ) -> Result<Answer, ApiError> {
        let _turn = self.inner.turns.acquire().await;
        let id = self.inner.next_id.fetch_add(1, Ordering::Relaxed);
        let (reply, answer) = oneshot::channel();
        let patience = patience.into();
        self.inner.tell(Command::Request { id, request, patience, reply });
        let mut guard = CancelOnDrop { inner: &self.inner, id: Some(id) };
        let result = answer.await.unwrap_or_else(|_| Err(stopped()));
        guard.id = None;
        result
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        Events::of(&self.inner.events)
    }

    /// Closes the device and waits until its home is free. Requests that are being answered are refused.
    pub async fn close(&self) {
        self.inner.tell(Command::Close);
        self.ended().await;
    }

    /// From now on the device waits for an occasion to do this. Says whether it has done all that it was told to.
    #[cfg(feature = "hostile")]
    pub async fn be_hostile(&self, deed: Option<asterism_core::hostile::Deed>) -> bool {
        let (done, is_done) = oneshot::channel();
        self.inner.tell(Command::Hostile { deed, done });
        is_done.await.unwrap_or(false)
    }

    async fn ended(&self) {
        let mut ended = self.inner.ended.clone();
        // Its sender sends nothing: this ends with the error that it is gone.
        while ended.changed().await.is_ok() {}
    }
}

impl Inner {
    fn tell(&self, command: Command) {
        // Fails when the device is closed; whoever waits for an answer is told so.
        let _ = self.commands.send(command);
    }
}

struct CancelOnDrop<'a> {
    inner: &'a Inner,
    id: Option<RequestId>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.inner.tell(Command::Cancel { id });
        }
    }
}

fn run<M: Machine>(
    host: Host<M>,
    opened: oneshot::Sender<Result<(), ApiError>>,
    commands: mpsc::UnboundedReceiver<Command>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else {
        let error = ApiError::new(ErrorCode::Internal, "no network runtime could be started");
        // Fails when the opener is no longer there.
        let _ = opened.send(Err(error));
        return;
    };
    if opened.send(Ok(())).is_ok() {
        runtime.block_on(host.run(commands));
    }
}

fn lost() -> ApiError {
    ApiError::new(ErrorCode::DatabaseDamaged, "the local database has lost the account that was in it")
}

fn stopped() -> ApiError {
    ApiError::new(ErrorCode::Internal, "the device has stopped")
}

fn no_randomness() -> ApiError {
    ApiError::new(ErrorCode::Internal, "the system gives no random numbers")
}

#[cfg(test)]
mod tests;

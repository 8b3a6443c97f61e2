//! Server, clients, network and time; moved on by [`World::advance`].

use crate::{
    client::Client,
    tamper::{Passage, Tamper},
};
use asterism_core::{Answer, ApiError, Request};
use asterism_server::{
    Server, Session, Settings,
    clock::HandClock,
    connection::{Connection, Outgoing},
    directory::Origin,
};
use asterism_store::{AnyStore, MemoryStore, ModelDisk};
use asterism_wire::{
    ErrorCode, Timestamp,
    frame::{ClientFrame, Response, ServerBody, ServerFrame},
};
use prost::Message as _;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// When the simulated world begins.
const BEGINNING: Timestamp = Timestamp(1_800_000_000_000);
/// One request that takes longer than this in simulated time is a defect of its own.
const REQUEST_MS_MAX: u64 = 10 * 60 * 1000;
/// Slowest delivery of a frame.
const LATENCY_MS_MAX: u64 = 120;
/// The same for who is beside the server.
const NEAR_MS_MAX: u64 = 3;

/// Turns of the runtime after which whatever has not finished waits for the disk.
const TURNS_MAX: usize = 256;

static RUNS: AtomicU64 = AtomicU64::new(0);

/// Runs something of the server; while the disk is held, only until it waits.
fn serve(runtime: &tokio::runtime::Runtime, held: bool, future: impl Future<Output = ()> + Send + 'static) {
    if !held {
        return runtime.block_on(future);
    }
    let task = runtime.spawn(future);
    runtime.block_on(async {
        for _ in 0..TURNS_MAX {
            if task.is_finished() {
                return;
            }
            tokio::task::yield_now().await;
        }
    });
}

fn tampered(tamper: &mut dyn Tamper, index: usize, frame: &[u8]) -> Vec<Vec<u8>> {
    match ServerFrame::decode(frame) {
        Ok(frame) => tamper.frames(index, frame).iter().map(prost::Message::encode_to_vec).collect(),
        Err(_) => vec![frame.to_vec()],
    }
}

/// See the module.
pub struct World {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) now: Timestamp,
    clock: Arc<HandClock>,
    disk: ModelDisk,
    server: Option<Server>,
    pub(crate) clients: Vec<Client>,
    runtime: tokio::runtime::Runtime,
    run: u64,
    /// A dishonest server's hands.
    pub(crate) tamper: Option<Box<dyn Tamper>>,
    /// The disk answers nothing for now.
    held: bool,
    /// Acknowledge before fsync: a planted bug that the checker must find.
    pub(crate) lie_about_sync: bool,
}

impl World {
    /// An empty world.
    ///
    /// # Errors
    /// When the server cannot start.
    pub fn new(seed: u64) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let mut world = Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            now: BEGINNING,
            clock: Arc::new(HandClock::new(BEGINNING)),
            disk: ModelDisk::new(),
            server: None,
            clients: Vec::new(),
            runtime,
            run: RUNS.fetch_add(1, Ordering::Relaxed),
            tamper: None,
            held: false,
            lie_about_sync: false,
        };
        world.start_server()?;
        Ok(world)
    }

    pub(crate) fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        seed
    }

    /// Starts the server on what the disk holds.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_server(&mut self) -> anyhow::Result<()> {
        let seed = self.seed();
        let store = AnyStore::from(MemoryStore::with_disk(self.disk.clone()));
        let settings = Settings { public_url: "http://sim".into(), ..Settings::default() };
        let clock: Arc<dyn asterism_server::clock::Clock> = self.clock.clone();
        self.server = Some(self.runtime.block_on(Server::open(store, clock, settings, seed))?);
        Ok(())
    }

    /// The server's process and its machine die: what was not synced is gone.
    pub fn crash_server(&mut self) {
        for client in &mut self.clients {
            if client.socket.is_some() {
                client.cut();
                if let Some(core) = &mut client.core {
                    core.handle_disconnected(self.now);
                }
            }
        }
        self.server = None;
        self.disk.crash();
    }

    /// A new device, not yet registered.
    ///
    /// # Errors
    /// When its database cannot be made.
    pub fn add_client(&mut self, name: &str) -> anyhow::Result<usize> {
        let seed = self.seed();
        let mut client = Client::new(self.run, name)?;
        client.start(seed, self.now)?;
        self.clients.push(client);
        Ok(self.clients.len() - 1)
    }

    /// A client's process dies.
    pub fn crash_client(&mut self, index: usize) {
        self.clients[index].crash();
    }

    /// A client's process starts again.
    ///
    /// # Errors
    /// When its database cannot be opened.
    pub fn start_client(&mut self, index: usize) -> anyhow::Result<()> {
        let seed = self.seed();
        let now = self.now;
        self.clients[index].start(seed, now)
    }

    /// A client's connection breaks.
    pub fn cut(&mut self, index: usize) {
        let client = &mut self.clients[index];
        if client.socket.is_some() || client.connecting.is_some() {
            client.cut();
            if let Some(core) = &mut client.core {
                core.handle_disconnected(self.now);
            }
        }
    }

    /// From now on a client's disk has room for so many pages more, or for any number.
    ///
    /// # Errors
    /// When its database cannot be used.
    pub fn limit_disk(&mut self, index: usize, more: Option<u32>) -> anyhow::Result<()> {
        self.clients[index].limit_disk(more)
    }

    /// From now on nothing passes between a client and the server, and neither is told; or all passes again.
    pub fn silence(&mut self, index: usize, is_silent: bool) {
        self.clients[index].is_silent = is_silent;
    }

    /// A client's browser says that there is a network, or none.
    pub fn hint(&mut self, index: usize, is_there: bool) {
        if let Some(core) = &mut self.clients[index].core {
            core.handle_network(self.now, is_there);
        }
        self.settle();
    }

    /// What a client's person is told of the connection.
    #[must_use]
    pub fn connection(&self, index: usize) -> &str {
        &self.clients[index].state
    }

    /// Whether a client has stopped for good.
    #[must_use]
    pub fn has_stopped(&self, index: usize) -> bool {
        self.clients[index].fatal.is_some()
    }

    /// Asks a client for something and lets the world go on until it answers.
    pub fn ask(&mut self, index: usize, request: Request) -> Result<Answer, ApiError> {
        let asked = format!("{request:?}");
        let id = self.begin(index, request).ok_or_else(|| ApiError::of(ErrorCode::Timeout))?;
        let deadline = self.now.plus_ms(REQUEST_MS_MAX);
        loop {
            self.settle();
            if let Some(answer) = self.clients[index].answers.remove(&id) {
                return answer;
            }
            if self.now > deadline || !self.advance() {
                tracing::warn!(client = index, asked, "a request was not answered");
                return Err(ApiError::of(ErrorCode::Timeout));
            }
        }
    }

    /// Asks without waiting.
    pub fn begin(&mut self, index: usize, request: Request) -> Option<u64> {
        let now = self.now;
        self.clients[index].request(now, request)
    }

    /// Whoever asked for this gives up.
    pub fn take_back(&mut self, index: usize, id: u64) {
        if let Some(core) = &mut self.clients[index].core {
            core.handle_cancel(self.now, id);
        }
        self.settle();
    }

    /// The answer to something that was begun, when it is there.
    pub fn answer(&mut self, index: usize, id: u64) -> Option<Result<Answer, ApiError>> {
        self.settle();
        self.clients[index].answers.remove(&id)
    }

    /// Lets the world go on for some time.
    pub fn run_for(&mut self, ms: u64) {
        let until = self.now.plus_ms(ms);
        while self.now < until {
            // What was asked a moment ago may be the next thing to happen.
            self.settle();
            let next = self.next_at();
            if next.is_none_or(|next| next > until) {
                self.set_time(until);
            } else {
                self.advance();
            }
        }
    }

    fn next_at(&self) -> Option<Timestamp> {
        let server = self.server.as_ref().and_then(Server::next_deadline);
        self.clients.iter().filter_map(Client::next_at).chain(server).min()
    }

    fn set_time(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.clock.set(self.now);
    }

    /// Goes on to the next thing that is due; false when nothing ever will be.
    pub fn advance(&mut self) -> bool {
        self.settle();
        let Some(next) = self.next_at() else { return false };
        self.set_time(next);
        if let Some(server) = &self.server {
            let server = server.clone();
            serve(&self.runtime, self.held, async move { server.tick().await });
        }
        for index in 0..self.clients.len() {
            self.connect(index);
            self.deliver(index);
            let now = self.now;
            if let Some(core) = &mut self.clients[index].core
                && core.next_timeout().is_some_and(|at| at <= now)
            {
                core.handle_timeout(now);
            }
        }
        self.settle();
        true
    }

    /// Moves outputs onto the wires.
    fn settle(&mut self) {
        let now = self.now;
        for (index, client) in self.clients.iter_mut().enumerate() {
            let rng = &mut self.rng;
            let latency_ms_max = if client.near { NEAR_MS_MAX } else { LATENCY_MS_MAX };
            client.drain(now, || rng.random_range(1..latency_ms_max));
            let tamper = &mut self.tamper;
            let passed = |frame: &[u8]| match tamper {
                Some(tamper) => tampered(tamper.as_mut(), index, frame),
                None => vec![frame.to_vec()],
            };
            if !client.pump(now, || rng.random_range(1..latency_ms_max), passed) {
                client.cut();
                if let Some(core) = &mut client.core {
                    core.handle_disconnected(now);
                }
                client.drain(now, || rng.random_range(1..LATENCY_MS_MAX));
            }
        }
    }

    fn connect(&mut self, index: usize) {
        let client = &mut self.clients[index];
        if client.connecting.is_none_or(|at| at > self.now) {
            return;
        }
        client.connecting = None;
        let Some(core) = &mut client.core else { return };
        match &self.server {
            Some(server) if !client.is_silent => {
                let (connection, outgoing) = Client::connection();
                core.handle_connected(self.now);
                client.attach(server.connect(connection, Origin::default()), outgoing);
            }
            _ => core.handle_disconnected(self.now),
        }
    }

    fn deliver(&mut self, index: usize) {
        let now = self.now;
        let client = &mut self.clients[index];
        while let Some(frame) = client.socket.as_mut().and_then(|s| s.to_server.receive(now)) {
            if client.is_silent {
                continue;
            }
            let Ok(frame) = ClientFrame::decode(frame.as_slice()) else { continue };
            let id = frame.id;
            let passage = match &mut self.tamper {
                Some(tamper) => tamper.request(index, frame),
                None => Passage::Pass(frame),
            };
            let Some(socket) = &mut client.socket else { break };
            match passage {
                Passage::Pass(frame) => {
                    let session = Arc::clone(&socket.session);
                    serve(&self.runtime, self.held, async move { session.handle(frame).await });
                }
                Passage::Answer(answer) => {
                    let body = ServerBody::Response(Response { id, answer: Some(*answer) });
                    let frame = ServerFrame { body: Some(body) }.encode_to_vec();
                    socket.to_client.send(now.plus_ms(1), frame);
                }
            }
        }
        while let Some(frame) = client.socket.as_mut().and_then(|s| s.to_client.receive(now)) {
            if let Some(core) = client.core.as_mut().filter(|_| !client.is_silent) {
                core.handle_frame(now, &frame);
            }
        }
    }

    /// What the server does every few hours.
    pub(crate) fn forget_expired(&mut self) {
        if let Some(server) = &self.server {
            let server = server.clone();
            serve(&self.runtime, self.held, async move { server.forget_expired().await });
        }
    }

    /// A connection that no client core uses.
    pub(crate) fn connect_stranger(&self) -> Option<(Session, Outgoing)> {
        let (connection, outgoing) = Connection::for_test(64);
        let server = self.server.as_ref()?;
        Some((server.connect(connection, Origin::default()), outgoing))
    }

    /// Runs something of the server to its end.
    pub(crate) fn run_async<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Puts a frame on the wire to a client, past whoever tampers.
    pub(crate) fn inject(&mut self, index: usize, body: ServerBody) {
        let now = self.now;
        if let Some(socket) = &mut self.clients[index].socket {
            socket.to_client.send(now.plus_ms(1), ServerFrame { body: Some(body) }.encode_to_vec());
        }
    }

    /// From now on the disk answers nothing; requests wait.
    pub fn hold_disk(&mut self) {
        self.held = true;
        self.disk.hold(true);
    }

    /// The disk works again, and what waited is done.
    pub fn release_disk(&mut self) {
        self.held = false;
        self.disk.hold(false);
        serve(&self.runtime, true, async {});
    }

    /// The server dies at a persist point: what waited for the disk is durable and nobody was told
    /// (`durable`), or lost.
    pub fn crash_server_held(&mut self, durable: bool) {
        if durable {
            self.disk.crash_before_answer();
        } else {
            self.disk.crash();
        }
        self.held = false;
        self.disk.hold(false);
        self.crash_server();
    }

    /// From now on the disk keeps nothing that was not synced, and says it did (the planted bug), or is honest.
    pub fn set_disk(&self) {
        self.disk.lie_about_sync(self.lie_about_sync);
    }
}

//! Where clients connect: sockets, TLS, HTTP, timeouts, and the end of the process
//! (docs/protocol.md §1).
//!
//! Each WebSocket has two tasks: a reader that handles requests ([`Session`](crate::Session)) and a
//! writer that drains what is queued for it. A writer that waits for a slow client holds up nothing
//! else, and a reader whose client is gone still finishes what it has accepted.

mod accept;
mod http;
mod intake;
mod open_files;
mod page;
mod peer;
mod pipeline;
mod reader;
mod socket;
mod strangers;
mod tls;
mod upgrade;
mod writer;

pub use open_files::raise_limit;
pub use tls::{Tls, TlsError};

use crate::Server;
use std::{convert::Infallible, sync::Arc, time::Duration};
use strangers::Strangers;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

/// How the edge behaves in time and number. Tests shorten times.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Sockets open at a time. Further ones wait to be accepted.
    pub connections: usize,
    /// Of one address, those that nobody has authenticated on yet. Higher: one address can take more of the server's
    /// memory, [`EARLY_FRAME_BYTES_MAX`](asterism_wire::limits::EARLY_FRAME_BYTES_MAX) each. Lower: fewer people who
    /// share an address come (back) at the same moment.
    pub strangers_per_address: usize,
    /// For the handshake of TLS, and for an HTTP request's head.
    pub head: Duration,
    /// From the first byte of a WebSocket to a client that has authenticated. Higher: strangers keep their places for
    /// longer. Lower: who comes on a bad line does not get in.
    pub authenticate: Duration,
    /// From the first byte of a message to its last. Higher: who sends slowly on purpose holds a large message's
    /// memory for longer. Lower: on a slow line a large commit never arrives.
    pub message: Duration,
    /// Between pings, minus up to a fifth of it at random. Higher: networks forget silent connections.
    /// Lower: phones wake up more often.
    pub ping: Duration,
    /// From a ping to any sign of life.
    pub pong: Duration,
    /// Without any progress in writing.
    pub write_stall: Duration,
    /// For what was accepted before the shutdown. The operator's service manager must wait longer.
    pub shutdown: Duration,
    /// Clients come back after this long and their own random time.
    pub retry_after: Duration,
    /// Between two looks at what is due.
    pub tick: Duration,
}

impl Shared {
    /// Waits until the process is to end.
    async fn stopped(&self) {
        // An error means that nobody is left to say so.
        let _ = self.stopping.clone().wait_for(|stopping| *stopping).await;
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 100_000,
            strangers_per_address: 1_024,
            head: Duration::from_secs(30),
            authenticate: Duration::from_secs(30),
            message: Duration::from_secs(10 * 60),
            ping: Duration::from_secs(270),
            pong: Duration::from_secs(30),
            write_stall: Duration::from_secs(30),
            shutdown: Duration::from_secs(20),
            retry_after: Duration::from_secs(1),
            tick: Duration::from_millis(250),
        }
    }
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    server: Server,
    limits: Limits,
    strangers: Arc<Strangers>,
    /// Whether browsers may be told to insist on TLS.
    is_tls: bool,
    /// True once the process is to end.
    stopping: watch::Receiver<bool>,
}

/// A server's edge.
#[derive(Debug)]
pub struct Edge {
    shared: Arc<Shared>,
    listener: TcpListener,
    tls: Tls,
    stop: watch::Sender<bool>,
}

/// Between two rounds of trimming. Longer: entries stay that much past their time.
const TRIM_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);

impl Edge {
    /// An edge on a listening socket.
    #[must_use]
    pub fn new(server: Server, listener: TcpListener, tls: Tls, limits: Limits) -> Self {
        let (stop, stopping) = watch::channel(false);
        let is_tls = tls.is_on();
        let strangers = Strangers::new(limits.strangers_per_address);
        let shared = Shared { server, limits, strangers, is_tls, stopping };
        Self { shared: Arc::new(shared), listener, tls, stop }
    }

    /// Serves until `shutdown` is ready, then ends in order: stops accepting, tells clients, finishes
    /// what was accepted, closes the store.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self { shared, listener, tls, stop } = self;
        // Every task that must end before the store is closed holds one.
        let (alive, mut all_ended) = mpsc::channel::<Infallible>(1);
        tokio::spawn(tick(Arc::clone(&shared), alive.clone()));
        tokio::spawn(forget_expired(Arc::clone(&shared), alive.clone()));
        tokio::select! {
            () = accept::run(&shared, &listener, &tls, &alive) => {}
            () = shutdown => {}
        }
        drop((listener, alive));
        tracing::info!("shutting down");
        stop.send_replace(true);
        if timeout(shared.limits.shutdown, all_ended.recv()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        shared.server.close().await;
    }
}

/// Trims the logs now and then.
async fn forget_expired(shared: Arc<Shared>, _alive: mpsc::Sender<Infallible>) {
    loop {
        tokio::select! {
            () = sleep(TRIM_PAUSE) => {}
            () = shared.stopped() => return,
        }
        shared.server.forget_expired().await;
    }
}

/// Drives what is due in time.
async fn tick(shared: Arc<Shared>, _alive: mpsc::Sender<Infallible>) {
    loop {
        shared.server.tick().await;
        tokio::select! {
            () = sleep(shared.limits.tick) => {}
            () = shared.stopped() => return,
        }
    }
}

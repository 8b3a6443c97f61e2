//! The loop around the core: tells it what happens, and carries out what it hands out. Runs on a thread of its own,
//! because the core stays on one thread and writes to the disk.

mod pending;

use crate::client::Network;
use crate::clock::{Clock, until};
use crate::events::Notice;
use crate::home::open_private;
use crate::machine::Machine;
use crate::patience::Patience;
use crate::socket::{ConnectError, Incoming, Socket};
use asterism_core::Output;
use asterism_core::api::{Answer, ApiError, Request, RequestId};
use asterism_wire::ErrorCode;
use pending::Requests;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// A sleeping computer does not count the time: the clock is looked at this often, whatever the core's next deadline.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// Where the answer to a request goes.
pub(crate) type Reply = oneshot::Sender<Result<Answer, ApiError>>;

/// What callers ask of the host.
#[derive(Debug)]
pub(crate) enum Command {
    Request {
        id: RequestId,
        request: Request,
        patience: Patience,
        reply: Reply,
    },
    /// The caller is no longer there.
    Cancel {
        id: RequestId,
    },
    Close,
    #[cfg(feature = "hostile")]
    Hostile {
        deed: Option<asterism_core::hostile::Deed>,
        done: oneshot::Sender<bool>,
    },
}

/// Whether the server can be reached, as far as this host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// No connection, and none was tried since there was one.
    Idle,
    /// For the first time, or again after a failure.
    Connecting(Option<ConnectError>),
    Connected,
    /// The last try failed.
    Failed(ConnectError),
}

/// Invariant: the core's outputs are drained before anything else is waited for.
pub(crate) struct Host<M> {
    machine: M,
    network: Network,
    clock: Clock,
    socket: Socket,
    reach: Reach,
    requests: Requests,
    events: broadcast::Sender<Notice>,
    /// A file that is to be there as soon as there is an account.
    mark: Option<PathBuf>,
    /// The core must not be used any more.
    fatal: Option<ApiError>,
}

impl<M: Machine> Host<M> {
    pub(crate) fn new(machine: M, clock: Clock, network: Network, events: broadcast::Sender<Notice>) -> Self {
        let (socket, requests) = (Socket::default(), Requests::default());
        Self {
            machine,
            network,
            clock,
            socket,
            reach: Reach::Idle,
            requests,
            events,
            mark: None,
            fatal: None,
        }
    }

    /// Sees to it that this file is there as soon as there is an account.
    pub(crate) fn marking(self, mark: Option<PathBuf>) -> Self {
        Self { mark: mark.filter(|mark| !mark.exists()), ..self }
    }

    /// Runs until it is told to close, or nobody is left who could ask anything.
    pub(crate) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        self.drain();
        loop {
            let wake = self.wake_at();
            tokio::select! {
                command = commands.recv() => match command {
                    None | Some(Command::Close) => break,
                    Some(command) => self.handle_command(command),
                },
                incoming = self.socket.next() => self.handle_incoming(incoming),
                () = sleep_until(wake) => {}
            }
            self.handle_due();
        }
        self.requests
            .refuse_all(&ApiError::new(ErrorCode::HomeBusy, "the device is being closed: try again"));
        self.socket.close().await;
    }

    fn wake_at(&mut self) -> Instant {
        let sleep = match self.machine.next_timeout() {
            Some(deadline) if self.fatal.is_none() => until(self.clock.now(), deadline).min(SLEEP_MAX),
            _ => SLEEP_MAX,
        };
        let wake = Instant::now() + sleep;
        self.requests.next_deadline().map_or(wake, |deadline| deadline.min(wake))
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Request { id, request, patience, reply } => {
                self.handle_request(id, request, patience, reply);
            }
            Command::Cancel { id } => self.give_up(id, &ApiError::of(ErrorCode::Timeout)),
            Command::Close => {}
            #[cfg(feature = "hostile")]
            Command::Hostile { deed, done } => {
                // Fails when the asker is no longer there.
                let _ = done.send(self.machine.be_hostile(deed));
            }
        }
    }

    fn handle_request(&mut self, id: RequestId, request: Request, patience: Patience, reply: Reply) {
        if let Some(error) = &self.fatal {
            // Fails when the caller is no longer there.
            let _ = reply.send(Err(error.clone()));
            return;
        }
        self.requests.insert(id, patience, reply);
        self.machine.handle_request(self.clock.now(), id, request);
        self.drain();
        self.refuse_if_unreachable();
    }

    fn handle_incoming(&mut self, incoming: Incoming) {
        let now = self.clock.now();
        match incoming {
            Incoming::Connected => {
                self.reach = Reach::Connected;
                self.machine.handle_connected(now);
            }
            Incoming::Frame(frame) => self.machine.handle_frame(now, &frame),
            Incoming::Closed(error) => {
                tracing::debug!(%error, "no connection");
                let was_connected = self.reach == Reach::Connected;
                self.reach = if was_connected { Reach::Idle } else { Reach::Failed(error) };
                self.machine.handle_disconnected(now);
            }
        }
        self.drain();
        self.refuse_if_unreachable();
    }

    /// What is due by the clock: the core's timer, and callers who have waited long enough.
    fn handle_due(&mut self) {
        let now = self.clock.now();
        if self.fatal.is_none() && self.machine.next_timeout().is_some_and(|deadline| deadline <= now) {
            self.machine.handle_timeout(now);
            self.drain();
        }
        for id in self.requests.overdue(Instant::now()) {
            self.give_up(id, &self.too_late());
        }
    }

    fn too_late(&self) -> ApiError {
        match self.reach {
            Reach::Connected => ApiError::of(ErrorCode::Timeout),
            Reach::Failed(error) | Reach::Connecting(Some(error)) => unreachable(error),
            Reach::Idle | Reach::Connecting(None) => ApiError::of(ErrorCode::ServerUnreachable),
        }
    }

    /// Ends the waiting of those who do not want to wait for a server that is away.
    fn refuse_if_unreachable(&mut self) {
        let Reach::Failed(error) = self.reach else { return };
        for id in self.requests.unless_unreachable() {
            self.give_up(id, &unreachable(error));
        }
    }

    /// Takes a request back. If the core finds it done after all, that is the answer.
    fn give_up(&mut self, id: RequestId, error: &ApiError) {
        if !self.requests.contains(id) || self.fatal.is_some() {
            return;
        }
        self.requests.cancel(id, error);
        self.machine.handle_cancel(self.clock.now(), id);
        self.drain();
        self.requests.answer(id, Err(error.clone()));
    }

    fn drain(&mut self) {
        while self.fatal.is_none() {
            let Some(output) = self.machine.poll_output() else { break };
            self.carry_out(output);
        }
        if self.mark.is_some()
            && self.machine.has_account()
            && let Some(mark) = self.mark.take()
            && let Err(error) = open_private(&mark).and_then(|file| file.sync_all())
        {
            tracing::warn!(kind = %error.kind(), "that there is an account could not be noted");
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Connect { server } => self.connect(server),
            Output::Disconnect => {
                self.socket.disconnect();
                self.reach = Reach::Idle;
                // What this makes the core hand out is drained by whoever drained this.
                self.machine.handle_disconnected(self.clock.now());
            }
            Output::Transmit(frame) => self.socket.send(frame),
            Output::Response { id, result } => self.requests.answer(id, result),
            Output::Event(event) => self.tell(Notice::Event(Box::new(event))),
            Output::Fatal(error) => {
                tracing::error!(code = error.code.as_word(), "the device stops");
                self.socket.disconnect();
                self.requests.refuse_all(&error);
                self.tell(Notice::Stopped(error.clone()));
                self.fatal = Some(error);
            }
        }
    }

    fn tell(&self, notice: Notice) {
        // Fails when nobody follows.
        let _ = self.events.send(notice);
    }

    fn connect(&mut self, server: String) {
        match self.network {
            Network::On => {
                let failed = if let Reach::Failed(error) = self.reach { Some(error) } else { None };
                self.reach = Reach::Connecting(failed);
                self.socket.connect(server);
            }
            Network::Off => tracing::debug!("offline: not connecting"),
        }
    }
}

fn unreachable(error: ConnectError) -> ApiError {
    ApiError::new(ErrorCode::ServerUnreachable, format!("the server cannot be reached: {error}"))
}

#[cfg(test)]
mod tests;

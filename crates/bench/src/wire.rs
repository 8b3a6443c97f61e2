//! One connection of a light device: requests, answers and pushes, without a core behind (docs/protocol.md §1).

use crate::identity::Identity;
use anyhow::{Context as _, Result, bail};
use asterism_wire::{
    PROTOCOL_VERSION,
    frame::{Answer, ClientFrame, Happened, Hello, Push, Request, Response, ServerBody, ServerFrame},
};
use futures_util::{SinkExt as _, StreamExt as _};
use prost::Message as _;
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

/// For an answer; a server that needs longer is not measured but stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kept by each connection, of which there are thousands in this process.
const READ_BUFFER_BYTES: usize = 4_096;

/// What a device hears.
#[derive(Debug)]
pub(crate) enum Heard {
    Answer(u64, Answer),
    Push(Happened),
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Wire {
    socket: WebSocketStream<TcpStream>,
    last_id: u64,
}

impl Wire {
    /// Connects and creates the device's account.
    pub(crate) async fn register(address: SocketAddr, identity: &Identity) -> Result<Self> {
        let (mut wire, nonce) = Self::greet(address).await?;
        wire.sign_in(Request::Register(identity.register(&nonce))).await?;
        Ok(wire)
    }

    /// Connects as a device that is registered.
    pub(crate) async fn authenticate(address: SocketAddr, identity: &Identity) -> Result<Self> {
        let (mut wire, nonce) = Self::greet(address).await?;
        wire.sign_in(Request::Authenticate(identity.authenticate(&nonce))).await?;
        Ok(wire)
    }

    async fn greet(address: SocketAddr) -> Result<(Self, Vec<u8>)> {
        let tcp = TcpStream::connect(address).await.context("the server does not take connections")?;
        tcp.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES).write_buffer_size(0);
        let url = format!("ws://{address}/api/v1/socket");
        let (socket, _) = client_async_with_config(url, tcp, Some(config)).await?;
        let mut wire = Self { socket, last_id: 0 };
        let hello = Hello { protocol: PROTOCOL_VERSION, client: "asterism-bench".into() };
        match wire.ask(Request::Hello(hello)).await? {
            Answer::Hello(answer) => Ok((wire, answer.nonce)),
            other => Err(unexpected(&other)),
        }
    }

    async fn sign_in(&mut self, request: Request) -> Result<()> {
        match self.ask(request).await? {
            Answer::Authenticated(_) => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Sends a request without waiting for its answer; gives its id.
    pub(crate) async fn send(&mut self, request: Request) -> Result<u64> {
        self.last_id += 1;
        let frame = ClientFrame { id: self.last_id, request: Some(request) }.encode_to_vec();
        self.socket.send(Message::Binary(frame.into())).await?;
        Ok(self.last_id)
    }

    /// Sends a request and waits for its answer. What is pushed meanwhile is dropped.
    pub(crate) async fn ask(&mut self, request: Request) -> Result<Answer> {
        let id = self.send(request).await?;
        loop {
            match timeout(PATIENCE, self.hear()).await.context("no answer in time")?? {
                Heard::Answer(answered, answer) if answered == id => return Ok(answer),
                Heard::Answer(..) | Heard::Push(_) => {}
            }
        }
    }

    /// Waits for what comes next.
    pub(crate) async fn hear(&mut self) -> Result<Heard> {
        loop {
            match self.socket.next().await.context("the server closed the connection")?? {
                Message::Binary(bytes) => return read(bytes),
                Message::Close(frame) => bail!("the server closed the connection: {frame:?}"),
                _ => {}
            }
        }
    }
}

fn read(bytes: bytes::Bytes) -> Result<Heard> {
    match ServerFrame::decode(bytes)?.body {
        Some(ServerBody::Response(Response { id, answer: Some(answer) })) => Ok(Heard::Answer(id, answer)),
        Some(ServerBody::Push(Push { happened: Some(happened) })) => Ok(Heard::Push(happened)),
        _ => bail!("the server said what this program does not know"),
    }
}

/// The server refused, or said something else than asked for.
pub(crate) fn unexpected(answer: &Answer) -> anyhow::Error {
    match answer {
        Answer::Failure(failure) => anyhow::anyhow!("the server refused: {}", failure.error_code().as_word()),
        _ => anyhow::anyhow!("the server gave another answer than asked for"),
    }
}

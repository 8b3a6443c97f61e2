//! The WebSocket to the server: at most one at a time, in a task of its own. Carries frames and never reads them. Whether
//! a silent server is still there is the core's question.

mod address;
mod connect;

pub(crate) use connect::ConnectError;

use asterism_wire::limits::FRAME_BYTES_MAX;
use bytes::Bytes;
use connect::Stream;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Frames from the server that wait for the core; then the socket is not read any further.
const INCOMING_MAX: usize = 64;
/// For the name, TCP, TLS and the WebSocket's handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For saying good-bye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What happened to the connection that was asked for last.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// Frames can be sent.
    Connected,
    /// One binary message.
    Frame(Bytes),
    /// There is no connection any more, or there never was.
    Closed(ConnectError),
}

/// The socket. Asking for a connection gives up the one before, of which nothing more is heard.
#[derive(Debug, Default)]
pub(crate) struct Socket {
    current: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    /// Not bounded here: the core has a limited number of requests in flight.
    outgoing: mpsc::UnboundedSender<Bytes>,
    incoming: mpsc::Receiver<Incoming>,
    task: JoinHandle<()>,
}

impl Socket {
    /// Begins to connect to a server named by its base address.
    pub(crate) fn connect(&mut self, server: String) {
        let (outgoing, to_send) = mpsc::unbounded_channel();
        let (received, incoming) = mpsc::channel(INCOMING_MAX);
        let task = tokio::spawn(live(server, to_send, received));
        self.current = Some(Connection { outgoing, incoming, task });
    }

    /// Gives the connection up, if there is one, without waiting.
    pub(crate) fn disconnect(&mut self) {
        self.current = None;
    }

    /// Sends one frame; without a connection it is dropped, as what is sent just before a connection breaks.
    pub(crate) fn send(&self, frame: Vec<u8>) {
        if let Some(connection) = &self.current {
            // Fails when the task has ended, which `next` is about to tell.
            let _ = connection.outgoing.send(frame.into());
        }
    }

    /// What happens next; never ends while there is no connection. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Incoming {
        let Some(connection) = &mut self.current else { return std::future::pending().await };
        let incoming = connection.incoming.recv().await.unwrap_or(Incoming::Closed(ConnectError::Broken));
        if let Incoming::Closed(_) = incoming {
            self.current = None;
        }
        incoming
    }

    /// Sends what is waiting, says good-bye, and waits a moment for that.
    pub(crate) async fn close(&mut self) {
        let Some(Connection { outgoing, incoming, task }) = self.current.take() else { return };
        drop(outgoing);
        let _ = timeout(CLOSE_TIMEOUT, task).await;
        drop(incoming);
    }
}

/// A connection's life, from its first to its last byte.
async fn live(server: String, to_send: mpsc::UnboundedReceiver<Bytes>, received: mpsc::Sender<Incoming>) {
    let opened = timeout(CONNECT_TIMEOUT, connect::open(&server, settings())).await;
    let stream = match opened.unwrap_or(Err(ConnectError::TimedOut)) {
        Ok(stream) => stream,
        Err(error) => return tell(&received, Incoming::Closed(error)).await,
    };
    tell(&received, Incoming::Connected).await;
    let (sink, source) = stream.split();
    tokio::select! {
        () = write(sink, to_send) => {}
        () = read(source, &received) => {}
    }
    tell(&received, Incoming::Closed(ConnectError::Broken)).await;
}

fn settings() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(Some(FRAME_BYTES_MAX)).max_frame_size(Some(FRAME_BYTES_MAX))
}

async fn tell(received: &mpsc::Sender<Incoming>, incoming: Incoming) {
    // Fails when the host is no longer interested in this connection.
    let _ = received.send(incoming).await;
}

/// Ends when the host gave the connection up, or when it broke.
async fn write(
    mut sink: SplitSink<WebSocketStream<Stream>, Message>,
    mut to_send: mpsc::UnboundedReceiver<Bytes>,
) {
    while let Some(frame) = to_send.recv().await {
        if send_all(&mut sink, frame, &mut to_send).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

/// One flush for all that wait.
async fn send_all(
    sink: &mut SplitSink<WebSocketStream<Stream>, Message>,
    first: Bytes,
    to_send: &mut mpsc::UnboundedReceiver<Bytes>,
) -> Result<(), Error> {
    sink.feed(Message::Binary(first)).await?;
    while let Ok(frame) = to_send.try_recv() {
        sink.feed(Message::Binary(frame)).await?;
    }
    sink.flush().await
}

/// Ends when the connection is closed, breaks, or carries something that the protocol does not know (§1.1).
async fn read(mut source: SplitStream<WebSocketStream<Stream>>, received: &mpsc::Sender<Incoming>) {
    while let Some(Ok(message)) = source.next().await {
        match message {
            Message::Binary(frame) => {
                if received.send(Incoming::Frame(frame)).await.is_err() {
                    return;
                }
            }
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Text(_) | Message::Close(_) | Message::Frame(_) => return,
        }
    }
}

#[cfg(test)]
mod tests;

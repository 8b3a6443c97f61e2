//! The reading half of a WebSocket: frames become requests.

use super::{Shared, intake, pipeline::Pipeline, socket::Socket, strangers::Stranger};
use crate::{Session, connection::CloseReason, encode};
use asterism_wire::{
    ErrorCode,
    frame::{ClientFrame, Closing, Happened},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream::SplitStream};
use prost::Message as _;
use std::{
    future::pending,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{Sleep, sleep};
use tokio_tungstenite::tungstenite::{self, Message};

/// Requests wait while this much of the answers to earlier ones is not written.
const ANSWER_BYTES_PAUSE: usize = 256 * 1024;

/// What a message is to the protocol.
enum Input {
    Frame(Bytes),
    /// Only a sign of life.
    Control,
    End(CloseReason),
}

/// As long as nobody has authenticated. What the server takes to answer is not the client's to hurry: at the deadline
/// nothing more is read, and what was asked before is answered.
pub(super) struct Unknown(Option<Waiting>);

struct Waiting {
    /// To be told when somebody has.
    known: Arc<AtomicBool>,
    deadline: Pin<Box<Sleep>>,
    is_late: bool,
    _stranger: Stranger,
}

impl Unknown {
    pub(super) fn new(known: Arc<AtomicBool>, stranger: Stranger, time: Duration) -> Self {
        Self(Some(Waiting { known, deadline: Box::pin(sleep(time)), is_late: false, _stranger: stranger }))
    }

    /// Somebody has.
    fn end(&mut self) {
        if let Some(waiting) = self.0.take() {
            waiting.known.store(true, Relaxed);
        }
    }

    fn is_late(&self) -> bool {
        self.0.as_ref().is_some_and(|waiting| waiting.is_late)
    }

    /// Waits for the deadline, once.
    async fn too_late(&mut self) {
        match &mut self.0 {
            Some(waiting) if !waiting.is_late => {
                waiting.deadline.as_mut().await;
                waiting.is_late = true;
            }
            _ => pending().await,
        }
    }
}

/// Reads until the connection is closed from either side, then finishes what was accepted.
pub(super) async fn run(
    session: &Session,
    mut stream: SplitStream<Socket>,
    shared: &Shared,
    heard: &AtomicBool,
    mut unknown: Unknown,
) -> SplitStream<Socket> {
    let connection = session.connection();
    let mut pipeline = Pipeline::new(session);
    let mut reads = true;

    while connection.closed().is_none() {
        if session.is_authenticated() {
            unknown.end();
        }
        if unknown.is_late() && pipeline.is_idle() {
            connection.close(CloseReason::Violation);
            break;
        }
        let may_read = reads
            && !unknown.is_late()
            && pipeline.has_room()
            && connection.answer_bytes() < ANSWER_BYTES_PAUSE;
        tokio::select! {
            () = shared.stopped(), if reads => {
                reads = false;
                connection.answer(closing(shared));
            }
            () = pipeline.progress(), if !pipeline.is_idle() => {}
            () = connection.progressed() => {}
            () = unknown.too_late() => {}
            message = stream.next(), if may_read => {
                heard.store(true, Relaxed);
                match read(message) {
                    Input::Frame(bytes) => match ClientFrame::decode(bytes.clone()) {
                        Ok(frame) => pipeline.accept(frame, bytes.len()).await,
                        Err(_) => connection.close(CloseReason::Violation),
                    },
                    Input::Control => {}
                    Input::End(reason) => connection.close(reason),
                }
            }
        }
        if !reads && pipeline.is_idle() {
            connection.close(CloseReason::Restart);
        }
    }
    while !pipeline.is_idle() {
        pipeline.progress().await;
    }
    drop(pipeline);
    stream
}

fn read(message: Option<Result<Message, tungstenite::Error>>) -> Input {
    match message {
        Some(Ok(Message::Binary(bytes))) => Input::Frame(bytes),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Input::Control,
        Some(Ok(Message::Text(_) | Message::Frame(_))) => Input::End(CloseReason::Violation),
        Some(Err(error)) if is_violation(&error) => Input::End(CloseReason::Violation),
        Some(Ok(Message::Close(_)) | Err(_)) | None => Input::End(CloseReason::Gone),
    }
}

/// Whether the client sent what it may not, rather than having gone.
fn is_violation(error: &tungstenite::Error) -> bool {
    use tungstenite::{Error, error::ProtocolError};
    match error {
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => false,
        Error::Capacity(_) | Error::Protocol(_) | Error::Utf8(_) => true,
        Error::Io(error) => error.kind() == intake::REFUSED,
        _ => false,
    }
}

fn closing(shared: &Shared) -> Bytes {
    let retry_after_ms = u64::try_from(shared.limits.retry_after.as_millis()).unwrap_or(u64::MAX);
    encode::push(Happened::Closing(Closing { retry_after_ms, code: ErrorCode::Internal as i32 }))
}

//! The reading half of a WebSocket: frames become requests.

use super::{Shared, pipeline::Pipeline, socket::Socket};
use crate::{Session, connection::CloseReason, encode};
use asterism_wire::{
    ErrorCode,
    frame::{ClientFrame, Closing, Happened},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream::SplitStream};
use prost::Message as _;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::time::timeout;
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

/// Reads until the connection is closed from either side, then finishes what was accepted.
pub(super) async fn run(
    session: &Session,
    mut stream: SplitStream<Socket>,
    shared: &Shared,
    heard: &AtomicBool,
) -> SplitStream<Socket> {
    let connection = session.connection();
    let mut pipeline = Pipeline::new(session);
    let mut reads = true;

    while connection.closed().is_none() {
        let may_read = reads && pipeline.has_room() && connection.answer_bytes() < ANSWER_BYTES_PAUSE;
        tokio::select! {
            () = shared.stopped(), if reads => {
                reads = false;
                connection.answer(closing(shared));
            }
            () = pipeline.progress(), if !pipeline.is_idle() => {}
            () = connection.progressed() => {}
            input = next(&mut stream, session, shared), if may_read => {
                heard.store(true, Relaxed);
                match input {
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

/// The next message; the first must come soon.
async fn next(stream: &mut SplitStream<Socket>, session: &Session, shared: &Shared) -> Input {
    if session.is_greeted() {
        return read(stream.next().await);
    }
    match timeout(shared.limits.hello, stream.next()).await {
        Ok(message) => read(message),
        Err(_) => Input::End(CloseReason::Violation),
    }
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
        _ => false,
    }
}

fn closing(shared: &Shared) -> Bytes {
    let retry_after_ms = u64::try_from(shared.limits.retry_after.as_millis()).unwrap_or(u64::MAX);
    encode::push(Happened::Closing(Closing { retry_after_ms, code: ErrorCode::Internal as i32 }))
}

//! One WebSocket, from the handshake to its last byte.

use super::{
    Shared, accept::Hold, intake::Intake, reader, reader::Unknown, strangers::Stranger, upgrade::Upgraded,
    writer,
};
use crate::{
    connection::{CloseReason, Connection, QueueLimits},
    directory::Origin,
};
use asterism_wire::limits::FRAME_BYTES_MAX;
use futures_util::StreamExt as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::protocol::{Role, WebSocketConfig},
};

/// Read at a time. It is kept for as long as the connection lives.
const READ_BUFFER_BYTES: usize = 4_096;

/// How long a client is still listened to after the farewell, so that what it was sending does not
/// make the network drop the farewell.
const LINGER: Duration = Duration::from_secs(2);

/// What is still taken from it meanwhile.
const LINGER_BYTES_MAX: u64 = 4 * FRAME_BYTES_MAX as u64;

pub(super) type Socket = WebSocketStream<Intake<Upgraded>>;

/// Serves the connection until it ends.
pub(super) async fn run(shared: Arc<Shared>, io: Upgraded, origin: Origin, stranger: Stranger, hold: Hold) {
    let metrics = shared.server.metrics();
    metrics.connections.fetch_add(1, Relaxed);
    metrics.connections_opened.fetch_add(1, Relaxed);

    let known = Arc::new(AtomicBool::new(false));
    let io = Intake::new(io, Arc::clone(&known), shared.limits.message);
    let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config())).await;
    let (sink, stream) = socket.split();
    let (connection, outgoing) = Connection::new(QueueLimits::default());
    let heard = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(writer::run(sink, outgoing, shared.limits, Arc::clone(&heard)));
    let session = shared.server.connect(connection.clone(), origin);
    // Boxed, or this task would hold the reader's state twice.
    let unknown = Unknown::new(known, stranger, shared.limits.authenticate);
    let stream = Box::pin(reader::run(&session, stream, &shared, &heard, unknown)).await;
    drop(session);
    let reason = connection.closed();
    if let Ok(sink) = writer.await
        && reason == Some(CloseReason::Violation)
        && let Ok(socket) = sink.reunite(stream)
    {
        Box::pin(linger(socket.into_inner().into_inner())).await;
    }

    match reason {
        Some(CloseReason::Violation) => metrics.violations.fetch_add(1, Relaxed),
        Some(CloseReason::Slow) => metrics.slow.fetch_add(1, Relaxed),
        _ => 0,
    };
    metrics.connections.fetch_sub(1, Relaxed);
    drop(hold);
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(writer::BUFFER_BYTES)
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX))
}

/// Takes what the client still sends, for a while, and throws it away.
async fn linger(mut io: Upgraded) {
    let discard = async {
        io.shutdown().await?;
        tokio::io::copy(&mut io.take(LINGER_BYTES_MAX), &mut tokio::io::sink()).await
    };
    // Whatever happens, nothing more can be done.
    let _ = timeout(LINGER, discard).await;
}

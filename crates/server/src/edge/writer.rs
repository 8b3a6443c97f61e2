//! The writing half of a WebSocket: drains the connection's queue, flushes once per drain, and looks
//! after silent peers.

use super::{Limits, socket::Socket};
use crate::connection::{CloseReason, Drained, Outgoing};
use bytes::Bytes;
use futures_util::{SinkExt as _, stream::SplitSink};
use rand::Rng as _;
use std::{
    collections::VecDeque,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::{
    Message, Utf8Bytes,
    protocol::{
        CloseFrame,
        frame::{
            Frame,
            coding::{CloseCode, Data, OpCode},
        },
    },
};

/// Gathered before it is written. A connection keeps a buffer of up to twice this once it has been
/// busy. Higher: fewer system calls for bursts of small frames.
pub(super) const BUFFER_BYTES: usize = 4_096;

/// Longer messages are sent in fragments of this size (RFC 6455 §5.4), since the buffer keeps the size
/// of the largest: one answer of a megabyte would stay in memory for as long as the connection lives.
const FRAGMENT_BYTES: usize = BUFFER_BYTES;

/// For the farewell.
const FAREWELL: Duration = Duration::from_secs(5);

pub(super) type Sink = SplitSink<Socket, Message>;

/// The peer is gone, or as good as.
struct Lost;

/// Writes until the connection is closed; gives the sink back.
pub(super) async fn run(
    mut sink: Sink,
    mut outgoing: Outgoing,
    limits: Limits,
    heard: Arc<AtomicBool>,
) -> Sink {
    let mut alarm = Box::pin(sleep(ping_interval(&limits)));
    let mut awaits_pong = false;
    loop {
        tokio::select! {
            drained = outgoing.next() => match drained {
                Drained::Frames(frames) => {
                    if write(&mut sink, frames, limits.write_stall).await.is_err() {
                        break;
                    }
                }
                Drained::Closed(reason) => {
                    // The peer may be gone already.
                    let _ = timeout(FAREWELL, farewell(&mut sink, reason)).await;
                    break;
                }
            },
            () = &mut alarm => {
                if awaits_pong && !heard.load(Relaxed) {
                    break;
                }
                let pause = if awaits_pong { ping_interval(&limits) } else { limits.pong };
                if !awaits_pong {
                    heard.store(false, Relaxed);
                    let ping = sink.send(Message::Ping(Bytes::new()));
                    if in_time(limits.write_stall, ping).await.is_err() {
                        break;
                    }
                }
                awaits_pong = !awaits_pong;
                alarm.as_mut().reset(Instant::now() + pause);
            }
        }
    }
    sink
}

async fn write(sink: &mut Sink, frames: VecDeque<Bytes>, stall: Duration) -> Result<(), Lost> {
    for frame in frames {
        if frame.len() <= FRAGMENT_BYTES {
            in_time(stall, sink.feed(Message::Binary(frame))).await?;
            continue;
        }
        let mut rest = frame;
        let mut opcode = OpCode::Data(Data::Binary);
        while !rest.is_empty() {
            let fragment = rest.split_to(FRAGMENT_BYTES.min(rest.len()));
            let fragment = Frame::message(fragment, opcode, rest.is_empty());
            in_time(stall, sink.feed(Message::Frame(fragment))).await?;
            opcode = OpCode::Data(Data::Continue);
        }
    }
    in_time(stall, sink.flush()).await
}

async fn in_time<E>(stall: Duration, step: impl Future<Output = Result<(), E>>) -> Result<(), Lost> {
    match timeout(stall, step).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Lost),
    }
}

async fn farewell(sink: &mut Sink, reason: CloseReason) {
    let code = match reason {
        CloseReason::Violation => CloseCode::Policy,
        CloseReason::Slow => CloseCode::Again,
        CloseReason::Replaced => CloseCode::Normal,
        CloseReason::Restart => CloseCode::Restart,
        CloseReason::Gone => {
            // Answers the peer's own farewell, if there was one.
            let _ = sink.close().await;
            return;
        }
    };
    let close = CloseFrame { code, reason: Utf8Bytes::from_static("") };
    // The peer may be gone already.
    let _ = sink.send(Message::Close(Some(close))).await;
}

/// So that not all pings go out at once.
fn ping_interval(limits: &Limits) -> Duration {
    limits.ping.mul_f64(rand::rng().random_range(0.8..1.0))
}

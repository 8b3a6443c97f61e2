//! What may come of a message before all of it is there: how much, as long as nobody has authenticated, and for how
//! long (docs/protocol.md §1.1).
//!
//! The WebSocket library has one limit for the whole life of a connection and makes room for a frame as soon as it is
//! announced. So this stands before it and follows the heads of frames (RFC 6455 §5.2) as they pass.

use asterism_wire::limits::{EARLY_FRAME_BYTES_MAX, FRAME_BYTES_MAX};
use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// The kind of the error when more comes than may, or too slowly.
pub(super) const REFUSED: io::ErrorKind = io::ErrorKind::InvalidData;

/// A connection whose messages are bounded.
#[derive(Debug)]
pub(super) struct Intake<S> {
    io: S,
    frames: Frames,
    /// Has somebody authenticated?
    known: Arc<AtomicBool>,
    /// For one message.
    time: Duration,
    /// Until when the rest of a message must be there.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<S> Intake<S> {
    pub(super) fn new(io: S, known: Arc<AtomicBool>, time: Duration) -> Self {
        Self { io, frames: Frames::default(), known, time, alarm: None }
    }

    pub(super) fn into_inner(self) -> S {
        self.io
    }

    fn follow(&mut self, bytes: &[u8]) -> io::Result<()> {
        let max = if self.known.load(Relaxed) { FRAME_BYTES_MAX } else { EARLY_FRAME_BYTES_MAX };
        let ended = self.frames.ended;
        self.frames.follow(bytes, max as u64).map_err(|TooLong| REFUSED)?;
        if self.frames.is_between() {
            self.alarm = None;
        } else if self.alarm.is_none() || self.frames.ended != ended {
            self.alarm = Some(Box::pin(sleep(self.time)));
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Intake<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.io).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => Poll::Ready(self.follow(&buf.filled()[before..])),
            Poll::Pending if self.alarm.as_mut().is_some_and(|alarm| alarm.as_mut().poll(cx).is_ready()) => {
                Poll::Ready(Err(REFUSED.into()))
            }
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Intake<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A head is at most so long: two bytes, a length of eight, a mask of four.
const HEAD_BYTES_MAX: usize = 14;

/// Where in the stream of frames the last byte was.
#[derive(Debug, Default)]
struct Frames {
    /// What has come of a head.
    head: [u8; HEAD_BYTES_MAX],
    head_bytes: usize,
    /// What is to come of the present frame.
    left: u64,
    /// Of the fragments of the present message.
    message_bytes: u64,
    /// Is a further fragment to come?
    is_open: bool,
    /// Messages that were all there. Only whether it changes matters.
    ended: u64,
}

/// A frame, or all fragments of a message together, are longer than they may be.
#[derive(Debug, PartialEq, Eq)]
struct TooLong;

impl Frames {
    fn follow(&mut self, mut bytes: &[u8], max: u64) -> Result<(), TooLong> {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let here = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                self.left -= here as u64;
                bytes = &bytes[here..];
            } else {
                self.head[self.head_bytes] = *first;
                self.head_bytes += 1;
                bytes = rest;
                let Some(length) = payload_length(&self.head[..self.head_bytes]) else { continue };
                self.begin(length, max)?;
            }
            if self.left == 0 && !self.is_open {
                self.ended = self.ended.wrapping_add(1);
                self.message_bytes = 0;
            }
        }
        Ok(())
    }

    fn begin(&mut self, length: u64, max: u64) -> Result<(), TooLong> {
        let (is_last, is_control) = (self.head[0] & 0x80 != 0, self.head[0] & 0x08 != 0);
        if !is_control {
            self.message_bytes = self.message_bytes.saturating_add(length);
            self.is_open = !is_last;
        }
        self.left = length;
        self.head_bytes = 0;
        if length.max(self.message_bytes) > max { Err(TooLong) } else { Ok(()) }
    }

    /// Has all come of all that has begun?
    fn is_between(&self) -> bool {
        self.left == 0 && self.head_bytes == 0 && !self.is_open
    }
}

/// The length of a frame's payload; none while its head is not all there.
fn payload_length(head: &[u8]) -> Option<u64> {
    let [_, short, rest @ ..] = head else { return None };
    let long = match short & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mask = if short & 0x80 == 0 { 0 } else { 4 };
    if rest.len() < long + mask {
        return None;
    }
    let number = |bytes: &[u8]| bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    Some(if long == 0 { u64::from(short & 0x7f) } else { number(&rest[..long]) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame, FrameHeader,
        coding::{Control, Data, OpCode},
    };

    fn frame(opcode: OpCode, is_last: bool, bytes: usize) -> Vec<u8> {
        let header =
            FrameHeader { is_final: is_last, opcode, mask: Some([1, 2, 3, 4]), ..FrameHeader::default() };
        let mut encoded = Vec::new();
        Frame::from_payload(header, vec![0xFF; bytes].into()).format(&mut encoded).unwrap();
        encoded
    }

    const BINARY: OpCode = OpCode::Data(Data::Binary);
    const MORE: OpCode = OpCode::Data(Data::Continue);
    const PING: OpCode = OpCode::Control(Control::Ping);

    #[test]
    fn messages_are_told_apart_however_they_are_cut() {
        let lengths = [0, 1, 125, 126, 65_535, 65_536];
        let mut stream = Vec::new();
        for bytes in lengths {
            stream.extend(frame(BINARY, false, bytes));
            stream.extend(frame(PING, true, 3));
            stream.extend(frame(MORE, true, bytes));
        }
        for step in [1, 7, 4_096, stream.len()] {
            let mut frames = Frames::default();
            let (last, before) = stream.split_last().unwrap();
            for part in before.chunks(step) {
                assert_eq!(frames.follow(part, 2 * 65_536), Ok(()));
            }
            assert!(!frames.is_between());
            assert_eq!(frames.follow(&[*last], 2 * 65_536), Ok(()));
            assert!(frames.is_between());
        }
    }

    #[test]
    fn what_is_too_long_is_refused_when_it_is_announced() {
        let first = |opcode, bytes| frame(opcode, true, bytes)[..HEAD_BYTES_MAX].to_vec();
        assert_eq!(Frames::default().follow(&first(BINARY, 100_000), 100_000), Ok(()));
        assert_eq!(Frames::default().follow(&first(BINARY, 100_001), 100_000), Err(TooLong));
        assert_eq!(Frames::default().follow(&first(PING, 100_001), 100_000), Err(TooLong));
        let mut frames = Frames::default();
        for opcode in [BINARY, MORE] {
            assert_eq!(frames.follow(&frame(opcode, false, 50_000), 100_000), Ok(()));
        }
        assert_eq!(frames.follow(&frame(PING, true, 100), 100_000), Ok(()));
        assert_eq!(frames.follow(&frame(MORE, true, 1), 100_000), Err(TooLong));
    }
}

//! Server frames, encoded once and shared by all who are sent them.

use asterism_wire::frame::{Answer, Happened, Push, Response, ServerBody, ServerFrame};
use bytes::Bytes;
use prost::Message as _;

/// A push.
#[must_use]
pub fn push(happened: Happened) -> Bytes {
    frame(ServerBody::Push(Push { happened: Some(happened) }))
}

/// The answer to request `id`.
#[must_use]
pub fn answer(id: u64, answer: Answer) -> Bytes {
    frame(ServerBody::Response(Response { id, answer: Some(answer) }))
}

fn frame(body: ServerBody) -> Bytes {
    ServerFrame { body: Some(body) }.encode_to_vec().into()
}

//! Where a dishonest server stands: between the real one and a client, with every frame in its hands.

use asterism_wire::frame::{Answer, ClientFrame, ServerFrame};

/// What becomes of a request on its way to the server.
#[expect(clippy::large_enum_variant, reason = "one at a time, and handed on at once")]
pub(crate) enum Passage {
    /// It arrives, perhaps changed.
    Pass(ClientFrame),
    /// It does not arrive; the client gets this answer.
    Answer(Box<Answer>),
}

/// Somebody who sees and changes what server and clients say to one another.
pub(crate) trait Tamper {
    /// A request is about to reach the server.
    fn request(&mut self, client: usize, frame: ClientFrame) -> Passage;
    /// A frame is about to be put on the wire to a client; any number go instead.
    fn frames(&mut self, client: usize, frame: ServerFrame) -> Vec<ServerFrame>;
}

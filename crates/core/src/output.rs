//! What the core asks its host to do. Everything handed out is already persisted.

use crate::api::{Answer, ApiError, Event, RequestId};

/// One thing for the host to do.
#[derive(Debug)]
pub enum Output {
    /// Connect to this server (`http(s)://…`), then call `handle_connected`; if that fails, `handle_disconnected`.
    Connect {
        /// The server's address.
        server: String,
    },
    /// Close the connection, then call `handle_disconnected`.
    Disconnect,
    /// Send one binary WebSocket message.
    Transmit(Vec<u8>),
    /// The answer to a request.
    Response {
        /// The request.
        id: RequestId,
        /// Its answer.
        result: Result<Answer, ApiError>,
    },
    /// Something happened.
    Event(Event),
    /// The core has stopped: the database is damaged. Nothing after the last step was kept.
    Fatal(ApiError),
}

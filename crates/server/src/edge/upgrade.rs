//! The server's half of the WebSocket handshake (RFC 6455 §4.2).

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper_util::rt::TokioIo;
use std::future::Future;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A connection that is no longer HTTP.
pub(super) type Upgraded = TokioIo<hyper::upgrade::Upgraded>;

const VERSION: &str = "13";

/// Answers the handshake, and hands the connection to `run` in a task of its own.
pub(super) fn accept<F>(request: Request, run: impl FnOnce(Upgraded) -> F + Send + 'static) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    let headers = request.headers();
    let wants = has_token(headers, &header::CONNECTION, "upgrade")
        && has_token(headers, &header::UPGRADE, "websocket");
    if !wants {
        let upgrade = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")];
        return (StatusCode::UPGRADE_REQUIRED, upgrade, "WebSocket clients only\n").into_response();
    }
    let version = headers.get(header::SEC_WEBSOCKET_VERSION).filter(|version| *version == VERSION);
    let (Some(_), Some(key)) = (version, headers.get(header::SEC_WEBSOCKET_KEY)) else {
        return (StatusCode::BAD_REQUEST, [(header::SEC_WEBSOCKET_VERSION, VERSION)]).into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        if let Ok(io) = upgrade.await {
            run(TokioIo::new(io)).await;
        }
    });
    let answer = [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, answer).into_response()
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let lists = headers.get_all(name).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
}

//! What is plain HTTP: the page, invite links, health and metrics. Handlers decide nothing.

use super::{Shared, accept::Hold, page, peer::Peer, socket, upgrade};
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;

/// What the server says of itself to whoever comes with a browser.
const ABOUT: &str = "\
This is an Asterism server: it carries end-to-end encrypted messages for communities, and cannot read them.
Connect with an Asterism client. An invite link is opened there too.
";

/// On every answer.
const SECURITY_HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// Over TLS: browsers come back over TLS alone.
const STRICT_TRANSPORT: (&str, &str) = ("strict-transport-security", "max-age=31536000");

/// Invite links are secrets: search engines keep nothing of them.
const ROBOTS: (&str, &str) = ("x-robots-tag", "noindex, nofollow, noarchive");

pub(super) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(about))
        .route("/i/{ticket}", get(invite))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route("/api/v1/socket", get(open_socket))
        .fallback(get(page))
        .layer(middleware::from_fn_with_state(Arc::clone(shared), secure))
        .with_state(Arc::clone(shared))
}

async fn about(uri: Uri, headers: HeaderMap) -> Response {
    if page::is_there() { page::serve(&uri, &headers) } else { ABOUT.into_response() }
}

async fn invite(uri: Uri, headers: HeaderMap) -> Response {
    ([ROBOTS], about(uri, headers).await).into_response()
}

async fn page(uri: Uri, headers: HeaderMap) -> Response {
    page::serve(&uri, &headers)
}

async fn health() -> &'static str {
    "ok\n"
}

/// Only for programs on this machine: how busy a server is concerns nobody else.
async fn metrics(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    if !peer.is_local(&headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([("content-type", "text/plain; version=0.0.4")], shared.server.metrics_text()).into_response()
}

async fn open_socket(
    State(shared): State<Arc<Shared>>,
    Extension(peer): Extension<Peer>,
    Extension(hold): Extension<Hold>,
    request: Request,
) -> Response {
    let origin = peer.origin(request.headers());
    let Some(stranger) = shared.strangers.enter(origin) else {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    };
    upgrade::accept(request, move |io| socket::run(shared, io, origin, stranger, hold))
}

async fn secure(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let strict = shared.is_tls.then_some(STRICT_TRANSPORT);
    for (name, value) in SECURITY_HEADERS.iter().copied().chain(strict) {
        // The page brings its own policy; everything else is allowed nothing.
        let header = response.headers_mut().entry(HeaderName::from_static(name));
        header.or_insert(HeaderValue::from_static(value));
    }
    response
}

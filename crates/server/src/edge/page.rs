//! The page: static files that were built into the program (`build.rs`), under the headers that keep a browser from
//! running anything else. The server only hands them out.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// One file of the page.
pub(super) struct File {
    path: &'static str,
    content: &'static [u8],
    brotli: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// What may run and load: this origin's files, and nothing inline (the same as in web/headers.json, under which the
/// page is tested).
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
require-trusted-types-for 'script'; trusted-types app";

/// Nothing of the device: the page has no use for any of it until there are calls.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=()";

/// Files whose name holds a hash of their content never change.
const HASHED: &str = "/assets/";

/// Is a page built in?
pub(super) fn is_there() -> bool {
    !FILES.is_empty()
}

/// A file of the page, or the page itself for every address within it.
pub(super) fn serve(uri: &Uri, headers: &HeaderMap) -> Response {
    let path = uri.path();
    let file = FILES.iter().find(|file| file.path == path);
    let is_place =
        !path.starts_with("/api/") && !path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let index = || FILES.iter().find(|file| is_place && file.path == "/index.html");
    match file.or_else(index) {
        Some(file) => answer(file, headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(file: &'static File, asked: &HeaderMap) -> Response {
    let accepts =
        asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes_brotli = accepts.split(',').any(|one| one.trim().split(';').next() == Some("br"));
    let (content, packed) = match file.brotli {
        Some(brotli) if takes_brotli => (brotli, true),
        _ => (file.content, false),
    };
    let mut response = content.into_response();
    let headers = response.headers_mut();
    let caching =
        if file.path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(file.path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert("permissions-policy", HeaderValue::from_static(PERMISSIONS));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page is tested in a browser under web/headers.json: it must be what is sent.
    #[test]
    fn the_headers_are_those_that_the_page_is_tested_under() {
        let tested: serde_json::Value =
            serde_json::from_str(include_str!("../../../../web/headers.json")).unwrap();
        assert_eq!(tested["content-security-policy"], POLICY);
        assert_eq!(tested["permissions-policy"], PERMISSIONS);
    }

    #[test]
    fn nothing_but_places_of_the_page_is_answered_with_it() {
        let asked = HeaderMap::new();
        for path in ["/api/v1/nothing", "/missing.js", "/assets/none.wasm"] {
            let uri = Uri::from_static(path);
            assert_eq!(serve(&uri, &asked).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}

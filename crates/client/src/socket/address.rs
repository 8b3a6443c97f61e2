//! A server's address: the base that people and links name, and where its socket is.

use super::ConnectError;
use tokio_tungstenite::tungstenite::http::Uri;

/// Where to connect.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// A name or an IP address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
    /// Of the WebSocket.
    pub(super) url: String,
}

impl Address {
    /// Reads `http(s)://HOST[:PORT][/PATH]`.
    pub(super) fn of(server: &str) -> Result<Self, ConnectError> {
        let uri: Uri = server.parse().map_err(|_| ConnectError::Address)?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(ConnectError::Address),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(ConnectError::Address)?;
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let scheme = if tls { "wss" } else { "ws" };
        let path = uri.path().trim_end_matches('/');
        Ok(Self {
            url: format!("{scheme}://{host}:{port}{path}/api/v1/socket"),
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            tls,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(server: &str, expected: &Expect) {
        let text = match Address::of(server) {
            Ok(Address { host, port, tls, url }) => format!("{host} {port} tls={tls} {url}"),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn addresses_lead_to_the_socket() {
        check("https://a.example", &expect!["a.example 443 tls=true wss://a.example:443/api/v1/socket"]);
        check(
            "http://127.0.0.1:8480/",
            &expect!["127.0.0.1 8480 tls=false ws://127.0.0.1:8480/api/v1/socket"],
        );
        check("http://[::1]:1/", &expect!["::1 1 tls=false ws://[::1]:1/api/v1/socket"]);
        check(
            "https://a.example/chat/",
            &expect!["a.example 443 tls=true wss://a.example:443/chat/api/v1/socket"],
        );
    }

    #[test]
    fn other_schemes_and_nonsense_are_refused() {
        for server in ["a.example", "ftp://a.example", "http://", "", "https:///path", "http://a b"] {
            check(server, &expect!["this is not the address of a server"]);
        }
    }
}

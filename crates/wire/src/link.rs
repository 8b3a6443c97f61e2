//! Invite links: `https://SERVER/i/TICKET#SECRET` (docs/protocol.md §5.1). The secret is in the fragment and
//! never reaches the server.

use crate::{DecodeError, ids::TicketId};
use std::{fmt, str::FromStr};

/// Length of a link's secret in bytes.
pub const SECRET_LEN: usize = 32;

/// An invite link. `Debug` shows no secret; `Display` is the link itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The server's public address, without a trailing slash.
    pub server: String,
    /// The ticket.
    pub ticket: TicketId,
    /// From which both key pairs of the link are derived.
    pub secret: [u8; SECRET_LEN],
}

impl Link {
    /// Does the link belong to the server at this address? However the address is written: with or without its usual
    /// port, and on the machine itself under each of its names.
    #[must_use]
    pub fn belongs_to(&self, server: &str) -> bool {
        place(&self.server) == place(server)
    }
}

/// The names of the machine itself.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Host and port of an address, written in one way. Not how one gets there: the same server may be behind TLS or not.
fn place(server: &str) -> String {
    let server = server.trim_end_matches('/').to_ascii_lowercase();
    let (usual, rest) = match server.split_once("://") {
        Some(("https", rest)) => (":443", rest),
        Some((_, rest)) => (":80", rest),
        None => ("", server.as_str()),
    };
    let rest = rest.strip_suffix(usual).unwrap_or(rest);
    let own = LOOPBACK.iter().find_map(|name| rest.strip_prefix(name));
    match own.filter(|port| port.is_empty() || port.starts_with(':')) {
        Some(port) => format!("{}{port}", LOOPBACK[0]),
        None => rest.to_owned(),
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/i/{}#{}", self.server, self.ticket, crate::ids::to_text(&self.secret))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({:?})", self.ticket)
    }
}

impl FromStr for Link {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let (address, secret) = text.trim().split_once('#').ok_or(DecodeError::Missing)?;
        let (server, ticket) = address.rsplit_once("/i/").ok_or(DecodeError::Malformed)?;
        if !(server.starts_with("https://") || server.starts_with("http://")) {
            return Err(DecodeError::Malformed);
        }
        let secret = crate::ids::from_text(secret)?.try_into().map_err(|_| DecodeError::OutOfRange)?;
        Ok(Self { server: server.to_owned(), ticket: ticket.parse()?, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_round_trip() {
        let link = Link { server: "https://a.example".into(), ticket: TicketId([7; 16]), secret: [9; 32] };
        assert_eq!(link.to_string().parse(), Ok(link));
    }

    #[test]
    fn a_link_belongs_to_one_server_however_its_address_is_written() {
        let check = |link: &str, server: &str| {
            let link = Link { server: link.into(), ticket: TicketId([7; 16]), secret: [9; 32] };
            link.belongs_to(server)
        };
        for (link, server) in [
            ("https://a.example", "https://a.example/"),
            ("https://A.example:443", "https://a.example"),
            ("http://a.example", "https://a.example"),
            ("http://localhost:8480", "http://127.0.0.1:8480"),
            ("http://[::1]:8480", "http://localhost:8480"),
        ] {
            assert!(check(link, server), "{link} {server}");
        }
        for (link, server) in [
            ("https://a.example", "https://b.example"),
            ("https://a.example", "https://a.example:8443"),
            ("http://127.0.0.1:9999", "http://127.0.0.1:8701"),
            ("https://localhost.example", "https://127.0.0.1.example"),
            ("https://a.example.evil", "https://a.example"),
        ] {
            assert!(!check(link, server), "{link} {server}");
        }
    }

    #[test]
    fn a_link_without_its_secret_is_refused() {
        assert!("https://a.example/i/aaaa".parse::<Link>().is_err());
        assert!("javascript:alert(1)/i/aa#aa".parse::<Link>().is_err());
    }
}

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
    fn a_link_without_its_secret_is_refused() {
        assert!("https://a.example/i/aaaa".parse::<Link>().is_err());
        assert!("javascript:alert(1)/i/aa#aa".parse::<Link>().is_err());
    }
}

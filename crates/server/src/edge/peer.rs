//! Where a connection comes from.

use crate::directory::Origin;
use axum::http::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The other end of a TCP connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(IpAddr);

const FORWARDED_FOR: &str = "x-forwarded-for";

impl Peer {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self(address.ip().to_canonical())
    }

    /// Where the client is. A proxy on this machine is believed what it adds at the end of
    /// `X-Forwarded-For`; nobody else is.
    pub(super) fn origin(self, headers: &HeaderMap) -> Origin {
        let forwarded = headers.get_all(FORWARDED_FOR).iter().next_back();
        let last = forwarded.and_then(|list| list.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        match last {
            Some(client) if self.0.is_loopback() => Origin::of(client),
            _ => self.origin_of_itself(),
        }
    }

    /// As if it spoke for nobody else.
    pub(super) fn origin_of_itself(self) -> Origin {
        Origin::of(self.0)
    }

    /// Whether it is a program on this machine, and no proxy that speaks for others.
    pub(super) fn is_local(self, headers: &HeaderMap) -> bool {
        self.0.is_loopback() && !headers.contains_key(FORWARDED_FOR) && !headers.contains_key("forwarded")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(peer: &str, forwarded: &str) -> Origin {
        let headers = HeaderMap::from_iter([(
            axum::http::HeaderName::from_static(FORWARDED_FOR),
            forwarded.parse().unwrap(),
        )]);
        Peer::new(peer.parse().unwrap()).origin(&headers)
    }

    fn of(address: &str) -> Origin {
        Origin::of(address.parse().unwrap())
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        assert_eq!(origin("127.0.0.1:1", "198.51.100.1, 192.0.2.7"), of("192.0.2.7"));
        assert_eq!(origin("192.0.2.1:1", "192.0.2.7"), of("192.0.2.1"));
        assert_eq!(origin("127.0.0.1:1", "nonsense"), of("127.0.0.1"));
    }
}

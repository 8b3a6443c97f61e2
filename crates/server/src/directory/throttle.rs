//! How much strangers and accounts may ask of the directory.

use crate::{
    failure,
    rate_limit::{Limit, RateLimiter, RetryAfterMs},
};
use asterism_wire::{ErrorCode, frame::Failure, ids::AccountId};
use std::net::IpAddr;

/// Accounts registered from one address. Higher: more junk accounts from one place. Lower: a school
/// behind one address needs longer to register everybody.
const REGISTER: Limit = Limit { burst: 60, refill_ms: 60_000 };
/// Recovery attempts from one address. Tokens cannot be guessed; this bounds the load.
const RECOVERY: Limit = Limit { burst: 20, refill_ms: 30_000 };
/// Handles looked up by one account. Higher: the directory is listed sooner. Lower: filling a group
/// of 1,024 takes long.
const LOOKUP_HANDLE: Limit = Limit { burst: 2_048, refill_ms: 2_000 };
/// Key packages of one account claimed by one other. Higher: the one-time ones of a victim run out
/// sooner, and the last-resort one is used again.
const CLAIM: Limit = Limit { burst: 32, refill_ms: 60_000 };

/// Writes to an account's own vault, one or many entries each. Higher: one account takes more of the disk's
/// time. Lower: somebody in hundreds of busy groups stores their keys late.
const OWN: Limit = Limit { burst: 256, refill_ms: 500 };

/// Where a request comes from. `None` for callers within the process and on this machine, which no
/// limit per address applies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin(Option<IpAddr>);

impl Origin {
    /// Of the peer at this address. IPv6 networks of 64 bits count as one place, since one household
    /// gets at least one.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            address if address.is_loopback() => Self(None),
            IpAddr::V4(address) => Self(Some(address.into())),
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Self(Some(IpAddr::V6(network.into())))
            }
        }
    }

    /// The address, or the first of the network, that counts.
    pub(crate) fn address(self) -> Option<IpAddr> {
        self.0
    }
}

/// The directory's rate limiters.
#[derive(Debug)]
pub(super) struct Throttle {
    register: RateLimiter<IpAddr>,
    recovery: RateLimiter<IpAddr>,
    pub(super) lookup_handle: RateLimiter<AccountId>,
    pub(super) own: RateLimiter<AccountId>,
    /// By (who claims, whose packages).
    pub(super) claim: RateLimiter<(AccountId, AccountId)>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            register: RateLimiter::new(REGISTER),
            recovery: RateLimiter::new(RECOVERY),
            lookup_handle: RateLimiter::new(LOOKUP_HANDLE),
            own: RateLimiter::new(OWN),
            claim: RateLimiter::new(CLAIM),
        }
    }
}

impl Throttle {
    pub(super) fn register(&self, origin: Origin, now: asterism_wire::Timestamp) -> Result<(), RetryAfterMs> {
        origin.0.map_or(Ok(()), |address| self.register.take(address, now))
    }

    pub(super) fn recovery(&self, origin: Origin, now: asterism_wire::Timestamp) -> Result<(), RetryAfterMs> {
        origin.0.map_or(Ok(()), |address| self.recovery.take(address, now))
    }
}

impl From<RetryAfterMs> for Failure {
    fn from(RetryAfterMs(ms): RetryAfterMs) -> Self {
        failure::retry_after(ErrorCode::RateLimited, ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Origin {
        Origin::of(text.parse().unwrap())
    }

    #[test]
    fn addresses_count_by_network() {
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_eq!(of("127.0.0.1"), Origin::default());
    }
}

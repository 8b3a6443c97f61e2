//! How much one account may ask of communities.

use crate::rate_limit::{Limit, RateLimiter};
use asterism_wire::ids::AccountId;

/// Communities founded by one account. Higher: more junk.
const CREATE: Limit = Limit { burst: 16, refill_ms: 60_000 };
/// Deposits left by one account, which can have any number of subscriber's keys. Higher: somebody with a link can
/// keep admins busier, and fill a community's places faster.
const DEPOSIT: Limit = Limit { burst: 32, refill_ms: 10_000 };
/// Questions about groups, each of up to 256 that may have to be read from the store.
const GROUP_FACTS: Limit = Limit { burst: 64, refill_ms: 500 };

/// The rate limiters of communities.
#[derive(Debug)]
pub(super) struct Throttle {
    pub(super) create: RateLimiter<AccountId>,
    pub(super) deposit: RateLimiter<AccountId>,
    pub(super) group_facts: RateLimiter<AccountId>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            create: RateLimiter::new(CREATE),
            deposit: RateLimiter::new(DEPOSIT),
            group_facts: RateLimiter::new(GROUP_FACTS),
        }
    }
}

//! Token buckets, one per key, in a bounded map.
//!
//! A bucket is kept as the single time at which it will be full again, so that one that is full
//! needs no record at all.

use asterism_wire::ids::Timestamp;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

/// Keys that one limiter remembers. Higher: more memory (about 64 bytes each). When there are more
/// at a time, all are forgotten: many strangers at once loosen the limit, they never lock people out.
const KEYS_MAX: usize = 65_536;

/// How much of something one key may do.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// At once, after a long silence.
    pub burst: u32,
    /// One more after each of these.
    pub refill_ms: u64,
}

/// Try again after this many milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests: try again in {0} ms")]
pub struct RetryAfterMs(pub u64);

/// Applies a [`Limit`] per key.
#[derive(Debug)]
pub struct RateLimiter<K> {
    limit: Limit,
    /// When each bucket will be full again.
    full_at: Mutex<HashMap<K, u64>>,
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// All buckets full.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        Self { limit, full_at: Mutex::default() }
    }

    /// Takes one token of `key`'s bucket.
    ///
    /// # Errors
    /// When it is empty: after which time it will not be.
    pub fn take(&self, key: K, now: Timestamp) -> Result<(), RetryAfterMs> {
        let Limit { burst, refill_ms } = self.limit;
        let emptiest = now.0.saturating_add(refill_ms.saturating_mul(u64::from(burst)));
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = buckets.get_mut(&key) {
            // A clock that went back must not empty a bucket further than it can be.
            *full_at = (*full_at).clamp(now.0, emptiest);
            let taken = full_at.saturating_add(refill_ms);
            if taken > emptiest {
                return Err(RetryAfterMs(taken - emptiest));
            }
            *full_at = taken;
            return Ok(());
        }
        if buckets.len() >= KEYS_MAX {
            buckets.retain(|_, full_at| *full_at > now.0);
            if buckets.len() >= KEYS_MAX {
                buckets.clear();
            }
        }
        buckets.insert(key, now.0.saturating_add(refill_ms));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> RateLimiter<u32> {
        RateLimiter::new(Limit { burst: 2, refill_ms: 1_000 })
    }

    #[test]
    fn a_bucket_empties_and_refills() {
        let limiter = limiter();
        let at = |ms: u64| limiter.take(1, Timestamp(1_000_000 + ms));
        assert_eq!([at(0), at(0), at(0)], [Ok(()), Ok(()), Err(RetryAfterMs(1_000))]);
        assert_eq!(
            [at(400), at(1_000), at(1_000)],
            [Err(RetryAfterMs(600)), Ok(()), Err(RetryAfterMs(1_000))]
        );
        assert_eq!([at(9_000), at(9_000), at(9_000)], [Ok(()), Ok(()), Err(RetryAfterMs(1_000))]);
    }

    #[test]
    fn keys_do_not_share() {
        let limiter = limiter();
        for key in 0..4 {
            assert_eq!(limiter.take(key, Timestamp(5)), Ok(()));
        }
    }

    #[test]
    fn a_clock_that_goes_back_does_not_lock_anybody_out() {
        let limiter = limiter();
        assert_eq!(limiter.take(1, Timestamp(1_000_000_000)), Ok(()));
        assert_eq!(limiter.take(1, Timestamp(0)), Err(RetryAfterMs(1_000)));
        assert_eq!(limiter.take(1, Timestamp(1_000)), Ok(()));
    }

    #[test]
    fn the_map_is_bounded() {
        let limiter = limiter();
        for key in 0..KEYS_MAX + 10 {
            assert_eq!(limiter.take(u32::try_from(key).unwrap(), Timestamp(5)), Ok(()));
        }
        assert!(limiter.full_at.lock().unwrap().len() <= KEYS_MAX);
    }
}

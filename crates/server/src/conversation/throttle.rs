//! How many conversations an account may found (docs/protocol.md §4.1), and how often accounts may commit to one
//! (§4.3): every commit makes all others begin anew with what they were about to send, so that whoever commits
//! without end stops everybody.
//!
//! Kept in memory: a restart forgets it.

use crate::rate_limit::{Limit, RateLimiter, RetryAfterMs};
use asterism_wire::ids::{AccountId, ConversationId, Timestamp};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Conversations founded by one account. Enough at once for a community with as many groups as its directory lists,
/// and for the people that somebody writes to. Higher: one account fills more of the disk, where what it has founded
/// stays. Lower: a large community is not set up in one go. As long as a token takes to come back, a client waits.
const CREATE: Limit = Limit { burst: 1_280, refill_ms: 30_000 };
/// Commits of an account that may remove others. Higher: one who means harm holds the others up for longer. Lower:
/// somebody who changes many things one after the other waits.
const REMOVER: Limit = Limit { burst: 32, refill_ms: 1_000 };
/// Commits of any other account.
const MEMBER: Limit = Limit { burst: 16, refill_ms: 4_000 };
/// Commits of any other account that nobody else waits for: to join, to come with another device, to mend itself.
/// Higher: many accounts of one person hold the others up for longer. Lower: when everybody has to enter anew at the
/// same time, they wait for one another.
const FREE: Limit = Limit { burst: 2, refill_ms: 10 * 60_000 };
/// All other commits of all such accounts together. Its interval is what everybody else has to send a message or
/// remove somebody in, a few times what a slow line takes.
const TOGETHER: Limit = Limit { burst: 4, refill_ms: 2_000 };
/// After a first void its author commits nothing for this long, twice as long after each further one; and as long
/// nothing is held up by a refusal of somebody who has refused what others have confirmed.
const PAUSE_MS: u64 = 2_000;
/// The longest such pause. Higher: a member whom somebody accuses falsely is kept out for longer.
const PAUSE_MS_MAX: u64 = 5 * 60_000;
/// After so long without another one the next counts as the first.
const PAUSE_FORGOTTEN_MS: u64 = 30 * 60_000;
/// Those who pause that are remembered; when there are more, all are forgotten.
const PAUSE_KEYS_MAX: usize = 65_536;

/// An account in a conversation.
type Key = (ConversationId, AccountId);

/// How often somebody had to pause, and until when they do.
#[derive(Debug, Clone, Copy)]
struct Pause {
    times: u32,
    until: Timestamp,
}

/// Pauses that grow.
#[derive(Debug, Default)]
struct Pauses(Mutex<HashMap<Key, Pause>>);

impl Pauses {
    /// How long somebody still pauses, milliseconds.
    fn left_ms(&self, key: Key, now: Timestamp) -> u64 {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&key).map_or(0, |pause| pause.until.0.saturating_sub(now.0))
    }

    fn add(&self, key: Key, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PAUSE_KEYS_MAX {
            all.retain(|_, pause| now < pause.until);
            if all.len() >= PAUSE_KEYS_MAX {
                all.clear();
            }
        }
        let known = all.get(&key).filter(|pause| now < pause.until.plus_ms(PAUSE_FORGOTTEN_MS));
        let times = known.map_or(0, |pause| pause.times);
        let wait = (PAUSE_MS << times.min(16)).min(PAUSE_MS_MAX);
        all.insert(key, Pause { times: times + 1, until: now.plus_ms(wait) });
    }
}

/// The rate limiters of conversations.
#[derive(Debug)]
pub(super) struct Throttle {
    pub(super) create: RateLimiter<AccountId>,
    remover: RateLimiter<Key>,
    member: RateLimiter<Key>,
    free: RateLimiter<Key>,
    together: RateLimiter<ConversationId>,
    voided: Pauses,
    overruled: Pauses,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            create: RateLimiter::new(CREATE),
            remover: RateLimiter::new(REMOVER),
            member: RateLimiter::new(MEMBER),
            free: RateLimiter::new(FREE),
            together: RateLimiter::new(TOGETHER),
            voided: Pauses::default(),
            overruled: Pauses::default(),
        }
    }
}

impl Throttle {
    /// Before a commit is judged: counts it for its author, who may remove others, or may not.
    pub(super) fn own(
        &self,
        conversation: ConversationId,
        account: AccountId,
        may_remove: bool,
        now: Timestamp,
    ) -> Result<(), RetryAfterMs> {
        let key = (conversation, account);
        let pause_ms = self.voided.left_ms(key, now);
        if pause_ms > 0 {
            return Err(RetryAfterMs(pause_ms));
        }
        if may_remove { self.remover.take(key, now) } else { self.member.take(key, now) }
    }

    /// Counts a commit that is in order, of an account that may not remove others, for all such accounts together:
    /// what somebody may not do must not use up what is everybody's.
    pub(super) fn together(
        &self,
        conversation: ConversationId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), RetryAfterMs> {
        let free = self.free.take((conversation, account), now);
        free.or_else(|_| self.together.take(conversation, now))
    }

    /// A commit of this account was voided.
    pub(super) fn voided(&self, conversation: ConversationId, author: AccountId, now: Timestamp) {
        self.voided.add((conversation, author), now);
    }

    /// This account has refused what others have confirmed.
    pub(super) fn overruled(&self, conversation: ConversationId, account: AccountId, now: Timestamp) {
        self.overruled.add((conversation, account), now);
    }

    /// Has this account refused what others have confirmed, so that its refusals hold nothing up for now?
    pub(super) fn is_overruled(
        &self,
        conversation: ConversationId,
        account: AccountId,
        now: Timestamp,
    ) -> bool {
        self.overruled.left_ms((conversation, account), now) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ConversationId = ConversationId([1; 16]);
    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn account(n: u8) -> AccountId {
        AccountId([n; 32])
    }

    /// A commit that is in order.
    fn commit(throttle: &Throttle, author: u8, may_remove: bool, now: Timestamp) -> Result<(), RetryAfterMs> {
        throttle.own(HERE, account(author), may_remove, now)?;
        if may_remove { Ok(()) } else { throttle.together(HERE, account(author), now) }
    }

    #[test]
    fn many_accounts_together_leave_the_others_time() {
        let throttle = Throttle::default();
        let mut taken = 0;
        for ms in (0..60_000).step_by(50) {
            let author = u8::try_from(ms / 50 % 8).unwrap();
            taken += u32::from(commit(&throttle, author, false, NOW.plus_ms(ms)).is_ok());
        }
        let most = 8 * FREE.burst + TOGETHER.burst + 30;
        assert!((most - 8..=most).contains(&taken), "{taken}");
        assert_eq!(commit(&throttle, 99, true, NOW.plus_ms(60_000)), Ok(()));
        assert_eq!(commit(&throttle, 98, false, NOW.plus_ms(60_000)), Ok(()));
    }

    #[test]
    fn everybody_may_come_anew_at_once() {
        let throttle = Throttle::default();
        for n in 0..200 {
            assert_eq!(commit(&throttle, n, false, NOW), Ok(()));
        }
    }

    #[test]
    fn what_is_not_in_order_uses_up_nothing_of_what_all_have() {
        let throttle = Throttle::default();
        for n in 0..50 {
            for _ in 0..=MEMBER.burst {
                let _refused_in_the_end = throttle.own(HERE, account(n), false, NOW);
            }
            assert!(throttle.own(HERE, account(n), false, NOW).is_err());
        }
        for _ in 0..FREE.burst + TOGETHER.burst {
            assert_eq!(commit(&throttle, 99, false, NOW), Ok(()));
        }
        assert!(commit(&throttle, 99, false, NOW).is_err());
    }

    #[test]
    fn whose_commits_are_voided_waits_longer_each_time() {
        let throttle = Throttle::default();
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..9 {
            throttle.voided(HERE, account(1), now);
            let Err(RetryAfterMs(ms)) = commit(&throttle, 1, true, now) else { panic!() };
            waits.push(ms / 1_000);
            now = now.plus_ms(ms);
            assert_eq!(commit(&throttle, 1, true, now), Ok(()));
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300]);
        throttle.voided(HERE, account(1), now.plus_ms(300_000 + PAUSE_FORGOTTEN_MS));
        let again = commit(&throttle, 1, true, now.plus_ms(300_000 + PAUSE_FORGOTTEN_MS));
        assert_eq!(again, Err(RetryAfterMs(PAUSE_MS)));
        assert_eq!(commit(&throttle, 2, true, now), Ok(()));
    }
}

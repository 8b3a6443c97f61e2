//! The time that the core is told.

use asterism_wire::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Follows the wall clock when it is set ahead or the computer was asleep, and runs on when it is set back: a timer
/// of the core never waits longer than it said.
#[derive(Debug)]
pub(crate) struct Clock {
    base: Timestamp,
    since: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { base: wall(), since: Instant::now() }
    }

    /// Never earlier than what it said before.
    pub(crate) fn now(&mut self) -> Timestamp {
        self.at(wall(), Instant::now())
    }

    fn at(&mut self, wall: Timestamp, instant: Instant) -> Timestamp {
        let elapsed = instant.saturating_duration_since(self.since);
        let now = self.base.plus_ms(millis(elapsed));
        if wall <= now {
            return now;
        }
        (self.base, self.since) = (wall, instant);
        wall
    }
}

/// From `now` until `then`; zero when that is past.
pub(crate) fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::from_millis(then.0.saturating_sub(now.0))
}

fn wall() -> Timestamp {
    Timestamp(millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> (Clock, Instant) {
        let since = Instant::now();
        (Clock { base: Timestamp(1_000), since }, since)
    }

    #[test]
    fn a_wall_clock_that_is_set_back_does_not_stop_the_time() {
        let (mut clock, start) = clock();
        assert_eq!(clock.at(Timestamp(10), start + Duration::from_millis(5)), Timestamp(1_005));
        assert_eq!(clock.at(Timestamp(20), start + Duration::from_millis(9)), Timestamp(1_009));
    }

    #[test]
    fn a_wall_clock_that_jumps_ahead_is_followed() {
        let (mut clock, start) = clock();
        let later = start + Duration::from_millis(5);
        assert_eq!(clock.at(Timestamp(90_000), later), Timestamp(90_000));
        assert_eq!(clock.at(Timestamp(90_000), later + Duration::from_millis(7)), Timestamp(90_007));
    }

    #[test]
    fn a_past_deadline_is_due_at_once() {
        assert_eq!(until(Timestamp(5), Timestamp(3)), Duration::ZERO);
    }
}

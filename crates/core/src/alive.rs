//! Whether the other end of the connection is still there: when to ask it, and when to give it up
//! (docs/protocol.md §1.6). A connection can die without a word: the server hangs, a router forgets it, the network
//! goes away.

use asterism_wire::Timestamp;

/// Silence while an answer is awaited, before the server is asked whether it is there. Lower: more questions to a
/// server that is only busy; higher: a hung one is noticed late.
const AWAITED_MS: u64 = 5_000;
/// The same while nothing is awaited. Lower: more traffic and wake-ups of idle devices; higher: routers forget the
/// connection, and a dead one is noticed late.
const IDLE_MS: u64 = 60_000;
/// How long that question may stay unanswered. Lower: slow lines lose connections that are alive.
const PONG_MS: u64 = 10_000;
/// On a slow line the answer stands behind a long frame. Who gave up a connection and has to give up the next one
/// within this time waits twice as long from then on, so that the frame comes through in the end.
const SLOW_MS: u64 = 10 * 60 * 1000;
const DOUBLINGS_MAX: u32 = 3;

/// What is to be done about a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// Ask whether it is there.
    Ask,
    /// It is not.
    GiveUp,
}

/// One connection after the other. Times are those of the core's clock.
#[derive(Debug, Default)]
pub(crate) struct Alive {
    heard: Timestamp,
    /// Since when something is awaited.
    awaited: Option<Timestamp>,
    /// When it was asked whether it is there, if nothing was heard since.
    asked: Option<Timestamp>,
    given_up: Option<Timestamp>,
    doublings: u32,
}

impl Alive {
    /// A new connection is there.
    pub(crate) fn handle_connected(&mut self, now: Timestamp) {
        (self.heard, self.awaited, self.asked) = (now, None, None);
        if self.given_up.is_some_and(|before| now >= before.plus_ms(SLOW_MS)) {
            (self.given_up, self.doublings) = (None, 0);
        }
    }

    /// Something that wants an answer has left.
    pub(crate) fn handle_sent(&mut self, now: Timestamp) {
        self.awaited.get_or_insert(now);
    }

    /// Anything has come; is an answer still awaited?
    pub(crate) fn handle_heard(&mut self, now: Timestamp, awaits: bool) {
        (self.heard, self.awaited, self.asked) = (now, awaits.then_some(now), None);
    }

    /// The question has left, or stands for one that has.
    pub(crate) fn handle_asked(&mut self, now: Timestamp) {
        self.asked.get_or_insert(now);
    }

    /// The connection was given up.
    pub(crate) fn handle_given_up(&mut self, now: Timestamp) {
        if self.given_up.replace(now).is_some() {
            self.doublings = (self.doublings + 1).min(DOUBLINGS_MAX);
        }
    }

    /// What is due.
    pub(crate) fn due(&self, now: Timestamp) -> Due {
        match self.asked {
            _ if now < self.deadline() => Due::Nothing,
            None => Due::Ask,
            Some(_) => Due::GiveUp,
        }
    }

    /// When something is due, unless something is heard before.
    pub(crate) fn deadline(&self) -> Timestamp {
        match (self.asked, self.awaited) {
            (Some(asked), _) => asked.plus_ms(PONG_MS << self.doublings),
            (None, Some(awaited)) => awaited.plus_ms(AWAITED_MS),
            (None, None) => self.heard.plus_ms(IDLE_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goes through `script`: `c`onnected, `s`ent, `h`eard with nothing awaited, `a`nswered with something awaited;
    /// then lets time pass, and gives when it asks and when it gives up, in seconds from the last of these.
    fn check(script: &[(u64, char)]) -> (u64, u64) {
        let mut alive = Alive::default();
        let mut now = Timestamp(0);
        for (at, what) in script {
            now = Timestamp(at * 1000);
            match what {
                'c' => alive.handle_connected(now),
                's' => alive.handle_sent(now),
                'h' => alive.handle_heard(now, false),
                'a' => alive.handle_heard(now, true),
                other => panic!("{other}"),
            }
        }
        let asks = alive.deadline();
        assert_eq!(alive.due(asks), Due::Ask);
        alive.handle_asked(asks);
        assert_eq!(alive.due(asks), Due::Nothing);
        let gives_up = alive.deadline();
        assert_eq!(alive.due(gives_up), Due::GiveUp);
        ((asks.0 - now.0) / 1000, (gives_up.0 - now.0) / 1000)
    }

    #[test]
    fn an_idle_connection_is_asked_once_a_minute() {
        assert_eq!(check(&[(0, 'c')]), (60, 70));
        assert_eq!(check(&[(0, 'c'), (9, 's'), (10, 'h')]), (60, 70));
    }

    #[test]
    fn a_silent_one_is_asked_soon_while_an_answer_is_awaited() {
        assert_eq!(check(&[(0, 'c'), (30, 's')]), (5, 15));
        assert_eq!(check(&[(0, 'c'), (30, 's'), (34, 'a')]), (5, 15));
        // What is asked later does not put it off.
        assert_eq!(check(&[(0, 'c'), (30, 's'), (33, 's')]), (2, 12));
    }

    #[test]
    fn whatever_is_heard_answers_the_question() {
        let mut alive = Alive::default();
        alive.handle_sent(Timestamp(0));
        alive.handle_asked(Timestamp(5_000));
        alive.handle_heard(Timestamp(14_000), true);
        assert_eq!(alive.due(Timestamp(15_000)), Due::Nothing);
        assert_eq!(alive.due(Timestamp(19_000)), Due::Ask);
    }

    #[test]
    fn a_slow_line_is_given_more_time_each_time_that_it_breaks() {
        let mut alive = Alive::default();
        let waits = |alive: &mut Alive, at| {
            alive.handle_connected(Timestamp(at));
            alive.handle_asked(Timestamp(at));
            let given_up = alive.deadline();
            alive.handle_given_up(given_up);
            (given_up.0 - at) / 1000
        };
        let times: Vec<u64> = (0..6).map(|n| waits(&mut alive, n * 100_000)).collect();
        assert_eq!(times, [10, 10, 20, 40, 80, 80]);
        assert_eq!(waits(&mut alive, 10_000_000), 10);
    }
}

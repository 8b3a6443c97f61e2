//! What goes wrong.

use super::Plan;
use crate::check::Violation;
use rand::Rng as _;

/// How much is done while somebody's disk is full.
const FULL_OPERATIONS: usize = 4;

impl Plan {
    pub(super) fn fault(&mut self) -> Result<(), Violation> {
        self.report.faults += 1;
        let victim = self.actor();
        let pause = self.world.rng.random_range(1..3_000);
        let kind = self.world.rng.random_range(0..14);
        tracing::debug!(victim, kind, "fault");
        match kind {
            0..5 => self.world.cut(victim),
            5..8 => {
                self.forget_requests(victim);
                self.world.crash_client(victim);
                self.world.run_for(pause);
                self.start(victim)?;
            }
            8..10 => {
                self.world.crash_server();
                self.world.run_for(pause);
                self.start_server()?;
            }
            10..12 => self.crash_at_a_persist_point(pause)?,
            12 => {
                // A slow disk: what waits is done in one batch.
                self.world.hold_disk();
                self.world.run_for(pause / 4);
                self.world.release_disk();
            }
            _ if pause % 2 == 0 => self.fill_disk(victim, u32::try_from(pause % 40).unwrap_or(0))?,
            _ => {
                for client in 0..self.world.clients.len() {
                    self.world.cut(client);
                }
            }
        }
        Ok(())
    }

    /// A client's disk has little room left while life goes on.
    fn fill_disk(&mut self, client: usize, pages: u32) -> Result<(), Violation> {
        let limit = |plan: &mut Self, more| {
            let limited = plan.world.limit_disk(client, more);
            limited.map_err(|e| Violation(format!("a client's disk cannot be limited: {e}")))
        };
        limit(self, Some(pages))?;
        for _ in 0..FULL_OPERATIONS {
            self.operation()?;
        }
        limit(self, None)
    }

    /// The server dies while something waits for its disk; it may be durable all the same.
    fn crash_at_a_persist_point(&mut self, pause: u64) -> Result<(), Violation> {
        self.world.hold_disk();
        let actors = self.world.rng.random_range(1..4);
        for _ in 0..actors {
            self.begin_something();
        }
        self.world.run_for(pause / 4);
        let durable = self.world.rng.random_bool(0.6);
        self.world.crash_server_held(durable);
        self.world.run_for(pause);
        self.start_server()
    }

    fn start_server(&mut self) -> Result<(), Violation> {
        self.world.start_server().map_err(|e| Violation(format!("the server does not start: {e}")))
    }

    pub(super) fn start(&mut self, client: usize) -> Result<(), Violation> {
        self.world.start_client(client).map_err(|e| Violation(format!("a client does not start: {e}")))
    }

    /// The process is gone, and nobody waits for its answers.
    pub(super) fn forget_requests(&mut self, client: usize) {
        self.under_way.retain(|(of, _)| *of != client);
        self.racing.retain(|(of, _)| *of != client);
        self.doing.retain(|(of, _), _| *of != client);
    }

    /// Some of those who are off come back.
    pub(super) fn wake_some(&mut self) -> Result<(), Violation> {
        let mut back = Vec::new();
        for (client, left) in &mut self.asleep {
            *left = left.saturating_sub(1);
            if *left == 0 {
                back.push(*client);
            }
        }
        back.into_iter().try_for_each(|client| self.wake(client))
    }

    pub(super) fn wake(&mut self, client: usize) -> Result<(), Violation> {
        self.asleep.remove(&client);
        self.start(client)
    }
}

//! Counting deliveries of many receivers, and waiting for the last one.

use anyhow::{Context as _, Result, bail};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use tokio::{sync::Notify, time::timeout};

/// Deliveries of all receivers together.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    count: AtomicU64,
    /// The number that somebody waits for.
    target: AtomicU64,
    outcome: Mutex<Outcome>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Outcome {
    /// When the target was last reached.
    at: Option<Instant>,
    /// Why a receiver ended.
    failure: Option<String>,
}

impl Tally {
    /// So many more were delivered.
    pub(crate) fn add(&self, deliveries: u64) {
        let before = self.count.fetch_add(deliveries, SeqCst);
        let target = self.target.load(SeqCst);
        if before < target && target <= before + deliveries {
            self.outcome().at = Some(Instant::now());
            self.changed.notify_one();
        }
    }

    /// A receiver has ended, and will count nothing more.
    pub(crate) fn fail(&self, error: &anyhow::Error) {
        self.outcome().failure = Some(format!("{error:#}"));
        self.changed.notify_one();
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(SeqCst)
    }

    /// Sets the number to wait for; to be called before what causes the deliveries. One waits at a time.
    pub(crate) fn aim(&self, target: u64) {
        self.outcome().at = None;
        self.target.store(target, SeqCst);
    }

    /// Waits until as many as aimed for were delivered; gives the time of the last one.
    pub(crate) async fn reached(&self, patience: Duration) -> Result<Instant> {
        let target = self.target.load(SeqCst);
        let reached = timeout(patience, async {
            loop {
                if let Some(failure) = self.outcome().failure.take() {
                    bail!("a receiver ended: {failure}");
                }
                if self.count() >= target {
                    // Whoever counted the last one may be about to note the time.
                    return Ok(self.outcome().at.unwrap_or_else(Instant::now));
                }
                self.changed.notified().await;
            }
        });
        reached.await.with_context(|| format!("{} of {target} were delivered in time", self.count()))?
    }

    fn outcome(&self) -> std::sync::MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn the_last_delivery_is_waited_for() {
        let tally = Arc::new(Tally::default());
        let begun = Instant::now();
        tally.aim(16);
        for _ in 0..8 {
            let tally = Arc::clone(&tally);
            tokio::spawn(async move { tally.add(2) });
        }
        assert!(tally.reached(LONG).await.unwrap() >= begun);
        assert_eq!(tally.count(), 16);
    }

    #[tokio::test]
    async fn a_receiver_that_ends_is_noticed() {
        let tally = Tally::default();
        tally.aim(1);
        tally.fail(&anyhow::anyhow!("gone"));
        assert!(tally.reached(LONG).await.is_err());
    }

    #[tokio::test]
    async fn patience_ends() {
        let tally = Tally::default();
        tally.aim(1);
        assert!(tally.reached(Duration::from_millis(1)).await.is_err());
    }
}

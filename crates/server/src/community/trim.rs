//! Retention: old announcements go, and with them the keys of epochs that no announcement needs any more
//! (docs/protocol.md §10.2, `limits::RETENTION_DAYS`). The log of a community is never trimmed.

use super::{
    Communities, damaged,
    epoch_writes::forget_seats,
    keeper::Keeper,
    records::{self, EpochRecord, delete, keys, shared},
    seats,
};
use crate::{failure, log};
use asterism_store::Store as _;
use asterism_wire::{frame::Failure, ids::Timestamp};

/// Communities, or epochs of one, read in one step.
const STEP: usize = 256;

impl Communities {
    /// Forgets what is older than the retention time. What cannot be trimmed now is tried again the next time.
    ///
    /// # Errors
    /// The first failure; the other communities are trimmed all the same.
    pub async fn trim_expired(&self, now: Timestamp) -> Result<(), Failure> {
        let mut result = Ok(());
        let mut after = None;
        loop {
            let page = self.shared().store.scan(&keys::communities(), after.as_ref(), STEP).await;
            let page = page.map_err(failure::of_store)?;
            for id in page.iter().filter_map(|(key, _)| shared::last_conversation(key)) {
                // One after the other: nobody waits for this.
                let trimmed = self.ask(id.into(), move |keeper| Box::pin(keeper.trim(now))).await;
                result = result.and(trimmed);
            }
            let last_step = page.len() < STEP;
            after = page.into_iter().next_back().map(|(key, _)| key);
            if last_step {
                return result;
            }
        }
    }
}

impl Keeper {
    async fn trim(&mut self, now: Timestamp) -> Result<(), Failure> {
        let store = self.shared.store.clone();
        let cutoff = Timestamp(now.0.saturating_sub(self.shared.config.retention_ms));
        let live = self.live().await?;
        let first_kept = live.posts.first_after(&store, cutoff).await.map_err(failure::of_store)?;
        if let Some(first_kept) = first_kept {
            let trimmed = store.trim(log::stream(live.posts.id), first_kept.0).await;
            trimmed.map_err(failure::of_store)?;
            live.posts.floor = first_kept;
        }
        self.trim_epochs().await
    }

    /// Forgets past epochs without announcements that are kept.
    async fn trim_epochs(&mut self) -> Result<(), Failure> {
        let id = self.id;
        let (present, floor) = {
            let live = self.live().await?;
            (live.state.epoch, live.posts.floor)
        };
        let mut kept_before = EpochRecord::default();
        let mut all = self.epochs().await?.into_iter().peekable();
        while let Some((epoch, record)) = all.next() {
            let found = self.shared.store.get(&[keys::epoch_posts(id, epoch)]).await;
            let last_post = found.map_err(failure::of_store)?.into_iter().next().flatten();
            let last_post = last_post.map_or(Ok(0), |found| records::read_number(&found.value));
            if epoch == present || last_post.map_err(failure::of_store)? >= floor.0 {
                kept_before = record;
                continue;
            }
            // Versions only grow: a key that neither neighbour has is needed by nobody.
            let next = all.peek().map(|(_, record)| record.clone()).unwrap_or_default();
            self.forget_epoch(epoch, &record, [&kept_before, &next]).await?;
        }
        Ok(())
    }

    /// The epochs that are kept, ascending.
    async fn epochs(&self) -> Result<Vec<(u64, EpochRecord)>, Failure> {
        let prefix = keys::epochs(self.id);
        let mut epochs = Vec::new();
        let mut after = None;
        loop {
            let page =
                self.shared.store.scan(&prefix, after.as_ref(), STEP).await.map_err(failure::of_store)?;
            let last_step = page.len() < STEP;
            for (key, record) in page {
                let epoch = shared::last_number(&key).ok_or_else(damaged)?;
                epochs.push((epoch, records::read(&record.value).map_err(failure::of_store)?));
                after = Some(key);
            }
            if last_step {
                return Ok(epochs);
            }
        }
    }

    /// First the seats, a bucket at a time, then what leads to them.
    async fn forget_epoch(
        &mut self,
        epoch: u64,
        record: &EpochRecord,
        neighbours: [&EpochRecord; 2],
    ) -> Result<(), Failure> {
        let id = self.id;
        for (bucket, version) in record.buckets.iter().copied().zip(record.versions.iter().copied()) {
            if neighbours.iter().all(|other| other.version(bucket) != Some(version)) {
                let members = seats::members(&self.shared.store, id, bucket, version).await?;
                self.write(forget_seats(id, bucket, version, &members)).await?;
            }
        }
        let seals = record.buckets.iter().map(|bucket| delete(keys::seal(id, epoch, *bucket)));
        let rest = [delete(keys::epoch(id, epoch)), delete(keys::epoch_posts(id, epoch))];
        self.write(seals.chain(rest).collect()).await
    }
}

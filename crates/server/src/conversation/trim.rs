//! Retention: what is past its time is forgotten (docs/protocol.md, `limits::RETENTION_DAYS`).
//!
//! What a conversation needs to be read from the store again is kept: a snapshot of the group at the last
//! commit that goes, and everything after it. The last entry always stays.

use super::{
    Conversations,
    actor::{Actor, Decision},
    effects::Effects,
    load,
    op::{Op, Reply},
    records::{self, SnapshotRecord, VoidsRecord, keys},
};
use crate::failure;
use asterism_store::{Append, Expect, Key, Store as _, Version, Write};
use asterism_wire::{
    frame::Failure,
    ids::{ConversationId, Epoch, Seq, Timestamp},
};
use bytes::Bytes;

/// Conversations read in one step.
const STEP: usize = 256;
/// Epochs looked through in one trim of one conversation.
const EPOCHS_MAX: usize = 65_536;

impl Conversations {
    /// Forgets entries that are older than the retention time. What cannot be trimmed now is tried again
    /// the next time.
    ///
    /// # Errors
    /// The first failure; the other conversations are trimmed all the same.
    pub async fn trim_expired(&self, now: Timestamp) -> Result<(), Failure> {
        let mut result = Ok(());
        let mut after = None;
        loop {
            let page = self.shared().store.scan(&keys::all_meta(), after.as_ref(), STEP).await;
            let page = page.map_err(failure::of_store)?;
            let ids: Vec<ConversationId> =
                page.iter().filter_map(|(key, _)| keys::last_conversation(key)).collect();
            for id in ids {
                // One after the other: nobody waits for this.
                result = result.and(self.ask(id, Op::Trim(now)).await.map(|_| ()));
            }
            let last_step = page.len() < STEP;
            after = page.into_iter().next_back().map(|(key, _)| key);
            if last_step {
                return result;
            }
        }
    }
}

impl Actor {
    pub(super) async fn trim(&mut self, now: Timestamp) -> Result<Decision, Failure> {
        let done = || Ok(Decision::Answer(Reply::Done, Effects::default()));
        let cutoff = Timestamp(now.0.saturating_sub(self.shared.config.retention_ms));
        let store = self.shared.store.clone();
        let log = &self.existing().await?.log;
        let first_kept = log.first_after(&store, cutoff).await.map_err(failure::of_store)?;
        let (id, head) = (log.id, log.position.seq);
        let Some(first_kept) = first_kept else { return done() };

        let (gone, base) = self.epochs_before(first_kept).await?;
        let mut writes = Vec::new();
        let delete = |key: Key| Write { key, expect: Version::Any, value: None };
        let snapshots = load::snapshots(&store, id).await.map_err(failure::of_store)?;
        if !snapshots.contains(&base.opened_by) {
            let group = load::load_group(&store, id, base).await?;
            let ratchet_tree = group.tracker.ratchet_tree().into();
            let snapshot = SnapshotRecord { group_info: group.group_info, ratchet_tree };
            let put = |key, value| Write { key, expect: Version::Any, value: Some(value) };
            writes.push(put(keys::snapshot(id, base.opened_by), records::bytes(&snapshot)));
            writes.push(put(keys::snapshot_at(id, base.opened_by), Bytes::new()));
        }
        for at in snapshots.into_iter().filter(|at| *at < base.opened_by) {
            writes.extend([keys::snapshot(id, at), keys::snapshot_at(id, at)].map(delete));
        }
        for seq in gone {
            writes.extend([keys::epoch(id, seq), keys::receipt(id, seq)].map(delete));
        }
        // What nobody has refused for so long stays.
        let live = self.existing().await?;
        let settled: Vec<_> = live.open.iter().filter(|open| open.seq < first_kept).cloned().collect();
        for open in &settled {
            writes.push(delete(keys::open_commit(id, open.seq)));
            writes.extend(open.decide_at.map(|at| delete(keys::void_due(at, id))));
        }
        let voids: Vec<_> = live.voids.iter().filter(|one| one.void >= first_kept.0).cloned().collect();
        if voids.len() < live.voids.len() {
            let value = Some(records::bytes(&VoidsRecord { voids }));
            writes.push(Write { key: keys::voids(id), expect: Version::Any, value });
        }
        let mut append = Append::new(crate::log::stream(id), Vec::new());
        append.expect = Expect::Head(head.0);
        append.writes = writes;
        // First what is needed without the entries, then the entries.
        match store.append(append).await {
            Ok(_) => {}
            Err(asterism_store::AppendError::Store(error)) => return Err(failure::of_store(error)),
            // Somebody else has appended: the next time.
            Err(_) => return done(),
        }
        store.trim(crate::log::stream(id), first_kept.0).await.map_err(failure::of_store)?;
        let not_due = settled.iter().filter_map(|open| open.decide_at).collect();
        Ok(Decision::Answer(Reply::Done, Effects { not_due, ..Effects::default() }))
    }

    /// Live epochs that were opened before a position, but for the last of them; and that one.
    async fn epochs_before(&self, first_kept: Seq) -> Result<(Vec<Seq>, Epoch), Failure> {
        let found = self.shared.store.scan(&keys::epochs(self.id), None, EPOCHS_MAX).await;
        let mut before = Vec::new();
        for (key, record) in found.map_err(failure::of_store)? {
            let opened_by = Seq(keys::last_number(&key).ok_or_else(super::damaged)?);
            if opened_by >= first_kept {
                break;
            }
            let record: records::EpochRecord = records::read(&record.value).map_err(failure::of_store)?;
            before.push(Epoch { number: record.number, opened_by });
        }
        let base = before.pop().ok_or_else(super::damaged)?;
        Ok((before.into_iter().map(|epoch| epoch.opened_by).collect(), base))
    }
}

//! Voids: a commit that members refuse, and that those who confirm it do not outweigh, dies with all that rests on it
//! (docs/protocol.md §4.6).

use super::{
    Conversations,
    actor::{Actor, Decision},
    batch,
    effects::Effects,
    live::OpenCommit,
    load,
    op::{Op, Outcome, Reply},
    records::{self, OpenCommitRecord, VoidRange, VoidsRecord, keys},
    verdict::{Verdict, verdict},
};
use crate::{failure, log::NewEntry};
use asterism_store::{Key, Store as _, Version, Write};
use asterism_wire::{
    entry::{EntryKind, Refusal, VoidBody},
    frame::Failure,
    ids::{AccountId, ConversationId, DeviceId, Epoch, Seq, Timestamp},
};
use bytes::Bytes;
use prost::Message as _;
use std::collections::BTreeMap;

/// How long what failed waits before it is tried again, milliseconds.
const RETRY_MS: u64 = 1_000;

impl Conversations {
    /// When [`Conversations::tick`] has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let flush = self.shared().acknowledged.next_flush();
        self.shared().deadlines.next().into_iter().chain(flush).min()
    }

    /// Voids what is due by now and stores what devices have acknowledged. What fails is due again a little
    /// later.
    pub async fn tick(&self, now: Timestamp) {
        let due = self.shared().deadlines.due(now);
        let asked: Vec<_> = due.into_iter().map(|id| (id, self.ask(id, Op::Settle(now)))).collect();
        self.flush_acknowledged(now).await;
        for (id, answer) in asked {
            if self.decide(id, answer.await, now).await.is_err() {
                let deadlines = &self.shared().deadlines;
                deadlines.change(id, &deadlines.due_of(id, now), Some(now.plus_ms(RETRY_MS)));
            }
        }
    }

    /// What is to be voided after everything that could be settled was.
    async fn decide(&self, id: ConversationId, settled: Outcome, now: Timestamp) -> Result<(), Failure> {
        if settled?.due()? {
            self.ask(id, Op::Void(now)).await?;
        }
        Ok(())
    }
}

/// A commit with its record.
struct Dying {
    open: OpenCommit,
    record: OpenCommitRecord,
}

impl Actor {
    /// Voids the first commit that is due, and all after it. The reader of the answer reads the conversation
    /// from the store again.
    pub(super) async fn void(&mut self, now: Timestamp) -> Result<Decision, Failure> {
        let (id, clock_now) = (self.id, self.shared.clock.now());
        let open = self.light().await?.map(|live| live.open.clone()).unwrap_or_default();
        let Verdict::Void(first) = verdict(&open, now) else {
            let not_due = self.shared.deadlines.due_of(id, now);
            return Ok(Decision::Answer(Reply::Done, Effects { not_due, ..Effects::default() }));
        };
        let dying = open.into_iter().skip(first).collect();
        let dying = self.read_dying(dying).await?;
        let Some(refused) = dying.first() else { return Err(super::damaged()) };
        let revived =
            Epoch { number: refused.record.parent_number, opened_by: Seq(refused.record.parent_opened_by) };
        let refusals = refused.record.refusals.iter().map(|bytes| Refusal::decode(bytes.as_slice()));
        let refusals = refusals.collect::<Result<_, _>>().map_err(|_| super::damaged())?;
        let body = VoidBody { commit_seq: refused.open.seq.0, refusals };

        let live = self.existing().await?;
        let entry = live.log.next_entry(NewEntry {
            kind: EntryKind::Void,
            epoch: revived,
            stamp: live.log.stamp(clock_now),
            idempotency: None,
            body: records::bytes(&body),
        });
        let mut voids = live.voids.clone();
        voids.push(VoidRange { commit: body.commit_seq, void: entry.seq });
        let mut append = live.log.append(std::slice::from_ref(&entry), None);
        let mut effects = Effects {
            entries: vec![entry],
            voided: Some(refused.open.author),
            not_due: dying.iter().filter_map(|one| one.open.decide_at).collect(),
            ..Effects::default()
        };
        let restored = restored(dying.iter().rev().map(|one| &one.record));
        (effects.return_to, effects.unsubscribe) = members_after(&restored)?;
        append.writes = batch::restore(restored).collect();
        let delete = |key| Write { key, expect: Version::Any, value: None };
        for one in &dying {
            append.writes.push(delete(keys::open_commit(id, one.open.seq)));
            append.writes.extend(one.open.decide_at.map(|at| delete(keys::void_due(at, id))));
        }
        let voids = records::bytes(&VoidsRecord { voids });
        append.writes.push(Write { key: keys::voids(id), expect: Version::Any, value: Some(voids) });
        tracing::warn!(commits = dying.len(), "refused commits are voided");
        Ok(Decision::Append(append, Reply::Done, effects))
    }

    async fn read_dying(&self, open: Vec<OpenCommit>) -> Result<Vec<Dying>, Failure> {
        let wanted: Vec<_> = open.iter().map(|open| keys::open_commit(self.id, open.seq)).collect();
        let found = self.shared.store.get(&wanted).await.map_err(failure::of_store)?;
        open.into_iter()
            .zip(found)
            .map(|(open, found)| {
                let found = found.ok_or_else(super::damaged)?;
                let record = records::read(&found.value).map_err(failure::of_store)?;
                Ok(Dying { open, record })
            })
            .collect()
    }
}

/// The records as they were before the first of several commits, which are given from the last to the first.
fn restored<'a>(records: impl Iterator<Item = &'a OpenCommitRecord>) -> BTreeMap<Key, Option<Bytes>> {
    let all = records.flat_map(|record| &record.undo);
    all.map(|undo| (Key(undo.key.clone()), undo.value.clone())).collect()
}

/// Devices whose membership is restored.
type Devices = (Vec<(AccountId, DeviceId)>, Vec<DeviceId>);

/// Of the devices whose membership is restored: who is a member then, and who is not.
fn members_after(restored: &BTreeMap<Key, Option<Bytes>>) -> Result<Devices, Failure> {
    let (mut members, mut others) = (Vec::new(), Vec::new());
    for (key, value) in restored {
        let Some(device) = keys::member_device(key.as_bytes()) else { continue };
        let membership = value.as_ref().map(|bytes| load::read_membership(bytes)).transpose();
        match membership.map_err(failure::of_store)? {
            Some(membership) if membership.is_current() => members.push((membership.account, device)),
            _ => others.push(device),
        }
    }
    Ok((members, others))
}

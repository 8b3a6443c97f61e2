//! Reading a conversation from the store: first what most requests need, the group when one needs it.

use super::{
    actor::Actor,
    damaged,
    live::{Group, Live, OpenCommit},
    ranges::Membership,
    records::{
        self, EpochRecord, MemberRecord, MetaRecord, OpenCommitRecord, SnapshotRecord, VoidsRecord, keys,
    },
};
use crate::{
    failure,
    log::{self, Log},
};
use asterism_mls::Tracker;
use asterism_store::{AnyStore, Key, Store as _, StoreError, Versioned};
use asterism_wire::{
    ErrorCode,
    entry::{Entry, EntryKind},
    frame::Failure,
    ids::{ConversationId, DeviceId, Epoch, Seq, Timestamp},
    limits,
};

/// Commits that may be voided at a time. Higher: longer chains of commits that nobody else has seen can be
/// undone, and more is stored for groups where nobody else ever looks.
pub(super) const OPEN_COMMITS_MAX: usize = 64;
/// Snapshots of one conversation that are looked at: hundreds of thousands of commits within the time that
/// entries are kept.
const SNAPSHOTS_MAX: usize = 16_384;
/// Epochs read in one step.
const EPOCHS_STEP: usize = 128;
/// Devices whose membership is kept in memory; when there are more they are read again.
const MEMBERS_MAX: usize = 2 * limits::GROUP_LEAVES_MAX;

impl Actor {
    /// The conversation, without its group; none when it does not exist.
    pub(super) async fn light(&mut self) -> Result<Option<&mut Live>, Failure> {
        if self.live.is_none() {
            self.live = load_light(&self.shared.store, self.id).await.map_err(failure::of_store)?;
        }
        Ok(self.live.as_mut())
    }

    /// As [`Actor::light`], for whoever must not learn whether the conversation exists.
    pub(super) async fn existing(&mut self) -> Result<&mut Live, Failure> {
        self.light().await?.ok_or_else(|| Failure::of(ErrorCode::NotAMember))
    }

    /// The conversation with its group.
    pub(super) async fn with_group(&mut self) -> Result<&mut Live, Failure> {
        let store = self.shared.store.clone();
        let live = self.existing().await?;
        if live.group.is_none() {
            live.group = Some(load_group(&store, live.id, live.epoch).await?);
        }
        Ok(live)
    }

    /// What a device may read; none when it never was a member. Nothing is brought into memory for who never was.
    pub(super) async fn membership(&mut self, device: DeviceId) -> Result<Option<Membership>, Failure> {
        let known = self.live.as_ref().and_then(|live| live.members.get(&device));
        if let Some(known) = known {
            return Ok(Some(known.clone()));
        }
        let key = keys::member(self.id, device);
        let found = self.shared.store.get(&[key]).await.map_err(failure::of_store)?;
        let Some(found) = found.into_iter().next().flatten() else { return Ok(None) };
        let membership = read_membership(&found.value).map_err(failure::of_store)?;
        let nothing_in_flight = self.in_flight_is_empty();
        let live = self.existing().await?;
        if live.members.len() >= MEMBERS_MAX && nothing_in_flight {
            live.members.clear();
        }
        live.members.insert(device, membership.clone());
        Ok(Some(membership))
    }

    /// As [`Actor::membership`], for who must be a member now.
    pub(super) async fn current_member(&mut self, device: DeviceId) -> Result<Membership, Failure> {
        let membership = self.membership(device).await?;
        membership.filter(Membership::is_current).ok_or_else(|| Failure::of(ErrorCode::NotAMember))
    }
}

async fn load_light(store: &AnyStore, id: ConversationId) -> Result<Option<Live>, StoreError> {
    let found = store.get(&[keys::meta(id), keys::voids(id)]).await?;
    let [Some(meta), voids] = found.as_slice() else { return Ok(None) };
    let meta: MetaRecord = records::read(&meta.value)?;
    let (log, last) = Log::load(store, id, Timestamp(meta.created_at_ms)).await?;
    let epoch = last.as_ref().map_or(Ok(Epoch::default()), epoch_after)?;
    let mut live = Live::new(log, epoch);
    if let Some(voids) = voids {
        live.voids = records::read::<VoidsRecord>(&voids.value)?.voids;
    }
    for (key, record) in store.scan(&keys::open_commits(id), None, OPEN_COMMITS_MAX + 1).await? {
        let seq = Seq(keys::last_number(&key).ok_or(StoreError::Corrupt)?);
        let record: OpenCommitRecord = records::read(&record.value)?;
        live.open.push(OpenCommit::of_record(seq, &record).map_err(|_| StoreError::Corrupt)?);
    }
    Ok(Some(live))
}

/// The epoch that is current after an entry. A void is an entry of the epoch that it makes current again.
pub(super) fn epoch_after(entry: &Entry) -> Result<Epoch, StoreError> {
    match entry.entry_kind().map_err(|_| StoreError::Corrupt)? {
        EntryKind::Commit => Ok(Epoch { number: entry.epoch + 1, opened_by: entry.position() }),
        EntryKind::Message | EntryKind::Vault | EntryKind::Void => Ok(entry.made_in()),
        EntryKind::Governance | EntryKind::Post | EntryKind::Unspecified => Err(StoreError::Corrupt),
    }
}

pub(super) fn read_membership(bytes: &[u8]) -> Result<Membership, StoreError> {
    Membership::of_record(records::read::<MemberRecord>(bytes)?)
}

/// The group in a live epoch: the last snapshot before it, and the commits since. [`ErrorCode::Expired`]
/// when there is no such snapshot any more.
pub(super) async fn load_group(store: &AnyStore, id: ConversationId, epoch: Epoch) -> Result<Group, Failure> {
    let (mut tracker, from) = load_snapshot(store, id, epoch.opened_by).await?;
    let mut after = keys::epoch(id, from);
    'all: loop {
        let page = store.scan(&keys::epochs(id), Some(&after), EPOCHS_STEP).await;
        let page = page.map_err(failure::of_store)?;
        let full = page.len() == EPOCHS_STEP;
        for (key, _) in page {
            let seq = Seq(keys::last_number(&key).ok_or_else(damaged)?);
            if seq > epoch.opened_by {
                break 'all;
            }
            replay(store, id, &mut tracker, seq).await?;
            after = key;
        }
        if !full {
            break;
        }
    }
    let found = store.get(&[keys::epoch(id, epoch.opened_by)]).await.map_err(failure::of_store)?;
    let record = found.into_iter().next().flatten().ok_or_else(damaged)?;
    let record: EpochRecord = records::read(&record.value).map_err(failure::of_store)?;
    if tracker.epoch_number() != record.number || record.number != epoch.number {
        return Err(damaged());
    }
    Ok(Group { tracker, group_info: record.group_info, tree: None })
}

async fn load_snapshot(store: &AnyStore, id: ConversationId, up_to: Seq) -> Result<(Tracker, Seq), Failure> {
    let positions = snapshots(store, id).await.map_err(failure::of_store)?;
    let last = positions.into_iter().rfind(|at| *at <= up_to);
    let at = last.ok_or_else(|| Failure::of(ErrorCode::Expired))?;
    let found = store.get(&[keys::snapshot(id, at)]).await.map_err(failure::of_store)?;
    let snapshot = found.into_iter().next().flatten();
    // Whoever reads an old epoch may come just when its snapshot goes.
    let snapshot = snapshot.ok_or_else(|| Failure::of(ErrorCode::Expired))?;
    let snapshot: SnapshotRecord = records::read(&snapshot.value).map_err(failure::of_store)?;
    let tracker = Tracker::found(&snapshot.group_info, &snapshot.ratchet_tree).map_err(|error| {
        tracing::error!(%error, "a snapshot cannot be read");
        damaged()
    })?;
    Ok((tracker, at))
}

/// Where there are snapshots, ascending.
pub(super) async fn snapshots(store: &AnyStore, id: ConversationId) -> Result<Vec<Seq>, StoreError> {
    let found = store.scan(&keys::snapshots(id), None, SNAPSHOTS_MAX).await?;
    let position = |(key, _): &(Key, Versioned)| keys::last_number(key).map(Seq).ok_or(StoreError::Corrupt);
    found.iter().map(position).collect()
}

async fn replay(
    store: &AnyStore,
    id: ConversationId,
    tracker: &mut Tracker,
    seq: Seq,
) -> Result<(), Failure> {
    let entry = log::entry(store, id, seq).await.map_err(failure::of_store)?.ok_or_else(damaged)?;
    if entry.entry_kind() != Ok(EntryKind::Commit) {
        return Err(damaged());
    }
    let judged = tracker.judge(&entry.body, entry.made_in(), entry.server_time());
    let merged = judged.and_then(|judged| tracker.merge(judged));
    merged.map_err(|error| {
        tracing::error!(%error, "a commit of the log cannot be followed again");
        damaged()
    })
}

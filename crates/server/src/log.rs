//! Logs as conversations and communities keep them: dense positions, chained heads, time that never goes back
//! (docs/protocol.md §4.2).

use crate::failure;
use asterism_store::{
    AnyStore, Append, Expect, IdempotencyKey as StoreKey, Store as _, StoreError, StreamId,
};
use asterism_wire::{
    ErrorCode,
    entry::{Entry, EntryKind},
    frame::Failure,
    head,
    ids::{ConversationId, Epoch, Hash, IdempotencyKey, Seq, Timestamp},
    limits,
    signing::sha256,
};
use bytes::Bytes;
use prost::Message as _;
use std::collections::VecDeque;

/// Heads of the last entries that are kept to check what senders say about the log. Higher: fewer reads of
/// the store for senders that are behind.
const HEADS_MAX: usize = 128;

/// Where a log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) seq: Seq,
    pub(crate) head: Hash,
    pub(crate) time: Timestamp,
}

impl Position {
    /// Before the first entry of a log that began at a time.
    pub(crate) fn genesis(id: ConversationId, time: Timestamp) -> Self {
        Self { seq: Seq(0), head: head::genesis(id), time }
    }

    /// After an entry.
    pub(crate) fn after(entry: &Entry) -> Result<Self, StoreError> {
        let head = Hash::try_from(entry.head.as_slice()).map_err(|_| StoreError::Corrupt)?;
        Ok(Self { seq: entry.position(), head, time: entry.server_time() })
    }
}

/// What an entry to be appended says.
#[derive(Debug)]
pub(crate) struct NewEntry {
    pub(crate) kind: EntryKind,
    pub(crate) epoch: Epoch,
    pub(crate) stamp: Timestamp,
    pub(crate) idempotency: Option<IdempotencyKey>,
    pub(crate) body: Bytes,
}

/// The end of a log, in memory.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) id: ConversationId,
    pub(crate) position: Position,
    /// First position still kept.
    pub(crate) floor: Seq,
    /// Heads of the last entries, ascending; never more than [`HEADS_MAX`].
    heads: VecDeque<(Seq, Hash)>,
}

impl Log {
    pub(crate) fn new(id: ConversationId, position: Position, floor: Seq) -> Self {
        Self { id, position, floor, heads: VecDeque::from([(position.seq, position.head)]) }
    }

    /// Reads a log's end, and its last entry if there is one; `began` is the time of an empty one.
    pub(crate) async fn load(
        store: &AnyStore,
        id: ConversationId,
        began: Timestamp,
    ) -> Result<(Self, Option<Entry>), StoreError> {
        let head = store.heads(&[stream(id)]).await?.into_iter().next().ok_or(StoreError::Corrupt)?;
        if head.seq == 0 {
            return Ok((Self::new(id, Position::genesis(id, began), Seq(1)), None));
        }
        let last = entry(store, id, Seq(head.seq)).await?.ok_or(StoreError::Corrupt)?;
        Ok((Self::new(id, Position::after(&last)?, Seq(head.floor)), Some(last)))
    }

    /// The stamp of an entry at this time: it never decreases within a log.
    pub(crate) fn stamp(&self, now: Timestamp) -> Timestamp {
        now.max(self.position.time)
    }

    /// Makes the next entry, and stands after it.
    pub(crate) fn next_entry(&mut self, new: NewEntry) -> Entry {
        let seq = self.position.seq.next();
        let head = head::next(self.position.head, self.id, seq, new.kind, new.stamp, sha256(&new.body));
        self.position = Position { seq, head, time: new.stamp };
        if self.heads.len() == HEADS_MAX {
            self.heads.pop_front();
        }
        // After a rewind the positions come again.
        while self.heads.back().is_some_and(|(last, _)| *last >= seq) {
            self.heads.pop_back();
        }
        self.heads.push_back((seq, head));
        Entry {
            seq: seq.0,
            kind: new.kind as i32,
            epoch: new.epoch.number,
            epoch_opened_by: new.epoch.opened_by.0,
            server_time_ms: new.stamp.0,
            idempotency: new.idempotency.map(|key| key.to_vec()).unwrap_or_default(),
            body: new.body,
            head: head.to_vec(),
            withheld_hash: Vec::new(),
        }
    }

    /// An append of entries that were just made, after what stands before them.
    pub(crate) fn append(&self, entries: &[Entry], key: Option<IdempotencyKey>) -> Append {
        let encoded = entries.iter().map(|entry| entry.encode_to_vec().into()).collect();
        let mut append = Append::new(stream(self.id), encoded);
        let before = entries.first().map_or(self.position.seq.0, |first| first.seq - 1);
        append.expect = Expect::Head(before);
        append.idempotency = key.map(|key| StoreKey(key.0)).into_iter().collect();
        append
    }

    /// What a sender says about the log must be so (§4.2): every reader would take anything else for a fork,
    /// and stop. Readers keep heads for longer than the server, so that nothing may be said of what it keeps no more.
    ///
    /// # Errors
    /// `invalid_commit`; `stale_epoch` for a position that is not kept any more; or when the store fails.
    pub(crate) async fn check_statement(
        &self,
        store: &AnyStore,
        said_seq: u64,
        said_head: &[u8],
    ) -> Result<(), Failure> {
        let wrong = || Failure::of(ErrorCode::InvalidCommit);
        let said_head = Hash::try_from(said_head).map_err(|_| wrong())?;
        let seq = Seq(said_seq);
        if seq > self.position.seq {
            return Err(wrong());
        }
        let expected = match self.recent_head(seq) {
            Some(head) => Some(head),
            None if seq == self.position.seq => Some(self.position.head),
            None if seq.0 == 0 => Some(head::genesis(self.id)),
            None if seq < self.floor => None,
            None => {
                let entry = entry(store, self.id, seq).await.map_err(failure::of_store)?;
                entry.and_then(|entry| Hash::try_from(entry.head.as_slice()).ok())
            }
        };
        match expected {
            None => Err(Failure::of(ErrorCode::StaleEpoch)),
            Some(head) if head != said_head => Err(wrong()),
            Some(_) => Ok(()),
        }
    }

    /// The head at a position, if it is among the last ones.
    fn recent_head(&self, seq: Seq) -> Option<Hash> {
        let at = self.heads.binary_search_by_key(&seq, |(seq, _)| *seq).ok()?;
        self.heads.get(at).map(|(_, head)| *head)
    }

    /// The first entry that is younger than a time, or the last of all; none when nothing is to be forgotten.
    pub(crate) async fn first_after(
        &self,
        store: &AnyStore,
        cutoff: Timestamp,
    ) -> Result<Option<Seq>, StoreError> {
        let (floor, head) = (self.floor, self.position.seq);
        let (mut low, mut high) = (floor.0, head.0);
        // Times never decrease, so the first younger one can be searched for by halves.
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = entry(store, self.id, Seq(middle)).await?.ok_or(StoreError::Corrupt)?;
            if entry.server_time() > cutoff {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok((low > floor.0 && low <= head.0).then_some(Seq(low)))
    }
}

/// The stream of a log, of encoded `Entry`s.
pub(crate) fn stream(log: ConversationId) -> StreamId {
    StreamId(log.0)
}

/// An entry of a log, unless it is not there (any more).
pub(crate) async fn entry(
    store: &AnyStore,
    log: ConversationId,
    seq: Seq,
) -> Result<Option<Entry>, StoreError> {
    let page = store.read(stream(log), seq.0, 1, limits::FRAME_BYTES_MAX).await?;
    match page.entries.into_iter().next() {
        Some((at, bytes)) if at == seq.0 => Entry::decode(bytes).map(Some).map_err(|_| StoreError::Corrupt),
        _ => Ok(None),
    }
}

/// Entries from one position up to another, as many as one answer may hold. 0 asks for as many as there may be.
///
/// # Errors
/// `expired` when the first one is not kept (any more), or when the store fails.
pub(crate) async fn page(
    store: &AnyStore,
    log: ConversationId,
    from: Seq,
    until: Seq,
    entries_max: u32,
) -> Result<Vec<Entry>, Failure> {
    if from > until {
        return Ok(Vec::new());
    }
    let asked = match usize::try_from(entries_max) {
        Ok(count @ 1..=limits::FETCH_ENTRIES_MAX) => count,
        _ => limits::FETCH_ENTRIES_MAX,
    };
    let count = usize::try_from(until.0 - from.0 + 1).unwrap_or(usize::MAX).min(asked);
    let page = store.read(stream(log), from.0, count, limits::FETCH_BYTES_MAX).await;
    let entries = page.map_err(failure::of_store)?.entries;
    // Trimmed since: the first entry is not the one that was asked for.
    if entries.first().is_some_and(|(seq, _)| *seq != from.0) {
        return Err(Failure::of(ErrorCode::Expired));
    }
    let read = |(_, bytes)| Entry::decode(bytes).map_err(|_| failure::of_store(StoreError::Corrupt));
    entries.into_iter().map(read).collect()
}

/// Asks the store whether it knows the key: nothing can be appended after the last possible position.
pub(crate) fn probe(log: ConversationId, key: IdempotencyKey) -> Append {
    let mut append = Append::new(stream(log), Vec::new());
    append.expect = Expect::Head(u64::MAX);
    append.idempotency = vec![StoreKey(key.0)];
    append
}

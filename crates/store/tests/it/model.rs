//! The contract as a model: what a store should do, said once more in the simplest way.

use asterism_store::{
    Append, AppendError, Appended, Expect, Head, IdempotencyKey, Key, StreamId, Version, Versioned, Write,
};
use bytes::Bytes;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) streams: BTreeMap<StreamId, Stream>,
    pub(crate) records: BTreeMap<Key, Versioned>,
    /// Token, owner, expiry.
    pub(crate) leases: BTreeMap<Key, (u64, u64, u64)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    pub(crate) head: Head,
    pub(crate) entries: BTreeMap<u64, Bytes>,
    known: Vec<(IdempotencyKey, u64, u64)>,
}

impl Model {
    /// `fence` is what the append shows: the name of its lease and the token.
    pub(crate) fn append(
        &mut self,
        append: &Append,
        fence: Option<(&Key, u64)>,
    ) -> Result<Appended, AppendError> {
        if let Some((name, token)) = fence
            && self.leases.get(name).is_none_or(|lease| lease.0 != token)
        {
            return Err(AppendError::Fenced);
        }
        let stream = self.streams.entry(append.stream).or_default();
        for &key in &append.idempotency {
            if let Some(&(_, first_seq, last_seq)) = stream.known.iter().find(|k| k.0 == key) {
                return Err(AppendError::AlreadyDone { key, first_seq, last_seq });
            }
        }
        let head = stream.head;
        let holds = match append.expect {
            Expect::Any => true,
            Expect::Head(seq) => head.seq == seq,
            Expect::Epoch(epoch) => head.epoch == epoch,
            Expect::HeadAndEpoch { head: seq, epoch } => (head.seq, head.epoch) == (seq, epoch),
        };
        if !holds {
            return Err(AppendError::Conflict { head });
        }
        let written = written(&self.records, &append.writes);
        self.records = written.map_err(|key| AppendError::WriteConflict { key })?;

        let first_seq = head.seq + 1;
        stream.entries.extend((first_seq..).zip(append.entries.iter().cloned()));
        stream.head.seq += append.entries.len() as u64;
        stream.head.epoch = append.set_epoch.unwrap_or(head.epoch);
        let last_seq = stream.head.seq;
        stream.known.extend(append.idempotency.iter().map(|&key| (key, first_seq, last_seq)));
        Ok(Appended { first_seq, last_seq })
    }

    pub(crate) fn write(&mut self, writes: &[Write]) -> Result<(), Key> {
        self.records = written(&self.records, writes)?;
        Ok(())
    }

    pub(crate) fn take_one(&mut self, prefix: &Key) -> Option<(Key, Bytes)> {
        let first = self.records.keys().find(|key| key.0.starts_with(&prefix.0)).cloned()?;
        let record = self.records.remove(&first)?;
        Some((first, record.value))
    }

    pub(crate) fn trim(&mut self, stream: StreamId, below: u64) {
        let stream = self.streams.entry(stream).or_default();
        let floor = below.min(stream.head.seq + 1).max(stream.head.floor);
        stream.head.floor = floor;
        stream.entries.retain(|&seq, _| seq >= floor);
        stream.known.retain(|&(_, _, last_seq)| last_seq >= floor);
    }

    /// The token, if the lease is granted.
    pub(crate) fn lease(&mut self, name: &Key, owner: u64, now: u64, ttl: u64) -> Option<u64> {
        let token = match self.leases.get(name) {
            None => 1,
            Some(&(token, holder, _)) if holder == owner => token,
            Some(&(_, _, expires)) if now < expires => return None,
            Some(&(token, _, _)) => token + 1,
        };
        self.leases.insert(name.clone(), (token, owner, now + ttl));
        Some(token)
    }
}

/// The records after all writes, or the first key whose condition does not hold.
fn written(records: &BTreeMap<Key, Versioned>, writes: &[Write]) -> Result<BTreeMap<Key, Versioned>, Key> {
    let mut records = records.clone();
    for write in writes {
        let before = records.remove(&write.key);
        let holds = match write.expect {
            Version::Any => true,
            Version::Absent => before.is_none(),
            Version::Is(version) => before.as_ref().is_some_and(|b| b.version == version),
        };
        if !holds {
            return Err(write.key.clone());
        }
        if let Some(value) = write.value.clone() {
            let version = before.map_or(1, |before| before.version + 1);
            records.insert(write.key.clone(), Versioned { version, value });
        }
    }
    Ok(records)
}

//! Writes to the vault (docs/protocol.md §7.2).

use super::{
    Conversations, actor,
    actor::{Actor, Decision},
    batch::Batch,
    effects::Effects,
    op::{Op, Reply},
    records::{self, OpenCommitRecord, keys},
};
use crate::{
    caller::Caller,
    failure,
    log::{Log, NewEntry},
};
use asterism_mls::{credential::check_credential, keys::verify};
use asterism_policy::{Denial, Leaf, may_write_vault};
use asterism_store::{AnyStore, Key, Store as _, Version};
use asterism_wire::{
    ErrorCode,
    entry::{Entry, EntryKind},
    frame::{Failure, VaultAccepted, WriteVault},
    ids::{ConversationId, Epoch, IdempotencyKey, Timestamp},
    limits, signing,
    vault::VaultRecord,
};
use bytes::Bytes;
use std::{collections::BTreeSet, future::Future};

impl Conversations {
    /// Writes vault entries.
    ///
    /// # Errors
    /// `vault_conflict` unless each version is one more than the stored one; `stale_epoch` when sealed under
    /// another generation than the present one; `bad_signature`, `forbidden`, `not_a_member`,
    /// `limit_exceeded`, `malformed`, or when the store fails.
    pub fn write_vault(
        &self,
        caller: &Caller,
        request: WriteVault,
    ) -> impl Future<Output = Result<VaultAccepted, Failure>> + Send + use<> {
        let asked = check(&request).map(|id| self.ask(id, Op::WriteVault(caller.clone(), request)));
        async move { asked?.await?.vault() }
    }
}

pub(crate) fn check(request: &WriteVault) -> Result<ConversationId, Failure> {
    let id = super::conversation_id(&request.conversation)?;
    super::idempotency_key(&request.idempotency)?;
    if request.writes.is_empty() {
        return Err(Failure::of(ErrorCode::Malformed));
    }
    if request.writes.len() > limits::VAULT_WRITES_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    Ok(id)
}

/// Checks all of a submission's records but for their versions and generation. `may_write` judges the caller's
/// right to a name.
pub(crate) fn check_records(
    records: &[VaultRecord],
    conversation: ConversationId,
    caller: &Caller,
    may_write: impl Fn(&str) -> Result<(), Denial>,
) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    for record in records {
        if !names.insert(record.name.as_str()) {
            return Err(Failure::of(ErrorCode::Malformed));
        }
        check_record(record, conversation, caller)?;
        may_write(&record.name).map_err(|denial| Failure::of(denial.code()))?;
    }
    Ok(())
}

fn check_record(record: &VaultRecord, conversation: ConversationId, caller: &Caller) -> Result<(), Failure> {
    if record.name.len() > limits::VAULT_NAME_BYTES_MAX || record.sealed.len() > limits::VAULT_VALUE_BYTES_MAX
    {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    let writer = check_credential(&record.writer, &record.writer_key)
        .map_err(|_| Failure::of(ErrorCode::BadSignature))?;
    let signed =
        signing::vault_entry(conversation, &record.name, record.version, record.generation, &record.sealed);
    verify(&record.writer_key, &signed, &record.signature)
        .map_err(|_| Failure::of(ErrorCode::BadSignature))?;
    let own = writer == Leaf { account: caller.account, device: caller.device };
    if own { Ok(()) } else { Err(Failure::of(ErrorCode::Forbidden)) }
}

/// Checks the versions, and gives the records to be written, with their number.
pub(crate) async fn put(
    store: &AnyStore,
    log: ConversationId,
    writes: &[VaultRecord],
) -> Result<Vec<(Key, Bytes)>, Failure> {
    if writes.is_empty() {
        return Ok(Vec::new());
    }
    let mut wanted: Vec<_> = writes.iter().map(|record| keys::vault(log, &record.name)).collect();
    wanted.push(keys::vault_size(log));
    let mut found = store.get(&wanted).await.map_err(failure::of_store)?;
    let size = found.pop().flatten().ok_or_else(super::damaged)?;
    let mut size = records::read_number(&size.value).map_err(failure::of_store)?;
    let mut puts = Vec::with_capacity(wanted.len());
    for ((record, found), key) in writes.iter().zip(found).zip(wanted) {
        let stored = match found {
            Some(found) => records::read::<VaultRecord>(&found.value).map_err(failure::of_store)?.version,
            None => {
                size += 1;
                0
            }
        };
        if stored.checked_add(1) != Some(record.version) {
            return Err(Failure::of(ErrorCode::VaultConflict));
        }
        puts.push((key, records::bytes(record)));
    }
    if size > limits::VAULT_ENTRIES_MAX as u64 {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    puts.push((keys::vault_size(log), records::number_bytes(size)));
    Ok(puts)
}

/// The next entries of a log, of vault writes.
pub(crate) fn entries(
    log: &mut Log,
    writes: &[VaultRecord],
    epoch: Epoch,
    stamp: Timestamp,
    idempotency: Option<IdempotencyKey>,
) -> Vec<Entry> {
    let entry = |record: &VaultRecord| {
        let body = records::bytes(record);
        log.next_entry(NewEntry { kind: EntryKind::Vault, epoch, stamp, idempotency, body })
    };
    writes.iter().map(entry).collect()
}

impl Actor {
    pub(super) async fn write_vault(
        &mut self,
        caller: &Caller,
        request: &WriteVault,
        key: Option<IdempotencyKey>,
    ) -> Result<Decision, Failure> {
        let key = actor::key_of(key)?;
        let (stamp, mut batch) = match self.judge_vault(caller, request).await {
            Ok(judged) => judged,
            Err(failure) if failure.error_code() == ErrorCode::NotAMember => {
                let known = matches!(self.membership(caller.device).await, Ok(Some(_)));
                return if known { Ok(Decision::Refuse(failure)) } else { Err(failure) };
            }
            Err(failure) => return Ok(Decision::Refuse(failure)),
        };
        self.remember_undo(&mut batch).await?;
        let entries = self.vault_entries(&request.writes, &request.idempotency, stamp)?;
        let live = self.existing().await?;
        let mut append = live.log.append(&entries, Some(key));
        append.writes = batch.into_writes();
        let last = live.log.position.seq.0;
        let effects = Effects { entries, ..Effects::default() };
        Ok(Decision::Append(append, Reply::Vault(VaultAccepted { seq: last }), effects))
    }

    async fn judge_vault(
        &mut self,
        caller: &Caller,
        request: &WriteVault,
    ) -> Result<(Timestamp, Batch), Failure> {
        self.current_member(caller.device).await?;
        let now = self.shared.clock.now();
        let live = self.with_group().await?;
        let stamp = live.log.stamp(now);
        let state = live.group()?.tracker.state();
        let may = |name: &str| may_write_vault(state, caller.account, name, stamp);
        check_records(&request.writes, live.id, caller, may)?;
        let generation = state.vault_generation;
        if request.writes.iter().any(|record| record.generation != generation) {
            return Err(super::stale(live));
        }
        let mut batch = Batch::default();
        self.put_vault(&request.writes, &mut batch).await?;
        Ok((stamp, batch))
    }

    /// Checks the versions, and puts the records and their number.
    pub(super) async fn put_vault(&self, writes: &[VaultRecord], batch: &mut Batch) -> Result<(), Failure> {
        for (key, value) in put(&self.shared.store, self.id, writes).await? {
            batch.put(key, value);
        }
        Ok(())
    }

    /// The entries of vault writes, in the current epoch.
    pub(super) fn vault_entries(
        &mut self,
        writes: &[VaultRecord],
        idempotency: &[u8],
        stamp: Timestamp,
    ) -> Result<Vec<Entry>, Failure> {
        let idempotency = super::idempotency_key(idempotency).ok();
        let live = self.live.as_mut().ok_or_else(super::damaged)?;
        Ok(entries(&mut live.log, writes, live.epoch, stamp, idempotency))
    }

    /// While the current epoch may die, remembers what the batch overwrites, unless something in that epoch
    /// has overwritten it before.
    async fn remember_undo(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let live = self.existing().await?;
        if !live.may_die() {
            return Ok(());
        }
        let seq = live.current_open().ok_or_else(super::damaged)?.seq;
        let key = keys::open_commit(self.id, seq);
        let undo = batch.undo(&self.shared.store).await.map_err(failure::of_store)?;
        let found = self.shared.store.get(std::slice::from_ref(&key)).await.map_err(failure::of_store)?;
        let found = found.into_iter().next().flatten().ok_or_else(super::damaged)?;
        let mut record: OpenCommitRecord = records::read(&found.value).map_err(failure::of_store)?;
        for one in undo {
            if record.undo.iter().all(|known| known.key != one.key) {
                record.undo.push(one);
            }
        }
        batch.last(key, Version::Any, Some(records::bytes(&record)));
        Ok(())
    }
}

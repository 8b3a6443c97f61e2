//! Receipts: members say that they merged a commit (docs/protocol.md §4.6).

use super::{
    Conversations,
    actor::{Actor, Decision},
    effects::Effects,
    live::{Live, OpenCommit},
    op::{Op, Reply},
    records::{self, OpenCommitRecord, ReceiptRecord, keys},
    refusals::WORDS_MAX,
    verdict::{Verdict, verdict},
};
use crate::{caller::Caller, encode, failure};
use asterism_mls::keys::verify;
use asterism_store::{Append, Store as _, Version, Write};
use asterism_wire::{
    ErrorCode,
    entry::Receipt,
    frame::{Done, Failure, Happened, PutReceipt, ReceiptAttached},
    ids::{AccountId, ConversationId, Hash, Seq, Timestamp},
    signing,
};
use bytes::Bytes;
use std::{collections::BTreeSet, future::Future};

impl Conversations {
    /// Takes a receipt of the caller's. Those of the author's own devices change nothing. One settles the commit
    /// when nobody refuses it and whoever would has had the time to; else it waits for the verdict.
    ///
    /// # Errors
    /// `bad_signature`; `not_a_member`; `malformed`; or when the store fails.
    pub fn put_receipt(
        &self,
        caller: &Caller,
        request: PutReceipt,
    ) -> impl Future<Output = Result<Done, Failure>> + Send + use<> {
        let asked = super::conversation_id(&request.conversation).and_then(|id| {
            let receipt = request.receipt.ok_or_else(|| Failure::of(ErrorCode::Malformed))?;
            Ok(self.ask(id, Op::Receipt(caller.clone(), receipt)))
        });
        async move {
            asked?.await?;
            Ok(Done {})
        }
    }
}

impl Actor {
    pub(super) async fn receipt(&mut self, caller: &Caller, receipt: &Receipt) -> Result<Decision, Failure> {
        let commit = Seq(receipt.commit_seq);
        let membership = self.membership(caller.device).await?;
        if !membership.as_ref().is_some_and(|membership| membership.knew(commit)) {
            return Err(Failure::of(ErrorCode::NotAMember));
        }
        self.check_receipt(caller, receipt)?;
        let now = self.shared.clock.now();
        let live = self.existing().await?;
        let found =
            live.open.iter().position(|open| open.seq == commit && open.wants_word_of(caller.account));
        let found = found.filter(|at| membership.is_some_and(|m| m.may_settle(&live.open[..=*at])));
        let nothing = || Ok(Decision::Answer(Reply::Done, Effects::default()));
        let Some(at) = found else { return nothing() };
        if live.open[at].receipts.len() >= WORDS_MAX {
            return nothing();
        }
        let mut heard = live.open.clone();
        heard[at].receipts.push((caller.account, receipt.clone()));
        let verdict = verdict(&heard, now);
        let stays = !matches!(verdict, Verdict::Settle(last) if last >= at);
        let (mut writes, due) =
            if stays { self.keep(at, caller, receipt).await? } else { Default::default() };
        // Nothing is held that could not be kept.
        let live = self.existing().await?;
        live.open[at].receipts.push((caller.account, receipt.clone()));
        let (mut append, mut effects) = match verdict {
            Verdict::Settle(last) => settle(live, last),
            Verdict::Wait | Verdict::Void(_) => (live.log.append(&[], None), Effects::default()),
        };
        append.writes.append(&mut writes);
        effects.due = due;
        Ok(Decision::Append(append, Reply::Done, effects))
    }

    /// What is to be written so that a receipt for an open commit is not forgotten, and when it is to be decided.
    async fn keep(
        &mut self,
        at: usize,
        caller: &Caller,
        receipt: &Receipt,
    ) -> Result<(Vec<Write>, Option<Timestamp>), Failure> {
        let id = self.id;
        let key = keys::open_commit(id, Seq(receipt.commit_seq));
        let found = self.shared.store.get(std::slice::from_ref(&key)).await.map_err(failure::of_store)?;
        let found = found.into_iter().next().flatten().ok_or_else(super::damaged)?;
        let mut record: OpenCommitRecord = records::read(&found.value).map_err(failure::of_store)?;
        record.receipts.push(ReceiptRecord::new(caller.account, receipt));
        let open = &mut self.existing().await?.open[at];
        let (mut writes, mut due) = (Vec::new(), None);
        if open.decide_at.is_none() {
            let at = open.settles_from();
            open.decide_at = Some(at);
            record.decide_at_ms = at.0;
            due = Some(at);
            let key = keys::void_due(at, id);
            writes.push(Write { key, expect: Version::Any, value: Some(Bytes::new()) });
        }
        writes.push(Write { key, expect: Version::Any, value: Some(records::bytes(&record)) });
        Ok((writes, due))
    }

    /// Settles what can be. Answers whether something is to be voided.
    pub(super) async fn settle_due(&mut self, now: Timestamp) -> Result<Decision, Failure> {
        let id = self.id;
        let Some(live) = self.light().await? else {
            return Ok(Decision::Answer(Reply::Due(false), Effects::default()));
        };
        match verdict(&live.open, now) {
            Verdict::Settle(last) => {
                let (append, effects) = settle(live, last);
                // Something may be to be voided yet: it is still due.
                let more = matches!(verdict(&live.open, now), Verdict::Void(_));
                Ok(Decision::Append(append, Reply::Due(more), effects))
            }
            Verdict::Void(_) => Ok(Decision::Answer(Reply::Due(true), Effects::default())),
            Verdict::Wait => {
                let not_due = self.shared.deadlines.due_of(id, now);
                Ok(Decision::Answer(Reply::Due(false), Effects { not_due, ..Effects::default() }))
            }
        }
    }

    /// The caller speaks for itself, by the key that its device id is the hash of, as its leaf's is.
    fn check_receipt(&self, caller: &Caller, receipt: &Receipt) -> Result<(), Failure> {
        let authenticator = Hash::try_from(receipt.authenticator_hash.as_slice())
            .map_err(|_| Failure::of(ErrorCode::Malformed))?;
        let signed = signing::receipt(self.id, Seq(receipt.commit_seq), authenticator);
        let own = receipt.device == caller.device.as_bytes();
        match verify(&caller.device_key, &signed, &receipt.signature) {
            Ok(()) if own => Ok(()),
            _ => Err(Failure::of(ErrorCode::BadSignature)),
        }
    }
}

/// Makes all open commits up to one final: what was before a confirmed commit would have to die with it. Each keeps
/// a receipt, and all are told of the last one.
fn settle(live: &mut Live, last: usize) -> (Append, Effects) {
    let id = live.id;
    let mut append = live.log.append(&[], None);
    let settled: Vec<_> = live.open.drain(..=last).collect();
    let delete = |key| Write { key, expect: Version::Any, value: None };
    append.writes = settled.iter().map(|open| delete(keys::open_commit(id, open.seq))).collect();
    let not_due: Vec<_> = settled.iter().filter_map(|open| open.decide_at).collect();
    append.writes.extend(not_due.iter().map(|at| delete(keys::void_due(*at, id))));
    append.writes.extend(kept_receipts(id, &settled));
    let signal = attached_receipt(id, &settled);
    let overruled = overruled(&settled);
    (append, Effects { signal, overruled, not_due, ..Effects::default() })
}

/// Who has refused any of these commits, which are settled now.
pub(super) fn overruled(settled: &[OpenCommit]) -> Vec<AccountId> {
    let all: BTreeSet<AccountId> = settled.iter().flat_map(|open| open.refusers.iter().copied()).collect();
    all.into_iter().collect()
}

/// Of each of these commits, which are settled now, the first receipt: who was away and refuses it finds it there.
pub(super) fn kept_receipts(id: ConversationId, settled: &[OpenCommit]) -> impl Iterator<Item = Write> {
    let first = |open: &OpenCommit| open.receipts.first().map(|(_, receipt)| (open.seq, receipt.clone()));
    settled.iter().filter_map(first).map(move |(commit, receipt)| Write {
        key: keys::receipt(id, commit),
        expect: Version::Absent,
        value: Some(records::bytes(&receipt)),
    })
}

/// What all are told when these commits are settled: a receipt for the last of those that have one.
pub(super) fn attached_receipt(id: ConversationId, settled: &[OpenCommit]) -> Option<(Bytes, Option<u64>)> {
    let (_, receipt) = settled.iter().rev().find_map(|open| open.receipts.first())?;
    let attached = ReceiptAttached { conversation: id.to_vec(), receipt: Some(receipt.clone()) };
    Some((encode::push(Happened::ReceiptAttached(attached)), None))
}

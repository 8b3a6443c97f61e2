//! Receipts: members say that they merged a commit (docs/protocol.md §4.6).

use super::{
    Conversations,
    actor::{Actor, Decision},
    effects::Effects,
    op::{Op, Reply},
    records::{self, keys},
};
use crate::{caller::Caller, encode};
use asterism_mls::keys::verify;
use asterism_store::{Version, Write};
use asterism_wire::{
    ErrorCode,
    entry::Receipt,
    frame::{Done, Failure, Happened, PutReceipt, ReceiptAttached},
    ids::{Hash, Seq},
    signing,
};
use std::future::Future;

impl Conversations {
    /// Takes a receipt of the caller's. The first of another account than the commit's author is kept and
    /// pushed; later ones, and those of the author's own devices, change nothing.
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
        let id = self.id;
        let live = self.existing().await?;
        let open = live.open.iter().position(|open| open.seq == commit && open.author != caller.account);
        let open = open.filter(|at| membership.is_some_and(|m| m.may_settle(&live.open[..=*at])));
        let Some(at) = open else { return Ok(Decision::Answer(Reply::Done, Effects::default())) };

        let mut append = live.log.append(&[], None);
        // What was before a confirmed commit can be voided no more: it would have to go with it.
        let settled: Vec<_> = live.open.drain(..=at).collect();
        let delete = |key| Write { key, expect: Version::Any, value: None };
        append.writes = settled.iter().map(|open| delete(keys::open_commit(id, open.seq))).collect();
        let not_due: Vec<_> = settled.iter().filter_map(|open| open.void_at).collect();
        append.writes.extend(not_due.iter().map(|at| delete(keys::void_due(*at, id))));
        append.writes.push(Write {
            key: keys::receipt(id, commit),
            expect: Version::Absent,
            value: Some(records::bytes(receipt)),
        });
        let attached = ReceiptAttached { conversation: id.to_vec(), receipt: Some(receipt.clone()) };
        let frame = encode::push(Happened::ReceiptAttached(attached));
        let effects = Effects { signal: Some((frame, None)), not_due, ..Effects::default() };
        Ok(Decision::Append(append, Reply::Done, effects))
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

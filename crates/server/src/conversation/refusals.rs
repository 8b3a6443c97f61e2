//! Refusals: members say that they cannot accept a commit (docs/protocol.md §4.6).

use super::{
    Conversations,
    actor::{Actor, Decision},
    effects::{Effects, Wanted},
    op::{Op, Reply},
    records::{self, OpenCommitRecord, keys},
};
use crate::{caller::Caller, failure};
use asterism_mls::keys::verify;
use asterism_store::{Store as _, Version, Write};
use asterism_wire::{
    ErrorCode,
    entry::{Refusal, RefusalReason},
    frame::{Done, Failure, PutRefusal},
    ids::{Hash, Seq},
    limits, signing,
};
use bytes::Bytes;
use prost::Message as _;
use std::future::Future;

/// A commit that nobody has refused for so long is final. Longer: more of what came after it can be taken back, when
/// nobody has confirmed it. Shorter: more people re-enter after a flawed commit that was made while they were away,
/// where a void would have cost them nothing.
const REFUSABLE_MS: u64 = 24 * 60 * 60_000;

/// Accounts whose refusal of one commit, and whose receipt for it, is kept. Higher: larger voids. Lower: fewer
/// accounts of one liar outweigh everybody else.
pub(super) const WORDS_MAX: usize = 64;

impl Conversations {
    /// Takes a refusal of the caller's. The first begins the time after which it is decided what becomes of the
    /// commit. A refusal of a commit that is dead changes nothing.
    ///
    /// # Errors
    /// `stale_epoch` when the commit stands whatever the caller says: it is settled, or old, or the caller's own
    /// account has made it, or has refused what others have confirmed just before. `bad_signature`; `not_a_member`
    /// unless the caller is a member, and was one before the commit and after it; `malformed`, also for another body
    /// than the commit's; or when the store fails.
    pub fn put_refusal(
        &self,
        caller: &Caller,
        request: PutRefusal,
    ) -> impl Future<Output = Result<Done, Failure>> + Send + use<> {
        let asked = super::conversation_id(&request.conversation).and_then(|id| {
            let refusal = request.refusal.ok_or_else(|| Failure::of(ErrorCode::Malformed))?;
            Ok(self.ask(id, Op::Refusal(caller.clone(), refusal)))
        });
        async move {
            asked?.await?;
            Ok(Done {})
        }
    }
}

impl Actor {
    pub(super) async fn refusal(&mut self, caller: &Caller, refusal: &Refusal) -> Result<Decision, Failure> {
        let commit = Seq(refusal.commit_seq);
        // Whom a commit removes or adds cannot judge it: it would be theirs to undo. Nor may who was removed since
        // take back what came before.
        let membership = self.membership(caller.device).await?;
        if !membership.is_some_and(|membership| membership.spans(commit) && membership.is_current()) {
            return Err(Failure::of(ErrorCode::NotAMember));
        }
        let body_hash = self.check_refusal(caller, refusal)?;
        let nothing = || Ok(Decision::Answer(Reply::Done, Effects::default()));
        let (id, now) = (self.id, self.shared.clock.now());
        let key = keys::open_commit(id, commit);
        let found = self.shared.store.get(std::slice::from_ref(&key)).await.map_err(failure::of_store)?;
        let is_overruled = self.shared.throttle.is_overruled(id, caller.account, now);
        let live = self.existing().await?;
        let is_dead = live.void_of(commit).is_some();
        let open = live.open.iter_mut().find(|open| open.seq == commit && open.voidable);
        let (Some(open), Some(found)) = (open, found.into_iter().next().flatten()) else {
            return if is_dead {
                nothing()
            } else {
                Ok(Decision::Refuse(Failure::of(ErrorCode::StaleEpoch)))
            };
        };
        if open.body_hash != body_hash {
            return Err(Failure::of(ErrorCode::Malformed));
        }
        let is_old = open.refusers.is_empty() && now >= open.stamp.plus_ms(REFUSABLE_MS);
        if is_old || is_overruled || open.author == caller.account {
            return Ok(Decision::Refuse(Failure::of(ErrorCode::StaleEpoch)));
        }
        let mut record: OpenCommitRecord = records::read(&found.value).map_err(failure::of_store)?;
        if open.refusers.len() >= WORDS_MAX || open.refusers.contains(&caller.account) {
            return nothing();
        }
        record.refusals.push(refusal.encode_to_vec());
        record.refusers.push(caller.account.to_vec());
        let mut effects = Effects::default();
        let mut writes = Vec::new();
        if open.refusers.is_empty() {
            let at = now.plus_ms(limits::VOID_DELAY_MS);
            if let Some(earlier) = open.decide_at.replace(at) {
                effects.not_due.push(earlier);
                writes.push(Write { key: keys::void_due(earlier, id), expect: Version::Any, value: None });
            }
            record.decide_at_ms = at.0;
            effects.due = Some(at);
            let due = keys::void_due(at, id);
            writes.push(Write { key: due, expect: Version::Any, value: Some(Bytes::new()) });
            let wanted =
                Wanted { commit, author: open.author, first: open.removers.clone(), count: WORDS_MAX };
            effects.receipt_wanted = Some(wanted);
        }
        open.refusers.push(caller.account);
        writes.push(Write { key, expect: Version::Any, value: Some(records::bytes(&record)) });
        let mut append = live.log.append(&[], None);
        append.writes = writes;
        tracing::info!("a commit was refused");
        Ok(Decision::Append(append, Reply::Done, effects))
    }

    fn check_refusal(&self, caller: &Caller, refusal: &Refusal) -> Result<Hash, Failure> {
        let malformed = || Failure::of(ErrorCode::Malformed);
        let body_hash = Hash::try_from(refusal.body_hash.as_slice()).map_err(|_| malformed())?;
        let reason = RefusalReason::try_from(refusal.reason).map_err(|_| malformed())?;
        if reason == RefusalReason::Unspecified {
            return Err(malformed());
        }
        let reason = u32::try_from(refusal.reason).map_err(|_| malformed())?;
        let signed = signing::refusal(self.id, Seq(refusal.commit_seq), body_hash, reason);
        let own = refusal.device == caller.device.as_bytes();
        match verify(&caller.device_key, &signed, &refusal.signature) {
            Ok(()) if own => Ok(body_hash),
            _ => Err(Failure::of(ErrorCode::BadSignature)),
        }
    }
}

//! Commits: judged, and appended with everything that belongs to them (docs/protocol.md §4.3).

use super::{
    Conversations, actor,
    actor::{Actor, Decision},
    batch::Batch,
    bundle, commit_writes,
    effects::{Effects, Wanted},
    live::{Group, Live, OpenCommit},
    op::{Op, Reply},
    outsider, receipts, vault,
};
use crate::{caller::Caller, failure, log::NewEntry, rate_limit::RetryAfterMs};
use asterism_mls::tracker::{GroupInfoError, Judged};
use asterism_policy::{Author, Capability, Leaf, Roster, may_write_vault};
use asterism_wire::{
    ErrorCode,
    entry::EntryKind,
    frame::{Accepted, Failure, SubmitCommit},
    ids::{AccountId, ConversationId, DeviceId, Epoch, IdempotencyKey, Seq, Timestamp},
    limits, signing,
};
use bytes::Bytes;
use std::future::Future;

/// After a commit of somebody who may remove others came too late, or at a time when nobody may commit, nobody else
/// commits for this long. Higher: others wait for longer when it does not come again. Lower: who is far away, or builds
/// a commit for a large group, loses again. It is longer than clients wait before they try again.
const REMOVERS_TURN_MS: u64 = 5_000;

impl Conversations {
    /// Appends a commit with everything that belongs to it, or nothing.
    ///
    /// # Errors
    /// `stale_epoch` with the standing; `rate_limited`; `invalid_commit`; what the group's policy says; `incomplete_bundle`;
    /// what [`Conversations::write_vault`] says of its vault writes; `not_a_member`, and `unknown_link` for
    /// who comes by a link, also for conversations that do not exist; `limit_exceeded`, `malformed`, or when
    /// the store fails.
    pub fn submit_commit(
        &self,
        caller: &Caller,
        request: SubmitCommit,
    ) -> impl Future<Output = Result<Accepted, Failure>> + Send + use<> {
        let asked = check(&request).map(|id| self.ask(id, Op::Commit(caller.clone(), Box::new(request))));
        async move { asked?.await?.accepted() }
    }
}

fn check(request: &SubmitCommit) -> Result<ConversationId, Failure> {
    let id = super::conversation_id(&request.conversation)?;
    super::idempotency_key(&request.idempotency)?;
    let too_large = request.commit.len() > limits::COMMIT_BYTES_MAX
        || request.vault.len() > limits::VAULT_WRITES_MAX
        || request.welcomes.len() > limits::ADDS_PER_COMMIT_MAX
        || request.welcomes.iter().any(|welcome| welcome.envelope.len() > limits::WELCOME_BYTES_MAX)
        || request.welcome_info.len() > limits::WELCOME_INFO_BYTES_MAX
        || request.wraps.len() > limits::TICKETS_MAX
        || request.wraps.iter().any(|wrap| wrap.sealed.len() > bundle::WRAP_BYTES_MAX)
        || request.past_key.as_ref().is_some_and(|key| key.sealed.len() > bundle::PAST_KEY_BYTES_MAX);
    if too_large { Err(Failure::of(ErrorCode::LimitExceeded)) } else { Ok(id) }
}

/// May the account remove others from the group?
fn may_remove(live: &Live, account: AccountId, now: Timestamp) -> Result<bool, Failure> {
    Ok(live.group()?.tracker.state().allows(account, Capability::Remove, now))
}

/// A commit that may be appended.
pub(super) struct Offer {
    pub(super) judged: Judged,
    pub(super) stamp: Timestamp,
    /// The group's accounts and leaves before.
    pub(super) before: Roster,
    /// Who may remove others, before.
    removers: Vec<AccountId>,
    /// Devices of `welcomes`, in their order.
    pub(super) welcomed: Vec<DeviceId>,
}

impl Offer {
    /// What stays open about the commit at a position: whether somebody confirms it, or it must be voided,
    /// itself or with one before it (`may_die`).
    pub(super) fn open_commit(&self, seq: Seq, commit: &[u8], may_die: bool) -> Option<OpenCommit> {
        let facts = &self.judged.facts;
        let inside = matches!(facts.author, Author::Member(_));
        let open = OpenCommit {
            seq,
            author: facts.author.leaf().account,
            body_hash: signing::sha256(commit),
            // Somebody besides the author knows the epoch before and the one that follows, and can refuse.
            voidable: self.before.leaves() > facts.removes.len() + usize::from(inside),
            // Somebody of another account is in the epoch that follows.
            confirmable: self.is_confirmable(),
            stamp: self.stamp,
            removers: self.removers.clone(),
            receipts: Vec::new(),
            refusers: Vec::new(),
            decide_at: None,
        };
        (open.voidable || open.confirmable || may_die).then_some(open)
    }

    fn is_confirmable(&self) -> bool {
        self.before.after(&self.judged.facts).account_count() > 1
    }
}

impl Actor {
    pub(super) async fn commit(
        &mut self,
        caller: &Caller,
        request: &SubmitCommit,
        key: Option<IdempotencyKey>,
    ) -> Result<Decision, Failure> {
        let key = actor::key_of(key)?;
        match self.judge_commit(caller, request).await {
            Ok(offer) => self.accept(caller, request, key, offer).await,
            Err(failure) if self.live.is_none() => Err(failure),
            Err(failure) => Ok(Decision::Refuse(failure)),
        }
    }

    async fn judge_commit(&mut self, caller: &Caller, request: &SubmitCommit) -> Result<Offer, Failure> {
        self.admit(caller, request).await?;
        let now = self.shared.clock.now();
        let live = self.with_group().await?;
        if request.epoch_opened_by != live.epoch.opened_by.0 {
            let (stale, may_remove) = (super::stale(live), may_remove(live, caller.account, now)?);
            if may_remove {
                // Whoever commits without end may be faster than those who could remove them.
                self.removers_until = now.plus_ms(REMOVERS_TURN_MS);
            }
            return Err(stale);
        }
        let may_remove = self.take_turn(caller, now).await?;
        let live = self.existing().await?;
        let stamp = live.log.stamp(now);
        let tracker = &live.group()?.tracker;
        let judged = tracker.judge(&request.commit, live.epoch, stamp).map_err(|error| {
            if error.code() == ErrorCode::StaleEpoch { super::stale(live) } else { Failure::of(error.code()) }
        })?;
        let author = Leaf { account: caller.account, device: caller.device };
        if judged.facts.author.leaf() != author {
            return Err(Failure::of(ErrorCode::Forbidden));
        }
        tracker
            .check_group_info(&judged, &request.group_info)
            .map_err(|_: GroupInfoError| Failure::of(ErrorCode::InvalidCommit))?;
        let (state, before) = (tracker.state(), tracker.roster());
        let is_remover = |account: &AccountId| state.allows(*account, Capability::Remove, stamp);
        let removers = before.accounts().filter(is_remover).collect();
        bundle::check_keys(state, &judged, request)?;
        let may = |name: &str| may_write_vault(&judged.next_state, caller.account, name, stamp);
        vault::check_records(&request.vault, live.id, caller, may)?;
        let generation = judged.next_state.vault_generation;
        if request.vault.iter().any(|record| record.generation != generation) {
            return Err(super::stale(live));
        }
        let welcomed = bundle::check_welcomes(&self.shared.directory, &judged, request).await?;
        self.check_statement(&judged.authenticated_data).await?;
        if !may_remove {
            // Of what all have together only those take who may commit.
            self.shared.throttle.together(self.id, caller.account, now)?;
        }
        Ok(Offer { judged, stamp, before, removers, welcomed })
    }

    /// Is it the caller's turn to commit (§4.3)? Gives whether they may remove others.
    async fn take_turn(&mut self, caller: &Caller, now: Timestamp) -> Result<bool, Failure> {
        let (id, removers_until) = (self.id, self.removers_until);
        let live = self.existing().await?;
        let may_remove = may_remove(live, caller.account, now)?;
        let theirs = removers_until.0.saturating_sub(now.0);
        let undecided = live.undecided_until().map_or(0, |until| until.0.saturating_sub(now.0).max(1));
        let wait = if may_remove { undecided } else { undecided.max(theirs) };
        if wait > 0 {
            if may_remove {
                // Who keeps the group undecided would be back before them.
                self.removers_until = self.removers_until.max(now.plus_ms(wait + REMOVERS_TURN_MS));
            }
            return Err(RetryAfterMs(wait).into());
        }
        self.shared.throttle.own(id, caller.account, may_remove, now)?;
        if may_remove {
            self.removers_until = Timestamp(0);
        }
        Ok(may_remove)
    }

    /// Lets in whoever may learn that the conversation exists: members, devices of members' accounts, and
    /// who holds a link.
    async fn admit(&mut self, caller: &Caller, request: &SubmitCommit) -> Result<(), Failure> {
        let ticket = outsider::ticket_of(&request.commit);
        let outside = match ticket {
            Some(_) => Failure::of(ErrorCode::UnknownLink),
            None => Failure::of(ErrorCode::NotAMember),
        };
        if self.light().await?.is_none() {
            return Err(outside);
        }
        if self.membership(caller.device).await?.is_some_and(|m| m.is_current()) {
            return Ok(());
        }
        let tracker = &self.with_group().await?.group()?.tracker;
        let known = match ticket {
            Some(ticket) => tracker.state().ticket(ticket).is_some(),
            None => tracker.roster().leaves_of(caller.account) > 0,
        };
        if known { Ok(()) } else { Err(outside) }
    }

    async fn accept(
        &mut self,
        caller: &Caller,
        request: &SubmitCommit,
        key: IdempotencyKey,
        offer: Offer,
    ) -> Result<Decision, Failure> {
        let mut batch = Batch::default();
        self.put_vault(&request.vault, &mut batch).await?;
        let mut written = commit_writes::write(self, request, &offer, batch).await?;

        let live = self.live.as_mut().ok_or_else(super::damaged)?;
        let closed = live.epoch;
        let commit = live.log.next_entry(NewEntry {
            kind: EntryKind::Commit,
            epoch: closed,
            stamp: offer.stamp,
            idempotency: super::idempotency_key(&request.idempotency).ok(),
            body: request.commit.clone(),
        });
        live.epoch = Epoch { number: closed.number + 1, opened_by: commit.position() };
        live.open.drain(..written.settled.len());
        let open = offer.open_commit(commit.position(), &request.commit, live.may_die());
        live.open.extend(open);
        live.members.extend(std::mem::take(&mut written.members));
        let confirmable = offer.is_confirmable();
        let group = live.group.as_mut().ok_or_else(super::damaged)?;
        if let Err(failure) = merge(group, offer.judged, &request.group_info) {
            self.live = None;
            return Err(failure);
        }

        let mut entries = vec![commit];
        entries.extend(self.vault_entries(&request.vault, &request.idempotency, offer.stamp)?);
        let live = self.existing().await?;
        let commit_seq = live.epoch.opened_by;
        let effects = Effects {
            entries: entries.clone(),
            not_due: written.settled.iter().filter_map(|open| open.decide_at).collect(),
            unsubscribe: std::mem::take(&mut written.gone),
            inbox: std::mem::take(&mut written.inbox),
            signal: receipts::attached_receipt(live.id, &written.settled),
            overruled: receipts::overruled(&written.settled),
            receipt_wanted: confirmable.then_some(Wanted {
                commit: commit_seq,
                author: caller.account,
                first: Vec::new(),
                count: limits::RECEIPTS_ASKED,
            }),
            ..Effects::default()
        };
        let mut append = live.log.append(&entries, Some(key));
        append.writes = written.into_writes(live.group()?);
        let accepted = Accepted { seq: commit_seq.0, server_time_ms: offer.stamp.0 };
        Ok(Decision::Append(append, Reply::Accepted(accepted), effects))
    }
}

fn merge(group: &mut Group, judged: Judged, group_info: &[u8]) -> Result<(), Failure> {
    group.tracker.merge(judged).map_err(|error| {
        tracing::error!(%error, "a judged commit could not be merged");
        failure::retry_after(ErrorCode::Internal, 0)
    })?;
    group.group_info = Bytes::copy_from_slice(group_info);
    group.tree = None;
    Ok(())
}

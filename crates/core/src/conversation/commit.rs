//! Commits of one's own: an intent is turned into a commit, offered, and built again when another one won.

use super::{Live, Outcome, again, kept_key, take_commit, vault};
use crate::{
    api::ApiError,
    cx::Cx,
    db::{self, conversation::PendingCommit},
    fault::{Fault, Flow},
    formats::{VaultKey, envelope},
    sync,
};
use asterism_mls::{
    group::{CommitPlan, Group, Offer, OfferError},
    key_package::KeyPackageInfo,
    welcome,
};
use asterism_policy::{AddTicket, Change, LiftBar, RevokeTicket, SetRole, Ticket, What, decide};
use asterism_wire::{
    AccountId, ErrorCode, IdempotencyKey, Timestamp,
    frame::{self, Request},
    limits, signing,
};
use prost::Message as _;
use std::rc::Rc;

/// How often an intent is built again before its asker is told that the conversation is too busy.
const ATTEMPTS_MAX: u32 = 24;

/// What is to become true, whatever epoch it happens in.
#[derive(Debug, Clone)]
pub(crate) enum Intent {
    /// These accounts are in, by these key packages (account, package).
    Add(Vec<(AccountId, Vec<u8>)>),
    /// This account is out.
    Remove(AccountId),
    /// This account has this role.
    SetRole(AccountId, asterism_policy::Role, Option<Timestamp>),
    /// This link is live.
    AddTicket(Box<Ticket>),
    /// This link is not live.
    RevokeTicket(Vec<u8>),
}

impl Intent {
    /// Does its commit hand over the vault key, or replace it?
    fn needs_key(&self) -> bool {
        match self {
            Self::Add(_) | Self::Remove(_) | Self::AddTicket(_) => true,
            Self::SetRole(..) | Self::RevokeTicket(_) => false,
        }
    }
}

/// Makes an intent true.
pub(crate) async fn commit(cx: &Cx, live: &Rc<Live>, intent: Intent) -> Flow<()> {
    commit_again(cx, live, intent, 0).await
}

/// As [`commit`], for something that voids have undone so often.
pub(super) async fn commit_again(cx: &Cx, live: &Rc<Live>, intent: Intent, undone: u32) -> Flow<()> {
    let _turn = live.commit_lock.lock().await;
    for attempt in 0..ATTEMPTS_MAX {
        if attempt > 0 {
            // Losers of one epoch come back at different times.
            cx.sleep_ms(cx.random_below(50 << attempt.min(6))).await;
        }
        sync::catch_up(cx, live).await?;
        settle_pending(cx, live).await?;
        if intent.needs_key() {
            kept_key::need(cx, live).await?;
        }
        let Some(plan) = plan(cx, live, &intent)? else { return Ok(()) };
        let pending = build(cx, live, plan)?;
        db::intent::offered(&cx.db, live.id, pending.idempotency, undone, &again::encode(&intent))?;
        match submit(cx, live, &pending).await? {
            Outcome::Adopted(_) => return Ok(()),
            Outcome::Lost => {}
        }
    }
    Err(ErrorCode::StaleEpoch.into())
}

/// A commit that an earlier run left behind is offered again, as it was, before anything else.
pub(crate) async fn settle_pending(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    if let Some(pending) = db::conversation::pending_commit(&cx.db, live.id)? {
        submit(cx, live, &pending).await?;
    }
    Ok(())
}

/// What must be done, given the state now; `None` when nothing.
fn plan(cx: &Cx, live: &Rc<Live>, intent: &Intent) -> Flow<Option<CommitPlan>> {
    if !live.is_member() {
        return Err(ErrorCode::NotAMember.into());
    }
    let group = live.group(cx)?;
    let (state, roster) = (group.state(), group.roster());
    let mut plan = CommitPlan::default();
    match intent {
        Intent::Add(people) => {
            for (account, package) in people.iter().filter(|(_, package)| !is_present(&group, package)) {
                plan.adds.push(package.clone());
                if state.is_barred(*account) {
                    let lift = What::LiftBar(LiftBar { account: account.to_vec() }).into();
                    if !plan.changes.contains(&lift) {
                        plan.changes.push(lift);
                    }
                }
            }
        }
        Intent::Remove(account) => {
            let leaves = group.leaves();
            plan.removes = leaves.iter().filter(|m| m.leaf.account == *account).map(|m| m.index).collect();
            if !plan.removes.is_empty() {
                plan.changes = vault::ends_of_spoiled_links(state, *account);
            }
        }
        Intent::SetRole(account, role, until) => {
            if roster.leaves_of(*account) == 0 {
                return Err(ErrorCode::UnknownTarget.into());
            }
            let until_ms = until.map_or(0, |t| t.0);
            let change: Change =
                What::SetRole(SetRole { account: account.to_vec(), role: *role as i32, until_ms }).into();
            let has = state.roles.iter().find(|r| r.account == account.as_bytes());
            let same = match has {
                Some(grant) => grant.role == *role as i32 && grant.until_ms == until_ms,
                None => *role == asterism_policy::Role::Member,
            };
            if !same {
                plan.changes.push(change);
            }
        }
        Intent::AddTicket(ticket) => {
            if !state.tickets.iter().any(|t| t.id == ticket.id) {
                plan.changes.push(What::AddTicket(AddTicket { ticket: Some((**ticket).clone()) }).into());
            }
        }
        Intent::RevokeTicket(id) => {
            if state.tickets.iter().any(|t| t.id == *id) {
                plan.changes.push(What::RevokeTicket(RevokeTicket { ticket: id.clone() }).into());
            }
        }
    }
    let nothing = plan.adds.is_empty() && plan.removes.is_empty() && plan.changes.is_empty();
    Ok(if nothing { None } else { Some(plan) })
}

/// Is the key package's device in the group already?
fn is_present(group: &Group, package: &[u8]) -> bool {
    KeyPackageInfo::read(package, group.suite()).is_ok_and(|info| group.member(info.leaf.device).is_some())
}

/// Builds, seals and remembers; from here on the commit may leave the device.
fn build(cx: &Cx, live: &Rc<Live>, plan: CommitPlan) -> Flow<PendingCommit> {
    let provider = live.provider(cx);
    let key = cx.device_key()?;
    let statement = live.statement();
    let new_tickets: Vec<Vec<u8>> = plan
        .changes
        .iter()
        .filter_map(|c| match &c.what {
            Some(What::AddTicket(add)) => add.ticket.as_ref().map(|t| t.id.clone()),
            _ => None,
        })
        .collect();
    let (offer, state, roster) = {
        let mut group = live.group(cx)?;
        let (state, roster) = (group.state().clone(), group.roster());
        (group.offer(&provider, &key, plan, &statement).map_err(offer_error)?, state, roster)
    };
    #[cfg(feature = "hostile")]
    let offer = crate::hostile::flawed(cx, live, &provider, &key, offer)?;
    if let Err(denial) = decide(&state, &roster, &offer.facts, cx.now().max(live.row().last_time)) {
        live.group(cx)?.abandon(&provider).map_err(|_| Fault::Db(db::DbError::Damaged))?;
        return Err(denial.code().into());
    }
    let request = match bundle(cx, live, &offer, &new_tickets) {
        Ok(request) => request,
        Err(error) => {
            live.group(cx)?.abandon(&provider).map_err(|_| Fault::Db(db::DbError::Damaged))?;
            return Err(error);
        }
    };
    let pending = PendingCommit {
        idempotency: request.idempotency.as_slice().try_into()?,
        body_hash: signing::sha256(&offer.commit),
        request: request.encode_to_vec(),
    };
    db::conversation::save_pending_commit(&cx.db, live.id, &pending)?;
    Ok(pending)
}

fn bundle(cx: &Cx, live: &Rc<Live>, offer: &Offer, new_tickets: &[Vec<u8>]) -> Flow<frame::SubmitCommit> {
    let (wraps, past_key) = vault::bundle_keys(cx, live, &offer.next_state, new_tickets)?;
    let row = live.row();
    Ok(frame::SubmitCommit {
        conversation: live.id.to_vec(),
        idempotency: IdempotencyKey(cx.random()).to_vec(),
        epoch_opened_by: row.epoch.opened_by.0,
        commit: offer.commit.clone().into(),
        group_info: offer.group_info.clone(),
        welcomes: welcomes(cx, live, offer)?,
        vault: Vec::new(),
        wraps,
        past_key,
        welcome_info: shared_info(offer)?.into(),
    })
}

/// What the welcomes of all joiners have in common.
fn shared_info(offer: &Offer) -> Flow<Vec<u8>> {
    let Some(first) = offer.welcomes.first() else { return Ok(Vec::new()) };
    Ok(welcome::split(&first.welcome).map_err(|_| ErrorCode::Internal)?.info)
}

fn welcomes(cx: &Cx, live: &Rc<Live>, offer: &Offer) -> Flow<Vec<frame::Welcome>> {
    if offer.welcomes.is_empty() {
        return Ok(Vec::new());
    }
    let generation = live.row().vault_generation;
    let vault_key = db::vault::key(&cx.db, live.id, generation)?.ok_or(ErrorCode::WaitingForKey)?;
    offer
        .welcomes
        .iter()
        .map(|w| {
            let inside = envelope::Envelope {
                welcome: welcome::split(&w.welcome).map_err(|_| ErrorCode::Internal)?.secrets,
                vault_key: VaultKey::new(*vault_key),
                generation,
            };
            let sealed = envelope::seal_envelope(&w.entry_key, live.id, w.joiner.device, &inside)
                .map_err(|_| ApiError::of(ErrorCode::LimitExceeded))?;
            let envelope = [w.key_package_ref.as_slice(), &sealed].concat().into();
            Ok(frame::Welcome { device: w.joiner.device.to_vec(), envelope })
        })
        .collect()
}

fn offer_error(error: OfferError) -> Fault {
    match error {
        OfferError::KeyPackage { .. } => ErrorCode::NoKeyPackage.into(),
        OfferError::Limit => ErrorCode::LimitExceeded.into(),
        OfferError::Removed => ErrorCode::NotAMember.into(),
        OfferError::Storage(_) => Fault::Db(db::DbError::Damaged),
        OfferError::Pending | OfferError::Plan | OfferError::Library => ErrorCode::Internal.into(),
    }
}

async fn submit(cx: &Cx, live: &Rc<Live>, pending: &PendingCommit) -> Flow<Outcome> {
    let request =
        frame::SubmitCommit::decode(pending.request.as_slice()).map_err(asterism_wire::DecodeError::from)?;
    let key = pending.idempotency;
    match cx.call::<frame::Accepted>(Request::SubmitCommit(request)).await {
        Ok(accepted) => {
            sync::reach(cx, live, asterism_wire::Seq(accepted.seq)).await?;
            Ok(live.outcomes.borrow_mut().remove(&key).unwrap_or(Outcome::Lost))
        }
        Err(error) => {
            sync::heard_in(live, &error);
            // The answer to an earlier try may have been lost: the log has the last word.
            let caught_up = sync::catch_up(cx, live).await;
            if let Some(outcome) = live.outcomes.borrow_mut().remove(&key) {
                return Ok(outcome);
            }
            if live.is_member() {
                take_commit::abandon_own(cx, live)?;
                live.outcomes.borrow_mut().remove(&key);
            }
            caught_up?;
            match error.code() {
                _ if error.is_refused_for_long() => Err(error.into()),
                // Somebody else's turn: it is built again, from the epoch that is then.
                Some(ErrorCode::StaleEpoch | ErrorCode::RateLimited) => Ok(Outcome::Lost),
                _ => Err(error.into()),
            }
        }
    }
}

/// A commit that changes nothing, offered every few milliseconds until it is taken or the time is over; gives its
/// position and the hash of its body.
#[cfg(feature = "hostile")]
pub(crate) async fn idle(
    cx: &Cx,
    live: &Rc<Live>,
    until: Timestamp,
) -> Flow<Option<(asterism_wire::Seq, asterism_wire::Hash)>> {
    const PAUSE_MS: u64 = 4;
    sync::catch_up(cx, live).await?;
    if db::conversation::pending_commit(&cx.db, live.id)?.is_some() {
        take_commit::abandon_own(cx, live)?;
    }
    let pending = build(cx, live, CommitPlan { refresh: true, ..CommitPlan::default() })?;
    let request =
        frame::SubmitCommit::decode(pending.request.as_slice()).map_err(asterism_wire::DecodeError::from)?;
    while cx.now() < until {
        match cx.call_once::<frame::Accepted>(Request::SubmitCommit(request.clone())).await {
            Ok(Ok(accepted)) => {
                let seq = asterism_wire::Seq(accepted.seq);
                sync::reach(cx, live, seq).await?;
                live.outcomes.borrow_mut().remove(&pending.idempotency);
                return Ok(Some((seq, pending.body_hash)));
            }
            Ok(Err(error)) if error.code() != Some(ErrorCode::RateLimited) => {
                sync::heard_in(live, &error);
                break;
            }
            Ok(Err(_)) | Err(_) => cx.sleep_ms(PAUSE_MS).await,
        }
    }
    sync::catch_up(cx, live).await?;
    take_commit::abandon_own(cx, live)?;
    Ok(None)
}

/// Splits people into commits that the library handles in linear time.
pub(crate) fn batches(people: Vec<(AccountId, Vec<u8>)>) -> Vec<Vec<(AccountId, Vec<u8>)>> {
    people.chunks(limits::ADDS_PER_COMMIT_MAX).map(<[_]>::to_vec).collect()
}

//! Changes of a community: judged, and appended with everything that belongs to them (docs/protocol.md §10.2, §10.3).

use super::{
    Communities, community_id, idempotency_key,
    keeper::{Keeper, Range},
    opening::{self, Opened},
    records::{bytes, keys, put},
    tickets::TicketChanges,
};
use crate::{caller::Caller, log::NewEntry};
use asterism_mls::{credential::check_credential, keys::verify};
use asterism_policy::{CommunityChanges, CommunityState, Leaf, decide_community};
use asterism_store::Write;
use asterism_wire::{
    ErrorCode,
    community::GovernanceBody,
    entry::EntryKind,
    frame::{Accepted, Failure, SubmitGovernance},
    ids::{CommunityId, IdempotencyKey, Seq, SubscriberId, Timestamp},
    limits, signing,
};
use prost::Message as _;
use std::{future::Future, sync::Arc};

impl Communities {
    /// Appends changes of a community with what must accompany them, or nothing.
    ///
    /// # Errors
    /// `stale_epoch` with the standing unless they are for the next position; `bad_signature`; `forbidden` and what
    /// else the rules of communities say; `incomplete_bundle`; `not_a_member` for who does not administer it, also
    /// when it does not exist; `limit_exceeded`, `malformed`; or when the store fails.
    pub fn submit_governance(
        &self,
        caller: &Caller,
        request: SubmitGovernance,
    ) -> impl Future<Output = Result<Accepted, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = check(&request).map(|(id, key)| {
            self.ask(id, move |keeper| Box::pin(keeper.submit_governance(caller, request, key)))
        });
        async move { asked?.await }
    }
}

fn check(request: &SubmitGovernance) -> Result<(CommunityId, IdempotencyKey), Failure> {
    let id = community_id(&request.community)?;
    let key = idempotency_key(&request.idempotency)?;
    if let Some(opening) = &request.opening {
        opening::check_sizes(opening)?;
    }
    Ok((id, key))
}

/// Reads a body of a limited size.
///
/// # Errors
/// `limit_exceeded`, `malformed`.
pub(super) fn read_body(bytes: &[u8]) -> Result<GovernanceBody, Failure> {
    if bytes.len() > limits::GOVERNANCE_BYTES_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    GovernanceBody::decode(bytes).map_err(|_| Failure::of(ErrorCode::Malformed))
}

/// Checks that what is signed is signed by the caller's device: by its credential, key and signature.
///
/// # Errors
/// `bad_signature`; `forbidden` when it is another device's.
pub(super) fn check_author(
    caller: &Caller,
    (credential, key, signature): (&[u8], &[u8], &[u8]),
    signed: &[u8],
) -> Result<(), Failure> {
    let bad = || Failure::of(ErrorCode::BadSignature);
    let author = check_credential(credential, key).map_err(|_| bad())?;
    verify(key, signed, signature).map_err(|_| bad())?;
    let own = author == Leaf { account: caller.account, device: caller.device };
    if own { Ok(()) } else { Err(Failure::of(ErrorCode::Forbidden)) }
}

/// Changes that may be appended.
struct Offer {
    before: Arc<CommunityState>,
    next: CommunityState,
    stamp: Timestamp,
    tickets: TicketChanges,
    /// Records of the channel's new epoch.
    channel: Vec<Write>,
    /// Subscribers that are none any more.
    gone: Vec<SubscriberId>,
}

impl Keeper {
    async fn submit_governance(
        &mut self,
        caller: Caller,
        request: SubmitGovernance,
        key: IdempotencyKey,
    ) -> Result<Accepted, Failure> {
        let log = self.id.log();
        let range = match self.judge_governance(&caller, &request).await {
            Ok(offer) => self.append_governance(&request, key, offer).await?,
            Err(failure) => self.refuse(log, key, failure).await?,
        };
        self.accepted(log, range).await
    }

    async fn judge_governance(
        &mut self,
        caller: &Caller,
        request: &SubmitGovernance,
    ) -> Result<Offer, Failure> {
        let id = self.id;
        let (live, stamp) = self.administered(caller).await?;
        let seq = live.log.position.seq.next();
        if Seq(request.seq) != seq {
            return Err(live.stale());
        }
        let body = read_body(&request.governance)?;
        check_author(
            caller,
            (&body.author, &body.author_key, &body.signature),
            &signing::governance(id, seq, live.log.position.head, &body.changes),
        )?;
        let before = Arc::clone(&live.state);
        let next = decide_community(id, Some(&before), caller.account, &body.changes, seq, stamp)
            .map_err(|denial| Failure::of(denial.code()))?;
        let changes = CommunityChanges::read(&body.changes).map_err(crate::failure::of_decode)?;

        let opens = changes.opening().is_some();
        let live = self.live().await?;
        if changes.opening().is_some_and(|open| open.posts_seq != live.posts.position.seq.0) {
            return Err(live.stale());
        }
        let tickets = TicketChanges::between(&before, &next);
        tickets.check_wraps(&next, opens, request.opening.as_ref())?;
        tickets.check_new(&self.shared.store).await?;
        let (channel, gone) = if opens {
            let opened = Opened::check(&self.shared.store, caller, &next, request.opening.as_ref()).await?;
            opened.writes(&self.shared.store).await?
        } else {
            opening::check_none(request.opening.as_ref())?;
            (Vec::new(), Vec::new())
        };
        Ok(Offer { before, next, stamp, tickets, channel, gone })
    }

    async fn append_governance(
        &mut self,
        request: &SubmitGovernance,
        key: IdempotencyKey,
        offer: Offer,
    ) -> Result<Range, Failure> {
        let id = self.id;
        let live = self.live().await?;
        let mut log = live.log.clone();
        let entry = log.next_entry(NewEntry {
            kind: EntryKind::Governance,
            epoch: live.epoch(),
            stamp: offer.stamp,
            idempotency: Some(key),
            body: request.governance.clone(),
        });
        let record = live.record_with(&offer.next);
        let mut append = log.append(std::slice::from_ref(&entry), Some(key));
        append.writes = vec![put(keys::community(id), bytes(&record))];
        let wraps = request.opening.as_ref().map_or(&[][..], |opening| &opening.wraps);
        append.writes.extend(offer.tickets.writes(id, wraps));
        append.writes.extend(offer.channel);
        let range = self.append(append).await?;
        if range.is_repeated {
            return Ok(range);
        }
        let live = self.live().await?;
        (live.record, live.log, live.state) = (record, log, Arc::new(offer.next));
        offer.tickets.apply(&mut live.uses);
        self.tell_change(&offer.before, &offer.gone, entry).await;
        Ok(range)
    }
}

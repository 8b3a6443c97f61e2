//! What a joiner needs: the group in public, and an anchor in the log (docs/protocol.md §5.2, §5.4).

use super::{
    Conversations,
    actor::{Actor, Decision},
    damaged,
    effects::Effects,
    link, load,
    op::{Op, Reply},
    records::{self, EpochRecord, keys},
};
use crate::{
    caller::Caller,
    failure,
    rate_limit::{Limit, RateLimiter},
};
use asterism_mls::keys::verify;
use asterism_policy::Ticket;
use asterism_store::Store as _;
use asterism_wire::{
    ErrorCode,
    entry::Entry,
    frame::{Failure, GetJoinInfo, JoinInfo, Standing},
    ids::{AccountId, ConversationId, Epoch, Seq, TicketId},
    limits, signing,
};
use bytes::Bytes;
use prost::Message as _;
use std::future::Future;

/// What joiners of one account are given. A device that was recovered asks once for each group of its account, and
/// again where somebody was faster. Higher: one account keeps the server busier with answers of up to 1.5 MB. Lower: who
/// is in a thousand groups waits for some when coming back.
const JOIN_INFO: Limit = Limit { burst: 4_096, refill_ms: 500 };
/// Trees of past epochs that are made for one account, for which a group is followed again from its last snapshot: after
/// having been added while another commit came. Higher: one account keeps the server busier. Lower: who was added to many
/// groups while away waits for some.
const PAST_TREE: Limit = Limit { burst: 64, refill_ms: 4_000 };

/// How often accounts ask to join.
#[derive(Debug)]
pub(super) struct JoinLimits {
    asked: RateLimiter<AccountId>,
    past_tree: RateLimiter<AccountId>,
}

impl Default for JoinLimits {
    fn default() -> Self {
        Self { asked: RateLimiter::new(JOIN_INFO), past_tree: RateLimiter::new(PAST_TREE) }
    }
}

impl Conversations {
    /// What a joiner needs.
    ///
    /// # Errors
    /// `rate_limited`; with a ticket `unknown_link`, `link_expired`, `link_used_up`, `barred`, `bad_signature`; else
    /// `not_a_member`, unless the caller's account is a participant, and for `at_seq` unless the commit there
    /// added the caller; `expired` when that is too long ago; `malformed`; or when the store fails.
    pub fn get_join_info(
        &self,
        caller: &Caller,
        request: GetJoinInfo,
    ) -> impl Future<Output = Result<JoinInfo, Failure>> + Send + use<> {
        let at = Seq(request.at_seq);
        let (account, ticket) = (caller.account, request.ticket.clone());
        let shared = self.shared();
        let limited = shared.join_limits.asked.take(account, shared.clock.now()).map_err(Failure::from);
        let asked = limited
            .and_then(|()| super::conversation_id(&request.conversation))
            .map(|id| (id, self.ask(id, Op::JoinInfo(caller.clone(), request))));
        let conversations = self.clone();
        async move {
            let (id, answer) = asked?;
            let mut info = *answer.await?.join_info()?;
            if at != Seq(0) {
                return conversations.join_info_after(id, at, info.ratchet_tree, account).await;
            }
            if let Ok(ticket) = TicketId::try_from(ticket) {
                info.wrap = conversations.wrap(id, ticket).await?;
            }
            Ok(info)
        }
    }

    /// What whoever joined by a commit is given: everything as it was just after it. An empty tree is one
    /// that has to be made again.
    async fn join_info_after(
        &self,
        id: ConversationId,
        at: Seq,
        tree: Vec<u8>,
        account: AccountId,
    ) -> Result<JoinInfo, Failure> {
        let expired = || Failure::of(ErrorCode::Expired);
        let store = &self.shared().store;
        let page = store.read(crate::log::stream(id), at.0, 1, limits::FRAME_BYTES_MAX).await;
        let page = page.map_err(failure::of_store)?;
        let (_, entry) =
            page.entries.into_iter().next().filter(|(seq, _)| *seq == at.0).ok_or_else(expired)?;
        let commit = Entry::decode(entry).map_err(|_| damaged())?;
        let epoch = load::epoch_after(&commit).map_err(failure::of_store)?;
        let found = store.get(&[keys::epoch(id, at)]).await.map_err(failure::of_store)?;
        let found = found.into_iter().next().flatten().ok_or_else(expired)?;
        let record: EpochRecord = records::read(&found.value).map_err(failure::of_store)?;
        let ratchet_tree =
            if tree.is_empty() { self.past_tree(id, epoch, account).await?.to_vec() } else { tree };
        Ok(JoinInfo {
            group_info: Vec::new(),
            ratchet_tree,
            standing: Some(Standing {
                epoch: epoch.number,
                epoch_opened_by: epoch.opened_by.0,
                head_seq: commit.seq,
            }),
            head: commit.head,
            server_time_ms: commit.server_time_ms,
            wrap: None,
            welcome_info: record.welcome_info.to_vec(),
        })
    }

    async fn past_tree(
        &self,
        id: ConversationId,
        epoch: Epoch,
        account: AccountId,
    ) -> Result<Bytes, Failure> {
        let shared = self.shared();
        let make = async {
            shared.join_limits.past_tree.take(account, shared.clock.now())?;
            let group = load::load_group(&shared.store, id, epoch).await?;
            Ok(Bytes::from(group.tracker.ratchet_tree()))
        };
        shared.past_trees.get(id, epoch.opened_by, make).await
    }
}

impl Actor {
    /// For a past epoch the tree is left out: it is not in memory, and made outside of the conversation's
    /// task.
    pub(super) async fn join_info(
        &mut self,
        caller: &Caller,
        request: &GetJoinInfo,
    ) -> Result<Decision, Failure> {
        let info = if request.at_seq != 0 {
            self.join_info_at(caller, Seq(request.at_seq)).await?
        } else {
            self.admit_joiner(caller, request).await?;
            self.current_join_info().await?
        };
        Ok(Decision::Answer(Reply::JoinInfo(Box::new(info)), Effects::default()))
    }

    async fn join_info_at(&mut self, caller: &Caller, at: Seq) -> Result<JoinInfo, Failure> {
        let membership = self.membership(caller.device).await?;
        if !membership.is_some_and(|membership| membership.begins_at(at)) {
            return Err(Failure::of(ErrorCode::NotAMember));
        }
        let live = self.existing().await?;
        if at < live.log.floor {
            return Err(Failure::of(ErrorCode::Expired));
        }
        // All else is read from the log when it is durable.
        let ratchet_tree = if at == live.epoch.opened_by { self.tree().await?.to_vec() } else { Vec::new() };
        Ok(JoinInfo { ratchet_tree, ..JoinInfo::default() })
    }

    async fn admit_joiner(&mut self, caller: &Caller, request: &GetJoinInfo) -> Result<(), Failure> {
        let now = self.shared.clock.now();
        let outside = if request.ticket.is_empty() { ErrorCode::NotAMember } else { ErrorCode::UnknownLink };
        if self.light().await?.is_none() {
            return Err(Failure::of(outside));
        }
        let id = self.id;
        let live = self.with_group().await?;
        let tracker = &live.group()?.tracker;
        if request.ticket.is_empty() {
            let known = tracker.roster().leaves_of(caller.account) > 0;
            return if known { Ok(()) } else { Err(Failure::of(outside)) };
        }
        let ticket_id = TicketId::try_from(request.ticket.as_slice()).map_err(failure::of_decode)?;
        let ticket: &Ticket = tracker.state().ticket(ticket_id).ok_or_else(|| Failure::of(outside))?;
        let signed = signing::join_info_request(&caller.nonce, id, ticket_id, caller.account);
        verify(&ticket.signature_key, &signed, &request.ticket_signature)
            .map_err(|_| Failure::of(ErrorCode::BadSignature))?;
        link::check_live(ticket, live.log.stamp(now))?;
        let barred = tracker.state().is_barred(caller.account);
        if barred { Err(Failure::of(ErrorCode::Barred)) } else { Ok(()) }
    }

    async fn current_join_info(&mut self) -> Result<JoinInfo, Failure> {
        let ratchet_tree = self.tree().await?.to_vec();
        let live = self.with_group().await?;
        Ok(JoinInfo {
            group_info: live.group()?.group_info.to_vec(),
            ratchet_tree,
            standing: Some(live.standing()),
            head: live.log.position.head.to_vec(),
            server_time_ms: live.log.position.time.0,
            ..JoinInfo::default()
        })
    }

    /// The current tree, encoded once for each epoch.
    async fn tree(&mut self) -> Result<Bytes, Failure> {
        let live = self.with_group().await?;
        let group = live.group.as_mut().ok_or_else(damaged)?;
        Ok(group.tree.get_or_insert_with(|| group.tracker.ratchet_tree().into()).clone())
    }
}

impl Conversations {
    /// The vault key for a ticket's holder.
    pub(super) async fn wrap(
        &self,
        id: ConversationId,
        ticket: TicketId,
    ) -> Result<Option<asterism_wire::vault::Wrap>, Failure> {
        let found = self.shared().store.get(&[keys::wrap(id, ticket)]).await.map_err(failure::of_store)?;
        let found = found.into_iter().next().flatten();
        found.map(|found| records::read(&found.value)).transpose().map_err(failure::of_store)
    }
}

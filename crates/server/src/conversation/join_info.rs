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
use crate::{caller::Caller, failure};
use asterism_mls::keys::verify;
use asterism_policy::Ticket;
use asterism_store::Store as _;
use asterism_wire::{
    ErrorCode,
    entry::Entry,
    frame::{Failure, GetJoinInfo, JoinInfo, Standing},
    ids::{ConversationId, Epoch, Seq, TicketId},
    limits, signing,
};
use bytes::Bytes;
use prost::Message as _;
use std::{collections::VecDeque, future::Future};

/// Trees of past epochs that are kept for the next who joined by the same commit. Higher: fewer groups are
/// followed again when many come late, for up to 1.5 MB each.
const PAST_MAX: usize = 8;

/// Trees of past epochs that were asked for last. Filled by one request at a time, so that many who joined by
/// one commit do not follow the group again each for themselves.
#[derive(Debug, Default)]
pub(super) struct PastTrees(tokio::sync::Mutex<VecDeque<(ConversationId, Seq, Bytes)>>);

impl Conversations {
    /// What a joiner needs.
    ///
    /// # Errors
    /// With a ticket `unknown_link`, `link_expired`, `link_used_up`, `barred`, `bad_signature`; else
    /// `not_a_member`, unless the caller's account is a participant, and for `at_seq` unless the commit there
    /// added the caller; `expired` when that is too long ago; `malformed`; or when the store fails.
    pub fn get_join_info(
        &self,
        caller: &Caller,
        request: GetJoinInfo,
    ) -> impl Future<Output = Result<JoinInfo, Failure>> + Send + use<> {
        let at = Seq(request.at_seq);
        let ticket = request.ticket.clone();
        let asked = super::conversation_id(&request.conversation)
            .map(|id| (id, self.ask(id, Op::JoinInfo(caller.clone(), request))));
        let conversations = self.clone();
        async move {
            let (id, answer) = asked?;
            let mut info = *answer.await?.join_info()?;
            if at != Seq(0) {
                return conversations.join_info_after(id, at, info.ratchet_tree).await;
            }
            if let Ok(ticket) = TicketId::try_from(ticket) {
                info.wrap = conversations.wrap(id, ticket).await?;
            }
            Ok(info)
        }
    }

    /// What whoever joined by a commit is given: everything as it was just after it. An empty tree is one
    /// that has to be made again.
    async fn join_info_after(&self, id: ConversationId, at: Seq, tree: Vec<u8>) -> Result<JoinInfo, Failure> {
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
        let ratchet_tree = if tree.is_empty() { self.past_tree(id, epoch).await?.to_vec() } else { tree };
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

    async fn past_tree(&self, id: ConversationId, epoch: Epoch) -> Result<Bytes, Failure> {
        let mut past = self.shared().past_trees.0.lock().await;
        let is_it = |(of, at, _): &&(ConversationId, Seq, Bytes)| (*of, *at) == (id, epoch.opened_by);
        if let Some((_, _, tree)) = past.iter().find(is_it) {
            return Ok(tree.clone());
        }
        let group = load::load_group(&self.shared().store, id, epoch).await?;
        let tree = Bytes::from(group.tracker.ratchet_tree());
        if past.len() >= PAST_MAX {
            past.pop_front();
        }
        past.push_back((id, epoch.opened_by, tree.clone()));
        Ok(tree)
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

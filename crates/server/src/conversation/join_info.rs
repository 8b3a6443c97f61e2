//! What a joiner needs: the group in public, and an anchor in the log (docs/protocol.md §5.2, §5.4).

use super::{
    Conversations,
    actor::{Actor, Decision},
    damaged,
    effects::Effects,
    link, load,
    op::{Op, Reply},
    records::{self, keys},
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

/// What joiners by commits that are not the last one were given last. Filled by one request at a time, so
/// that many who joined by one commit do not follow the group again each for themselves.
#[derive(Debug, Default)]
pub(super) struct PastJoinInfo(tokio::sync::Mutex<VecDeque<(ConversationId, Seq, JoinInfo)>>);

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
            if at != Seq(0) && info.ratchet_tree.is_empty() {
                info = conversations.past_join_info(id, at).await?;
            }
            if at != Seq(0) {
                info.welcome_info = conversations.welcome_info(id, at).await?;
            }
            if let Ok(ticket) = TicketId::try_from(ticket) {
                info.wrap = conversations.wrap(id, ticket).await?;
            }
            Ok(info)
        }
    }

    /// What the welcomes of a commit share.
    async fn welcome_info(&self, id: ConversationId, at: Seq) -> Result<Vec<u8>, Failure> {
        let found = self.shared().store.get(&[keys::epoch(id, at)]).await.map_err(failure::of_store)?;
        let found = found.into_iter().next().flatten().ok_or_else(|| Failure::of(ErrorCode::Expired))?;
        let record: records::EpochRecord = records::read(&found.value).map_err(failure::of_store)?;
        Ok(record.welcome_info.to_vec())
    }

    async fn past_join_info(&self, id: ConversationId, at: Seq) -> Result<JoinInfo, Failure> {
        let mut past = self.shared().past_join_info.0.lock().await;
        let known = past.iter().find(|(conversation, seq, _)| (*conversation, *seq) == (id, at));
        if let Some((_, _, info)) = known {
            return Ok(info.clone());
        }
        let store = &self.shared().store;
        let page = store.read(records::stream(id), at.0, 1, limits::FRAME_BYTES_MAX).await;
        let page = page.map_err(failure::of_store)?;
        let entry = page.entries.into_iter().next().filter(|(seq, _)| *seq == at.0);
        let (_, bytes) = entry.ok_or_else(|| Failure::of(ErrorCode::Expired))?;
        let entry = Entry::decode(bytes).map_err(|_| damaged())?;
        let epoch = load::epoch_after(&entry).map_err(failure::of_store)?;
        let group = load::load_group(store, id, epoch).await?;
        let info = info_at(&entry, epoch, &group.tracker.ratchet_tree().into());
        if past.len() >= PAST_MAX {
            past.pop_front();
        }
        past.push_back((id, at, info.clone()));
        Ok(info)
    }
}

/// What whoever joined by a commit is given: everything as it was just after it.
fn info_at(commit: &Entry, epoch: Epoch, tree: &Bytes) -> JoinInfo {
    JoinInfo {
        group_info: Vec::new(),
        ratchet_tree: tree.to_vec(),
        standing: Some(Standing {
            epoch: epoch.number,
            epoch_opened_by: epoch.opened_by.0,
            head_seq: commit.seq,
        }),
        head: commit.head.clone(),
        server_time_ms: commit.server_time_ms,
        wrap: None,
        welcome_info: Vec::new(),
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
        if at < live.floor {
            return Err(Failure::of(ErrorCode::Expired));
        }
        // Its entry may not be durable yet when this is decided, so it can be read only if others follow it.
        let is_last = at == live.position.seq && at == live.epoch.opened_by;
        if !is_last {
            return Ok(JoinInfo::default());
        }
        let info = self.current_join_info().await?;
        Ok(JoinInfo { group_info: Vec::new(), ..info })
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
        link::check_live(ticket, live.stamp(now))?;
        let barred = tracker.state().is_barred(caller.account);
        if barred { Err(Failure::of(ErrorCode::Barred)) } else { Ok(()) }
    }

    async fn current_join_info(&mut self) -> Result<JoinInfo, Failure> {
        let live = self.with_group().await?;
        let (standing, position) = (live.standing(), live.position);
        let Some(group) = live.group.as_mut() else { return Err(damaged()) };
        let tree = group.tree.get_or_insert_with(|| group.tracker.ratchet_tree().into());
        Ok(JoinInfo {
            group_info: group.group_info.to_vec(),
            ratchet_tree: tree.to_vec(),
            standing: Some(standing),
            head: position.head.to_vec(),
            server_time_ms: position.time.0,
            wrap: None,
        welcome_info: Vec::new(),
        })
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

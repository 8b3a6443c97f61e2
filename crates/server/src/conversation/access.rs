//! What one device may read, and being told what is new: subscribing, fetching, the vault's pages.

use super::{
    Conversations,
    actor::{Actor, Decision},
    effects::Effects,
    op::{Op, Reply},
    ranges::Membership,
    records::{self, keys},
};
use crate::{caller::Caller, failure, fanout::Listener, log};
use asterism_policy::Leaf;
use asterism_store::Store as _;
use asterism_wire::{
    ErrorCode,
    entry::{Entry, EntryKind},
    frame::{self, Failure, Subscription},
    ids::{ConversationId, DeviceId, Seq},
    limits,
};
use std::{collections::BTreeSet, future::Future};

/// What a device may read of one conversation.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) membership: Membership,
    pub(super) head: Seq,
    pub(super) floor: Seq,
    /// The commit for which the server wants a receipt of this device's account.
    pub(super) receipt_wanted: Option<Seq>,
}

impl Conversations {
    /// From now on the caller's connection is told what is appended.
    ///
    /// # Errors
    /// `limit_exceeded`, `malformed`, or when the store fails. That the caller is no member is part of the
    /// answer.
    pub fn subscribe(
        &self,
        caller: &Caller,
        request: frame::Subscribe,
    ) -> impl Future<Output = Result<frame::Subscribed, Failure>> + Send + use<> {
        let caller = caller.clone();
        let asked = parse_all(&request.conversations).map(|ids| {
            let ask = |id| (id, self.is_live(id).then(|| self.ask(id, Op::Subscribe(caller.clone()))));
            ids.into_iter().map(ask).collect::<Vec<_>>()
        });
        let conversations = self.clone();
        async move {
            let asked = asked?;
            let elsewhere = asked.iter().filter(|(_, answer)| answer.is_none()).map(|(id, _)| *id).collect();
            let own = conversations.of_device(elsewhere, caller.device).await?;
            let ask = |id| own.contains(&id).then(|| conversations.ask(id, Op::Subscribe(caller.clone())));
            let asked: Vec<_> =
                asked.into_iter().map(|(id, answer)| (id, answer.or_else(|| ask(id)))).collect();
            let mut standings = Vec::new();
            for (id, answer) in asked {
                let Some(answer) = answer else {
                    standings.push(no_member(id));
                    continue;
                };
                standings.push(match answer.await {
                    Ok(reply) => reply.subscription()?,
                    Err(failure) if failure.error_code() == ErrorCode::NotAMember => no_member(id),
                    Err(failure) => return Err(failure),
                });
            }
            Ok(frame::Subscribed { standings })
        }
    }

    /// Those of these conversations that the device is or was a member of. Asked of the store at once, before a task
    /// is begun for each of very many ids that somebody made up.
    async fn of_device(
        &self,
        ids: Vec<ConversationId>,
        device: DeviceId,
    ) -> Result<BTreeSet<ConversationId>, Failure> {
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let keys: Vec<_> = ids.iter().map(|id| keys::member(*id, device)).collect();
        let found = self.shared().store.get(&keys).await.map_err(failure::of_store)?;
        Ok(ids.into_iter().zip(found).filter_map(|(id, found)| found.map(|_| id)).collect())
    }

    /// Entries of a log.
    ///
    /// # Errors
    /// `not_a_member`; `forbidden` for positions outside of the caller's membership; `expired` below the
    /// first position still kept; `malformed`; or when the store fails.
    pub fn fetch(
        &self,
        caller: &Caller,
        request: frame::Fetch,
    ) -> impl Future<Output = Result<frame::Entries, Failure>> + Send + use<> {
        let asked = super::conversation_id(&request.conversation)
            .map(|id| (id, self.ask(id, Op::Access(caller.clone()))));
        let conversations = self.clone();
        async move {
            let (id, answer) = asked?;
            let access = answer.await?.access()?;
            conversations.read_entries(id, &access, &request).await
        }
    }

    async fn read_entries(
        &self,
        id: ConversationId,
        access: &Access,
        request: &frame::Fetch,
    ) -> Result<frame::Entries, Failure> {
        let from = Seq(request.from_seq);
        if from.0 == 0 {
            return Err(Failure::of(ErrorCode::Malformed));
        }
        let until = access.membership.readable_from(from, access.head);
        let until = until.ok_or_else(|| Failure::of(ErrorCode::Forbidden))?;
        if from < access.floor {
            return Err(Failure::of(ErrorCode::Expired));
        }
        let mut answer = frame::Entries {
            head_seq: until.0,
            receipt_wanted_seq: access.receipt_wanted.map_or(0, |seq| seq.0),
            ..frame::Entries::default()
        };
        answer.entries = log::page(&self.shared().store, id, from, until, request.entries_max).await?;
        answer.receipts = self.receipts_of(id, &answer.entries).await?;
        Ok(answer)
    }

    async fn receipts_of(
        &self,
        id: ConversationId,
        entries: &[Entry],
    ) -> Result<Vec<asterism_wire::entry::Receipt>, Failure> {
        let commits = entries.iter().filter(|entry| entry.kind == EntryKind::Commit as i32);
        let keys: Vec<_> = commits.map(|entry| keys::receipt(id, entry.position())).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.shared().store.get(&keys).await.map_err(failure::of_store)?;
        let read = |record: asterism_store::Versioned| records::read(&record.value);
        found.into_iter().flatten().map(read).collect::<Result<_, _>>().map_err(failure::of_store)
    }
}

fn parse_all(ids: &[Vec<u8>]) -> Result<Vec<ConversationId>, Failure> {
    if ids.len() > limits::SUBSCRIBE_MAX {
        return Err(Failure::of(ErrorCode::LimitExceeded));
    }
    ids.iter().map(|id| super::conversation_id(id)).collect()
}

fn no_member(id: ConversationId) -> Subscription {
    Subscription { conversation: id.to_vec(), ..Subscription::default() }
}

impl Actor {
    pub(super) async fn subscribe(&mut self, caller: &Caller) -> Result<Decision, Failure> {
        let access = self.access_of(caller).await?;
        let member = access.membership.is_current();
        let subscription = Subscription {
            conversation: self.id.to_vec(),
            member,
            head_seq: access.membership.last_readable(access.head).0,
            floor_seq: access.floor.0,
        };
        let who = Leaf { account: caller.account, device: caller.device };
        let subscribe = member.then(|| Listener { who, connection: caller.connection.clone() });
        let effects = Effects { subscribe, ..Effects::default() };
        Ok(Decision::Answer(Reply::Subscription(subscription), effects))
    }

    pub(super) async fn access(&mut self, caller: &Caller) -> Result<Decision, Failure> {
        Ok(Decision::Answer(Reply::Access(self.access_of(caller).await?), Effects::default()))
    }

    async fn access_of(&mut self, caller: &Caller) -> Result<Access, Failure> {
        let membership = self.membership(caller.device).await?;
        let membership = membership.ok_or_else(|| Failure::of(ErrorCode::NotAMember))?;
        let live = self.existing().await?;
        let open = live
            .current_open()
            .filter(|commit| commit.wants_word_of(caller.account) && membership.may_settle(&live.open));
        Ok(Access {
            receipt_wanted: open.map(|commit| commit.seq),
            membership,
            head: live.log.position.seq,
            floor: live.log.floor,
        })
    }
}

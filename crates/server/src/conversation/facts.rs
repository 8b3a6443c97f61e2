//! What communities ask of conversations (docs/protocol.md §10.6, §10.9, §10.10).

use super::{
    Conversations,
    actor::{Actor, Decision},
    effects::Effects,
    op::{Op, Reply},
    ranges::Membership,
    records::{self, MemberRecord, keys},
};
use crate::failure;
use asterism_policy::Kind;
use asterism_store::Store as _;
use asterism_wire::{
    frame::Failure,
    ids::{CommunityId, ConversationId, DeviceId},
};
use std::future::Future;

/// What the server knows of a conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) kind: Kind,
    /// The community that it belongs to.
    pub(crate) community: Option<CommunityId>,
    /// Accounts in it.
    pub(crate) accounts: u32,
    /// Generation of its vault key.
    pub(crate) vault_generation: u64,
}

impl Conversations {
    /// What is known of a conversation; `for_member` says nothing to a device that is not a member.
    ///
    /// # Errors
    /// `not_a_member`, also for conversations that do not exist; or when the store fails.
    pub(crate) fn facts(
        &self,
        id: ConversationId,
        for_member: Option<DeviceId>,
    ) -> impl Future<Output = Result<Facts, Failure>> + Send + use<> {
        let asked = self.ask(id, Op::Facts(for_member));
        async move { asked.await?.facts() }
    }

    /// Which of these devices are members of these conversations now, as far as it is durable?
    pub(crate) async fn are_members(
        &self,
        wanted: &[(ConversationId, DeviceId)],
    ) -> Result<Vec<bool>, Failure> {
        let wanted: Vec<_> = wanted.iter().map(|(id, device)| keys::member(*id, *device)).collect();
        let found = self.shared().store.get(&wanted).await.map_err(failure::of_store)?;
        let is_member = |found: Option<asterism_store::Versioned>| {
            let Some(found) = found else { return Ok(false) };
            let membership = Membership::of_record(records::read::<MemberRecord>(&found.value)?)?;
            Ok(membership.is_current())
        };
        found.into_iter().map(is_member).collect::<Result<_, _>>().map_err(failure::of_store)
    }
}

impl Actor {
    pub(super) async fn facts(&mut self, for_member: Option<DeviceId>) -> Result<Decision, Failure> {
        if let Some(device) = for_member {
            self.current_member(device).await?;
        }
        let live = self.with_group().await?;
        let tracker = &live.group()?.tracker;
        let state = tracker.state();
        let facts = Facts {
            kind: state.kind(),
            community: state.community(),
            accounts: u32::try_from(tracker.roster().account_count()).unwrap_or(u32::MAX),
            vault_generation: state.vault_generation,
        };
        Ok(Decision::Answer(Reply::Facts(facts), Effects::default()))
    }
}

/// The condition under which a log may have an id that no conversation has.
pub(crate) fn no_such_conversation(id: ConversationId) -> asterism_store::Write {
    asterism_store::Write { key: keys::meta(id), expect: asterism_store::Version::Absent, value: None }
}

//! What the server knows of a community's groups (docs/protocol.md §10.9).

use super::{Communities, Shared, access::Reader, community_id, not_a_member};
use crate::{caller::Caller, failure};
use asterism_policy::Kind;
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetGroupFacts, GroupFact, GroupFacts},
    ids::{CommunityId, ConversationId},
    limits,
};
use std::{collections::BTreeSet, future::Future};

impl Communities {
    /// Accounts and generation of groups. Those that are none of the community's are left out.
    ///
    /// # Errors
    /// `not_a_member` and what else [`Communities::open_community`] says of access; `rate_limited`,
    /// `limit_exceeded`, `malformed`; or when the store fails.
    pub fn get_group_facts(
        &self,
        caller: &Caller,
        request: GetGroupFacts,
    ) -> impl Future<Output = Result<GroupFacts, Failure>> + Send + use<> {
        let asked = self.check_facts(caller, &request).map(|(id, groups)| (self.view(id), groups));
        let (shared, caller) = (self.shared().clone(), caller.clone());
        async move {
            let (view, groups) = asked?;
            let view = view.await?;
            // Who only holds a link is in no group yet, and could enter many without being seen.
            if let Reader::Ticket(_) =
                shared.reader(&view, &caller, &request.access.unwrap_or_default()).await?
            {
                return Err(not_a_member());
            }
            let mut facts = GroupFacts::default();
            for group in groups {
                // One after the other: each may have to be read from the store.
                facts.groups.extend(shared.group_fact(view.state.id(), group).await?);
            }
            Ok(facts)
        }
    }

    fn check_facts(
        &self,
        caller: &Caller,
        request: &GetGroupFacts,
    ) -> Result<(CommunityId, BTreeSet<ConversationId>), Failure> {
        let id = community_id(&request.community)?;
        if request.groups.len() > limits::LOOKUP_MAX {
            return Err(Failure::of(ErrorCode::LimitExceeded));
        }
        let groups = request.groups.iter().map(|group| ConversationId::try_from(group.as_slice()));
        let groups = groups.collect::<Result<_, _>>().map_err(failure::of_decode)?;
        let shared = self.shared();
        shared.throttle.group_facts.take(caller.account, shared.clock.now())?;
        Ok((id, groups))
    }
}

impl Shared {
    async fn group_fact(
        &self,
        community: CommunityId,
        group: ConversationId,
    ) -> Result<Option<GroupFact>, Failure> {
        let facts = match self.conversations.facts(group, None).await {
            Ok(facts) => facts,
            Err(failure) if failure.error_code() == ErrorCode::NotAMember => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let belongs = facts.kind == Kind::Group && facts.community == Some(community);
        Ok(belongs.then(|| GroupFact {
            group: group.to_vec(),
            accounts: facts.accounts,
            vault_generation: facts.vault_generation,
        }))
    }
}

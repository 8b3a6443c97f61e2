//! Why an epoch is to be opened, and what is written down that the channel does not follow yet (docs/protocol.md §10.7).

use super::{
    super::{LiveCommunity, keys},
    barred::Barred,
    buckets,
    deposits::{self, Judged},
};
use crate::{conversation::Live, cx::Cx, fault::Flow};
use asterism_policy::{CommunityState, CommunityWhat, RevokeTicket, Role, SetRole};
use asterism_wire::{AccountId, TicketId};
use std::{collections::BTreeSet, rc::Rc};

/// Why an epoch is to be opened.
#[derive(Debug, Clone)]
pub(crate) enum Why {
    /// What is written down asks for it: who is to be in, who is to be out, which links are to be dead.
    Due,
    /// This one has lasted its time.
    Lasted(u64),
    /// A link is to be revoked.
    Revoked(TicketId),
    /// Somebody is to lose their role, and the admins get another inbox key.
    Demoted(AccountId),
}

impl Why {
    /// The change that it brings, when it is not true yet.
    pub(super) fn change(&self, policy: &CommunityState) -> Option<CommunityWhat> {
        match self {
            Self::Due | Self::Lasted(_) => None,
            Self::Revoked(ticket) => policy
                .ticket(*ticket)
                .map(|ticket| CommunityWhat::RevokeTicket(RevokeTicket { ticket: ticket.id.clone() })),
            Self::Demoted(account) => {
                let has = policy.roles.iter().any(|grant| grant.account == account.as_bytes());
                let (account, role) = (account.to_vec(), Role::Member as i32);
                has.then_some(CommunityWhat::SetRole(SetRole { account, role, until_ms: 0 }))
            }
        }
    }

    /// Is there nothing left to do, because another admin did it?
    pub(super) fn is_done(&self, policy: &CommunityState, due: &Due) -> bool {
        match self {
            Self::Due => !due.is_anything(),
            Self::Lasted(epoch) => policy.epoch != *epoch && !due.is_anything(),
            Self::Revoked(_) | Self::Demoted(_) => self.change(policy).is_none(),
        }
    }
}

/// What is written down and is not so in the channel yet.
pub(super) struct Due {
    pub(super) judged: Judged,
    pub(super) gone: BTreeSet<AccountId>,
    pub(super) dead_links: Vec<CommunityWhat>,
    dirty: bool,
    /// Nobody here has the epoch's key: another admin has opened it and kept the key to themselves.
    key_lost: bool,
    /// Likewise of the inbox.
    pub(super) inbox_lost: bool,
}

impl Due {
    /// Looks.
    pub(super) async fn look(cx: &Cx, community: &Rc<LiveCommunity>, room: &Rc<Live>) -> Flow<Self> {
        let judged = deposits::judge(cx, community, room).await?;
        // Their notes are there, and with them their keys.
        community.without_key.borrow_mut().retain(|id| !judged.keys.contains_key(id));
        let (policy, barred) = (community.policy()?, Barred::load(cx, room)?);
        let now = cx.now().max(community.row().last_time);
        let gone = barred.accounts();
        #[cfg(feature = "plant")]
        let gone = if crate::plant::KEEP_SEATS.get() { BTreeSet::new() } else { gone };
        let dead_links = barred.dead_links(&policy, now);
        let dirty = buckets::is_dirty(cx, community, room, &gone).await?;
        let key_lost = !matches!(keys::ensure(cx, community, policy.epoch).await?, keys::Sought::Found(_));
        let inbox_lost = !keys::secrets(cx, community)?.unwrap_or_default().opens(&policy.inbox_key);
        Ok(Self { judged, gone, dead_links, dirty, key_lost, inbox_lost })
    }

    /// Must it be at once?
    pub(super) fn is_pressing(&self) -> bool {
        self.dirty || !self.dead_links.is_empty() || self.judged.urgent || self.key_lost || self.inbox_lost
    }

    fn is_anything(&self) -> bool {
        self.is_pressing() || !self.judged.admitted.is_empty()
    }
}

//! The state of a community (docs/protocol.md §10.3).

use crate::state::{Role, RoleGrant, StateError, Ticket};
use asterism_wire::{AccountId, CommunityId, ConversationId, Hash, Seq, TicketId, Timestamp};
use prost::Message as _;

/// What the entries of a community's log lead to. It is never sent: everybody computes it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CommunityState {
    /// The community.
    #[prost(bytes = "vec", tag = "1")]
    pub community: Vec<u8>,
    /// The log of announcements.
    #[prost(bytes = "vec", tag = "2")]
    pub announcements: Vec<u8>,
    /// The admins' room.
    #[prost(bytes = "vec", tag = "3")]
    pub admin_room: Vec<u8>,
    /// Accounts with a role other than member, ascending.
    #[prost(message, repeated, tag = "4")]
    pub roles: Vec<RoleGrant>,
    /// Live invite links, ascending. Their uses are not counted here: who enters stands in no log.
    #[prost(message, repeated, tag = "5")]
    pub tickets: Vec<Ticket>,
    /// The channel's epoch, from 1.
    #[prost(uint64, tag = "6")]
    pub epoch: u64,
    /// Position of the entry that opened it.
    #[prost(uint64, tag = "7")]
    pub epoch_opened_by: u64,
    /// The server's stamp of that entry, milliseconds.
    #[prost(uint64, tag = "8")]
    pub epoch_opened_ms: u64,
    /// Commits to the epoch's channel key.
    #[prost(bytes = "vec", tag = "9")]
    pub key_commitment: Vec<u8>,
    /// The admins' X-Wing key.
    #[prost(bytes = "vec", tag = "10")]
    pub inbox_key: Vec<u8>,
    /// SHA-256 of the epoch's bucket table.
    #[prost(bytes = "vec", tag = "11")]
    pub table_hash: Vec<u8>,
    /// Last position of the announcements when it was opened.
    #[prost(uint64, tag = "12")]
    pub epoch_posts: u64,
}

impl CommunityState {
    /// The bytes in which a device or server keeps it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`StateError::Malformed`].
    pub fn read(bytes: &[u8]) -> Result<Self, StateError> {
        Self::decode(bytes).map_err(|_| StateError::Malformed)
    }

    /// The community's id.
    #[must_use]
    pub fn id(&self) -> CommunityId {
        CommunityId::try_from(self.community.as_slice()).unwrap_or(CommunityId([0; CommunityId::LEN]))
    }

    /// The id of the log of announcements.
    #[must_use]
    pub fn announcements_id(&self) -> ConversationId {
        ConversationId::try_from(self.announcements.as_slice())
            .unwrap_or(ConversationId([0; ConversationId::LEN]))
    }

    /// The id of the admins' room.
    #[must_use]
    pub fn admin_room_id(&self) -> ConversationId {
        ConversationId::try_from(self.admin_room.as_slice())
            .unwrap_or(ConversationId([0; ConversationId::LEN]))
    }

    /// Position of the entry that opened the channel's epoch.
    #[must_use]
    pub fn opened_by(&self) -> Seq {
        Seq(self.epoch_opened_by)
    }

    /// What the channel key of the epoch is committed to by.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        Hash::try_from(self.key_commitment.as_slice()).unwrap_or(Hash([0; Hash::LEN]))
    }

    /// The account's role at a server time.
    #[must_use]
    pub fn role(&self, account: AccountId, now: Timestamp) -> Role {
        self.grant(account, now).and_then(|g| Role::try_from(g.role).ok()).unwrap_or(Role::Member)
    }

    /// Is the account an admin or owner at a server time?
    #[must_use]
    pub fn is_admin(&self, account: AccountId, now: Timestamp) -> bool {
        self.role(account, now) >= Role::Admin
    }

    /// The accounts that are admins or owners at a server time.
    pub fn admins(&self, now: Timestamp) -> impl Iterator<Item = (AccountId, Role)> {
        self.roles.iter().filter_map(move |grant| {
            let account = AccountId::try_from(grant.account.as_slice()).ok()?;
            let role = self.role(account, now);
            (role >= Role::Admin).then_some((account, role))
        })
    }

    /// A live ticket by its id.
    #[must_use]
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.iter().find(|t| t.id == id.as_bytes())
    }

    pub(super) fn grant(&self, account: AccountId, now: Timestamp) -> Option<&RoleGrant> {
        let grant = self.roles.iter().find(|r| r.account == account.as_bytes());
        grant.filter(|g| g.until_ms == 0 || now.0 < g.until_ms)
    }
}

//! The signed state of a group, kept in its MLS group context (docs/protocol.md §9.1).

use asterism_wire::{
    AccountId, CommunityId, ConversationId, DecodeError, Epoch, ErrorCode, Seq, TicketId, Timestamp, limits,
    signing,
};
use prost::Message as _;
use std::collections::BTreeSet;

/// Accounts that a conversation of two can name.
const PARTICIPANTS_MAX: usize = 2;

/// What a conversation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Kind {
    /// Never valid.
    Unspecified = 0,
    /// One's own devices.
    Own = 1,
    /// Two people.
    Direct = 2,
    /// A group.
    Group = 3,
    /// The admins of a community.
    AdminRoom = 4,
    /// A call.
    Call = 5,
}

/// What somebody is in a group. The order is the rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Role {
    /// Never valid.
    Unspecified = 0,
    /// Everybody who has no other role.
    Member = 1,
    /// Moderates.
    Moderator = 2,
    /// Administers.
    Admin = 3,
    /// Owns.
    Owner = 4,
}

/// What a role allows; a bit set in [`RoleCapabilities::bits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u64)]
pub enum Capability {
    /// Post messages.
    Post = 1,
    /// Add people.
    Add = 1 << 1,
    /// Remove people of a lower or equal rank, and let removed people in again.
    Remove = 1 << 2,
    /// Give and take roles up to one's own.
    SetRole = 1 << 3,
    /// Make and revoke invite links.
    Invite = 1 << 4,
    /// Change the name, description and other shared settings.
    Settings = 1 << 5,
}

macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* [$($attr:tt)*] $field:ident : $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, prost::Message)]
            pub struct $name { $($(#[$fdoc])* #[prost($($attr)*)] pub $field: $ty,)* }
        )*
    };
}

records! {
    /// The whole state. Its encoding is canonical: lists are sorted by their key, without repeats; bars are in
    /// the order of removal.
    PolicyState {
        /// Clients that speak less than this pause instead of judging.
        [uint32, tag = "1"] version_floor: u32,
        /// A [`Kind`].
        [enumeration = "Kind", tag = "2"] kind: i32,
        /// The conversation this group carries.
        [bytes = "vec", tag = "3"] conversation: Vec<u8>,
        /// How often the conversation was moved to a new MLS group.
        [uint32, tag = "4"] generation: u32,
        /// Accounts with a role other than member.
        [message, repeated, tag = "5"] roles: Vec<RoleGrant>,
        /// What each role allows.
        [message, repeated, tag = "6"] capabilities: Vec<RoleCapabilities>,
        /// Live invite links.
        [message, repeated, tag = "7"] tickets: Vec<Ticket>,
        /// Removed accounts that nobody has let in again: the last [`limits::BARS_MAX`] of them, oldest first;
        /// those of one commit in the order of their ids.
        [bytes = "vec", repeated, tag = "8"] bars: Vec<Vec<u8>>,
        /// Accounts allowed at most.
        [uint32, tag = "9"] accounts_max: u32,
        /// Generation of the vault key.
        [uint64, tag = "10"] vault_generation: u64,
        /// For a direct conversation: its two accounts. For one's own devices: the account.
        [bytes = "vec", repeated, tag = "11"] participants: Vec<Vec<u8>>,
        /// The community that it belongs to (docs/protocol.md §10.10); empty for none.
        [bytes = "vec", tag = "12"] community: Vec<u8>,
    }

    /// An account's role.
    RoleGrant {
        /// Account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
        /// A [`Role`].
        [enumeration = "Role", tag = "2"] role: i32,
        /// Until this server time, milliseconds; 0 for ever.
        [uint64, tag = "3"] until_ms: u64,
    }

    /// What a role allows.
    RoleCapabilities {
        /// A [`Role`].
        [enumeration = "Role", tag = "1"] role: i32,
        /// [`Capability`] bits.
        [uint64, tag = "2"] bits: u64,
    }

    /// The public side of an invite link.
    Ticket {
        /// Hash of the two keys.
        [bytes = "vec", tag = "1"] id: Vec<u8>,
        /// Ed25519: proves that one has the link.
        [bytes = "vec", tag = "2"] signature_key: Vec<u8>,
        /// X-Wing: the vault key is sealed to it.
        [bytes = "vec", tag = "3"] seal_key: Vec<u8>,
        /// Role given on entry.
        [enumeration = "Role", tag = "4"] role: i32,
        /// Not after this server time, milliseconds; 0 for ever.
        [uint64, tag = "5"] expires_ms: u64,
        /// Entries allowed; 0 for any number.
        [uint32, tag = "6"] uses_max: u32,
        /// Entries so far.
        [uint32, tag = "7"] uses: u32,
        /// Who made it.
        [bytes = "vec", tag = "8"] creator: Vec<u8>,
        /// First 8 bytes of the id of each account that entered by it, sorted.
        [fixed64, repeated, tag = "9"] entered: Vec<u64>,
    }

    /// The changes that one commit makes: the payload of its AppDataUpdate proposal.
    Changes {
        /// In order.
        [message, repeated, tag = "1"] changes: Vec<Change>,
    }

    /// One change.
    Change {
        /// Which.
        [oneof = "What", tags = "1, 2, 3, 4, 5, 6"] what: Option<What>,
    }

    /// Gives a role ([`Role::Member`] takes it away).
    SetRole {
        /// Account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
        /// A [`Role`].
        [enumeration = "Role", tag = "2"] role: i32,
        /// Until this server time, milliseconds; 0 for ever.
        [uint64, tag = "3"] until_ms: u64,
    }

    /// Makes a link.
    AddTicket {
        /// Its public side; `uses` is 0 and `entered` empty.
        [message, optional, tag = "1"] ticket: Option<Ticket>,
    }

    /// Revokes a link.
    RevokeTicket {
        /// Ticket id.
        [bytes = "vec", tag = "1"] ticket: Vec<u8>,
    }

    /// Counts an entry by a link; only in the external commit of the one who enters.
    UseTicket {
        /// Ticket id.
        [bytes = "vec", tag = "1"] ticket: Vec<u8>,
    }

    /// Lets a removed account in again.
    LiftBar {
        /// Account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
    }

    /// Changes what a role allows.
    SetCapabilities {
        /// The role's new capabilities.
        [message, optional, tag = "1"] capabilities: Option<RoleCapabilities>,
    }
}

/// One change.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum What {
    /// See [`SetRole`].
    #[prost(message, tag = "1")]
    SetRole(SetRole),
    /// See [`AddTicket`].
    #[prost(message, tag = "2")]
    AddTicket(AddTicket),
    /// See [`RevokeTicket`].
    #[prost(message, tag = "3")]
    RevokeTicket(RevokeTicket),
    /// See [`UseTicket`].
    #[prost(message, tag = "4")]
    UseTicket(UseTicket),
    /// See [`LiftBar`].
    #[prost(message, tag = "5")]
    LiftBar(LiftBar),
    /// See [`SetCapabilities`].
    #[prost(message, tag = "6")]
    SetCapabilities(SetCapabilities),
}

impl From<What> for Change {
    fn from(what: What) -> Self {
        Self { what: Some(what) }
    }
}

impl Changes {
    /// Encodes for the AppDataUpdate proposal.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Reads an AppDataUpdate payload.
    ///
    /// # Errors
    /// [`DecodeError::Malformed`], also when there is a field that this version does not know: whoever knows it
    /// might come to another state.
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let changes = Self::decode(bytes)?;
        if changes.to_bytes() == bytes { Ok(changes) } else { Err(DecodeError::Malformed) }
    }
}

/// A state that no group may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Not decodable, or not in canonical form.
    #[error("the group's state is not well formed")]
    Malformed,
    /// This client is too old for the group.
    #[error("the group needs a newer client")]
    VersionFloor,
}

impl From<DecodeError> for StateError {
    fn from(_: DecodeError) -> Self {
        Self::Malformed
    }
}

impl StateError {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Malformed => ErrorCode::InvalidCommit,
            Self::VersionFloor => ErrorCode::UpgradeRequired,
        }
    }
}

const fn bits(capabilities: &[Capability]) -> u64 {
    let mut all = 0;
    let mut i = 0;
    while i < capabilities.len() {
        all |= capabilities[i] as u64;
        i += 1;
    }
    all
}

const EVERYTHING: u64 = bits(&[
    Capability::Post,
    Capability::Add,
    Capability::Remove,
    Capability::SetRole,
    Capability::Invite,
    Capability::Settings,
]);

impl PolicyState {
    /// The state of a new group, whose creator is its admin.
    #[must_use]
    pub fn group(conversation: ConversationId, creator: AccountId) -> Self {
        let creator = RoleGrant { account: creator.to_vec(), role: Role::Admin as i32, until_ms: 0 };
        Self {
            roles: vec![creator],
            capabilities: vec![
                RoleCapabilities { role: Role::Member as i32, bits: bits(&[Capability::Post]) },
                RoleCapabilities { role: Role::Admin as i32, bits: EVERYTHING },
            ],
            ..Self::empty(Kind::Group, conversation, limits::GROUP_ACCOUNTS_MAX)
        }
    }

    /// The state of a new group of a community, whose creator is its admin.
    #[must_use]
    pub fn group_of(community: CommunityId, conversation: ConversationId, creator: AccountId) -> Self {
        Self { community: community.to_vec(), ..Self::group(conversation, creator) }
    }

    /// The state of a new admin room: who is in it administers, so that there is nothing to lose by a wrong order
    /// of steps; only the owner's rank stands out.
    #[must_use]
    pub fn admin_room(community: CommunityId, conversation: ConversationId, owner: AccountId) -> Self {
        let owner = RoleGrant { account: owner.to_vec(), role: Role::Owner as i32, until_ms: 0 };
        Self {
            roles: vec![owner],
            capabilities: vec![RoleCapabilities { role: Role::Member as i32, bits: EVERYTHING }],
            community: community.to_vec(),
            ..Self::empty(Kind::AdminRoom, conversation, limits::COMMUNITY_ADMINS_MAX)
        }
    }

    /// The community that it belongs to.
    #[must_use]
    pub fn community(&self) -> Option<CommunityId> {
        CommunityId::try_from(self.community.as_slice()).ok()
    }

    /// The state of a direct conversation between two accounts.
    #[must_use]
    pub fn direct(conversation: ConversationId, a: AccountId, b: AccountId) -> Self {
        let mut participants = vec![a.to_vec(), b.to_vec()];
        participants.sort();
        Self {
            capabilities: vec![RoleCapabilities {
                role: Role::Member as i32,
                bits: bits(&[Capability::Post, Capability::Add, Capability::Settings]),
            }],
            participants,
            ..Self::empty(Kind::Direct, conversation, 2)
        }
    }

    fn empty(kind: Kind, conversation: ConversationId, accounts_max: usize) -> Self {
        Self {
            version_floor: asterism_wire::PROTOCOL_VERSION_FLOOR,
            kind: kind as i32,
            conversation: conversation.to_vec(),
            accounts_max: u32::try_from(accounts_max).expect("a named limit"),
            ..Self::default()
        }
    }

    /// Canonical bytes for the group context.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Reads and checks a state.
    ///
    /// # Errors
    /// [`StateError::Malformed`] unless canonical and within the limits; [`StateError::VersionFloor`]
    /// when this code is too old to judge.
    pub fn read(bytes: &[u8]) -> Result<Self, StateError> {
        let state = Self::decode(bytes).map_err(|_| StateError::Malformed)?;
        if state.version_floor > asterism_wire::PROTOCOL_VERSION {
            return Err(StateError::VersionFloor);
        }
        // Equality with its own encoding excludes unknown fields and reordered ones, so that two
        // clients can never read one context differently.
        if state.encode_to_vec() != bytes || !state.is_canonical() {
            return Err(StateError::Malformed);
        }
        Ok(state)
    }

    fn is_canonical(&self) -> bool {
        fn ascending<T: Ord>(keys: impl IntoIterator<Item = T>) -> bool {
            let keys: Vec<T> = keys.into_iter().collect();
            keys.windows(2).all(|w| w[0] < w[1])
        }
        let account_ok = |bytes: &[u8]| bytes.len() == AccountId::LEN;
        let role_ok = |role: i32| Role::try_from(role).is_ok_and(|r| r != Role::Unspecified);
        let entered: usize = self.tickets.iter().map(|t| t.entered.len()).sum();
        self.conversation.len() == ConversationId::LEN
            && Kind::try_from(self.kind).is_ok_and(|k| k != Kind::Unspecified)
            && ascending(self.roles.iter().map(|r| &r.account))
            && self.roles.len() <= limits::GROUP_ACCOUNTS_MAX
            && self
                .roles
                .iter()
                .all(|r| account_ok(&r.account) && role_ok(r.role) && r.role != Role::Member as i32)
            && ascending(self.capabilities.iter().map(|c| c.role))
            && self.capabilities.iter().all(|c| role_ok(c.role))
            && ascending(self.tickets.iter().map(|t| &t.id))
            && self.tickets.len() <= limits::TICKETS_MAX
            && self.tickets.iter().all(Ticket::is_well_formed)
            // Whoever entered by a link is in for as long as the link lives.
            && entered <= limits::GROUP_ACCOUNTS_MAX
            && self.bars.iter().collect::<BTreeSet<_>>().len() == self.bars.len()
            && self.bars.len() <= limits::BARS_MAX
            && self.bars.iter().all(|a| account_ok(a))
            && ascending(&self.participants)
            && self.participants.len() <= PARTICIPANTS_MAX
            && self.participants.iter().all(|a| account_ok(a))
            && self.accounts_max as usize <= limits::GROUP_ACCOUNTS_MAX
            && (self.community.is_empty() || self.community.len() == CommunityId::LEN)
    }

    /// Is this a state that `creator` may found a conversation with?
    ///
    /// # Errors
    /// [`StateError::Malformed`] when not.
    pub fn check_genesis(&self, conversation: ConversationId, creator: AccountId) -> Result<(), StateError> {
        let expected = match self.kind() {
            Kind::Group => match self.community() {
                Some(community) => Self::group_of(community, conversation, creator),
                None => Self::group(conversation, creator),
            },
            Kind::AdminRoom => {
                let community = self.community().ok_or(StateError::Malformed)?;
                Self::admin_room(community, conversation, creator)
            }
            Kind::Direct => {
                let peer = self.participants.iter().find(|p| p.as_slice() != creator.as_bytes());
                let peer = AccountId::try_from(peer.ok_or(StateError::Malformed)?.as_slice())?;
                Self::direct(conversation, creator, peer)
            }
            Kind::Own | Kind::Call | Kind::Unspecified => {
                return Err(StateError::Malformed);
            }
        };
        if *self == expected { Ok(()) } else { Err(StateError::Malformed) }
    }

    /// The account's role at a server time.
    #[must_use]
    pub fn role(&self, account: AccountId, now: Timestamp) -> Role {
        self.grant(account, now).and_then(|g| Role::try_from(g.role).ok()).unwrap_or(Role::Member)
    }

    /// The account's grant, if it has one that has not ended.
    pub(crate) fn grant(&self, account: AccountId, now: Timestamp) -> Option<&RoleGrant> {
        let grant = self.roles.iter().find(|r| r.account == account.as_bytes());
        grant.filter(|g| g.until_ms == 0 || now.0 < g.until_ms)
    }

    /// Does the account's role allow this at a server time?
    #[must_use]
    pub fn allows(&self, account: AccountId, capability: Capability, now: Timestamp) -> bool {
        #[cfg(feature = "plant")]
        if crate::plant::NO_ROLES.get() {
            return true;
        }
        self.capabilities_of(self.role(account, now)) & capability as u64 != 0
    }

    /// What a role allows. One without an entry has what the next lower one with an entry has.
    pub(crate) fn capabilities_of(&self, role: Role) -> u64 {
        let entries = self.capabilities.iter().filter(|c| c.role <= role as i32);
        entries.max_by_key(|c| c.role).map_or(0, |c| c.bits)
    }

    /// A live ticket by its id.
    #[must_use]
    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.iter().find(|t| t.id == id.as_bytes())
    }

    /// Was the account removed and not let in again?
    #[must_use]
    pub fn is_barred(&self, account: AccountId) -> bool {
        self.bars.iter().any(|a| a == account.as_bytes())
    }

    /// The bytes of a PSK id for an entry by ticket: vault generation and epoch are bound in (§4.4).
    #[must_use]
    pub fn psk_id(&self, ticket: TicketId, parent: Epoch) -> Vec<u8> {
        let Seq(opened_by) = parent.opened_by;
        signing::transcript(
            "asterism 1 ticket psk id",
            &[
                &self.conversation,
                ticket.as_bytes(),
                &self.vault_generation.to_be_bytes(),
                &opened_by.to_be_bytes(),
            ],
        )
    }
}

impl Ticket {
    fn is_well_formed(&self) -> bool {
        /// Length of an X-Wing public key.
        const SEAL_KEY_LEN: usize = 1_216;
        self.signature_key.len() == 32
            && self.seal_key.len() == SEAL_KEY_LEN
            && self.id == signing::ticket_id(&self.signature_key, &self.seal_key).as_bytes()
            && self.creator.len() == AccountId::LEN
            && Role::try_from(self.role).is_ok_and(|r| r != Role::Unspecified)
            && (self.uses_max == 0 || self.uses <= self.uses_max)
            && self.entered.windows(2).all(|w| w[0] <= w[1])
    }

    /// The mark that an account leaves on the ticket that it entered by.
    #[must_use]
    pub fn mark(account: AccountId) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&account.0[..8]);
        u64::from_be_bytes(first)
    }

    /// Checks that the ticket of a change is one that may be added; its id is returned.
    pub(crate) fn new_id(&self) -> Option<TicketId> {
        let fresh = self.is_well_formed() && self.uses == 0 && self.entered.is_empty();
        if fresh { TicketId::try_from(self.id.as_slice()).ok() } else { None }
    }
}

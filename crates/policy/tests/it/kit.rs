//! Groups, commits and links in a few words.

use asterism_policy::{
    AddTicket, Author, Change, Changes, CommitFacts, Denial, Leaf, LiftBar, PolicyState, RevokeTicket, Role,
    RoleCapabilities, RoleGrant, Roster, SetCapabilities, SetRole, Ticket, UseTicket, What, apply, decide,
};
use asterism_wire::{AccountId, ConversationId, DeviceId, TicketId, Timestamp, signing};

pub(crate) const CONVERSATION: ConversationId = ConversationId([7; 16]);
pub(crate) const NOW: Timestamp = Timestamp(1_000_000);

/// Founded every group of these tests, and is its admin.
pub(crate) const FOUNDER: AccountId = id(1);
pub(crate) const ADA: AccountId = id(2);
pub(crate) const BOB: AccountId = id(3);
pub(crate) const CAROL: AccountId = id(4);
/// In no group.
pub(crate) const STRANGER: AccountId = id(99);

pub(crate) const ROLES: [Role; 4] = [Role::Member, Role::Moderator, Role::Admin, Role::Owner];

pub(crate) const fn id(n: u16) -> AccountId {
    let mut bytes = [0; AccountId::LEN];
    [bytes[0], bytes[1]] = n.to_be_bytes();
    AccountId(bytes)
}

pub(crate) fn leaf(account: AccountId, device: u8) -> Leaf {
    Leaf { account, device: DeviceId([device; DeviceId::LEN]) }
}

/// A group with the number of each account's leaves.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) state: PolicyState,
    pub(crate) roster: Roster,
}

impl Group {
    pub(crate) fn new() -> Self {
        Self { state: PolicyState::group(CONVERSATION, FOUNDER), roster: [FOUNDER].into_iter().collect() }
    }

    /// Between the founder and Ada.
    pub(crate) fn direct() -> Self {
        let state = PolicyState::direct(CONVERSATION, FOUNDER, ADA);
        Self { state, roster: [FOUNDER, ADA].into_iter().collect() }
    }

    /// With a further device of the account, which has this role.
    pub(crate) fn with(self, account: AccountId, role: Role) -> Self {
        self.with_until(account, role, 0)
    }

    pub(crate) fn with_until(mut self, account: AccountId, role: Role, until_ms: u64) -> Self {
        self.roster.add(account);
        self.grant(account, role, until_ms);
        self
    }

    pub(crate) fn with_ticket(mut self, ticket: &Ticket) -> Self {
        self.state.tickets.push(ticket.clone());
        self.state.tickets.sort_by(|a, b| a.id.cmp(&b.id));
        self
    }

    pub(crate) fn with_bar(mut self, account: AccountId) -> Self {
        self.state.bars.push(account.to_vec());
        self
    }

    /// Writes a role into the state, past all rules.
    pub(crate) fn grant(&mut self, account: AccountId, role: Role, until_ms: u64) {
        let roles = &mut self.state.roles;
        roles.retain(|r| r.account != account.as_bytes());
        if role != Role::Member {
            roles.push(RoleGrant { account: account.to_vec(), role: role as i32, until_ms });
            roles.sort_by(|a, b| a.account.cmp(&b.account));
        }
    }

    pub(crate) fn judge(&self, draft: Draft) -> Result<PolicyState, Denial> {
        self.judge_at(draft, NOW)
    }

    pub(crate) fn judge_at(&self, draft: Draft, now: Timestamp) -> Result<PolicyState, Denial> {
        self.judge_facts(&draft.facts(self), now)
    }

    pub(crate) fn judge_facts(&self, facts: &CommitFacts, now: Timestamp) -> Result<PolicyState, Denial> {
        let judged = decide(&self.state, &self.roster, facts, now);
        if let Ok(next) = &judged {
            assert_eq!(*next, apply(&self.state, &self.roster, facts));
        }
        judged
    }

    /// A commit that must be allowed, merged.
    pub(crate) fn take(&mut self, draft: Draft) {
        let facts = draft.facts(self);
        self.state = self.judge_facts(&facts, NOW).unwrap();
        self.roster = self.roster.after(&facts);
    }
}

/// What somebody is about to commit.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    author: Author,
    adds: Vec<Leaf>,
    removes: Vec<Leaf>,
    changes: Vec<Change>,
}

/// By the first device of a member.
pub(crate) fn by(account: AccountId) -> Draft {
    Draft::of(Author::Member(leaf(account, 0)))
}

/// Enters by a link, and counts the use.
pub(crate) fn enters(account: AccountId, ticket: &Ticket) -> Draft {
    let id = ticket_id(ticket);
    let author = Author::Ticket { leaf: leaf(account, 0), ticket: id };
    Draft::of(author).change(What::UseTicket(UseTicket { ticket: id.to_vec() }))
}

/// A further device of an account enters by itself.
pub(crate) fn own_device(account: AccountId, device: u8) -> Draft {
    Draft::of(Author::OwnDevice(leaf(account, device)))
}

impl Draft {
    fn of(author: Author) -> Self {
        Self { author, adds: Vec::new(), removes: Vec::new(), changes: Vec::new() }
    }

    pub(crate) fn add(mut self, account: AccountId, device: u8) -> Self {
        self.adds.push(leaf(account, device));
        self
    }

    pub(crate) fn remove(mut self, account: AccountId, device: u8) -> Self {
        self.removes.push(leaf(account, device));
        self
    }

    pub(crate) fn change(mut self, what: What) -> Self {
        self.changes.push(what.into());
        self
    }

    /// With an update exactly when the state changes, as an honest client has it.
    pub(crate) fn facts(self, group: &Group) -> CommitFacts {
        let Self { author, adds, removes, changes } = self;
        let mut facts = CommitFacts { author, adds, removes, changes: None };
        let changes_by_itself = apply(&group.state, &group.roster, &facts) != group.state;
        if changes_by_itself || !changes.is_empty() {
            facts.changes = Some(Changes { changes });
        }
        facts
    }
}

pub(crate) fn set_role(account: AccountId, role: Role) -> What {
    set_role_until(account, role, 0)
}

pub(crate) fn set_role_until(account: AccountId, role: Role, until_ms: u64) -> What {
    What::SetRole(SetRole { account: account.to_vec(), role: role as i32, until_ms })
}

pub(crate) fn lift(account: AccountId) -> What {
    What::LiftBar(LiftBar { account: account.to_vec() })
}

pub(crate) fn add_ticket(ticket: &Ticket) -> What {
    What::AddTicket(AddTicket { ticket: Some(ticket.clone()) })
}

pub(crate) fn revoke(ticket: &Ticket) -> What {
    What::RevokeTicket(RevokeTicket { ticket: ticket.id.clone() })
}

pub(crate) fn set_capabilities(role: Role, bits: u64) -> What {
    let capabilities = Some(RoleCapabilities { role: role as i32, bits });
    What::SetCapabilities(SetCapabilities { capabilities })
}

/// The `n`th link, made by `creator`: for members, for ever, for any number.
pub(crate) fn ticket(n: u8, creator: AccountId) -> Ticket {
    let (signature_key, seal_key) = (vec![n; 32], vec![n; 1_216]);
    Ticket {
        id: signing::ticket_id(&signature_key, &seal_key).to_vec(),
        signature_key,
        seal_key,
        role: Role::Member as i32,
        creator: creator.to_vec(),
        ..Ticket::default()
    }
}

pub(crate) fn ticket_id(ticket: &Ticket) -> TicketId {
    TicketId::try_from(ticket.id.as_slice()).unwrap()
}

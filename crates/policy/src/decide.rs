//! May this commit be made, this message posted, this vault entry written? (docs/protocol.md §9.2)

use crate::{
    apply::{added_tickets, apply},
    facts::{Author, CommitFacts, Leaf, Roster},
    state::{AddTicket, Capability, Kind, PolicyState, Role, SetCapabilities, SetRole, What},
};
use asterism_wire::{AccountId, ErrorCode, TicketId, Timestamp, limits, vault};
use std::collections::BTreeSet;

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denial {
    /// The author's role does not allow it.
    #[error("the role does not allow this")]
    Forbidden,
    /// The target's rank is above the author's, or what is given is more than the author has.
    #[error("this is above one's own rank")]
    Rank,
    /// The group would be without an admin.
    #[error("a group keeps at least one admin")]
    LastAdmin,
    /// More accounts than the group may have.
    #[error("the group is full")]
    Full,
    /// More devices than an account may have, more leaves, adds or tickets than a named limit.
    #[error("a limit is exceeded")]
    Limit,
    /// The account was removed and not let in again.
    #[error("the account was removed from this group")]
    Barred,
    /// No such link.
    #[error("no such link")]
    UnknownTicket,
    /// The link has expired.
    #[error("the link has expired")]
    TicketExpired,
    /// The link was used as often as it may.
    #[error("the link is used up")]
    TicketUsedUp,
    /// The changes contradict one another or the commit, or the state is not updated as it must be.
    #[error("the commit is not consistent")]
    Inconsistent,
}

impl Denial {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Forbidden | Self::Rank | Self::LastAdmin => ErrorCode::Forbidden,
            Self::Full => ErrorCode::GroupFull,
            Self::Limit => ErrorCode::LimitExceeded,
            Self::Barred => ErrorCode::Barred,
            Self::UnknownTicket => ErrorCode::UnknownLink,
            Self::TicketExpired => ErrorCode::LinkExpired,
            Self::TicketUsedUp => ErrorCode::LinkUsedUp,
            Self::Inconsistent => ErrorCode::InvalidCommit,
        }
    }
}

/// Judges a commit and gives the state that follows it. `now` is the server's stamp of the entry.
///
/// # Errors
/// A [`Denial`]; then nobody merges the commit.
pub fn decide(
    state: &PolicyState,
    roster: &Roster,
    facts: &CommitFacts,
    now: Timestamp,
) -> Result<PolicyState, Denial> {
    match facts.author {
        Author::Member(leaf) => judge_member(state, roster, facts, leaf, now)?,
        Author::Ticket { leaf, ticket } => judge_ticket_entry(state, roster, facts, leaf, ticket, now)?,
        Author::OwnDevice(leaf) => judge_own_device(roster, facts, leaf)?,
    }
    check_removed_are_there(roster, facts)?;
    check_limits(state, roster, facts)?;
    let next = apply(state, roster, facts);
    if (next != *state) != facts.changes.is_some() {
        return Err(Denial::Inconsistent);
    }
    check_admin_remains(state, &next, &roster.after(facts))?;
    Ok(next)
}

pub(crate) fn require(allowed: bool, denial: Denial) -> Result<(), Denial> {
    if allowed { Ok(()) } else { Err(denial) }
}

fn judge_member(
    state: &PolicyState,
    roster: &Roster,
    facts: &CommitFacts,
    author: Leaf,
    now: Timestamp,
) -> Result<(), Denial> {
    require(roster.leaves_of(author.account) > 0, Denial::Inconsistent)?;
    let allows = |capability| state.allows(author.account, capability, now);
    let rank = state.role(author.account, now);

    let lifted = lifted_bars(facts);
    for leaf in &facts.adds {
        judge_add(state, roster, *leaf, author.account, allows(Capability::Add), &lifted)?;
    }
    for leaf in &facts.removes {
        if leaf.account != author.account {
            require(allows(Capability::Remove), Denial::Forbidden)?;
            require(state.role(leaf.account, now) <= rank, Denial::Rank)?;
        }
    }
    let own = Own { rank, until_ms: state.grant(author.account, now).map_or(0, |g| g.until_ms) };
    let mut seen = BTreeSet::new();
    for change in facts.changes() {
        let what = change.what.as_ref().ok_or(Denial::Inconsistent)?;
        require(seen.insert(subject(what)), Denial::Inconsistent)?;
        match what {
            What::SetRole(set) => {
                require(allows(Capability::SetRole), Denial::Forbidden)?;
                judge_set_role(state, roster, facts, set, own, now)?;
            }
            What::AddTicket(add) => {
                require(allows(Capability::Invite), Denial::Forbidden)?;
                judge_add_ticket(state, add, author.account, own)?;
            }
            What::RevokeTicket(revoke) => {
                let id = TicketId::try_from(revoke.ticket.as_slice()).map_err(|_| Denial::Inconsistent)?;
                let ticket = state.ticket(id).ok_or(Denial::UnknownTicket)?;
                let own = ticket.creator == author.account.as_bytes();
                require(own || allows(Capability::Invite), Denial::Forbidden)?;
            }
            What::LiftBar(lift) => {
                require(allows(Capability::Remove), Denial::Forbidden)?;
                require(state.bars.contains(&lift.account), Denial::Inconsistent)?;
            }
            What::SetCapabilities(set) => {
                require(allows(Capability::SetRole), Denial::Forbidden)?;
                judge_set_capabilities(state, set, rank)?;
            }
            What::UseTicket(_) => return Err(Denial::Inconsistent),
        }
    }
    Ok(())
}

/// What the author of a commit is at its stamp.
#[derive(Clone, Copy)]
struct Own {
    rank: Role,
    /// When that ends; 0 for never.
    until_ms: u64,
}

impl Own {
    /// A role may be given for as long as the giver's own lasts, or else it would never end.
    fn outlasts(self, until_ms: u64) -> bool {
        self.until_ms == 0 || (until_ms != 0 && until_ms <= self.until_ms)
    }
}

/// What a change is about. A commit has one change of each at most: else their order would matter.
fn subject(what: &What) -> (u8, &[u8], i32) {
    match what {
        What::SetRole(set) => (0, &set.account, 0),
        What::AddTicket(add) => (1, add.ticket.as_ref().map_or(&[], |t| &t.id), 0),
        What::RevokeTicket(revoke) => (2, &revoke.ticket, 0),
        What::UseTicket(used) => (3, &used.ticket, 0),
        What::LiftBar(lift) => (4, &lift.account, 0),
        What::SetCapabilities(set) => (5, &[], set.capabilities.as_ref().map_or(0, |c| c.role)),
    }
}

fn judge_add(
    state: &PolicyState,
    roster: &Roster,
    leaf: Leaf,
    author: AccountId,
    may_add: bool,
    lifted: &BTreeSet<AccountId>,
) -> Result<(), Denial> {
    // A further device of one's own account, or one of somebody who is in already, makes no new reader.
    let new_account = roster.leaves_of(leaf.account) == 0;
    require(leaf.account == author || may_add, Denial::Forbidden)?;
    if !state.participants.is_empty() {
        require(state.participants.iter().any(|p| p == leaf.account.as_bytes()), Denial::Forbidden)?;
    }
    let barred = state.is_barred(leaf.account) && !lifted.contains(&leaf.account);
    require(!new_account || !barred, Denial::Barred)
}

fn lifted_bars(facts: &CommitFacts) -> BTreeSet<AccountId> {
    facts
        .changes()
        .filter_map(|c| match &c.what {
            Some(What::LiftBar(lift)) => AccountId::try_from(lift.account.as_slice()).ok(),
            _ => None,
        })
        .collect()
}

fn judge_set_role(
    state: &PolicyState,
    roster: &Roster,
    facts: &CommitFacts,
    set: &SetRole,
    own: Own,
    now: Timestamp,
) -> Result<(), Denial> {
    let account = AccountId::try_from(set.account.as_slice()).map_err(|_| Denial::Inconsistent)?;
    let role = Role::try_from(set.role).map_err(|_| Denial::Inconsistent)?;
    require(role != Role::Unspecified, Denial::Inconsistent)?;
    require(state.kind() == Kind::Group || state.kind() == Kind::AdminRoom, Denial::Forbidden)?;
    require(roster.after(facts).leaves_of(account) > 0, Denial::Inconsistent)?;
    require(role <= own.rank && state.role(account, now) <= own.rank, Denial::Rank)?;
    require(role == Role::Member || own.outlasts(set.until_ms), Denial::Rank)
}

fn judge_add_ticket(state: &PolicyState, add: &AddTicket, author: AccountId, own: Own) -> Result<(), Denial> {
    let ticket = add.ticket.as_ref().ok_or(Denial::Inconsistent)?;
    let id = ticket.new_id().ok_or(Denial::Inconsistent)?;
    require(state.kind() == Kind::Group, Denial::Forbidden)?;
    require(state.ticket(id).is_none(), Denial::Inconsistent)?;
    require(ticket.creator == author.as_bytes(), Denial::Inconsistent)?;
    require(ticket.role <= own.rank as i32, Denial::Rank)?;
    // The role that a link gives does not end.
    require(ticket.role == Role::Member as i32 || own.outlasts(0), Denial::Rank)
}

fn judge_set_capabilities(state: &PolicyState, set: &SetCapabilities, rank: Role) -> Result<(), Denial> {
    let capabilities = set.capabilities.as_ref().ok_or(Denial::Inconsistent)?;
    let role = Role::try_from(capabilities.role).map_err(|_| Denial::Inconsistent)?;
    require(role != Role::Unspecified, Denial::Inconsistent)?;
    // One's own rank and above stay as they are, so that nobody locks themselves out or up.
    require(role < rank, Denial::Rank)?;
    // Nor does anybody give what they do not have, which the receivers could then do for them.
    let given = capabilities.bits & !state.capabilities_of(role);
    require(given & !state.capabilities_of(rank) == 0, Denial::Rank)
}

fn judge_ticket_entry(
    state: &PolicyState,
    roster: &Roster,
    facts: &CommitFacts,
    leaf: Leaf,
    id: TicketId,
    now: Timestamp,
) -> Result<(), Denial> {
    let ticket = state.ticket(id).ok_or(Denial::UnknownTicket)?;
    require(ticket.expires_ms == 0 || now.0 < ticket.expires_ms, Denial::TicketExpired)?;
    require(ticket.uses_max == 0 || ticket.uses < ticket.uses_max, Denial::TicketUsedUp)?;
    // A link is worth what its maker is: who loses a role does not take it again by a link kept back.
    let maker = AccountId::try_from(ticket.creator.as_slice()).map_err(|_| Denial::Inconsistent)?;
    require(ticket.role <= state.role(maker, now) as i32, Denial::Rank)?;
    require(!state.is_barred(leaf.account), Denial::Barred)?;
    require(roster.leaves_of(leaf.account) == 0, Denial::Inconsistent)?;
    require(facts.adds.is_empty() && facts.removes.is_empty(), Denial::Inconsistent)?;
    let mut changes = facts.changes().map(|c| c.what.as_ref());
    let counts_itself = matches!(changes.next(), Some(Some(What::UseTicket(u))) if u.ticket == id.as_bytes());
    require(counts_itself && changes.next().is_none(), Denial::Inconsistent)
}

fn judge_own_device(roster: &Roster, facts: &CommitFacts, leaf: Leaf) -> Result<(), Denial> {
    require(roster.leaves_of(leaf.account) > 0, Denial::Forbidden)?;
    require(facts.adds.is_empty() && facts.changes.is_none(), Denial::Inconsistent)?;
    let only_own = facts.removes.iter().all(|l| l.account == leaf.account);
    require(only_own && facts.removes.len() <= 1, Denial::Inconsistent)
}

fn check_removed_are_there(roster: &Roster, facts: &CommitFacts) -> Result<(), Denial> {
    let mut rest = roster.clone();
    for leaf in &facts.removes {
        require(rest.leaves_of(leaf.account) > 0, Denial::Inconsistent)?;
        rest.remove(leaf.account);
    }
    Ok(())
}

fn check_limits(state: &PolicyState, roster: &Roster, facts: &CommitFacts) -> Result<(), Denial> {
    let after = roster.after(facts);
    let grew = after.account_count() > roster.account_count();
    require(!grew || after.account_count() <= state.accounts_max as usize, Denial::Full)?;
    require(after.leaves() <= limits::GROUP_LEAVES_MAX, Denial::Full)?;
    require(facts.adds.len() <= limits::ADDS_PER_COMMIT_MAX, Denial::Limit)?;
    let newcomers = facts.adds.iter().map(|l| l.account).chain([facts.author.leaf().account]);
    for account in newcomers {
        require(after.leaves_of(account) <= limits::DEVICES_MAX, Denial::Limit)?;
    }
    require(state.tickets.len() + added_tickets(facts).len() <= limits::TICKETS_MAX, Denial::Limit)
}

/// A group that has an admin keeps one, as long as anybody is in it.
fn check_admin_remains(before: &PolicyState, after: &PolicyState, roster: &Roster) -> Result<(), Denial> {
    let has_admin =
        |state: &PolicyState| state.roles.iter().any(|r| r.role >= Role::Admin as i32 && r.until_ms == 0);
    let lost = has_admin(before) && !has_admin(after);
    require(!lost || roster.account_count() == 0, Denial::LastAdmin)
}

/// May the account post a message?
///
/// # Errors
/// [`Denial::Forbidden`].
pub fn may_post(state: &PolicyState, account: AccountId, now: Timestamp) -> Result<(), Denial> {
    require(state.allows(account, Capability::Post, now), Denial::Forbidden)
}

/// May the account send delivery and typing signals?
///
/// # Errors
/// [`Denial::Limit`] in groups that are too large for them.
pub fn may_signal(roster: &Roster) -> Result<(), Denial> {
    require(roster.account_count() <= limits::EPHEMERAL_ACCOUNTS_MAX, Denial::Limit)
}

/// May the account write this vault entry?
///
/// # Errors
/// [`Denial::Forbidden`].
pub fn may_write_vault(
    state: &PolicyState,
    account: AccountId,
    name: &str,
    now: Timestamp,
) -> Result<(), Denial> {
    let allowed = match name.strip_prefix(vault::PROFILE_PREFIX) {
        Some(owner) => owner == account.to_string(),
        None => is_setting(state, name) && state.allows(account, Capability::Settings, now),
    };
    require(allowed, Denial::Forbidden)
}

/// The entries that whoever may change settings writes; an admin room has more of them (§10.7).
fn is_setting(state: &PolicyState, name: &str) -> bool {
    let of_room = || match name.strip_prefix(vault::SUBSCRIBERS_PREFIX) {
        Some(bucket) => bucket.len() == 5 && bucket.bytes().all(|b| b.is_ascii_digit()),
        None => name == vault::CHANNEL || name == vault::BARRED,
    };
    name == vault::META || (state.kind() == Kind::AdminRoom && of_room())
}

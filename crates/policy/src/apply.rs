//! The next state after a commit. Total and free of time, so that the committer can compute it before the
//! server's stamp exists; whether the commit is allowed is `decide`'s matter.

use crate::{
    facts::{Author, CommitFacts, Roster},
    state::{PolicyState, Role, RoleGrant, Ticket, What},
};
use asterism_wire::{AccountId, TicketId, limits};
use std::collections::BTreeSet;

/// The state that follows `state` when a commit with these facts is merged.
#[must_use]
pub fn apply(state: &PolicyState, roster: &Roster, facts: &CommitFacts) -> PolicyState {
    let mut next = state.clone();
    for change in facts.changes() {
        if let Some(what) = &change.what {
            apply_change(&mut next, facts.author, what);
        }
    }
    let after = roster.after(facts);
    // In the order of their ids, so that the order of the facts makes no difference.
    let removed: BTreeSet<_> = facts.removes.iter().map(|leaf| leaf.account).collect();
    for account in removed.into_iter().filter(|a| after.leaves_of(*a) == 0) {
        forget(&mut next, account, facts.author);
    }
    // Each removal gives the vault a new key (docs/protocol.md §7.3). A device that re-enters in place of
    // its own old leaf removes nobody.
    if matches!(facts.author, Author::Member(_)) && !facts.removes.is_empty() {
        next.vault_generation = next.vault_generation.saturating_add(1);
    }
    next
}

fn apply_change(state: &mut PolicyState, author: Author, what: &What) {
    match what {
        What::SetRole(set) => set_role(state, &set.account, set.role, set.until_ms),
        What::AddTicket(add) => {
            if let Some(ticket) = add.ticket.clone()
                && let Err(at) = state.tickets.binary_search_by(|t| t.id.cmp(&ticket.id))
            {
                state.tickets.insert(at, ticket);
            }
        }
        What::RevokeTicket(revoke) => state.tickets.retain(|t| t.id != revoke.ticket),
        What::UseTicket(used) => use_ticket(state, author, &used.ticket),
        What::LiftBar(lift) => state.bars.retain(|a| *a != lift.account),
        What::SetCapabilities(set) => {
            if let Some(capabilities) = set.capabilities.clone() {
                match state.capabilities.binary_search_by(|c| c.role.cmp(&capabilities.role)) {
                    Ok(at) => state.capabilities[at] = capabilities,
                    Err(at) => state.capabilities.insert(at, capabilities),
                }
            }
        }
    }
}

fn set_role(state: &mut PolicyState, account: &[u8], role: i32, until_ms: u64) {
    let at = state.roles.binary_search_by(|r| r.account.as_slice().cmp(account));
    if role == Role::Member as i32 {
        if let Ok(at) = at {
            state.roles.remove(at);
        }
        return;
    }
    let grant = RoleGrant { account: account.to_vec(), role, until_ms };
    match at {
        Ok(at) => state.roles[at] = grant,
        Err(at) => state.roles.insert(at, grant),
    }
}

fn use_ticket(state: &mut PolicyState, author: Author, id: &[u8]) {
    let account = author.leaf().account;
    let Some(ticket) = state.tickets.iter_mut().find(|t| t.id == id) else { return };
    ticket.uses = ticket.uses.saturating_add(1);
    let mark = Ticket::mark(account);
    let at = ticket.entered.partition_point(|m| *m < mark);
    ticket.entered.insert(at, mark);
    let role = ticket.role;
    if role != Role::Member as i32 {
        set_role(state, account.as_bytes(), role, 0);
    }
}

/// Somebody is gone: their role, the links they made and the links they entered by go too, and they stay
/// out until an admin lets them in, unless they went by themselves.
fn forget(state: &mut PolicyState, account: AccountId, author: Author) {
    set_role(state, account.as_bytes(), Role::Member as i32, 0);
    let mark = Ticket::mark(account);
    state.tickets.retain(|t| t.creator != account.as_bytes() && !t.entered.contains(&mark));
    let by_another = author.leaf().account != account;
    if by_another && !state.is_barred(account) {
        bar(state, account);
    }
}

/// The oldest bar gives way, so that no removal fails because there were many before. Whoever has 4,096 accounts
/// removed to get rid of a bar gains what one new account would give them.
fn bar(state: &mut PolicyState, account: AccountId) {
    let excess = (state.bars.len() + 1).saturating_sub(limits::BARS_MAX);
    state.bars.drain(..excess);
    state.bars.push(account.to_vec());
}

/// The tickets that are live after a commit but were not before.
#[must_use]
pub(crate) fn added_tickets(facts: &CommitFacts) -> Vec<TicketId> {
    facts
        .changes()
        .filter_map(|c| match &c.what {
            Some(What::AddTicket(add)) => add.ticket.as_ref().and_then(Ticket::new_id),
            _ => None,
        })
        .collect()
}

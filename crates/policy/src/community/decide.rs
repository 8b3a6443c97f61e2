//! May this entry be made, this announcement posted, this vault entry written? (docs/protocol.md §10.3)

use super::{
    changes::{CommunityChanges, CommunityWhat, Found, OpenEpoch},
    state::CommunityState,
};
use crate::{
    decide::{Denial, require},
    state::{AddTicket, Role, RoleGrant, SetRole},
};
use asterism_wire::{
    AccountId, CommunityId, ConversationId, Hash, Seq, TicketId, Timestamp, limits, signing, vault,
};
use std::collections::BTreeSet;

/// Length of an X-Wing public key.
const SEAL_KEY_LEN: usize = 1_216;
/// Length of the salt that a founder draws.
const SALT_LEN: usize = 16;

/// Judges an entry and gives the state that follows it. `changes` are the bytes that the author signed; `state` is
/// nothing before the first entry; `now` is the server's stamp of the entry.
///
/// # Errors
/// A [`Denial`]; then nobody applies the entry.
pub fn decide_community(
    community: CommunityId,
    state: Option<&CommunityState>,
    author: AccountId,
    changes: &[u8],
    seq: Seq,
    now: Timestamp,
) -> Result<CommunityState, Denial> {
    let read = CommunityChanges::read(changes).map_err(|_| Denial::Inconsistent)?;
    let mut next = match state {
        None => {
            require(signing::community_id(changes) == community && seq == Seq(1), Denial::Inconsistent)?;
            found(community, &read, author)?
        }
        Some(state) => {
            require(state.is_admin(author, now), Denial::Forbidden)?;
            judge_changes(state, &read, author, now)?;
            state.clone()
        }
    };
    apply(&mut next, &read, seq, now);
    // A link of somebody who is nobody after this entry would be nobody's.
    require(!read.adds_ticket() || next.is_admin(author, now), Denial::Inconsistent)?;
    check_limits(&next)?;
    Ok(next)
}

/// The first entry: a founding and the first epoch, nothing else.
fn found(
    community: CommunityId,
    changes: &CommunityChanges,
    author: AccountId,
) -> Result<CommunityState, Denial> {
    let mut all = changes.changes.iter().map(|c| c.what.as_ref());
    let Some(Some(CommunityWhat::Found(found))) = all.next() else { return Err(Denial::Inconsistent) };
    let Some(Some(CommunityWhat::OpenEpoch(open))) = all.next() else { return Err(Denial::Inconsistent) };
    require(all.next().is_none() && is_well_formed(found), Denial::Inconsistent)?;
    let state = CommunityState {
        community: community.to_vec(),
        announcements: found.announcements.clone(),
        admin_room: found.admin_room.clone(),
        roles: vec![RoleGrant { account: author.to_vec(), role: Role::Owner as i32, until_ms: 0 }],
        ..CommunityState::default()
    };
    judge_open_epoch(&state, open)?;
    require(!open.inbox_key.is_empty(), Denial::Inconsistent)?;
    Ok(state)
}

fn is_well_formed(found: &Found) -> bool {
    found.announcements.len() == ConversationId::LEN
        && found.admin_room.len() == ConversationId::LEN
        && found.announcements != found.admin_room
        && found.salt.len() == SALT_LEN
}

fn judge_changes(
    state: &CommunityState,
    changes: &CommunityChanges,
    author: AccountId,
    now: Timestamp,
) -> Result<(), Denial> {
    require(!changes.changes.is_empty(), Denial::Inconsistent)?;
    let own =
        Own { rank: state.role(author, now), until_ms: state.grant(author, now).map_or(0, |g| g.until_ms) };
    let mut seen = BTreeSet::new();
    for change in &changes.changes {
        let what = change.what.as_ref().ok_or(Denial::Inconsistent)?;
        require(seen.insert(subject(what)), Denial::Inconsistent)?;
        match what {
            CommunityWhat::Found(_) => return Err(Denial::Inconsistent),
            CommunityWhat::SetRole(set) => judge_set_role(state, changes, set, own, now)?,
            CommunityWhat::AddTicket(add) => judge_add_ticket(state, add, author)?,
            CommunityWhat::RevokeTicket(revoke) => {
                let id = TicketId::try_from(revoke.ticket.as_slice()).map_err(|_| Denial::Inconsistent)?;
                require(state.ticket(id).is_some(), Denial::UnknownTicket)?;
                // Whoever has the link has the channel key: it must be another one from now on.
                require(changes.opening().is_some(), Denial::Inconsistent)?;
            }
            CommunityWhat::OpenEpoch(open) => judge_open_epoch(state, open)?,
        }
    }
    Ok(())
}

/// What the author of an entry is at its stamp.
#[derive(Clone, Copy)]
struct Own {
    rank: Role,
    /// When that ends; 0 for never.
    until_ms: u64,
}

/// What a change is about. An entry has one change of each at most: else their order would matter.
fn subject(what: &CommunityWhat) -> (u8, &[u8]) {
    match what {
        CommunityWhat::Found(_) => (0, &[]),
        CommunityWhat::SetRole(set) => (1, &set.account),
        CommunityWhat::AddTicket(add) => (2, add.ticket.as_ref().map_or(&[], |t| &t.id)),
        CommunityWhat::RevokeTicket(revoke) => (3, &revoke.ticket),
        CommunityWhat::OpenEpoch(_) => (4, &[]),
    }
}

fn judge_set_role(
    state: &CommunityState,
    changes: &CommunityChanges,
    set: &SetRole,
    own: Own,
    now: Timestamp,
) -> Result<(), Denial> {
    let account = AccountId::try_from(set.account.as_slice()).map_err(|_| Denial::Inconsistent)?;
    let role = Role::try_from(set.role).map_err(|_| Denial::Inconsistent)?;
    require(matches!(role, Role::Member | Role::Admin | Role::Owner), Denial::Inconsistent)?;
    // A role that is over as it begins would take the present one, and leave its keys.
    let is_over = set.until_ms != 0 && set.until_ms <= now.0;
    require(role == Role::Member || !is_over, Denial::Inconsistent)?;
    let present = state.role(account, now);
    require(role <= own.rank && present <= own.rank, Denial::Rank)?;
    let outlasts = own.until_ms == 0 || (set.until_ms != 0 && set.until_ms <= own.until_ms);
    require(role == Role::Member || outlasts, Denial::Rank)?;
    // An admin had the channel key and the key of the inbox: both must be others from now on.
    let loses = state.grant(account, Timestamp(0)).is_some() && role < Role::Admin;
    let renewed = changes.opening().is_some_and(|open| !open.inbox_key.is_empty());
    require(!loses || renewed, Denial::Inconsistent)
}

fn judge_add_ticket(state: &CommunityState, add: &AddTicket, author: AccountId) -> Result<(), Denial> {
    let ticket = add.ticket.as_ref().ok_or(Denial::Inconsistent)?;
    let id = ticket.new_id().ok_or(Denial::Inconsistent)?;
    require(state.ticket(id).is_none(), Denial::Inconsistent)?;
    require(ticket.creator == author.as_bytes(), Denial::Inconsistent)?;
    require(ticket.role == Role::Member as i32, Denial::Rank)
}

fn judge_open_epoch(state: &CommunityState, open: &OpenEpoch) -> Result<(), Denial> {
    // The epoch that founds a community is opened before there are announcements.
    let posts = if state.epoch == 0 { open.posts_seq == 0 } else { open.posts_seq >= state.epoch_posts };
    let well_formed = posts
        && state.epoch.checked_add(1) == Some(open.epoch)
        && open.key_commitment.len() == Hash::LEN
        && open.key_commitment != state.key_commitment
        && open.table_hash.len() == Hash::LEN
        && (open.inbox_key.is_empty() || open.inbox_key.len() == SEAL_KEY_LEN)
        && (open.inbox_key.is_empty() || open.inbox_key != state.inbox_key);
    require(well_formed, Denial::Inconsistent)
}

fn apply(state: &mut CommunityState, changes: &CommunityChanges, seq: Seq, now: Timestamp) {
    for change in &changes.changes {
        match &change.what {
            Some(CommunityWhat::SetRole(set)) => set_role(state, set),
            Some(CommunityWhat::AddTicket(add)) => {
                state.tickets.extend(add.ticket.clone());
                state.tickets.sort_by(|a, b| a.id.cmp(&b.id));
            }
            Some(CommunityWhat::RevokeTicket(revoke)) => {
                state.tickets.retain(|ticket| ticket.id != revoke.ticket);
            }
            Some(CommunityWhat::OpenEpoch(open)) => open_epoch(state, open, seq, now),
            Some(CommunityWhat::Found(_)) | None => {}
        }
    }
    // A link is worth what its maker is, in whichever order the changes come.
    let CommunityState { roles, tickets, .. } = state;
    tickets.retain(|ticket| roles.iter().any(|grant| grant.account == ticket.creator));
}

fn set_role(state: &mut CommunityState, set: &SetRole) {
    state.roles.retain(|grant| grant.account != set.account);
    if set.role == Role::Member as i32 {
        return;
    }
    state.roles.push(RoleGrant { account: set.account.clone(), role: set.role, until_ms: set.until_ms });
    state.roles.sort_by(|a, b| a.account.cmp(&b.account));
}

fn open_epoch(state: &mut CommunityState, open: &OpenEpoch, seq: Seq, now: Timestamp) {
    state.epoch = open.epoch;
    state.epoch_opened_by = seq.0;
    state.epoch_opened_ms = now.0;
    state.epoch_posts = open.posts_seq;
    state.key_commitment.clone_from(&open.key_commitment);
    state.table_hash.clone_from(&open.table_hash);
    if !open.inbox_key.is_empty() {
        state.inbox_key.clone_from(&open.inbox_key);
    }
}

fn check_limits(state: &CommunityState) -> Result<(), Denial> {
    let owned = state.roles.iter().any(|r| r.role == Role::Owner as i32 && r.until_ms == 0);
    require(owned, Denial::LastAdmin)?;
    require(state.roles.len() <= limits::COMMUNITY_ADMINS_MAX, Denial::Limit)?;
    require(state.tickets.len() <= limits::TICKETS_MAX, Denial::Limit)
}

/// May the account post an announcement?
///
/// # Errors
/// [`Denial::Forbidden`].
pub fn may_announce(state: &CommunityState, account: AccountId, now: Timestamp) -> Result<(), Denial> {
    require(state.is_admin(account, now), Denial::Forbidden)
}

/// May the account write this entry of the community's vault?
///
/// # Errors
/// [`Denial::Forbidden`].
pub fn may_write_community_vault(
    state: &CommunityState,
    account: AccountId,
    name: &str,
    now: Timestamp,
) -> Result<(), Denial> {
    require(state.is_admin(account, now), Denial::Forbidden)?;
    let allowed = match (name.strip_prefix(vault::PROFILE_PREFIX), name.strip_prefix(vault::GROUP_PREFIX)) {
        (Some(owner), _) => owner == account.to_string(),
        (None, Some(group)) => group.parse::<ConversationId>().is_ok(),
        (None, None) => name == vault::META,
    };
    require(allowed, Denial::Forbidden)
}

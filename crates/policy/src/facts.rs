//! What a commit does, as told by the MLS layer after it checked every signature.

use crate::state::{Change, Changes};
use asterism_wire::{AccountId, DeviceId, TicketId};
use std::collections::BTreeMap;

/// A leaf of the tree: one device of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf {
    /// Its account.
    pub account: AccountId,
    /// Its device.
    pub device: DeviceId,
}

/// Who makes a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// A member.
    Member(Leaf),
    /// Somebody who enters by a link, whose key signed the entry.
    Ticket {
        /// The one who enters.
        leaf: Leaf,
        /// By which link.
        ticket: TicketId,
    },
    /// A device that enters on the word of its account's key.
    OwnDevice(Leaf),
}

impl Author {
    /// The author's leaf.
    #[must_use]
    pub fn leaf(&self) -> Leaf {
        match self {
            Self::Member(leaf) | Self::OwnDevice(leaf) | Self::Ticket { leaf, .. } => *leaf,
        }
    }
}

/// What a commit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// Who.
    pub author: Author,
    /// Leaves added (the author's own new leaf in an external commit is not among them).
    pub adds: Vec<Leaf>,
    /// Leaves removed.
    pub removes: Vec<Leaf>,
    /// The policy changes, when the commit carries an update of the state.
    pub changes: Option<Changes>,
}

impl CommitFacts {
    /// The changes, none when there is no update.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().flat_map(|c| &c.changes)
    }
}

/// How many leaves each account has, before the commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster(BTreeMap<AccountId, usize>);

impl Roster {
    /// Leaves of an account.
    #[must_use]
    pub fn leaves_of(&self, account: AccountId) -> usize {
        self.0.get(&account).copied().unwrap_or(0)
    }

    /// Leaves in all.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.0.values().sum()
    }

    /// The accounts.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.0.keys().copied()
    }

    /// How many accounts.
    #[must_use]
    pub fn account_count(&self) -> usize {
        self.0.len()
    }

    /// Adds a leaf.
    pub fn add(&mut self, account: AccountId) {
        *self.0.entry(account).or_default() += 1;
    }

    /// Takes a leaf away; the account goes with its last one.
    pub fn remove(&mut self, account: AccountId) {
        if let Some(count) = self.0.get_mut(&account) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&account);
            }
        }
    }

    /// The roster after a commit.
    #[must_use]
    pub fn after(&self, facts: &CommitFacts) -> Self {
        let mut next = self.clone();
        for leaf in &facts.removes {
            next.remove(leaf.account);
        }
        for leaf in &facts.adds {
            next.add(leaf.account);
        }
        if !matches!(facts.author, Author::Member(_)) {
            next.add(facts.author.leaf().account);
        }
        next
    }
}

impl FromIterator<AccountId> for Roster {
    fn from_iter<I: IntoIterator<Item = AccountId>>(leaves: I) -> Self {
        let mut roster = Self::default();
        for account in leaves {
            roster.add(account);
        }
        roster
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: AccountId = AccountId([1; 32]);
    const BOB: AccountId = AccountId([2; 32]);

    #[test]
    fn an_account_goes_with_its_last_leaf() {
        let mut roster: Roster = [ADA, BOB, ADA].into_iter().collect();
        assert_eq!((roster.leaves_of(ADA), roster.leaves(), roster.account_count()), (2, 3, 2));
        roster.remove(ADA);
        assert_eq!((roster.leaves_of(ADA), roster.leaves(), roster.account_count()), (1, 2, 2));
        roster.remove(ADA);
        roster.remove(ADA);
        assert_eq!(roster.accounts().collect::<Vec<_>>(), [BOB]);
        assert_eq!(roster, [BOB].into_iter().collect());
    }

    #[test]
    fn only_who_comes_from_outside_is_counted_as_author() {
        let leaf = Leaf { account: ADA, device: DeviceId([0; 16]) };
        let after = |author| {
            let facts = CommitFacts { author, adds: vec![], removes: vec![], changes: None };
            Roster::default().after(&facts).leaves_of(ADA)
        };
        assert_eq!(after(Author::Member(leaf)), 0);
        assert_eq!(after(Author::OwnDevice(leaf)), 1);
        assert_eq!(after(Author::Ticket { leaf, ticket: TicketId([0; 16]) }), 1);
    }
}

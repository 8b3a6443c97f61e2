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

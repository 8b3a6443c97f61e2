//! What holds for all states and facts, and for all histories.

use crate::kit::{
    CONVERSATION, Draft, Group, NOW, by, enters, id, leaf, lift, own_device, ticket, ticket_id,
};
use asterism_policy::{
    AddTicket, Author, Change, Changes, CommitFacts, LiftBar, PolicyState, RevokeTicket, Role,
    RoleCapabilities, RoleGrant, Roster, SetCapabilities, SetRole, Ticket, UseTicket, What, apply, decide,
    may_post, may_signal, may_write_vault,
};
use asterism_wire::{AccountId, Epoch, Timestamp, limits};
use proptest::{collection::vec, option, prelude::*};
use std::collections::{BTreeMap, BTreeSet};

/// Few accounts, so that what is drawn has to do with one another.
const ACCOUNTS: u16 = 6;
const LINKS: u8 = 4;

fn account() -> impl Strategy<Value = AccountId> + Clone {
    (1..=ACCOUNTS).prop_map(id)
}

/// Mostly an account; sometimes bytes of any length.
fn account_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![8 => account().prop_map(|a| a.to_vec()), 1 => vec(any::<u8>(), 0..40)]
}

fn role() -> impl Strategy<Value = i32> {
    prop_oneof![8 => 1..=4i32, 1 => -1..=5i32, 1 => any::<i32>()]
}

/// Around the stamp, at the ends, and anywhere.
fn time_ms() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0), 4 => NOW.0 - 2..NOW.0 + 3, 1 => Just(u64::MAX), 1 => any::<u64>()]
}

fn link() -> impl Strategy<Value = Ticket> {
    (
        1..=LINKS,
        account(),
        role(),
        time_ms(),
        0..3u32,
        prop_oneof![0..3u32, Just(u32::MAX)],
        vec(0..3u64, 0..3),
    )
        .prop_map(|(n, creator, role, expires_ms, uses_max, uses, entered)| Ticket {
            role,
            expires_ms,
            uses_max,
            uses,
            entered,
            ..ticket(n, creator)
        })
}

fn what() -> impl Strategy<Value = What> {
    let link_id =
        || prop_oneof![8 => (1..=LINKS).prop_map(|n| ticket(n, id(1)).id), 1 => vec(any::<u8>(), 0..20)];
    let capabilities = (role(), any::<u64>()).prop_map(|(role, bits)| RoleCapabilities { role, bits });
    let set_role = (account_bytes(), role(), time_ms());
    prop_oneof![
        set_role.prop_map(|(account, role, until_ms)| What::SetRole(SetRole { account, role, until_ms })),
        option::of(link()).prop_map(|ticket| What::AddTicket(AddTicket { ticket })),
        link_id().prop_map(|ticket| What::RevokeTicket(RevokeTicket { ticket })),
        link_id().prop_map(|ticket| What::UseTicket(UseTicket { ticket })),
        account_bytes().prop_map(|account| What::LiftBar(LiftBar { account })),
        option::of(capabilities)
            .prop_map(|capabilities| What::SetCapabilities(SetCapabilities { capabilities })),
    ]
}

prop_compose! {
    fn any_facts()(
        author in (0..3, account(), 0..3u8, 1..=LINKS),
        adds in vec((account(), 0..3u8), 0..3),
        removes in vec((account(), 0..3u8), 0..3),
        changes in option::of(vec(option::of(what()), 0..4)),
    ) -> CommitFacts {
        let (kind, account, device, link) = author;
        let author_leaf = leaf(account, device);
        CommitFacts {
            author: match kind {
                0 => Author::Member(author_leaf),
                1 => Author::OwnDevice(author_leaf),
                _ => Author::Ticket { leaf: author_leaf, ticket: ticket_id(&ticket(link, id(1))) },
            },
            adds: adds.into_iter().map(|(account, device)| leaf(account, device)).collect(),
            removes: removes.into_iter().map(|(account, device)| leaf(account, device)).collect(),
            changes: changes.map(|all| Changes { changes: all.into_iter().map(|what| Change { what }).collect() }),
        }
    }
}

prop_compose! {
    /// Lists may be unsorted, repeated and of garbage.
    fn any_state()(
        kind in prop_oneof![4 => Just(3), 1 => -1..7i32],
        roles in vec((account_bytes(), role(), time_ms()), 0..4),
        capabilities in vec((role(), prop_oneof![0..64u64, any::<u64>()]), 0..4),
        tickets in vec(link(), 0..3),
        bars in vec(account_bytes(), 0..3),
        participants in vec(account_bytes(), 0..3),
        accounts_max in prop_oneof![4 => 0..8u32, 1 => any::<u32>()],
        vault_generation in prop_oneof![0..3u64, Just(u64::MAX)],
    ) -> PolicyState {
        let grant = |(account, role, until_ms)| RoleGrant { account, role, until_ms };
        PolicyState {
            kind,
            roles: roles.into_iter().map(grant).collect(),
            capabilities: capabilities.into_iter().map(|(role, bits)| RoleCapabilities { role, bits }).collect(),
            tickets,
            bars,
            participants,
            accounts_max,
            vault_generation,
            ..PolicyState::group(CONVERSATION, id(1))
        }
    }
}

/// The state without what is not well formed, sorted.
fn canonical(mut state: PolicyState) -> PolicyState {
    let whole = |bytes: &Vec<u8>| bytes.len() == AccountId::LEN;
    let known = |role: i32| (1..=4).contains(&role);
    state.kind = state.kind.clamp(1, 5);
    state.accounts_max = state.accounts_max.min(10);
    state.roles.retain(|r| whole(&r.account) && known(r.role) && r.role != Role::Member as i32);
    state.roles.sort_by(|a, b| a.account.cmp(&b.account));
    state.roles.dedup_by(|a, b| a.account == b.account);
    state.capabilities.retain(|c| known(c.role));
    state.capabilities.sort_by_key(|c| c.role);
    state.capabilities.dedup_by_key(|c| c.role);
    state.tickets.retain(|t| known(t.role) && (t.uses_max == 0 || t.uses <= t.uses_max));
    state.tickets.iter_mut().for_each(|t| t.entered.sort_unstable());
    state.tickets.sort_by(|a, b| a.id.cmp(&b.id));
    state.tickets.dedup_by(|a, b| a.id == b.id);
    for accounts in [&mut state.bars, &mut state.participants] {
        accounts.retain(whole);
        accounts.sort();
        accounts.dedup();
    }
    state
}

fn any_roster() -> impl Strategy<Value = Roster> {
    vec(account(), 0..10).prop_map(|leaves| leaves.into_iter().collect())
}

/// A step of a history, to be made fit for the group as it is then.
#[derive(Debug, Clone)]
enum Step {
    Add { author: AccountId, account: AccountId, lifts: bool },
    Remove { author: AccountId, account: AccountId, devices: usize },
    Changes { author: AccountId, changes: Vec<What> },
    Enter { account: AccountId, link: u8 },
    OwnDevice { account: AccountId, replaces: bool },
}

fn any_step(author: impl Strategy<Value = AccountId> + Clone) -> impl Strategy<Value = Step> {
    prop_oneof![
        (author.clone(), account(), any::<bool>()).prop_map(|(author, account, lifts)| Step::Add {
            author,
            account,
            lifts
        }),
        (author.clone(), account(), 1..3usize).prop_map(|(author, account, devices)| Step::Remove {
            author,
            account,
            devices
        }),
        (author, vec(what(), 1..3)).prop_map(|(author, changes)| Step::Changes { author, changes }),
        (account(), 1..=LINKS).prop_map(|(account, link)| Step::Enter { account, link }),
        (account(), any::<bool>()).prop_map(|(account, replaces)| Step::OwnDevice { account, replaces }),
    ]
}

impl Step {
    fn draft(self, group: &Group) -> Draft {
        match self {
            Self::Add { author, account, lifts } => {
                let draft = by(author).add(account, 9);
                if lifts && group.state.is_barred(account) { draft.change(lift(account)) } else { draft }
            }
            // MLS lets nobody remove their own leaf.
            Self::Remove { author, account, devices } => {
                let spared = usize::from(author == account);
                (spared..devices + spared)
                    .fold(by(author), |draft, n| draft.remove(account, u8::try_from(n).unwrap()))
            }
            Self::Changes { author, changes } => {
                changes.into_iter().map(|c| by_maker(c, author)).fold(by(author), Draft::change)
            }
            Self::Enter { account, link } => enters(account, &ticket(link, id(1))),
            Self::OwnDevice { account, replaces } => {
                let draft = own_device(account, 0);
                if replaces { draft.remove(account, 0) } else { draft }
            }
        }
    }
}

/// A new link names its maker and is fresh.
fn by_maker(what: What, maker: AccountId) -> What {
    match what {
        What::AddTicket(AddTicket { ticket: Some(link) }) => {
            let link = Ticket { creator: maker.to_vec(), uses: 0, entered: vec![], ..link };
            What::AddTicket(AddTicket { ticket: Some(link) })
        }
        other => other,
    }
}

/// Takes the steps that are allowed; gives how many were.
fn play(group: &mut Group, steps: Vec<Step>, mut after_each: impl FnMut(&Group)) -> usize {
    let mut taken = 0;
    for step in steps {
        let facts = step.draft(group).facts(group);
        let author = facts.author.leaf().account;
        let own = facts.removes.iter().filter(|l| l.account == author).count();
        if matches!(facts.author, Author::Member(_)) && own > 0 && own >= group.roster.leaves_of(author) {
            continue;
        }
        if let Ok(next) = group.judge_facts(&facts, NOW) {
            group.state = next;
            group.roster = group.roster.after(&facts);
            after_each(group);
            taken += 1;
        }
    }
    taken
}

fn check_invariants(group: &Group) {
    let Group { state, roster } = group;
    assert_eq!(PolicyState::read(&state.to_bytes()).as_ref(), Ok(state), "canonical");
    let account = |bytes: &Vec<u8>| AccountId::try_from(bytes.as_slice()).unwrap();
    let is_in = |bytes: &Vec<u8>| roster.leaves_of(account(bytes)) > 0;
    assert!(state.roles.iter().all(|r| is_in(&r.account)), "only participants have roles");
    assert!(state.tickets.iter().all(|t| is_in(&t.creator)), "links go with their makers");
    let marks: BTreeSet<_> = roster.accounts().map(Ticket::mark).collect();
    assert!(state.tickets.iter().flat_map(|t| &t.entered).all(|m| marks.contains(m)));
    assert!(!state.bars.iter().any(is_in), "whoever is barred is out");
    assert!(state.roles.iter().any(|r| r.role >= Role::Admin as i32 && r.until_ms == 0), "an admin is left");
    assert!(roster.account_count() <= state.accounts_max as usize);
    assert!(roster.accounts().all(|a| roster.leaves_of(a) <= limits::DEVICES_MAX));
}

/// A group of all accounts but the last, in which the first is admin.
fn populated() -> Group {
    (2..ACCOUNTS).fold(Group::new(), |group, n| group.with(id(n), Role::Member))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_panics(state in any_state(), roster in any_roster(), facts in any_facts(), now in time_ms()) {
        let now = Timestamp(now);
        let next = apply(&state, &roster, &facts);
        match decide(&state, &roster, &facts, now) {
            Ok(decided) => prop_assert_eq!(decided, next),
            Err(denial) => drop(denial.code()),
        }
        let me = facts.author.leaf().account;
        let _ = (may_post(&state, me, now), may_signal(&roster), may_write_vault(&state, me, "meta", now));
        let _ = (state.check_genesis(CONVERSATION, me), state.psk_id(ticket_id(&ticket(1, me)), Epoch::default()));
        if let Ok(read) = PolicyState::read(&state.to_bytes()) {
            prop_assert_eq!(read, state);
        }
    }

    #[test]
    fn whatever_is_read_is_written_again(
        state in any_state(),
        at in any::<prop::sample::Index>(),
        byte: u8,
        garbage in vec(any::<u8>(), 0..60),
    ) {
        let mut bytes = state.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        for bytes in [bytes, garbage] {
            if let Ok(read) = PolicyState::read(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes.clone());
            }
            if let Ok(read) = Changes::read(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }

    /// From any canonical state, reachable or not, whatever is allowed leads to a canonical state.
    #[test]
    fn states_stay_canonical(state in any_state(), roster in any_roster(), facts in any_facts()) {
        let state = canonical(state);
        prop_assert_eq!(PolicyState::read(&state.to_bytes()), Ok(state.clone()));
        let group = Group { state, roster };
        let facts = CommitFacts { changes: changes_as_needed(&group, &facts), ..facts };
        if let Ok(next) = group.judge_facts(&facts, NOW) {
            prop_assert_eq!(PolicyState::read(&next.to_bytes()), Ok(next));
        }
    }

    #[test]
    fn every_history_keeps_the_invariants(steps in vec(any_step(account()), 1..40)) {
        play(&mut populated(), steps, check_invariants);
    }

    /// Plain members change nobody's membership but their own devices', no role and no link.
    #[test]
    fn members_have_no_power(
        steps in vec(any_step((2..=ACCOUNTS).prop_map(id)), 1..40),
        link in link(),
    ) {
        let link = Ticket { role: Role::Member as i32, uses: 0, entered: vec![], creator: id(1).to_vec(), ..link };
        let mut group = populated().with_ticket(&link);
        let before = group.clone();
        let members: BTreeSet<_> = before.roster.accounts().collect();
        let seen = |state: &PolicyState| {
            let links: Vec<_> = state.tickets.iter().map(|t| (t.id.clone(), t.role, t.uses_max, t.expires_ms)).collect();
            (state.roles.clone(), state.capabilities.clone(), links, state.bars.clone(), state.accounts_max)
        };
        play(&mut group, steps, |group| {
            assert_eq!(seen(&group.state), seen(&before.state));
            assert!(members.iter().all(|a| group.roster.leaves_of(*a) > 0), "nobody was removed");
            let entered = group.state.tickets[0].entered.len();
            assert_eq!(group.roster.account_count(), members.len() + entered, "who came, came by the link");
        });
    }

    /// The order in which equal facts are told makes no difference.
    #[test]
    fn the_order_of_facts_does_not_matter(
        prefix in vec(any_step(account()), 0..20),
        facts in any_facts(),
        seed in any::<u64>(),
    ) {
        let mut group = populated();
        play(&mut group, prefix, |_| ());
        let mut other = facts.clone();
        shuffle(&mut other.adds, seed);
        shuffle(&mut other.removes, seed);
        if let Some(changes) = &mut other.changes {
            shuffle(&mut changes.changes, seed);
        }
        let (one, other) = (group.judge_facts(&facts, NOW), group.judge_facts(&other, NOW));
        prop_assert_eq!(one.clone().ok(), other.ok());
    }

    /// The stamp decides whether, never what.
    #[test]
    fn time_only_denies(
        prefix in vec(any_step(account()), 0..20),
        facts in any_facts(),
        times in (time_ms(), time_ms()),
    ) {
        let mut group = populated();
        play(&mut group, prefix, |_| ());
        let facts = CommitFacts { changes: changes_as_needed(&group, &facts), ..facts };
        let [first, then] = [times.0.min(times.1), times.0.max(times.1)].map(Timestamp);
        let [first, then] = [first, then].map(|now| group.judge_facts(&facts, now));
        if let (Ok(first), Ok(then)) = (&first, &then) {
            prop_assert_eq!(first, then);
        }
        // What was refused becomes allowed only when a role ends that protected its bearer.
        let author = facts.author.leaf().account;
        let protects = |r: &&RoleGrant| r.until_ms != 0 && r.account != author.as_bytes();
        if group.state.roles.iter().find(protects).is_none() && then.is_ok() {
            prop_assert_eq!(first, then);
        }
    }

    /// The roster afterwards counts what the facts say, leaf by leaf.
    #[test]
    fn the_roster_after_counts_leaves(prefix in vec(any_step(account()), 0..20), facts in any_facts()) {
        let mut group = populated();
        play(&mut group, prefix, |_| ());
        let facts = CommitFacts { changes: changes_as_needed(&group, &facts), ..facts };
        if group.judge_facts(&facts, NOW).is_err() {
            return Ok(());
        }
        let mut counts: BTreeMap<AccountId, isize> = BTreeMap::new();
        let mut count = |account, by| *counts.entry(account).or_default() += by;
        for account in group.roster.accounts() {
            count(account, isize::try_from(group.roster.leaves_of(account)).unwrap());
        }
        facts.adds.iter().for_each(|l| count(l.account, 1));
        facts.removes.iter().for_each(|l| count(l.account, -1));
        if !matches!(facts.author, Author::Member(_)) {
            count(facts.author.leaf().account, 1);
        }
        counts.retain(|_, n| *n != 0);
        let after = group.roster.after(&facts);
        let expected: BTreeMap<_, _> = counts.into_iter().map(|(a, n)| (a, usize::try_from(n).unwrap())).collect();
        prop_assert_eq!(after.accounts().collect::<Vec<_>>(), expected.keys().copied().collect::<Vec<_>>());
        prop_assert!(expected.iter().all(|(a, n)| after.leaves_of(*a) == *n));
        prop_assert_eq!(after.leaves(), expected.values().sum::<usize>());
        prop_assert_eq!(after.account_count(), expected.len());
    }
}

/// Histories that refuse every step would prove nothing.
#[test]
fn histories_happen() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut taken = 0;
    for _ in 0..64 {
        let steps = vec(any_step(account()), 40).new_tree(&mut runner).unwrap().current();
        taken += play(&mut populated(), steps, check_invariants);
    }
    assert!(taken > 200, "{taken} of 2,560 steps were allowed");
}

fn changes_as_needed(group: &Group, facts: &CommitFacts) -> Option<Changes> {
    let bare = CommitFacts { changes: None, ..facts.clone() };
    let needed = apply(&group.state, &group.roster, &bare) != group.state;
    facts.changes.clone().or(needed.then(Changes::default))
}

fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for at in (1..items.len()).rev() {
        let other = usize::try_from(seed % (at as u64 + 1)).unwrap();
        items.swap(at, other);
        seed = seed.rotate_left(13) ^ 0x9E37_79B9_7F4A_7C15;
    }
}

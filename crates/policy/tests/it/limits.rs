//! Each limit at its edge: the last that fits, and the first that does not.

use crate::kit::{
    ADA, BOB, Draft, FOUNDER, Group, NOW, STRANGER, add_ticket, by, enters, id, own_device, revoke, ticket,
};
use asterism_policy::{Denial, Role, may_signal};
use asterism_wire::limits::{
    ADDS_PER_COMMIT_MAX, DEVICES_MAX, EPHEMERAL_ACCOUNTS_MAX, GROUP_ACCOUNTS_MAX, GROUP_LEAVES_MAX,
    TICKETS_MAX,
};

/// A group of this many accounts, of one device each.
fn group_of(accounts: usize) -> Group {
    let mut group = Group::new();
    fill(&mut group, accounts);
    group
}

fn fill(group: &mut Group, accounts: usize) {
    for n in (1_000..).take(accounts - group.roster.account_count()) {
        group.roster.add(id(n));
    }
}

fn adding(count: usize) -> Draft {
    (5_000..).take(count).fold(by(FOUNDER), |draft, n| draft.add(id(n), 0))
}

#[test]
fn a_group_takes_accounts_until_it_is_full() {
    let group = group_of(GROUP_ACCOUNTS_MAX - 2);
    assert!(group.judge(adding(2)).is_ok());
    assert_eq!(group.judge(adding(3)), Err(Denial::Full));

    let mut full = group_of(GROUP_ACCOUNTS_MAX);
    assert_eq!(full.judge(adding(1)), Err(Denial::Full));
    assert!(full.judge(adding(1).remove(id(1_000), 0)).is_ok(), "one goes, one comes");
    assert_eq!(full.judge(adding(2).remove(id(1_000), 0)), Err(Denial::Full));
    assert!(full.judge(by(FOUNDER).add(id(1_000), 1)).is_ok(), "a further device is nobody new");
    full.state.accounts_max = 10;
    assert!(full.judge(adding(1).remove(id(1_000), 0)).is_ok(), "a group too large may stay as it is");
    assert_eq!(full.judge(adding(1)), Err(Denial::Full));
}

#[test]
fn nobody_enters_a_full_group_by_a_link() {
    let link = ticket(1, FOUNDER);
    let group = Group::new().with_ticket(&link);
    let mut group_with_room = group.clone();
    fill(&mut group_with_room, GROUP_ACCOUNTS_MAX - 1);
    assert!(group_with_room.judge(enters(STRANGER, &link)).is_ok());
    let mut full = group;
    fill(&mut full, GROUP_ACCOUNTS_MAX);
    assert_eq!(full.judge(enters(STRANGER, &link)), Err(Denial::Full));
    assert!(full.judge(own_device(FOUNDER, 1)).is_ok());
}

#[test]
fn a_direct_conversation_has_two_accounts() {
    let mut group = Group::direct();
    group.state.participants.push(STRANGER.to_vec());
    assert_eq!(group.judge(by(FOUNDER).add(STRANGER, 0)), Err(Denial::Full));
}

#[test]
fn an_account_has_so_many_devices_however_they_come() {
    let with = |devices: usize| {
        let mut group = Group::new().with(ADA, Role::Member);
        (1..devices).for_each(|_| group.roster.add(ADA));
        group
    };
    for draft in [by(ADA).add(ADA, 50), by(FOUNDER).add(ADA, 50), own_device(ADA, 50)] {
        assert!(with(DEVICES_MAX - 1).judge(draft.clone()).is_ok());
        assert_eq!(with(DEVICES_MAX).judge(draft), Err(Denial::Limit));
    }
    assert!(with(DEVICES_MAX).judge(own_device(ADA, 50).remove(ADA, 0)).is_ok(), "in its own place");
    assert!(with(DEVICES_MAX).judge(by(ADA).add(ADA, 50).remove(ADA, 1)).is_ok());
    assert!(with(DEVICES_MAX + 1).judge(by(FOUNDER)).is_ok(), "others go on");
    let all_new = (0..=u8::try_from(DEVICES_MAX).unwrap()).fold(by(FOUNDER), |d, n| d.add(STRANGER, n));
    assert_eq!(Group::new().judge(all_new), Err(Denial::Limit));
}

#[test]
fn a_group_has_so_many_leaves() {
    let mut group = group_of(GROUP_LEAVES_MAX / 4);
    let accounts: Vec<_> = group.roster.accounts().collect();
    for account in accounts {
        (0..3).for_each(|_| group.roster.add(account));
    }
    group.roster.remove(id(1_000));
    assert_eq!(group.roster.leaves(), GROUP_LEAVES_MAX - 1);
    assert!(group.judge(by(FOUNDER).add(id(1_001), 9)).is_ok());
    assert_eq!(group.judge(by(FOUNDER).add(id(1_001), 9).add(id(1_001), 10)), Err(Denial::Full));
    group.roster.add(id(1_000));
    assert_eq!(group.judge(own_device(id(1_001), 9)), Err(Denial::Full));
}

#[test]
fn a_commit_has_so_many_adds() {
    assert!(Group::new().judge(adding(ADDS_PER_COMMIT_MAX)).is_ok());
    assert_eq!(Group::new().judge(adding(ADDS_PER_COMMIT_MAX + 1)), Err(Denial::Limit));
}

#[test]
fn a_group_has_so_many_links() {
    let last = u8::try_from(TICKETS_MAX).unwrap();
    let mut group = Group::new();
    for n in 1..last {
        group.take(by(FOUNDER).change(add_ticket(&ticket(n, FOUNDER))));
    }
    let one = || by(FOUNDER).change(add_ticket(&ticket(last, FOUNDER)));
    let another = add_ticket(&ticket(last + 1, FOUNDER));
    assert_eq!(group.judge(one().change(another.clone())), Err(Denial::Limit));
    group.take(one());
    assert_eq!(group.judge(by(FOUNDER).change(another.clone())), Err(Denial::Limit));
    // What is revoked in the same commit still counts: simpler, and nobody needs it.
    let swap = by(FOUNDER).change(revoke(&ticket(1, FOUNDER))).change(another);
    assert_eq!(group.judge(swap), Err(Denial::Limit));
}

#[test]
fn signals_are_for_small_groups() {
    assert_eq!(may_signal(&group_of(EPHEMERAL_ACCOUNTS_MAX).roster), Ok(()));
    assert_eq!(may_signal(&group_of(EPHEMERAL_ACCOUNTS_MAX + 1).roster), Err(Denial::Limit));
}

/// Roles end at their stamp, and a limit is a limit whatever the time is.
#[test]
fn a_role_ends_at_its_stamp() {
    let group = Group::new().with_until(ADA, Role::Admin, NOW.0).with(BOB, Role::Member);
    let before = asterism_wire::Timestamp(NOW.0 - 1);
    assert_eq!(group.state.role(ADA, before), Role::Admin);
    assert_eq!(group.state.role(ADA, NOW), Role::Member);
    assert!(group.judge_at(by(ADA).remove(BOB, 0), before).is_ok());
    assert_eq!(group.judge_at(by(ADA).remove(BOB, 0), NOW), Err(Denial::Forbidden));
}

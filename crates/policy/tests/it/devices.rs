//! Devices that enter on the word of their account.

use crate::kit::{ADA, BOB, FOUNDER, Group, STRANGER, by, lift, own_device, set_role};
use asterism_policy::{Changes, CommitFacts, Denial, Role};

#[test]
fn only_devices_of_participants_enter() {
    let group = Group::new().with(ADA, Role::Member).with_bar(STRANGER);
    assert!(group.judge(own_device(ADA, 1)).is_ok());
    assert_eq!(group.judge(own_device(STRANGER, 1)), Err(Denial::Forbidden));
    assert!(Group::direct().judge(own_device(ADA, 1)).is_ok());
    assert_eq!(Group::direct().judge(own_device(STRANGER, 1)), Err(Denial::Forbidden));
}

#[test]
fn a_device_replaces_at_most_one_leaf_of_its_own_account() {
    let group = Group::new().with(ADA, Role::Member).with(ADA, Role::Member).with(BOB, Role::Member);
    assert!(group.judge(own_device(ADA, 0).remove(ADA, 0)).is_ok());
    let two = own_device(ADA, 0).remove(ADA, 0).remove(ADA, 1);
    assert_eq!(group.judge(two), Err(Denial::Inconsistent));
    assert_eq!(group.judge(own_device(ADA, 0).remove(BOB, 0)), Err(Denial::Inconsistent));
    let both = own_device(ADA, 0).remove(ADA, 0).remove(BOB, 0);
    assert_eq!(group.judge(both), Err(Denial::Inconsistent));
}

#[test]
fn a_device_brings_nobody_and_changes_nothing() {
    let group = Group::new().with(ADA, Role::Member).with_bar(STRANGER);
    assert_eq!(group.judge(own_device(ADA, 1).add(ADA, 2)), Err(Denial::Inconsistent));
    assert_eq!(group.judge(own_device(FOUNDER, 1).add(BOB, 2)), Err(Denial::Inconsistent));
    for what in [set_role(ADA, Role::Admin), lift(STRANGER)] {
        assert_eq!(group.judge(own_device(FOUNDER, 1).change(what)), Err(Denial::Inconsistent));
    }
    let facts = CommitFacts { changes: Some(Changes::default()), ..own_device(ADA, 1).facts(&group) };
    assert_eq!(group.judge_facts(&facts, crate::kit::NOW), Err(Denial::Inconsistent));
}

/// A device that enters again in its own place removes nobody: no key changes, no role is lost.
#[test]
fn a_device_that_enters_again_leaves_everything_as_it_is() {
    let mut group = Group::new();
    let before = group.clone();
    group.take(own_device(FOUNDER, 0).remove(FOUNDER, 0));
    assert_eq!(group.state, before.state);
    assert_eq!(group.roster, before.roster);
}

#[test]
fn who_is_not_there_is_not_removed() {
    let group = Group::new().with(ADA, Role::Member);
    assert_eq!(group.judge(by(FOUNDER).remove(STRANGER, 0)), Err(Denial::Inconsistent));
    assert!(group.judge(by(FOUNDER).remove(ADA, 0)).is_ok());
    assert_eq!(group.judge(by(FOUNDER).remove(ADA, 0).remove(ADA, 1)), Err(Denial::Inconsistent));
    // A newcomer of the same commit is not there either.
    assert_eq!(group.judge(by(FOUNDER).add(BOB, 0).remove(BOB, 0)), Err(Denial::Inconsistent));
}

//! A group that has an admin keeps one, and a role gives no more than itself.

use crate::kit::{ADA, BOB, FOUNDER, Group, NOW, by, own_device, set_role, set_role_until};
use asterism_policy::{Denial, Role};
use asterism_wire::Timestamp;

#[test]
fn the_last_admin_stays() {
    let group = Group::new().with(ADA, Role::Moderator).with(BOB, Role::Member);
    assert_eq!(group.judge(by(FOUNDER).change(set_role(FOUNDER, Role::Member))), Err(Denial::LastAdmin));
    assert_eq!(group.judge(by(FOUNDER).change(set_role(FOUNDER, Role::Moderator))), Err(Denial::LastAdmin));
    assert_eq!(group.judge(by(FOUNDER).remove(FOUNDER, 0)), Err(Denial::LastAdmin));
    let handed_over = by(FOUNDER).change(set_role(ADA, Role::Admin)).change(set_role(FOUNDER, Role::Member));
    assert!(group.judge(handed_over).is_ok());
}

/// A role that ends is none to rely on: when it has ended the group would be without an admin.
#[test]
fn an_admin_for_a_while_is_not_the_last_admin() {
    let later = NOW.0 + 1;
    let group = Group::new().with_until(ADA, Role::Admin, later);
    assert_eq!(group.judge(by(FOUNDER).change(set_role(FOUNDER, Role::Member))), Err(Denial::LastAdmin));
    assert_eq!(group.judge(by(ADA).remove(FOUNDER, 0)), Err(Denial::LastAdmin));
    let for_a_while = by(FOUNDER).change(set_role_until(FOUNDER, Role::Admin, later));
    assert_eq!(group.judge(for_a_while), Err(Denial::LastAdmin));
    let mut group = group;
    group.take(by(FOUNDER).change(set_role(ADA, Role::Admin)));
    assert!(group.judge(by(ADA).remove(FOUNDER, 0)).is_ok());
}

#[test]
fn an_owner_counts_as_an_admin() {
    let group = Group::new().with(ADA, Role::Owner);
    assert!(group.judge(by(ADA).change(set_role(FOUNDER, Role::Member))).is_ok());
}

/// Only who is last out of the group leaves no admin behind; and a group that has none may go on.
#[test]
fn groups_without_admins_go_on() {
    assert!(Group::new().judge(by(FOUNDER).remove(FOUNDER, 0)).is_ok());
    let mut group = Group::new().with(ADA, Role::Member);
    group.grant(FOUNDER, Role::Member, 0);
    assert!(group.judge(by(ADA).add(ADA, 1)).is_ok());
    assert!(Group::direct().judge(by(ADA).add(ADA, 1)).is_ok());
}

#[test]
fn an_admin_gives_up_the_role_when_another_stays() {
    let mut group = Group::new().with(ADA, Role::Admin);
    group.take(by(FOUNDER).change(set_role(FOUNDER, Role::Member)));
    assert_eq!(group.state.role(FOUNDER, NOW), Role::Member);
    assert_eq!(group.state.roles.len(), 1, "a member is not listed");
    assert_eq!(group.judge(by(FOUNDER).change(set_role(FOUNDER, Role::Admin))), Err(Denial::Forbidden));
}

/// Else a role for a while could be made one for ever by whoever has it.
#[test]
fn nobody_gives_a_role_for_longer_than_their_own() {
    let until = NOW.0 + 10;
    let group = Group::new().with_until(ADA, Role::Admin, until).with(BOB, Role::Member);
    for target in [ADA, BOB] {
        let gives = |until_ms| group.judge(by(ADA).change(set_role_until(target, Role::Admin, until_ms)));
        assert_eq!(gives(0), Err(Denial::Rank), "{target:?}: for ever");
        assert_eq!(gives(until + 1), Err(Denial::Rank));
        assert!(gives(until - 1).is_ok());
    }
    let moderator = |until_ms| group.judge(by(ADA).change(set_role_until(BOB, Role::Moderator, until_ms)));
    assert!(moderator(until).is_ok());
    assert_eq!(moderator(0), Err(Denial::Rank));
    assert!(group.judge(by(ADA).change(set_role(ADA, Role::Member))).is_ok(), "taking away has no end");
    assert!(group.judge(by(FOUNDER).change(set_role_until(BOB, Role::Admin, u64::MAX))).is_ok());
}

/// Rank is judged at the stamp: one that has ended neither acts nor protects.
#[test]
fn a_role_that_has_ended_protects_nobody() {
    let group = Group::new().with(ADA, Role::Admin).with_until(BOB, Role::Owner, NOW.0);
    let before = Timestamp(NOW.0 - 1);
    assert_eq!(group.judge_at(by(ADA).remove(BOB, 0), before), Err(Denial::Rank));
    assert!(group.judge_at(by(ADA).remove(BOB, 0), NOW).is_ok());
    assert_eq!(group.judge_at(by(ADA).change(set_role(BOB, Role::Member)), before), Err(Denial::Rank));
    assert!(group.judge_at(by(ADA).change(set_role(BOB, Role::Member)), NOW).is_ok());
}

/// The role and its end are both what is set.
#[test]
fn a_role_is_replaced_whole() {
    let mut group = Group::new().with(ADA, Role::Moderator).with(BOB, Role::Moderator);
    group.take(by(FOUNDER).change(set_role_until(ADA, Role::Admin, 5)));
    let ada = group.state.roles.iter().find(|r| r.account == ADA.as_bytes()).unwrap();
    assert_eq!((ada.role, ada.until_ms), (Role::Admin as i32, 5));
    assert_eq!(group.state.role(BOB, NOW), Role::Moderator);
    assert_eq!(group.state.roles.len(), 3);
}

#[test]
fn a_further_device_of_an_admin_is_an_admin() {
    let mut group = Group::new();
    group.take(own_device(FOUNDER, 1));
    group.take(by(FOUNDER).remove(FOUNDER, 1));
    assert_eq!(group.state.role(FOUNDER, NOW), Role::Admin);
}

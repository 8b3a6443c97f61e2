//! Bars: a removed account stays out until somebody who may remove lets it in again.

use crate::kit::{ADA, BOB, CAROL, FOUNDER, Group, NOW, STRANGER, by, enters, id, lift, set_role, ticket};
use asterism_policy::{Capability, Denial, LiftBar, PolicyState, Role, RoleCapabilities, What};
use asterism_wire::limits::BARS_MAX;

#[test]
fn a_removed_account_is_added_only_when_its_bar_is_lifted() {
    let mut group = Group::new().with(ADA, Role::Member);
    group.take(by(FOUNDER).remove(ADA, 0));
    assert!(group.state.is_barred(ADA));
    assert_eq!(group.judge(by(FOUNDER).add(ADA, 0)), Err(Denial::Barred));
    let mut at_once = group.clone();
    at_once.take(by(FOUNDER).add(ADA, 0).change(lift(ADA)));
    assert!(!at_once.state.is_barred(ADA));
    group.take(by(FOUNDER).change(lift(ADA)));
    group.take(by(FOUNDER).add(ADA, 0));
}

#[test]
fn one_bar_is_lifted_and_no_other() {
    let mut group = Group::new().with_bar(ADA).with_bar(BOB).with_bar(CAROL);
    assert_eq!(group.judge(by(FOUNDER).add(ADA, 0).change(lift(BOB))), Err(Denial::Barred));
    group.take(by(FOUNDER).change(lift(BOB)));
    assert_eq!(group.state.bars, [ADA.to_vec(), CAROL.to_vec()]);
}

#[test]
fn a_bar_that_is_not_there_is_not_lifted() {
    let group = Group::new().with(ADA, Role::Member);
    assert_eq!(group.judge(by(FOUNDER).change(lift(ADA))), Err(Denial::Inconsistent));
    for account in [vec![], vec![0; 33]] {
        let nonsense = What::LiftBar(LiftBar { account });
        assert_eq!(group.judge(by(FOUNDER).change(nonsense)), Err(Denial::Inconsistent));
    }
}

/// Letting in again is the right of who may remove, not of who may add.
#[test]
fn who_may_only_add_lifts_no_bar() {
    let mut group = Group::new().with(ADA, Role::Moderator).with_bar(STRANGER);
    let grant = |bits| RoleCapabilities { role: Role::Moderator as i32, bits };
    group.state.capabilities.insert(1, grant(Capability::Add as u64));
    assert_eq!(group.judge(by(ADA).add(STRANGER, 0).change(lift(STRANGER))), Err(Denial::Forbidden));
    assert!(group.judge(by(ADA).add(BOB, 0)).is_ok());
    group.state.capabilities[1] = grant(Capability::Remove as u64);
    assert!(group.judge(by(ADA).change(lift(STRANGER))).is_ok());
    assert_eq!(group.judge(by(ADA).add(STRANGER, 0).change(lift(STRANGER))), Err(Denial::Forbidden));
}

#[test]
fn an_account_that_keeps_a_device_is_not_barred() {
    let mut group = Group::new().with(ADA, Role::Member).with(ADA, Role::Member);
    group.take(by(FOUNDER).remove(ADA, 1));
    assert!(!group.state.is_barred(ADA));
    group.take(by(FOUNDER).remove(ADA, 0).add(ADA, 2));
    assert!(!group.state.is_barred(ADA), "another device in its place");
}

/// The facts allow for people who go by themselves, though MLS lets no member remove its own leaf.
#[test]
fn who_goes_alone_is_not_barred() {
    let mut group = Group::new().with(ADA, Role::Member);
    group.take(by(ADA).remove(ADA, 0));
    assert!(!group.state.is_barred(ADA));
    assert!(group.judge(by(FOUNDER).add(ADA, 0)).is_ok());
}

/// Beyond the limit the oldest bar is dropped: a removal must never fail because many were removed before,
/// or strangers could make themselves irremovable by having others of them removed.
#[test]
fn the_oldest_bar_gives_way() {
    let mut group = Group::new().with(id(9_000), Role::Member).with(id(100), Role::Member);
    let all = (0..u16::try_from(BARS_MAX).unwrap() - 1).map(|n| id(9_999 - n));
    group.state.bars = all.map(|account| account.to_vec()).collect();
    let before = group.state.bars.clone();

    group.take(by(FOUNDER).remove(id(100), 0));
    assert_eq!(group.state.bars.len(), BARS_MAX);
    assert_eq!(group.state.bars[..BARS_MAX - 1], before);
    group.roster.add(STRANGER);
    group.roster.add(ADA);
    group.take(by(FOUNDER).remove(STRANGER, 0).remove(ADA, 0));
    let latest = [id(100), ADA, STRANGER].map(|account| account.to_vec());
    assert_eq!(group.state.bars[..BARS_MAX - 3], before[2..], "the two oldest are gone");
    assert_eq!(group.state.bars[BARS_MAX - 3..], latest, "in the order of removal, then of ids");
    assert_eq!(PolicyState::read(&group.state.to_bytes()), Ok(group.state.clone()));
}

#[test]
fn nobody_is_barred_twice() {
    // Not reachable by allowed commits: whoever is in is not barred.
    let mut group = Group::new().with(ADA, Role::Member).with_bar(ADA).with_bar(BOB);
    group.take(by(FOUNDER).remove(ADA, 0));
    assert_eq!(group.state.bars, [ADA.to_vec(), BOB.to_vec()]);
}

#[test]
fn a_bar_outlives_roles_and_links() {
    let link = ticket(1, FOUNDER);
    let mut group = Group::new().with(ADA, Role::Admin).with_ticket(&link);
    group.take(by(FOUNDER).remove(ADA, 0));
    assert_eq!(group.judge(enters(ADA, &link)), Err(Denial::Barred));
    group.take(by(FOUNDER).add(ADA, 0).change(lift(ADA)));
    assert_eq!(group.state.role(ADA, NOW), Role::Member, "the role does not come back");
    group.take(by(FOUNDER).remove(ADA, 0));
    let with_role = by(FOUNDER).add(ADA, 0).change(lift(ADA)).change(set_role(ADA, Role::Admin));
    group.take(with_role);
    assert_eq!(group.state.role(ADA, NOW), Role::Admin);
}

//! A commit carries an update exactly when the state changes, and says nothing twice.

use crate::kit::{
    ADA, BOB, Draft, FOUNDER, Group, NOW, STRANGER, add_ticket, by, id, lift, own_device, revoke,
    set_capabilities, set_role, set_role_until, ticket,
};
use asterism_policy::{Capability, Change, Changes, CommitFacts, Denial, Role};
use asterism_wire::DecodeError;

fn group() -> Group {
    Group::new()
        .with(ADA, Role::Moderator)
        .with(ADA, Role::Moderator)
        .with(BOB, Role::Member)
        .with_bar(STRANGER)
}

/// The commit is allowed, and refused when its update is missing or needless.
#[track_caller]
fn check(draft: &Draft, changes_state: bool) {
    let group = group();
    let facts = draft.clone().facts(&group);
    assert_eq!(facts.changes.is_some(), changes_state);
    assert!(group.judge_facts(&facts, NOW).is_ok(), "{:?}", group.judge_facts(&facts, NOW));
    let says_something = facts.changes().next().is_some();
    let changes = if changes_state { None } else { Some(Changes::default()) };
    if !says_something {
        let other = CommitFacts { changes, ..facts };
        assert_eq!(group.judge_facts(&other, NOW), Err(Denial::Inconsistent));
    }
}

#[test]
fn an_update_is_there_exactly_when_the_state_changes() {
    check(&by(FOUNDER), false);
    check(&by(FOUNDER).add(id(50), 0), false);
    check(&by(BOB).add(BOB, 1), false);
    check(&own_device(BOB, 1), false);
    check(&own_device(BOB, 0).remove(BOB, 0), false);
    check(&by(FOUNDER).remove(BOB, 0), true);
    check(&by(FOUNDER).remove(ADA, 1), true);
    check(&by(ADA).remove(ADA, 1), true);
    check(&by(FOUNDER).change(set_role(BOB, Role::Admin)), true);
    check(&by(FOUNDER).change(lift(STRANGER)), true);
}

#[test]
fn an_update_that_changes_nothing_is_refused() {
    let link = ticket(1, FOUNDER);
    let idle = [
        by(FOUNDER).change(set_role(ADA, Role::Moderator)),
        by(FOUNDER).change(set_role(BOB, Role::Member)),
        by(FOUNDER).change(set_role_until(BOB, Role::Member, 7)),
        by(FOUNDER).change(set_capabilities(Role::Member, Capability::Post as u64)),
    ];
    for draft in idle {
        assert_eq!(group().judge(draft.clone()), Err(Denial::Inconsistent), "{draft:?}");
    }
    // With something that does, it is only needless.
    assert!(group().judge(by(FOUNDER).change(set_role(BOB, Role::Member)).change(add_ticket(&link))).is_ok());
}

#[test]
fn a_change_that_says_nothing_is_refused() {
    let draft = by(FOUNDER).change(lift(STRANGER));
    let group = group();
    let mut facts = draft.facts(&group);
    facts.changes.as_mut().unwrap().changes.push(Change { what: None });
    assert_eq!(group.judge_facts(&facts, NOW), Err(Denial::Inconsistent));
}

/// Two changes of one thing would make the outcome depend on their order.
#[test]
fn nothing_is_changed_twice() {
    let link = ticket(1, FOUNDER);
    let group = group().with_ticket(&link);
    let twice = [
        [set_role(BOB, Role::Admin), set_role(BOB, Role::Moderator)],
        [lift(STRANGER), lift(STRANGER)],
        [revoke(&link), revoke(&link)],
        [add_ticket(&ticket(2, FOUNDER)), add_ticket(&ticket(2, FOUNDER))],
        [set_capabilities(Role::Member, 0), set_capabilities(Role::Member, Capability::Add as u64)],
    ];
    for [first, second] in twice {
        assert!(group.judge(by(FOUNDER).change(first.clone())).is_ok());
        let draft = by(FOUNDER).change(first).change(second);
        assert_eq!(group.judge(draft.clone()), Err(Denial::Inconsistent), "{draft:?}");
    }
    let different = by(FOUNDER)
        .change(set_role(BOB, Role::Admin))
        .change(set_role(ADA, Role::Admin))
        .change(lift(STRANGER))
        .change(revoke(&link))
        .change(add_ticket(&ticket(2, FOUNDER)))
        .change(set_capabilities(Role::Member, 0))
        .change(set_capabilities(Role::Moderator, 0));
    assert!(group.judge(different).is_ok());
}

#[test]
fn changes_are_read_in_one_form_only() {
    let changes =
        Changes { changes: vec![set_role(ADA, Role::Admin).into(), add_ticket(&ticket(1, FOUNDER)).into()] };
    let bytes = changes.to_bytes();
    assert_eq!(Changes::read(&bytes), Ok(changes));
    assert_eq!(Changes::read(&[]), Ok(Changes::default()));
    assert_eq!(Changes::read(&bytes[..bytes.len() - 1]), Err(DecodeError::Malformed));
    // A field that this version does not know might change what a later version does.
    let unknown = [bytes.as_slice(), &[0x78, 1]].concat();
    assert_eq!(Changes::read(&unknown), Err(DecodeError::Malformed));
    let unknown_inside = [0x0a, 2, 0x78, 1];
    assert_eq!(Changes::read(&unknown_inside), Err(DecodeError::Malformed));
}

//! What a removal takes along: roles, links made, links entered by, the vault key; and the bar it leaves.

use crate::kit::{ADA, BOB, CAROL, FOUNDER, Group, NOW, by, enters, own_device, set_role, ticket};
use asterism_policy::{PolicyState, Role, Ticket};
use asterism_wire::AccountId;
use expect_test::{Expect, expect};

/// Ada is an admin and made link 2; Bob entered by it, Carol by the founder's link 1; nobody used link 3.
fn group() -> Group {
    let mut group = Group::new().with(ADA, Role::Admin).with(ADA, Role::Admin);
    for link in [ticket(1, FOUNDER), ticket(2, ADA), ticket(3, FOUNDER)] {
        group = group.with_ticket(&link);
    }
    group.take(enters(BOB, &ticket(2, ADA)));
    group.take(enters(CAROL, &ticket(1, FOUNDER)));
    group
}

fn check(state: &PolicyState, expected: &Expect) {
    let name = |bytes: &[u8]| match AccountId::try_from(bytes).unwrap() {
        FOUNDER => "founder",
        ADA => "ada",
        BOB => "bob",
        CAROL => "carol",
        _ => "?",
    };
    let roles: Vec<_> = state
        .roles
        .iter()
        .map(|r| format!("{} {:?}", name(&r.account), Role::try_from(r.role).unwrap()))
        .collect();
    let mut links: Vec<_> = state.tickets.iter().map(|t| t.signature_key[0]).collect();
    links.sort_unstable();
    let bars: Vec<_> = state.bars.iter().map(|a| name(a)).collect();
    let generation = state.vault_generation;
    expected.assert_eq(&format!("roles {roles:?}\nlinks {links:?}\nbars {bars:?}\nvault key {generation}\n"));
    assert_eq!(PolicyState::read(&state.to_bytes()).as_ref(), Ok(state));
}

#[test]
fn before() {
    check(
        &group().state,
        &expect![[r#"
            roles ["founder Admin", "ada Admin"]
            links [1, 2, 3]
            bars []
            vault key 0
        "#]],
    );
}

#[test]
fn a_member_takes_along_the_link_they_entered_by() {
    let mut group = group();
    group.take(by(FOUNDER).remove(CAROL, 0));
    check(
        &group.state,
        &expect![[r#"
            roles ["founder Admin", "ada Admin"]
            links [2, 3]
            bars ["carol"]
            vault key 1
        "#]],
    );
}

#[test]
fn an_admin_takes_along_the_role_and_the_links_they_made() {
    let mut group = group();
    group.take(by(FOUNDER).remove(ADA, 0).remove(ADA, 1));
    check(
        &group.state,
        &expect![[r#"
            roles ["founder Admin"]
            links [1, 3]
            bars ["ada"]
            vault key 1
        "#]],
    );
}

#[test]
fn one_device_of_several_takes_along_nothing_but_the_vault_key() {
    let mut group = group();
    group.take(by(FOUNDER).remove(ADA, 1));
    check(
        &group.state,
        &expect![[r#"
            roles ["founder Admin", "ada Admin"]
            links [1, 2, 3]
            bars []
            vault key 1
        "#]],
    );
}

#[test]
fn several_removed_at_once_are_one_new_vault_key() {
    let mut group = group();
    group.take(by(FOUNDER).remove(CAROL, 0).remove(BOB, 0).remove(ADA, 1));
    check(
        &group.state,
        &expect![[r#"
            roles ["founder Admin", "ada Admin"]
            links [3]
            bars ["bob", "carol"]
            vault key 1
        "#]],
    );
}

/// Also of who goes without being sent: they hold the secret of the link that they came by.
#[test]
fn who_goes_alone_takes_along_the_same() {
    let mut group = group();
    group.take(by(CAROL).remove(CAROL, 0));
    check(
        &group.state,
        &expect![[r#"
            roles ["founder Admin", "ada Admin"]
            links [2, 3]
            bars []
            vault key 1
        "#]],
    );
}

#[test]
fn a_device_in_its_own_place_takes_along_nothing() {
    let mut group = group();
    group.take(own_device(CAROL, 0).remove(CAROL, 0));
    check(
        &group.state,
        &expect![[r#"
            roles ["founder Admin", "ada Admin"]
            links [1, 2, 3]
            bars []
            vault key 0
        "#]],
    );
}

#[test]
fn a_role_taken_takes_no_links_along() {
    let mut group = group();
    group.take(by(FOUNDER).change(set_role(ADA, Role::Member)));
    check(
        &group.state,
        &expect![[r#"
            roles ["founder Admin"]
            links [1, 2, 3]
            bars []
            vault key 0
        "#]],
    );
}

/// Each entry by link is bound to the vault key, the link and the epoch that it closes.
#[test]
fn psk_ids_differ_by_all_that_they_bind() {
    use asterism_wire::{ConversationId, Epoch, Seq, TicketId};
    let state = PolicyState::group(ConversationId([7; 16]), FOUNDER);
    let (one, epoch) = (TicketId([1; 16]), Epoch { number: 3, opened_by: Seq(5) });
    let other_group = PolicyState { conversation: vec![8; 16], ..state.clone() };
    let after_removal = PolicyState { vault_generation: 1, ..state.clone() };
    let ids = [
        state.psk_id(one, epoch),
        state.psk_id(TicketId([2; 16]), epoch),
        state.psk_id(one, Epoch { number: 3, opened_by: Seq(6) }),
        other_group.psk_id(one, epoch),
        after_removal.psk_id(one, epoch),
    ];
    assert!(ids.iter().enumerate().all(|(n, id)| !ids[n + 1..].contains(id)));
    assert_eq!(state.ticket(one), None);
    assert_eq!(Ticket::mark(FOUNDER), 1 << 48);
    assert_eq!(state.role(FOUNDER, NOW), Role::Admin);
}

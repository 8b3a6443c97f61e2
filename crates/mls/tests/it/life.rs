//! A group's life: adding, talking, removing, many at once.

use crate::kit::{Device, HEAD, Member, NOW, World, aad, add_ticket, direct_state, pass_welcome, vault_key};
use asterism_mls::{
    CommitError, Group, Suite, Tracker,
    group::{CommitPlan, OpenError},
    link::LinkKeys,
};
use asterism_policy::{Author, CommitFacts, LiftBar, What};
use asterism_wire::{limits, signing};

fn grows_talks_and_shrinks(suite: Suite) {
    let mut world = World::of(suite, 4);
    world.talk();
    let third = world.index_of(&world.members[2].device);
    let gone = world.members[2].device.leaf();
    let offer = world.commit(0, CommitPlan { removes: vec![third], ..Default::default() });
    assert_eq!(offer.facts.removes, [gone]);
    assert_eq!(offer.next_state.vault_generation, 1);
    assert_eq!(world.members.len(), 3);
    world.talk();
    world.commit(1, CommitPlan { refresh: true, ..Default::default() });
    world.talk();
}

#[test]
fn a_classic_group_grows_talks_and_shrinks() {
    grows_talks_and_shrinks(Suite::Classic);
}

#[test]
fn a_hybrid_group_grows_talks_and_shrinks() {
    grows_talks_and_shrinks(Suite::Hybrid);
}

#[test]
fn a_direct_conversation_holds_its_two_accounts_and_no_other() {
    let (a, b) = (Device::new(1, 1), Device::new(2, 1));
    let state = direct_state(&a, &b);
    let mut world = World::found_by(a, Suite::Hybrid, &state);
    world.add(vec![b, Device::new(2, 2)]);
    world.talk();
    let stranger = Device::new(3, 1).key_package(Suite::Hybrid);
    let offer = world.offer(0, CommitPlan { adds: vec![stranger], ..Default::default() });
    let denied = world.tracker.judge(&offer.commit, world.parent(), NOW).unwrap_err();
    assert!(matches!(denied, CommitError::Policy(asterism_policy::Denial::Forbidden)));
}

#[test]
fn a_removed_member_opens_nothing_later() {
    let mut world = World::of(Suite::Classic, 3);
    let third = world.index_of(&world.members[2].device);
    let offer = world.offer(0, CommitPlan { removes: vec![third], ..Default::default() });
    let mut removed = world.members.pop().unwrap();
    // Before the commit reaches it, it cannot read what is sealed after it.
    let judged = world.judge(&offer.commit);
    let parent = world.parent();
    world.accept(judged, &offer.group_info, &offer.commit, Some(0));
    let sealed = world.seal(0, b"without you");
    let Member { device, group } = &mut removed;
    assert!(matches!(group.handle_message(&device.provider, &sealed), Err(OpenError::WrongEpoch)));
    let staged = group.handle_commit(&device.provider, &offer.commit, parent, NOW, &vault_key).unwrap();
    assert!(staged.removes_self() && staged.epoch_authenticator().is_none());
    group.merge(&device.provider, staged).unwrap();
    assert!(!group.is_active());
    assert!(matches!(group.handle_message(&device.provider, &sealed), Err(OpenError::Removed)));
    assert!(group.seal(&device.provider, &device.key, &aad(), b"x").is_err());
    assert!(group.export(&device.provider, "x", b"", 32).is_err());
    let reloaded = device.restarted().load();
    assert!(!reloaded.is_active());
}

#[test]
fn one_commit_adds_removes_changes_and_refreshes() {
    let mut world = World::of(Suite::Classic, 4);
    let gone = world.index_of(&world.members[3].device);
    let link = LinkKeys::derive(&[1; 32]);
    let newcomer = Device::new(8, 1);
    let plan = CommitPlan {
        adds: vec![newcomer.key_package(Suite::Classic)],
        removes: vec![gone],
        changes: vec![add_ticket(&link, &world.members[0].device, |_| {})],
        refresh: true,
    };
    let offer = world.commit(0, plan);
    assert_eq!(offer.next_state.vault_generation, 1);
    assert!(offer.next_state.ticket(link.ticket_id).is_some());
    let opened = pass_welcome(&newcomer, &offer.welcomes[0]);
    let group = Group::join(&newcomer.provider, &opened, &world.tracker.ratchet_tree()).unwrap();
    world.members.push(Member { device: newcomer, group });
    world.check_agreement();
    world.talk();
    for by in 0..4 {
        world.commit(by, CommitPlan { refresh: true, ..Default::default() });
    }
    world.talk();
}

#[test]
fn somebody_removed_is_let_in_again() {
    let mut world = World::of(Suite::Classic, 3);
    let device = world.members[2].device.restarted();
    let at = world.index_of(&device);
    world.commit(0, CommitPlan { removes: vec![at], ..Default::default() });
    let store = asterism_mls::MemoryState::default();
    let device = device.on(store);
    let plan = CommitPlan {
        adds: vec![device.key_package(Suite::Classic)],
        changes: vec![What::LiftBar(LiftBar { account: device.leaf().account.to_vec() }).into()],
        ..Default::default()
    };
    let offer = world.commit(0, plan);
    let opened = pass_welcome(&device, &offer.welcomes[0]);
    let group = Group::join(&device.provider, &opened, &world.tracker.ratchet_tree()).unwrap();
    world.members.push(Member { device, group });
    world.talk();
}

#[test]
fn two_hundred_and_fifty_devices_join_in_one_commit() {
    let mut world = World::found(Suite::Classic);
    let devices: Vec<_> = (0..limits::ADDS_PER_COMMIT_MAX)
        .map(|i| Device::new(2 + u8::try_from(i / 8).unwrap(), u8::try_from(i % 8).unwrap()))
        .collect();
    let adds = devices.iter().map(|d| d.key_package(Suite::Classic)).collect();
    let offer = world.commit(0, CommitPlan { adds, ..Default::default() });
    assert!(offer.commit.len() <= limits::COMMIT_BYTES_MAX);
    assert_eq!(offer.welcomes.len(), limits::ADDS_PER_COMMIT_MAX);
    let tree = world.tracker.ratchet_tree();
    for at in [0, 249] {
        let device = &devices[at];
        let opened = crate::kit::pass_welcome(device, &offer.welcomes[at]);
        assert!(opened.len() < limits::WELCOME_BYTES_MAX);
        let group = Group::join(&device.provider, &opened, &tree).unwrap();
        assert_eq!(group.epoch_authenticator(), world.members[0].group.epoch_authenticator());
        assert_eq!(group.leaves().len(), 251);
    }
}

#[test]
fn a_snapshot_equals_the_tracker_that_followed() {
    let mut world = World::of(Suite::Classic, 3);
    world.add_link(1, |_| {});
    world.commit(1, CommitPlan { refresh: true, ..Default::default() });
    world.commit(2, CommitPlan { refresh: true, ..Default::default() });
    let tree = world.tracker.ratchet_tree();
    let snapshot = Tracker::found(&world.group_info, &tree).unwrap();
    assert_eq!(snapshot.ratchet_tree(), tree);
    assert_eq!(snapshot.state(), world.tracker.state());
    assert_eq!(snapshot.leaves(), world.tracker.leaves());
    assert_eq!(snapshot.epoch_number(), world.tracker.epoch_number());
    assert!(snapshot.check_genesis(world.members[0].device.leaf()).is_err());
    // The snapshot follows the next commits, too.
    world.tracker = snapshot;
    world.commit(0, CommitPlan { refresh: true, ..Default::default() });
    world.talk();
}

#[test]
fn the_next_vault_key_can_be_exported_before_and_after_the_commit() {
    let mut world = World::of(Suite::Classic, 3);
    let third = world.index_of(&world.members[2].device);
    let offer = world.offer(0, CommitPlan { removes: vec![third], ..Default::default() });
    let Member { device, group } = &world.members[0];
    let before = group.pending_export(&device.provider, "vault", b"1", 32).unwrap();
    let Member { device, group } = &mut world.members[1];
    let staged = group.handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &vault_key).unwrap();
    assert_eq!(staged.export(&device.provider, "vault", b"1", 32).unwrap(), before);
    let judged = world.judge(&offer.commit);
    world.accept(judged, &offer.group_info, &offer.commit, Some(0));
    for Member { device, group } in &world.members {
        assert_eq!(group.export(&device.provider, "vault", b"1", 32).unwrap(), before);
        assert!(group.pending_export(&device.provider, "vault", b"1", 32).is_err());
    }
}

#[test]
fn a_fresh_group_info_replaces_a_wrong_one() {
    let mut world = World::of(Suite::Classic, 2);
    let Member { device, group } = &world.members[1];
    world.group_info = group.group_info(&device.provider, &device.key).unwrap();
    let link = world.add_link(1, |_| {});
    let Member { device, group } = &world.members[1];
    world.group_info = group.group_info(&device.provider, &device.key).unwrap();
    let entry = asterism_mls::group::Entry::Ticket { link: &link, vault_key: crate::kit::VAULT_KEY };
    world.enter(Device::new(9, 1), entry);
    world.talk();
}

#[test]
fn facts_name_the_author_and_receipts_agree() {
    let mut world = World::of(Suite::Classic, 2);
    let author = world.members[1].device.leaf();
    let offer = world.commit(1, CommitPlan { refresh: true, ..Default::default() });
    let expected =
        CommitFacts { author: Author::Member(author), adds: vec![], removes: vec![], changes: None };
    assert_eq!(offer.facts, expected);
    let hashes: Vec<_> =
        world.members.iter().map(|m| signing::authenticator_hash(&m.group.epoch_authenticator())).collect();
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(HEAD.0.0, 9);
}

#[test]
fn lengths_of_short_messages_do_not_show() {
    let mut world = World::of(Suite::Classic, 2);
    let yes = world.seal(0, b"yes");
    let sentence = world.seal(0, &[b'x'; 100]);
    assert_eq!(yes.len(), sentence.len());
}

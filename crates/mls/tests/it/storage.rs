//! Restarts, rollbacks, incarnations, and one's own commits coming back.

use crate::kit::{CONVERSATION, Device, HEAD, Member, NOW, VAULT_KEY, World, aad, no_vault_key, vault_key};
use asterism_mls::{
    CommitError, Group, MemoryState, Provider, Suite,
    group::{CommitPlan, Entry, JoinError, OfferError, OpenError},
};

fn refresh() -> CommitPlan {
    CommitPlan { refresh: true, ..Default::default() }
}

#[test]
fn a_restarted_device_goes_on() {
    let mut world = World::of(Suite::Classic, 3);
    world.talk();
    for at in 0..3 {
        let device = world.members[at].device.restarted();
        let group = device.load();
        world.members[at] = Member { device, group };
        world.check_agreement();
        world.talk();
        world.commit(at, refresh());
        world.talk();
    }
}

#[test]
fn a_pending_commit_survives_a_restart() {
    let mut world = World::of(Suite::Classic, 2);
    let offer = world.offer(0, refresh());
    let device = world.members[0].device.restarted();
    let group = device.load();
    assert!(group.has_pending());
    world.members[0] = Member { device, group };
    let judged = world.judge(&offer.commit);
    world.accept(judged, &offer.group_info, &offer.commit, Some(0));
    world.talk();
}

#[test]
fn records_from_before_a_merge_can_follow_another_commit() {
    let mut world = World::of(Suite::Classic, 3);
    let before = world.members[2].device.provider.store().clone();
    let first = world.offer(0, refresh());
    let second = world.offer(1, refresh());
    let Member { device, group } = &mut world.members[2];
    let staged = group.handle_commit(&device.provider, &first.commit, world.epoch, NOW, &vault_key).unwrap();
    group.merge(&device.provider, staged).unwrap();
    let late = group.handle_commit(&device.provider, &second.commit, world.epoch, NOW, &vault_key);
    assert!(matches!(late, Err(CommitError::WrongEpoch)));
    // The first commit is voided: back to the records before it, and along the second.
    let device = device.on(before);
    let mut group = device.load();
    let staged = group.handle_commit(&device.provider, &second.commit, world.epoch, NOW, &vault_key).unwrap();
    group.merge(&device.provider, staged).unwrap();
    let Member { device: other, group: winner } = &mut world.members[1];
    winner.adopt(&other.provider).unwrap();
    assert_eq!(group.epoch_authenticator(), winner.epoch_authenticator());
}

#[test]
fn judging_a_commit_changes_no_record() {
    let mut world = World::of(Suite::Classic, 2);
    let link = world.add_link(1, |_| {});
    let (_, offer) = world.try_enter(&Device::new(9, 1), Entry::Ticket { link: &link, vault_key: VAULT_KEY });
    let Member { device, group } = &mut world.members[1];
    let before = device.provider.store().clone();
    let staged = group.handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &vault_key).unwrap();
    drop(staged);
    let missing = group.handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &no_vault_key);
    assert!(matches!(missing, Err(CommitError::MissingVaultKey)));
    assert_eq!(*device.provider.store(), before);
}

#[test]
fn the_loser_of_a_race_abandons_and_offers_again() {
    let mut world = World::of(Suite::Classic, 3);
    let lost = world.offer(1, refresh());
    let Member { device, group } = &mut world.members[1];
    let again = group.offer(&device.provider, &device.key, refresh(), &aad());
    assert!(matches!(again, Err(OfferError::Pending)));
    // The winner's commit clears the pending one.
    world.commit(0, refresh());
    assert!(!world.members[1].group.has_pending());
    let stale = world.tracker.judge(&lost.commit, world.parent(), NOW);
    assert!(matches!(stale, Err(CommitError::WrongEpoch)));
    world.commit(1, refresh());
    world.talk();
}

#[test]
fn an_abandoned_commit_that_was_accepted_after_all_is_told_apart() {
    let mut world = World::of(Suite::Classic, 2);
    let offer = world.offer(0, refresh());
    let Member { device, group } = &mut world.members[0];
    group.abandon(&device.provider).unwrap();
    let echo = group.handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &vault_key);
    assert!(matches!(echo, Err(CommitError::OwnAbandoned)));
    assert!(echo.unwrap_err().refusal().is_none());
    // It can go on with another commit as if nothing had happened.
    world.commit(0, refresh());
    world.talk();
}

#[test]
fn messages_of_the_new_epoch_can_be_sealed_on_a_copy_before_the_commit_returns() {
    let mut world = World::of(Suite::Classic, 2);
    let offer = world.offer(0, refresh());
    let ahead = world.members[0].device.restarted();
    let mut group = ahead.load();
    group.adopt(&ahead.provider).unwrap();
    let early = group.seal(&ahead.provider, &ahead.key, &aad(), b"first of the new epoch").unwrap();
    let judged = world.judge(&offer.commit);
    world.accept(judged, &offer.group_info, &offer.commit, Some(0));
    world.tracker.check_application(&early).unwrap();
    let Member { device, group } = &mut world.members[1];
    assert_eq!(group.handle_message(&device.provider, &early).unwrap().plaintext, b"first of the new epoch");
}

#[test]
fn a_message_opens_once_and_never_for_its_author() {
    let mut world = World::of(Suite::Classic, 2);
    let sealed = world.seal(0, b"once");
    let Member { device, group } = &mut world.members[0];
    assert!(matches!(group.handle_message(&device.provider, &sealed), Err(OpenError::Own)));
    let Member { device, group } = &mut world.members[1];
    group.handle_message(&device.provider, &sealed).unwrap();
    assert!(matches!(group.handle_message(&device.provider, &sealed), Err(OpenError::Invalid)));
}

#[test]
fn messages_of_another_epoch_are_refused_by_everybody() {
    let mut world = World::of(Suite::Classic, 2);
    let sealed = world.seal(0, b"old");
    world.commit(0, refresh());
    let refused = world.tracker.check_application(&sealed);
    assert_eq!(refused, Err(asterism_mls::tracker::ApplicationError::WrongEpoch));
    let Member { device, group } = &mut world.members[1];
    assert!(matches!(group.handle_message(&device.provider, &sealed), Err(OpenError::WrongEpoch)));
}

#[test]
fn withheld_messages_leave_a_gap_that_is_bridged() {
    let mut world = World::of(Suite::Classic, 2);
    for _ in 0..2_000 {
        world.seal(0, b"withheld");
    }
    world.talk();
}

#[test]
fn two_incarnations_of_one_group_live_in_two_namespaces() {
    let mut world = World::of(Suite::Classic, 2);
    let Member { device, group } = &world.members[1];
    let store = device.provider.store().clone();
    let newer = Provider::new(store, b"newer".to_vec(), [3; 32]);
    let entry = Entry::OwnDevice { account_key: &device.account_key };
    let tree = world.tracker.ratchet_tree();
    let (entered, offer) = Group::enter(
        &newer,
        &device.key,
        &device.credential,
        &world.group_info,
        &tree,
        entry,
        world.epoch,
        HEAD,
    )
    .unwrap();
    let old = Provider::new(newer.into_store(), b"now".to_vec(), [4; 32]);
    let kept = Group::load(&old, CONVERSATION, 0).unwrap().unwrap();
    assert_eq!(kept.epoch_authenticator(), group.epoch_authenticator());
    assert_ne!(entered.epoch_authenticator(), group.epoch_authenticator());
    kept.delete(&old).unwrap();
    assert!(Group::load(&old, CONVERSATION, 0).unwrap().is_none());
    let newer = Provider::new(old.into_store(), b"newer".to_vec(), [5; 32]);
    assert!(Group::load(&newer, CONVERSATION, 0).unwrap().is_some());
    let judged = world.judge(&offer.commit);
    world.members.pop();
    world.accept(judged, &offer.group_info, &offer.commit, None);
}

#[test]
fn a_deleted_group_leaves_no_record() {
    let device = Device::new(1, 1);
    let world = World::found_by(
        device,
        Suite::Classic,
        &asterism_policy::PolicyState::group(CONVERSATION, Device::new(1, 1).leaf().account),
    );
    let Member { device, group } = world.members.into_iter().next().unwrap();
    assert!(!device.provider.store().is_empty());
    group.delete(&device.provider).unwrap();
    assert_eq!(*device.provider.store(), MemoryState::default());
}

#[test]
fn a_key_package_is_used_once_unless_it_is_the_last_resort() {
    for last_resort in [false, true] {
        let mut world = World::found(Suite::Classic);
        let device = Device::new(2, 1);
        let package = asterism_mls::key_package::new_key_package(
            &device.provider,
            &device.key,
            &device.credential,
            Suite::Classic,
            last_resort,
        )
        .unwrap();
        let offer = world.commit(0, CommitPlan { adds: vec![package], ..Default::default() });
        let welcome = &offer.welcomes[0];
        let opened = crate::kit::pass_welcome(&device, welcome);
        let tree = world.tracker.ratchet_tree();
        // A failed join uses nothing up.
        let wrong_tree = &tree[..tree.len() - 1];
        assert!(matches!(Group::join(&device.provider, &opened, wrong_tree), Err(JoinError::Invalid)));
        let other = World::of(Suite::Classic, 3).tracker.ratchet_tree();
        assert!(matches!(Group::join(&device.provider, &opened, &other), Err(JoinError::Invalid)));
        let group = Group::join(&device.provider, &opened, &tree).unwrap();
        group.delete(&device.provider).unwrap();
        let entry =
            asterism_mls::key_package::entry_private(&device.provider, &welcome.key_package_ref).unwrap();
        assert_eq!(entry.is_some(), last_resort);
        let again = Group::join(&device.provider, &opened, &tree);
        assert_eq!(again.is_ok(), last_resort);
        let stranger = Device::new(5, 1);
        assert!(matches!(Group::join(&stranger.provider, &opened, &tree), Err(JoinError::NotForUs)));
    }
}

#[test]
fn the_servers_view_goes_between_threads() {
    fn assert_send<T: Send>() {}
    fn assert_sync<T: Sync>() {}
    assert_send::<asterism_mls::Tracker>();
    assert_sync::<asterism_mls::Tracker>();
    assert_send::<asterism_mls::tracker::Judged>();
    assert_send::<Group>();
}

#[test]
fn a_namespaces_records_begin_with_its_prefix() {
    let world = World::of(Suite::Classic, 2);
    let store = world.members[0].device.provider.store();
    let prefix = asterism_mls::provider::namespace_prefix(b"now");
    assert_ne!(prefix, asterism_mls::provider::namespace_prefix(b"no"));
    assert!(store.keys().iter().all(|k| k.starts_with(&prefix)));
    // The joiner's key package is used up; nothing of the device remains beside its group.
    let joined = world.members[1].device.provider.store();
    assert!(joined.keys().iter().all(|k| k.starts_with(&prefix)));
}

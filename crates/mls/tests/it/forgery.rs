//! Forged identities and unlawful foundings: refused by the server, by members and by those who come in.

use crate::{
    adversary::assert_invalid,
    kit::{CONVERSATION, Device, HEAD, Member, VAULT_KEY, World, aad},
};
use asterism_mls::{
    Suite, Tracker,
    group::Entry,
    hostile::{enter_with, found_with, key_package_with, offer_with},
    tracker::FoundError,
};
use asterism_policy::{Leaf, PolicyState};

/// A device whose certificate was made by somebody else's account key.
fn forged_device(world: &World) -> (Device, Leaf) {
    let victim = world.members[1].device.leaf();
    let mut device = Device::new(66, 1);
    let mut credential =
        <asterism_wire::account::DeviceCredential as prost::Message>::decode(device.credential.as_slice())
            .unwrap();
    credential.account = victim.account.to_vec();
    device.credential = prost::Message::encode_to_vec(&credential);
    let leaf = Leaf { account: victim.account, device: device.leaf().device };
    (device, leaf)
}

#[test]
fn a_forged_certificate_is_refused_everywhere() {
    let mut world = World::of(Suite::Classic, 3);
    let link = world.add_link(1, |_| {});
    let (device, leaf) = forged_device(&world);
    // Added by a member in league with it.
    let package = key_package_with(&device.provider, &device.key, &device.credential, Suite::Classic);
    assert!(asterism_mls::key_package::KeyPackageInfo::read(&package, Suite::Classic).is_err());
    let Member { device: admin, group } = &mut world.members[0];
    let offer = offer_with(group, &admin.provider, &admin.key, std::slice::from_ref(&package), &aad());
    group.abandon(&admin.provider).unwrap();
    assert_invalid(&mut world, 0, &offer.commit);
    // Entering by link, or as a further device of the victim.
    let tree = world.tracker.ratchet_tree();
    for entry in [
        Entry::Ticket { link: &link, vault_key: VAULT_KEY },
        Entry::OwnDevice { account_key: &device.account_key },
    ] {
        let provider = &Device::new(66, 2).provider;
        let offer = enter_with(
            provider,
            &device.key,
            &device.credential,
            leaf,
            &world.group_info,
            &tree,
            entry,
            world.epoch,
            HEAD,
        );
        assert_invalid(&mut world, usize::MAX, &offer.commit);
    }
    // In a tree that is founded, joined by welcome, or entered.
    let state = PolicyState::group(CONVERSATION, leaf.account);
    let genesis = found_with(&device.provider, &device.key, &device.credential, Suite::Classic, &state);
    let refused = Tracker::found(&genesis.group_info, &genesis.ratchet_tree).unwrap_err();
    assert_eq!(refused, FoundError::Credential);
}

#[test]
fn nobody_joins_or_enters_a_group_with_a_forged_member() {
    let mut world = World::of(Suite::Classic, 2);
    let (forged, _) = forged_device(&world);
    let forged_package = key_package_with(&forged.provider, &forged.key, &forged.credential, Suite::Classic);
    let newcomer = Device::new(5, 1);
    let honest = newcomer.key_package(Suite::Classic);
    let Member { device, group } = &mut world.members[0];
    let offer = offer_with(group, &device.provider, &device.key, &[forged_package, honest], &aad());
    group.adopt(&device.provider).unwrap();
    let tree = group.ratchet_tree();
    let info = group.group_info(&device.provider, &device.key).unwrap();
    assert_eq!(Tracker::found(&info, &tree).unwrap_err(), FoundError::Credential);
    let opened = crate::kit::pass_welcome(&newcomer, &offer.welcomes[1]);
    let refused = asterism_mls::Group::join(&newcomer.provider, &opened, &tree);
    assert!(matches!(refused, Err(asterism_mls::group::JoinError::Untrusted)));
    let own = Device::new(1, 2);
    let parent = asterism_wire::Epoch { number: group.epoch(), opened_by: world.epoch.opened_by };
    let refused = asterism_mls::Group::enter(
        &own.provider,
        &own.key,
        &own.credential,
        &info,
        &tree,
        Entry::OwnDevice { account_key: &own.account_key },
        parent,
        HEAD,
    );
    assert!(matches!(refused, Err(asterism_mls::group::EnterError::Untrusted)));
    assert!(own.provider.store().is_empty());
}

#[test]
fn a_conversation_is_founded_by_the_rules() {
    let (a, b) = (Device::new(1, 1), Device::new(2, 1));
    let direct = crate::kit::direct_state(&a, &b);
    let found = |device: &Device, suite, state: &PolicyState| {
        let fresh = device.on(asterism_mls::MemoryState::default());
        let genesis = found_with(&fresh.provider, &fresh.key, &fresh.credential, suite, state);
        Tracker::found(&genesis.group_info, &genesis.ratchet_tree)
    };
    assert_eq!(found(&a, Suite::Classic, &direct).unwrap_err(), FoundError::Suite);
    let tracker = found(&a, Suite::Hybrid, &direct).unwrap();
    assert_eq!(tracker.check_genesis(a.leaf()), Ok(()));
    assert_eq!(tracker.check_genesis(b.leaf()), Err(FoundError::NotGenesis));
    let mut rich = PolicyState::group(CONVERSATION, a.leaf().account);
    rich.vault_generation = 7;
    let tracker = found(&a, Suite::Classic, &rich).unwrap();
    assert_eq!(tracker.check_genesis(a.leaf()), Err(FoundError::NotGenesis));
    let mut newer = PolicyState::group(CONVERSATION, a.leaf().account);
    newer.version_floor = 99;
    assert_eq!(found(&a, Suite::Classic, &newer).unwrap_err(), FoundError::VersionFloor);
    let mut odd = PolicyState::group(CONVERSATION, a.leaf().account);
    odd.roles.push(odd.roles[0].clone());
    assert_eq!(found(&a, Suite::Classic, &odd).unwrap_err(), FoundError::State);
    let world = World::of(Suite::Classic, 2);
    assert_eq!(world.tracker.check_genesis(a.leaf()), Err(FoundError::NotGenesis));
}

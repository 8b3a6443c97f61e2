//! Entering by link or as a further device: what is lawful, and what the server cannot see.

use crate::kit::{Device, HEAD, Member, NOW, VAULT_KEY, World, no_vault_key, vault_key};
use asterism_mls::{
    CommitError, Group, Suite,
    group::{CommitPlan, EnterError, Entry},
    link::LinkKeys,
};
use asterism_policy::{Author, Denial, Role};
use asterism_wire::{Epoch, Seq, Timestamp, entry::RefusalReason};

fn enters_by_link(suite: Suite) {
    let mut world = World::of(suite, 3);
    let link = world.add_link(1, |t| t.role = Role::Moderator as i32);
    let device = Device::new(9, 1);
    let leaf = device.leaf();
    let offer = world.enter(device, Entry::Ticket { link: &link, vault_key: VAULT_KEY });
    assert_eq!(offer.facts.author, Author::Ticket { leaf, ticket: link.ticket_id });
    assert_eq!(world.tracker.state().ticket(link.ticket_id).unwrap().uses, 1);
    assert_eq!(world.tracker.state().role(leaf.account, NOW), Role::Moderator);
    world.talk();
    // The newcomer commits, survives a restart, and somebody else enters after it.
    world.commit(3, CommitPlan { refresh: true, ..Default::default() });
    let device = world.members[3].device.restarted();
    let group = device.load();
    world.members[3] = Member { device, group };
    world.enter(Device::new(10, 1), Entry::Ticket { link: &link, vault_key: VAULT_KEY });
    world.talk();
}

#[test]
fn somebody_enters_a_classic_group_by_link() {
    enters_by_link(Suite::Classic);
}

#[test]
fn somebody_enters_a_hybrid_group_by_link() {
    enters_by_link(Suite::Hybrid);
}

#[test]
fn with_a_wrong_vault_key_the_server_sees_nothing_and_every_member_refuses() {
    let mut world = World::of(Suite::Classic, 3);
    let link = world.add_link(1, |_| {});
    let device = Device::new(9, 1);
    let (_, offer) = world.try_enter(&device, Entry::Ticket { link: &link, vault_key: [0; 32] });
    let judged = world.judge(&offer.commit);
    world.tracker.check_group_info(&judged, &offer.group_info).unwrap();
    for Member { device, group } in &mut world.members {
        let refused =
            group.handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &vault_key).unwrap_err();
        assert!(matches!(refused, CommitError::ConfirmationTag));
        assert_eq!(refused.refusal(), Some(RefusalReason::ConfirmationTag));
        let waits = group
            .handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &no_vault_key)
            .unwrap_err();
        assert!(matches!(waits, CommitError::MissingVaultKey));
        assert_eq!(waits.refusal(), None);
    }
    // Nobody is stuck: the epoch goes on with somebody who holds the key.
    world.enter(Device::new(10, 1), Entry::Ticket { link: &link, vault_key: VAULT_KEY });
    world.talk();
}

#[test]
fn a_link_binds_its_role_uses_and_expiry() {
    let mut world = World::of(Suite::Classic, 2);
    let link = world.add_link(1, |t| {
        t.uses_max = 1;
        t.expires_ms = NOW.0 + 10;
    });
    let entry = || Entry::Ticket { link: &link, vault_key: VAULT_KEY };
    let (_, offer) = world.try_enter(&Device::new(9, 1), entry());
    let late = Timestamp(NOW.0 + 10);
    assert_denied(&mut world, &offer.commit, late, Denial::TicketExpired);
    world.enter(Device::new(9, 1), entry());
    let device = Device::new(10, 1);
    let unknown = LinkKeys::derive(&[99; 32]);
    let again = |link| {
        let entry = Entry::Ticket { link, vault_key: VAULT_KEY };
        let tree = world.tracker.ratchet_tree();
        let refused = Group::enter(
            &device.provider,
            &device.key,
            &device.credential,
            &world.group_info,
            &tree,
            entry,
            world.epoch,
            HEAD,
        );
        refused.unwrap_err()
    };
    assert!(matches!(again(&link), EnterError::UsedUp));
    assert!(matches!(again(&unknown), EnterError::UnknownTicket));
    assert!(device.provider.store().is_empty());
}

fn assert_denied(world: &mut World, commit: &[u8], now: Timestamp, denial: Denial) {
    let server = world.tracker.judge(commit, world.epoch, now).unwrap_err();
    assert!(matches!(server, CommitError::Policy(d) if d == denial), "{server:?}");
    for Member { device, group } in &mut world.members {
        let member = group.handle_commit(&device.provider, commit, world.epoch, now, &vault_key).unwrap_err();
        assert!(matches!(member, CommitError::Policy(d) if d == denial), "{member:?}");
        assert_eq!(member.code(), server.code());
    }
}

#[test]
fn a_further_device_enters_on_its_accounts_word() {
    let mut world = World::of(Suite::Hybrid, 2);
    let account_key = Device::new(2, 1).account_key;
    let device = Device::new(2, 2);
    let leaf = device.leaf();
    let offer = world.enter(device, Entry::OwnDevice { account_key: &account_key });
    assert_eq!(offer.facts.author, Author::OwnDevice(leaf));
    assert_eq!(world.tracker.roster().leaves_of(leaf.account), 2);
    world.talk();
}

#[test]
fn a_repaired_device_replaces_its_own_leaf() {
    let mut world = World::of(Suite::Classic, 3);
    let broken = world.members.remove(1).device;
    let fresh = broken.on(asterism_mls::MemoryState::default());
    let account_key = fresh.account_key.clone();
    let offer = world.enter(fresh, Entry::OwnDevice { account_key: &account_key });
    assert_eq!(offer.facts.removes, [broken.leaf()]);
    assert_eq!(world.tracker.leaves().len(), 3);
    assert_eq!(world.tracker.state().vault_generation, 0);
    world.talk();
}

#[test]
fn a_stranger_does_not_enter_as_a_further_device() {
    let world = World::of(Suite::Classic, 2);
    let stranger = Device::new(9, 1);
    let refused = Group::enter(
        &stranger.provider,
        &stranger.key,
        &stranger.credential,
        &world.group_info,
        &world.tracker.ratchet_tree(),
        Entry::OwnDevice { account_key: &stranger.account_key },
        world.epoch,
        HEAD,
    );
    assert!(matches!(refused, Err(EnterError::NotAParticipant)));
}

#[test]
fn a_wrong_signature_does_not_enter() {
    let mut world = World::of(Suite::Classic, 2);
    let link = world.add_link(1, |_| {});
    // Who knows the vault key and the public halves but not the link's secret.
    let mut forged = LinkKeys::derive(&[1; 32]);
    forged.signing = LinkKeys::derive(&[2; 32]).signing;
    let (_, offer) =
        world.try_enter(&Device::new(9, 1), Entry::Ticket { link: &forged, vault_key: VAULT_KEY });
    assert_invalid(&mut world, &offer.commit);
    let (_, offer) =
        world.try_enter(&Device::new(2, 2), Entry::OwnDevice { account_key: &Device::new(1, 1).account_key });
    assert_invalid(&mut world, &offer.commit);
    drop(link);
}

fn assert_invalid(world: &mut World, commit: &[u8]) {
    assert!(matches!(world.tracker.judge(commit, world.epoch, NOW), Err(CommitError::Invalid)));
    for Member { device, group } in &mut world.members {
        let member = group.handle_commit(&device.provider, commit, world.epoch, NOW, &vault_key).unwrap_err();
        assert!(matches!(member, CommitError::Invalid), "{member:?}");
    }
}

#[test]
fn a_proof_is_for_one_parent_only() {
    let mut world = World::of(Suite::Classic, 2);
    let link = world.add_link(1, |_| {});
    let (_, offer) = world.try_enter(&Device::new(9, 1), Entry::Ticket { link: &link, vault_key: VAULT_KEY });
    // The same number again, after a void: opened by another entry.
    let again = Epoch { number: world.epoch.number, opened_by: Seq(world.epoch.opened_by.0 + 1) };
    assert!(matches!(world.tracker.judge(&offer.commit, again, NOW), Err(CommitError::Invalid)));
    let stale = Epoch { number: world.epoch.number + 1, opened_by: world.epoch.opened_by };
    assert!(matches!(world.tracker.judge(&offer.commit, stale, NOW), Err(CommitError::WrongEpoch)));
}

#[test]
fn a_removed_account_does_not_enter_by_link() {
    let mut world = World::of(Suite::Classic, 3);
    let link = world.add_link(1, |_| {});
    let at = world.index_of(&world.members[2].device);
    world.commit(0, CommitPlan { removes: vec![at], ..Default::default() });
    let (_, offer) = world.try_enter(&Device::new(3, 1), Entry::Ticket { link: &link, vault_key: VAULT_KEY });
    assert_denied(&mut world, &offer.commit, NOW, Denial::Barred);
}

#[test]
fn the_group_info_must_be_of_the_named_epoch() {
    let world = World::of(Suite::Classic, 2);
    let device = Device::new(2, 2);
    let wrong = Epoch { number: world.epoch.number + 1, opened_by: world.epoch.opened_by };
    let refused = Group::enter(
        &device.provider,
        &device.key,
        &device.credential,
        &world.group_info,
        &world.tracker.ratchet_tree(),
        Entry::OwnDevice { account_key: &device.account_key },
        wrong,
        HEAD,
    );
    assert!(matches!(refused, Err(EnterError::WrongEpoch)));
    assert!(device.provider.store().is_empty());
}

//! One malformed commit per rule: what the server refuses, and what only members can.

use crate::kit::{Device, Member, NOW, VAULT_KEY, World, aad, vault_key};
use asterism_mls::{
    CommitError, Suite,
    group::{CommitPlan, Entry},
    hostile::{Flaw, Forged, malform, offer_with, with_encryption_key},
    key_package::{KeyPackageError, KeyPackageInfo},
    tracker::GroupInfoError,
};
use asterism_policy::{Change, Changes, Denial, Role, SetRole, UseTicket, What};
use asterism_wire::entry::RefusalReason;
use openmls::messages::proposals::{AppDataUpdateProposal, Proposal};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::Serialize as _;

/// Member `by`'s commit with a flaw.
fn forge(world: &mut World, by: usize, plan: CommitPlan, flaw: &Flaw) -> Forged {
    let offer = world.offer(by, plan);
    let Member { device, group } = &mut world.members[by];
    let member = Some((&*group, &device.provider));
    let forged = malform(&offer.commit, &offer.group_info, &world.group_info, &device.key, member, flaw);
    group.abandon(&device.provider).unwrap();
    forged
}

fn refresh() -> CommitPlan {
    CommitPlan { refresh: true, ..Default::default() }
}

fn assert_members(world: &mut World, but: usize, commit: &[u8], expected: RefusalReason) {
    for (i, Member { device, group }) in world.members.iter_mut().enumerate() {
        if i == but {
            continue;
        }
        let refused =
            group.handle_commit(&device.provider, commit, world.epoch, NOW, &vault_key).unwrap_err();
        assert_eq!(refused.refusal(), Some(expected), "member {i}: {refused:?}");
    }
}

/// The server and every member refuse it as invalid.
pub(crate) fn assert_invalid(world: &mut World, but: usize, commit: &[u8]) {
    let server = world.tracker.judge(commit, world.epoch, NOW).unwrap_err();
    assert!(matches!(server, CommitError::Invalid), "{server:?}");
    assert_members(world, but, commit, RefusalReason::Invalid);
}

/// The server takes it, the members refuse it, and the group goes on from the epoch before.
fn assert_passes_the_server_only(suite: Suite, flaw: &Flaw, expected: RefusalReason) {
    let mut world = World::of(suite, 4);
    world.commit(1, refresh());
    let forged = forge(&mut world, 2, refresh(), flaw);
    let judged = world.judge(&forged.commit);
    world.tracker.check_group_info(&judged, &forged.group_info).unwrap();
    assert_members(&mut world, 2, &forged.commit, expected);
    world.commit(0, refresh());
    world.talk();
}

#[test]
fn a_wrong_confirmation_tag_is_refused_by_members() {
    for suite in Suite::ALL {
        assert_passes_the_server_only(suite, &Flaw::ConfirmationTag, RefusalReason::ConfirmationTag);
    }
}

#[test]
fn wrong_path_secrets_are_refused_by_members() {
    for suite in Suite::ALL {
        assert_passes_the_server_only(suite, &Flaw::PathSecrets, RefusalReason::Path);
    }
}

#[test]
fn misshapen_path_secrets_are_refused_by_members() {
    for suite in Suite::ALL {
        for flaw in [Flaw::NoPathSecrets, Flaw::ShortKemOutputs] {
            assert_passes_the_server_only(suite, &flaw, RefusalReason::Path);
        }
    }
}

#[test]
fn a_path_of_the_wrong_length_is_refused_by_everybody() {
    for flaw in [Flaw::ShortPath, Flaw::LongPath] {
        let mut world = World::of(Suite::Classic, 4);
        world.commit(1, refresh());
        let forged = forge(&mut world, 2, refresh(), &flaw);
        let server = world.tracker.judge(&forged.commit, world.epoch, NOW).unwrap_err();
        assert!(matches!(server, CommitError::Invalid), "{server:?}");
        for Member { device, group } in &mut world.members[..2] {
            let refused = group
                .handle_commit(&device.provider, &forged.commit, world.epoch, NOW, &vault_key)
                .unwrap_err();
            assert!(refused.refusal().is_some(), "{refused:?}");
        }
    }
}

#[test]
fn a_misshapen_external_init_is_refused_by_members() {
    for suite in Suite::ALL {
        let mut world = World::of(suite, 3);
        let link = world.add_link(1, |_| {});
        let entry = Entry::Ticket { link: &link, vault_key: VAULT_KEY };
        let forged = forge_entry(&world, entry, &Device::new(9, 1), &Flaw::ShortExternalInit);
        let judged = world.judge(&forged.commit);
        world.tracker.check_group_info(&judged, &forged.group_info).unwrap();
        assert_members(&mut world, usize::MAX, &forged.commit, RefusalReason::Invalid);
    }
}

#[test]
fn a_leaf_that_nobody_can_seal_to_is_refused() {
    // Otherwise its owner could stop everybody else from committing.
    for (suite, key) in [
        (Suite::Classic, vec![0; 32]),
        (Suite::Classic, vec![9; 31]),
        (Suite::Hybrid, vec![0xFF; 1_216]),
        (Suite::Hybrid, vec![9; 32]),
    ] {
        let mut world = World::of(suite, 2);
        let device = Device::new(9, 1);
        let package = with_encryption_key(&device.key_package(suite), &device.key, &key);
        let refused = KeyPackageInfo::read(&package, suite);
        assert!(matches!(refused, Err(KeyPackageError::Malformed)), "{refused:?}");
        let Member { device: admin, group } = &mut world.members[0];
        let offer = offer_with(group, &admin.provider, &admin.key, &[package], &aad());
        group.abandon(&admin.provider).unwrap();
        assert_invalid(&mut world, 0, &offer.commit);
    }
}

#[test]
fn a_path_that_nobody_can_seal_to_is_refused() {
    // Consistent in everything, but the key of the lowest node (1st derivation) or of the leaf (3rd) is none.
    // Of the members only the author's neighbour could tell for the node, and nobody for the leaf; but
    // everybody would have to seal to it.
    // On this thread alone, so that the derivations come in one order.
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let _one = one.expect("this thread is in no pool yet");
    for nth in [1, 3] {
        let mut world = World::of(Suite::Classic, 4);
        world.members[1].device.provider.crypto().spoil_derivation(nth);
        let offer = world.offer(1, refresh());
        let server = world.tracker.judge(&offer.commit, world.epoch, NOW).unwrap_err();
        assert!(matches!(server, CommitError::Invalid), "{server:?}");
        for Member { device, group } in &mut world.members[2..] {
            let refused = group
                .handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &vault_key)
                .unwrap_err();
            assert!(matches!(refused, CommitError::Invalid), "{refused:?}");
        }
    }
}

#[test]
fn a_wrong_membership_tag_is_refused_by_members() {
    assert_passes_the_server_only(Suite::Classic, &Flaw::MembershipTag, RefusalReason::Invalid);
}

#[test]
fn forging_without_a_flaw_is_lawful() {
    // Otherwise the refusals of this file would prove nothing.
    let mut world = World::of(Suite::Classic, 3);
    let nothing = Flaw::Changes(Changes::default());
    let forged = forge(&mut world, 1, refresh(), &nothing);
    let judged = world.judge(&forged.commit);
    world.tracker.check_group_info(&judged, &forged.group_info).unwrap();
    let link = world.add_link(1, |_| {});
    let (_, offer) = world.try_enter(&Device::new(9, 1), Entry::Ticket { link: &link, vault_key: VAULT_KEY });
    let same = Flaw::Changes(offer.facts.changes.clone().unwrap());
    let signer = &Device::new(9, 1).key;
    let previous = &world.group_info;
    let forged =
        malform::<asterism_mls::MemoryState>(&offer.commit, &offer.group_info, previous, signer, None, &same);
    assert_eq!(forged.commit, offer.commit);
    assert_eq!(forged.group_info, offer.group_info);
}

#[test]
fn a_wrong_signature_is_refused_by_everybody() {
    let mut world = World::of(Suite::Classic, 3);
    let forged = forge(&mut world, 1, refresh(), &Flaw::Signature);
    assert_invalid(&mut world, 1, &forged.commit);
}

/// An entry by link with a flaw, signed by the joiner.
fn forge_entry(world: &World, entry: Entry<'_>, device: &Device, flaw: &Flaw) -> Forged {
    let (_, offer) = world.try_enter(device, entry);
    let previous = &world.group_info;
    malform::<asterism_mls::MemoryState>(&offer.commit, &offer.group_info, previous, &device.key, None, flaw)
}

#[test]
fn an_entry_with_a_wrong_tag_or_path_passes_the_server_only() {
    for (flaw, reason) in
        [(Flaw::ConfirmationTag, RefusalReason::ConfirmationTag), (Flaw::PathSecrets, RefusalReason::Path)]
    {
        let mut world = World::of(Suite::Classic, 3);
        let link = world.add_link(1, |_| {});
        let entry = Entry::Ticket { link: &link, vault_key: VAULT_KEY };
        let forged = forge_entry(&world, entry, &Device::new(9, 1), &flaw);
        let judged = world.judge(&forged.commit);
        world.tracker.check_group_info(&judged, &forged.group_info).unwrap();
        assert_members(&mut world, usize::MAX, &forged.commit, reason);
    }
}

#[test]
fn an_entry_smuggles_no_removal() {
    let mut world = World::of(Suite::Classic, 3);
    let link = world.add_link(1, |_| {});
    let victim = world.index_of(&world.members[2].device);
    let by_link = Entry::Ticket { link: &link, vault_key: VAULT_KEY };
    let forged = forge_entry(&world, by_link, &Device::new(9, 1), &Flaw::Remove(victim));
    assert_invalid(&mut world, usize::MAX, &forged.commit);
    let account_key = Device::new(2, 1).account_key;
    let own = Entry::OwnDevice { account_key: &account_key };
    let forged = forge_entry(&world, own, &Device::new(2, 2), &Flaw::Remove(victim));
    assert_invalid(&mut world, usize::MAX, &forged.commit);
    // Nor of another device of the same account.
    let sister = world.index_of(&Device::new(2, 1));
    let own = Entry::OwnDevice { account_key: &account_key };
    let forged = forge_entry(&world, own, &Device::new(2, 2), &Flaw::Remove(sister));
    assert_invalid(&mut world, usize::MAX, &forged.commit);
}

#[test]
fn an_entry_smuggles_no_other_change() {
    let mut world = World::of(Suite::Classic, 3);
    let link = world.add_link(1, |_| {});
    let device = Device::new(9, 1);
    let used: Change = What::UseTicket(UseTicket { ticket: link.ticket_id.to_vec() }).into();
    let promoted: Change = What::SetRole(SetRole {
        account: device.leaf().account.to_vec(),
        role: Role::Owner as i32,
        until_ms: 0,
    })
    .into();
    for changes in [vec![used.clone(), promoted.clone()], vec![promoted], vec![], vec![used.clone(), used]] {
        let entry = Entry::Ticket { link: &link, vault_key: VAULT_KEY };
        let forged = forge_entry(&world, entry, &Device::new(9, 1), &Flaw::Changes(Changes { changes }));
        let denied = world.tracker.judge(&forged.commit, world.epoch, NOW).unwrap_err();
        assert!(matches!(denied, CommitError::Policy(Denial::Inconsistent)), "{denied:?}");
        assert_members(&mut world, usize::MAX, &forged.commit, RefusalReason::Policy);
    }
    let entry = Entry::Ticket { link: &link, vault_key: VAULT_KEY };
    let forged = forge_entry(&world, entry, &device, &Flaw::RepeatedChanges);
    assert_invalid(&mut world, usize::MAX, &forged.commit);
}

#[test]
fn an_own_device_changes_nothing_else() {
    let mut world = World::of(Suite::Classic, 2);
    let account = Device::new(2, 1).leaf().account.to_vec();
    let promoted = What::SetRole(SetRole { account, role: Role::Admin as i32, until_ms: 0 }).into();
    let body = AppDataUpdateProposal::update(0x8001, Changes { changes: vec![promoted] }.to_bytes());
    let encoded = [&[0, 8][..], &body.tls_serialize_detached().unwrap()].concat();
    let account_key = Device::new(2, 1).account_key;
    let entry = Entry::OwnDevice { account_key: &account_key };
    let forged = forge_entry(&world, entry, &Device::new(2, 2), &Flaw::Proposal(encoded));
    let denied = world.tracker.judge(&forged.commit, world.epoch, NOW).unwrap_err();
    assert!(matches!(denied, CommitError::Policy(Denial::Inconsistent)), "{denied:?}");
    assert_members(&mut world, usize::MAX, &forged.commit, RefusalReason::Policy);
}

#[test]
fn a_member_proposes_only_what_we_know() {
    let other_component = Proposal::AppDataUpdate(Box::new(AppDataUpdateProposal::update(0x8002, b"x")));
    let removal = Proposal::AppDataUpdate(Box::new(AppDataUpdateProposal::remove(0x8001)));
    let mut encoded: Vec<Vec<u8>> =
        [other_component, removal].iter().map(|p| p.tls_serialize_detached().unwrap()).collect();
    encoded.push(vec![0, 7, 0]); // group context extensions: none any more
    encoded.push(vec![0, 10]); // self remove, draft-ietf-mls-extensions
    encoded.push([&[0, 5][..], &[2, 4, 5, 0, 1, 0]].concat()); // re-init
    encoded.push([&[0, 6][..], &[1, b'x']].concat()); // external init from inside
    encoded.push(vec![0xF0, 0x00, 0]); // a custom one
    for proposal in encoded {
        let mut world = World::of(Suite::Classic, 2);
        let forged = forge(&mut world, 0, refresh(), &Flaw::Proposal(proposal));
        assert_invalid(&mut world, 0, &forged.commit);
    }
}

#[test]
fn an_admin_that_breaks_the_books_is_refused() {
    let mut world = World::of(Suite::Classic, 3);
    let victim = world.index_of(&world.members[2].device);
    // A removal must say that the vault's generation changes; one without an update of the state does not.
    let forged = forge(&mut world, 0, refresh(), &Flaw::Remove(victim));
    let denied = world.tracker.judge(&forged.commit, world.epoch, NOW).unwrap_err();
    assert!(matches!(denied, CommitError::Policy(Denial::Inconsistent)), "{denied:?}");
    assert_members(&mut world, 0, &forged.commit, RefusalReason::Policy);
}

#[test]
fn a_group_info_must_belong_to_its_commit() {
    let mut world = World::of(Suite::Classic, 3);
    let offer = world.offer(0, refresh());
    let judged = world.judge(&offer.commit);
    let check = |info: &[u8]| world.tracker.check_group_info(&judged, info);
    assert_eq!(check(&offer.group_info), Ok(()));
    assert_eq!(check(&world.group_info), Err(GroupInfoError::Mismatch));
    assert_eq!(check(&offer.commit), Err(GroupInfoError::Malformed));
    let mut changed = offer.group_info.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(check(&changed), Err(GroupInfoError::Signature));
    // Another member's, made after the same commit: not its author's.
    let Member { device, group } = &mut world.members[1];
    let staged = group.handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &vault_key).unwrap();
    group.merge(&device.provider, staged).unwrap();
    let other = group.group_info(&device.provider, &device.key).unwrap();
    assert_eq!(world.tracker.check_group_info(&judged, &other), Err(GroupInfoError::Mismatch));
}

//! The group's rules, judged alike by the server and by every member.

use crate::kit::{Device, Member, NOW, World, add_ticket, vault_key};
use asterism_mls::{CommitError, Suite, group::CommitPlan, link::LinkKeys};
use asterism_policy::{Denial, Role, SetRole, What};
use asterism_wire::{ErrorCode, signing};

fn assert_denied(world: &mut World, commit: &[u8], denial: Denial) {
    let server = world.tracker.judge(commit, world.epoch, NOW).unwrap_err();
    assert!(matches!(server, CommitError::Policy(d) if d == denial), "{server:?}");
    for Member { device, group } in &mut world.members {
        let member = group.handle_commit(&device.provider, commit, world.epoch, NOW, &vault_key).unwrap_err();
        assert!(matches!(member, CommitError::Policy(d) if d == denial), "{member:?}");
        assert_eq!(member.code(), server.code());
    }
}

#[test]
fn a_member_may_not_remove_others() {
    let mut world = World::of(Suite::Classic, 3);
    let victim = world.index_of(&world.members[2].device);
    let offer = world.offer(1, CommitPlan { removes: vec![victim], ..Default::default() });
    assert_denied(&mut world, &offer.commit, Denial::Forbidden);
    assert_eq!(
        world.tracker.judge(&offer.commit, world.epoch, NOW).unwrap_err().code(),
        ErrorCode::Forbidden
    );
}

#[test]
fn a_member_may_not_add_strangers_but_its_own_devices() {
    let mut world = World::of(Suite::Classic, 2);
    let stranger = Device::new(9, 1).key_package(Suite::Classic);
    let offer = world.offer(1, CommitPlan { adds: vec![stranger], ..Default::default() });
    assert_denied(&mut world, &offer.commit, Denial::Forbidden);
    let Member { device, group } = &mut world.members[1];
    group.abandon(&device.provider).unwrap();
    let own = Device::new(2, 2);
    let adds = vec![own.key_package(Suite::Classic)];
    let offer = world.commit(1, CommitPlan { adds, ..Default::default() });
    assert_eq!(offer.facts.adds, [own.leaf()]);
}

#[test]
fn a_member_may_not_promote_itself() {
    let mut world = World::of(Suite::Classic, 2);
    let account = world.members[1].device.leaf().account.to_vec();
    let change = What::SetRole(SetRole { account, role: Role::Admin as i32, until_ms: 0 }).into();
    let offer = world.offer(1, CommitPlan { changes: vec![change], ..Default::default() });
    assert_denied(&mut world, &offer.commit, Denial::Forbidden);
}

#[test]
fn an_admin_promotes_and_the_promoted_may() {
    let mut world = World::of(Suite::Classic, 3);
    let account = world.members[1].device.leaf().account;
    let role = SetRole { account: account.to_vec(), role: Role::Admin as i32, until_ms: 0 };
    world.commit(0, CommitPlan { changes: vec![What::SetRole(role).into()], ..Default::default() });
    assert_eq!(world.tracker.state().role(account, NOW), Role::Admin);
    let victim = world.index_of(&world.members[2].device);
    world.commit(1, CommitPlan { removes: vec![victim], ..Default::default() });
    world.talk();
}

#[test]
fn the_last_admin_stays() {
    let mut world = World::of(Suite::Classic, 2);
    let account = world.members[0].device.leaf().account.to_vec();
    let change = What::SetRole(SetRole { account, role: Role::Member as i32, until_ms: 0 }).into();
    let offer = world.offer(0, CommitPlan { changes: vec![change], ..Default::default() });
    assert_denied(&mut world, &offer.commit, Denial::LastAdmin);
}

#[test]
fn a_link_to_which_nothing_can_be_sealed_is_not_let_in() {
    let mut world = World::of(Suite::Classic, 2);
    let link = LinkKeys::derive(&[1; 32]);
    let change = add_ticket(&link, &world.members[0].device, |ticket| {
        ticket.seal_key = vec![0xff; ticket.seal_key.len()];
        ticket.id = signing::ticket_id(&ticket.signature_key, &ticket.seal_key).to_vec();
    });
    let offer = world.offer(0, CommitPlan { changes: vec![change], ..Default::default() });
    let server = world.tracker.judge(&offer.commit, world.epoch, NOW).unwrap_err();
    assert!(matches!(server, CommitError::Invalid), "{server:?}");
    for Member { device, group } in &mut world.members {
        let member = group.handle_commit(&device.provider, &offer.commit, world.epoch, NOW, &vault_key);
        assert!(matches!(member, Err(CommitError::Invalid)), "{member:?}");
    }
}

#[test]
fn a_hybrid_group_stays_small() {
    let mut world = World::found(Suite::Hybrid);
    let plan = |from: u8, to: u8| CommitPlan {
        adds: (from..to)
            .flat_map(|a| (0..4).map(move |d| Device::new(a, d).key_package(Suite::Hybrid)))
            .collect(),
        ..Default::default()
    };
    world.commit(0, plan(2, 62));
    let Member { device, group } = &mut world.members[0];
    let refused = group.offer(&device.provider, &device.key, plan(62, 66), &crate::kit::aad());
    assert!(matches!(refused, Err(asterism_mls::group::OfferError::Limit)));
}

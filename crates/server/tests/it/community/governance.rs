//! Changes of a community: one signed order of them.

use super::kit::{Club, Device, World, code, fresh, governance_body, new_link};
use asterism_policy::{CommunityChanges, CommunityWhat, RevokeTicket, Role, SetRole};
use asterism_server::clock::Clock as _;
use asterism_wire::{
    ErrorCode,
    entry::EntryKind,
    frame::{ChannelOpening, GetLink, Happened, SubmitGovernance},
    ids::Seq,
};
use prost::Message as _;

fn set_role(who: &Device, role: Role, until_ms: u64) -> CommunityWhat {
    CommunityWhat::SetRole(SetRole { account: who.caller.account.to_vec(), role: role as i32, until_ms })
}

/// Marie's community, with Ada as an admin.
pub(super) async fn two_admins(world: &World) -> (Device, Device, Club) {
    let (mut marie, ada) = (world.device("marie").await, world.device("ada").await);
    let mut club = Club::found(world, &mut marie).await;
    club.promote(world, &marie, &ada, Role::Admin, 0).await;
    (marie, ada, club)
}

#[tokio::test]
async fn admins_change_it_one_after_the_other_and_are_told() {
    let world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    let cleo = world.device("cleo").await;
    club.open(&world, &ada).await;
    let mut of_ada = club.clone();
    club.promote(&world, &marie, &cleo, Role::Admin, 0).await;
    assert_eq!(ada.pushed_positions(), [club.log.0.0]);
    // Ada has not seen it.
    let late = of_ada.submission(&ada, [set_role(&cleo, Role::Admin, 9)]);
    let failure = world.communities().submit_governance(&ada.caller, late).await.unwrap_err();
    assert_eq!(failure.error_code(), ErrorCode::StaleEpoch);
    assert_eq!(failure.stale.unwrap().head_seq, club.log.0.0);
    assert_eq!(of_ada.follow(&world, &ada).await, [EntryKind::Governance]);
    assert_eq!((of_ada.log, &of_ada.state), (club.log, &club.state));
    let until_ms = world.clock.now().0 + 9;
    of_ada.promote(&world, &ada, &cleo, Role::Admin, until_ms).await;
}

#[tokio::test]
async fn what_was_accepted_gets_its_first_answer_again() {
    let mut world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    let cleo = world.device("cleo").await;
    let request = club.submission(&ada, [set_role(&cleo, Role::Admin, 0)]);
    let first = club.submit(&world, &marie, request.clone()).await;
    assert_eq!(code(first), ErrorCode::Forbidden, "signed by another");
    let first = world.communities().submit_governance(&ada.caller, request.clone()).await.unwrap();
    club.follow(&world, &marie).await;
    world.clock.advance_ms(5);
    let mut epoch = club.next_epoch();
    epoch.renews_inbox = true;
    club.open_epoch(&world, &marie, &epoch, [set_role(&ada, Role::Member, 0)]).await.unwrap();
    let head = club.log;
    for _ in 0..2 {
        // Ada is no admin any more.
        let again = world.communities().submit_governance(&ada.caller, request.clone()).await.unwrap();
        assert_eq!(again, first);
        let other = SubmitGovernance { idempotency: fresh::<16>().to_vec(), ..request.clone() };
        assert_eq!(
            code(world.communities().submit_governance(&ada.caller, other).await),
            ErrorCode::NotAMember
        );
        world.restart().await;
    }
    club.follow(&world, &marie).await;
    assert_eq!(club.log, head);
}

#[tokio::test]
async fn what_the_rules_do_not_allow_is_refused() {
    let world = World::new().await;
    let (marie, ada, club) = two_admins(&world).await;
    let stranger = world.device("stranger").await;
    let submit = async |device: &Device, request| {
        code(world.communities().submit_governance(&device.caller, request).await)
    };
    let role = |who, role| [set_role(who, role, 0)];
    let request = club.submission(&stranger, role(&stranger, Role::Admin));
    assert_eq!(submit(&stranger, request).await, ErrorCode::NotAMember);
    let request = club.submission(&ada, role(&ada, Role::Owner));
    assert_eq!(submit(&ada, request).await, ErrorCode::Forbidden);
    let request = club.submission(&marie, role(&ada, Role::Member));
    assert_eq!(submit(&marie, request).await, ErrorCode::InvalidCommit, "no epoch comes with it");
    let request = club.submission(&marie, []);
    assert_eq!(submit(&marie, request).await, ErrorCode::InvalidCommit);
    let revoke = CommunityWhat::RevokeTicket(RevokeTicket { ticket: vec![1; 16] });
    let request = club.submission(&marie, [revoke]);
    assert_eq!(submit(&marie, request).await, ErrorCode::UnknownLink);

    let good = club.submission(&marie, role(&stranger, Role::Admin));
    let changes = CommunityChanges::of(role(&stranger, Role::Admin)).to_bytes();
    let at = (club.log.0.next(), club.log.1);
    let with = |body: asterism_wire::community::GovernanceBody| SubmitGovernance {
        governance: body.encode_to_vec().into(),
        ..good.clone()
    };
    let mut body = governance_body(&marie, club.id, at, changes.clone());
    body.signature[0] ^= 1;
    assert_eq!(submit(&marie, with(body)).await, ErrorCode::BadSignature);
    let other_head = asterism_wire::head::genesis(club.id.log());
    let body = governance_body(&marie, club.id, (at.0, other_head), changes.clone());
    assert_eq!(submit(&marie, with(body)).await, ErrorCode::BadSignature, "of another history");
    let body = governance_body(&ada, club.id, at, changes);
    assert_eq!(submit(&marie, with(body)).await, ErrorCode::Forbidden, "another's device");
    for seq in [0, at.0.0 - 1, at.0.0 + 1, u64::MAX] {
        let request = SubmitGovernance { seq, ..good.clone() };
        assert_eq!(submit(&marie, request).await, ErrorCode::StaleEpoch);
    }
    let opening = Some(ChannelOpening::default());
    let request = SubmitGovernance { opening, ..good.clone() };
    assert_eq!(submit(&marie, request).await, ErrorCode::IncompleteBundle, "nothing belongs there");
    world.communities().submit_governance(&marie.caller, good).await.unwrap();
}

#[tokio::test]
async fn a_link_comes_with_its_wrap() {
    let world = World::new().await;
    let (marie, _, mut club) = two_admins(&world).await;
    let (link, add) = new_link(&marie, 0, 0);
    let bare = club.submission(&marie, [add]);
    let wrap = club.wrap(&link.seal_public, link.ticket_id, 1);
    let with = |opening| SubmitGovernance { opening: Some(opening), ..bare.clone() };
    let complete = ChannelOpening { wraps: vec![wrap.clone()], ..ChannelOpening::default() };
    let mut late = wrap.clone();
    late.generation = 2;
    let mut empty = wrap.clone();
    empty.sealed.clear();
    let mut other = wrap.clone();
    other.ticket = vec![1; 16];
    let wraps = |wraps| with(ChannelOpening { wraps, ..ChannelOpening::default() });
    let past_key = Some(asterism_wire::vault::PastKey { generation: 0, sealed: vec![1] });
    for request in [
        bare.clone(),
        wraps(vec![]),
        wraps(vec![late]),
        wraps(vec![empty]),
        wraps(vec![other]),
        wraps(vec![wrap.clone(), wrap.clone()]),
        with(ChannelOpening { table: vec![1], ..complete.clone() }),
        with(ChannelOpening { past_key, ..complete.clone() }),
        with(ChannelOpening { done: vec![vec![1; 16]], ..complete.clone() }),
    ] {
        let refused = world.communities().submit_governance(&marie.caller, request).await;
        assert_eq!(code(refused), ErrorCode::IncompleteBundle);
    }
    club.submit(&world, &marie, with(complete)).await.unwrap();
    assert_eq!(club.state.tickets.len(), 1);
}

#[tokio::test]
async fn who_loses_their_role_loses_their_links() {
    let world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    let of_ada = club.add_link(&world, &ada, 0, 0).await;
    let of_marie = club.add_link(&world, &marie, 0, 0).await;
    let mut epoch = club.next_epoch();
    epoch.renews_inbox = true;
    let good = club.opening(&marie, &epoch, [set_role(&ada, Role::Member, 0)]);
    let mut too_many = good.clone();
    let wraps = &mut too_many.opening.as_mut().unwrap().wraps;
    wraps.push(club.wrap(&of_ada.seal_public, of_ada.ticket_id, epoch.number));
    let refused = world.communities().submit_governance(&marie.caller, too_many).await;
    assert_eq!(code(refused), ErrorCode::IncompleteBundle);
    club.submit(&world, &marie, good).await.unwrap();
    let get = async |ticket: asterism_wire::TicketId| {
        world.communities().get_link(&GetLink { ticket: ticket.to_vec() }).await.unwrap()
    };
    assert!(get(of_ada.ticket_id).await.is_none());
    assert_eq!(get(of_marie.ticket_id).await.unwrap().wrap.unwrap().generation, 2);
}

#[tokio::test]
async fn a_role_that_ends_ends_and_its_holder_is_told_so_when_it_is_taken() {
    let world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    let cleo = world.device("cleo").await;
    let until = world.clock.now().0 + 1_000;
    club.promote(&world, &marie, &cleo, Role::Admin, until).await;
    club.open(&world, &cleo).await;
    club.open(&world, &ada).await;
    world.clock.advance_ms(999);
    club.announce(&world, &cleo, "last").await.unwrap();
    assert_eq!(cleo.pushed_positions(), [1]);
    world.clock.advance_ms(1);
    let request = club.post(&cleo, &club.content("late"));
    assert_eq!(code(world.communities().send_post(&cleo.caller, request).await), ErrorCode::NotAMember);
    club.announce(&world, &marie, "on").await.unwrap();
    assert_eq!(cleo.pushed_positions(), [0_u64; 0], "it is over");
    assert_eq!(ada.pushed_positions(), [1, 2]);

    let mut epoch = club.next_epoch();
    epoch.renews_inbox = true;
    club.open_epoch(&world, &marie, &epoch, [set_role(&ada, Role::Member, 0)]).await.unwrap();
    club.announce(&world, &marie, "on").await.unwrap();
    let of_log = |happened: &Happened| match happened {
        Happened::Appended(appended) => (appended.conversation == club.id.to_vec()).then_some(()),
        _ => None,
    };
    let pushes = ada.pushes();
    assert_eq!((pushes.len(), pushes.iter().filter_map(of_log).count()), (1, 1), "the taking of the role");
    let fetch = club.fetch(false, Default::default());
    assert_eq!(code(world.communities().fetch_community(&ada.caller, fetch).await), ErrorCode::NotAMember);
    assert_eq!(club.log.0, Seq(club.state.epoch_opened_by));
}

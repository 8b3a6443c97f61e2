//! Groups of a community.

use super::kit::{Club, Device, GROUP, ROOM, Subscriber, World, code, fresh, genesis, new_link};
use asterism_policy::{CommunityWhat, PolicyState, What};
use asterism_wire::{
    ErrorCode,
    frame::{ChannelOpening, CommunityAccess, CreateConversation, GetGroupFacts, GetLink, SubmitCommit},
    ids::{CommunityId, ConversationId, Epoch, Seq},
};

fn group_of(device: &mut Device, community: CommunityId, group: ConversationId) -> CreateConversation {
    let state = PolicyState::group_of(community, group, device.caller.account);
    genesis(device, &state)
}

/// A commit that adds a device to the device's group; the server is asked, and the device follows.
async fn add(world: &World, by: &mut Device, group: ConversationId, who: &Device) {
    (by.at, by.epoch) = ((Seq(0), asterism_wire::head::genesis(group)), Epoch::default());
    let request = by.commit(&[who], &[], vec![]);
    let request = SubmitCommit { conversation: group.to_vec(), ..request };
    world.conversations().submit_commit(&by.caller, request).await.unwrap();
    by.group.as_mut().unwrap().adopt(&by.provider).unwrap();
    by.at.0 = Seq(1);
}

async fn remove(world: &World, by: &mut Device, group: ConversationId, who: &Device) {
    let head = {
        let request =
            asterism_wire::frame::Fetch { conversation: group.to_vec(), from_seq: 1, entries_max: 0 };
        let page = world.conversations().fetch(&by.caller, request).await.unwrap();
        page.entries.last().unwrap().head.clone()
    };
    by.at = (Seq(1), asterism_wire::ids::Hash::try_from(head).unwrap());
    by.epoch = Epoch { number: 1, opened_by: Seq(1) };
    let request = by.commit(&[], &[who], vec![]);
    let request = SubmitCommit { conversation: group.to_vec(), ..request };
    world.conversations().submit_commit(&by.caller, request).await.unwrap();
}

#[tokio::test]
async fn only_admins_found_groups_of_a_community_that_exists() {
    let mut world = World::new().await;
    let (mut marie, mut ada) = (world.device("marie").await, world.device("ada").await);
    let club = Club::found(&world, &mut marie).await;
    let create = async |world: &World, device: &Device, request| {
        world.conversations().create_conversation(&device.caller, request).await
    };
    for _ in 0..2 {
        let request = group_of(&mut ada, club.id, ConversationId(fresh()));
        assert_eq!(code(create(&world, &ada, request).await), ErrorCode::Forbidden);
        let request = group_of(&mut marie, CommunityId(fresh()), ConversationId(fresh()));
        assert_eq!(code(create(&world, &marie, request).await), ErrorCode::Forbidden);
        let request = group_of(&mut marie, club.id, ConversationId(fresh()));
        create(&world, &marie, request).await.unwrap();
        world.restart().await;
    }
}

#[tokio::test]
async fn a_member_of_a_group_reads_and_enrols_until_they_are_out_of_it() {
    let mut world = World::new().await;
    let mut marie = world.device("marie").await;
    let mut club = Club::found(&world, &mut marie).await;
    let request = group_of(&mut marie, club.id, GROUP);
    world.conversations().create_conversation(&marie.caller, request).await.unwrap();
    let (ada, bo) = (Subscriber::new(&world, "ada").await, Subscriber::new(&world, "bob").await);
    let by_group = Subscriber::by_group(GROUP);
    assert_eq!(code(ada.open(&world, &club, by_group.clone()).await), ErrorCode::NotAMember);
    add(&world, &mut marie, GROUP, &ada.device).await;
    assert_eq!(code(bo.open(&world, &club, by_group.clone()).await), ErrorCode::NotAMember);
    assert_eq!(code(bo.enrol(&world, &club, by_group.clone()).await), ErrorCode::NotAMember);
    for _ in 0..2 {
        ada.open(&world, &club, by_group.clone()).await.unwrap();
        assert_eq!(ada.keys(&world, &club, by_group.clone(), 0).await.unwrap().wrap, None);
        world.restart().await;
    }
    ada.open(&world, &club, by_group.clone()).await.unwrap();
    club.announce(&world, &marie, "one").await.unwrap();
    assert_eq!(ada.device.pushed_positions(), [1]);
    remove(&world, &mut marie, GROUP, &ada.device).await;
    club.announce(&world, &marie, "two").await.unwrap();
    assert_eq!(ada.device.pushed_positions(), [0_u64; 0]);
    assert_eq!(code(ada.open(&world, &club, by_group.clone()).await), ErrorCode::NotAMember);
    assert_eq!(code(ada.enrol(&world, &club, by_group).await), ErrorCode::NotAMember);
}

#[tokio::test]
async fn who_enrols_by_a_group_stays_a_subscriber() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    let mut club = Club::found(&world, &mut marie).await;
    let request = group_of(&mut marie, club.id, GROUP);
    world.conversations().create_conversation(&marie.caller, request).await.unwrap();
    let ada = Subscriber::new(&world, "ada").await;
    add(&world, &mut marie, GROUP, &ada.device).await;
    ada.enrol(&world, &club, Subscriber::by_group(GROUP)).await.unwrap();
    remove(&world, &mut marie, GROUP, &ada.device).await;
    club.seat(&world, &marie, &[&ada]).await;
    assert_eq!(ada.channel_key(&world, &club, 2).await, Some(club.keys[&2]));
}

#[tokio::test]
async fn other_conversations_give_no_access() {
    let world = World::new().await;
    let (mut marie, mut mallory) = (world.device("marie").await, world.device("mallory").await);
    let club = Club::found(&world, &mut marie).await;
    // Anybody may found a room that says that it is the community's.
    let room = ConversationId([21; 16]);
    let state = PolicyState::admin_room(club.id, room, mallory.caller.account);
    let request = genesis(&mut mallory, &state);
    world.conversations().create_conversation(&mallory.caller, request).await.unwrap();
    let plain = ConversationId([22; 16]);
    let state = PolicyState::group(plain, mallory.caller.account);
    let request = genesis(&mut mallory, &state);
    world.conversations().create_conversation(&mallory.caller, request).await.unwrap();
    let mallory = Subscriber::of(mallory);
    for group in [room, plain, ROOM] {
        let refused = mallory.open(&world, &club, Subscriber::by_group(group)).await;
        assert_eq!(code(refused), ErrorCode::NotAMember);
    }
}

#[tokio::test]
async fn a_link_leads_to_one_place() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    let club = Club::found(&world, &mut marie).await;
    let request = group_of(&mut marie, club.id, GROUP);
    world.conversations().create_conversation(&marie.caller, request).await.unwrap();
    let (link, CommunityWhat::AddTicket(add)) = new_link(&marie, 0, 0) else { panic!("no link") };
    (marie.at, marie.epoch) = ((Seq(0), asterism_wire::head::genesis(GROUP)), Epoch::default());
    let commit = marie.commit(&[], &[], vec![What::AddTicket(add.clone()).into()]);
    let commit = SubmitCommit { conversation: GROUP.to_vec(), ..commit };
    world.conversations().submit_commit(&marie.caller, commit).await.unwrap();
    let wrap = club.wrap(&link.seal_public, link.ticket_id, 1);
    let mut request = club.submission(&marie, [CommunityWhat::AddTicket(add)]);
    request.opening = Some(ChannelOpening { wraps: vec![wrap], ..ChannelOpening::default() });
    let refused = world.communities().submit_governance(&marie.caller, request).await;
    assert_eq!(code(refused), ErrorCode::Forbidden);
    let info = GetLink { ticket: link.ticket_id.to_vec() };
    assert_eq!(world.communities().get_link(&info).await.unwrap(), None);
    assert_eq!(world.conversations().get_link(info).await.unwrap().conversation, GROUP.to_vec());
}

#[tokio::test]
async fn facts_are_told_of_the_community_s_groups_only() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    let club = Club::found(&world, &mut marie).await;
    let plain = ConversationId([22; 16]);
    let state = PolicyState::group(plain, marie.caller.account);
    let request = genesis(&mut marie, &state);
    world.conversations().create_conversation(&marie.caller, request).await.unwrap();
    let request = group_of(&mut marie, club.id, GROUP);
    world.conversations().create_conversation(&marie.caller, request).await.unwrap();
    let caller = marie.caller.clone();
    let facts = async |groups: Vec<ConversationId>| {
        let groups = groups.into_iter().map(|group| group.to_vec()).collect();
        let access = Some(CommunityAccess::default());
        let request = GetGroupFacts { community: club.id.to_vec(), access, groups };
        world.communities().get_group_facts(&caller, request).await
    };
    let all = vec![GROUP, plain, ROOM, ConversationId([99; 16]), GROUP];
    let told = facts(all.clone()).await.unwrap().groups;
    assert_eq!((told.len(), told[0].accounts, told[0].vault_generation), (1, 1, 0));
    let ada = world.device("ada").await;
    add(&world, &mut marie, GROUP, &ada).await;
    assert_eq!(facts(all.clone()).await.unwrap().groups[0].accounts, 2);
    remove(&world, &mut marie, GROUP, &ada).await;
    let told = facts(all).await.unwrap().groups;
    assert_eq!((told[0].accounts, told[0].vault_generation), (1, 1));

    assert_eq!(code(facts(vec![GROUP; 257]).await), ErrorCode::LimitExceeded);
    let mut refused = None;
    for _ in 0..80 {
        refused = facts(vec![GROUP]).await.err().map(|failure| failure.error_code());
    }
    assert_eq!(refused, Some(ErrorCode::RateLimited));
}

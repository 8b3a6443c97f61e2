//! What is in memory can be read from the store again at any moment.

use super::{
    channel::three_wait,
    kit::{Club, Device, Subscriber, World, first_changes, genesis},
};
use asterism_policy::{CommunityWhat, PolicyState, RevokeTicket};
use asterism_server::conversation::Config;
use asterism_wire::{
    frame::{
        GetChannelKeys, GetChannelTable, GetCommunityVault, GetDeposits, GetLink, GetSubscribers,
        OpenCommunity,
    },
    ids::ConversationId,
};

/// All that an admin and some subscribers can be told.
pub(super) async fn told(world: &World, club: &Club, admin: &Device, others: &[&Subscriber]) -> Vec<String> {
    let communities = world.communities();
    let community = club.id.to_vec();
    let mut all = Vec::new();
    let table = GetChannelTable { community: community.clone() };
    all.push(format!("{:?}", communities.get_channel_table(&admin.caller, table).await));
    let deposits = GetDeposits { community: community.clone(), after: Vec::new() };
    all.push(format!("{:?}", communities.get_deposits(&admin.caller, deposits).await));
    let subscribers = others.iter().map(|one| one.id().to_vec()).collect();
    let keys = GetSubscribers { community: community.clone(), subscribers };
    all.push(format!("{:?}", communities.get_subscribers(&admin.caller, keys).await));
    for ticket in &club.state.tickets {
        all.push(format!("{:?}", communities.get_link(&GetLink { ticket: ticket.id.clone() }).await));
    }
    let readers = others.iter().map(|one| (&one.device, Some(one.access())));
    for (device, access) in readers.chain([(admin, None)]) {
        let open = OpenCommunity { community: community.clone(), access: access.clone() };
        all.push(format!("{:?}", communities.open_community(&device.caller, open).await));
        for posts in [false, true] {
            for from_seq in 1..14 {
                let fetch = asterism_wire::frame::FetchCommunity {
                    from_seq,
                    entries_max: 2,
                    ..club.fetch(posts, access.clone().unwrap_or_default())
                };
                all.push(format!("{:?}", communities.fetch_community(&device.caller, fetch).await));
            }
        }
        let vault =
            GetCommunityVault { community: community.clone(), access: access.clone(), ..Default::default() };
        all.push(format!("{:?}", communities.get_community_vault(&device.caller, vault).await));
        for epoch in 0..6 {
            let keys = GetChannelKeys { community: community.clone(), access: access.clone(), epoch };
            all.push(format!("{:?}", communities.get_channel_keys(&device.caller, keys).await));
        }
    }
    all
}

/// Restarts the server; nobody is told anything else than before.
async fn check(world: &mut World, club: &Club, admin: &Device, others: &[&Subscriber]) {
    let before = told(world, club, admin, others).await;
    world.restart().await;
    assert_eq!(told(world, club, admin, others).await, before);
}

async fn a_restart_changes_nothing(mut world: World) {
    let (marie, mut club, [ada, bo, cleo]) = three_wait(&world).await;
    let all = [&ada, &bo, &cleo];
    check(&mut world, &club, &marie, &all).await;
    club.seat(&world, &marie, &[&ada, &bo]).await;
    check(&mut world, &club, &marie, &all).await;
    club.announce(&world, &marie, "one").await.unwrap();
    let mut epoch = club.next_epoch();
    club.lay(&world, &marie, &mut epoch, 3, &[&cleo]).await;
    check(&mut world, &club, &marie, &all).await;
    epoch.done = vec![cleo.id()];
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    check(&mut world, &club, &marie, &all).await;
    let write = club.vault_write(vec![club.vault_record(&marie, "meta", 2, 3, b"x")]);
    world.communities().write_community_vault(&marie.caller, write).await.unwrap();
    club.follow(&world, &marie).await;
    check(&mut world, &club, &marie, &all).await;
    ada.enrol(&world, &club, ada.access()).await.unwrap();
    let mut epoch = club.next_epoch();
    club.lay(&world, &marie, &mut epoch, 0, &[]).await;
    let ticket = club.state.tickets[0].id.clone();
    let revoke = CommunityWhat::RevokeTicket(RevokeTicket { ticket });
    club.open_epoch(&world, &marie, &epoch, [revoke]).await.unwrap();
    check(&mut world, &club, &marie, &all).await;
    club.announce(&world, &marie, "two").await.unwrap();
    check(&mut world, &club, &marie, &all).await;
    assert_eq!(cleo.channel_key(&world, &club, 4).await, Some(club.keys[&4]));
}

#[tokio::test]
async fn a_restart_in_the_middle_of_everything_changes_no_answer() {
    a_restart_changes_nothing(World::new().await).await;
}

#[tokio::test]
async fn neither_does_one_with_a_store_on_disk() {
    a_restart_changes_nothing(World::on_disk(Config::default()).await).await;
}

/// Another community, of somebody else.
async fn another(world: &World) -> (Device, Club) {
    let mut jean = world.device("jean").await;
    let (room, posts) = (ConversationId([50; 16]), ConversationId([51; 16]));
    let (changes, key) = first_changes(room, posts);
    let club = Club::planned(&changes, key);
    let state = PolicyState::admin_room(club.id, room, jean.caller.account);
    let request = genesis(&mut jean, &state);
    world.conversations().create_conversation(&jean.caller, request).await.unwrap();
    let request = club.creation(&jean, changes);
    world.communities().create_community(&jean.caller, request).await.unwrap();
    (jean, club)
}

#[tokio::test]
async fn communities_that_do_not_exist_take_no_place_in_memory() {
    let world = World::new().await;
    three_wait(&world).await;
    let mallory = world.device("mallory").await;
    for n in 0..200u8 {
        let id = [n; 16];
        let nowhere = OpenCommunity { community: id.to_vec(), access: None };
        assert!(world.communities().open_community(&mallory.caller, nowhere).await.is_err());
        let nowhere = GetChannelTable { community: id.to_vec() };
        assert!(world.communities().get_channel_table(&mallory.caller, nowhere).await.is_err());
    }
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.communities().live(), 1, "the one that exists");
}

#[tokio::test]
async fn communities_that_do_not_fit_into_memory_are_read_again() {
    let world = World::with(Config { live_max: 1, ..Config::default() }).await;
    let (marie, mut club, [ada, ..]) = three_wait(&world).await;
    let (jean, other) = another(&world).await;
    let open = OpenCommunity { community: other.id.to_vec(), access: None };
    for round in 2..6 {
        club.seat(&world, &marie, &[&ada]).await;
        world.communities().open_community(&jean.caller, open.clone()).await.unwrap();
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        assert!(world.communities().live() <= 1);
        assert_eq!(ada.channel_key(&world, &club, round).await, Some(club.keys[&round]));
    }
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_answered() {
    let mut world = World::new().await;
    let (marie, mut club, [ada, ..]) = three_wait(&world).await;
    for round in 0..6 {
        club.announce(&world, &marie, "answered").await.unwrap();
        world.disk.hold(true);
        let request = club.post(&marie, &club.content("on its way"));
        let on_its_way = world.communities().send_post(&marie.caller, request.clone());
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        if round % 2 == 0 {
            world.disk.crash()
        } else {
            world.disk.crash_before_answer()
        }
        assert!(on_its_way.await.is_err());
        assert_eq!(ada.device.pushes(), []);
        world.disk.hold(false);
        world.restart().await;
        let seq = world.communities().send_post(&marie.caller, request).await.unwrap().seq;
        club.follow(&world, &marie).await;
        assert_eq!(seq, club.posts.0.0, "once, and no more");
    }
    assert_eq!(club.posts.0.0, 12);
}

//! What who administers nothing is told: nothing of a community that they are not in, and nothing of each other.

use super::{
    channel::three_wait,
    kit::{Club, Device, Subscriber, World, code, fresh},
};
use asterism_store::{Key, MemoryStore, Store as _};
use asterism_wire::{
    ErrorCode,
    frame::{
        CommunityAccess, DropDeposits, Failure, GetChannelKeys, GetChannelTable, GetCommunityVault,
        GetDeposits, GetGroupFacts, GetSubscribers, OpenCommunity, PutBucket,
    },
    ids::CommunityId,
};

/// The refusals of all that takes an access.
async fn as_reader(
    world: &World,
    device: &Device,
    id: CommunityId,
    access: &CommunityAccess,
) -> Vec<ErrorCode> {
    let (communities, caller) = (world.communities(), &device.caller);
    let (community, access) = (id.to_vec(), Some(access.clone()));
    let fetch = asterism_wire::frame::FetchCommunity {
        community: community.clone(),
        access: access.clone(),
        from_seq: 1,
        ..Default::default()
    };
    let posts = asterism_wire::frame::FetchCommunity { posts: true, ..fetch.clone() };
    let open = OpenCommunity { community: community.clone(), access: access.clone() };
    let keys = GetChannelKeys { community: community.clone(), access: access.clone(), epoch: 0 };
    let vault =
        GetCommunityVault { community: community.clone(), access: access.clone(), ..Default::default() };
    let facts = GetGroupFacts { community, access, groups: vec![vec![1; 16]] };
    vec![
        of(communities.open_community(caller, open).await),
        of(communities.fetch_community(caller, fetch).await),
        of(communities.fetch_community(caller, posts).await),
        of(communities.get_channel_keys(caller, keys).await),
        of(communities.get_community_vault(caller, vault).await),
        of(communities.get_group_facts(caller, facts).await),
    ]
}

/// The refusals of all that is the admins'.
async fn as_admin(world: &World, device: &Device, club: &Club) -> Vec<ErrorCode> {
    let (communities, caller) = (world.communities(), &device.caller);
    let community = club.id.to_vec();
    let bucket = PutBucket { community: community.clone(), bucket: 0, version: 9, seats: Vec::new() };
    let subscribers = vec![vec![1; 16]];
    vec![
        of(communities.get_channel_table(caller, GetChannelTable { community: community.clone() }).await),
        of(communities
            .get_deposits(caller, GetDeposits { community: community.clone(), after: Vec::new() })
            .await),
        of(communities
            .get_subscribers(
                caller,
                GetSubscribers { community: community.clone(), subscribers: subscribers.clone() },
            )
            .await),
        of(communities.drop_deposits(caller, DropDeposits { community, subscribers }).await),
        of(communities.put_bucket(caller, bucket).await),
        of(communities.submit_governance(caller, club.submission(device, [])).await),
        of(communities.send_post(caller, club.post(device, &club.content("x"))).await),
        of(communities
            .write_community_vault(
                caller,
                club.vault_write(vec![club.vault_record(device, "meta", 2, 1, b"x")]),
            )
            .await),
    ]
}

fn of<T>(result: Result<T, Failure>) -> ErrorCode {
    match result {
        Ok(_) => panic!("it should be refused"),
        Err(failure) => failure.error_code(),
    }
}

#[tokio::test]
async fn a_community_and_none_are_the_same_to_strangers() {
    let world = World::new().await;
    let (_, club, _) = three_wait(&world).await;
    let stranger = Subscriber::new(&world, "stranger").await;
    let nowhere = CommunityId(fresh());
    for access in [CommunityAccess::default(), stranger.access(), Subscriber::by_group(super::kit::ROOM)] {
        for id in [club.id, nowhere] {
            let refused = as_reader(&world, &stranger.device, id, &access).await;
            assert_eq!(refused, [ErrorCode::NotAMember; 6]);
        }
        let there = stranger.enrol(&world, &club, access.clone()).await;
        let mut elsewhere = club.clone();
        elsewhere.id = nowhere;
        let nowhere = stranger.enrol(&world, &elsewhere, access).await;
        assert_eq!((code(there), code(nowhere)), (ErrorCode::NotAMember, ErrorCode::NotAMember));
    }
    assert_eq!(as_admin(&world, &stranger.device, &club).await, [ErrorCode::NotAMember; 8]);
    let mut elsewhere = club.clone();
    elsewhere.id = nowhere;
    assert_eq!(as_admin(&world, &stranger.device, &elsewhere).await, [ErrorCode::NotAMember; 8]);
}

#[tokio::test]
async fn an_ordinary_member_learns_nothing_of_others() {
    let world = World::new().await;
    let (marie, mut club, [ada, bo, _]) = three_wait(&world).await;
    let before = ada.open(&world, &club, ada.access()).await.unwrap();
    assert_eq!(as_admin(&world, &ada.device, &club).await, [ErrorCode::NotAMember; 8]);
    // Others come and go: Ada's view does not change by it.
    bo.enrol(&world, &club, bo.access()).await.unwrap();
    assert_eq!(ada.open(&world, &club, ada.access()).await.unwrap(), before);
    assert_eq!(ada.device.pushes(), []);
    club.seat(&world, &marie, &[&ada]).await;
    let alone = ada.keys(&world, &club, ada.access(), 2).await.unwrap();
    club.seat(&world, &marie, &[&ada, &bo]).await;
    let with_bo = ada.keys(&world, &club, ada.access(), 3).await.unwrap();
    assert_eq!((alone.seat.len(), alone.seal.len()), (with_bo.seat.len(), with_bo.seal.len()));
    let fetch = |posts| club.fetch(posts, ada.access());
    for posts in [false, true] {
        let page = world.communities().fetch_community(&ada.device.caller, fetch(posts)).await.unwrap();
        for entry in &page.entries {
            let hidden = bo.id();
            assert!(!entry.body.windows(16).any(|bytes| bytes == hidden.as_bytes()));
        }
    }
}

#[tokio::test]
async fn positions_outside_of_the_log_are_refused() {
    let world = World::new().await;
    let (marie, club, _) = three_wait(&world).await;
    for (from_seq, posts, refusal) in [
        (0, false, ErrorCode::Malformed),
        (club.log.0.0 + 2, false, ErrorCode::Forbidden),
        (u64::MAX, false, ErrorCode::Forbidden),
        (2, true, ErrorCode::Forbidden),
    ] {
        let request =
            asterism_wire::frame::FetchCommunity { from_seq, ..club.fetch(posts, Default::default()) };
        let refused = world.communities().fetch_community(&marie.caller, request).await;
        assert_eq!(code(refused), refusal);
    }
}

#[tokio::test]
async fn the_store_does_not_say_who_a_subscriber_is() {
    let world = World::new().await;
    let (marie, mut club, [ada, bo, _]) = three_wait(&world).await;
    ada.open(&world, &club, ada.access()).await.unwrap();
    club.seat(&world, &marie, &[&ada, &bo]).await;
    ada.enrol(&world, &club, ada.access()).await.unwrap();
    club.announce(&world, &marie, "hello").await.unwrap();
    club.seat(&world, &marie, &[&ada]).await;
    ada.channel_key(&world, &club, 2).await.unwrap();

    let store = MemoryStore::with_disk(world.disk.clone());
    let records = store.scan(&Key::from_static(""), None, 100_000).await.unwrap();
    let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let (mut of_ada, mut of_community) = (0, 0);
    for (key, record) in &records {
        let all = [key.as_bytes(), &record.value].concat();
        let (account, device) = (ada.device.caller.account, ada.device.caller.device);
        let names = [&account.0[..], &device.0, &ada.device.caller.device_key, b"ada"];
        let is_of_subscriber = has(&all, ada.id().as_bytes()) || has(&all, ada.public().as_bytes());
        let is_of_community = has(&all, club.id.as_bytes());
        of_ada += u32::from(is_of_subscriber);
        of_community += u32::from(is_of_community);
        if is_of_subscriber || is_of_community {
            assert!(!names.iter().any(|name| has(&all, name)), "{key:?}");
        }
    }
    assert!(of_ada > 5 && of_community > 15, "{of_ada} {of_community}");
}

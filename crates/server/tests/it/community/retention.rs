//! Retention: old announcements go, and the keys that only they needed; the log of changes stays.

use super::{
    channel::three_wait,
    kit::{Subscriber, World, code},
};
use asterism_server::{clock::Clock as _, conversation::Config};
use asterism_wire::{ErrorCode, frame::OpenCommunity};

const WEEK_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

async fn world() -> World {
    World::with(Config { retention_ms: WEEK_MS, ..Config::default() }).await
}

async fn trim(world: &World) {
    world.communities().trim_expired(world.clock.now()).await.unwrap();
}

async fn expired(world: &World, club: &super::kit::Club, who: &Subscriber, epoch: u64) -> bool {
    match who.keys(world, club, who.access(), epoch).await {
        Ok(keys) => {
            assert!(!keys.seal.is_empty());
            false
        }
        Err(failure) => {
            assert_eq!(failure.error_code(), ErrorCode::Expired);
            true
        }
    }
}

#[tokio::test]
async fn old_announcements_go_with_the_keys_that_they_alone_needed() {
    let mut world = world().await;
    let (marie, mut club, [ada, bo, _]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada, &bo]).await; // 2: an old announcement
    club.announce(&world, &marie, "old").await.unwrap();
    let epoch = club.next_epoch(); // 3: no announcement at all
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    world.clock.advance_ms(WEEK_MS + 1);
    let epoch = club.next_epoch(); // 4: a young one, by the same bucket key as 2 and 3
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    club.announce(&world, &marie, "young").await.unwrap();
    club.seat(&world, &marie, &[&ada, &bo]).await; // 5: another bucket key, no announcement
    club.seat(&world, &marie, &[&ada, &bo]).await; // 6: the present one

    assert!(!expired(&world, &club, &ada, 3).await);
    trim(&world).await;
    for _ in 0..2 {
        let found = [2, 3, 4, 5, 6].map(|epoch| (epoch, expired(&world, &club, &ada, epoch)));
        for (epoch, expired) in found {
            assert_eq!(expired.await, [2, 3, 5].contains(&epoch), "epoch {epoch}");
        }
        assert_eq!(bo.channel_key(&world, &club, 4).await, Some(club.keys[&4]));
        let open = OpenCommunity { community: club.id.to_vec(), access: None };
        let standing = world.communities().open_community(&marie.caller, open).await.unwrap();
        assert_eq!((standing.posts_floor, standing.posts_seq), (2, 2));
        let from_the_first = club.fetch(true, ada.access());
        let refused = world.communities().fetch_community(&ada.device.caller, from_the_first).await;
        assert_eq!(code(refused), ErrorCode::Expired);
        // The log is whole, and still follows from its first entry.
        let page = world.communities().fetch_community(&ada.device.caller, club.fetch(false, ada.access()));
        assert_eq!(page.await.unwrap().entries.len() as u64, club.log.0.0);
        world.restart().await;
    }
    club.announce(&world, &marie, "on").await.unwrap();
    trim(&world).await;
    assert!(!expired(&world, &club, &ada, 6).await);
}

#[tokio::test]
async fn the_last_announcement_stays_and_so_does_its_key() {
    let mut world = world().await;
    let (marie, mut club, [ada, ..]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada]).await;
    club.announce(&world, &marie, "one").await.unwrap();
    club.announce(&world, &marie, "two").await.unwrap();
    club.seat(&world, &marie, &[&ada]).await;
    world.clock.advance_ms(50 * WEEK_MS);
    for _ in 0..2 {
        trim(&world).await;
        assert_eq!(ada.channel_key(&world, &club, 2).await, Some(club.keys[&2]));
        let standing = ada.open(&world, &club, ada.access()).await.unwrap();
        assert_eq!((standing.posts_floor, standing.posts_seq), (2, 2));
        world.restart().await;
    }
    club.announce(&world, &marie, "three").await.unwrap();
    trim(&world).await;
    assert!(expired(&world, &club, &ada, 2).await);
}

#[tokio::test]
async fn nothing_young_goes() {
    let world = world().await;
    let (marie, mut club, [ada, ..]) = three_wait(&world).await;
    trim(&world).await;
    club.seat(&world, &marie, &[&ada]).await;
    club.announce(&world, &marie, "one").await.unwrap();
    club.seat(&world, &marie, &[&ada]).await;
    world.clock.advance_ms(WEEK_MS - 1);
    trim(&world).await;
    assert_eq!(ada.channel_key(&world, &club, 2).await, Some(club.keys[&2]));
    assert_eq!(ada.open(&world, &club, ada.access()).await.unwrap().posts_floor, 1);
}

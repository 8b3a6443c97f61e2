//! Being a subscriber no more.

use super::{
    channel::three_wait,
    enrolling::with_link,
    kit::{Club, Device, Subscriber, World, code},
};
use asterism_wire::{
    ErrorCode,
    frame::{DropDeposits, GetDeposits, GetSubscribers, PutDeposit},
    ids::SubscriberId,
};

async fn drop_deposits(world: &World, club: &Club, by: &Device, ids: &[SubscriberId]) {
    let subscribers = ids.iter().map(SubscriberId::to_vec).collect();
    let request = DropDeposits { community: club.id.to_vec(), subscribers };
    world.communities().drop_deposits(&by.caller, request).await.unwrap();
}

#[tokio::test]
async fn a_removed_subscriber_is_told_nothing_more() {
    let mut world = World::new().await;
    let (marie, mut club, [ada, bo, cleo]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada, &bo]).await;
    let link = club.add_link(&world, &marie, 0, 0).await;
    for one in [&ada, &bo, &cleo] {
        one.open(&world, &club, one.access()).await.unwrap();
    }
    club.announce(&world, &marie, "to all").await.unwrap();
    // Ada loses her seat; Bo loses his too, but has left another note.
    bo.enrol(&world, &club, bo.by_link(&club, &link)).await.unwrap();
    let mut epoch = club.next_epoch();
    club.lay(&world, &marie, &mut epoch, 0, &[]).await;
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    club.announce(&world, &marie, "to those who are left").await.unwrap();
    let opened_at = club.state.epoch_opened_by;
    assert_eq!(ada.device.pushed_positions(), [1], "not even that");
    assert_eq!(bo.device.pushed_positions(), [1, opened_at, 2]);
    assert_eq!(cleo.device.pushed_positions(), [1, opened_at, 2]);
    for _ in 0..2 {
        for refused in [
            code(ada.open(&world, &club, ada.access()).await),
            code(ada.keys(&world, &club, ada.access(), 2).await),
            code(ada.enrol(&world, &club, ada.access()).await),
            code(
                world.communities().fetch_community(&ada.device.caller, club.fetch(true, ada.access())).await,
            ),
        ] {
            assert_eq!(refused, ErrorCode::NotAMember);
        }
        assert_eq!(bo.channel_key(&world, &club, 2).await, Some(club.keys[&2]));
        let request = GetSubscribers {
            community: club.id.to_vec(),
            subscribers: vec![ada.id().to_vec(), bo.id().to_vec()],
        };
        let known = world.communities().get_subscribers(&marie.caller, request).await.unwrap();
        assert_eq!(known.keys, [bo.public().as_bytes()]);
        world.restart().await;
    }
    // The notes of Bo and Cleo are refused; Bo's and Cleo's time is over too.
    for one in [&bo, &cleo] {
        one.open(&world, &club, one.access()).await.unwrap();
    }
    drop_deposits(&world, &club, &marie, &[bo.id(), cleo.id(), ada.id()]).await;
    club.announce(&world, &marie, "nobody hears").await.unwrap();
    for one in [&bo, &cleo] {
        assert_eq!(one.device.pushed_positions(), [0_u64; 0]);
        assert_eq!(code(one.open(&world, &club, one.access()).await), ErrorCode::NotAMember);
    }
}

#[tokio::test]
async fn who_has_a_seat_keeps_it_when_a_note_is_refused() {
    let world = World::new().await;
    let (marie, mut club, [ada, ..]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada]).await;
    let link = club.add_link(&world, &marie, 0, 0).await;
    ada.open(&world, &club, ada.access()).await.unwrap();
    ada.enrol(&world, &club, ada.by_link(&club, &link)).await.unwrap();
    drop_deposits(&world, &club, &marie, &[ada.id()]).await;
    club.announce(&world, &marie, "x").await.unwrap();
    assert_eq!(ada.device.pushed_positions(), [1]);
    assert!(ada.open(&world, &club, ada.access()).await.unwrap().seated);
}

#[tokio::test]
async fn a_note_that_waits_is_not_replaced_by_who_only_knows_whose_it_is() {
    let world = World::new().await;
    let (marie, club, [ada, bo, _]) = three_wait(&world).await;
    let notes = async || {
        let request = GetDeposits { community: club.id.to_vec(), after: Vec::new() };
        world.communities().get_deposits(&marie.caller, request).await.unwrap().deposits
    };
    let before = notes().await;
    // Who was an admin knows all subscribers' keys.
    let forged = PutDeposit { sealed: b"junk".to_vec(), ..ada.deposit(&club, bo.access()) };
    world.communities().put_deposit(&bo.device.caller, forged).await.unwrap();
    assert_eq!(notes().await, before);
}

#[tokio::test]
async fn who_enrols_on_a_connection_that_is_told_is_told_as_a_subscriber_from_then_on() {
    let world = World::new().await;
    let (marie, mut club, link) = with_link(&world, 1, 0).await;
    let ada = Subscriber::new(&world, "ada").await;
    ada.open(&world, &club, ada.by_link(&club, &link)).await.unwrap();
    ada.enrol(&world, &club, ada.by_link(&club, &link)).await.unwrap();
    club.announce(&world, &marie, "one").await.unwrap();
    assert_eq!(ada.device.pushed_positions(), [1], "though the link is used up");
    drop_deposits(&world, &club, &marie, &[ada.id()]).await;
    club.announce(&world, &marie, "two").await.unwrap();
    assert_eq!(ada.device.pushed_positions(), [0_u64; 0]);
}

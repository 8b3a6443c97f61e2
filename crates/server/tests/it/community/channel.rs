//! The sealed channel: buckets, seats, seals; who opens which epoch.

use super::kit::{Club, Device, Epoch, Subscriber, World, code};
use super::reload::told;
use asterism_wire::{
    ErrorCode,
    frame::{ChannelOpening, DropDeposits, GetChannelTable, GetDeposits, SubmitGovernance},
    limits,
    vault::PastKey,
};
use prost::Message as _;

/// Marie's community; Ada, Bo and Cleo came by a link and wait.
pub(super) async fn three_wait(world: &World) -> (Device, Club, [Subscriber; 3]) {
    let mut marie = world.device("marie").await;
    let mut club = Club::found(world, &mut marie).await;
    let link = club.add_link(world, &marie, 0, 0).await;
    let mut all = Vec::new();
    for handle in ["ada", "bob", "cleo"] {
        let one = Subscriber::new(world, handle).await;
        one.enrol(world, &club, one.by_link(&club, &link)).await.unwrap();
        all.push(one);
    }
    (marie, club, all.try_into().ok().unwrap())
}

#[tokio::test]
async fn who_has_a_seat_opens_the_epochs_of_their_seats_and_no_others() {
    let mut world = World::new().await;
    let (marie, mut club, [ada, bo, cleo]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada, &bo]).await; // 2
    club.announce(&world, &marie, "two").await.unwrap();
    let mut epoch = club.next_epoch(); // 3: Bo moves, Cleo comes
    club.lay(&world, &marie, &mut epoch, 0, &[&ada]).await;
    club.lay(&world, &marie, &mut epoch, 7, &[&bo, &cleo]).await;
    epoch.done = vec![cleo.id()];
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    club.announce(&world, &marie, "three").await.unwrap();
    let epoch = club.next_epoch(); // 4: only the key is another
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    club.announce(&world, &marie, "four").await.unwrap();
    let mut epoch = club.next_epoch(); // 5: Ada goes
    club.lay(&world, &marie, &mut epoch, 0, &[]).await;
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();

    for _ in 0..2 {
        for (subscriber, opens) in [(&bo, vec![2, 3, 4, 5]), (&cleo, vec![3, 4, 5])] {
            for epoch in 1..7 {
                let expected = opens.contains(&epoch).then(|| club.keys[&epoch]);
                assert_eq!(subscriber.channel_key(&world, &club, epoch).await, expected, "epoch {epoch}");
            }
            assert_eq!(subscriber.channel_key(&world, &club, 0).await, Some(club.keys[&5]));
            assert!(subscriber.open(&world, &club, subscriber.access()).await.unwrap().seated);
        }
        let refused = ada.keys(&world, &club, ada.access(), 4).await;
        assert_eq!(code(refused), ErrorCode::NotAMember);
        world.restart().await;
    }
}

#[tokio::test]
async fn a_bucket_that_is_dropped_takes_its_seats_along() {
    let world = World::new().await;
    let (marie, mut club, [ada, bo, _]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada, &bo]).await;
    let mut epoch = club.next_epoch();
    epoch.rows.clear();
    club.lay(&world, &marie, &mut epoch, 1, &[&bo]).await;
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    assert_eq!(bo.channel_key(&world, &club, 3).await, Some(club.keys[&3]));
    assert_eq!(code(ada.open(&world, &club, ada.access()).await), ErrorCode::NotAMember);
    // Its number comes again with a later key only.
    let (request, _) = club.bucket(&marie, 0, limits::BUCKET_VERSIONS_PER_EPOCH * 3, &[&bo]);
    assert_eq!(code(world.communities().put_bucket(&marie.caller, request).await), ErrorCode::StaleEpoch);
    let (request, row) = club.bucket(&marie, 0, club.version(0), &[]);
    world.communities().put_bucket(&marie.caller, request).await.unwrap();
    let mut epoch = club.next_epoch();
    epoch.put(row);
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
}

#[tokio::test]
async fn a_bucket_key_counts_for_the_device_that_laid_it_only() {
    let world = World::new().await;
    let (marie, mut club, [ada, bo, _]) = three_wait(&world).await;
    let second = world.further_device("marie", 2).await;
    let put = async |device: &Device, request| world.communities().put_bucket(&device.caller, request).await;
    let incomplete = async |club: &Club, device: &Device, epoch: &Epoch| {
        let request = club.opening(device, epoch, []);
        let refused = world.communities().submit_governance(&device.caller, request).await;
        assert_eq!(code(refused), ErrorCode::IncompleteBundle);
    };
    let (of_second, row) = club.bucket(&second, 0, club.version(1), &[&ada]);
    let mut epoch = club.next_epoch();
    epoch.put(row.clone());
    incomplete(&club, &second, &epoch).await;
    put(&second, of_second).await.unwrap();
    incomplete(&club, &marie, &epoch).await;

    // Of one version there is one key; the other device lays a later one. Both wait.
    let (same_version, _) = club.bucket(&marie, 0, club.version(1), &[&ada]);
    assert_eq!(code(put(&marie, same_version).await), ErrorCode::StaleEpoch);
    let (of_marie, _) = club.bucket(&marie, 0, club.version(2), &[&ada]);
    put(&marie, of_marie).await.unwrap();
    let (of_marie, newer) = club.bucket(&marie, 0, club.version(3), &[&ada, &bo]);
    put(&marie, of_marie).await.unwrap();
    for wrong in [
        asterism_wire::community::BucketRow { members_hash: row.members_hash.clone(), ..newer.clone() },
        asterism_wire::community::BucketRow { version: club.version(2), ..newer.clone() },
        asterism_wire::community::BucketRow { bucket: 1, ..newer.clone() },
        asterism_wire::community::BucketRow { maker: vec![1; 32], ..newer.clone() },
    ] {
        let mut epoch = club.next_epoch();
        epoch.put(wrong);
        incomplete(&club, &marie, &epoch).await;
    }
    let of_second = club.opening(&second, &epoch, []);
    let mut epoch = club.next_epoch();
    epoch.put(newer.clone());
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    let late = world.communities().submit_governance(&second.caller, of_second).await;
    assert_eq!(code(late), ErrorCode::StaleEpoch, "another was faster");
    assert_eq!(ada.channel_key(&world, &club, 2).await, Some(club.keys[&2]));

    // What is laid for a version that was named, or for an epoch that is open, is refused.
    for version in [0, 1, newer.version - 1, newer.version, newer.version + 1] {
        let (late, _) = club.bucket(&marie, 0, version, &[&ada]);
        let failure = put(&marie, late).await.unwrap_err();
        assert_eq!(failure.error_code(), ErrorCode::StaleEpoch);
        assert_eq!(failure.stale.unwrap().head_seq, club.log.0.0);
    }
    // A row keeps its key for as long as its version.
    let mut epoch = club.next_epoch();
    let other = club.bucket(&marie, 0, newer.version, &[&ada, &bo]).1;
    epoch.put(other);
    incomplete(&club, &marie, &epoch).await;
}

/// Else one admin could use up a bucket's versions once and for all.
#[tokio::test]
async fn an_epoch_has_versions_of_its_own() {
    let mut world = World::new().await;
    let (marie, mut club, [ada, bo, _]) = three_wait(&world).await;
    let (first, last) = (club.version(0), club.version(limits::BUCKET_VERSIONS_PER_EPOCH - 1));
    let put = async |world: &World, request| world.communities().put_bucket(&marie.caller, request).await;
    for version in [0, 1, first - 1, last + 1, u32::MAX] {
        let (request, _) = club.bucket(&marie, 0, version, &[&ada]);
        let failure = put(&world, request).await.unwrap_err();
        assert_eq!(failure.error_code(), ErrorCode::StaleEpoch, "{version}");
        let standing = failure.stale.unwrap();
        assert_eq!((standing.epoch, standing.head_seq), (club.state.epoch, club.log.0.0));
    }
    for version in [first, last] {
        let (request, _) = club.bucket(&marie, 0, version, &[&ada]);
        put(&world, request).await.unwrap();
    }
    // What was laid ready for an epoch that another device opened is too late for the one after.
    let (request, late) = club.bucket(&marie, 1, first, &[&bo]);
    put(&world, request).await.unwrap();
    club.seat(&world, &marie, &[&ada]).await;
    world.restart().await;
    let mut epoch = club.next_epoch();
    epoch.put(late);
    let refused =
        world.communities().submit_governance(&marie.caller, club.opening(&marie, &epoch, [])).await;
    assert_eq!(code(refused), ErrorCode::IncompleteBundle);
    // A row that stays keeps its version; the last of an epoch is below the next one's first.
    let mut epoch = club.next_epoch();
    club.lay(&world, &marie, &mut epoch, 1, &[&bo]).await;
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    assert_eq!(ada.channel_key(&world, &club, 3).await, Some(club.keys[&3]));
    assert_eq!(bo.channel_key(&world, &club, 3).await, Some(club.keys[&3]));
}

#[tokio::test]
async fn an_opening_is_complete_or_nothing_of_it_happens() {
    let world = World::new().await;
    let (marie, mut club, [ada, bo, _]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada]).await;
    let mut epoch = club.next_epoch();
    club.lay(&world, &marie, &mut epoch, 0, &[&ada, &bo]).await;
    club.lay(&world, &marie, &mut epoch, 1, &[]).await;
    epoch.done = vec![bo.id()];
    let good = club.opening(&marie, &epoch, []);
    let opening = good.opening.clone().unwrap();
    let with = |opening| SubmitGovernance { opening: Some(opening), ..good.clone() };
    let change = |change: &dyn Fn(&mut ChannelOpening)| {
        let mut opening = opening.clone();
        change(&mut opening);
        with(opening)
    };
    let before = told(&world, &club, &marie, &[&ada, &bo]).await;
    for request in [
        SubmitGovernance { opening: None, ..good.clone() },
        change(&|o| o.table.push(0)),
        change(&|o| o.table.clear()),
        change(&|o| drop(o.seals.pop())),
        change(&|o| o.seals[0].bucket = 1),
        change(&|o| o.seals[0].sealed.clear()),
        change(&|o| o.seals.push(o.seals[0].clone())),
        change(&|o| o.wraps.clear()),
        change(&|o| o.wraps[0].generation = 2),
        change(&|o| o.wraps[0].ticket = vec![1; 16]),
        change(&|o| o.wraps.push(o.wraps[0].clone())),
        change(&|o| o.past_key = None),
        change(&|o| o.past_key = Some(PastKey { generation: 2, sealed: vec![] })),
        change(&|o| o.past_key = Some(PastKey { generation: 3, sealed: vec![1] })),
    ] {
        let refused = world.communities().submit_governance(&marie.caller, request).await;
        assert_eq!(code(refused), ErrorCode::IncompleteBundle);
    }
    // Tables that hash to what the change says, but are none.
    for spoil in [
        (|rows| rows.reverse()) as fn(&mut Vec<asterism_wire::community::BucketRow>),
        |rows| rows.push(rows[1].clone()),
        |rows| rows[0].key.truncate(1_215),
        |rows| rows[0].maker.push(0),
        |rows| rows[0].members_hash.clear(),
        |rows| rows[1].bucket = u32::try_from(limits::BUCKETS_MAX).unwrap(),
        |rows| rows[0].version = 1,
    ] {
        let mut epoch = Epoch { rows: epoch.rows.clone(), done: Vec::new(), ..club.next_epoch() };
        spoil(&mut epoch.rows);
        let sane = epoch.rows.iter().all(|row| row.key.len() == 1_216);
        let request = if sane { club.opening(&marie, &epoch, []) } else { continue };
        let refused = world.communities().submit_governance(&marie.caller, request).await;
        assert_eq!(code(refused), ErrorCode::IncompleteBundle);
    }
    assert_eq!(told(&world, &club, &marie, &[&ada, &bo]).await, before);

    world.communities().submit_governance(&marie.caller, good).await.unwrap();
    club.follow(&world, &marie).await;
    club.keys.insert(3, epoch.key);
    for subscriber in [&ada, &bo] {
        assert_eq!(subscriber.channel_key(&world, &club, 3).await, Some(epoch.key));
    }
    let table = GetChannelTable { community: club.id.to_vec() };
    let table = world.communities().get_channel_table(&marie.caller, table).await.unwrap();
    assert_eq!((table.epoch, table.table), (3, epoch.table()));
    let deposits = GetDeposits { community: club.id.to_vec(), after: Vec::new() };
    let deposits = world.communities().get_deposits(&marie.caller, deposits).await.unwrap();
    assert_eq!(deposits.deposits.len(), 1, "Cleo's");
}

#[tokio::test]
async fn a_large_bucket_and_what_is_over_a_limit() {
    let world = World::new().await;
    let (marie, club, [ada, ..]) = three_wait(&world).await;
    let (good, _) = club.bucket(&marie, 0, club.version(0), &[&ada]);
    let put = async |request| world.communities().put_bucket(&marie.caller, request).await;
    let mut many = good.clone();
    many.seats = (0..limits::BUCKET_SUBSCRIBERS_MAX as u32 + 1)
        .map(|n| {
            let mut seat = good.seats[0].clone();
            seat.subscriber[..4].copy_from_slice(&n.to_be_bytes());
            seat
        })
        .collect();
    assert_eq!(code(put(many.clone()).await), ErrorCode::LimitExceeded);
    many.seats.pop();
    put(many).await.unwrap();
    put(good.clone()).await.unwrap();
    let mut odd = good.clone();
    odd.bucket = u32::try_from(limits::BUCKETS_MAX).unwrap();
    assert_eq!(code(put(odd).await), ErrorCode::LimitExceeded);
    let mut odd = good.clone();
    odd.seats[0].sealed = vec![0; 4096];
    assert_eq!(code(put(odd).await), ErrorCode::LimitExceeded);
    let mut odd = good.clone();
    odd.seats.push(good.seats[0].clone());
    assert_eq!(code(put(odd).await), ErrorCode::Malformed);
    assert!(good.encoded_len() < limits::FRAME_BYTES_MAX);

    let epoch = club.next_epoch();
    let good = club.opening(&marie, &epoch, []);
    let change = |change: &dyn Fn(&mut ChannelOpening)| {
        let mut opening = good.opening.clone().unwrap();
        change(&mut opening);
        SubmitGovernance { opening: Some(opening), ..good.clone() }
    };
    for request in [
        change(&|o| o.table = vec![0; 2 * 1024 * 1024]),
        change(&|o| o.seals = vec![Default::default(); limits::BUCKETS_MAX + 1]),
        change(&|o| o.wraps[0].sealed = vec![0; 4_096]),
        change(&|o| o.wraps = vec![o.wraps[0].clone(); limits::TICKETS_MAX + 1]),
        change(&|o| o.past_key.as_mut().unwrap().sealed = vec![0; 4_096]),
        change(&|o| o.done = vec![vec![0; 16]; limits::DEPOSITS_DONE_MAX + 1]),
    ] {
        let refused = world.communities().submit_governance(&marie.caller, request).await;
        assert_eq!(code(refused), ErrorCode::LimitExceeded);
    }
    let most = change(&|o| o.done = vec![vec![0; 16]; limits::DEPOSITS_DONE_MAX]);
    world.communities().submit_governance(&marie.caller, most).await.unwrap();

    let drop = async |count| {
        let (community, subscribers) = (club.id.to_vec(), vec![ada.id().to_vec(); count]);
        world.communities().drop_deposits(&marie.caller, DropDeposits { community, subscribers }).await
    };
    assert_eq!(code(drop(limits::DEPOSITS_PAGE + 1).await), ErrorCode::LimitExceeded);
    drop(limits::DEPOSITS_PAGE).await.unwrap();
}

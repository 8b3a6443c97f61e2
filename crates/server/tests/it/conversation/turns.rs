//! How often somebody may commit (docs/protocol.md §4.3).

use super::{
    kit::{CONVERSATION, Device, World, code},
    messages::three,
};
use asterism_wire::{
    ErrorCode,
    frame::{Accepted, Failure, GetJoinInfo},
};

/// A device enters anew in place of itself.
async fn enter_anew(world: &World, device: &mut Device) -> Result<Accepted, Failure> {
    let request = GetJoinInfo { conversation: CONVERSATION.to_vec(), ..GetJoinInfo::default() };
    let info = world.conversations().get_join_info(&device.caller, request).await.unwrap();
    let commit = device.entry(&info, None);
    world.conversations().submit_commit(&device.caller, commit).await
}

#[tokio::test]
async fn who_commits_without_end_is_slowed_down_and_can_be_removed() {
    let world = World::new().await;
    let (mut marie, mut ada, mut bob) = three(&world).await;
    let mut taken = 0;
    for _ in 0..1_000 {
        match enter_anew(&world, &mut ada).await {
            Ok(_) => taken += 1,
            Err(failure) => {
                assert_eq!(failure.error_code(), ErrorCode::RateLimited);
                assert!((1..=4_000).contains(&failure.retry_after_ms));
            }
        }
        world.clock.advance_ms(10);
    }
    // Two for oneself, four at once, and one in two seconds; who is refused and comes too soon gets less.
    assert!((6..=10).contains(&taken), "{taken}");
    // The others are not counted with her.
    bob.catch_up(&world).await;
    bob.say(&world, "hello").await.unwrap();
    enter_anew(&world, &mut bob).await.unwrap();
    // Marie builds a removal, and Ada is faster: then it is Marie's turn.
    marie.catch_up(&world).await;
    world.clock.advance_ms(60_000);
    let late = marie.commit(&[], &[&ada], vec![]);
    enter_anew(&world, &mut ada).await.unwrap();
    assert_eq!(code(world.conversations().submit_commit(&marie.caller, late).await), ErrorCode::StaleEpoch);
    marie.abandon();
    assert_eq!(code(enter_anew(&world, &mut ada).await), ErrorCode::RateLimited);
    marie.catch_up(&world).await;
    marie.do_commit(&world, &[], &[&ada], vec![]).await;
    // And the others go on.
    enter_anew(&world, &mut bob).await.unwrap();
}

#[tokio::test]
async fn many_changes_in_a_row_are_nothing_special() {
    let world = World::new().await;
    let (mut marie, ..) = three(&world).await;
    for _ in 0..28 {
        marie.do_commit(&world, &[], &[], vec![]).await;
    }
    let mut refused = 0;
    for _ in 0..600 {
        let commit = marie.commit(&[], &[], vec![]);
        match world.conversations().submit_commit(&marie.caller, commit).await {
            Ok(_) => _ = marie.catch_up(&world).await,
            Err(failure) => {
                assert_eq!(failure.error_code(), ErrorCode::RateLimited);
                assert!(failure.retry_after_ms <= 1_000);
                refused += 1;
                marie.abandon();
            }
        }
        world.clock.advance_ms(100);
    }
    assert!((500..=540).contains(&refused), "{refused}");
}

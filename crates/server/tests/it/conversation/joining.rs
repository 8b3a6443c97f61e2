//! How often somebody may ask for what a joiner needs.

use super::kit::{CONVERSATION, Device, World};
use asterism_wire::{
    ErrorCode,
    frame::{Failure, GetJoinInfo, JoinInfo},
};

async fn ask(world: &World, device: &Device, at_seq: u64) -> Result<JoinInfo, Failure> {
    let request = GetJoinInfo { conversation: CONVERSATION.to_vec(), at_seq, ..GetJoinInfo::default() };
    world.conversations().get_join_info(&device.caller, request).await
}

#[tokio::test]
async fn who_has_past_groups_made_without_end_waits_and_nobody_else() {
    let world = World::new().await;
    let mut mallory = world.device("mallory").await;
    mallory.create(&world).await;
    let (second, ada) = (world.further_device("mallory", 2).await, world.device("ada").await);
    // More commits brought the device in than trees are kept.
    let mut came = Vec::new();
    for _ in 0..4 {
        came.push(mallory.do_commit(&world, &[&second], &[], vec![]).await.seq);
        mallory.do_commit(&world, &[], &[&second], vec![]).await;
        world.wait_ms(60_000).await;
    }
    let together = mallory.do_commit(&world, &[&second, &ada], &[], vec![]).await.seq;
    mallory.do_commit(&world, &[], &[], vec![]).await;

    let mut made = 0;
    let refused = loop {
        match ask(&world, &second, came[made % came.len()]).await {
            Ok(info) => assert!(!info.ratchet_tree.is_empty()),
            Err(failure) => break failure,
        }
        made += 1;
    };
    assert_eq!(refused.error_code(), ErrorCode::RateLimited);
    assert!((32..=128).contains(&made), "{made}");
    // Others are not counted with them, and what others have made is there for all.
    let own = ask(&world, &ada, together).await.unwrap();
    for _ in 0..200 {
        assert_eq!(ask(&world, &second, together).await.unwrap(), own);
    }
    world.clock.advance_ms(refused.retry_after_ms);
    let again = ask(&world, &second, came[made % came.len()]).await.unwrap();
    assert!(!again.ratchet_tree.is_empty());
}

#[tokio::test]
async fn who_is_in_a_thousand_groups_may_ask_for_all_and_not_without_end() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    marie.create(&world).await;
    let second = world.further_device("marie", 2).await;
    for _ in 0..2_000 {
        ask(&world, &second, 0).await.unwrap();
    }
    let mut more = 0;
    let refused = loop {
        match ask(&world, &second, 0).await {
            Ok(_) => more += 1,
            Err(failure) => break failure,
        }
        assert!(more < 10_000);
    };
    assert_eq!(refused.error_code(), ErrorCode::RateLimited);
    world.clock.advance_ms(refused.retry_after_ms);
    ask(&world, &second, 0).await.unwrap();
}

//! What is asked takes effect in the order of the calls, also while nothing is durable yet.

use super::{
    kit::{CONVERSATION, Seen, World, code},
    messages::two,
};
use asterism_wire::{ErrorCode, frame::Fetch, ids::ConversationId};
use futures_util::FutureExt as _;

fn fetch(from_seq: u64) -> Fetch {
    Fetch { conversation: CONVERSATION.to_vec(), from_seq, entries_max: 0 }
}

/// Lets the conversation's task do what it can.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_answered_or_pushed_before_it_is_durable() {
    let world = World::new().await;
    let (mut marie, ada) = two(&world).await;
    let mut ada = ada;
    ada.subscribe(&world).await;
    // So that all is in memory.
    marie.say(&world, "0").await.unwrap();
    let start = marie.at.0.0 + 1;
    ada.pushes();

    world.disk.hold(true);
    let conversations = world.conversations();
    let requests: Vec<_> = (1..=5).map(|n| marie.message(&n.to_string())).collect();
    let mut sent: Vec<_> =
        requests.into_iter().map(|r| Box::pin(conversations.send_message(&marie.caller, r))).collect();
    let mut read = Box::pin(conversations.fetch(&marie.caller, fetch(start)));
    settle().await;
    assert!(sent.iter_mut().all(|answer| answer.now_or_never().is_none()));
    assert!((&mut read).now_or_never().is_none());
    assert!(ada.pushes().is_empty());

    world.disk.hold(false);
    for (at, answer) in (start + 1..).zip(sent) {
        assert_eq!(answer.await.unwrap().seq, at);
    }
    assert_eq!(read.await.unwrap().entries.len(), 6);
    assert_eq!(ada.pushed_positions(), (start + 1..=start + 5).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_order_of_the_calls_counts_not_that_of_the_waiting() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let (first, second) = (marie.message("first"), marie.message("second"));
    let first = world.conversations().send_message(&marie.caller, first);
    let second = world.conversations().send_message(&marie.caller, second);
    let second = second.await.unwrap();
    // Also what nobody waits for happens.
    drop(first);
    let seen = ada.catch_up(&world).await;
    assert_eq!(seen, [Seen::Text("first".into()), Seen::Text("second".into())]);
    assert_eq!(second.seq, ada.at.0.0);
}

#[tokio::test]
async fn a_repeated_message_among_others_disturbs_none() {
    let world = World::new().await;
    let (mut marie, ada) = two(&world).await;
    let mut ada = ada;
    ada.subscribe(&world).await;
    let once = marie.message("once");
    let first = world.conversations().send_message(&marie.caller, once.clone()).await.unwrap();
    world.disk.hold(true);
    let conversations = world.conversations();
    let mut sent = Vec::new();
    for n in 0..4 {
        let request = marie.message(&n.to_string());
        sent.push(conversations.send_message(&marie.caller, request));
        if n == 1 {
            sent.push(conversations.send_message(&marie.caller, once.clone()));
            sent.push(conversations.send_message(&marie.caller, once.clone()));
        }
    }
    let commit = marie.commit(&[], &[], vec![]);
    let commit = conversations.submit_commit(&marie.caller, commit);
    let late = marie.send(&world, "late");
    settle().await;
    world.disk.hold(false);
    let mut positions = Vec::new();
    for answer in sent {
        positions.push(answer.await.unwrap().seq - first.seq);
    }
    assert_eq!(positions, [1, 2, 0, 0, 3, 4]);
    assert_eq!(commit.await.unwrap().seq, first.seq + 5);
    assert_eq!(code(late.await), ErrorCode::StaleEpoch);
    assert_eq!(ada.pushed_positions(), (first.seq..=first.seq + 5).collect::<Vec<_>>());
    assert_eq!(ada.catch_up(&world).await.len(), 6);
}

#[tokio::test]
async fn what_follows_a_commit_on_its_way_is_judged_after_it() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    marie.say(&world, "0").await.unwrap();
    marie.catch_up(&world).await;
    ada.catch_up(&world).await;
    world.disk.hold(true);
    let conversations = world.conversations();
    let before = ada.send(&world, "before");
    let removal = marie.commit(&[], &[&ada], vec![]);
    let removal = conversations.submit_commit(&marie.caller, removal);
    let after = ada.send(&world, "after");
    let read = conversations.fetch(&ada.caller, fetch(ada.at.0.0 + 1));
    settle().await;
    world.disk.hold(false);
    let before = before.await.unwrap();
    let removal = removal.await.unwrap();
    assert_eq!(removal.seq, before.seq + 1);
    assert_eq!(code(after.await), ErrorCode::NotAMember);
    assert_eq!(read.await.unwrap().entries.len(), 2);
}

#[tokio::test]
async fn a_full_disk_does_nothing_by_halves() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let cleo = world.device("cleo").await;
    ada.subscribe(&world).await;
    marie.say(&world, "before").await.unwrap();
    marie.catch_up(&world).await;
    let head = marie.at;
    world.disk.fill(true);
    let conversations = world.conversations();
    let (one, two) = (marie.message("one"), marie.message("two"));
    let commit = marie.commit(&[&cleo], &[], vec![]);
    let failed = [
        conversations.send_message(&marie.caller, one.clone()).boxed(),
        conversations.send_message(&marie.caller, two).boxed(),
        conversations.submit_commit(&marie.caller, commit.clone()).boxed(),
    ];
    for answer in failed {
        assert_eq!(code(answer.await), ErrorCode::StorageFull);
    }
    assert_eq!(conversations.fetch(&marie.caller, fetch(head.0.0)).await.unwrap().head_seq, head.0.0);
    world.disk.fill(false);
    let again = conversations.send_message(&marie.caller, one).await.unwrap();
    assert_eq!(again.seq, head.0.0 + 1);
    let added = conversations.submit_commit(&marie.caller, commit).await.unwrap();
    assert_eq!(added.seq, head.0.0 + 2);
    assert_eq!(ada.pushed_positions(), [head.0.0, head.0.0 + 1, head.0.0 + 2]);
}

#[tokio::test]
async fn subscribing_falls_into_the_order_too() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    marie.say(&world, "0").await.unwrap();
    world.disk.hold(true);
    let conversations = world.conversations();
    let first = marie.send(&world, "1");
    let request = asterism_wire::frame::Subscribe { conversations: vec![CONVERSATION.to_vec()] };
    let standing = conversations.subscribe(&ada.caller, request);
    let second = marie.send(&world, "2");
    settle().await;
    world.disk.hold(false);
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    let standing = standing.await.unwrap().standings[0].clone();
    assert!(standing.member);
    assert_eq!((standing.head_seq, standing.floor_seq), (first.seq, 1));
    assert_eq!(ada.pushed_positions(), [second.seq]);
    ada.catch_up(&world).await;
}

#[tokio::test]
async fn conversations_leave_memory_and_come_back() {
    let config = asterism_server::conversation::Config { live_max: 2, ..Default::default() };
    let world = World::with(config).await;
    let (mut marie, ada) = two(&world).await;
    let mut ada = ada;
    ada.subscribe(&world).await;
    let mut jean = world.device("jean").await;
    for other in 100..120 {
        jean.create_elsewhere(&world, ConversationId([other; 16])).await;
        let request = Fetch { conversation: vec![other; 16], from_seq: 1, entries_max: 1 };
        let _ = world.conversations().fetch(&jean.caller, request).await;
    }
    settle().await;
    assert!(world.conversations().live() <= 3, "{}", world.conversations().live());
    let sent = marie.say(&world, "still told").await.unwrap();
    assert_eq!(ada.pushed_positions(), [sent.seq]);
}

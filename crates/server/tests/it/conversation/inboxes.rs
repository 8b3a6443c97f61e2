//! Welcomes: in the joiner's inbox exactly when the commit is in the log.

use super::{
    kit::{CONVERSATION, World, code},
    messages::two,
};
use asterism_policy::{LiftBar, What};
use asterism_wire::{
    ErrorCode,
    frame::{AcknowledgeEntries, AcknowledgeInbox, FetchInbox, GetJoinInfo, Happened},
    ids::ConversationId,
};

#[tokio::test]
async fn positions_grow_and_are_never_used_again() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let conversations = world.conversations();
    let first = conversations.fetch_inbox(&ada.caller, FetchInbox { after: 0 }).await.unwrap();
    assert_eq!((first.head, first.items[0].position, first.items[0].commit_seq), (1, 1, ada.at.0.0));
    conversations.acknowledge_inbox(&ada.caller, AcknowledgeInbox { up_to: 1 }).await.unwrap();
    let none = conversations.fetch_inbox(&ada.caller, FetchInbox { after: 0 }).await.unwrap();
    assert_eq!((none.head, none.items.len()), (1, 0));

    marie.do_commit(&world, &[], &[&ada], vec![]).await;
    ada.forget_group();
    let session = world.come_online(&ada).await;
    let lift = What::LiftBar(LiftBar { account: ada.caller.account.to_vec() });
    marie.do_commit(&world, &[&ada], &[], vec![lift.into()]).await;
    let second = conversations.fetch_inbox(&ada.caller, FetchInbox { after: 1 }).await.unwrap();
    assert_eq!((second.head, second.items[0].position), (2, 2));
    assert!(matches!(ada.pushes().as_slice(), [Happened::Inbox(item)] if *item == second.items[0]));
    let after = conversations.fetch_inbox(&ada.caller, FetchInbox { after: 2 }).await.unwrap();
    assert!(after.items.is_empty());
    drop(session);
}

#[tokio::test]
async fn two_conversations_that_welcome_one_device_at_once_do_not_collide() {
    let world = World::new().await;
    let (mut marie, mut eve) = (world.device("marie").await, world.device("eve").await);
    let ada = world.device("ada").await;
    let elsewhere = ConversationId([9; 16]);
    marie.create(&world).await;
    eve.create_elsewhere(&world, elsewhere).await;
    let here = marie.commit(&[&ada], &[], vec![]);
    let mut there = eve.commit(&[&ada], &[], vec![]);
    there.conversation = elsewhere.to_vec();
    world.disk.hold(true);
    let here = world.conversations().submit_commit(&marie.caller, here);
    let there = world.conversations().submit_commit(&eve.caller, there);
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    world.disk.hold(false);
    here.await.unwrap();
    there.await.unwrap();
    let page = world.conversations().fetch_inbox(&ada.caller, FetchInbox { after: 0 }).await.unwrap();
    let positions: Vec<_> = page.items.iter().map(|item| item.position).collect();
    assert_eq!((page.head, positions.as_slice()), (2, &[1, 2][..]));
    assert_ne!(page.items[0].conversation, page.items[1].conversation);
}

#[tokio::test]
async fn a_refused_commit_leaves_no_welcome() {
    let world = World::new().await;
    let (mut marie, _) = two(&world).await;
    let bob = world.device("bob").await;
    let mut request = marie.commit(&[&bob], &[], vec![]);
    request.group_info.pop();
    assert_eq!(
        code(world.conversations().submit_commit(&marie.caller, request).await),
        ErrorCode::InvalidCommit
    );
    let page = world.conversations().fetch_inbox(&bob.caller, FetchInbox { after: 0 }).await.unwrap();
    assert_eq!((page.head, page.items.len()), (0, 0));
}

#[tokio::test]
async fn who_comes_late_is_given_the_tree_of_the_commit_that_added_it() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let (mut bob, mut cleo) = (world.device("bob").await, world.device("cleo").await);
    let added_at = marie.do_commit(&world, &[&bob], &[], vec![]).await.seq;
    marie.say(&world, "one").await.unwrap();
    marie.catch_up(&world).await;
    marie.do_commit(&world, &[&cleo], &[], vec![]).await;
    marie.do_commit(&world, &[], &[], vec![]).await;
    cleo.join(&world, &marie.vault_keys).await;
    bob.join(&world, &marie.vault_keys).await;
    assert_eq!(bob.at.0.0, added_at);
    assert_eq!(bob.catch_up(&world).await.len(), 3);
    assert_eq!(cleo.catch_up(&world).await.len(), 1);
    ada.catch_up(&world).await;
    let of_bob = bob.group().epoch_authenticator();
    assert!(of_bob == marie.group().epoch_authenticator() && of_bob == ada.group().epoch_authenticator());
    // It is the joiner's alone.
    let request =
        GetJoinInfo { conversation: CONVERSATION.to_vec(), at_seq: added_at, ..GetJoinInfo::default() };
    assert_eq!(code(world.conversations().get_join_info(&cleo.caller, request).await), ErrorCode::NotAMember);
}

#[tokio::test]
async fn acknowledging_entries_is_for_members() {
    let world = World::new().await;
    let (marie, _) = two(&world).await;
    let eve = world.device("eve").await;
    let request = AcknowledgeEntries { conversation: CONVERSATION.to_vec(), up_to: 99 };
    world.conversations().acknowledge_entries(&marie.caller, request.clone()).await.unwrap();
    assert!(world.conversations().next_deadline().is_some());
    world.wait_ms(60_000).await;
    assert_eq!(world.conversations().next_deadline(), None);
    assert_eq!(
        code(world.conversations().acknowledge_entries(&eve.caller, request).await),
        ErrorCode::NotAMember
    );
}

//! What outsiders cost the server's memory: nothing that stays, whatever they ask for.

use super::{
    kit::{CONVERSATION, Device, World, code, fresh},
    messages::two,
};
use asterism_server::conversation::Config;
use asterism_wire::{
    ErrorCode,
    frame::{Fetch, GetJoinInfo, GetVault, Subscribe},
    ids::Seq,
    limits::SUBSCRIBE_MAX,
};

/// Lets tasks end that have answered.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

/// All that can be asked of a conversation by somebody who is not in it.
async fn ask_everything(world: &World, outsider: &mut Device, id: &[u8]) {
    let (conversations, caller, id) = (world.conversations(), outsider.caller.clone(), id.to_vec());
    let subscribe = Subscribe { conversations: vec![id.clone()] };
    assert!(!conversations.subscribe(&caller, subscribe).await.unwrap().standings[0].member);
    let fetch = Fetch { conversation: id.clone(), from_seq: 1, entries_max: 1 };
    let vault = GetVault { conversation: id.clone(), ..GetVault::default() };
    let mut message = outsider.message("hello");
    message.conversation.clone_from(&id);
    let write = vec![outsider.vault_record("meta", 1, 0, b"name")];
    let mut write = outsider.vault_write(write);
    write.conversation.clone_from(&id);
    let mut commit = outsider.commit(&[], &[], vec![]);
    outsider.abandon();
    commit.conversation.clone_from(&id);
    let mut receipt = outsider.receipt(Seq(1));
    receipt.conversation.clone_from(&id);
    let mut refusal = outsider.refusal(Seq(1), &b"body"[..].into());
    refusal.conversation.clone_from(&id);
    let refused = [
        code(conversations.fetch(&caller, fetch).await),
        code(conversations.get_vault(&caller, vault).await),
        code(conversations.send_message(&caller, message).await),
        code(conversations.write_vault(&caller, write).await),
        code(conversations.submit_commit(&caller, commit).await),
        code(conversations.put_receipt(&caller, receipt).await),
        code(conversations.put_refusal(&caller, refusal).await),
    ];
    assert_eq!(refused, [ErrorCode::NotAMember; 7]);
}

#[tokio::test]
async fn conversations_that_do_not_exist_take_no_place_in_memory() {
    let world = World::with(Config { live_max: 2, ..Config::default() }).await;
    let (mut marie, _) = two(&world).await;
    marie.say(&world, "here").await.unwrap();
    let mut mallory = world.device("mallory").await;
    mallory.create_elsewhere(&world, asterism_wire::ids::ConversationId([66; 16])).await;
    let own = Fetch { conversation: vec![66; 16], from_seq: 1, entries_max: 1 };
    let _ = world.conversations().fetch(&mallory.caller, own).await;
    for _ in 0..5 {
        let conversations = (0..SUBSCRIBE_MAX).map(|_| fresh::<16>().to_vec()).collect();
        let answer = world.conversations().subscribe(&mallory.caller, Subscribe { conversations });
        let answer = answer.await.unwrap();
        assert!(answer.standings.iter().all(|standing| !standing.member));
    }
    for _ in 0..10 {
        ask_everything(&world, &mut mallory, &fresh::<16>()).await;
        let join = GetJoinInfo { conversation: fresh::<16>().to_vec(), ..GetJoinInfo::default() };
        assert_eq!(
            code(world.conversations().get_join_info(&mallory.caller, join).await),
            ErrorCode::NotAMember
        );
    }
    settle().await;
    assert_eq!(world.conversations().live(), 2, "those that exist");
}

#[tokio::test]
async fn nothing_is_brought_into_memory_for_who_never_was_a_member() {
    let mut world = World::new().await;
    let (mut marie, _) = two(&world).await;
    let mut mallory = world.device("mallory").await;
    mallory.create_elsewhere(&world, asterism_wire::ids::ConversationId([66; 16])).await;
    world.restart().await;
    let conversations = vec![CONVERSATION.to_vec(); 9];
    let subscribe = Subscribe { conversations: conversations.clone() };
    let answer = world.conversations().subscribe(&mallory.caller, subscribe.clone()).await.unwrap();
    assert!(answer.standings.len() == 9 && answer.standings.iter().all(|standing| !standing.member));
    let fetch = Fetch { conversation: CONVERSATION.to_vec(), from_seq: 1, entries_max: 1 };
    assert_eq!(code(world.conversations().fetch(&mallory.caller, fetch).await), ErrorCode::NotAMember);
    settle().await;
    assert_eq!(world.conversations().live(), 0);
    // Members' it is, and once it is there outsiders learn no more of it.
    let answer = world.conversations().subscribe(&marie.caller, subscribe).await.unwrap();
    assert!(answer.standings.iter().all(|standing| standing.member));
    assert_eq!(world.conversations().live(), 1);
    ask_everything(&world, &mut mallory, CONVERSATION.as_bytes()).await;
    marie.say(&world, "still here").await.unwrap();
}

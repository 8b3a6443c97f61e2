//! Retention: what is past its time goes, what is needed to go on stays.

use super::{
    kit::{CONVERSATION, Seen, World, code},
    messages::two,
};
use asterism_server::{clock::Clock as _, conversation::Config};
use asterism_wire::{
    ErrorCode,
    frame::{Fetch, GetJoinInfo},
    limits::VOID_DELAY_MS,
};

const WEEK_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

fn config() -> Config {
    Config { retention_ms: WEEK_MS, ..Config::default() }
}

fn fetch(from_seq: u64) -> Fetch {
    Fetch { conversation: CONVERSATION.to_vec(), from_seq, entries_max: 0 }
}

async fn trim(world: &World) {
    world.conversations().trim_expired(world.clock.now()).await.unwrap();
}

#[tokio::test]
async fn old_entries_go_and_the_conversation_goes_on() {
    let mut world = World::with(config()).await;
    let (mut marie, mut ada) = two(&world).await;
    let joined_at = ada.at.0.0;
    marie.do_commit(&world, &[], &[], vec![]).await;
    marie.say(&world, "old").await.unwrap();
    ada.catch_up(&world).await;
    world.clock.advance_ms(WEEK_MS + 1);
    let young = marie.say(&world, "young").await.unwrap().seq;
    marie.catch_up(&world).await;
    trim(&world).await;
    for _ in 0..2 {
        let standing = ada.subscribe(&world).await;
        assert_eq!((standing.floor_seq, standing.head_seq), (young, young));
        assert_eq!(
            code(world.conversations().fetch(&ada.caller, fetch(young - 1)).await),
            ErrorCode::Expired
        );
        let late =
            GetJoinInfo { conversation: CONVERSATION.to_vec(), at_seq: joined_at, ..GetJoinInfo::default() };
        assert_eq!(code(world.conversations().get_join_info(&ada.caller, late).await), ErrorCode::Expired);
        world.restart().await;
    }
    assert_eq!(ada.catch_up(&world).await, [Seen::Text("young".into())]);
    let mut bob = world.device("bob").await;
    marie.do_commit(&world, &[&bob], &[], vec![]).await;
    bob.join(&world, &marie.vault_keys).await;
    bob.say(&world, "hello").await.unwrap();
    assert_eq!(ada.catch_up(&world).await.len(), 2);
    trim(&world).await;
    assert_eq!(ada.subscribe(&world).await.floor_seq, young);
}

#[tokio::test]
async fn a_silent_conversation_keeps_its_last_entry() {
    let mut world = World::with(config()).await;
    let (mut marie, ada) = two(&world).await;
    let mut ada = ada;
    let head = marie.at.0.0;
    world.clock.advance_ms(10 * WEEK_MS);
    for _ in 0..2 {
        trim(&world).await;
        let standing = ada.subscribe(&world).await;
        assert_eq!((standing.floor_seq, standing.head_seq), (head, head));
        world.restart().await;
    }
    marie.do_commit(&world, &[], &[], vec![]).await;
    assert_eq!(ada.catch_up(&world).await, [Seen::Commit]);
}

#[tokio::test]
async fn nothing_young_goes() {
    let world = World::with(config()).await;
    let (mut marie, mut ada) = two(&world).await;
    world.clock.advance_ms(WEEK_MS - 1);
    trim(&world).await;
    assert_eq!(ada.subscribe(&world).await.floor_seq, 1);
    marie.say(&world, "x").await.unwrap();
    let empty = World::with(config()).await;
    let mut alone = empty.device("marie").await;
    let state = asterism_policy::PolicyState::group(CONVERSATION, alone.caller.account);
    let genesis = alone.found(&state);
    let request = asterism_wire::frame::CreateConversation {
        conversation: CONVERSATION.to_vec(),
        group_info: genesis.group_info,
        ratchet_tree: genesis.ratchet_tree,
        vault: Vec::new(),
    };
    empty.conversations().create_conversation(&alone.caller, request).await.unwrap();
    empty.clock.advance_ms(9 * WEEK_MS);
    trim(&empty).await;
    alone.say(&empty, "first").await.unwrap();
}

#[tokio::test]
async fn a_young_commit_is_voided_also_after_a_trim() {
    let mut world = World::with(config()).await;
    let (mut marie, mut ada) = two(&world).await;
    marie.do_commit(&world, &[], &[], vec![]).await;
    ada.catch_up(&world).await;
    world.clock.advance_ms(WEEK_MS + 1);
    let request = marie.commit(&[], &[], vec![]);
    let commit = world.conversations().submit_commit(&marie.caller, request.clone()).await.unwrap().seq;
    let lie = ada.refusal(asterism_wire::Seq(commit), &request.commit);
    world.conversations().put_refusal(&ada.caller, lie).await.unwrap();
    trim(&world).await;
    world.restart().await;
    world.wait_ms(VOID_DELAY_MS).await;
    marie.catch_up(&world).await;
    ada.catch_up(&world).await;
    assert_eq!(marie.epoch, ada.epoch);
    ada.say(&world, "on").await.unwrap();
    assert_eq!(marie.catch_up(&world).await, [Seen::Text("on".into())]);
}

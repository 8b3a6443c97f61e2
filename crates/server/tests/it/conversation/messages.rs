//! Messages: one order, for members only, once.

use super::kit::{CONVERSATION, Device, NOW, Seen, World, code};
use asterism_policy::PolicyState;
use asterism_wire::{
    ErrorCode,
    entry::AuthenticatedData,
    frame::{Fetch, FetchInbox, SendEphemeral},
    ids::{ConversationId, Seq, Timestamp},
    limits,
};
use prost::Message as _;

fn text(text: &str) -> Seen {
    Seen::Text(text.into())
}

/// Marie's group with Ada in it.
pub(super) async fn two(world: &World) -> (Device, Device) {
    let (mut marie, mut ada) = (world.device("marie").await, world.device("ada").await);
    marie.create(world).await;
    marie.do_commit(world, &[&ada], &[], vec![]).await;
    ada.join(world, &marie.vault_keys).await;
    (marie, ada)
}

/// Marie's group with Ada and Bo in it.
pub(super) async fn three(world: &World) -> (Device, Device, Device) {
    let (mut marie, mut ada) = two(world).await;
    let mut bo = world.device("bob").await;
    marie.do_commit(world, &[&bo], &[], vec![]).await;
    ada.catch_up(world).await;
    bo.join(world, &marie.vault_keys).await;
    (marie, ada, bo)
}

fn fetch(from_seq: u64) -> Fetch {
    Fetch { conversation: CONVERSATION.to_vec(), from_seq, entries_max: 0 }
}

#[tokio::test]
async fn members_read_the_same_messages_in_the_same_order() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let first = marie.say(&world, "hello").await.unwrap();
    ada.say(&world, "hi").await.unwrap();
    world.clock.advance_ms(5);
    let last = marie.say(&world, "good").await.unwrap();
    assert_eq!(last.server_time_ms, first.server_time_ms + 5);
    assert_eq!(ada.catch_up(&world).await, [text("hello"), text("own"), text("good")]);
    assert_eq!(marie.catch_up(&world).await, [text("own"), text("hi"), text("own")]);
    assert_eq!(marie.at, ada.at);
}

#[tokio::test]
async fn a_joiner_reads_from_the_commit_that_added_it() {
    let world = World::new().await;
    let (mut marie, ada) = two(&world).await;
    let joined_at = ada.at.0.0;
    assert_eq!(
        code(world.conversations().fetch(&ada.caller, fetch(joined_at - 1)).await),
        ErrorCode::Forbidden
    );
    marie.say(&world, "hello").await.unwrap();
    let page = world.conversations().fetch(&ada.caller, fetch(joined_at)).await.unwrap();
    assert_eq!(page.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [joined_at, joined_at + 1]);
    assert_eq!(page.head_seq, joined_at + 1);
}

#[tokio::test]
async fn a_removed_device_reads_up_to_its_removal_and_no_further() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    ada.subscribe(&world).await;
    marie.say(&world, "before").await.unwrap();
    marie.catch_up(&world).await;
    let removal = marie.do_commit(&world, &[], &[&ada], vec![]).await.seq;
    marie.say(&world, "after").await.unwrap();
    marie.catch_up(&world).await;

    assert_eq!(ada.pushed_positions(), [removal - 1, removal]);
    assert_eq!(ada.catch_up(&world).await, [text("before"), Seen::Removed]);
    let page = world.conversations().fetch(&ada.caller, fetch(removal + 1)).await.unwrap();
    assert!(page.entries.is_empty());
    assert_eq!(page.head_seq, removal);
    assert_eq!(
        code(world.conversations().fetch(&ada.caller, fetch(removal + 2)).await),
        ErrorCode::Forbidden
    );
    assert_eq!(
        code(world.conversations().send_message(&ada.caller, marie.message("x")).await),
        ErrorCode::NotAMember
    );
    let standing = ada.subscribe(&world).await;
    assert!(!standing.member);
    assert_eq!(standing.head_seq, removal);
    assert!(
        world
            .conversations()
            .list_conversations(&ada.caller, Default::default())
            .await
            .unwrap()
            .conversations
            .is_empty()
    );
}

#[tokio::test]
async fn who_comes_back_does_not_read_what_was_between() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    marie.do_commit(&world, &[], &[&ada], vec![]).await;
    marie.say(&world, "secret").await.unwrap();
    marie.catch_up(&world).await;
    ada.catch_up(&world).await;
    ada.forget_group();
    let lift =
        asterism_policy::What::LiftBar(asterism_policy::LiftBar { account: ada.caller.account.to_vec() });
    let back = marie.do_commit(&world, &[&ada], &[], vec![lift.into()]).await.seq;
    let between = world.conversations().fetch(&ada.caller, fetch(back - 1)).await.unwrap();
    assert!(between.entries.is_empty());
    ada.join(&world, &marie.vault_keys).await;
    assert_eq!(ada.at.0, Seq(back));
    marie.say(&world, "welcome").await.unwrap();
    assert_eq!(ada.catch_up(&world).await, [text("welcome")]);
}

#[tokio::test]
async fn strangers_learn_nothing() {
    let world = World::new().await;
    let (mut marie, _) = two(&world).await;
    let stranger = world.device("eve").await;
    let conversations = world.conversations();
    let nowhere = ConversationId([9; 16]);
    for conversation in [CONVERSATION, nowhere] {
        let id = conversation.to_vec();
        let request = Fetch { conversation: id.clone(), from_seq: 1, entries_max: 1 };
        assert_eq!(code(conversations.fetch(&stranger.caller, request).await), ErrorCode::NotAMember);
        let mut request = marie.message("x");
        request.conversation = id.clone();
        assert_eq!(code(conversations.send_message(&stranger.caller, request).await), ErrorCode::NotAMember);
        let request = SendEphemeral { conversation: id, ..SendEphemeral::default() };
        assert_eq!(
            code(conversations.send_ephemeral(&stranger.caller, request).await),
            ErrorCode::NotAMember
        );
    }
    assert!(
        conversations.fetch_inbox(&stranger.caller, FetchInbox { after: 0 }).await.unwrap().items.is_empty()
    );
}

#[tokio::test]
async fn a_repeated_message_gets_its_first_answer_also_in_a_later_epoch() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let request = marie.message("once");
    let first = world.conversations().send_message(&marie.caller, request.clone()).await.unwrap();
    world.clock.advance_ms(50);
    let again = world.conversations().send_message(&marie.caller, request.clone()).await.unwrap();
    assert_eq!(again, first);
    marie.catch_up(&world).await;
    marie.do_commit(&world, &[], &[], vec![]).await;
    assert_eq!(world.conversations().send_message(&marie.caller, request.clone()).await.unwrap(), first);
    // Sealed again, under the same key.
    let mut resealed = marie.message("once");
    resealed.idempotency = request.idempotency;
    assert_eq!(world.conversations().send_message(&marie.caller, resealed).await.unwrap(), first);
    assert_eq!(ada.catch_up(&world).await, [text("once"), Seen::Commit]);
}

#[tokio::test]
async fn a_message_of_another_epoch_is_refused_with_the_standing() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let late = ada.message("late");
    let commit = marie.do_commit(&world, &[], &[], vec![]).await;
    let failure = world.conversations().send_message(&ada.caller, late.clone()).await.unwrap_err();
    assert_eq!(failure.error_code(), ErrorCode::StaleEpoch);
    let standing = failure.stale.unwrap();
    assert_eq!((standing.epoch, standing.epoch_opened_by, standing.head_seq), (2, commit.seq, commit.seq));
    // Naming the present epoch does not help what is sealed in another one.
    let request = asterism_wire::frame::SendMessage { epoch_opened_by: commit.seq, ..late };
    assert_eq!(code(world.conversations().send_message(&ada.caller, request).await), ErrorCode::StaleEpoch);
    ada.catch_up(&world).await;
    ada.say(&world, "now").await.unwrap();
}

#[tokio::test]
async fn what_is_not_a_message_of_the_group_is_refused() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let conversations = world.conversations();
    let good = marie.message("good");
    let mut other = world.device("mallory").await;
    other.found(&PolicyState::group(ConversationId([8; 16]), other.caller.account));
    other.epoch = marie.epoch;
    let of_another_group = other.seal("x");
    let commit = ada.commit(&[], &[], vec![]).commit;
    let cut = good.body.slice(..good.body.len() - 1);
    for body in [
        of_another_group.into(),
        commit,
        cut,
        bytes::Bytes::new(),
        bytes::Bytes::from_static(b"\0\x01\0\x02"),
    ] {
        let request = asterism_wire::frame::SendMessage { body, ..good.clone() };
        assert_eq!(code(conversations.send_message(&marie.caller, request).await), ErrorCode::InvalidCommit);
    }
    let body = vec![0; limits::MESSAGE_BYTES_MAX + 1].into();
    let request = asterism_wire::frame::SendMessage { body, ..good.clone() };
    assert_eq!(code(conversations.send_message(&marie.caller, request).await), ErrorCode::LimitExceeded);
    conversations.send_message(&marie.caller, good).await.unwrap();
}

#[tokio::test]
async fn a_false_statement_about_the_log_is_refused() {
    let world = World::new().await;
    let (mut marie, _) = two(&world).await;
    let at = marie.at;
    for (seq, head) in [(at.0, [3; 32]), (Seq(1), [3; 32]), (Seq(0), [3; 32]), (Seq(99), at.1.0)] {
        marie.at = (seq, asterism_wire::Hash(head));
        assert_eq!(code(marie.say(&world, "x").await), ErrorCode::InvalidCommit, "{seq:?}");
    }
    let nothing = AuthenticatedData::default().encode_to_vec();
    marie.at = at;
    let mut request = marie.message("x");
    let (group, provider) = (marie.group.as_mut().unwrap(), &marie.provider);
    request.body = group.seal(provider, &marie.person.device_key, &nothing, b"x").unwrap().into();
    assert_eq!(
        code(world.conversations().send_message(&marie.caller, request).await),
        ErrorCode::InvalidCommit
    );
    marie.say(&world, "x").await.unwrap();
}

#[tokio::test]
async fn stamps_never_decrease() {
    let mut world = World::new().await;
    let (mut marie, _) = two(&world).await;
    world.clock.set(Timestamp(NOW.0 + 100));
    assert_eq!(marie.say(&world, "a").await.unwrap().server_time_ms, NOW.0 + 100);
    world.clock.set(Timestamp(NOW.0 - 9));
    assert_eq!(marie.say(&world, "b").await.unwrap().server_time_ms, NOW.0 + 100);
    world.restart().await;
    assert_eq!(marie.say(&world, "c").await.unwrap().server_time_ms, NOW.0 + 100);
}

#[tokio::test]
async fn signals_reach_the_others_who_are_told() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    marie.subscribe(&world).await;
    ada.subscribe(&world).await;
    let request = SendEphemeral {
        conversation: CONVERSATION.to_vec(),
        epoch_opened_by: marie.epoch.opened_by.0,
        body: bytes::Bytes::from_static(b"sealed"),
    };
    world.conversations().send_ephemeral(&marie.caller, request.clone()).await.unwrap();
    assert_eq!((marie.pushes().len(), ada.pushes().len()), (0, 1));
    let late = SendEphemeral { epoch_opened_by: 0, ..request.clone() };
    assert_eq!(code(world.conversations().send_ephemeral(&marie.caller, late).await), ErrorCode::StaleEpoch);
    let large = SendEphemeral { body: vec![0; limits::EPHEMERAL_BYTES_MAX + 1].into(), ..request };
    assert_eq!(
        code(world.conversations().send_ephemeral(&marie.caller, large).await),
        ErrorCode::LimitExceeded
    );
}

#[tokio::test]
async fn fetching_goes_on_in_pages() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    for number in 0..20 {
        marie.say(&world, &number.to_string()).await.unwrap();
    }
    let page = world.conversations().fetch(&ada.caller, fetch(ada.at.0.0 + 1)).await.unwrap();
    assert_eq!(page.entries.len(), 20);
    assert_eq!(ada.catch_up(&world).await.len(), 20);
    assert_eq!(code(world.conversations().fetch(&ada.caller, fetch(0)).await), ErrorCode::Malformed);
}

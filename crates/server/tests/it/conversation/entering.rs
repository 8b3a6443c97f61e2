//! Getting in from outside: by a link, or as a further device of a participant.

use super::{
    kit::{CONVERSATION, Device, NOW, Seen, World, code, link},
    messages::two,
};
use asterism_mls::link::LinkKeys;
use asterism_policy::{RevokeTicket, Ticket, What};
use asterism_wire::{
    ErrorCode,
    frame::{GetJoinInfo, GetLink},
    ids::Timestamp,
};
use prost::Message as _;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Marie's group with a link.
pub(super) async fn with_link(world: &World, uses_max: u32, expires_ms: u64) -> (Device, LinkKeys) {
    let mut marie = world.device("marie").await;
    marie.create(world).await;
    let (link, add) = link(&marie, uses_max, expires_ms);
    marie.do_commit(world, &[], &[], vec![add]).await;
    (marie, link)
}

pub(super) fn get_link(link: &LinkKeys) -> GetLink {
    GetLink { ticket: link.ticket_id.to_vec() }
}

#[tokio::test]
async fn who_holds_a_link_enters_with_nobody_online() {
    let world = World::new().await;
    let (mut marie, link) = with_link(&world, 0, 0).await;
    let mut ada = world.device("ada").await;
    let info = world.conversations().get_link(get_link(&link)).await.unwrap();
    assert_eq!(info.conversation, CONVERSATION.to_vec());
    assert_eq!((info.wrap.unwrap().generation, info.meta.unwrap().name.as_str()), (0, "meta"));
    assert_eq!(info.accounts, 1);
    assert_eq!(Ticket::decode(info.policy_ticket.as_slice()).unwrap().id, link.ticket_id.to_vec());

    ada.enter_by(&world, &link, marie.vault_keys[&0]).await.unwrap();
    assert_eq!(ada.catch_up(&world).await, [Seen::Commit]);
    ada.say(&world, "here I am").await.unwrap();
    assert_eq!(marie.catch_up(&world).await, [Seen::Commit, Seen::Text("here I am".into())]);
    assert_eq!(marie.group().state().tickets[0].uses, 1);
    let listed = world.conversations().list_conversations(&ada.caller, Default::default()).await.unwrap();
    assert_eq!(listed.conversations.len(), 1);
}

#[tokio::test]
async fn a_link_is_used_as_often_as_it_may() {
    let world = World::new().await;
    let (marie, link) = with_link(&world, 1, 0).await;
    let (mut ada, mut bob) = (world.device("ada").await, world.device("bob").await);
    // Both are on their way; one is late, and learns why when it begins again.
    let info = world.conversations().get_join_info(&bob.caller, bob.link_request(&link)).await.unwrap();
    assert!(info.wrap.is_some());
    let late = bob.entry(&info, Some((&link, marie.vault_keys[&0])));
    ada.enter_by(&world, &link, marie.vault_keys[&0]).await.unwrap();
    assert_eq!(code(world.conversations().submit_commit(&bob.caller, late).await), ErrorCode::StaleEpoch);
    assert_eq!(code(bob.enter_by(&world, &link, marie.vault_keys[&0]).await), ErrorCode::LinkUsedUp);
    assert_eq!(code(world.conversations().get_link(get_link(&link)).await), ErrorCode::LinkUsedUp);
}

#[tokio::test]
async fn a_link_expires_by_the_servers_clock() {
    let world = World::new().await;
    let (marie, link) = with_link(&world, 0, NOW.0 + DAY_MS).await;
    let mut ada = world.device("ada").await;
    let info = world.conversations().get_join_info(&ada.caller, ada.link_request(&link)).await.unwrap();
    let commit = ada.entry(&info, Some((&link, marie.vault_keys[&0])));
    world.clock.set(Timestamp(NOW.0 + DAY_MS));
    assert_eq!(code(world.conversations().submit_commit(&ada.caller, commit).await), ErrorCode::LinkExpired);
    assert_eq!(code(world.conversations().get_link(get_link(&link)).await), ErrorCode::LinkExpired);
    let request = ada.link_request(&link);
    assert_eq!(code(world.conversations().get_join_info(&ada.caller, request).await), ErrorCode::LinkExpired);
}

#[tokio::test]
async fn a_revoked_link_is_no_link() {
    let world = World::new().await;
    let (mut marie, link) = with_link(&world, 0, 0).await;
    let mut ada = world.device("ada").await;
    let info = world.conversations().get_join_info(&ada.caller, ada.link_request(&link)).await.unwrap();
    let commit = ada.entry(&info, Some((&link, marie.vault_keys[&0])));
    let revoke = RevokeTicket { ticket: link.ticket_id.to_vec() };
    marie.do_commit(&world, &[], &[], vec![What::RevokeTicket(revoke).into()]).await;
    assert_eq!(code(world.conversations().submit_commit(&ada.caller, commit).await), ErrorCode::UnknownLink);
    assert_eq!(code(world.conversations().get_link(get_link(&link)).await), ErrorCode::UnknownLink);
    let request = ada.link_request(&link);
    assert_eq!(code(world.conversations().get_join_info(&ada.caller, request).await), ErrorCode::UnknownLink);
}

#[tokio::test]
async fn who_was_removed_stays_out() {
    let world = World::new().await;
    let (mut marie, link) = with_link(&world, 0, 0).await;
    let mut ada = world.device("ada").await;
    marie.do_commit(&world, &[&ada], &[], vec![]).await;
    ada.join(&world, &marie.vault_keys).await;
    marie.do_commit(&world, &[], &[&ada], vec![]).await;
    let request = ada.link_request(&link);
    assert_eq!(code(world.conversations().get_join_info(&ada.caller, request).await), ErrorCode::Barred);
}

#[tokio::test]
async fn a_link_must_be_shown_on_this_connection() {
    let world = World::new().await;
    let (_, link) = with_link(&world, 0, 0).await;
    let (ada, bob) = (world.device("ada").await, world.device("bob").await);
    let conversations = world.conversations();
    // Signed for another connection, and by another key.
    assert_eq!(
        code(conversations.get_join_info(&ada.caller, bob.link_request(&link)).await),
        ErrorCode::BadSignature
    );
    let other = LinkKeys::derive(&[9; 32]);
    let request = GetJoinInfo { ticket: link.ticket_id.to_vec(), ..ada.link_request(&other) };
    assert_eq!(code(conversations.get_join_info(&ada.caller, request).await), ErrorCode::BadSignature);
    // A link of nowhere, and a conversation of nowhere.
    assert_eq!(
        code(conversations.get_join_info(&ada.caller, ada.link_request(&other)).await),
        ErrorCode::UnknownLink
    );
    let nowhere = GetJoinInfo { conversation: vec![9; 16], ..ada.link_request(&link) };
    assert_eq!(code(conversations.get_join_info(&ada.caller, nowhere).await), ErrorCode::UnknownLink);
    assert_eq!(code(conversations.get_link(get_link(&other)).await), ErrorCode::UnknownLink);
    let without = GetJoinInfo { conversation: CONVERSATION.to_vec(), ..GetJoinInfo::default() };
    assert_eq!(code(conversations.get_join_info(&ada.caller, without).await), ErrorCode::NotAMember);
}

#[tokio::test]
async fn a_commit_by_a_link_to_nowhere_is_as_one_to_a_conversation_of_nowhere() {
    let world = World::new().await;
    let (marie, link) = with_link(&world, 0, 0).await;
    let mut ada = world.device("ada").await;
    let info = world.conversations().get_join_info(&ada.caller, ada.link_request(&link)).await.unwrap();
    let mut commit = ada.entry(&info, Some((&link, marie.vault_keys[&0])));
    commit.conversation = vec![9; 16];
    assert_eq!(code(world.conversations().submit_commit(&ada.caller, commit).await), ErrorCode::UnknownLink);
}

#[tokio::test]
async fn a_link_cannot_be_led_elsewhere() {
    let world = World::new().await;
    let (_, link) = with_link(&world, 0, 0).await;
    // Eve knows the link's public keys, and has a conversation of her own.
    let stored = world.conversations().get_link(get_link(&link)).await.unwrap();
    let mut ticket = Ticket::decode(stored.policy_ticket.as_slice()).unwrap();
    let mut eve = world.device("eve").await;
    ticket.creator = eve.caller.account.to_vec();
    let elsewhere = asterism_wire::ConversationId([9; 16]);
    eve.create_elsewhere(&world, elsewhere).await;
    let add = What::AddTicket(asterism_policy::AddTicket { ticket: Some(ticket) });
    let mut request = eve.commit(&[], &[], vec![add.into()]);
    request.conversation = elsewhere.to_vec();
    assert_eq!(code(world.conversations().submit_commit(&eve.caller, request).await), ErrorCode::Forbidden);
    let still = world.conversations().get_link(get_link(&link)).await.unwrap();
    assert_eq!(still.conversation, CONVERSATION.to_vec());
}

#[tokio::test]
async fn a_further_device_enters_by_itself() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let mut phone = world.further_device("ada", 2).await;
    let request = GetJoinInfo { conversation: CONVERSATION.to_vec(), ..GetJoinInfo::default() };
    let info = world.conversations().get_join_info(&phone.caller, request).await.unwrap();
    let commit = phone.entry(&info, None);
    world.conversations().submit_commit(&phone.caller, commit).await.unwrap();
    phone.catch_up(&world).await;
    phone.say(&world, "from my phone").await.unwrap();
    assert_eq!(marie.catch_up(&world).await.len(), 2);
    ada.catch_up(&world).await;
    assert_eq!(marie.group().roster().leaves_of(ada.caller.account), 2);
    assert_eq!(marie.group().state().vault_generation, 0);
}

#[tokio::test]
async fn a_device_that_lost_its_state_enters_in_place_of_its_old_leaf_and_reads_on() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    ada.subscribe(&world).await;
    let joined_at = ada.at.0;
    ada.forget_group();
    let request = GetJoinInfo { conversation: CONVERSATION.to_vec(), ..GetJoinInfo::default() };
    let info = world.conversations().get_join_info(&ada.caller, request).await.unwrap();
    let commit = ada.entry(&info, None);
    let entered = world.conversations().submit_commit(&ada.caller, commit).await.unwrap();
    ada.catch_up(&world).await;
    marie.catch_up(&world).await;
    marie.say(&world, "again").await.unwrap();
    assert_eq!(ada.catch_up(&world).await, [Seen::Text("again".into())]);
    assert_eq!(
        ada.pushed_positions(),
        [entered.seq, entered.seq + 1],
        "it is told without subscribing again"
    );
    let all = asterism_wire::frame::Fetch {
        conversation: CONVERSATION.to_vec(),
        from_seq: joined_at.0,
        entries_max: 0,
    };
    assert_eq!(world.conversations().fetch(&ada.caller, all).await.unwrap().entries.len(), 3);
}

#[tokio::test]
async fn many_come_by_one_link_at_once() {
    let world = World::new().await;
    let (mut marie, link) = with_link(&world, 0, 0).await;
    let mut waiting = Vec::new();
    for number in 0..8 {
        waiting.push(world.device(&format!("guest{number}")).await);
    }
    let mut rounds = 0;
    while !waiting.is_empty() {
        rounds += 1;
        let mut offers = Vec::new();
        for guest in &mut waiting {
            let info =
                world.conversations().get_join_info(&guest.caller, guest.link_request(&link)).await.unwrap();
            offers.push(guest.entry(&info, Some((&link, marie.vault_keys[&0]))));
        }
        let mut late = Vec::new();
        for (guest, offer) in waiting.into_iter().zip(offers) {
            match world.conversations().submit_commit(&guest.caller, offer).await {
                Ok(_) => {}
                Err(failure) => {
                    assert_eq!(failure.error_code(), ErrorCode::StaleEpoch);
                    late.push(guest);
                }
            }
        }
        waiting = late;
    }
    assert_eq!(rounds, 8);
    assert_eq!(marie.catch_up(&world).await.len(), 8);
    assert_eq!(marie.group().roster().account_count(), 9);
}

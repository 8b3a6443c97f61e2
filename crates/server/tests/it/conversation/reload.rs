//! What is in memory can be read from the store again at any moment.

use super::{
    entering::with_link,
    kit::{CONVERSATION, Device, Seen, World},
};
use asterism_policy::{Role, SetRole, What};
use asterism_server::conversation::Config;
use asterism_wire::{
    frame::{Fetch, FetchInbox, GetJoinInfo, GetLink, GetVault, ListConversations, Subscribe},
    limits::VOID_DELAY_MS,
};

/// All that one device can be told.
async fn told(world: &World, device: &Device, ticket: &[u8]) -> Vec<String> {
    let conversations = world.conversations();
    let id = CONVERSATION.to_vec();
    let mut all = Vec::new();
    let subscribe = Subscribe { conversations: vec![id.clone(), vec![9; 16]] };
    all.push(format!("{:?}", conversations.subscribe(&device.caller, subscribe).await));
    for from_seq in 1..20 {
        let request = Fetch { conversation: id.clone(), from_seq, entries_max: 3 };
        all.push(format!("{:?}", conversations.fetch(&device.caller, request).await));
        let request =
            GetJoinInfo { conversation: id.clone(), at_seq: from_seq - 1, ..GetJoinInfo::default() };
        all.push(format!("{:?}", conversations.get_join_info(&device.caller, request).await));
    }
    let vault = GetVault { conversation: id, ..GetVault::default() };
    all.push(format!("{:?}", conversations.get_vault(&device.caller, vault).await));
    all.push(format!("{:?}", conversations.list_conversations(&device.caller, ListConversations {}).await));
    all.push(format!("{:?}", conversations.get_link(GetLink { ticket: ticket.to_vec() }).await));
    all.push(format!("{:?}", conversations.fetch_inbox(&device.caller, FetchInbox { after: 0 }).await));
    all
}

/// Restarts the server; nobody is told anything else than before.
async fn check(world: &mut World, devices: &[&Device], ticket: &[u8]) {
    let mut before = Vec::new();
    for device in devices {
        before.push(told(world, device, ticket).await);
    }
    world.restart().await;
    for (device, before) in devices.iter().zip(before) {
        assert_eq!(told(world, device, ticket).await, before);
    }
}

#[tokio::test]
async fn a_restart_in_the_middle_of_everything_changes_no_answer() {
    let mut world = World::with(Config { snapshot_every: 2, ..Config::default() }).await;
    let (mut marie, link) = with_link(&world, 0, 0).await;
    let ticket = link.ticket_id.to_vec();
    let (mut ada, mut bob) = (world.device("ada").await, world.device("bob").await);
    let mut mallory = world.device("mallory").await;
    let cleo = world.device("cleo").await;
    check(&mut world, &[&marie, &ada], &ticket).await;

    ada.enter_by(&world, &link, marie.vault_keys[&0]).await.unwrap();
    ada.catch_up(&world).await;
    marie.catch_up(&world).await;
    check(&mut world, &[&marie, &ada], &ticket).await;

    let role = SetRole { account: ada.caller.account.to_vec(), role: Role::Admin as i32, until_ms: 0 };
    marie.do_commit(&world, &[&bob], &[], vec![What::SetRole(role).into()]).await;
    check(&mut world, &[&marie, &ada, &bob], &ticket).await;
    bob.join(&world, &marie.vault_keys).await;
    let receipt = bob.receipt(bob.epoch.opened_by);
    world.conversations().put_receipt(&bob.caller, receipt).await.unwrap();
    bob.say(&world, "hello").await.unwrap();
    check(&mut world, &[&marie, &ada, &bob], &ticket).await;

    ada.catch_up(&world).await;
    ada.do_commit(&world, &[&cleo], &[&bob], vec![]).await;
    check(&mut world, &[&marie, &ada, &bob, &cleo], &ticket).await;
    marie.catch_up(&world).await;
    let receipt = marie.receipt(marie.epoch.opened_by);
    world.conversations().put_receipt(&marie.caller, receipt).await.unwrap();

    mallory.enter_by(&world, &link, [66; 32]).await.unwrap();
    check(&mut world, &[&marie, &ada, &bob, &cleo, &mallory], &ticket).await;
    marie.catch_up(&world).await;
    let refused = marie.refused.clone().unwrap();
    let refusal = marie.refusal(refused.position(), &refused.body);
    world.conversations().put_refusal(&marie.caller, refusal).await.unwrap();
    check(&mut world, &[&marie, &ada, &bob, &cleo, &mallory], &ticket).await;
    world.wait_ms(VOID_DELAY_MS).await;
    check(&mut world, &[&marie, &ada, &bob, &cleo, &mallory], &ticket).await;

    assert_eq!(marie.catch_up(&world).await, [Seen::Void]);
    for _ in 0..5 {
        marie.do_commit(&world, &[], &[], vec![]).await;
        ada.catch_up(&world).await;
        check(&mut world, &[&marie, &ada, &bob, &cleo], &ticket).await;
    }
    ada.say(&world, "on").await.unwrap();
    assert_eq!(marie.catch_up(&world).await, [Seen::Text("on".into())]);
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_answered() {
    let mut world = World::new().await;
    let (mut marie, mut ada) = super::messages::two(&world).await;
    for round in 0..6 {
        marie.say(&world, "answered").await.unwrap();
        marie.catch_up(&world).await;
        world.disk.hold(true);
        let on_its_way = marie.send(&world, "on its way");
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        if round % 2 == 0 {
            world.disk.crash()
        } else {
            world.disk.crash_before_answer()
        }
        assert!(on_its_way.await.is_err());
        world.disk.hold(false);
        world.restart().await;
        marie.catch_up(&world).await;
        marie.do_commit(&world, &[], &[], vec![]).await;
    }
    let seen = ada.catch_up(&world).await;
    let count = |what: &str| seen.iter().filter(|s| **s == Seen::Text(what.into())).count();
    assert_eq!((count("answered"), count("on its way")), (6, 3));
    assert_eq!(ada.at, marie.at);
}

//! Whom the server asks for receipts, however many devices somebody brings.

use super::{
    kit::{CONVERSATION, Device, Seen, World},
    messages::three,
};
use asterism_wire::{
    frame::{Fetch, Happened},
    ids::Seq,
    limits::{DEVICES_MAX, VOID_DELAY_MS},
};

/// Accounts of one person.
const CROWD: usize = 12;

/// Many accounts of one person, each with as many devices as it may have, enter the group and listen.
async fn crowd(world: &World, admin: &mut Device) -> Vec<Device> {
    let mut crowd = Vec::new();
    for account in 0..CROWD {
        let handle = format!("mallory{account}");
        crowd.push(world.device(&handle).await);
        for number in 2..=u32::try_from(DEVICES_MAX).unwrap() {
            crowd.push(world.further_device(&handle, number).await);
        }
    }
    let all: Vec<&Device> = crowd.iter().collect();
    for part in all.chunks(24) {
        admin.do_commit(world, part, &[], vec![]).await;
    }
    for one in &mut crowd {
        one.subscribe(world).await;
    }
    crowd
}

/// How often it was asked for a receipt for the commit.
fn asked(device: &Device, commit: u64) -> usize {
    let is_wanted = |h: &&Happened| matches!(h, Happened::ReceiptWanted(w) if w.commit_seq == commit);
    device.pushes().iter().filter(is_wanted).count()
}

#[tokio::test]
async fn who_brings_many_devices_keeps_nobody_from_being_asked_and_voids_nothing() {
    let world = World::new().await;
    let (mut marie, mut ada, mut bob) = three(&world).await;
    for honest in [&mut ada, &mut bob] {
        honest.subscribe(&world).await;
    }
    let mut crowd = crowd(&world, &mut marie).await;
    for honest in [&mut ada, &mut bob] {
        honest.catch_up(&world).await;
        let receipt = honest.receipt(marie.epoch.opened_by);
        world.conversations().put_receipt(&honest.caller, receipt).await.unwrap();
    }
    world.wait_ms(VOID_DELAY_MS).await;
    let mut asked_at_once = 0;
    for _ in 0..4 {
        // Whatever position the crowd writes up to, and whoever of it stays.
        let gone: Vec<Device> = crowd.drain(..DEVICES_MAX).collect();
        let listeners = u64::try_from(2 + crowd.len()).unwrap();
        while !(3..=20).contains(&((marie.at.0.0 + 1) % listeners)) {
            marie.say(&world, "what somebody of the crowd would write").await.unwrap();
            marie.catch_up(&world).await;
        }
        let gone: Vec<&Device> = gone.iter().collect();
        let commit = marie.do_commit(&world, &[], &gone, vec![]).await.seq;
        let at_once: Vec<usize> = [&ada, &bob].iter().map(|honest| asked(honest, commit)).collect();
        asked_at_once +=
            at_once.iter().sum::<usize>() + crowd.iter().map(|one| asked(one, commit)).sum::<usize>();

        let page = Fetch { conversation: CONVERSATION.to_vec(), from_seq: commit, entries_max: 1 };
        let page = world.conversations().fetch(&ada.caller, page).await.unwrap();
        let lie = crowd[0].refusal(Seq(commit), &page.entries[0].body);
        world.conversations().put_refusal(&crowd[0].caller, lie).await.unwrap();
        for honest in [&mut ada, &mut bob] {
            assert_eq!(asked(honest, commit), 1, "at the first refusal all of few accounts are asked");
            honest.catch_up(&world).await;
            let receipt = honest.receipt(Seq(commit));
            world.conversations().put_receipt(&honest.caller, receipt).await.unwrap();
        }
        world.wait_ms(VOID_DELAY_MS).await;
        assert_eq!(marie.catch_up(&world).await, [] as [Seen; 0], "nothing is voided");
    }
    assert_eq!(asked_at_once, 4 * asterism_wire::limits::RECEIPTS_ASKED);
}

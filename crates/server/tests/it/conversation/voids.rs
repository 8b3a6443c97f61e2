//! Commits that the server could not see to be wrong: refused by members, voided, and life goes on.

use super::{
    entering::with_link,
    kit::{CONVERSATION, Device, Seen, World, code},
    messages::three,
};
use asterism_mls::link::LinkKeys;
use asterism_wire::{
    ErrorCode,
    entry::Receipt,
    frame::{Done, Failure, Fetch, FetchInbox, GetLink, GetVault, Happened, PutReceipt, SubmitCommit},
    ids::Seq,
    limits::VOID_DELAY_MS,
};
use bytes::Bytes;

fn fetch(from_seq: u64) -> Fetch {
    Fetch { conversation: CONVERSATION.to_vec(), from_seq, entries_max: 0 }
}

/// Marie and Ada in a group with a link that may be used once, and Mallory, who enters by it with a wrong
/// pre-shared key. The server cannot see that. Gives Mallory's commit.
async fn wrong_entry(world: &World) -> (Device, Device, Device, LinkKeys, SubmitCommit) {
    let (mut marie, link) = with_link(world, 1, 0).await;
    let (mut ada, mut mallory) = (world.device("ada").await, world.device("mallory").await);
    marie.do_commit(world, &[&ada], &[], vec![]).await;
    ada.join(world, &marie.vault_keys).await;
    let receipt = ada.receipt(ada.epoch.opened_by);
    world.conversations().put_receipt(&ada.caller, receipt).await.unwrap();

    let request = mallory.link_request(&link);
    let info = world.conversations().get_join_info(&mallory.caller, request).await.unwrap();
    let mut commit = mallory.entry(&info, Some((&link, [66; 32])));
    let own = format!("profile/{}", mallory.caller.account);
    commit.vault = vec![mallory.vault_record(&own, 1, 0, b"hello")];
    world.conversations().submit_commit(&mallory.caller, commit.clone()).await.unwrap();
    mallory.catch_up(world).await;
    (marie, ada, mallory, link, commit)
}

async fn refuse(world: &World, device: &Device) {
    let refused = device.refused.as_ref().expect("a commit that it cannot accept");
    let refusal = device.refusal(refused.position(), &refused.body);
    world.conversations().put_refusal(&device.caller, refusal).await.unwrap();
}

#[tokio::test]
async fn what_members_refuse_and_nobody_confirms_dies_with_all_that_rests_on_it() {
    let world = World::new().await;
    let (mut marie, mut ada, mut mallory, link, _) = wrong_entry(&world).await;
    let current = marie.epoch;
    mallory.say(&world, "I am in").await.unwrap();
    marie.subscribe(&world).await;
    mallory.subscribe(&world).await;
    assert_eq!(marie.catch_up(&world).await, [Seen::Skipped, Seen::Skipped, Seen::Skipped]);
    refuse(&world, &marie).await;
    assert!(world.conversations().next_deadline().is_some());
    world.wait_ms(VOID_DELAY_MS - 1).await;
    assert!(marie.catch_up(&world).await.is_empty());
    world.wait_ms(1).await;

    assert_eq!(world.conversations().next_deadline(), None);
    assert_eq!(marie.catch_up(&world).await, [Seen::Void]);
    assert_eq!(marie.epoch, current);
    assert_eq!(marie.pushed_positions(), [marie.at.0.0]);
    assert_eq!(mallory.pushed_positions(), [marie.at.0.0]);
    // Mallory never was there.
    assert_eq!(code(world.conversations().fetch(&mallory.caller, fetch(1)).await), ErrorCode::NotAMember);
    let listed = world.conversations().list_conversations(&mallory.caller, Default::default()).await.unwrap();
    assert!(listed.conversations.is_empty());
    let vault = GetVault { conversation: CONVERSATION.to_vec(), ..GetVault::default() };
    let vault = world.conversations().get_vault(&marie.caller, vault).await.unwrap();
    assert_eq!(vault.records.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["meta"]);
    // The link was not used.
    world.conversations().get_link(GetLink { ticket: link.ticket_id.to_vec() }).await.unwrap();
    let mut bob = world.device("bob").await;
    bob.enter_by(&world, &link, marie.vault_keys[&0]).await.unwrap();
    bob.catch_up(&world).await;
    bob.say(&world, "and I am").await.unwrap();
    assert_eq!(marie.catch_up(&world).await, [Seen::Commit, Seen::Text("and I am".into())]);
    let seen = ada.catch_up(&world).await;
    assert_eq!(&seen[3..], [Seen::Void, Seen::Commit, Seen::Text("and I am".into())]);
    ada.say(&world, "hello").await.unwrap();
    assert_eq!(bob.catch_up(&world).await.len(), 2);
    assert!(mallory.pushed_positions().is_empty());
}

#[tokio::test]
async fn a_void_survives_a_restart_at_any_moment() {
    let mut world = World::new().await;
    let (mut marie, mut ada, _, _, _) = wrong_entry(&world).await;
    marie.catch_up(&world).await;
    refuse(&world, &marie).await;
    world.restart().await;
    assert!(world.conversations().next_deadline().is_some());
    world.wait_ms(VOID_DELAY_MS).await;
    world.restart().await;
    marie.catch_up(&world).await;
    marie.do_commit(&world, &[], &[], vec![]).await;
    world.restart().await;
    marie.say(&world, "on").await.unwrap();
    assert_eq!(ada.catch_up(&world).await.last(), Some(&Seen::Text("on".into())));
    assert_eq!(world.conversations().next_deadline(), None);
}

/// The refused commit stands, whatever its refuser says.
#[track_caller]
fn stands(answer: Result<Done, Failure>) {
    assert_eq!(answer.unwrap_err().error_code(), ErrorCode::StaleEpoch);
}

#[tokio::test]
async fn a_liar_does_not_void_what_somebody_confirmed() {
    let world = World::new().await;
    let (mut marie, mut ada, mut bob) = three(&world).await;
    let commit = marie.do_commit(&world, &[], &[], vec![]).await.seq;
    ada.catch_up(&world).await;
    let body = world.conversations().fetch(&bob.caller, fetch(commit)).await.unwrap().entries[0].body.clone();
    // The receipt may come before the lie, or after it and in time.
    let lie = bob.refusal(Seq(commit), &body);
    world.conversations().put_refusal(&bob.caller, lie.clone()).await.unwrap();
    assert!(world.conversations().next_deadline().is_some());
    let receipt = ada.receipt(Seq(commit));
    world.conversations().put_receipt(&ada.caller, receipt).await.unwrap();
    world.wait_ms(VOID_DELAY_MS).await;
    assert_eq!(world.conversations().next_deadline(), None);
    stands(world.conversations().put_refusal(&bob.caller, lie).await);
    assert_eq!(world.conversations().next_deadline(), None);
    world.wait_ms(2 * VOID_DELAY_MS).await;
    bob.catch_up(&world).await;
    assert_eq!(bob.at, marie.at);
}

#[tokio::test]
async fn one_accomplice_does_not_settle_what_more_refuse() {
    let world = World::new().await;
    let (mut marie, mut ada, mut bob) = three(&world).await;
    let mut eve = world.device("eve").await;
    marie.do_commit(&world, &[&eve], &[], vec![]).await;
    eve.join(&world, &marie.vault_keys).await;
    for device in [&mut ada, &mut bob] {
        device.catch_up(&world).await;
    }
    let receipt = ada.receipt(marie.epoch.opened_by);
    world.conversations().put_receipt(&ada.caller, receipt).await.unwrap();
    world.wait_ms(VOID_DELAY_MS).await;
    // Ada's commit stands for a flawed one. Eve says at once that it is right, and builds on it.
    let commit = ada.do_commit(&world, &[], &[], vec![]).await.seq;
    eve.catch_up(&world).await;
    let receipt = eve.receipt(Seq(commit));
    world.conversations().put_receipt(&eve.caller, receipt).await.unwrap();
    eve.do_commit(&world, &[], &[], vec![]).await;
    let body = world.conversations().fetch(&bob.caller, fetch(commit)).await.unwrap().entries[0].body.clone();
    for device in [&marie, &bob] {
        let refusal = device.refusal(Seq(commit), &body);
        world.conversations().put_refusal(&device.caller, refusal).await.unwrap();
    }
    world.wait_ms(VOID_DELAY_MS).await;
    assert_eq!(marie.catch_up(&world).await, [Seen::Commit, Seen::Commit, Seen::Void]);
    assert_eq!(world.conversations().next_deadline(), None);
    world.wait_ms(2_000).await;
    marie.say(&world, "on").await.unwrap();
    bob.catch_up(&world).await;
    bob.do_commit(&world, &[], &[], vec![]).await;
}

#[tokio::test]
async fn what_was_said_of_a_commit_survives_a_restart() {
    let mut world = World::new().await;
    let (mut marie, mut ada, mut bob) = three(&world).await;
    let commit = marie.do_commit(&world, &[], &[], vec![]).await.seq;
    ada.catch_up(&world).await;
    let receipt = ada.receipt(Seq(commit));
    world.conversations().put_receipt(&ada.caller, receipt).await.unwrap();
    world.restart().await;
    let body = world.conversations().fetch(&bob.caller, fetch(commit)).await.unwrap().entries[0].body.clone();
    let lie = bob.refusal(Seq(commit), &body);
    world.conversations().put_refusal(&bob.caller, lie).await.unwrap();
    world.restart().await;
    world.wait_ms(VOID_DELAY_MS).await;
    assert_eq!(bob.catch_up(&world).await, [Seen::Commit]);
    assert_eq!(world.conversations().next_deadline(), None);
    let page = world.conversations().fetch(&bob.caller, fetch(commit)).await.unwrap();
    assert_eq!(page.receipts.len(), 1);
}

#[tokio::test]
async fn receipts_are_asked_for_kept_and_told() {
    let world = World::new().await;
    let (mut marie, mut ada, mut bob) = three(&world).await;
    // Bob's word counts once somebody who was there before has confirmed the commit that brought him in.
    let brought_bob = ada.receipt(marie.epoch.opened_by);
    world.conversations().put_receipt(&ada.caller, brought_bob).await.unwrap();
    world.wait_ms(VOID_DELAY_MS).await;
    for device in [&mut marie, &mut ada, &mut bob] {
        device.subscribe(&world).await;
    }
    let commit = marie.do_commit(&world, &[], &[], vec![]).await.seq;
    let wanted = |device: &Device| {
        let is_wanted = |h: &Happened| matches!(h, Happened::ReceiptWanted(w) if w.commit_seq == commit);
        device.pushes().iter().filter(|h| is_wanted(h)).count()
    };
    assert_eq!((wanted(&marie), wanted(&ada), wanted(&bob)), (0, 1, 1));
    let conversations = world.conversations();
    assert_eq!(conversations.fetch(&bob.caller, fetch(commit)).await.unwrap().receipt_wanted_seq, commit);
    assert_eq!(conversations.fetch(&marie.caller, fetch(commit)).await.unwrap().receipt_wanted_seq, 0);
    // The author's own is none.
    let own = marie.receipt(Seq(commit));
    conversations.put_receipt(&marie.caller, own).await.unwrap();
    ada.catch_up(&world).await;
    let receipt = ada.receipt(Seq(commit));
    conversations.put_receipt(&ada.caller, receipt.clone()).await.unwrap();
    bob.catch_up(&world).await;
    let second = bob.receipt(Seq(commit));
    conversations.put_receipt(&bob.caller, second).await.unwrap();
    // Who refuses it still has the time to say so.
    let page = conversations.fetch(&bob.caller, fetch(commit)).await.unwrap();
    assert_eq!((page.receipts.len(), page.receipt_wanted_seq), (0, 0));
    world.wait_ms(VOID_DELAY_MS).await;
    let page = conversations.fetch(&bob.caller, fetch(commit)).await.unwrap();
    assert_eq!((page.receipts.as_slice(), page.receipt_wanted_seq), (&[receipt.receipt.unwrap()][..], 0));
    for device in [&marie, &bob] {
        let pushes = device.pushes();
        let told = pushes.iter().filter(|h| matches!(h, Happened::ReceiptAttached(_))).count();
        assert_eq!(told, 1);
    }
}

#[tokio::test]
async fn only_who_knows_both_epochs_refuses_and_only_in_its_own_name() {
    let world = World::new().await;
    let (mut marie, mut ada, bob) = three(&world).await;
    let eve = world.device("eve").await;
    let mut cleo = world.device("cleo").await;
    let commit = marie.do_commit(&world, &[&cleo], &[&bob], vec![]).await.seq;
    cleo.join(&world, &marie.vault_keys).await;
    ada.catch_up(&world).await;
    let conversations = world.conversations();
    let body = conversations.fetch(&ada.caller, fetch(commit)).await.unwrap().entries[0].body.clone();
    for outsider in [&bob, &cleo, &eve] {
        let refusal = outsider.refusal(Seq(commit), &body);
        assert_eq!(code(conversations.put_refusal(&outsider.caller, refusal).await), ErrorCode::NotAMember);
    }
    for outsider in [&bob, &eve] {
        let mut receipt = ada.receipt(Seq(commit));
        receipt.receipt.as_mut().unwrap().device = outsider.caller.device.to_vec();
        assert_eq!(code(conversations.put_receipt(&outsider.caller, receipt).await), ErrorCode::NotAMember);
    }
    let of_marie = marie.refusal(Seq(commit), &body);
    assert_eq!(code(conversations.put_refusal(&ada.caller, of_marie).await), ErrorCode::BadSignature);
    let mut forged = ada.refusal(Seq(commit), &body);
    forged.refusal.as_mut().unwrap().signature[9] ^= 1;
    assert_eq!(code(conversations.put_refusal(&ada.caller, forged).await), ErrorCode::BadSignature);
    let other_body = ada.refusal(Seq(commit), &Bytes::from_static(b"other"));
    assert_eq!(code(conversations.put_refusal(&ada.caller, other_body).await), ErrorCode::Malformed);
    let mut of_cleo = cleo.receipt(Seq(commit));
    assert_eq!(code(conversations.put_receipt(&ada.caller, of_cleo.clone()).await), ErrorCode::BadSignature);
    of_cleo.receipt.as_mut().unwrap().authenticator_hash[0] ^= 1;
    assert_eq!(code(conversations.put_receipt(&cleo.caller, of_cleo).await), ErrorCode::BadSignature);
    assert_eq!(world.conversations().next_deadline(), None);
    let nothing = PutReceipt {
        receipt: Some(Receipt { commit_seq: 999, ..Receipt::default() }),
        ..marie.receipt(Seq(1))
    };
    assert_eq!(code(conversations.put_receipt(&marie.caller, nothing).await), ErrorCode::Malformed);
}

#[tokio::test]
async fn a_liar_whom_nobody_contradicts_undoes_an_add_and_a_removal() {
    let world = World::new().await;
    let (mut marie, mut ada, bob) = three(&world).await;
    let cleo = world.device("cleo").await;
    let mut bob = bob;
    let session = world.come_online(&bob).await;
    let mut request = marie.commit(&[&cleo], &[&bob], vec![]);
    request.vault = vec![marie.vault_record("meta", 2, 1, b"new name")];
    let commit = world.conversations().submit_commit(&marie.caller, request.clone()).await.unwrap().seq;
    marie.catch_up(&world).await;
    let message = marie.message("in the new epoch");
    let sent = world.conversations().send_message(&marie.caller, message.clone()).await.unwrap();
    let write = vec![marie.vault_record("meta", 3, 1, b"newer name")];
    let write = marie.vault_write(write);
    world.conversations().write_vault(&marie.caller, write).await.unwrap();
    ada.catch_up(&world).await;
    let lie = ada.refusal(Seq(commit), &request.commit);
    world.conversations().put_refusal(&ada.caller, lie).await.unwrap();
    world.wait_ms(VOID_DELAY_MS).await;

    let conversations = world.conversations();
    let inbox = conversations.fetch_inbox(&cleo.caller, FetchInbox { after: 0 }).await.unwrap();
    assert_eq!((inbox.head, inbox.items.len()), (1, 0), "the position is not used again");
    assert_eq!(code(conversations.fetch(&cleo.caller, fetch(commit)).await), ErrorCode::NotAMember);
    assert_eq!(bob.catch_up(&world).await.last(), Some(&Seen::Void));
    assert_eq!(bob.pushed_positions(), [bob.at.0.0], "who is in again is told");
    bob.say(&world, "still here").await.unwrap();
    let vault = GetVault { conversation: CONVERSATION.to_vec(), ..GetVault::default() };
    let vault = conversations.get_vault(&bob.caller, vault).await.unwrap();
    assert_eq!((vault.records[0].version, vault.past_keys.len()), (1, 0));

    // What was killed is sent again under the same key, once.
    marie.catch_up(&world).await;
    let mut again = marie.message("in the new epoch");
    again.idempotency = message.idempotency;
    let resent = conversations.send_message(&marie.caller, again.clone()).await.unwrap();
    assert!(resent.seq > sent.seq);
    assert_eq!(conversations.send_message(&marie.caller, again).await.unwrap(), resent);
    // And what was accepted before the void stays accepted.
    marie.catch_up(&world).await;
    let early = marie.commit(&[&cleo], &[], vec![]);
    assert_eq!(code(conversations.submit_commit(&marie.caller, early).await), ErrorCode::RateLimited);
    marie.abandon();
    world.wait_ms(2_000).await;
    marie.do_commit(&world, &[&cleo], &[], vec![]).await;
    let inbox = conversations.fetch_inbox(&cleo.caller, FetchInbox { after: 0 }).await.unwrap();
    assert_eq!((inbox.head, inbox.items[0].position), (2, 2));
    ada.catch_up(&world).await;
    bob.catch_up(&world).await;
    assert!(ada.at == bob.at && bob.at == marie.at);
    drop(session);
}

#[tokio::test]
async fn commits_on_top_of_ones_own_wrong_one_die_with_it() {
    let world = World::new().await;
    let (mut marie, mut ada, mut mallory, _, _) = wrong_entry(&world).await;
    marie.catch_up(&world).await;
    ada.catch_up(&world).await;
    mallory.do_commit(&world, &[], &[], vec![]).await;
    let own = format!("profile/{}", mallory.caller.account);
    let write = vec![mallory.vault_record(&own, 2, 0, b"still here")];
    let write = mallory.vault_write(write);
    world.conversations().write_vault(&mallory.caller, write).await.unwrap();
    mallory.do_commit(&world, &[], &[], vec![]).await;
    refuse(&world, &marie).await;
    // Nobody builds on what may be dead soon.
    let further = mallory.commit(&[], &[], vec![]);
    assert_eq!(
        code(world.conversations().submit_commit(&mallory.caller, further).await),
        ErrorCode::RateLimited
    );
    refuse(&world, &ada).await;
    world.wait_ms(VOID_DELAY_MS).await;
    marie.catch_up(&world).await;
    ada.catch_up(&world).await;
    assert_eq!(marie.epoch, ada.epoch);
    marie.do_commit(&world, &[], &[], vec![]).await;
    ada.catch_up(&world).await;
    ada.say(&world, "on").await.unwrap();
    assert_eq!(marie.catch_up(&world).await, [Seen::Text("on".into())]);
    let vault = GetVault { conversation: CONVERSATION.to_vec(), ..GetVault::default() };
    assert_eq!(world.conversations().get_vault(&marie.caller, vault).await.unwrap().records.len(), 1);
    assert_eq!(world.conversations().next_deadline(), None);
}

#[tokio::test]
async fn whoever_builds_on_a_commit_has_confirmed_it() {
    let world = World::new().await;
    let (mut marie, mut ada, bob) = three(&world).await;
    let commit = marie.do_commit(&world, &[], &[], vec![]).await.seq;
    let body = world.conversations().fetch(&bob.caller, fetch(commit)).await.unwrap().entries[0].body.clone();
    let lie = bob.refusal(Seq(commit), &body);
    ada.catch_up(&world).await;
    world.wait_ms(VOID_DELAY_MS).await;
    ada.do_commit(&world, &[], &[], vec![]).await;
    stands(world.conversations().put_refusal(&bob.caller, lie).await);
    assert_eq!(world.conversations().next_deadline(), None);
    world.wait_ms(2 * VOID_DELAY_MS).await;
    assert_eq!(marie.catch_up(&world).await, [Seen::Commit]);
}

#[tokio::test]
async fn two_voids_in_a_row() {
    let world = World::new().await;
    let (mut marie, mut ada, mut mallory, link, _) = wrong_entry(&world).await;
    marie.catch_up(&world).await;
    refuse(&world, &marie).await;
    world.wait_ms(VOID_DELAY_MS).await;
    world.wait_ms(2_000).await;
    mallory.enter_by(&world, &link, [67; 32]).await.unwrap();
    marie.catch_up(&world).await;
    refuse(&world, &marie).await;
    world.wait_ms(VOID_DELAY_MS).await;
    marie.catch_up(&world).await;
    marie.say(&world, "on").await.unwrap();
    assert_eq!(ada.catch_up(&world).await.last(), Some(&Seen::Text("on".into())));
}

#[tokio::test]
async fn alone_nothing_is_to_be_confirmed_or_refused() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    marie.create(&world).await;
    marie.subscribe(&world).await;
    let commit = marie.do_commit(&world, &[], &[], vec![]).await.seq;
    assert_eq!(
        world.conversations().fetch(&marie.caller, fetch(commit)).await.unwrap().receipt_wanted_seq,
        0
    );
    let body =
        world.conversations().fetch(&marie.caller, fetch(commit)).await.unwrap().entries[0].body.clone();
    let refusal = marie.refusal(Seq(commit), &body);
    stands(world.conversations().put_refusal(&marie.caller, refusal).await);
    assert_eq!(world.conversations().next_deadline(), None);
}

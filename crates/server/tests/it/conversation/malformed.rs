//! Whatever bytes come: an answer, and nothing changed.

use super::{
    kit::{CONVERSATION, World, code},
    messages::two,
};
use asterism_wire::{
    ErrorCode,
    frame::{
        AcknowledgeEntries, CreateConversation, Fetch, GetJoinInfo, GetLink, GetVault, PutReceipt,
        PutRefusal, SendEphemeral, SendMessage, SubmitCommit, Subscribe, WriteVault,
    },
    limits,
};

#[tokio::test]
async fn ids_of_a_wrong_length() {
    let world = World::new().await;
    let (mut marie, _) = two(&world).await;
    let (conversations, caller) = (world.conversations().clone(), marie.caller.clone());
    for id in [vec![], vec![1; 15], vec![1; 17]] {
        let message = SendMessage { conversation: id.clone(), ..marie.message("x") };
        let commit =
            SubmitCommit { conversation: id.clone(), idempotency: vec![1; 16], ..SubmitCommit::default() };
        let refused = [
            code(
                conversations
                    .create_conversation(
                        &caller,
                        CreateConversation { conversation: id.clone(), ..CreateConversation::default() },
                    )
                    .await,
            ),
            code(conversations.submit_commit(&caller, commit).await),
            code(conversations.send_message(&caller, message).await),
            code(
                conversations
                    .write_vault(&caller, WriteVault { conversation: id.clone(), ..WriteVault::default() })
                    .await,
            ),
            code(conversations.subscribe(&caller, Subscribe { conversations: vec![id.clone()] }).await),
            code(conversations.fetch(&caller, Fetch { conversation: id.clone(), ..Fetch::default() }).await),
            code(
                conversations
                    .get_join_info(
                        &caller,
                        GetJoinInfo { conversation: id.clone(), ..GetJoinInfo::default() },
                    )
                    .await,
            ),
            code(
                conversations
                    .get_vault(&caller, GetVault { conversation: id.clone(), ..GetVault::default() })
                    .await,
            ),
            code(conversations.get_link(GetLink { ticket: id.clone() }).await),
            code(
                conversations
                    .put_receipt(&caller, PutReceipt { conversation: id.clone(), receipt: None })
                    .await,
            ),
            code(
                conversations
                    .put_refusal(&caller, PutRefusal { conversation: id.clone(), refusal: None })
                    .await,
            ),
            code(
                conversations
                    .send_ephemeral(
                        &caller,
                        SendEphemeral { conversation: id.clone(), ..SendEphemeral::default() },
                    )
                    .await,
            ),
            code(
                conversations
                    .acknowledge_entries(&caller, AcknowledgeEntries { conversation: id.clone(), up_to: 1 })
                    .await,
            ),
        ];
        assert!(refused.iter().all(|code| *code == ErrorCode::Malformed), "{refused:?}");
    }
    for idempotency in [vec![], vec![1; 15], vec![1; 17]] {
        let message = SendMessage { idempotency: idempotency.clone(), ..marie.message("x") };
        assert_eq!(code(conversations.send_message(&caller, message).await), ErrorCode::Malformed);
        let write = WriteVault { idempotency, ..marie.vault_write(vec![marie_record(&marie)]) };
        assert_eq!(code(conversations.write_vault(&caller, write).await), ErrorCode::Malformed);
    }
    let ids = vec![CONVERSATION.to_vec(); limits::SUBSCRIBE_MAX + 1];
    assert_eq!(
        code(conversations.subscribe(&caller, Subscribe { conversations: ids }).await),
        ErrorCode::LimitExceeded
    );
    let missing = PutReceipt { conversation: CONVERSATION.to_vec(), receipt: None };
    assert_eq!(code(conversations.put_receipt(&caller, missing).await), ErrorCode::Malformed);
    let missing = PutRefusal { conversation: CONVERSATION.to_vec(), refusal: None };
    assert_eq!(code(conversations.put_refusal(&caller, missing).await), ErrorCode::Malformed);
}

fn marie_record(marie: &super::kit::Device) -> asterism_wire::vault::VaultRecord {
    marie.vault_record("meta", 2, 0, b"x")
}

#[tokio::test]
async fn damaged_commits() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let cleo = world.device("cleo").await;
    let good = marie.commit(&[&cleo], &[], vec![]);
    let head = marie.at;
    let conversations = world.conversations();
    for len in (0..good.commit.len()).step_by(37) {
        let request = SubmitCommit { commit: good.commit.slice(..len), ..good.clone() };
        // Each counts as one.
        world.clock.advance_ms(1_000);
        let refused = code(conversations.submit_commit(&marie.caller, request).await);
        assert_eq!(refused, ErrorCode::InvalidCommit);
    }
    // All but the confirmation tag and the membership tag at the end, which only members can check.
    for at in (0..good.commit.len() - 70).step_by(11) {
        let mut bytes = good.commit.to_vec();
        bytes[at] ^= 0x10;
        let request = SubmitCommit { commit: bytes.into(), ..good.clone() };
        world.clock.advance_ms(1_000);
        let refused = conversations.submit_commit(&marie.caller, request).await;
        assert!(refused.is_err(), "byte {at}");
    }
    for at in (0..good.group_info.len()).step_by(7) {
        let mut group_info = good.group_info.clone();
        group_info[at] ^= 0x10;
        let request = SubmitCommit { group_info, ..good.clone() };
        world.clock.advance_ms(1_000);
        assert_eq!(code(conversations.submit_commit(&marie.caller, request).await), ErrorCode::InvalidCommit);
    }
    marie.catch_up(&world).await;
    assert_eq!(marie.at, head);
    conversations.submit_commit(&marie.caller, good).await.unwrap();
    assert_eq!(ada.catch_up(&world).await.len(), 1);
}

#[tokio::test]
async fn damaged_creations() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    let state = asterism_policy::PolicyState::group(CONVERSATION, marie.caller.account);
    let genesis = marie.found(&state);
    let good = CreateConversation {
        conversation: CONVERSATION.to_vec(),
        group_info: genesis.group_info,
        ratchet_tree: genesis.ratchet_tree,
        vault: vec![marie.vault_record("meta", 1, 0, b"name")],
    };
    let conversations = world.conversations();
    for at in (0..good.group_info.len()).step_by(13) {
        let mut request = good.clone();
        request.group_info[at] ^= 1;
        assert!(conversations.create_conversation(&marie.caller, request).await.is_err());
    }
    for at in (0..good.ratchet_tree.len()).step_by(13) {
        let mut request = good.clone();
        request.ratchet_tree[at] ^= 1;
        assert!(conversations.create_conversation(&marie.caller, request).await.is_err());
    }
    let mut wrong_version = good.clone();
    wrong_version.vault = vec![marie.vault_record("meta", 2, 0, b"name")];
    let refused = code(conversations.create_conversation(&marie.caller, wrong_version).await);
    assert_eq!(refused, ErrorCode::VaultConflict);
    let mut foreign = good.clone();
    foreign.vault = vec![marie.vault_record("profile/x", 1, 0, b"name")];
    assert_eq!(code(conversations.create_conversation(&marie.caller, foreign).await), ErrorCode::Forbidden);
    conversations.create_conversation(&marie.caller, good).await.unwrap();
}

//! Commits: one per epoch, with everything that belongs to them.

use super::{
    kit::{CONVERSATION, NOW, Seen, World, code, fresh, link},
    messages::{three, two},
};
use asterism_policy::{PolicyState, Role, SetRole, What};
use asterism_wire::{
    ErrorCode,
    frame::{CreateConversation, ListConversations, SubmitCommit, Welcome},
    ids::ConversationId,
    limits,
};
use bytes::Bytes;

#[tokio::test]
async fn of_two_commits_of_one_epoch_one_wins() {
    let world = World::new().await;
    let (mut marie, mut ada, _) = three(&world).await;
    let (first, second) = (marie.commit(&[], &[], vec![]), ada.commit(&[], &[], vec![]));
    let conversations = world.conversations();
    let won = conversations.submit_commit(&marie.caller, first).await.unwrap();
    let failure = conversations.submit_commit(&ada.caller, second.clone()).await.unwrap_err();
    assert_eq!(failure.error_code(), ErrorCode::StaleEpoch);
    assert_eq!(failure.stale.unwrap().epoch_opened_by, won.seq);
    // Nor does naming the present epoch help.
    let request = SubmitCommit { epoch_opened_by: won.seq, ..second };
    assert_eq!(code(conversations.submit_commit(&ada.caller, request).await), ErrorCode::StaleEpoch);
    ada.abandon();
    assert_eq!(ada.catch_up(&world).await, [Seen::Commit]);
    ada.do_commit(&world, &[], &[], vec![]).await;
    assert_eq!(marie.catch_up(&world).await, [Seen::Commit, Seen::Commit]);
}

#[tokio::test]
async fn a_repeated_commit_gets_its_first_answer() {
    let world = World::new().await;
    let (mut marie, _, _) = three(&world).await;
    let request = marie.commit(&[], &[], vec![]);
    let first = world.conversations().submit_commit(&marie.caller, request.clone()).await.unwrap();
    world.clock.advance_ms(9);
    assert_eq!(world.conversations().submit_commit(&marie.caller, request.clone()).await.unwrap(), first);
    marie.catch_up(&world).await;
    marie.do_commit(&world, &[], &[], vec![]).await;
    assert_eq!(world.conversations().submit_commit(&marie.caller, request).await.unwrap(), first);
}

#[tokio::test]
async fn an_account_does_not_found_conversations_without_end() {
    let world = World::new().await;
    let (mut marie, mut eve) = (world.device("marie").await, world.device("eve").await);
    let first = marie.create(&world).await;
    let conversations = world.conversations();
    let mut tried = 1;
    let refused = loop {
        let conversation = ConversationId(fresh()).to_vec();
        let request =
            CreateConversation { conversation, group_info: vec![1], ..CreateConversation::default() };
        let failure = conversations.create_conversation(&marie.caller, request).await.unwrap_err();
        if failure.error_code() == ErrorCode::RateLimited {
            break failure;
        }
        tried += 1;
        assert!(tried < 2_000, "there is no limit");
    };
    // A large community is founded in one go, with room for conversations of one's own.
    assert!(tried > limits::COMMUNITY_GROUPS_MAX + 100, "{tried}");
    assert!(refused.retry_after_ms > 0);
    assert_eq!(
        conversations.create_conversation(&marie.caller, first).await.unwrap().seq,
        0,
        "it is there already"
    );
    eve.create_elsewhere(&world, ConversationId([8; 16])).await;

    world.clock.advance_ms(refused.retry_after_ms);
    marie.create_elsewhere(&world, ConversationId([9; 16])).await;
}

#[tokio::test]
async fn creation_is_repeatable_by_its_author_only() {
    let world = World::new().await;
    let (mut marie, eve) = (world.device("marie").await, world.device("eve").await);
    let request = marie.create(&world).await;
    let again = world.conversations().create_conversation(&marie.caller, request.clone()).await.unwrap();
    assert_eq!((again.seq, again.server_time_ms), (0, NOW.0));
    marie.say(&world, "x").await.unwrap();
    let again = world.conversations().create_conversation(&marie.caller, request.clone()).await.unwrap();
    assert_eq!(again.seq, 0);
    let theirs = world.conversations().create_conversation(&eve.caller, request.clone()).await;
    assert_eq!(code(theirs), ErrorCode::ConversationExists);
    let other = CreateConversation { vault: Vec::new(), ..request };
    let other = world.conversations().create_conversation(&marie.caller, other).await;
    assert_eq!(code(other), ErrorCode::ConversationExists);
    let listed = world.conversations().list_conversations(&marie.caller, ListConversations {}).await.unwrap();
    assert_eq!(listed.conversations, [CONVERSATION.to_vec()]);
}

#[tokio::test]
async fn only_a_genesis_of_the_caller_creates() {
    let world = World::new().await;
    let (mut marie, mut eve) = (world.device("marie").await, world.device("eve").await);
    let genesis = marie.found(&PolicyState::group(CONVERSATION, marie.caller.account));
    let request = CreateConversation {
        conversation: CONVERSATION.to_vec(),
        group_info: genesis.group_info,
        ratchet_tree: genesis.ratchet_tree,
        vault: Vec::new(),
    };
    let conversations = world.conversations();
    assert_eq!(
        code(conversations.create_conversation(&eve.caller, request.clone()).await),
        ErrorCode::InvalidCommit
    );
    let elsewhere = CreateConversation { conversation: vec![8; 16], ..request.clone() };
    assert_eq!(
        code(conversations.create_conversation(&marie.caller, elsewhere).await),
        ErrorCode::InvalidCommit
    );
    // With more rights than a new group gives.
    let mut state = PolicyState::group(CONVERSATION, eve.caller.account);
    state.vault_generation = 3;
    let genesis = eve.found(&state);
    let strange = CreateConversation {
        group_info: genesis.group_info,
        ratchet_tree: genesis.ratchet_tree,
        ..request.clone()
    };
    assert_eq!(code(conversations.create_conversation(&eve.caller, strange).await), ErrorCode::InvalidCommit);
    conversations.create_conversation(&marie.caller, request).await.unwrap();
}

#[tokio::test]
async fn a_commit_is_its_authors_to_offer() {
    let world = World::new().await;
    let (mut marie, ada, _) = three(&world).await;
    let request = marie.commit(&[], &[], vec![]);
    assert_eq!(
        code(world.conversations().submit_commit(&ada.caller, request.clone()).await),
        ErrorCode::Forbidden
    );
    let eve = world.device("eve").await;
    assert_eq!(
        code(world.conversations().submit_commit(&eve.caller, request.clone()).await),
        ErrorCode::NotAMember
    );
    world.conversations().submit_commit(&marie.caller, request).await.unwrap();
}

#[tokio::test]
async fn policy_is_enforced() {
    let world = World::new().await;
    let (_, mut ada, bo) = three(&world).await;
    let cleo = world.device("cleo").await;
    let request = ada.commit(&[&cleo], &[], vec![]);
    assert_eq!(code(world.conversations().submit_commit(&ada.caller, request).await), ErrorCode::Forbidden);
    ada.abandon();
    let request = ada.commit(&[], &[&bo], vec![]);
    assert_eq!(code(world.conversations().submit_commit(&ada.caller, request).await), ErrorCode::Forbidden);
    ada.abandon();
    let role = SetRole { account: ada.caller.account.to_vec(), role: Role::Admin as i32, until_ms: 0 };
    let request = ada.commit(&[], &[], vec![What::SetRole(role).into()]);
    assert_eq!(code(world.conversations().submit_commit(&ada.caller, request).await), ErrorCode::Forbidden);
}

#[tokio::test]
async fn what_must_come_with_a_commit_must_come() {
    let world = World::new().await;
    let (mut marie, ada, bo) = three(&world).await;
    let (link, add_link) = link(&marie, 0, 0);
    let cleo = world.device("cleo").await;
    let good = marie.commit(&[&cleo], &[&ada], vec![add_link]);
    assert_eq!((good.welcomes.len(), good.wraps.len()), (1, 1));
    let mut wrong_wrap = good.wraps.clone();
    wrong_wrap[0].generation = 0;
    let mut wrong_past = good.past_key.clone().unwrap();
    wrong_past.generation = 1;
    let for_bo = Welcome { device: bo.caller.device.to_vec(), ..good.welcomes[0].clone() };
    let incomplete = [
        SubmitCommit { welcomes: Vec::new(), ..good.clone() },
        SubmitCommit { welcome_info: Bytes::new(), ..good.clone() },
        SubmitCommit { wraps: Vec::new(), ..good.clone() },
        SubmitCommit { wraps: wrong_wrap, ..good.clone() },
        SubmitCommit { past_key: None, ..good.clone() },
        SubmitCommit { past_key: Some(wrong_past), ..good.clone() },
    ];
    for request in incomplete {
        let result = world.conversations().submit_commit(&marie.caller, request).await;
        assert_eq!(code(result), ErrorCode::IncompleteBundle);
    }
    let twice = vec![good.welcomes[0].clone(), good.welcomes[0].clone()];
    let too_much = [
        SubmitCommit { welcomes: vec![good.welcomes[0].clone(), for_bo], ..good.clone() },
        SubmitCommit { welcomes: twice, ..good.clone() },
        SubmitCommit { wraps: vec![good.wraps[0].clone(), good.wraps[0].clone()], ..good.clone() },
    ];
    for request in too_much {
        let result = world.conversations().submit_commit(&marie.caller, request).await;
        assert_eq!(code(result), ErrorCode::Malformed);
    }
    world.conversations().submit_commit(&marie.caller, good).await.unwrap();
    drop(link);
}

#[tokio::test]
async fn the_group_info_must_be_of_the_new_epoch() {
    let world = World::new().await;
    let (mut marie, _, _) = three(&world).await;
    let present = {
        let (group, provider) = (marie.group.as_ref().unwrap(), &marie.provider);
        group.group_info(provider, &marie.person.device_key).unwrap()
    };
    let good = marie.commit(&[], &[], vec![]);
    let mut cut = good.group_info.clone();
    cut.pop();
    for group_info in [present, cut, Vec::new(), good.commit.to_vec()] {
        let request = SubmitCommit { group_info, ..good.clone() };
        let result = world.conversations().submit_commit(&marie.caller, request).await;
        assert_eq!(code(result), ErrorCode::InvalidCommit);
    }
    world.conversations().submit_commit(&marie.caller, good).await.unwrap();
}

#[tokio::test]
async fn commits_over_a_limit_are_refused_whole() {
    let world = World::new().await;
    let (mut marie, _, _) = three(&world).await;
    let good = marie.commit(&[], &[], vec![]);
    let welcome = Welcome { device: vec![0; 16], envelope: vec![0; limits::WELCOME_BYTES_MAX + 1].into() };
    let over = [
        SubmitCommit { commit: vec![0; limits::COMMIT_BYTES_MAX + 1].into(), ..good.clone() },
        SubmitCommit { welcomes: vec![welcome], ..good.clone() },
        SubmitCommit { vault: vec![Default::default(); limits::VAULT_WRITES_MAX + 1], ..good.clone() },
        SubmitCommit { wraps: vec![Default::default(); limits::TICKETS_MAX + 1], ..good.clone() },
        SubmitCommit { welcome_info: vec![0; limits::WELCOME_INFO_BYTES_MAX + 1].into(), ..good.clone() },
    ];
    for request in over {
        let result = world.conversations().submit_commit(&marie.caller, request).await;
        assert_eq!(code(result), ErrorCode::LimitExceeded);
    }
    world.conversations().submit_commit(&marie.caller, good).await.unwrap();
}

#[tokio::test]
async fn a_device_that_the_directory_does_not_know_needs_no_welcome() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let elsewhere = World::new().await;
    let ghost = elsewhere.device("ghost").await;
    let mut request = marie.commit(&[&ghost], &[], vec![]);
    request.welcomes.clear();
    request.welcome_info = Bytes::new();
    world.conversations().submit_commit(&marie.caller, request).await.unwrap();
    marie.catch_up(&world).await;
    assert_eq!(ada.catch_up(&world).await, [Seen::Commit]);
}

#[tokio::test]
async fn direct_conversations_hold_their_two() {
    let world = World::new().await;
    let (mut marie, mut ada, bo) =
        (world.device("marie").await, world.device("ada").await, world.device("bob").await);
    let state = PolicyState::direct(CONVERSATION, marie.caller.account, ada.caller.account);
    let genesis = {
        let (signer, credential) = (&marie.person.device_key, marie.person.credential());
        let suite = asterism_mls::Suite::Hybrid;
        let (group, genesis) =
            asterism_mls::Group::create(&marie.provider, signer, &credential, suite, &state).unwrap();
        marie.group = Some(group);
        genesis
    };
    let request = CreateConversation {
        conversation: CONVERSATION.to_vec(),
        group_info: genesis.group_info,
        ratchet_tree: genesis.ratchet_tree,
        vault: Vec::new(),
    };
    world.conversations().create_conversation(&marie.caller, request).await.unwrap();
    let hybrid = asterism_mls::Suite::Hybrid;
    let package = |device: &super::kit::Device| {
        let (signer, credential) = (&device.person.device_key, device.person.credential());
        asterism_mls::key_package::new_key_package(&device.provider, signer, &credential, hybrid, false)
            .unwrap()
    };
    let offer = marie.offer(vec![package(&bo)], &[], vec![]);
    let request = marie.submission(offer, Vec::new(), None);
    assert_eq!(code(world.conversations().submit_commit(&marie.caller, request).await), ErrorCode::Forbidden);
    marie.abandon();
    let offer = marie.offer(vec![package(&ada)], &[], vec![]);
    let request = marie.submission(offer, Vec::new(), None);
    world.conversations().submit_commit(&marie.caller, request).await.unwrap();
    marie.catch_up(&world).await;
    ada.join(&world, &marie.vault_keys).await;
    ada.say(&world, "hello").await.unwrap();
    assert_eq!(marie.catch_up(&world).await.len(), 1);
}

//! Founding a community.

use super::kit::{
    Club, GROUP, POSTS, ROOM, World, code, first_changes, found_room, genesis, governance_body,
};
use asterism_policy::{CommunityChanges, CommunityWhat, PolicyState};
use asterism_wire::{
    ErrorCode,
    entry::EntryKind,
    frame::{CreateCommunity, FetchCommunity, GetCommunityVault},
    head,
    ids::{CommunityId, ConversationId, Seq},
};
use prost::Message as _;

#[tokio::test]
async fn a_community_begins_with_its_founder_and_a_name() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    let club = Club::found(&world, &mut marie).await;
    assert_eq!((club.log.0, club.posts.0), (Seq(2), Seq(0)));
    assert_eq!(club.state.epoch, 1);
    let request = GetCommunityVault { community: club.id.to_vec(), ..GetCommunityVault::default() };
    let page = world.communities().get_community_vault(&marie.caller, request).await.unwrap();
    assert_eq!(page.records[0].name, "meta");
    assert_eq!((page.records.len(), page.past_keys.len(), page.more), (1, 0, false));
    let request = FetchCommunity { from_seq: 1, ..club.fetch(false, Default::default()) };
    let page = world.communities().fetch_community(&marie.caller, request).await.unwrap();
    let kinds: Vec<_> = page.entries.iter().map(|entry| entry.entry_kind().unwrap()).collect();
    assert_eq!(kinds, [EntryKind::Governance, EntryKind::Vault]);
}

#[tokio::test]
async fn a_repeated_founding_gets_its_first_answer_and_no_other_takes_its_place() {
    let mut world = World::new().await;
    let mut marie = world.device("marie").await;
    let second = world.further_device("marie", 2).await;
    let (changes, key) = first_changes(ROOM, POSTS);
    let mut club = Club::planned(&changes, key);
    found_room(&world, &mut marie, club.id).await;
    let request = club.creation(&marie, changes.clone());
    let first = world.communities().create_community(&marie.caller, request.clone()).await.unwrap();
    club.follow(&world, &marie).await;
    world.clock.advance_ms(77);
    club.announce(&world, &marie, "hello").await.unwrap();
    for _ in 0..2 {
        let again = world.communities().create_community(&marie.caller, request.clone()).await.unwrap();
        assert_eq!(again, first);
        // The vault of a repeated founding does not count.
        let bare = CreateCommunity { vault: Vec::new(), ..request.clone() };
        assert_eq!(world.communities().create_community(&marie.caller, bare).await.unwrap(), first);
        let stolen = world.communities().create_community(&second.caller, request.clone()).await;
        assert_eq!(code(stolen), ErrorCode::ConversationExists);
        let other = club.creation(&second, changes.clone());
        let refused = world.communities().create_community(&second.caller, other).await;
        assert_eq!(code(refused), ErrorCode::ConversationExists);
        world.restart().await;
    }
    assert_eq!(club.follow(&world, &marie).await, []);
}

#[tokio::test]
async fn the_admin_room_must_be_that_of_the_community() {
    let world = World::new().await;
    let (mut marie, mut ada) = (world.device("marie").await, world.device("ada").await);
    let (changes, key) = first_changes(ROOM, POSTS);
    let club = Club::planned(&changes, key);
    let request = club.creation(&marie, changes.clone());
    let caller = marie.caller.clone();
    let create = async |request| code(world.communities().create_community(&caller, request).await);
    assert_eq!(create(request.clone()).await, ErrorCode::NotAMember);
    // Somebody else has a room of that id, for the same community even.
    found_room(&world, &mut ada, club.id).await;
    assert_eq!(create(request.clone()).await, ErrorCode::NotAMember);

    let (changes, key) = first_changes(GROUP, POSTS);
    let club = Club::planned(&changes, key);
    let request = club.creation(&marie, changes);
    let state = PolicyState::group(GROUP, marie.caller.account);
    let group = genesis(&mut marie, &state);
    world.conversations().create_conversation(&marie.caller, group).await.unwrap();
    assert_eq!(create(request).await, ErrorCode::Forbidden);

    let elsewhere = ConversationId([3; 16]);
    let (changes, key) = first_changes(elsewhere, POSTS);
    let club = Club::planned(&changes, key);
    let request = club.creation(&marie, changes);
    let state = PolicyState::admin_room(CommunityId([5; 16]), elsewhere, marie.caller.account);
    let room = genesis(&mut marie, &state);
    world.conversations().create_conversation(&marie.caller, room).await.unwrap();
    assert_eq!(create(request).await, ErrorCode::Forbidden);
}

#[tokio::test]
async fn ids_that_are_in_use_are_refused_both_ways() {
    let world = World::new().await;
    let (mut marie, mut ada) = (world.device("marie").await, world.device("ada").await);
    let state = PolicyState::group(POSTS, ada.caller.account);
    let conversation = genesis(&mut ada, &state);
    world.conversations().create_conversation(&ada.caller, conversation).await.unwrap();
    let (changes, key) = first_changes(ROOM, POSTS);
    let club = Club::planned(&changes, key);
    found_room(&world, &mut marie, club.id).await;
    let refused = world.communities().create_community(&marie.caller, club.creation(&marie, changes)).await;
    assert_eq!(code(refused), ErrorCode::ConversationExists);

    let world = World::new().await;
    let (mut marie, mut ada) = (world.device("marie").await, world.device("ada").await);
    let club = Club::found(&world, &mut marie).await;
    for taken in [POSTS, club.id.log()] {
        let state = PolicyState::group(taken, ada.caller.account);
        let conversation = genesis(&mut ada, &state);
        let refused = world.conversations().create_conversation(&ada.caller, conversation).await;
        assert_eq!(code(refused), ErrorCode::ConversationExists);
        let other_room = ConversationId([taken.0[0] ^ 1; 16]);
        let (changes, key) = first_changes(other_room, taken);
        let other = Club::planned(&changes, key);
        let state = PolicyState::admin_room(other.id, other_room, ada.caller.account);
        let room = genesis(&mut ada, &state);
        world.conversations().create_conversation(&ada.caller, room).await.unwrap();
        let refused = world.communities().create_community(&ada.caller, other.creation(&ada, changes)).await;
        assert_eq!(code(refused), ErrorCode::ConversationExists);
    }
}

#[tokio::test]
async fn what_does_not_found_a_community_is_refused() {
    let world = World::new().await;
    let (mut marie, ada) = (world.device("marie").await, world.device("ada").await);
    let (changes, key) = first_changes(ROOM, POSTS);
    let club = Club::planned(&changes, key);
    found_room(&world, &mut marie, club.id).await;
    let good = club.creation(&marie, changes.clone());
    let create = async |request| code(world.communities().create_community(&marie.caller, request).await);
    let start = (Seq(1), head::genesis(club.id.log()));
    let with = |body: asterism_wire::community::GovernanceBody| CreateCommunity {
        governance: body.encode_to_vec().into(),
        ..good.clone()
    };

    let mut body = governance_body(&marie, club.id, start, changes.clone());
    body.signature[3] ^= 1;
    assert_eq!(create(with(body)).await, ErrorCode::BadSignature);
    let body = governance_body(&marie, club.id, (Seq(2), start.1), changes.clone());
    assert_eq!(create(with(body)).await, ErrorCode::BadSignature);
    let body = governance_body(&ada, club.id, start, changes.clone());
    assert_eq!(create(with(body)).await, ErrorCode::Forbidden);

    let read = CommunityChanges::read(&changes).unwrap();
    let mut bare = read.clone();
    bare.changes.truncate(1);
    let mut buckets = read.clone();
    if let Some(CommunityWhat::OpenEpoch(open)) = &mut buckets.changes[1].what {
        open.table_hash = vec![1; 32];
    }
    for (changes, refusal) in [(bare, ErrorCode::InvalidCommit), (buckets, ErrorCode::IncompleteBundle)] {
        let other = Club::planned(&changes.to_bytes(), key);
        let request = other.creation(&marie, changes.to_bytes());
        assert_eq!(create(CreateCommunity { vault: Vec::new(), ..request }).await, refusal);
    }

    for (record, refusal) in [
        (club.vault_record(&marie, "meta", 2, 1, b"x"), ErrorCode::VaultConflict),
        (club.vault_record(&marie, "meta", 1, 0, b"x"), ErrorCode::StaleEpoch),
        (club.vault_record(&marie, "other", 1, 1, b"x"), ErrorCode::Forbidden),
        (club.vault_record(&ada, "meta", 1, 1, b"x"), ErrorCode::Forbidden),
    ] {
        assert_eq!(create(CreateCommunity { vault: vec![record], ..good.clone() }).await, refusal);
    }
    world.communities().create_community(&marie.caller, good).await.unwrap();
}

#[tokio::test]
async fn an_account_does_not_found_communities_without_end() {
    let world = World::new().await;
    let marie = world.device("marie").await;
    let mut refused = Vec::new();
    for _ in 0..20 {
        let (changes, key) = first_changes(ROOM, POSTS);
        let request = Club::planned(&changes, key).creation(&marie, changes);
        refused.push(code(world.communities().create_community(&marie.caller, request).await));
    }
    assert_eq!(refused[15..17], [ErrorCode::NotAMember, ErrorCode::RateLimited]);
}

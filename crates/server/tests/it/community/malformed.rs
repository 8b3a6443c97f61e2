//! Whatever bytes come: an answer, and nothing changed.

use super::{
    channel::three_wait,
    kit::{World, code},
    reload::told,
};
use asterism_wire::{
    ErrorCode,
    community::{GovernanceBody, PostBody},
    frame::{
        CommunityAccess, CreateCommunity, DropDeposits, Failure, FetchCommunity, GetChannelKeys,
        GetChannelTable, GetCommunityVault, GetDeposits, GetGroupFacts, GetLink, GetSubscribers,
        OpenCommunity, PutBucket, PutDeposit, SendPost, SubmitGovernance, WriteVault,
    },
    limits,
};
use prost::Message as _;

fn is_malformed<T: std::fmt::Debug>(result: Result<T, Failure>) {
    assert_eq!(code(result), ErrorCode::Malformed);
}

#[tokio::test]
async fn ids_of_a_wrong_length() {
    let world = World::new().await;
    let (marie, club, [ada, ..]) = three_wait(&world).await;
    let (communities, caller) = (world.communities(), &marie.caller);
    for id in [vec![], vec![1; 15], vec![1; 17]] {
        let community = id.clone();
        let governance = SubmitGovernance { community: id.clone(), ..club.submission(&marie, []) };
        is_malformed(communities.submit_governance(caller, governance).await);
        let bucket = PutBucket { community: id.clone(), ..PutBucket::default() };
        is_malformed(communities.put_bucket(caller, bucket).await);
        let deposit = PutDeposit { community: id.clone(), ..ada.deposit(&club, ada.access()) };
        is_malformed(communities.put_deposit(caller, deposit).await);
        let deposits = GetDeposits { community: id.clone(), after: vec![] };
        is_malformed(communities.get_deposits(caller, deposits).await);
        let drops = DropDeposits { community: id.clone(), subscribers: vec![] };
        is_malformed(communities.drop_deposits(caller, drops).await);
        let open = OpenCommunity { community: id.clone(), access: None };
        is_malformed(communities.open_community(caller, open).await);
        let fetch = FetchCommunity { community: id.clone(), ..FetchCommunity::default() };
        is_malformed(communities.fetch_community(caller, fetch).await);
        let keys = GetChannelKeys { community: id.clone(), ..GetChannelKeys::default() };
        is_malformed(communities.get_channel_keys(caller, keys).await);
        let table = GetChannelTable { community: id.clone() };
        is_malformed(communities.get_channel_table(caller, table).await);
        let subscribers = GetSubscribers { community: id.clone(), subscribers: vec![] };
        is_malformed(communities.get_subscribers(caller, subscribers).await);
        let vault = GetCommunityVault { community: id.clone(), ..GetCommunityVault::default() };
        is_malformed(communities.get_community_vault(caller, vault).await);
        let record = club.vault_record(&marie, "meta", 2, 1, b"x");
        let write = WriteVault { conversation: id.clone(), ..club.vault_write(vec![record]) };
        is_malformed(communities.write_community_vault(caller, write).await);
        let post = SendPost { community: id.clone(), ..club.post(&marie, &club.content("x")) };
        is_malformed(communities.send_post(caller, post).await);
        let facts = GetGroupFacts { community, ..GetGroupFacts::default() };
        is_malformed(communities.get_group_facts(caller, facts).await);
        is_malformed(communities.get_link(&GetLink { ticket: id }).await);
    }
    let community = club.id.to_vec();
    for id in [vec![1; 15], vec![1; 17]] {
        let access = [
            CommunityAccess { subscriber: id.clone(), ..CommunityAccess::default() },
            CommunityAccess { ticket: id.clone(), ..CommunityAccess::default() },
            CommunityAccess { group: id.clone(), ..CommunityAccess::default() },
        ];
        for access in access {
            let open = OpenCommunity { community: community.clone(), access: Some(access) };
            is_malformed(communities.open_community(caller, open).await);
        }
        let deposits = GetDeposits { community: community.clone(), after: id.clone() };
        is_malformed(communities.get_deposits(caller, deposits).await);
        let subscribers = vec![id.clone()];
        let drops = DropDeposits { community: community.clone(), subscribers: subscribers.clone() };
        is_malformed(communities.drop_deposits(caller, drops).await);
        let keys = GetSubscribers { community: community.clone(), subscribers };
        is_malformed(communities.get_subscribers(caller, keys).await);
        let facts = GetGroupFacts { community: community.clone(), access: None, groups: vec![id.clone()] };
        is_malformed(communities.get_group_facts(caller, facts).await);
        let governance = SubmitGovernance { idempotency: id.clone(), ..club.submission(&marie, []) };
        is_malformed(communities.submit_governance(caller, governance).await);
        let post = SendPost { idempotency: id, ..club.post(&marie, &club.content("x")) };
        is_malformed(communities.send_post(caller, post).await);
    }
    let mut deposit = ada.deposit(&club, ada.access());
    deposit.subscriber_key.pop();
    is_malformed(communities.put_deposit(caller, deposit).await);
    let empty = PutDeposit { sealed: Vec::new(), ..ada.deposit(&club, ada.access()) };
    is_malformed(communities.put_deposit(caller, empty).await);
}

#[tokio::test]
async fn too_many_of_anything() {
    let world = World::new().await;
    let (marie, club, _) = three_wait(&world).await;
    let (communities, caller, community) = (world.communities(), &marie.caller, club.id.to_vec());
    let ids = vec![vec![1; 16]; limits::DEPOSITS_PAGE + 1];
    let drops = DropDeposits { community: community.clone(), subscribers: ids.clone() };
    assert_eq!(code(communities.drop_deposits(caller, drops).await), ErrorCode::LimitExceeded);
    let keys = GetSubscribers { community: community.clone(), subscribers: ids };
    assert_eq!(code(communities.get_subscribers(caller, keys).await), ErrorCode::LimitExceeded);
    let governance = vec![0; limits::GOVERNANCE_BYTES_MAX + 1].into();
    let large = SubmitGovernance { governance, ..club.submission(&marie, []) };
    assert_eq!(code(communities.submit_governance(caller, large.clone()).await), ErrorCode::LimitExceeded);
    let large = CreateCommunity { governance: large.governance, vault: Vec::new() };
    assert_eq!(code(communities.create_community(caller, large).await), ErrorCode::LimitExceeded);
}

#[tokio::test]
async fn damaged_bodies() {
    let world = World::new().await;
    let (marie, mut club, [ada, bo, _]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada]).await;
    let (communities, caller) = (world.communities(), &marie.caller);
    let before = told(&world, &club, &marie, &[&ada, &bo]).await;
    let mut epoch = club.next_epoch();
    club.lay(&world, &marie, &mut epoch, 0, &[&ada, &bo]).await;
    let good = club.opening(&marie, &epoch, []);
    for at in (0..good.governance.len()).step_by(5) {
        let cut = SubmitGovernance { governance: good.governance.slice(..at), ..good.clone() };
        assert!(communities.submit_governance(caller, cut).await.is_err());
        let mut governance = good.governance.to_vec();
        governance[at] ^= 0x11;
        let bent = SubmitGovernance { governance: governance.into(), ..good.clone() };
        assert!(communities.submit_governance(caller, bent).await.is_err(), "byte {at}");
    }
    let opening = good.opening.clone().unwrap();
    for at in (0..opening.table.len()).step_by(31) {
        let mut opening = opening.clone();
        opening.table[at] ^= 0x11;
        let bent = SubmitGovernance { opening: Some(opening), ..good.clone() };
        assert_eq!(code(communities.submit_governance(caller, bent).await), ErrorCode::IncompleteBundle);
    }
    let post = club.post(&marie, &club.content("text"));
    for at in (0..post.body.len()).step_by(3) {
        let cut = SendPost { body: post.body.slice(..at), ..post.clone() };
        assert!(communities.send_post(caller, cut).await.is_err());
        let mut body = post.body.to_vec();
        body[at] ^= 0x11;
        let bent = SendPost { body: body.into(), ..post.clone() };
        assert!(communities.send_post(caller, bent).await.is_err(), "byte {at}");
    }
    for seed in 0..64_u8 {
        let noise: Vec<u8> =
            (0..200_u16).map(|n| (n as u8).wrapping_mul(seed | 1).wrapping_add(seed)).collect();
        let noisy = SubmitGovernance { governance: noise.clone().into(), ..good.clone() };
        assert!(communities.submit_governance(caller, noisy).await.is_err());
        let noisy = CreateCommunity { governance: noise.clone().into(), vault: Vec::new() };
        assert!(communities.create_community(caller, noisy).await.is_err());
        let body = GovernanceBody { changes: noise.clone(), ..Default::default() };
        let noisy = SubmitGovernance { governance: body.encode_to_vec().into(), ..good.clone() };
        assert!(communities.submit_governance(caller, noisy).await.is_err());
        let body = PostBody {
            content: noise.clone(),
            author: noise.clone(),
            author_key: noise.clone(),
            signature: noise,
        };
        let noisy = SendPost { body: body.encode_to_vec().into(), ..post.clone() };
        assert!(communities.send_post(caller, noisy).await.is_err());
    }
    assert_eq!(told(&world, &club, &marie, &[&ada, &bo]).await, before);
    communities.submit_governance(caller, good).await.unwrap();
}

//! Announcements.

use super::{
    governance::two_admins,
    kit::{Club, GROUP, POSTS, World, code, fresh},
};
use asterism_policy::{CommunityWhat, Role, SetRole};
use asterism_server::{
    caller::Caller,
    connection::{Connection, Drained},
};
use asterism_wire::{
    ErrorCode,
    community::{GroupKey, PostBody, PostContent},
    frame::{Happened, OpenCommunity, SendPost, ServerBody, ServerFrame},
    limits,
};
use prost::Message as _;

async fn send(world: &World, by: &super::kit::Device, request: SendPost) -> ErrorCode {
    code(world.communities().send_post(&by.caller, request).await)
}

#[tokio::test]
async fn announcements_have_a_log_of_their_own() {
    let world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    club.open(&world, &ada).await;
    let first = club.announce(&world, &marie, "one").await.unwrap();
    world.clock.advance_ms(9);
    let second = club.announce(&world, &ada, "two").await.unwrap();
    assert_eq!((first.seq, second.seq), (1, 2));
    assert_eq!(second.server_time_ms, first.server_time_ms + 9);
    assert_eq!(club.posts.0.0, 2);
    assert_eq!(ada.pushed_positions(), [1, 2]);
    let page = club.fetch(true, Default::default());
    let page = world.communities().fetch_community(&marie.caller, page).await.unwrap();
    assert_eq!(page.head_seq, 2);
    let body = PostBody::decode(page.entries[0].body.clone()).unwrap();
    assert_eq!(PostContent::decode(body.content.as_slice()).unwrap().sealed, b"one");
}

#[tokio::test]
async fn a_repeated_announcement_gets_its_first_answer_also_in_a_later_epoch() {
    let mut world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    let request = club.post(&ada, &club.content("one"));
    let first = world.communities().send_post(&ada.caller, request.clone()).await.unwrap();
    club.follow(&world, &marie).await;
    let mut epoch = club.next_epoch();
    epoch.renews_inbox = true;
    let set = SetRole { account: ada.caller.account.to_vec(), role: Role::Member as i32, until_ms: 0 };
    club.open_epoch(&world, &marie, &epoch, [CommunityWhat::SetRole(set)]).await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.communities().send_post(&ada.caller, request.clone()).await.unwrap(), first);
        let other = SendPost { idempotency: fresh::<16>().to_vec(), ..request.clone() };
        assert_eq!(send(&world, &ada, other).await, ErrorCode::NotAMember);
        world.restart().await;
    }
    club.follow(&world, &marie).await;
    assert_eq!(club.posts.0.0, 1);
}

#[tokio::test]
async fn an_author_must_have_read_the_log_and_say_what_is_so() {
    let world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    club.announce(&world, &marie, "one").await.unwrap();
    let late = club.post(&ada, &club.content("late"));
    let write = club.vault_write(vec![club.vault_record(&marie, "meta", 2, 1, b"new")]);
    world.communities().write_community_vault(&marie.caller, write).await.unwrap();
    let failure = world.communities().send_post(&ada.caller, late).await.unwrap_err();
    assert_eq!(failure.error_code(), ErrorCode::StaleEpoch);
    assert_eq!(failure.stale.unwrap().head_seq, club.log.0.0 + 1);
    club.follow(&world, &marie).await;

    let good = club.content("good");
    for (content, refusal) in [
        (PostContent { epoch: 2, ..good.clone() }, ErrorCode::StaleEpoch),
        (PostContent { epoch: 0, ..good.clone() }, ErrorCode::StaleEpoch),
        (PostContent { community_seq: good.community_seq + 1, ..good.clone() }, ErrorCode::InvalidCommit),
        (PostContent { community_head: vec![1; 32], ..good.clone() }, ErrorCode::InvalidCommit),
        (PostContent { community_head: vec![], ..good.clone() }, ErrorCode::InvalidCommit),
        (PostContent { last_seq: 2, ..good.clone() }, ErrorCode::InvalidCommit),
        (PostContent { last_head: vec![1; 32], ..good.clone() }, ErrorCode::InvalidCommit),
        (PostContent { last_seq: 0, ..good.clone() }, ErrorCode::InvalidCommit),
    ] {
        let request = club.post(&ada, &content);
        assert_eq!(send(&world, &ada, request).await, refusal);
    }
    // Not to have read the last announcements is no fault.
    let genesis = asterism_wire::head::genesis(POSTS).to_vec();
    let content = PostContent { last_seq: 0, last_head: genesis, ..good };
    let request = club.post(&ada, &content);
    world.communities().send_post(&ada.caller, request).await.unwrap();
}

#[tokio::test]
async fn only_admins_announce_and_each_signs_for_themselves() {
    let world = World::new().await;
    let (marie, ada, club) = two_admins(&world).await;
    let stranger = world.device("stranger").await;
    let good = club.content("x");
    assert_eq!(send(&world, &stranger, club.post(&stranger, &good)).await, ErrorCode::NotAMember);
    assert_eq!(send(&world, &ada, club.post(&marie, &good)).await, ErrorCode::Forbidden);
    let mut request = club.post(&ada, &good);
    let mut body = PostBody::decode(request.body.clone()).unwrap();
    body.signature[9] ^= 1;
    request.body = body.encode_to_vec().into();
    assert_eq!(send(&world, &ada, request.clone()).await, ErrorCode::BadSignature);
    body.author_key = marie.person.device_key.public().to_vec();
    request.body = body.encode_to_vec().into();
    assert_eq!(send(&world, &ada, request).await, ErrorCode::BadSignature);
}

#[tokio::test]
async fn an_announcement_is_for_everybody_or_for_some_groups() {
    let world = World::new().await;
    let (marie, _, mut club) = two_admins(&world).await;
    let good = club.content("x");
    let group = |id: u8| GroupKey { group: vec![id; 16], generation: 0, sealed: b"key".to_vec() };
    let to = |groups: Vec<GroupKey>| PostContent { everyone: Vec::new(), groups, ..good.clone() };
    let count = u8::try_from(limits::ANNOUNCEMENT_GROUPS_MAX).unwrap();
    let odd = GroupKey { group: vec![1; 15], ..group(1) };
    let empty = GroupKey { sealed: Vec::new(), ..group(1) };
    for (content, refusal) in [
        (PostContent { groups: vec![group(1)], ..good.clone() }, ErrorCode::Malformed),
        (to(vec![]), ErrorCode::Malformed),
        (to(vec![group(1), group(1)]), ErrorCode::Malformed),
        (to(vec![odd]), ErrorCode::Malformed),
        (to(vec![empty]), ErrorCode::Malformed),
        (PostContent { sealed: Vec::new(), ..good.clone() }, ErrorCode::Malformed),
        (to((0..=count).map(group).collect()), ErrorCode::LimitExceeded),
        (PostContent { sealed: vec![0; limits::POST_BYTES_MAX], ..good.clone() }, ErrorCode::LimitExceeded),
    ] {
        let request = club.post(&marie, &content);
        assert_eq!(send(&world, &marie, request).await, refusal);
    }
    let to_group = GroupKey { group: GROUP.to_vec(), ..group(0) };
    let request = club.post(&marie, &to(vec![to_group]));
    world.communities().send_post(&marie.caller, request).await.unwrap();
    club.follow(&world, &marie).await;
    let request = club.post(&marie, &PostContent { sealed: vec![0; 80_000], ..club.content("") });
    world.communities().send_post(&marie.caller, request).await.unwrap();
}

/// Who sends two at once without waiting gets both, in order.
#[tokio::test]
async fn requests_take_effect_in_the_order_of_the_calls() {
    let world = World::new().await;
    let (marie, ada, club) = two_admins(&world).await;
    let communities = world.communities();
    let one = communities.send_post(&marie.caller, club.post(&marie, &club.content("one")));
    let two = communities.send_post(&ada.caller, club.post(&ada, &club.content("two")));
    let fetch = communities.fetch_community(&marie.caller, club.fetch(true, Default::default()));
    let mut seen: Club = club.clone();
    assert_eq!(fetch.await.unwrap().entries.len(), 2);
    assert_eq!((two.await.unwrap().seq, one.await.unwrap().seq), (2, 1));
    seen.follow(&world, &ada).await;
    assert_eq!(seen.posts.0.0, 2);
}

#[tokio::test]
async fn who_is_slow_is_told_that_they_are_behind() {
    let world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    let (connection, mut outgoing) = Connection::for_test(1);
    let slow = Caller { connection, ..ada.caller.clone() };
    let open = OpenCommunity { community: club.id.to_vec(), access: None };
    world.communities().open_community(&slow, open).await.unwrap();
    for text in ["one", "two", "three"] {
        club.announce(&world, &marie, text).await.unwrap();
    }
    let mut told = Vec::new();
    while let Some(Drained::Frames(frames)) = outgoing.try_next() {
        for frame in frames {
            let Some(ServerBody::Push(push)) = ServerFrame::decode(frame).unwrap().body else { continue };
            told.push(match push.happened.unwrap() {
                Happened::Appended(appended) => {
                    ("appended", appended.conversation, appended.entry.unwrap().seq)
                }
                Happened::Behind(behind) => ("behind", behind.conversation, behind.head_seq),
                other => panic!("{other:?}"),
            });
        }
    }
    assert_eq!(told, [("appended", POSTS.to_vec(), 1), ("behind", POSTS.to_vec(), 3)]);
}

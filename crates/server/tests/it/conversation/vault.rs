//! The vault: versions, writers, generations.

use super::{
    entering::{get_link, with_link},
    kit::{CONVERSATION, Seen, World, code},
    messages::{three, two},
};
use asterism_server::conversation::Config;
use asterism_wire::{
    ErrorCode,
    frame::{GetVault, SubmitCommit},
    limits,
};

fn names(names: &[&str]) -> GetVault {
    GetVault {
        conversation: CONVERSATION.to_vec(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        after_name: String::new(),
    }
}

#[tokio::test]
async fn each_write_is_an_entry_and_the_next_version() {
    let world = World::new().await;
    let (mut marie, mut ada) = two(&world).await;
    let profile = format!("profile/{}", ada.caller.account);
    let write = vec![ada.vault_record(&profile, 1, 0, b"ada")];
    let write = ada.vault_write(write);
    let first = world.conversations().write_vault(&ada.caller, write.clone()).await.unwrap();
    assert_eq!(world.conversations().write_vault(&ada.caller, write.clone()).await.unwrap(), first);
    assert_eq!(marie.catch_up(&world).await, [Seen::Vault(profile.clone())]);

    let twice = ada.vault_write(write.writes.clone());
    assert_eq!(code(world.conversations().write_vault(&ada.caller, twice).await), ErrorCode::VaultConflict);
    let write = vec![ada.vault_record(&profile, 2, 0, b"ada again")];
    let write = ada.vault_write(write);
    world.conversations().write_vault(&ada.caller, write).await.unwrap();

    let page = world.conversations().get_vault(&marie.caller, names(&[])).await.unwrap();
    let read: Vec<_> = page.records.iter().map(|r| (r.name.as_str(), r.version)).collect();
    assert_eq!(read, [("meta", 1), (profile.as_str(), 2)]);
    assert!(!page.more);
    let page =
        world.conversations().get_vault(&marie.caller, names(&["meta", "other", "meta"])).await.unwrap();
    assert_eq!(page.records.len(), 1);
    let after = GetVault { after_name: "meta".into(), ..names(&[]) };
    assert_eq!(world.conversations().get_vault(&marie.caller, after).await.unwrap().records.len(), 1);
}

#[tokio::test]
async fn who_may_write_what() {
    let world = World::new().await;
    let (marie, mut ada) = two(&world).await;
    let eve = world.device("eve").await;
    let of_marie = format!("profile/{}", marie.caller.account);
    let own = format!("profile/{}", ada.caller.account);
    let refused = [
        (ada.vault_record("meta", 2, 0, b"x"), ErrorCode::Forbidden),
        (ada.vault_record(&of_marie, 1, 0, b"x"), ErrorCode::Forbidden),
        (ada.vault_record("else", 1, 0, b"x"), ErrorCode::Forbidden),
        // Somebody else's words in one's own mouth.
        (marie.vault_record("meta", 2, 0, b"x"), ErrorCode::Forbidden),
        (ada.vault_record(&own, 1, 1, b"x"), ErrorCode::StaleEpoch),
        (ada.vault_record(&own, 2, 0, b"x"), ErrorCode::VaultConflict),
        (ada.vault_record(&own, 0, 0, b"x"), ErrorCode::VaultConflict),
        (ada.vault_record(&own, u64::MAX, 0, b"x"), ErrorCode::VaultConflict),
        (
            ada.vault_record(&"n".repeat(limits::VAULT_NAME_BYTES_MAX + 1), 1, 0, b"x"),
            ErrorCode::LimitExceeded,
        ),
        (ada.vault_record(&own, 1, 0, &vec![0; limits::VAULT_VALUE_BYTES_MAX + 1]), ErrorCode::LimitExceeded),
    ];
    for (record, expected) in refused {
        let name = record.name.clone();
        let write = ada.vault_write(vec![record]);
        assert_eq!(code(world.conversations().write_vault(&ada.caller, write).await), expected, "{name}");
    }
    let good = ada.vault_record(&own, 1, 0, b"x");
    let mut forged = [good.clone(), good.clone(), good.clone(), good.clone()];
    forged[0].sealed = b"y".to_vec();
    forged[1].signature[3] ^= 1;
    forged[2].writer[40] ^= 1;
    forged[3].writer_key = marie.person.device_key.public().to_vec();
    for record in forged {
        let write = ada.vault_write(vec![record]);
        assert_eq!(
            code(world.conversations().write_vault(&ada.caller, write).await),
            ErrorCode::BadSignature
        );
    }
    let write = ada.vault_write(vec![good.clone()]);
    assert_eq!(code(world.conversations().write_vault(&eve.caller, write).await), ErrorCode::NotAMember);
    let write = ada.vault_write(vec![good.clone(), good.clone()]);
    assert_eq!(code(world.conversations().write_vault(&ada.caller, write).await), ErrorCode::Malformed);
    let write = ada.vault_write(Vec::new());
    assert_eq!(code(world.conversations().write_vault(&ada.caller, write).await), ErrorCode::Malformed);
    assert_eq!(code(world.conversations().get_vault(&eve.caller, names(&[])).await), ErrorCode::NotAMember);
}

#[tokio::test]
async fn a_removal_begins_a_generation_and_keeps_the_key_before() {
    let world = World::new().await;
    let (mut marie, mut ada, bo) = three(&world).await;
    let mut request = marie.commit(&[], &[&bo], vec![]);
    // The name is sealed again in the same step.
    request.vault = vec![marie.vault_record("meta", 2, 0, b"old key")];
    let old = SubmitCommit { ..request.clone() };
    assert_eq!(code(world.conversations().submit_commit(&marie.caller, old).await), ErrorCode::StaleEpoch);
    request.vault = vec![marie.vault_record("meta", 2, 1, b"new key")];
    let commit = world.conversations().submit_commit(&marie.caller, request).await.unwrap();
    assert_eq!(marie.catch_up(&world).await, [Seen::Commit, Seen::Vault("meta".into())]);
    assert_eq!(marie.at.0.0, commit.seq + 1);
    ada.catch_up(&world).await;
    assert_eq!(ada.vault_keys, marie.vault_keys);
    let page = world.conversations().get_vault(&ada.caller, names(&[])).await.unwrap();
    assert_eq!(page.past_keys.len(), 1);
    assert_eq!((page.past_keys[0].generation, page.records[0].version), (0, 2));
    assert_eq!(code(world.conversations().get_vault(&bo.caller, names(&[])).await), ErrorCode::NotAMember);
}

/// The chain is opened from the newest: with the oldest alone nobody opens anything.
#[tokio::test]
async fn of_many_past_keys_the_newest_are_given() {
    let config = Config { vault_past_keys_max: 3, link_past_keys_max: 2, ..Config::default() };
    let mut world = World::with(config).await;
    let (mut marie, link) = with_link(&world, 0, 0).await;
    let mut others = Vec::new();
    for n in 0..5 {
        others.push(world.device(&format!("other{n}")).await);
    }
    marie.do_commit(&world, &others.iter().collect::<Vec<_>>(), &[], vec![]).await;
    for (present, other) in (1..).zip(&others) {
        marie.do_commit(&world, &[], &[other], vec![]).await;
        if present == 4 {
            world.restart().await;
        }
        let page = world.conversations().get_vault(&marie.caller, names(&[])).await.unwrap();
        let given: Vec<u64> = page.past_keys.iter().map(|key| key.generation).collect();
        assert_eq!(given, (present.max(3) - 3..present).collect::<Vec<_>>(), "at {present}");
        let next = GetVault { after_name: "meta".into(), ..names(&[]) };
        let next = world.conversations().get_vault(&marie.caller, next).await.unwrap();
        assert_eq!(next.past_keys.len(), 0, "they come with the first page");
        let info = world.conversations().get_link(get_link(&link)).await.unwrap();
        let given: Vec<u64> = info.past_keys.iter().map(|key| key.generation).collect();
        assert_eq!(given, (present.max(2) - 2..present).collect::<Vec<_>>(), "at {present}");
    }
    // None is given that is older than the name.
    let write = marie.vault_write(vec![marie.vault_record("meta", 2, 5, b"new")]);
    world.conversations().write_vault(&marie.caller, write).await.unwrap();
    let info = world.conversations().get_link(get_link(&link)).await.unwrap();
    assert_eq!((info.meta.unwrap().generation, info.past_keys.len()), (5, 0));
}

#[tokio::test]
async fn large_vaults_come_in_pages() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    marie.create(&world).await;
    let own = format!("profile/{}", marie.caller.account);
    let large = vec![7; limits::VAULT_VALUE_BYTES_MAX];
    let write = vec![marie.vault_record(&own, 1, 0, &large), marie.vault_record("meta", 2, 0, &large)];
    let write = marie.vault_write(write);
    world.conversations().write_vault(&marie.caller, write).await.unwrap();
    let page = world.conversations().get_vault(&marie.caller, names(&[])).await.unwrap();
    assert_eq!(page.records.len(), 2);
    let many = vec!["meta"; limits::VAULT_WRITES_MAX + 1];
    assert_eq!(
        code(world.conversations().get_vault(&marie.caller, names(&many)).await),
        ErrorCode::LimitExceeded
    );
}

//! The vault of a community.

use super::{
    channel::three_wait,
    governance::two_admins,
    kit::{Club, Device, GROUP, World, code},
};
use asterism_server::conversation::Config;
use asterism_wire::{
    ErrorCode,
    entry::EntryKind,
    frame::{CommunityAccess, GetCommunityVault, GetLink, WriteVault},
    limits,
    vault::{PastKey, VaultRecord},
};

fn get(club: &Club, access: CommunityAccess, names: &[&str]) -> GetCommunityVault {
    let names = names.iter().map(|name| (*name).into()).collect();
    GetCommunityVault { community: club.id.to_vec(), access: Some(access), after_name: String::new(), names }
}

async fn refused(world: &World, by: &Device, club: &Club, writes: Vec<VaultRecord>) -> ErrorCode {
    code(world.communities().write_community_vault(&by.caller, club.vault_write(writes)).await)
}

#[tokio::test]
async fn admins_write_names_groups_and_their_own_profile() {
    let world = World::new().await;
    let (marie, ada, mut club) = two_admins(&world).await;
    club.open(&world, &marie).await;
    let (group, profile) = (format!("group/{GROUP}"), format!("profile/{}", ada.caller.account));
    let writes = vec![
        club.vault_record(&ada, "meta", 2, 1, b"new"),
        club.vault_record(&ada, &group, 1, 1, b"group"),
        club.vault_record(&ada, &profile, 1, 1, b"profile"),
    ];
    let request = club.vault_write(writes.clone());
    let first = world.communities().write_community_vault(&ada.caller, request.clone()).await.unwrap();
    assert_eq!(first.seq, club.log.0.0 + 3);
    let again = world.communities().write_community_vault(&ada.caller, request).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(club.follow(&world, &marie).await, [EntryKind::Vault; 3]);
    assert_eq!(marie.pushed_positions().len(), 3);
    let page =
        world.communities().get_community_vault(&marie.caller, get(&club, Default::default(), &[])).await;
    let names: Vec<_> = page.unwrap().records.into_iter().map(|record| record.name).collect();
    assert_eq!(names, [group.as_str(), "meta", &profile]);

    let marie_s = format!("profile/{}", marie.caller.account);
    for (record, refusal) in [
        (club.vault_record(&ada, &marie_s, 1, 1, b"x"), ErrorCode::Forbidden),
        (club.vault_record(&ada, "group/x", 1, 1, b"x"), ErrorCode::Forbidden),
        (club.vault_record(&ada, "channel", 1, 1, b"x"), ErrorCode::Forbidden),
        (club.vault_record(&marie, "meta", 3, 1, b"x"), ErrorCode::Forbidden),
        (club.vault_record(&ada, "meta", 2, 1, b"x"), ErrorCode::VaultConflict),
        (club.vault_record(&ada, "meta", 4, 1, b"x"), ErrorCode::VaultConflict),
        (club.vault_record(&ada, "meta", 3, 2, b"x"), ErrorCode::StaleEpoch),
        (club.vault_record(&ada, "meta", 3, 0, b"x"), ErrorCode::StaleEpoch),
        (
            VaultRecord { sealed: vec![1], ..club.vault_record(&ada, "meta", 3, 1, b"x") },
            ErrorCode::BadSignature,
        ),
        (
            club.vault_record(&ada, "meta", 3, 1, &[0; limits::VAULT_VALUE_BYTES_MAX + 1]),
            ErrorCode::LimitExceeded,
        ),
    ] {
        // All or nothing.
        let good = club.vault_record(&ada, &profile, 2, 1, b"y");
        assert_eq!(refused(&world, &ada, &club, vec![good, record]).await, refusal);
    }
    let twice = vec![club.vault_record(&ada, "meta", 3, 1, b"x"); 2];
    assert_eq!(refused(&world, &ada, &club, twice).await, ErrorCode::Malformed);
    assert_eq!(refused(&world, &ada, &club, vec![]).await, ErrorCode::Malformed);
    assert_eq!(club.follow(&world, &marie).await, []);
}

#[tokio::test]
async fn it_goes_on_in_the_next_epoch_with_the_past_keys() {
    let world = World::new().await;
    let (marie, mut club, [ada, ..]) = three_wait(&world).await;
    club.seat(&world, &marie, &[&ada]).await;
    let old = vec![club.vault_record(&marie, "meta", 2, 1, b"x")];
    let failure =
        world.communities().write_community_vault(&marie.caller, club.vault_write(old)).await.unwrap_err();
    let stale = failure.stale.unwrap();
    assert_eq!((stale.epoch, stale.epoch_opened_by, stale.head_seq), (2, club.log.0.0, club.log.0.0));
    let new = club.vault_write(vec![club.vault_record(&marie, "meta", 2, 2, b"x")]);
    world.communities().write_community_vault(&marie.caller, new).await.unwrap();
    let page =
        world.communities().get_community_vault(&ada.device.caller, get(&club, ada.access(), &["meta"]));
    let page = page.await.unwrap();
    assert_eq!((page.records[0].generation, page.past_keys.len()), (2, 1));
    assert_eq!(page.past_keys[0].generation, 1);
    // Who is only a subscriber writes nothing.
    let own = club.vault_record(&ada.device, &format!("profile/{}", ada.device.caller.account), 1, 2, b"x");
    assert_eq!(refused(&world, &ada.device, &club, vec![own]).await, ErrorCode::NotAMember);
}

/// The chain is opened from the newest: with the oldest alone nobody opens anything.
#[tokio::test]
async fn of_many_past_keys_the_newest_are_given() {
    let config = Config { vault_past_keys_max: 3, link_past_keys_max: 2, ..Config::default() };
    let world = World::with(config).await;
    let mut marie = world.device("marie").await;
    let mut club = Club::found(&world, &mut marie).await;
    let link = club.add_link(&world, &marie, 0, 0).await;
    let given = |keys: &[PastKey]| keys.iter().map(|key| key.generation).collect::<Vec<_>>();
    for present in 2..7 {
        let epoch = club.next_epoch();
        club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
        for names in [&[][..], &["meta"]] {
            let request = get(&club, CommunityAccess::default(), names);
            let page = world.communities().get_community_vault(&marie.caller, request).await.unwrap();
            assert_eq!(given(&page.past_keys), (present.max(4) - 3..present).collect::<Vec<_>>());
        }
        let info = GetLink { ticket: link.ticket_id.to_vec() };
        let info = world.communities().get_link(&info).await.unwrap().unwrap();
        assert_eq!(given(&info.past_keys), (present.max(3) - 2..present).collect::<Vec<_>>());
    }
    // None is given that is older than the name.
    let write = club.vault_write(vec![club.vault_record(&marie, "meta", 2, 6, b"new")]);
    world.communities().write_community_vault(&marie.caller, write).await.unwrap();
    club.follow(&world, &marie).await;
    let epoch = club.next_epoch();
    club.open_epoch(&world, &marie, &epoch, []).await.unwrap();
    let info = GetLink { ticket: link.ticket_id.to_vec() };
    let info = world.communities().get_link(&info).await.unwrap().unwrap();
    assert_eq!(given(&info.past_keys), [6]);
}

#[tokio::test]
async fn what_is_too_much_is_refused() {
    let world = World::new().await;
    let (marie, _, club) = two_admins(&world).await;
    let many: Vec<&str> = vec!["meta"; limits::VAULT_WRITES_MAX + 1];
    let request = get(&club, CommunityAccess::default(), &many);
    let refused = code(world.communities().get_community_vault(&marie.caller, request).await);
    assert_eq!(refused, ErrorCode::LimitExceeded);
    let writes = vec![club.vault_record(&marie, "meta", 2, 1, b"x"); limits::VAULT_WRITES_MAX + 1];
    let request: WriteVault = club.vault_write(writes);
    let refused = code(world.communities().write_community_vault(&marie.caller, request).await);
    assert_eq!(refused, ErrorCode::LimitExceeded);
}

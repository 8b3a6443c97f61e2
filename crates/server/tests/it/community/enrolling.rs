//! Becoming a subscriber, and being none any more.

use super::kit::{Club, Device, Subscriber, World, code, unwrap};
use asterism_mls::link::LinkKeys;
use asterism_policy::{CommunityWhat, RevokeTicket, Role, SetRole};
use asterism_server::clock::Clock as _;
use asterism_wire::{
    ErrorCode,
    frame::{GetDeposits, GetLink, Happened},
    limits,
};

/// Marie's community and a link to it.
pub(super) async fn with_link(world: &World, uses_max: u32, expires_ms: u64) -> (Device, Club, LinkKeys) {
    let mut marie = world.device("marie").await;
    let mut club = Club::found(world, &mut marie).await;
    let link = club.add_link(world, &marie, uses_max, expires_ms).await;
    (marie, club, link)
}

#[tokio::test]
async fn somebody_comes_by_a_link_and_gets_a_seat() {
    let mut world = World::new().await;
    let (marie, mut club, link) = with_link(&world, 0, 0).await;
    let ada = Subscriber::new(&world, "ada").await;
    assert_eq!(code(ada.open(&world, &club, ada.access()).await), ErrorCode::NotAMember);
    let info = GetLink { ticket: link.ticket_id.to_vec() };
    let info = world.communities().get_link(&info).await.unwrap().unwrap();
    assert!(info.community && info.accounts == 0 && info.meta.is_some() && info.wrap.is_some());
    assert_eq!(info.conversation, club.id.to_vec());

    let by_link = ada.by_link(&club, &link);
    assert!(!ada.open(&world, &club, by_link.clone()).await.unwrap().seated);
    let keys = ada.keys(&world, &club, by_link.clone(), 0).await.unwrap();
    // The first channel key is wrapped by the kit as what it knows of it.
    assert_eq!((keys.epoch, unwrap(&club, &link, &keys)), (1, club.keys[&1]));
    ada.enrol(&world, &club, by_link.clone()).await.unwrap();
    for _ in 0..2 {
        let keys = ada.keys(&world, &club, ada.access(), 1).await.unwrap();
        assert_eq!(unwrap(&club, &link, &keys), club.keys[&1]);
        let request = GetDeposits { community: club.id.to_vec(), after: Vec::new() };
        let found = world.communities().get_deposits(&marie.caller, request).await.unwrap();
        assert_eq!((found.deposits.len(), found.more), (1, false));
        assert_eq!(found.deposits[0].subscriber_key, ada.public().as_bytes());
        assert_eq!(found.deposits[0].ticket, link.ticket_id.to_vec());
        assert_eq!(found.deposits[0].at_ms, world.clock.now().0);
        world.restart().await;
    }
    club.seat(&world, &marie, &[&ada]).await;
    assert!(ada.open(&world, &club, ada.access()).await.unwrap().seated);
    assert_eq!(ada.channel_key(&world, &club, 2).await, Some(club.keys[&2]));
    assert_eq!(ada.channel_key(&world, &club, 1).await, None);
    let keys = ada.keys(&world, &club, by_link, 0).await.unwrap();
    assert_eq!(unwrap(&club, &link, &keys), club.keys[&2]);
}

#[tokio::test]
async fn uses_are_counted_by_subscriber() {
    let mut world = World::new().await;
    let (marie, mut club, link) = with_link(&world, 2, 0).await;
    let mut all = Vec::new();
    for handle in ["ada", "bob", "cleo"] {
        all.push(Subscriber::new(&world, handle).await);
    }
    let [ada, bo, cleo] = all.try_into().ok().unwrap();
    for _ in 0..2 {
        ada.enrol(&world, &club, ada.by_link(&club, &link)).await.unwrap();
        ada.open(&world, &club, ada.by_link(&club, &link)).await.unwrap();
        world.restart().await;
    }
    cleo.open(&world, &club, cleo.by_link(&club, &link)).await.unwrap();
    bo.enrol(&world, &club, bo.by_link(&club, &link)).await.unwrap();
    club.announce(&world, &marie, "x").await.unwrap();
    assert_eq!(cleo.device.pushed_positions(), [0_u64; 0], "the link is used up by others");
    for _ in 0..2 {
        let used_up = cleo.enrol(&world, &club, cleo.by_link(&club, &link)).await;
        assert_eq!(code(used_up), ErrorCode::LinkUsedUp);
        assert_eq!(code(cleo.open(&world, &club, cleo.by_link(&club, &link)).await), ErrorCode::LinkUsedUp);
        let info = GetLink { ticket: link.ticket_id.to_vec() };
        assert_eq!(code(world.communities().get_link(&info).await), ErrorCode::LinkUsedUp);
        // Who has used it goes on.
        bo.enrol(&world, &club, bo.by_link(&club, &link)).await.unwrap();
        ada.open(&world, &club, ada.access()).await.unwrap();
        world.restart().await;
    }
}

/// An open page acts on it.
#[tokio::test]
async fn admins_are_told_that_somebody_waits_once_a_second_at_most() {
    let mut world = World::new().await;
    let (marie, mut club, link) = with_link(&world, 0, 0).await;
    let eve = world.device("eve").await;
    club.promote(&world, &marie, &eve, Role::Admin, 0).await;
    let mut all = Vec::new();
    for handle in ["ada", "bob", "cleo", "dora"] {
        all.push(Subscriber::new(&world, handle).await);
    }
    let [ada, bo, cleo, dora] = all.try_into().ok().unwrap();
    // Marie is a subscriber too, and opens it as such.
    let marie = Subscriber::of(marie);
    marie.enrol(&world, &club, Default::default()).await.unwrap();
    world.restart().await;
    ada.open(&world, &club, ada.by_link(&club, &link)).await.unwrap();
    marie.open(&world, &club, marie.access()).await.unwrap();
    club.open(&world, &eve).await;
    let told = |device: &Device| {
        let pushes = device.pushes().into_iter();
        pushes
            .map(|happened| match happened {
                Happened::Behind(behind) => (behind.conversation, behind.head_seq),
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    let once = vec![(club.id.log().to_vec(), club.log.0.0)];
    let after = async |ms| {
        world.clock.advance_ms(ms);
        if world.server.next_deadline().is_some_and(|due| due <= world.clock.now()) {
            world.server.tick().await;
        }
    };

    ada.enrol(&world, &club, ada.by_link(&club, &link)).await.unwrap();
    assert_eq!((told(&marie.device), told(&eve)), (once.clone(), once.clone()), "at once");
    for one in [&bo, &cleo] {
        one.enrol(&world, &club, one.by_link(&club, &link)).await.unwrap();
    }
    after(999).await;
    assert_eq!((told(&marie.device), told(&eve)), (vec![], vec![]));
    after(1).await;
    assert_eq!((told(&marie.device), told(&eve)), (once.clone(), once.clone()), "of both");
    after(1_000).await;
    assert_eq!((told(&marie.device), world.server.next_deadline()), (vec![], None));
    assert_eq!(told(&ada.device), [], "nobody else");

    // Who loses their role is told no more.
    let mut epoch = club.next_epoch();
    epoch.renews_inbox = true;
    let loses = SetRole { account: eve.caller.account.to_vec(), role: Role::Member as i32, until_ms: 0 };
    club.open_epoch(&world, &marie.device, &epoch, [CommunityWhat::SetRole(loses)]).await.unwrap();
    marie.device.pushes();
    eve.pushes();
    dora.enrol(&world, &club, dora.by_link(&club, &link)).await.unwrap();
    assert_eq!((told(&marie.device).len(), told(&eve).len()), (1, 0));
}

#[tokio::test]
async fn a_link_ends_in_time_or_when_it_is_revoked() {
    let world = World::new().await;
    let (marie, mut club, link) = with_link(&world, 0, world.clock.now().0 + 1_000).await;
    let ada = Subscriber::new(&world, "ada").await;
    let by_link = ada.by_link(&club, &link);
    ada.open(&world, &club, by_link.clone()).await.unwrap();
    world.clock.advance_ms(1_000);
    club.announce(&world, &marie, "x").await.unwrap();
    assert_eq!(ada.device.pushed_positions(), [0_u64; 0]);
    assert_eq!(code(ada.enrol(&world, &club, by_link.clone()).await), ErrorCode::LinkExpired);
    assert_eq!(code(ada.keys(&world, &club, by_link, 0).await), ErrorCode::LinkExpired);

    let link = club.add_link(&world, &marie, 0, 0).await;
    let bo = Subscriber::new(&world, "bob").await;
    let by_link = ada.by_link(&club, &link);
    ada.enrol(&world, &club, by_link.clone()).await.unwrap();
    bo.open(&world, &club, bo.by_link(&club, &link)).await.unwrap();
    let revoke = CommunityWhat::RevokeTicket(RevokeTicket { ticket: link.ticket_id.to_vec() });
    let epoch = club.next_epoch();
    club.open_epoch(&world, &marie, &epoch, [revoke]).await.unwrap();
    assert_eq!(bo.device.pushed_positions(), [0_u64; 0]);
    assert_eq!(code(bo.enrol(&world, &club, bo.by_link(&club, &link)).await), ErrorCode::NotAMember);
    let info = GetLink { ticket: link.ticket_id.to_vec() };
    assert_eq!(world.communities().get_link(&info).await.unwrap(), None);
    // Ada left her note while it lived: she waits for her seat, without a wrap.
    assert_eq!(ada.keys(&world, &club, ada.access(), 0).await.unwrap().wrap, None);
}

#[tokio::test]
async fn nobody_comes_by_a_link_without_its_key() {
    let world = World::new().await;
    let (_, club, link) = with_link(&world, 0, 0).await;
    let (ada, bo) = (Subscriber::new(&world, "ada").await, Subscriber::new(&world, "bob").await);
    let mut bent = ada.by_link(&club, &link);
    bent.ticket_signature[5] ^= 1;
    let other = LinkKeys::derive(&[5; 32]);
    let mut unknown = ada.by_link(&club, &other);
    let of_another = bo.by_link(&club, &link);
    for access in [bent, unknown.clone(), of_another] {
        assert_eq!(code(ada.open(&world, &club, access.clone()).await), ErrorCode::NotAMember);
        assert_eq!(code(ada.enrol(&world, &club, access).await), ErrorCode::NotAMember);
    }
    unknown.ticket.pop();
    assert_eq!(code(ada.open(&world, &club, unknown).await), ErrorCode::Malformed);
}

#[tokio::test]
async fn notes_come_in_pages_and_one_account_does_not_leave_too_many() {
    let world = World::new().await;
    let (marie, club, link) = with_link(&world, 0, 0).await;
    let count = limits::DEPOSITS_PAGE + 3;
    let mut ids = Vec::new();
    let ada = Subscriber::new(&world, "ada").await;
    let mut refused = None;
    for n in 0..count {
        let mut request = ada.deposit(&club, ada.by_link(&club, &link));
        request.subscriber_key[..8].copy_from_slice(&(n as u64).to_be_bytes());
        ids.push(asterism_wire::signing::subscriber_id(&request.subscriber_key));
        while let Err(failure) = world.communities().put_deposit(&ada.device.caller, request.clone()).await {
            refused = Some(failure.error_code());
            world.clock.advance_ms(failure.retry_after_ms);
        }
    }
    assert_eq!(refused, Some(ErrorCode::RateLimited));
    ids.sort();
    let page = async |after| {
        let request = GetDeposits { community: club.id.to_vec(), after };
        let page = world.communities().get_deposits(&marie.caller, request).await.unwrap();
        let of =
            |d: &asterism_wire::frame::DepositEntry| asterism_wire::signing::subscriber_id(&d.subscriber_key);
        (page.deposits.iter().map(of).collect::<Vec<_>>(), page.more)
    };
    let (first, more) = page(Vec::new()).await;
    assert_eq!((first.as_slice(), more), (&ids[..limits::DEPOSITS_PAGE], true));
    let (second, more) = page(first[first.len() - 1].to_vec()).await;
    assert_eq!((second.as_slice(), more), (&ids[limits::DEPOSITS_PAGE..], false));

    let mut large = ada.deposit(&club, ada.access());
    large.sealed = vec![0; limits::DEPOSIT_BYTES_MAX + 1];
    assert_eq!(
        code(world.communities().put_deposit(&ada.device.caller, large).await),
        ErrorCode::LimitExceeded
    );
}

#[tokio::test]
async fn an_admin_may_be_a_subscriber_too() {
    let world = World::new().await;
    let mut marie = world.device("marie").await;
    let mut club = Club::found(&world, &mut marie).await;
    let own = Subscriber::of(marie);
    own.enrol(&world, &club, Default::default()).await.unwrap();
    club.seat(&world, &own.device, &[&own]).await;
    assert_eq!(own.channel_key(&world, &club, 2).await, Some(club.keys[&2]));
    assert_eq!(own.keys(&world, &club, Default::default(), 2).await.unwrap().seat, [0_u8; 0]);
}

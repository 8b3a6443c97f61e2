//! Key packages are published, counted and handed out once.

use crate::{
    people::Person,
    wires::{Local, NOW, failed, local_server, refusal},
};
use asterism_mls::Suite;
use asterism_server::{Server, Settings};
use asterism_wire::{
    ErrorCode,
    frame::{
        Answer, Authenticated, ClaimKeyPackages, KeyPackageCounts, PublishedKeyPackage, PutKeyPackages,
        Request,
    },
    limits::{KEY_PACKAGE_BYTES_MAX, KEY_PACKAGES_MAX},
};
use std::collections::HashSet;

const DAY_MS: u64 = 24 * 3_600_000;

fn put(hybrid: bool, one_time: &[PublishedKeyPackage], last_resort: Option<PublishedKeyPackage>) -> Request {
    Request::PutKeyPackages(PutKeyPackages { hybrid, one_time: one_time.to_vec(), last_resort })
}

fn claim(person: &Person, hybrid: bool) -> Request {
    Request::ClaimKeyPackages(ClaimKeyPackages { account: person.account().to_vec(), hybrid })
}

fn counts(classic: u32, hybrid: u32) -> Answer {
    Answer::KeyPackageCounts(KeyPackageCounts { classic, hybrid })
}

fn packages(person: &Person, suite: Suite, count: usize) -> Vec<PublishedKeyPackage> {
    (0..count).map(|_| person.key_package(suite, false, NOW.0)).collect()
}

/// The packages in an answer; none when it is a refusal.
fn claimed(answer: Answer) -> Vec<PublishedKeyPackage> {
    match answer {
        Answer::ClaimedKeyPackages(claimed) => {
            claimed.packages.into_iter().map(|package| package.package.unwrap()).collect()
        }
        other => {
            assert_eq!(refusal(&other), Some(ErrorCode::NoKeyPackage));
            Vec::new()
        }
    }
}

async fn asker(server: &Server) -> Local {
    Local::registered(server, &Person::new("asker")).await
}

#[tokio::test]
async fn published_packages_are_counted_per_suite_and_told_at_the_next_start() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    assert_eq!(client.ask(put(false, &packages(&marie, Suite::Classic, 3), None)).await, counts(3, 0));
    let hybrid = packages(&marie, Suite::Hybrid, 2);
    assert_eq!(client.ask(put(true, &hybrid, None)).await, counts(3, 2));
    assert_eq!(client.ask(put(true, &hybrid, None)).await, counts(3, 2), "repeated");

    let mut again = Local::new(&server);
    let nonce = again.hello().await;
    let answer = again.ask(Request::Authenticate(marie.authenticate(&nonce))).await;
    let expected = Authenticated { key_packages_classic: 3, key_packages_hybrid: 2, inbox_head: 0 };
    assert_eq!(answer, Answer::Authenticated(expected));
}

#[tokio::test]
async fn a_package_that_is_not_this_devices_is_refused() {
    let (server, _) = local_server(Settings::default()).await;
    let (marie, jean) = (Person::new("marie"), Person::new("jean"));
    let mut client = Local::registered(&server, &marie).await;
    let good = marie.key_package(Suite::Classic, false, NOW.0);
    let mut broken = good.clone();
    *broken.key_package.last_mut().unwrap() ^= 1;
    let bad = [
        jean.key_package(Suite::Classic, false, NOW.0),
        marie.key_package(Suite::Hybrid, false, NOW.0),
        marie.key_package(Suite::Classic, true, NOW.0),
        marie.key_package(Suite::Classic, false, NOW.0 + 2 * DAY_MS),
        broken,
        PublishedKeyPackage::default(),
    ];
    for (n, package) in bad.into_iter().enumerate() {
        let answer = client.ask(put(false, &[good.clone(), package], None)).await;
        assert_eq!(answer, failed(ErrorCode::Malformed), "{n}");
    }
    assert_eq!(client.ask(put(false, &[], Some(good.clone()))).await, failed(ErrorCode::Malformed));
    let huge = PublishedKeyPackage { key_package: vec![0; KEY_PACKAGE_BYTES_MAX + 1], created_at_ms: NOW.0 };
    assert_eq!(client.ask(put(false, &[huge], None)).await, failed(ErrorCode::LimitExceeded));
    assert_eq!(client.ask(put(false, &[good], None)).await, counts(1, 0), "nothing else was kept");
}

#[tokio::test]
async fn a_device_keeps_no_more_than_the_limit() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    let all = packages(&marie, Suite::Classic, KEY_PACKAGES_MAX);
    assert_eq!(client.ask(put(false, &all, None)).await, counts(100, 0));
    let one_more = packages(&marie, Suite::Classic, 1);
    assert_eq!(client.ask(put(false, &one_more, None)).await, failed(ErrorCode::LimitExceeded));
    assert_eq!(client.ask(put(false, &all, None)).await, counts(100, 0), "repeated");
}

#[tokio::test]
async fn the_last_resort_is_given_when_nothing_else_is_left_and_stays() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    let mut asker = asker(&server).await;
    assert_eq!(asker.ask(claim(&marie, false)).await, failed(ErrorCode::NoKeyPackage));
    let one_time = marie.key_package(Suite::Classic, false, NOW.0);
    let last = marie.key_package(Suite::Classic, true, NOW.0);
    client.ask(put(false, std::slice::from_ref(&one_time), Some(last.clone()))).await;
    for expected in [&one_time, &last, &last] {
        assert_eq!(claimed(asker.ask(claim(&marie, false)).await), std::slice::from_ref(expected));
    }
    assert_eq!(asker.ask(claim(&marie, true)).await, failed(ErrorCode::NoKeyPackage), "the other suite");
    assert_eq!(asker.ask(claim(&Person::new("nobody"), false)).await, failed(ErrorCode::UnknownAccount));
}

#[tokio::test]
async fn a_package_that_was_handed_out_cannot_be_put_again() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    let mut asker = asker(&server).await;
    let all = packages(&marie, Suite::Classic, 2);
    client.ask(put(false, &all, None)).await;
    claimed(asker.ask(claim(&marie, false)).await);
    assert_eq!(client.ask(put(false, &all, None)).await, counts(1, 0));
}

#[tokio::test]
async fn packages_older_than_90_days_are_skipped() {
    let (server, clock) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    let mut asker = asker(&server).await;
    let old = packages(&marie, Suite::Classic, 2);
    let young = marie.key_package(Suite::Classic, false, NOW.0 + DAY_MS);
    client.ask(put(false, &[old, vec![young.clone()]].concat(), None)).await;
    clock.advance_ms(90 * DAY_MS + 1);
    assert_eq!(claimed(asker.ask(claim(&marie, false)).await), [young]);
    assert_eq!(asker.ask(claim(&marie, false)).await, failed(ErrorCode::NoKeyPackage));
}

#[tokio::test]
async fn each_device_gives_one_except_the_one_that_asks() {
    let (server, _) = local_server(Settings::default()).await;
    let (first, second) = (Person::new("marie"), Person::with_device("marie", 2));
    let mut one = Local::registered(&server, &first).await;
    let mut two = Local::new(&server);
    let nonce = two.hello().await;
    two.ask(Request::AddDevice(second.add_device(&nonce))).await;
    one.ask(put(false, &packages(&first, Suite::Classic, 2), None)).await;
    two.ask(put(false, &packages(&second, Suite::Classic, 2), None)).await;

    let mut asker = asker(&server).await;
    assert_eq!(claimed(asker.ask(claim(&first, false)).await).len(), 2);
    let Answer::ClaimedKeyPackages(own) = one.ask(claim(&first, false)).await else { panic!("refused") };
    assert_eq!(own.packages.len(), 1);
    assert_eq!(own.packages[0].device, second.device().to_vec());
}

#[tokio::test]
async fn one_account_cannot_use_up_anothers_packages() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    client.ask(put(false, &packages(&marie, Suite::Classic, 60), None)).await;
    let mut asker = asker(&server).await;
    let mut taken = 0;
    loop {
        let answer = asker.ask(claim(&marie, false)).await;
        match refusal(&answer) {
            None => taken += 1,
            Some(code) => break assert_eq!(code, ErrorCode::RateLimited),
        }
    }
    assert!(taken < 50, "{taken}");
    let mut other = Local::registered(&server, &Person::new("other")).await;
    assert_eq!(claimed(other.ask(claim(&marie, false)).await).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_claims_get_the_same_package() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    client.ask(put(false, &packages(&marie, Suite::Classic, 40), None)).await;
    let claims: Vec<_> = (0..8)
        .map(|n| {
            let (server, marie) = (server.clone(), Person::new("marie"));
            tokio::spawn(async move {
                let mut asker = Local::registered(&server, &Person::new(&format!("asker{n}"))).await;
                let mut mine = Vec::new();
                for _ in 0..6 {
                    mine.extend(claimed(asker.ask(claim(&marie, false)).await));
                }
                mine
            })
        })
        .collect();
    let mut all = Vec::new();
    for claim in claims {
        all.extend(claim.await.unwrap());
    }
    let distinct: HashSet<_> = all.iter().map(|package| &package.key_package).collect();
    assert_eq!((all.len(), distinct.len()), (40, 40));
}

//! Accounts, devices, recovery, look-ups and profiles.

use crate::{
    people::{Person, RECOVERY_TOKEN},
    wires::{Local, NOW, failed, hello, local_server, refusal},
};
use asterism_server::{Settings, directory::Origin};
use asterism_wire::{
    ErrorCode,
    frame::{
        Answer, Authenticated, Done, GetProfiles, GetRecovery, Hello, ListConversations, LookupAccounts,
        LookupHandle, PutProfile, PutRecovery, Recovery, Register, Request,
    },
    limits::{DEVICES_MAX, LOOKUP_MAX, PROFILE_BYTES_MAX, RECOVERY_BLOB_BYTES_MAX},
    signing,
};

const AUTHENTICATED: Answer =
    Answer::Authenticated(Authenticated { key_packages_classic: 0, key_packages_hybrid: 0, inbox_head: 0 });

#[tokio::test]
async fn a_registered_device_authenticates_on_another_connection() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    Local::registered(&server, &marie).await;

    let mut again = Local::new(&server);
    let nonce = again.hello().await;
    assert_eq!(again.ask(Request::Authenticate(marie.authenticate(&nonce))).await, AUTHENTICATED);
}

#[tokio::test]
async fn registering_again_with_the_same_keys_succeeds_and_with_others_does_not() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    Local::registered(&server, &marie).await;
    Local::registered(&server, &marie).await;

    let check = async |change: fn(&mut Person)| {
        let mut other = Person::new("marie");
        change(&mut other);
        let mut client = Local::new(&server);
        let nonce = client.hello().await;
        refusal(&client.ask(Request::Register(other.register(&nonce))).await)
    };
    assert_eq!(check(|p| p.account_key = Person::new("x").account_key).await, Some(ErrorCode::HandleTaken));
    assert_eq!(check(|p| p.handle = "other".into()).await, Some(ErrorCode::Forbidden));
    assert_eq!(check(|p| p.device_key = Person::new("x").device_key).await, Some(ErrorCode::HandleTaken));
}

#[tokio::test]
async fn a_registration_is_refused_for_each_thing_that_is_wrong() {
    let (server, _) = local_server(Settings::default()).await;
    let check = async |change: fn(&mut Register)| {
        let mut client = Local::new(&server);
        let nonce = client.hello().await;
        let mut request = Person::new("marie").register(&nonce);
        change(&mut request);
        refusal(&client.ask(Request::Register(request)).await)
    };
    for handle in ["ab", "-abc", "a b c", "é_é_é"] {
        let mut client = Local::new(&server);
        let nonce = client.hello().await;
        let answer = client.ask(Request::Register(Person::new(handle).register(&nonce))).await;
        assert_eq!(refusal(&answer), Some(ErrorCode::InvalidHandle), "{handle}");
    }
    assert_eq!(check(|r| r.account_signature[0] ^= 1).await, Some(ErrorCode::BadSignature));
    assert_eq!(check(|r| r.device_signature[0] ^= 1).await, Some(ErrorCode::BadSignature));
    assert_eq!(check(|r| r.device_signature.clear()).await, Some(ErrorCode::BadSignature));
    assert_eq!(check(|r| r.handle = "other".into()).await, Some(ErrorCode::BadSignature));
    assert_eq!(check(|r| r.device = None).await, Some(ErrorCode::Malformed));
    assert_eq!(check(|r| r.device.as_mut().unwrap().device_key[0] ^= 1).await, Some(ErrorCode::BadSignature));
    assert_eq!(check(|r| r.device.as_mut().unwrap().credential.clear()).await, Some(ErrorCode::Malformed));
    assert_eq!(check(|r| r.recovery_token_hash.clear()).await, Some(ErrorCode::Malformed));
    let too_long = |r: &mut Register| r.recovery_blob = vec![0; RECOVERY_BLOB_BYTES_MAX + 1];
    assert_eq!(check(too_long).await, Some(ErrorCode::LimitExceeded));
    // None of these has left anything behind.
    assert_eq!(check(|_| ()).await, None);
}

#[tokio::test]
async fn a_signature_for_another_connection_is_worth_nothing() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut one = Local::registered(&server, &marie).await;
    let nonce = Local::new(&server).hello().await;
    let mut other = Local::new(&server);
    other.hello().await;
    let answer = other.ask(Request::Authenticate(marie.authenticate(&nonce))).await;
    assert_eq!(answer, failed(ErrorCode::BadSignature));
    assert_eq!(refusal(&one.ask(hello()).await), Some(ErrorCode::Malformed), "one hello per connection");
}

#[tokio::test]
async fn before_authentication_little_is_answered() {
    let (server, _) = local_server(Settings::default()).await;
    let mut client = Local::new(&server);
    let list = || Request::ListConversations(ListConversations {});
    let recovery = || Request::GetRecovery(GetRecovery { handle: "marie".into(), token: vec![1] });
    assert_eq!(client.ask(list()).await, failed(ErrorCode::NotAuthenticated));
    assert_eq!(client.ask(recovery()).await, failed(ErrorCode::Malformed), "hello comes first");
    let old = Request::Hello(Hello { protocol: 0, client: String::new() });
    assert_eq!(client.ask(old).await, failed(ErrorCode::UpgradeRequired));
    client.hello().await;
    assert_eq!(client.ask(list()).await, failed(ErrorCode::NotAuthenticated));
    let lookup = Request::LookupHandle(LookupHandle { handle: "marie".into() });
    assert_eq!(client.ask(lookup).await, failed(ErrorCode::NotAuthenticated));
    assert_eq!(client.ask(recovery()).await, failed(ErrorCode::RecoveryRefused));
}

#[tokio::test]
async fn an_account_grows_to_its_limit_with_growing_numbers() {
    let (server, _) = local_server(Settings::default()).await;
    Local::registered(&server, &Person::new("marie")).await;
    let add = async |person: &Person| {
        let mut client = Local::new(&server);
        let nonce = client.hello().await;
        refusal(&client.ask(Request::AddDevice(person.add_device(&nonce))).await)
    };
    let devices_max = u32::try_from(DEVICES_MAX).unwrap();
    for number in 2..=devices_max {
        assert_eq!(add(&Person::with_device("marie", number)).await, None);
        assert_eq!(add(&Person::with_device("marie", number)).await, None, "repeated");
    }
    let mut reused = Person::with_device("marie", 3);
    reused.device_key = Person::new("x").device_key;
    assert_eq!(add(&reused).await, Some(ErrorCode::TooManyDevices));
    assert_eq!(add(&Person::with_device("marie", 9)).await, Some(ErrorCode::TooManyDevices));
    assert_eq!(add(&Person::with_device("nobody", 2)).await, Some(ErrorCode::UnknownAccount));
}

#[tokio::test]
async fn a_device_number_is_used_once() {
    let (server, _) = local_server(Settings::default()).await;
    Local::registered(&server, &Person::with_device("marie", 5)).await;
    for number in [4, 5] {
        let mut second = Person::with_device("marie", number);
        second.device_key = Person::new("x").device_key;
        let mut client = Local::new(&server);
        let nonce = client.hello().await;
        let answer = client.ask(Request::AddDevice(second.add_device(&nonce))).await;
        assert_eq!(answer, failed(ErrorCode::Forbidden));
    }
}

#[tokio::test]
async fn a_key_of_another_account_adds_no_device() {
    let (server, _) = local_server(Settings::default()).await;
    Local::registered(&server, &Person::new("marie")).await;
    let second = Person::with_device("marie", 2);
    let mut client = Local::new(&server);
    let nonce = client.hello().await;
    let mut request = second.add_device(&nonce);
    let signed = signing::device_addition(&nonce, second.account(), &second.device_key.public());
    request.account_signature = Person::new("x").account_key.sign(&signed).to_vec();
    assert_eq!(client.ask(Request::AddDevice(request)).await, failed(ErrorCode::BadSignature));
}

#[tokio::test]
async fn a_recovery_blob_is_given_for_its_token_alone() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    let mut stranger = Local::new(&server);
    stranger.hello().await;
    let mut get = async |handle: &str, token: &[u8]| {
        let request = GetRecovery { handle: handle.into(), token: token.to_vec() };
        stranger.ask(Request::GetRecovery(request)).await
    };
    let found = |blob: &[u8]| {
        let account = marie.account().to_vec();
        Answer::Recovery(Recovery { account, blob: blob.to_vec(), last_device_number: 1 })
    };
    assert_eq!(get("@Marie", RECOVERY_TOKEN).await, found(b"blob"));
    for (handle, token) in
        [("marie", &b"wrong"[..]), ("nobody", RECOVERY_TOKEN), ("é", RECOVERY_TOKEN), ("marie", b"")]
    {
        assert_eq!(get(handle, token).await, failed(ErrorCode::RecoveryRefused));
    }
    let token_hash = signing::sha256(b"new").to_vec();
    let put = Request::PutRecovery(PutRecovery { blob: b"other".to_vec(), token_hash });
    assert_eq!(client.ask(put).await, Answer::Done(Done {}));
    assert_eq!(get("marie", RECOVERY_TOKEN).await, failed(ErrorCode::RecoveryRefused));
    assert_eq!(get("marie", b"new").await, found(b"other"));
}

#[tokio::test]
async fn strangers_have_limits_per_place_and_get_more_with_time() {
    let (server, clock) = local_server(Settings::default()).await;
    let place = Origin::of("192.0.2.1".parse().unwrap());
    let mut client = Local::from_place(&server, place);
    client.hello().await;
    let guess = || Request::GetRecovery(GetRecovery { handle: "marie".into(), token: vec![] });
    let mut refused = 0;
    while client.ask(guess()).await == failed(ErrorCode::RecoveryRefused) {
        refused += 1;
        assert!(refused < 1_000);
    }
    let Answer::Failure(failure) = client.ask(guess()).await else { panic!("not limited") };
    assert_eq!(failure.error_code(), ErrorCode::RateLimited);
    assert!(failure.retry_after_ms > 0);

    let mut elsewhere = Local::from_place(&server, Origin::of("192.0.2.2".parse().unwrap()));
    elsewhere.hello().await;
    assert_eq!(elsewhere.ask(guess()).await, failed(ErrorCode::RecoveryRefused));
    clock.advance_ms(failure.retry_after_ms);
    assert_eq!(client.ask(guess()).await, failed(ErrorCode::RecoveryRefused));
}

#[tokio::test]
async fn whoever_is_not_invited_learns_nothing_about_handles() {
    let settings = Settings { invite_codes: vec!["rose".into()], ..Settings::default() };
    let (server, _) = local_server(settings).await;
    let register = async |handle: &str, code: &str| {
        let mut client = Local::new(&server);
        let nonce = client.hello().await;
        let mut request = Person::new(handle).register(&nonce);
        request.invite_code = code.into();
        refusal(&client.ask(Request::Register(request)).await)
    };
    assert_eq!(register("marie", "rose").await, None);
    for handle in ["marie", "jean"] {
        assert_eq!(register(handle, "thorn").await, Some(ErrorCode::Forbidden));
        assert_eq!(register(handle, "").await, Some(ErrorCode::Forbidden));
    }
}

#[tokio::test]
async fn accounts_are_found_by_handle_and_by_id() {
    let (server, _) = local_server(Settings::default()).await;
    let (marie, jean) = (Person::new("marie"), Person::new("jean"));
    let mut client = Local::registered(&server, &marie).await;
    Local::registered(&server, &jean).await;

    let lookup = |handle: &str| Request::LookupHandle(LookupHandle { handle: handle.into() });
    let Answer::Account(found) = client.ask(lookup("@Jean")).await else { panic!("not found") };
    assert_eq!((found.handle.as_str(), found.devices), ("jean", vec![jean.entry()]));
    assert_eq!(client.ask(lookup("nobody")).await, failed(ErrorCode::UnknownHandle));
    assert_eq!(client.ask(lookup("é")).await, failed(ErrorCode::InvalidHandle));

    let accounts = |accounts: Vec<Vec<u8>>| Request::LookupAccounts(LookupAccounts { accounts });
    let ids = vec![jean.account().to_vec(), vec![9; 32], marie.account().to_vec()];
    let Answer::Accounts(found) = client.ask(accounts(ids)).await else { panic!("not found") };
    let handles: Vec<_> = found.accounts.iter().map(|account| account.handle.as_str()).collect();
    assert_eq!(handles, ["jean", "marie"]);
    let seen: Vec<_> = found.accounts.iter().map(|account| account.devices[0].last_seen_ms).collect();
    assert_eq!(seen, [0, NOW.0 - NOW.0 % 3_600_000], "only one's own");
    assert_eq!(client.ask(accounts(vec![vec![1]])).await, failed(ErrorCode::Malformed));
    let too_many = accounts(vec![vec![1; 32]; LOOKUP_MAX + 1]);
    assert_eq!(client.ask(too_many).await, failed(ErrorCode::LimitExceeded));
}

#[tokio::test]
async fn a_profile_is_replaced_and_its_version_grows() {
    let (server, _) = local_server(Settings::default()).await;
    let marie = Person::new("marie");
    let mut client = Local::registered(&server, &marie).await;
    let put = |bytes: usize| Request::PutProfile(PutProfile { sealed: vec![5; bytes] });
    for (bytes, version) in [(3, 1), (4, 2)] {
        assert_eq!(client.ask(put(bytes)).await, Answer::Done(Done {}));
        let get = Request::GetProfiles(GetProfiles { accounts: vec![vec![1; 32], marie.account().to_vec()] });
        let Answer::Profiles(found) = client.ask(get).await else { panic!("no profiles") };
        assert_eq!(found.profiles.len(), 1);
        assert_eq!((found.profiles[0].sealed.len(), found.profiles[0].version), (bytes, version));
    }
    assert_eq!(client.ask(put(PROFILE_BYTES_MAX + 1)).await, failed(ErrorCode::LimitExceeded));
}

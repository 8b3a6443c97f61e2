//! The own vault of an account.

use crate::{
    people::Person,
    process::Program,
    wires::{Client, Local, failed, local_server, refusal},
};
use asterism_server::Settings;
use asterism_wire::{
    ErrorCode,
    frame::{Answer, Done, GetOwn, OwnEntry, OwnPage, PutOwn, Request},
    limits::{FETCH_BYTES_MAX, OWN_ENTRIES_MAX, OWN_NAME_BYTES_MAX, OWN_VALUE_BYTES_MAX, OWN_WRITES_MAX},
};

const DONE: Answer = Answer::Done(Done {});

fn entry(name: &str, version: u64, sealed: &[u8]) -> OwnEntry {
    OwnEntry { name: name.into(), version, sealed: sealed.to_vec() }
}

fn put(entries: Vec<OwnEntry>) -> Request {
    Request::PutOwn(PutOwn { entries })
}

fn get_after(name: &str) -> Request {
    Request::GetOwn(GetOwn { after_name: name.into(), names: Vec::new() })
}

fn get(names: &[&str]) -> Request {
    let names = names.iter().map(|name| (*name).into()).collect();
    Request::GetOwn(GetOwn { after_name: String::new(), names })
}

fn page(entries: Vec<OwnEntry>) -> Answer {
    Answer::Own(OwnPage { entries, more: false })
}

#[tokio::test]
async fn a_write_that_has_not_seen_the_last_one_is_refused() {
    let (server, _) = local_server(Settings::default()).await;
    let mut client = Local::registered(&server, &Person::new("marie")).await;
    assert_eq!(client.ask(put(vec![entry("a", 2, b"x")])).await, failed(ErrorCode::VaultConflict));
    assert_eq!(client.ask(put(vec![entry("a", 1, b"x")])).await, DONE);
    assert_eq!(client.ask(put(vec![entry("a", 1, b"y")])).await, failed(ErrorCode::VaultConflict));
    assert_eq!(client.ask(put(vec![entry("a", 0, b"y")])).await, failed(ErrorCode::VaultConflict));
    assert_eq!(client.ask(put(vec![entry("a", 2, b"y")])).await, DONE);
    // All or nothing.
    let mixed = vec![entry("b", 1, b"z"), entry("a", 2, b"z")];
    assert_eq!(client.ask(put(mixed)).await, failed(ErrorCode::VaultConflict));
    assert_eq!(client.ask(get_after("")).await, page(vec![entry("a", 2, b"y")]));
}

#[tokio::test]
async fn entries_are_given_by_name_and_to_their_account_only() {
    let (server, _) = local_server(Settings::default()).await;
    let mut marie = Local::registered(&server, &Person::new("marie")).await;
    let mut jean = Local::registered(&server, &Person::new("jean")).await;
    let all = vec![entry("a", 1, b"1"), entry("a/b", 1, b""), entry("c", 1, b"3")];
    assert_eq!(marie.ask(put(all.iter().rev().cloned().collect())).await, DONE);
    assert_eq!(jean.ask(put(vec![entry("c", 1, b"other")])).await, DONE);

    assert_eq!(marie.ask(get_after("")).await, page(all.clone()));
    assert_eq!(marie.ask(get_after("a")).await, page(all[1..].to_vec()));
    assert_eq!(marie.ask(get(&["c", "a", "nothing", "c"])).await, page(vec![all[0].clone(), all[2].clone()]));
    assert_eq!(jean.ask(get_after("")).await, page(vec![entry("c", 1, b"other")]));

    // The account's other device reads what this one wrote.
    let other = Person::with_device("marie", 2);
    let mut second = Local::new(&server);
    let nonce = second.hello().await;
    assert_eq!(second.ask(get_after("")).await, failed(ErrorCode::NotAuthenticated));
    second.ask(Request::AddDevice(other.add_device(&nonce))).await;
    assert_eq!(second.ask(get_after("")).await, page(all));
}

#[tokio::test]
async fn what_is_over_a_limit_is_refused_and_nothing_of_it_stays() {
    let (server, clock) = local_server(Settings::default()).await;
    let mut client = Local::registered(&server, &Person::new("marie")).await;
    let long_name = "n".repeat(OWN_NAME_BYTES_MAX + 1);
    let too_many = (0..=OWN_WRITES_MAX).map(|n| entry(&n.to_string(), 1, b"")).collect();
    for request in [
        put(vec![entry("a", 1, &[0; OWN_VALUE_BYTES_MAX + 1])]),
        put(vec![entry(&long_name, 1, b"")]),
        put(too_many),
        get_after(&long_name),
        get(&["a"; OWN_WRITES_MAX + 1]),
    ] {
        assert_eq!(client.ask(request).await, failed(ErrorCode::LimitExceeded));
    }
    for entries in [vec![entry("", 1, b"")], vec![entry("a", 1, b""), entry("a", 1, b"")]] {
        assert_eq!(client.ask(put(entries)).await, failed(ErrorCode::Malformed));
    }
    assert_eq!(client.ask(get_after("")).await, page(Vec::new()));

    for first in (0..OWN_ENTRIES_MAX).step_by(OWN_WRITES_MAX) {
        let entries = (first..first + OWN_WRITES_MAX).map(|n| entry(&format!("{n:04}"), 1, b"x")).collect();
        assert_eq!(client.ask(put(entries)).await, DONE);
    }
    assert_eq!(client.ask(put(vec![entry("more", 1, b"")])).await, failed(ErrorCode::LimitExceeded));
    assert_eq!(client.ask(put(vec![entry("0000", 2, b"y")])).await, DONE, "what is there may change");
    let mut refused = None;
    for version in 3.. {
        refused = refusal(&client.ask(put(vec![entry("0000", version, b"")])).await);
        if refused.is_some() || version > 1_000 {
            break;
        }
    }
    assert_eq!(refused, Some(ErrorCode::RateLimited));
    clock.advance_ms(60_000);
    assert_eq!(client.ask(put(vec![entry("0001", 2, b"")])).await, DONE);
}

#[tokio::test]
async fn a_large_vault_comes_in_pages() {
    let (server, _) = local_server(Settings::default()).await;
    let mut client = Local::registered(&server, &Person::new("marie")).await;
    let count = 2 * FETCH_BYTES_MAX / OWN_VALUE_BYTES_MAX + 10;
    for n in 0..count {
        let entry = entry(&format!("{n:04}"), 1, &[7; OWN_VALUE_BYTES_MAX]);
        assert_eq!(client.ask(put(vec![entry])).await, DONE);
    }
    let (mut names, mut pages) = (Vec::<String>::new(), 0);
    loop {
        let after = names.last().cloned().unwrap_or_default();
        let Answer::Own(page) = client.ask(get_after(&after)).await else { panic!("no page") };
        assert!(page.entries.iter().map(|e| e.sealed.len()).sum::<usize>() <= FETCH_BYTES_MAX);
        names.extend(page.entries.into_iter().map(|e| e.name));
        pages += 1;
        if !page.more {
            break;
        }
    }
    assert_eq!((names.len(), pages), (count, 3));
    assert!(names.is_sorted());
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let marie = Person::new("marie");
    let mut program = Program::start(data.path()).await;
    let mut client = Client::registered(program.address, &marie).await;
    for version in 1..=3 {
        assert_eq!(client.ask(put(vec![entry("a", version, &[7; 100])])).await, DONE);
    }
    program.child.start_kill().unwrap();
    program.child.wait().await.unwrap();

    let program = Program::start(data.path()).await;
    let mut client = Client::registered(program.address, &marie).await;
    assert_eq!(client.ask(get_after("")).await, page(vec![entry("a", 3, &[7; 100])]));
    assert_eq!(client.ask(put(vec![entry("a", 4, b"new")])).await, DONE);
}

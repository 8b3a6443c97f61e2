//! The client around a scripted core.

use super::*;
use crate::machine::script::{Script, Seen};
use asterism_core::Output;
use asterism_core::api::Event;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

impl Client {
    /// A client of a core that the test plays.
    pub(crate) async fn scripted(script: &Script) -> Self {
        Self::scripted_with((), script).await
    }

    pub(crate) async fn scripted_with(lock: impl Send + 'static, script: &Script) -> Self {
        let script = script.clone();
        Self::start(lock, Network::On, None, |_| Ok(script)).await.unwrap()
    }
}

#[tokio::test]
async fn many_callers_get_their_own_answers() {
    let client = Client::scripted(&Script::answering()).await;
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.request(Request::Sync, LONG).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Ok(Answer::Done {}));
    }
}

#[tokio::test]
async fn dropping_the_future_takes_the_request_back() {
    let script = Script::default();
    let client = Client::scripted(&script).await;
    let request = client.request(Request::Sync, LONG);
    assert!(tokio::time::timeout(Duration::from_millis(20), request).await.is_err());
    script.wait_for(Seen::Cancel(1)).await;
}

#[tokio::test]
async fn more_requests_than_allowed_wait_for_their_turn() {
    let script = Script::default();
    let client = Client::scripted(&script).await;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..=REQUESTS_MAX {
        let client = client.clone();
        callers.spawn(async move { client.request(Request::Sync, LONG).await });
    }
    let last = REQUESTS_MAX as u64;
    script.wait_for(Seen::Request(last)).await;
    assert!(!script.has_seen(&Seen::Request(last + 1)));
    script.put(Output::Response { id: 1, result: Ok(Answer::Done {}) });
    script.wait_for(Seen::Request(last + 1)).await;
}

#[tokio::test]
async fn closing_frees_the_home_and_ends_following() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path());
    let lock = home.try_lock().unwrap().unwrap();
    let client = Client::scripted_with(lock, &Script::default()).await;
    let mut events = client.events();
    assert!(home.try_lock().unwrap().is_none());
    client.close().await;
    assert!(home.try_lock().unwrap().is_some());
    assert_eq!(client.request(Request::Sync, LONG).await.unwrap_err().code, ErrorCode::Internal);
    assert_eq!(events.next().await, None);
    assert_eq!(client.events().next().await, None);
}

#[tokio::test]
async fn a_core_that_does_not_open_says_why_and_frees_the_home() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path());
    std::fs::write(home.database(), [b'x'; 8192]).unwrap();
    let lock = home.try_lock().unwrap().unwrap();
    let error = Client::open(&home, lock, Network::Off).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::DatabaseDamaged);
    assert!(home.try_lock().unwrap().is_some());
}

#[tokio::test]
async fn followers_hear_what_happens() {
    let script = Script::default();
    let client = Client::scripted(&script).await;
    let mut events = client.events();
    let event = Event::Connection { state: "online".into() };
    script.put(Output::Event(event.clone()));
    assert_eq!(events.next().await, Some(Notice::Event(Box::new(event))));
}

#[tokio::test]
async fn a_defect_of_the_core_ends_the_device_and_nothing_else() {
    let script = Script::default();
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path());
    let client = Client::scripted_with(home.try_lock().unwrap().unwrap(), &script).await;
    let mut events = client.events();
    script.panic_on_request();
    assert_eq!(client.request(Request::Sync, LONG).await.unwrap_err().code, ErrorCode::Internal);
    assert_eq!(events.next().await, None);
    client.close().await;
    assert!(home.try_lock().unwrap().is_some());
}

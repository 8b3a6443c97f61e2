//! Both ends of the connection between two processes, in one, around a scripted core.

use super::*;
use crate::client::Client;
use crate::machine::script::{Script, Seen};
use crate::rpc::serve;
use asterism_core::Output;
use asterism_core::api::Event;
use std::time::Duration;
use tokio::io::{duplex, split};

const LONG: Duration = Duration::from_secs(60);

/// A caller of the process that has `script` open.
async fn caller(script: &Script) -> Borrowed {
    let client = Client::scripted(script).await;
    let (near, far) = duplex(1 << 16);
    let (reader, writer) = split(far);
    tokio::spawn(serve(client, reader, writer));
    let (reader, writer) = split(near);
    Borrowed::greet(reader, writer).await.unwrap()
}

#[tokio::test]
async fn answers_come_back_whatever_their_order() {
    let script = Script::default();
    let caller = caller(&script).await;
    let create = Request::GroupCreate {
        name: "n".into(),
        description: None,
        quantum_safe: false,
        community: None,
        join: None,
    };
    let both = async {
        tokio::join!(caller.request(create, LONG.into()), caller.request(Request::Devices, LONG.into()))
    };
    let play = async {
        script.wait_for(Seen::Request(2)).await;
        script.put(Output::Response { id: 2, result: Ok(Answer::List(Vec::new())) });
        script.put(Output::Response { id: 1, result: Ok(Answer::Group { group: "g".into() }) });
    };
    let ((group, devices), ()) = tokio::join!(both, play);
    assert_eq!(group, Ok(Answer::Group { group: "g".into() }));
    assert_eq!(devices, Ok(Answer::List(Vec::new())));
}

#[tokio::test]
async fn the_patience_goes_along() {
    let caller = caller(&Script::default()).await;
    let error = caller.request(Request::Sync, Duration::from_millis(20).into()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ServerUnreachable);
}

#[tokio::test]
async fn hanging_up_takes_requests_back() {
    let script = Script::default();
    let caller = caller(&script).await;
    tokio::select! {
        _ = caller.request(Request::Sync, LONG.into()) => panic!("nobody answers"),
        () = script.wait_for(Seen::Request(1)) => {}
    }
    drop(caller);
    script.wait_for(Seen::Cancel(1)).await;
}

#[tokio::test]
async fn events_since_following_began_arrive() {
    let script = Script::default();
    let caller = caller(&script).await;
    let mut events = caller.events().await.unwrap();
    let event = Event::Connection { state: "offline".into() };
    script.put(Output::Event(event.clone()));
    assert_eq!(events.next().await, Some(Notice::Event(Box::new(event))));
}

#[tokio::test]
async fn the_end_of_the_other_process_is_an_error_for_callers_and_the_end_for_followers() {
    let (near, far) = duplex(1 << 16);
    let (mut reader, mut writer) = split(far);
    let other = async move {
        writer.write_all(format!("{}\n", crate::rpc::write_hello()).as_bytes()).await.unwrap();
        let mut lines = BufReader::new(&mut reader).lines();
        let subscribe = lines.next_line().await.unwrap();
        assert!(subscribe.is_some_and(|line| line.contains("subscribe")));
        writer.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n").await.unwrap();
        lines.next_line().await.unwrap();
    };
    tokio::spawn(other);
    let (reader, writer) = split(near);
    let caller = Borrowed::greet(reader, writer).await.unwrap();
    let mut events = caller.events().await.unwrap();
    let error = caller.request(Request::Sync, LONG.into()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::HomeBusy);
    assert_eq!(events.next().await, None);
    assert_eq!(caller.events().await.unwrap_err().code, ErrorCode::HomeBusy);
}

#[tokio::test]
async fn who_does_not_greet_is_not_asked() {
    let (near, far) = duplex(64);
    drop(far);
    let (reader, writer) = split(near);
    assert!(Borrowed::greet(reader, writer).await.is_err());
}

/// A line to a serving process, and its answer.
async fn exchange(line: &[u8]) -> Option<String> {
    let client = Client::scripted(&Script::answering()).await;
    let (near, far) = duplex(1 << 16);
    let (reader, writer) = split(far);
    tokio::spawn(serve(client, reader, writer));
    let (reader, mut writer) = split(near);
    let mut lines = BufReader::new(reader).lines();
    lines.next_line().await.unwrap();
    // Fails when the other side hangs up in the middle.
    let _ = writer.write_all(line).await;
    lines.next_line().await.unwrap()
}

#[tokio::test]
async fn a_line_that_is_no_call_is_answered_with_an_error() {
    assert!(exchange(b"hello\n").await.unwrap().contains(r#""code":"malformed""#));
}

#[tokio::test]
async fn a_line_without_end_is_hung_up_on() {
    assert_eq!(exchange(&vec![b'x'; crate::rpc::REQUEST_BYTES_MAX + 1]).await, None);
}

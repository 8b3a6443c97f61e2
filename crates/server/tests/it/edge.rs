//! The edge, over real sockets.

use crate::{
    people::Person,
    wires::{Client, Heard, Running, SOON, failed, hello},
};
use asterism_server::{edge::Limits, encode};
use asterism_wire::{
    ErrorCode,
    entry::Entry,
    frame::{
        Answer, Appended, Behind, ClientFrame, Done, GetProfiles, Happened, ListConversations, LookupHandle,
        PutProfile, Request,
    },
    ids::ConversationId,
    limits::{EARLY_FRAME_BYTES_MAX, FRAME_BYTES_MAX, LOOKUP_MAX, PROFILE_BYTES_MAX},
};
use futures_util::SinkExt as _;
use prost::Message as _;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    self,
    protocol::frame::{
        Frame,
        coding::{CloseCode, Data, OpCode},
    },
};

#[tokio::test]
async fn a_client_registers_and_asks() {
    let running = Running::start(Limits::default()).await;
    let mut marie = Client::registered(running.address, &Person::new("marie")).await;
    let lookup = Request::LookupHandle(LookupHandle { handle: "marie".into() });
    assert!(matches!(marie.ask(lookup).await, Answer::Account(_)));
}

#[tokio::test]
async fn what_the_protocol_does_not_allow_ends_the_connection_with_1008() {
    let running = Running::start(Limits::default()).await;
    let texts = [
        tungstenite::Message::text("hello"),
        tungstenite::Message::binary(vec![0xFF; 100]),
        tungstenite::Message::binary(vec![0; FRAME_BYTES_MAX + 1]),
    ];
    for message in texts {
        let mut client = Client::registered(running.address, &Person::new("marie")).await;
        // The server may have closed before all of it is written.
        let _ = client.socket.send(message).await;
        assert_eq!(client.closed().await, Some(CloseCode::Policy));
    }
    // Others go on.
    Client::registered(running.address, &Person::new("marie")).await;
}

#[tokio::test]
async fn an_unknown_request_is_refused_and_the_connection_goes_on() {
    let running = Running::start(Limits::default()).await;
    let mut client = Client::registered(running.address, &Person::new("marie")).await;
    // Id 7, and a field that this version does not know.
    client.socket.send(tungstenite::Message::binary(vec![0x08, 7, 0xFA, 0x3E, 0])).await.unwrap();
    match client.hear().await {
        Heard::Answer(7, answer) => assert_eq!(answer, failed(ErrorCode::Malformed)),
        other => panic!("{other:?}"),
    }
    assert_eq!(client.ask(hello()).await, failed(ErrorCode::Malformed));
}

#[tokio::test]
async fn pipelined_requests_are_all_answered() {
    let running = Running::start(Limits::default()).await;
    let mut client = Client::connect(running.address).await;
    client.send(hello()).await;
    for _ in 0..200 {
        client.send(Request::ListConversations(ListConversations {})).await;
    }
    let mut answered = 0;
    while answered < 201 {
        match client.hear().await {
            Heard::Answer(..) => answered += 1,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn who_does_not_authenticate_is_not_waited_for() {
    let limits = Limits { authenticate: Duration::from_millis(100), ..Limits::default() };
    let running = Running::start(limits).await;
    let mut silent = Client::connect(running.address).await;
    assert_eq!(silent.closed().await, Some(CloseCode::Policy));
    // Saying hello gives no more time, and who has authenticated has all time.
    let mut known = Client::registered(running.address, &Person::new("marie")).await;
    let mut greeted = Client::connect(running.address).await;
    greeted.hello().await;
    assert_eq!(greeted.closed().await, Some(CloseCode::Policy));
    let lookup = Request::LookupHandle(LookupHandle { handle: "marie".into() });
    assert!(matches!(known.ask(lookup).await, Answer::Account(_)));
}

#[tokio::test]
async fn before_authentication_only_small_frames_are_taken_and_nothing_of_larger_ones() {
    let running = Running::start(Limits::default()).await;
    let mut registered = Client::registered(running.address, &Person::new("marie")).await;
    let large = || {
        let get = GetProfiles { accounts: vec![vec![1; EARLY_FRAME_BYTES_MAX]] };
        ClientFrame { id: 77, request: Some(Request::GetProfiles(get)) }.encode_to_vec()
    };
    let mut stranger = Client::connect(running.address).await;
    stranger.hello().await;
    // In one frame, or in fragments that never end.
    let fragment = vec![0; EARLY_FRAME_BYTES_MAX / 2 + 1];
    let fragments = [(Data::Binary, fragment.clone()), (Data::Continue, fragment)];
    // The server may have closed before all of it is written.
    let _ = stranger.socket.send(tungstenite::Message::binary(large())).await;
    assert_eq!(stranger.closed().await, Some(CloseCode::Policy));
    let mut stranger = Client::connect(running.address).await;
    for (opcode, fragment) in fragments {
        let fragment = Frame::message(fragment, OpCode::Data(opcode), false);
        let _ = stranger.socket.send(tungstenite::Message::Frame(fragment)).await;
    }
    assert_eq!(stranger.closed().await, Some(CloseCode::Policy));
    registered.socket.send(tungstenite::Message::binary(large())).await.unwrap();
    assert!(matches!(registered.hear().await, Heard::Answer(77, _)), "who has authenticated may send more");
}

#[tokio::test]
async fn the_rest_of_a_message_is_not_waited_for_without_end() {
    let limits = Limits { message: Duration::from_millis(100), ..Limits::default() };
    let running = Running::start(limits).await;
    let mut client = Client::registered(running.address, &Person::new("marie")).await;
    let mut other = Client::registered(running.address, &Person::new("jean")).await;
    let fragment = Frame::message(vec![0; 1_000], OpCode::Data(Data::Binary), false);
    client.socket.send(tungstenite::Message::Frame(fragment)).await.unwrap();
    assert_eq!(client.closed().await, Some(CloseCode::Policy));
    let lookup = Request::LookupHandle(LookupHandle { handle: "marie".into() });
    assert!(matches!(other.ask(lookup).await, Answer::Account(_)), "between messages there is no hurry");
}

#[tokio::test]
async fn an_address_has_a_limited_number_of_connections_that_nobody_has_authenticated_on() {
    let limits = Limits { strangers_per_address: 2, ..Limits::default() };
    let running = Running::start(limits).await;
    let from = async |address: &str| Client::connect_from(running.address, address).await;
    let mut first = from("192.0.2.1").await.unwrap();
    let _second = from("192.0.2.1").await.unwrap();
    assert_eq!(from("192.0.2.1").await.err(), Some(429));
    let _elsewhere = from("192.0.2.2").await.unwrap();
    first.register(&Person::new("marie")).await;
    let third = from("192.0.2.1").await.unwrap();
    drop(third);
    let again = async {
        while from("192.0.2.1").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, again).await.unwrap();
}

#[tokio::test]
async fn a_client_that_never_reads_is_told_that_it_is_behind_and_holds_up_nobody() {
    let running = Running::start(Limits::default()).await;
    let (marie, jean) = (Person::new("marie"), Person::new("jean"));
    let mut slow = Client::registered(running.address, &marie).await;
    let mut other = Client::registered(running.address, &jean).await;

    let connections = running.server.online().connections(marie.device());
    assert_eq!(connections.len(), 1);
    let conversation = ConversationId([3; 16]);
    let mut dropped = 0;
    for seq in 1..=40_000 {
        let entry = Entry { seq, body: vec![1; 1_024].into(), ..Entry::default() };
        let appended = Appended { conversation: conversation.to_vec(), entry: Some(entry) };
        let frame = encode::push(Happened::Appended(appended));
        dropped += u64::from(!connections[0].push_entry(conversation, seq, frame));
        if seq % 1_000 == 0 {
            let lookup = Request::LookupHandle(LookupHandle { handle: "jean".into() });
            assert!(matches!(other.ask(lookup).await, Answer::Account(_)));
        }
    }
    assert!(dropped > 0);

    let mut last = 0;
    let mut gaps = 0;
    while last < 40_000 {
        match slow.hear().await {
            Heard::Push(Happened::Appended(Appended { entry: Some(entry), .. })) => {
                assert_eq!(entry.seq, last + 1, "only a Behind may skip");
                last = entry.seq;
            }
            Heard::Push(Happened::Behind(Behind { head_seq, .. })) => {
                assert!(head_seq > last);
                last = head_seq;
                gaps += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(gaps > 0);
    let lookup = Request::LookupHandle(LookupHandle { handle: "jean".into() });
    assert!(matches!(slow.ask(lookup).await, Answer::Account(_)), "it may go on");
}

#[tokio::test]
async fn a_client_that_never_reads_its_answers_is_closed() {
    let limits = Limits { write_stall: Duration::from_millis(300), ..Limits::default() };
    let running = Running::start(limits).await;
    let marie = Person::new("marie");
    let mut slow = Client::registered(running.address, &marie).await;
    let put = Request::PutProfile(PutProfile { sealed: vec![1; PROFILE_BYTES_MAX] });
    assert_eq!(slow.ask(put).await, Answer::Done(Done {}));
    // Each answer is two megabytes.
    let accounts = vec![marie.account().to_vec(); LOOKUP_MAX / 2];
    let ask = async {
        let get = Request::GetProfiles(GetProfiles { accounts });
        let frame = ClientFrame { id: 1, request: Some(get) }.encode_to_vec();
        // Its requests are no longer read long before they are many; then it is closed.
        while slow.socket.send(tungstenite::Message::binary(frame.clone())).await.is_ok() {}
        offline(&running, &marie).await;
    };
    tokio::select! {
        () = ask => {}
        () = offline(&running, &marie) => {}
    }
}

/// Waits until the server knows no connection of somebody.
async fn offline(running: &Running, person: &Person) {
    let gone = async {
        while running.server.online().is_online(person.device()) {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, gone).await.unwrap();
}

#[tokio::test]
async fn a_silent_peer_is_pinged_and_given_up_when_it_does_not_answer() {
    let limits =
        Limits { ping: Duration::from_millis(50), pong: Duration::from_millis(200), ..Limits::default() };
    let running = Running::start(limits).await;
    let (dead, alive) = (Person::new("dead"), Person::new("alive"));
    // Whoever does not poll a socket does not answer its pings.
    let _dead = Client::registered(running.address, &dead).await;
    let mut living = Client::registered(running.address, &alive).await;
    let live = async {
        loop {
            // Whoever listens answers pings.
            living.hear().await;
        }
    };
    tokio::select! {
        () = live => {}
        () = offline(&running, &dead) => {}
    }
    assert!(running.server.online().is_online(alive.device()));
}

#[tokio::test]
async fn a_shutdown_is_announced_and_ends_with_1012() {
    let mut running = Running::start(Limits::default()).await;
    let mut client = Client::registered(running.address, &Person::new("marie")).await;
    running.stop();
    match client.hear().await {
        Heard::Push(Happened::Closing(closing)) => assert_eq!(closing.retry_after_ms, 1_000),
        other => panic!("{other:?}"),
    }
    assert_eq!(client.closed().await, Some(CloseCode::Restart));
    let address = running.address;
    running.ended().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn plain_http_says_little_and_safely() {
    let running = Running::start(Limits::default()).await;
    let get = async |head: &str| {
        let mut tcp = TcpStream::connect(running.address).await.unwrap();
        let request = format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(SOON, tcp.read_to_string(&mut answer)).await.unwrap().unwrap();
        answer.to_ascii_lowercase()
    };
    for (path, status, holds) in [
        ("/", "200", "asterism"),
        ("/i/aaaa", "200", "x-robots-tag: noindex"),
        ("/healthz", "200", "ok"),
        ("/metrics", "200", "asterism_connections 0"),
        ("/api/v1/socket", "426", "upgrade: websocket"),
        ("/nothing.txt", "404", ""),
        ("/api/v1/nothing", "404", ""),
    ] {
        let answer = get(&format!("GET {path} HTTP/1.1")).await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{path}: {answer}");
        assert!(answer.contains(holds), "{path}: {answer}");
        for header in ["content-security-policy: default-src 'none'", "x-content-type-options: nosniff"] {
            assert!(answer.contains(header), "{path}: {answer}");
        }
    }
    let forwarded = get("GET /metrics HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1").await;
    assert!(forwarded.starts_with("http/1.1 404"), "metrics are for this machine");
}

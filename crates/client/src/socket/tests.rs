//! Against a WebSocket server in the test.

use super::*;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// A listening server, and its address as people write it.
async fn server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

/// A connected socket, and the server's end of it.
async fn pair() -> (Socket, WebSocketStream<TcpStream>) {
    let (listener, address) = server().await;
    let mut socket = Socket::default();
    socket.connect(address);
    let (stream, _) = listener.accept().await.unwrap();
    let peer = accept_async(stream).await.unwrap();
    assert!(matches!(socket.next().await, Incoming::Connected));
    (socket, peer)
}

async fn why_closed(socket: &mut Socket) -> ConnectError {
    match socket.next().await {
        Incoming::Closed(error) => error,
        other => panic!("not closed: {other:?}"),
    }
}

#[tokio::test]
async fn frames_go_both_ways_in_order() {
    let (mut socket, mut peer) = pair().await;
    for n in 0..100_u8 {
        socket.send(vec![n; 3]);
        peer.send(Message::binary(vec![n, n])).await.unwrap();
    }
    for n in 0..100_u8 {
        assert_eq!(peer.next().await.unwrap().unwrap(), Message::binary(vec![n; 3]));
        assert!(matches!(socket.next().await, Incoming::Frame(frame) if frame[..] == [n, n]));
    }
}

#[tokio::test]
async fn the_socket_is_asked_for_by_its_path() {
    let (listener, address) = server().await;
    let mut socket = Socket::default();
    socket.connect(format!("{address}/base"));
    let (stream, _) = listener.accept().await.unwrap();
    let (told, mut path) = mpsc::channel(1);
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let look = |request: &tokio_tungstenite::tungstenite::handshake::server::Request, response| {
        told.try_send(request.uri().path().to_owned()).unwrap();
        Ok(response)
    };
    let _peer = tokio_tungstenite::accept_hdr_async(stream, look).await.unwrap();
    assert_eq!(path.recv().await.unwrap(), "/base/api/v1/socket");
}

#[tokio::test]
async fn a_refused_connection_says_so() {
    let (listener, address) = server().await;
    drop(listener);
    let mut socket = Socket::default();
    socket.connect(address);
    assert_eq!(why_closed(&mut socket).await, ConnectError::Network(std::io::ErrorKind::ConnectionRefused));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused() {
    let mut socket = Socket::default();
    socket.connect("a.example".into());
    assert_eq!(why_closed(&mut socket).await, ConnectError::Address);
}

#[tokio::test]
async fn what_is_no_websocket_server_is_refused() {
    let (listener, address) = server().await;
    let mut socket = Socket::default();
    socket.connect(address);
    let (mut stream, _) = listener.accept().await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(why_closed(&mut socket).await, ConnectError::NotAServer);
}

#[tokio::test]
async fn a_server_without_tls_is_not_taken_for_one_with() {
    let (listener, address) = server().await;
    let mut socket = Socket::default();
    socket.connect(address.replace("http://", "https://"));
    let (mut stream, _) = listener.accept().await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    assert_eq!(why_closed(&mut socket).await, ConnectError::Tls);
}

#[tokio::test]
async fn a_server_that_goes_closes_the_connection() {
    let (mut socket, peer) = pair().await;
    drop(peer);
    assert_eq!(why_closed(&mut socket).await, ConnectError::Broken);
}

#[tokio::test]
async fn a_good_bye_closes_the_connection() {
    let (mut socket, mut peer) = pair().await;
    let reason = CloseFrame { code: 1012.into(), reason: "".into() };
    peer.close(Some(reason)).await.unwrap();
    assert_eq!(why_closed(&mut socket).await, ConnectError::Broken);
}

#[tokio::test]
async fn text_closes_the_connection() {
    let (mut socket, mut peer) = pair().await;
    peer.send(Message::text("hello")).await.unwrap();
    assert_eq!(why_closed(&mut socket).await, ConnectError::Broken);
}

#[tokio::test]
async fn the_largest_frame_arrives_and_a_larger_one_closes_the_connection() {
    let (mut socket, mut peer) = pair().await;
    let largest = vec![7; FRAME_BYTES_MAX];
    let sending = tokio::spawn(async move {
        peer.send(Message::binary(largest)).await.unwrap();
        // Fails when the other side hangs up in the middle.
        let _ = peer.send(Message::binary(vec![7; FRAME_BYTES_MAX + 1])).await;
        peer
    });
    assert!(matches!(socket.next().await, Incoming::Frame(frame) if frame.len() == FRAME_BYTES_MAX));
    assert_eq!(why_closed(&mut socket).await, ConnectError::Broken);
    drop(sending);
}

#[tokio::test]
async fn of_a_connection_that_was_given_up_nothing_is_heard() {
    let (mut socket, mut old) = pair().await;
    old.send(Message::binary(vec![1])).await.unwrap();
    let (listener, address) = server().await;
    socket.connect(address);
    let (stream, _) = listener.accept().await.unwrap();
    let mut new = accept_async(stream).await.unwrap();
    new.send(Message::binary(vec![2])).await.unwrap();
    assert!(matches!(socket.next().await, Incoming::Connected));
    assert!(matches!(socket.next().await, Incoming::Frame(frame) if frame[..] == [2]));
    assert!(!matches!(old.next().await, Some(Ok(Message::Binary(_)))));
}

#[tokio::test]
async fn closing_sends_what_is_waiting_and_says_good_bye() {
    let (mut socket, mut peer) = pair().await;
    socket.send(vec![1]);
    socket.send(vec![2]);
    socket.close().await;
    assert_eq!(peer.next().await.unwrap().unwrap(), Message::binary(vec![1]));
    assert_eq!(peer.next().await.unwrap().unwrap(), Message::binary(vec![2]));
    assert!(matches!(peer.next().await.unwrap().unwrap(), Message::Close(_)));
}

#[tokio::test]
async fn frames_without_a_connection_are_dropped() {
    let mut socket = Socket::default();
    socket.send(vec![1]);
    socket.close().await;
    assert!(futures_util::FutureExt::now_or_never(socket.next()).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_stays_silent_is_given_up() {
    let (listener, address) = server().await;
    let mut socket = Socket::default();
    socket.connect(address);
    let _stream = listener.accept().await.unwrap();
    assert_eq!(why_closed(&mut socket).await, ConnectError::TimedOut);
}

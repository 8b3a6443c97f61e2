//! The host around a scripted core and a WebSocket server in the test.

use super::*;
use crate::machine::script::{Script, Seen};
use asterism_core::api::Event;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(30);

/// A running host.
struct Running {
    commands: mpsc::UnboundedSender<Command>,
    script: Script,
    events: broadcast::Receiver<Notice>,
}

impl Running {
    fn start(network: Network) -> Self {
        let (commands, to_do) = mpsc::unbounded_channel();
        let (told, events) = broadcast::channel(8);
        let script = Script::default();
        let host = Host::new(script.clone(), Clock::start(), network, told);
        tokio::spawn(host.run(to_do));
        Self { commands, script, events }
    }

    fn ask(&self, id: RequestId, patience: impl Into<Patience>) -> Asked {
        let (reply, answer) = oneshot::channel();
        let patience = patience.into();
        self.commands.send(Command::Request { id, request: Request::Sync, patience, reply }).unwrap();
        answer
    }
}

type Asked = oneshot::Receiver<Result<Answer, ApiError>>;

fn code(result: Result<Answer, ApiError>) -> ErrorCode {
    result.unwrap_err().code
}

async fn server() -> (TcpListener, Output) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    (listener, Output::Connect { server })
}

async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    accept_async(listener.accept().await.unwrap().0).await.unwrap()
}

#[tokio::test]
async fn answers_reach_whoever_asked() {
    let running = Running::start(Network::On);
    let (first, second) = (running.ask(1, LONG), running.ask(2, LONG));
    running.script.wait_for(Seen::Request(2)).await;
    running.script.put(Output::Response { id: 2, result: Ok(Answer::Done {}) });
    running.script.put(Output::Response { id: 1, result: Err(ErrorCode::Forbidden.into()) });
    assert_eq!(second.await.unwrap(), Ok(Answer::Done {}));
    assert_eq!(code(first.await.unwrap()), ErrorCode::Forbidden);
}

#[tokio::test]
async fn frames_pass_between_core_and_server() {
    let (listener, connect) = server().await;
    let running = Running::start(Network::On);
    running.script.put(connect);
    let mut peer = accept(&listener).await;
    running.script.wait_for(Seen::Connected).await;
    running.script.put(Output::Transmit(vec![1, 2]));
    assert_eq!(peer.next().await.unwrap().unwrap(), Message::binary(vec![1, 2]));
    peer.send(Message::binary(vec![3])).await.unwrap();
    running.script.wait_for(Seen::Frame(vec![3])).await;
    drop(peer);
    running.script.wait_for(Seen::Disconnected).await;
}

#[tokio::test]
async fn a_failed_connection_is_a_disconnection_and_the_core_may_try_again() {
    let (listener, connect) = server().await;
    let running = Running::start(Network::On);
    running.script.put(Output::Connect { server: "http://127.0.0.1:1".into() });
    running.script.wait_for(Seen::Disconnected).await;
    running.script.put(connect);
    let _peer = accept(&listener).await;
    running.script.wait_for(Seen::Connected).await;
}

#[tokio::test]
async fn a_disconnection_that_the_core_asked_for_is_told_to_it_as_any_other() {
    let (listener, connect) = server().await;
    let running = Running::start(Network::On);
    running.script.put(connect);
    let mut peer = accept(&listener).await;
    running.script.wait_for(Seen::Connected).await;
    running.script.put(Output::Disconnect);
    running.script.wait_for(Seen::Disconnected).await;
    while peer.next().await.is_some_and(|message| message.is_ok()) {}
}

#[tokio::test]
async fn offline_nothing_is_connected() {
    let (listener, connect) = server().await;
    let running = Running::start(Network::Off);
    running.script.put(connect);
    let answer = running.ask(1, SHORT);
    assert_eq!(code(answer.await.unwrap()), ErrorCode::ServerUnreachable);
    let accepted = tokio::time::timeout(SHORT, listener.accept()).await;
    assert!(accepted.is_err(), "a connection was made");
}

#[tokio::test]
async fn without_a_connection_the_end_of_patience_is_called_unreachable() {
    let running = Running::start(Network::On);
    assert_eq!(code(running.ask(1, SHORT).await.unwrap()), ErrorCode::ServerUnreachable);
    running.script.wait_for(Seen::Cancel(1)).await;
}

#[tokio::test]
async fn with_a_connection_the_end_of_patience_is_a_timeout() {
    let (listener, connect) = server().await;
    let running = Running::start(Network::On);
    running.script.put(connect);
    let _peer = accept(&listener).await;
    running.script.wait_for(Seen::Connected).await;
    assert_eq!(code(running.ask(1, SHORT).await.unwrap()), ErrorCode::Timeout);
    running.script.wait_for(Seen::Cancel(1)).await;
}

#[tokio::test]
async fn what_was_done_before_it_could_be_taken_back_is_a_success() {
    let running = Running::start(Network::On);
    running.script.on_cancel(Output::Response { id: 1, result: Ok(Answer::Done {}) });
    assert_eq!(running.ask(1, SHORT).await.unwrap(), Ok(Answer::Done {}));
}

#[tokio::test]
async fn what_the_core_calls_a_request_that_was_taken_back_is_not_the_reason() {
    let running = Running::start(Network::On);
    running.script.on_cancel(Output::Response { id: 1, result: Err(ErrorCode::Internal.into()) });
    assert_eq!(code(running.ask(1, SHORT).await.unwrap()), ErrorCode::ServerUnreachable);
}

#[tokio::test]
async fn who_does_not_want_to_wait_for_an_absent_server_need_not() {
    let impatient = Patience { timeout: LONG, unless_unreachable: true };
    let running = Running::start(Network::On);
    let answer = running.ask(1, impatient);
    let mut patient = running.ask(2, LONG);
    running.script.put(Output::Connect { server: "http://127.0.0.1:1".into() });
    let error = answer.await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::ServerUnreachable);
    assert_eq!(error.message, "the server cannot be reached: connection refused");
    assert_eq!(code(running.ask(3, impatient).await.unwrap()), ErrorCode::ServerUnreachable, "known by now");
    assert!(patient.try_recv().is_err(), "the other one waits");
}

#[tokio::test]
async fn who_is_no_longer_there_is_cancelled() {
    let running = Running::start(Network::On);
    drop(running.ask(1, LONG));
    running.commands.send(Command::Cancel { id: 1 }).unwrap();
    running.script.wait_for(Seen::Cancel(1)).await;
}

#[tokio::test]
async fn the_cores_timer_is_kept() {
    let running = Running::start(Network::On);
    running.script.set_timeout(SHORT);
    running.script.wait_for(Seen::Timeout).await;
}

#[tokio::test]
async fn events_reach_followers() {
    let mut running = Running::start(Network::On);
    let event = Event::Connection { state: "online".into() };
    running.script.put(Output::Event(event.clone()));
    assert_eq!(running.events.recv().await.unwrap(), Notice::Event(Box::new(event)));
}

#[tokio::test]
async fn after_a_fatal_error_the_core_is_left_alone() {
    let mut running = Running::start(Network::On);
    let waiting = running.ask(1, LONG);
    running.script.wait_for(Seen::Request(1)).await;
    running.script.put(Output::Fatal(ErrorCode::DiskFull.into()));
    assert_eq!(code(waiting.await.unwrap()), ErrorCode::DiskFull);
    assert_eq!(code(running.ask(2, LONG).await.unwrap()), ErrorCode::DiskFull);
    assert!(!running.script.has_seen(&Seen::Request(2)));
    assert_eq!(running.events.recv().await.unwrap(), Notice::Stopped(ErrorCode::DiskFull.into()));
}

#[tokio::test]
async fn closing_refuses_what_is_unanswered() {
    let running = Running::start(Network::On);
    let waiting = running.ask(1, LONG);
    running.commands.send(Command::Close).unwrap();
    assert_eq!(code(waiting.await.unwrap()), ErrorCode::HomeBusy);
}

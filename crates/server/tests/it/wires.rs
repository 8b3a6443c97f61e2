//! Two ways to talk to a server: a session without a socket, and a WebSocket.

use crate::people::Person;
use asterism_server::{
    Server, Session, Settings,
    clock::{HandClock, SystemClock},
    connection::{Connection, Drained, Outgoing},
    directory::Origin,
    edge::{Edge, Limits, Tls},
};
use asterism_store::{AnyStore, MemoryStore};
use asterism_wire::{
    ErrorCode, PROTOCOL_VERSION,
    frame::{
        Answer, ClientFrame, Failure, Happened, Hello, Push, Request, Response, ServerBody, ServerFrame,
    },
    ids::Timestamp,
};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use prost::Message as _;
use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpStream, sync::oneshot, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, client::IntoClientRequest as _, protocol::frame::coding::CloseCode},
};

/// For everything that must happen at all.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// A day of the tests.
pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// The code of a refusal.
pub(crate) fn refusal(answer: &Answer) -> Option<ErrorCode> {
    match answer {
        Answer::Failure(failure) => Some(failure.error_code()),
        _ => None,
    }
}

pub(crate) fn hello() -> Request {
    Request::Hello(Hello { protocol: PROTOCOL_VERSION, client: "test".into() })
}

/// A server in memory with a clock that is turned by hand.
pub(crate) async fn local_server(settings: Settings) -> (Server, Arc<HandClock>) {
    let clock = Arc::new(HandClock::new(NOW));
    let server = Server::open(MemoryStore::new().into(), clock.clone(), settings, [7; 32]).await.unwrap();
    (server, clock)
}

/// A client without a socket.
pub(crate) struct Local {
    session: Session,
    outgoing: Outgoing,
    queued: VecDeque<Bytes>,
}

impl Local {
    pub(crate) fn new(server: &Server) -> Self {
        Self::from_place(server, Origin::default())
    }

    pub(crate) fn from_place(server: &Server, origin: Origin) -> Self {
        let (connection, outgoing) = Connection::for_test(64);
        Self { session: server.connect(connection, origin), outgoing, queued: VecDeque::new() }
    }

    /// A client that has registered.
    pub(crate) async fn registered(server: &Server, person: &Person) -> Self {
        let mut client = Self::new(server);
        let nonce = client.hello().await;
        let answer = client.ask(Request::Register(person.register(&nonce))).await;
        assert!(matches!(answer, Answer::Authenticated(_)), "{answer:?}");
        client
    }

    pub(crate) async fn hello(&mut self) -> Vec<u8> {
        match self.ask(hello()).await {
            Answer::Hello(answer) => answer.nonce,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn ask(&mut self, request: Request) -> Answer {
        self.session.handle(ClientFrame { id: 1, request: Some(request) }).await;
        loop {
            if let Some(frame) = self.queued.pop_front() {
                match ServerFrame::decode(frame).unwrap().body {
                    Some(ServerBody::Response(Response { id: 1, answer: Some(answer) })) => return answer,
                    _ => continue,
                }
            }
            match self.outgoing.try_next() {
                Some(Drained::Frames(frames)) => self.queued = frames,
                other => panic!("no answer: {other:?}"),
            }
        }
    }
}

/// A server behind a socket of this machine.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) server: Server,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::with_store(MemoryStore::new().into(), limits).await
    }

    async fn with_store(store: AnyStore, limits: Limits) -> Self {
        let server = Server::open(store, Arc::new(SystemClock), Settings::default(), [7; 32]).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let edge = Edge::new(server.clone(), listener, Tls::Off, limits);
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(edge.serve(async move {
            let _ = stopped.await;
        }));
        Self { address, server, stop: Some(stop), served }
    }

    /// Asks the server to end, without waiting for it.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn ended(self) {
        timeout(SOON, self.served).await.unwrap().unwrap();
    }
}

/// What a client hears.
#[derive(Debug)]
pub(crate) enum Heard {
    Answer(u64, Answer),
    Push(Happened),
    Closed(Option<CloseCode>),
}

/// A client with a socket.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_id: u64,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let url = format!("ws://{address}/api/v1/socket");
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Self { socket, last_id: 0 }
    }

    /// Connects through a proxy on this machine, from some address; or gives the status of the refusal.
    pub(crate) async fn connect_from(server: SocketAddr, address: &str) -> Result<Self, u16> {
        let mut request = format!("ws://{server}/api/v1/socket").into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket, last_id: 0 }),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) async fn registered(address: SocketAddr, person: &Person) -> Self {
        let mut client = Self::connect(address).await;
        client.register(person).await;
        client
    }

    pub(crate) async fn register(&mut self, person: &Person) {
        let nonce = self.hello().await;
        let answer = self.ask(Request::Register(person.register(&nonce))).await;
        assert!(matches!(answer, Answer::Authenticated(_)), "{answer:?}");
    }

    pub(crate) async fn hello(&mut self) -> Vec<u8> {
        match self.ask(hello()).await {
            Answer::Hello(answer) => answer.nonce,
            other => panic!("{other:?}"),
        }
    }

    /// Sends a request; gives its id.
    pub(crate) async fn send(&mut self, request: Request) -> u64 {
        self.last_id += 1;
        let frame = ClientFrame { id: self.last_id, request: Some(request) }.encode_to_vec();
        self.socket.send(tungstenite::Message::Binary(frame.into())).await.unwrap();
        self.last_id
    }

    pub(crate) async fn ask(&mut self, request: Request) -> Answer {
        let id = self.send(request).await;
        loop {
            match self.hear().await {
                Heard::Answer(answered, answer) if answered == id => return answer,
                Heard::Closed(code) => panic!("closed: {code:?}"),
                Heard::Answer(..) | Heard::Push(_) => {}
            }
        }
    }

    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            match timeout(SOON, self.socket.next()).await.unwrap() {
                Some(Ok(tungstenite::Message::Binary(bytes))) => {
                    return match ServerFrame::decode(bytes).unwrap().body.unwrap() {
                        ServerBody::Response(Response { id, answer }) => Heard::Answer(id, answer.unwrap()),
                        ServerBody::Push(Push { happened }) => Heard::Push(happened.unwrap()),
                    };
                }
                Some(Ok(tungstenite::Message::Close(frame))) => {
                    return Heard::Closed(frame.map(|frame| frame.code));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }

    /// What it is closed with.
    pub(crate) async fn closed(&mut self) -> Option<CloseCode> {
        loop {
            if let Heard::Closed(code) = self.hear().await {
                return code;
            }
        }
    }
}

/// A failure, for comparisons.
pub(crate) fn failed(code: ErrorCode) -> Answer {
    Answer::Failure(Failure::of(code))
}

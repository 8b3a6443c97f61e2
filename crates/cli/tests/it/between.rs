//! Stands between real clients and a real server, sees every frame, and lies when it is told to.
//!
//! What the lies are is the simulator's (`asterism_sim::byzantine`); here they get real sockets. Each client has a
//! door of its own, by which it is known.

use asterism_sim::byzantine::Liar;
use asterism_wire::frame::{ClientFrame, Response, ServerBody, ServerFrame};
use futures_util::{Sink, SinkExt, StreamExt};
use prost::Message as _;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::mpsc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{LocalSet, spawn_local};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, client_async};

/// Something to do where the liar is.
type Job = Box<dyn FnOnce(&Rc<Inside>) + Send>;

/// Ends with the test.
pub(crate) struct Between {
    /// An address for each client, to be taken for the server's.
    pub(crate) doors: Vec<String>,
    jobs: UnboundedSender<Job>,
}

/// On one thread.
struct Inside {
    server: String,
    liar: RefCell<Liar>,
    /// What goes to a client that is connected now, besides what the server says.
    extra: RefCell<BTreeMap<usize, UnboundedSender<ServerFrame>>>,
}

impl Between {
    /// In front of the server at `url`, with so many doors.
    pub(crate) fn start(url: &str, doors: usize) -> Self {
        let server = url.strip_prefix("http://").expect("it speaks plain HTTP").to_owned();
        let (jobs, to_do) = unbounded_channel();
        let (opened, opening) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let extra = RefCell::default();
            let inside = Rc::new(Inside { server, liar: RefCell::default(), extra });
            let open = async move {
                for client in 0..doors {
                    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    opened.send(format!("http://{}", door.local_addr().unwrap())).unwrap();
                    spawn_local(Rc::clone(&inside).keep(client, door));
                }
                inside.work(to_do).await;
            };
            LocalSet::new().block_on(&runtime, open);
        });
        Self { doors: opening.iter().take(doors).collect(), jobs }
    }

    /// Does something with the liar.
    pub(crate) fn with<T: Send + 'static>(&self, act: impl FnOnce(&mut Liar) -> T + Send + 'static) -> T {
        let (done, waiting) = mpsc::channel();
        let job = move |inside: &Rc<Inside>| done.send(act(&mut inside.liar.borrow_mut())).unwrap();
        assert!(self.jobs.send(Box::new(job)).is_ok(), "it has ended");
        waiting.recv().unwrap()
    }

    /// Tells a client that is connected now something that the server did not say.
    pub(crate) fn tell(&self, client: usize, frames: Vec<ServerFrame>) {
        let (done, waiting) = mpsc::channel();
        let job = move |inside: &Rc<Inside>| {
            let extra = inside.extra.borrow();
            let to = extra.get(&client).expect("it is connected");
            done.send(frames.into_iter().all(|frame| to.send(frame).is_ok())).unwrap();
        };
        assert!(self.jobs.send(Box::new(job)).is_ok(), "it has ended");
        assert!(waiting.recv().unwrap(), "it is no longer connected");
    }
}

impl Inside {
    /// Ends, and with it all that was spawned here, when the test does.
    async fn work(self: Rc<Self>, mut to_do: UnboundedReceiver<Job>) {
        while let Some(job) = to_do.recv().await {
            job(&self);
        }
    }

    async fn keep(self: Rc<Self>, client: usize, door: TcpListener) {
        while let Ok((stream, _)) = door.accept().await {
            let inside = Rc::clone(&self);
            spawn_local(async move {
                // Fails when either end breaks off: then so does the other.
                let _ = inside.pass(client, stream).await;
            });
        }
    }

    async fn pass(&self, client: usize, stream: TcpStream) -> Result<(), Broken> {
        stream.set_nodelay(true)?;
        let (mut to_client, mut from_client) = accept_async(stream).await?.split();
        let stream = TcpStream::connect(&self.server).await?;
        stream.set_nodelay(true)?;
        let socket = format!("ws://{}/api/v1/socket", self.server);
        let (upstream, _) = client_async(socket, stream).await?;
        let (mut to_server, mut from_server) = upstream.split();
        let (extra, mut more) = unbounded_channel();
        self.extra.borrow_mut().insert(client, extra);
        loop {
            tokio::select! {
                said = from_client.next() => match said.transpose()? {
                    Some(Message::Binary(bytes)) => {
                        let frame = ClientFrame::decode(bytes)?;
                        let id = frame.id;
                        let passed = self.liar.borrow_mut().request(client, frame);
                        match passed {
                            Ok(frame) => to_server.send(Message::Binary(frame.encode_to_vec().into())).await?,
                            Err(answer) => {
                                let response = Response { id, answer: Some(*answer) };
                                let body = Some(ServerBody::Response(response));
                                send(&mut to_client, &ServerFrame { body }).await?;
                            }
                        }
                    }
                    Some(Message::Close(_)) | None => break,
                    Some(_) => {}
                },
                said = from_server.next() => match said.transpose()? {
                    Some(Message::Binary(bytes)) => {
                        let frame = ServerFrame::decode(bytes)?;
                        let frames = self.liar.borrow_mut().frames(client, frame);
                        for frame in frames {
                            send(&mut to_client, &frame).await?;
                        }
                    }
                    Some(Message::Close(_)) | None => break,
                    Some(_) => {}
                },
                Some(frame) = more.recv() => send(&mut to_client, &frame).await?,
            }
        }
        let _ = to_server.close().await;
        let _ = to_client.close().await;
        Ok(())
    }
}

async fn send(
    to: &mut (impl Sink<Message, Error: Into<Broken>> + Unpin),
    frame: &ServerFrame,
) -> Result<(), Broken> {
    to.send(Message::Binary(frame.encode_to_vec().into())).await.map_err(Into::into)
}

type Broken = Box<dyn std::error::Error>;

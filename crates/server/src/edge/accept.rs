//! Accepting connections.

use super::{Shared, http, peer::Peer, tls::Tls};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use std::{convert::Infallible, io, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{sleep, timeout},
};
use tower_service::Service as _;

/// After a failure to accept, most often for want of open files.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// What the head of an HTTP request may take.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Unacknowledged data after which the kernel gives a peer up.
#[cfg(target_os = "linux")]
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Counts a connection until all clones are dropped: its place is then free, and the process may end.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    _place: Arc<OwnedSemaphorePermit>,
    _alive: mpsc::Sender<Infallible>,
}

/// Accepts until it is dropped.
pub(super) async fn run(
    shared: &Arc<Shared>,
    listener: &TcpListener,
    tls: &Tls,
    alive: &mpsc::Sender<Infallible>,
) {
    let places = Arc::new(Semaphore::new(shared.limits.connections));
    let router = http::router(shared);
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (tcp, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(kind = %error.kind(), "cannot accept");
                sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        let peer = Peer::new(address);
        let Some(stranger) = shared.strangers.enter(peer.origin_of_itself()) else { continue };
        let hold = Hold { _place: Arc::new(place), _alive: alive.clone() };
        let connection = serve(Arc::clone(shared), tcp, tls.clone(), router.clone(), peer, hold);
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let _stranger = stranger;
            tokio::select! {
                () = connection => {}
                // An HTTP answer is short, and nobody depends on it. WebSockets have tasks of their own.
                () = shared.stopped() => {}
            }
        });
    }
}

/// Serves one connection until it ends or becomes a WebSocket. What strangers do wrong here is everyday
/// noise.
async fn serve(shared: Arc<Shared>, tcp: TcpStream, tls: Tls, router: axum::Router, peer: Peer, hold: Hold) {
    let time = shared.limits.head;
    let Ok(()) = prepare(&tcp) else { return };
    let Ok(Ok(Some(stream))) = timeout(time, tls.accept(tcp)).await else { return };
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(hold.clone());
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(time)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let _ = connection.await;
}

fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    SockRef::from(tcp).set_tcp_user_timeout(Some(TCP_USER_TIMEOUT))?;
    Ok(())
}

//! From an address to an open WebSocket: TCP, TLS by rustls with the system's certificates, and the handshake.

use super::address::Address;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::io;
use std::sync::{Arc, OnceLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Why there is no connection. Says no names and no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectError {
    /// Not `http(s)://…`.
    #[error("this is not the address of a server")]
    Address,
    /// The name is not known, or nothing listens there.
    #[error("{0}")]
    Network(io::ErrorKind),
    /// The certificate is not one that this computer trusts for that name, or there is no TLS.
    #[error("no secure connection: the certificate is not trusted, or there is none")]
    Tls,
    /// Something listens there that is no Asterism server.
    #[error("what answers there is not an Asterism server")]
    NotAServer,
    /// Too slow.
    #[error("it does not answer")]
    TimedOut,
    /// It was there, and is no longer.
    #[error("the connection broke")]
    Broken,
}

/// TCP with or without TLS.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
pub(super) type Stream = Box<dyn Duplex>;

/// Opens the WebSocket of a server named by its base address.
pub(super) async fn open(
    server: &str,
    settings: WebSocketConfig,
) -> Result<WebSocketStream<Stream>, ConnectError> {
    let address = Address::of(server)?;
    let tcp = dial(&address).await.map_err(|error| ConnectError::Network(error.kind()))?;
    let stream: Stream = if address.tls { Box::new(secure(&address, tcp).await?) } else { Box::new(tcp) };
    let (stream, _) = client_async_with_config(address.url.as_str(), stream, Some(settings))
        .await
        .map_err(|_| ConnectError::NotAServer)?;
    Ok(stream)
}

async fn dial(address: &Address) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect((address.host.as_str(), address.port)).await?;
    // Messages are small, and each waits for its answer.
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

async fn secure(
    address: &Address,
    tcp: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ConnectError> {
    let name = ServerName::try_from(address.host.clone()).map_err(|_| ConnectError::Address)?;
    let connector = TlsConnector::from(tls_settings().ok_or(ConnectError::Tls)?);
    connector.connect(name, tcp).await.map_err(|_| ConnectError::Tls)
}

/// The system's certificates, so that a company's own authority counts; read once, since that takes a while.
fn tls_settings() -> Option<Arc<ClientConfig>> {
    static SETTINGS: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    SETTINGS.get_or_init(|| Some(Arc::new(read_tls_settings()?))).clone()
}

fn read_tls_settings() -> Option<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (trusted, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(trusted, ignored, unreadable = found.errors.len(), "read the system's certificates");
    let provider = Arc::new(ring::default_provider());
    let settings =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    Some(settings.with_root_certificates(roots).with_no_client_auth())
}

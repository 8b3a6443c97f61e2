//! From an address to an open WebSocket: TCP, TLS by rustls with the system's certificates, and the handshake.

use super::address::Address;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::io;
use std::sync::{Arc, OnceLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
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
    let stream: Stream = if address.tls {
        Box::new(secure(&address, tcp, system_trust().ok_or(ConnectError::Tls)?).await?)
    } else {
        Box::new(tcp)
    };
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
    trust: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, ConnectError> {
    let name = ServerName::try_from(address.host.clone()).map_err(|_| ConnectError::Address)?;
    TlsConnector::from(trust).connect(name, tcp).await.map_err(|_| ConnectError::Tls)
}

/// The system's certificates, so that a company's own authority counts; read once, since that takes a while.
fn system_trust() -> Option<Arc<ClientConfig>> {
    static TRUST: OnceLock<Option<Arc<ClientConfig>>> = OnceLock::new();
    TRUST.get_or_init(|| trust_in(system_roots())).clone()
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (trusted, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(trusted, ignored, unreadable = found.errors.len(), "read the system's certificates");
    roots
}

fn trust_in(roots: RootCertStore) -> Option<Arc<ClientConfig>> {
    let provider = Arc::new(ring::default_provider());
    let settings =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    Some(Arc::new(settings.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::ServerConfig;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    const AUTHORITY: &[u8] = include_bytes!("../../tests/tls/authority.pem");
    const CERTIFICATE: &[u8] = include_bytes!("../../tests/tls/localhost.pem");
    const KEY: &[u8] = include_bytes!("../../tests/tls/localhost.key");

    fn acceptor() -> TlsAcceptor {
        let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let settings = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(settings))
    }

    /// What comes of connecting to a server for `localhost` under `name`.
    async fn check(name: &str, roots: RootCertStore) -> Option<ConnectError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            // Fails when the client does not trust it.
            let _ = acceptor().accept(tcp).await;
        });
        let mut address = Address::of(&format!("https://127.0.0.1:{port}")).unwrap();
        let tcp = dial(&address).await.unwrap();
        assert!(tcp.nodelay().unwrap());
        address.host = name.to_owned();
        secure(&address, tcp, trust_in(roots).unwrap()).await.err()
    }

    fn trusted() -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(AUTHORITY).unwrap()).unwrap();
        roots
    }

    #[tokio::test]
    async fn a_certificate_counts_for_its_name_when_its_authority_is_trusted() {
        assert_eq!(check("localhost", trusted()).await, None);
        assert_eq!(check("other.example", trusted()).await, Some(ConnectError::Tls));
        assert_eq!(check("127.0.0.1", trusted()).await, Some(ConnectError::Tls));
        assert_eq!(check("localhost", RootCertStore::empty()).await, Some(ConnectError::Tls));
        assert_eq!(check("localhost", system_roots()).await, Some(ConnectError::Tls));
    }
}

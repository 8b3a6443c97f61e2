//! TLS: from files, or with certificates that are fetched and renewed by ACME (RFC 8555, RFC 8737).

use super::accept::Stream;
use futures_util::StreamExt as _;
use rustls_acme::{AcmeConfig, caches::DirCache, is_tls_alpn_challenge};
use std::{fmt, io, path::Path, sync::Arc};
use tokio::{io::AsyncWriteExt as _, net::TcpStream};
use tokio_rustls::{
    LazyConfigAcceptor, TlsAcceptor,
    rustls::{
        self, ConfigBuilder, ServerConfig, WantsVerifier,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
        server::{Acceptor, WantsServerCert},
    },
};

/// Only HTTP/1.1, which WebSockets begin with.
const ALPN: &[u8] = b"http/1.1";

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read the certificate or its key: {0}")]
    Read(#[from] pem::Error),
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("the certificate cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// How connections are encrypted.
#[derive(Clone, Default)]
pub enum Tls {
    /// They are not: behind a proxy, or for tests.
    #[default]
    Off,
    /// With one certificate.
    Certificate(Arc<ServerConfig>),
    /// With certificates that renew themselves.
    Acme {
        /// For the authority that checks who has the domain.
        challenge: Arc<ServerConfig>,
        /// For everybody else.
        ordinary: Arc<ServerConfig>,
    },
}

impl Tls {
    /// With a certificate chain and its private key from PEM files.
    ///
    /// # Errors
    /// When a file cannot be read or the two cannot be used together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_file(key)?;
        let mut config = server_config()?.with_single_cert(chain, key)?;
        config.alpn_protocols.push(ALPN.to_vec());
        Ok(Self::Certificate(Arc::new(config)))
    }

    /// With certificates for `domain` from Let's Encrypt, kept in `cache`. Spawns the task that renews
    /// them, so it must be called within a runtime.
    ///
    /// # Errors
    /// When TLS cannot be configured.
    pub fn from_acme(domain: &str, cache: &Path) -> Result<Self, TlsError> {
        let config = AcmeConfig::new([domain]).cache(DirCache::new(cache.to_owned()));
        let mut state = config.directory_lets_encrypt(true).state();
        let challenge = state.challenge_rustls_config();
        let mut ordinary = server_config()?.with_cert_resolver(state.resolver());
        ordinary.alpn_protocols.push(ALPN.to_vec());
        tokio::spawn(async move {
            while let Some(event) = state.next().await {
                match event {
                    Ok(event) => tracing::info!(?event, "certificate"),
                    Err(error) => tracing::error!(%error, "no certificate"),
                }
            }
        });
        Ok(Self::Acme { challenge, ordinary: Arc::new(ordinary) })
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    /// Shakes hands. `None` when the peer wanted nothing but that.
    pub(super) async fn accept(&self, tcp: TcpStream) -> io::Result<Option<Box<dyn Stream>>> {
        match self {
            Self::Off => Ok(Some(Box::new(tcp))),
            Self::Certificate(config) => {
                Ok(Some(Box::new(TlsAcceptor::from(Arc::clone(config)).accept(tcp).await?)))
            }
            Self::Acme { challenge, ordinary } => {
                let start = LazyConfigAcceptor::new(Acceptor::default(), tcp).await?;
                if is_tls_alpn_challenge(&start.client_hello()) {
                    start.into_stream(Arc::clone(challenge)).await?.shutdown().await?;
                    return Ok(None);
                }
                Ok(Some(Box::new(start.into_stream(Arc::clone(ordinary)).await?)))
            }
        }
    }
}

/// Names no key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Certificate(_) => "Certificate",
            Self::Acme { .. } => "Acme",
        })
    }
}

fn server_config() -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, rustls::Error> {
    let builder: ConfigBuilder<ServerConfig, WantsVerifier> =
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?;
    Ok(builder.with_no_client_auth())
}

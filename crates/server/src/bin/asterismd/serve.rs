//! Starting and ending the server.

use crate::config::{Config, Encryption, StoreKind};
use anyhow::{Context as _, Result};
use asterism_server::{
    Server, Settings,
    clock::SystemClock,
    edge::{self, Edge, Limits, Tls},
};
use asterism_store::{AnyStore, FjallOptions, FjallStore, MemoryStore};
use std::{
    fs::DirBuilder,
    io::{Write as _, stdout},
    net::SocketAddr,
    path::Path,
    sync::Arc,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Serves until a signal says to end.
pub(crate) fn run(config: &Config) -> Result<()> {
    let mut limits = Limits { connections: edge::raise_limit(), ..Limits::default() };
    if let Some(max) = config.strangers_per_address {
        limits.strangers_per_address = max;
    }
    let store = open_store(config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config, store, limits))
}

/// Tries everything that can be tried without serving.
pub(crate) fn check(config: &Config) -> Result<()> {
    if let Encryption::Files { certificate, key } = &config.encryption {
        Tls::from_files(certificate, key)?;
    }
    say("the configuration is valid")
}

async fn serve(config: &Config, store: AnyStore, limits: Limits) -> Result<()> {
    let shutdown = shutdown_signal()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let tls = match &config.encryption {
        Encryption::None => Tls::Off,
        Encryption::Files { certificate, key } => Tls::from_files(certificate, key)?,
        Encryption::Acme { domain } => Tls::from_acme(domain, &config.data.join("acme"))?,
    };
    let settings = Settings {
        public_url: public_url(config, address),
        invite_codes: config.invite_codes.clone(),
        ..Settings::default()
    };
    let server = Server::open(store, Arc::new(SystemClock), settings, rand::random()).await?;
    let scheme = if tls.is_on() { "https" } else { "http" };
    let edge = Edge::new(server, listener, tls, limits);
    say(&format!("listening on {scheme}://{address}"))?;
    edge.serve(shutdown).await;
    Ok(())
}

fn open_store(config: &Config) -> Result<AnyStore> {
    if config.store == StoreKind::Memory {
        return Ok(MemoryStore::new().into());
    }
    make_directory(&config.data)?;
    let options = FjallOptions { compression: config.store_compression, ..FjallOptions::default() };
    let store = FjallStore::open(config.data.join("store"), &options)
        .with_context(|| format!("cannot open the store in {}", config.data.display()))?;
    Ok(store.into())
}

/// Makes the directory for this user alone, unless it exists.
fn make_directory(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("cannot make {}", path.display()))
}

fn public_url(config: &Config, address: SocketAddr) -> String {
    match (&config.public_url, &config.encryption) {
        (Some(url), _) => url.clone(),
        (None, Encryption::Acme { domain }) => format!("https://{domain}"),
        (None, Encryption::Files { .. }) => format!("https://{address}"),
        (None, Encryption::None) => format!("http://{address}"),
    }
}

/// Ready once the process is asked to end.
fn shutdown_signal() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// One line on standard output, at once.
fn say(line: &str) -> Result<()> {
    let mut out = stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

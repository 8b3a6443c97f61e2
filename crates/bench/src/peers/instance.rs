//! A peer's process, with a directory of its own.

use crate::process::Process;
use anyhow::{Context as _, Result, bail};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, sleep},
};

/// For a peer to listen.
const START: Duration = Duration::from_secs(60);

/// Between two tries to connect.
const RETRY: Duration = Duration::from_millis(100);

/// A running peer. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Instance {
    child: Child,
    pub(crate) address: SocketAddr,
    _directory: TempDir,
}

impl Instance {
    /// Starts a program that listens at the address, and waits until it does. Its output goes into `output` of its
    /// directory, whose end is in the error.
    pub(crate) async fn start(mut command: Command, address: SocketAddr, directory: TempDir) -> Result<Self> {
        let output_file = directory.path().join("output");
        let output = fs::File::create(&output_file)?;
        let mut child = command
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .context("it is not installed")?;
        let patience_ends = Instant::now() + START;
        while TcpStream::connect(address).await.is_err() {
            if Instant::now() > patience_ends || child.try_wait()?.is_some() {
                bail!("it does not start: {}", last_lines(&output_file));
            }
            sleep(RETRY).await;
        }
        Ok(Self { child, address, _directory: directory })
    }

    pub(crate) fn process(&self) -> Result<Process> {
        Ok(Process { id: self.child.id().context("it has ended")? })
    }
}

/// A loopback address with a port that was free just now.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn last_lines(file: &Path) -> String {
    let output = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&output);
    let lines: Vec<_> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}

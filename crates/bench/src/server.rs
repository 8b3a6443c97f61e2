//! The `asterismd` that is measured: the program that was built beside this one, on a directory of its own.

use crate::process::Process;
use anyhow::{Context as _, Result, ensure};
use std::{env, net::SocketAddr, path::PathBuf, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// For the server to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Removed when the server is gone.
    data: TempDir,
}

impl Server {
    /// Starts one with the durable store and default settings.
    pub(crate) async fn start() -> Result<Self> {
        let data = TempDir::with_prefix("asterism-bench-")?;
        let (child, address) = spawn(&data).await?;
        Ok(Self { child, address, data })
    }

    /// Ends it in order and starts it again on the same data.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        let id = i32::try_from(self.process()?.id)?;
        let id = rustix::process::Pid::from_raw(id).context("the server has no process")?;
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        timeout(PATIENCE, self.child.wait()).await.context("the server does not end")??;
        (self.child, self.address) = spawn(&self.data).await?;
        Ok(())
    }

    pub(crate) fn process(&self) -> Result<Process> {
        Ok(Process { id: self.child.id().context("the server has ended")? })
    }

    /// `http://…`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn spawn(data: &TempDir) -> Result<(Child, SocketAddr)> {
    let mut child = Command::new(program()?)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .env("ASTERISM_LOG", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("asterismd does not start")?;
    let stdout = child.stdout.take().context("asterismd has no output")?;
    let mut line = String::new();
    timeout(PATIENCE, BufReader::new(stdout).read_line(&mut line))
        .await
        .context("asterismd says nothing")??;
    let address = line.trim().strip_prefix("listening on http://").context("asterismd did not start")?;
    Ok((child, address.parse()?))
}

/// `asterismd` of the same build as this program.
fn program() -> Result<PathBuf> {
    let path = env::current_exe()?.with_file_name("asterismd");
    let profile = if cfg!(debug_assertions) { "" } else { " --release" };
    ensure!(
        path.exists(),
        "{} is missing: build it with `cargo build{profile} -p asterism-server --bin asterismd`",
        path.display()
    );
    Ok(path)
}

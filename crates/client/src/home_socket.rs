//! The Unix socket in a home directory, by which the process that has it open lets others in.
//!
//! Whoever holds the home's lock may replace the file: one that is there then is left over from a process that died.

use crate::borrowed::Borrowed;
use crate::client::Client;
use crate::home::Home;
use crate::rpc::serve;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

/// A socket that is being served. Dropping it hangs up on everybody and removes the file.
#[derive(Debug)]
pub(crate) struct HomeSocket {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl HomeSocket {
    /// Lets other processes of the same person in to `client`, which has the home open.
    pub(crate) fn serve(home: &Home, client: Client) -> io::Result<Self> {
        let path = file(home);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let owner = home.lock_file().metadata()?.uid();
        let listener = with_short_path(home, |path| UnixListener::bind(path))?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { path, task: tokio::spawn(accept(listener, client, owner)) })
    }
}

impl Drop for HomeSocket {
    fn drop(&mut self) {
        self.task.abort();
        // One that stays is harmless.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Asks to be let in by the process that has the home open, if it serves a socket.
pub(crate) async fn connect(home: &Home) -> io::Result<Borrowed> {
    if !file(home).exists() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let stream = with_short_path(home, |path| std::os::unix::net::UnixStream::connect(path))?;
    stream.set_nonblocking(true)?;
    let (reader, writer) = UnixStream::from_std(stream)?.into_split();
    Borrowed::greet(reader, writer).await
}

fn file(home: &Home) -> PathBuf {
    home.directory().join("socket")
}

/// A socket's path has at most 108 bytes, which a home deep in a file system exceeds: it is reached through the open
/// directory, where the system has such paths.
fn with_short_path<T>(home: &Home, use_path: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    match use_path(&file(home)) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
        result => return result,
    }
    let directory = File::open(home.directory())?;
    let descriptor = std::os::fd::AsRawFd::as_raw_fd(&directory);
    use_path(&PathBuf::from(format!("/proc/self/fd/{descriptor}/socket")))
}

async fn accept(listener: UnixListener, client: Client, owner: u32) {
    let mut callers = JoinSet::new();
    loop {
        while callers.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files: others may close theirs.
                tracing::warn!(%error, "a caller could not be let in");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        if is_trusted(&stream, owner) {
            let (reader, writer) = stream.into_split();
            callers.spawn(serve(client.clone(), reader, writer));
        }
    }
}

/// The same person, or root, whom nothing keeps out.
fn is_trusted(stream: &UnixStream, owner: u32) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == owner || peer.uid() == 0)
}

#[cfg(test)]
mod tests;

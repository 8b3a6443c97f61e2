//! A device that another process has open, asked over that process's socket.

use crate::answer;
use crate::events::{EVENTS_MAX, Events, Notice};
use crate::patience::Patience;
use crate::rpc::{Call, Line, read_line, write_call};
use asterism_core::api::{Answer, ApiError, Request};
use asterism_wire::ErrorCode;
use serde_json::Value;
use std::collections::HashMap;
use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;

/// Waits for the answer to a call.
type Reply = oneshot::Sender<Result<Value, ApiError>>;

/// The caller's end of one connection. Dropping it hangs up.
#[derive(Debug)]
pub(crate) struct Borrowed {
    calls: mpsc::UnboundedSender<(Call, Reply)>,
    events: broadcast::WeakSender<Notice>,
    task: JoinHandle<()>,
}

impl Borrowed {
    /// Waits to be greeted, so that whoever is about to close is not taken for one who serves.
    pub(crate) async fn greet(
        reader: impl AsyncRead + Send + Unpin + 'static,
        writer: impl AsyncWrite + Send + Unpin + 'static,
    ) -> io::Result<Self> {
        let mut reader = BufReader::new(reader);
        match next_line(&mut reader).await? {
            Some(Line::Hello) => {}
            _ => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
        let (calls, to_make) = mpsc::unbounded_channel();
        let sender = broadcast::Sender::new(EVENTS_MAX);
        let events = sender.downgrade();
        let task = tokio::spawn(async move {
            if let Err(error) = live(reader, writer, to_make, &sender).await {
                tracing::debug!(%error, "the connection to the other process broke");
            }
        });
        Ok(Self { calls, events, task })
    }

    /// As [`crate::Client::request`].
    pub(crate) async fn request(&self, request: Request, patience: Patience) -> Result<Answer, ApiError> {
        let value = self.call(Call::Request(request.clone(), patience)).await?;
        answer::read(&request, value)
    }

    /// What happens from now on. Ends when the other process does.
    pub(crate) async fn events(&self) -> Result<Events, ApiError> {
        let events = Events::of(&self.events);
        self.call(Call::Subscribe).await?;
        Ok(events)
    }

    async fn call(&self, call: Call) -> Result<Value, ApiError> {
        let (reply, answer) = oneshot::channel();
        // Fails when the connection is gone, and then so does the answer.
        let _ = self.calls.send((call, reply));
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn gone() -> ApiError {
    ApiError::new(ErrorCode::HomeBusy, "the process that had this home directory open has ended: try again")
}

async fn live(
    mut reader: impl AsyncBufRead + Unpin,
    mut writer: impl AsyncWrite + Unpin,
    mut calls: mpsc::UnboundedReceiver<(Call, Reply)>,
    events: &broadcast::Sender<Notice>,
) -> io::Result<()> {
    let (read, mut lines) = mpsc::channel(1);
    let forward = async {
        while let Some(line) = next_line(&mut reader).await? {
            if read.send(line).await.is_err() {
                break;
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    };
    let exchange = async {
        let mut waiting: HashMap<u64, Reply> = HashMap::new();
        let mut next_id = 1;
        loop {
            tokio::select! {
                call = calls.recv() => {
                    let Some((call, reply)) = call else { return Ok(()) };
                    let line = write_call(next_id, &call) + "\n";
                    waiting.insert(next_id, reply);
                    next_id += 1;
                    writer.write_all(line.as_bytes()).await?;
                    writer.flush().await?;
                }
                Some(line) = lines.recv() => handle(line, &mut waiting, events),
            }
        }
    };
    tokio::select! {
        result = forward => result,
        result = exchange => result,
    }
}

fn handle(line: Line, waiting: &mut HashMap<u64, Reply>, events: &broadcast::Sender<Notice>) {
    match line {
        Line::Hello => {}
        Line::Answer { id, result } => {
            if let Some(reply) = waiting.remove(&id) {
                // Fails when the caller is no longer there.
                let _ = reply.send(result);
            }
        }
        Line::Notice(notice) => {
            // Fails when nobody follows.
            let _ = events.send(notice);
        }
    }
}

/// The next line that this version knows; `None` at the end.
async fn next_line(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if let Some(line) = read_line(&line) {
            return Ok(Some(line));
        }
    }
}

#[cfg(test)]
mod tests;

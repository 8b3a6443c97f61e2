//! One caller's connection, from its first line to its last.

use super::{Call, REQUEST_BYTES_MAX, read_call, write_answer, write_hello, write_notice};
use crate::client::Client;
use crate::events::Events;
use crate::patience::Patience;
use asterism_core::api::{Answer, ApiError, Request};
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Lines that wait to be written. A caller who does not read is not answered any further.
const LINES_MAX: usize = 64;

/// Answers the calls of one caller until it hangs up, which takes its unanswered requests back.
pub(crate) async fn serve(
    client: Client,
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let (lines, to_write) = mpsc::channel(LINES_MAX);
    tokio::select! {
        result = read(client, reader, lines) => result,
        result = write(writer, to_write) => result,
    }
}

async fn read(client: Client, reader: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    // Dropped with this future, and the tasks with it.
    let mut tasks = JoinSet::new();
    send(&lines, write_hello()).await;
    loop {
        let mut line = Vec::new();
        let limit = REQUEST_BYTES_MAX as u64;
        if (&mut reader).take(limit).read_until(b'\n', &mut line).await? == 0 || line.last() != Some(&b'\n') {
            return Ok(());
        }
        while tasks.try_join_next().is_some() {}
        let (client, lines) = (client.clone(), lines.clone());
        match read_call(&line) {
            Ok((id, Call::Request(request, patience))) => {
                tasks.spawn(answer(client, id, request, patience, lines));
            }
            Ok((id, Call::Subscribe)) => {
                // From here on, so that nothing happens unnoticed between the answer and what the caller asks next.
                let events = client.events();
                send(&lines, write_answer(Some(id), &Ok(Answer::Done {}))).await;
                tasks.spawn(follow(events, lines));
            }
            Err((id, error)) => send(&lines, write_answer(id, &Err(error))).await,
        }
    }
}

async fn answer(client: Client, id: u64, request: Request, patience: Patience, lines: mpsc::Sender<String>) {
    let result: Result<Answer, ApiError> = client.request(request, patience).await;
    send(&lines, write_answer(Some(id), &result)).await;
}

async fn follow(mut events: Events, lines: mpsc::Sender<String>) {
    while let Some(notice) = events.next().await {
        send(&lines, write_notice(&notice)).await;
    }
}

async fn send(lines: &mpsc::Sender<String>, line: String) {
    // Fails when the caller has hung up, which ends everything here.
    let _ = lines.send(line).await;
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut lines: mpsc::Receiver<String>) -> io::Result<()> {
    while let Some(mut line) = lines.recv().await {
        line.push('\n');
        writer.write_all(line.as_bytes()).await?;
        writer.flush().await?;
    }
    Ok(())
}

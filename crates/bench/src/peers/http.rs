//! HTTP/1.1 for one request after the other, as much as Matrix needs (RFC 9112).

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// What no answer here is larger than.
const BODY_BYTES_MAX: usize = 64 << 20;

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
    token: String,
}

impl Http {
    pub(crate) async fn connect(host: SocketAddr, token: &str) -> Result<Self> {
        let tcp = TcpStream::connect(host).await?;
        tcp.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(tcp), host, token: token.to_owned() })
    }

    /// Sends a request and reads the answer, which must be 200.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Vec<u8>> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let token = &self.token;
        let authorization =
            if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{authorization}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let (status, answer) = read(&mut self.stream).await?;
        ensure!(status == 200, "{method} {path} gave {status}: {}", String::from_utf8_lossy(&answer));
        Ok(answer)
    }

    /// As [`Self::ask`], of an answer that is JSON.
    pub(crate) async fn ask_json(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        Ok(serde_json::from_slice(&self.ask(method, path, body).await?)?)
    }
}

async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<(u16, Vec<u8>)> {
    let status = line(stream).await?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no HTTP status")?;
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(stream).await?.to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse()?,
            Some(("transfer-encoding", value)) => chunked = value == "chunked",
            _ => {}
        }
    }
    let body = if chunked { read_chunks(stream).await? } else { read_exact(stream, length).await? };
    Ok((status, body))
}

async fn read_chunks(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = usize::from_str_radix(&line(stream).await?, 16)?;
        ensure!(body.len() + size <= BODY_BYTES_MAX, "the answer is too large");
        body.extend(read_exact(stream, size).await?);
        line(stream).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}

async fn read_exact(stream: &mut (impl AsyncBufRead + Unpin), length: usize) -> Result<Vec<u8>> {
    ensure!(length <= BODY_BYTES_MAX, "the answer is too large");
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        bail!("the server closed the connection");
    }
    Ok(line.trim_end().to_owned())
}

/// Percent-encoding of everything that is not unreserved (RFC 3986 §2.3).
pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_framings_are_read() {
        let plain = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        for text in [plain, chunked] {
            assert_eq!(read(&mut text.as_bytes()).await.unwrap(), (200, b"abc".to_vec()));
        }
    }

    #[test]
    fn reserved_characters_are_encoded() {
        assert_eq!(encode("!a:b {~}"), "%21a%3Ab%20%7B~%7D");
    }
}

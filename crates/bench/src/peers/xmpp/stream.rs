//! A client's stream, from the socket to presence.

use crate::scenario::fanout::CONTENT_BYTES;
use anyhow::{Context as _, Result, bail, ensure};
use data_encoding::BASE64;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

pub(crate) type Reader = OwnedReadHalf;

/// For an answer.
const PATIENCE: Duration = Duration::from_secs(60);

const HEADER: &str = "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' \
     xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

/// A client that is online.
#[derive(Debug)]
pub(crate) struct Stream {
    tcp: TcpStream,
    /// Read, and not looked at yet.
    text: Vec<u8>,
}

/// The half that sends.
#[derive(Debug)]
pub(crate) struct Writer(OwnedWriteHalf);

impl Writer {
    pub(crate) async fn write(&mut self, stanza: &str) -> Result<()> {
        Ok(self.0.write_all(stanza.as_bytes()).await?)
    }
}

impl Stream {
    /// Creates the account, and comes online.
    pub(crate) async fn register(address: SocketAddr, user: &str) -> Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let mut stream = Self { tcp, text: Vec::new() };
        stream.ask(HEADER, "</stream:features>").await?;
        let account = format!(
            "<iq type='set' id='r'><query xmlns='jabber:iq:register'>\
             <username>{user}</username><password>secret</password></query></iq>"
        );
        let answer = stream.ask(&account, "r").await?;
        ensure!(!answer.contains("error"), "it does not register: {answer}");
        let plain = BASE64.encode(format!("\0{user}\0secret").as_bytes());
        let authenticate =
            format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>");
        stream.ask(&authenticate, "<success").await?;
        stream.ask(HEADER, "</stream:features>").await?;
        let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
        stream.ask(bind, "</iq>").await?;
        stream.write("<presence/>").await?;
        stream.await_word("<presence").await?;
        Ok(stream)
    }

    pub(crate) async fn write(&mut self, stanza: &str) -> Result<()> {
        Ok(self.tcp.write_all(stanza.as_bytes()).await?)
    }

    /// Sends, and reads until a word comes; gives what was read.
    pub(crate) async fn ask(&mut self, stanza: &str, word: &str) -> Result<String> {
        self.write(stanza).await?;
        self.await_word(word).await
    }

    async fn await_word(&mut self, word: &str) -> Result<String> {
        loop {
            let text = String::from_utf8_lossy(&self.text).into_owned();
            if let Some(at) = text.find(word) {
                let end = text[at..].find('>').map(|end| at + end + 1);
                if let Some(end) = end {
                    self.text.drain(..end);
                    return Ok(text[..end].to_owned());
                }
            }
            if text.contains("<failure") || text.contains("stream:error") {
                bail!("it refuses: {text}");
            }
            let read = timeout(PATIENCE, self.tcp.read_buf(&mut self.text)).await;
            let read = read.with_context(|| format!("no {word} in {text}"))??;
            ensure!(read > 0, "it closed the stream: {text}");
        }
    }

    /// What was read before is forgotten.
    pub(crate) fn split(self) -> (Reader, Writer) {
        let (reader, writer) = self.tcp.into_split();
        (reader, Writer(writer))
    }
}

/// Brings users online one after the other: where accounts are made in transactions that wait for each other, many at
/// a time take a hundred times as long.
pub(crate) async fn register_all(
    address: SocketAddr,
    users: impl Iterator<Item = String>,
) -> Result<Vec<Stream>> {
    let mut streams = Vec::new();
    for user in users {
        streams.push(Stream::register(address, &user).await?);
    }
    Ok(streams)
}

/// A message of the usual size to somebody.
pub(crate) fn message(to: &str, kind: &str) -> String {
    let content = "x".repeat(CONTENT_BYTES);
    format!("<message to='{to}' type='{kind}'><body>{content}</body></message>")
}

/// Counts messages in what a server sends.
#[derive(Debug)]
pub(crate) struct Counter {
    reader: Reader,
    buffer: Vec<u8>,
    /// So many bytes of [`END`] were the last ones.
    matched: usize,
}

/// Only messages that say something have it; other stanzas do not.
const END: &[u8] = b"</body>";

impl Counter {
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader, buffer: Vec::with_capacity(16 * 1_024), matched: 0 }
    }

    /// Reads on; gives how many messages ended in what was read.
    pub(crate) async fn next(&mut self) -> Result<usize> {
        self.buffer.clear();
        ensure!(self.reader.read_buf(&mut self.buffer).await? > 0, "the server closed the stream");
        Ok(count(&self.buffer, &mut self.matched))
    }
}

/// The first byte of [`END`] comes in it only once, so that a mismatch starts anew.
fn count(bytes: &[u8], matched: &mut usize) -> usize {
    let mut found = 0;
    for &byte in bytes {
        *matched = match byte {
            _ if byte == END[*matched] => *matched + 1,
            b'<' => 1,
            _ => 0,
        };
        if *matched == END.len() {
            (found, *matched) = (found + 1, 0);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_counted_wherever_the_network_cuts() {
        let text = message("a@b", "chat").repeat(3) + "<message><</body></message><presence/>";
        for size in 1..40 {
            let mut matched = 0;
            let found: usize = text.as_bytes().chunks(size).map(|part| count(part, &mut matched)).sum();
            assert_eq!(found, 4, "in pieces of {size}");
        }
    }
}

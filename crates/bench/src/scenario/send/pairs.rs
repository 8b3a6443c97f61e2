//! Senders with their conversations. Messages are sealed before they are measured: the server's work is the question,
//! and it shares the machine with this program.

use super::{CONVERSATIONS_PER_PAIR, Outcome};
use crate::{
    crowd,
    founder::{Founder, accepted},
    identity::Identity,
    server::Server,
    tally::Tally,
    wire::{Heard, Wire},
};
use anyhow::{Context as _, Result};
use asterism_wire::{
    frame::{Accepted, Request, SendMessage},
    ids::ConversationId,
};
use bytes::Bytes;
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Messages that each conversation has ready. The server keeps as many heads at hand to check what senders say about
/// the log, and a little more.
const READY: usize = 120;

/// What a message says, in bytes.
pub(crate) const CONTENT_BYTES: usize = 1_000;

/// All pairs, and their server.
pub(crate) struct Pairs {
    server: Server,
    pairs: Vec<Pair>,
}

struct Pair {
    sender: Arc<Identity>,
    recipient: Identity,
    wire: Wire,
    threads: Vec<Thread>,
}

/// One conversation.
struct Thread {
    founder: Founder,
    ready: VecDeque<SendMessage>,
    /// What the server accepted since the last sealing.
    accepted: Vec<(Bytes, Accepted)>,
}

impl Pairs {
    /// Starts a server, and founds all conversations.
    pub(crate) async fn open(count: u64) -> Result<Self> {
        let server = Server::start().await?;
        let mut making = JoinSet::new();
        for number in 0..count {
            making.spawn(Pair::make(server.address, number));
        }
        let pairs = making.join_all().await.into_iter().collect::<Result<_>>()?;
        Ok(Self { server, pairs })
    }

    /// From now on senders and recipients are told of each message, as devices that are in use are; counted.
    pub(crate) async fn bring_online(&mut self) -> Result<Arc<Tally>> {
        let tally = Arc::new(Tally::default());
        for pair in &self.pairs {
            let conversations = pair.conversations();
            for device in [&*pair.sender, &pair.recipient] {
                let wire = Wire::authenticate(self.server.address, device).await?;
                crowd::follow(wire, &conversations, &tally).await?;
            }
        }
        Ok(tally)
    }

    /// Sends in all conversations at the same time, until the limit or until one has had its messages.
    pub(crate) async fn exchange(&mut self, limit: Duration) -> Result<Outcome> {
        let mut sealing = JoinSet::new();
        for mut pair in self.pairs.drain(..) {
            sealing.spawn_blocking(move || pair.seal().map(|()| pair));
        }
        let sealed: Vec<Pair> = sealing.join_all().await.into_iter().collect::<Result<_>>()?;

        let process = self.server.process()?;
        let cpu_before = process.cpu()?;
        let begun = Instant::now();
        let ends = Arc::new(AtomicBool::new(false));
        let mut sending = JoinSet::new();
        for mut pair in sealed {
            let ends = Arc::clone(&ends);
            sending.spawn(async move { pair.exchange(begun + limit, &ends).await.map(|()| pair) });
        }
        self.pairs = sending.join_all().await.into_iter().collect::<Result<_>>()?;
        let (wall, cpu) = (begun.elapsed(), process.cpu()?.saturating_sub(cpu_before));
        let messages = self.pairs.iter().map(Pair::accepted).sum();
        Ok(Outcome { messages, wall, cpu })
    }
}

impl Pair {
    async fn make(server: SocketAddr, number: u64) -> Result<Self> {
        let sender = Arc::new(Identity::new(format!("sender{number}")));
        let recipient = Identity::new(format!("recipient{number}"));
        let mut wire = Wire::register(server, &sender).await?;
        drop(Wire::register(server, &recipient).await?);
        let mut threads = Vec::new();
        for number in 0..usize::try_from(CONVERSATIONS_PER_PAIR)? {
            let mut founder = Founder::found(&mut wire, &sender, number).await?;
            founder.add(&mut wire, std::slice::from_ref(&recipient)).await?;
            threads.push(Thread { founder, ready: VecDeque::new(), accepted: Vec::new() });
        }
        Ok(Self { sender, recipient, wire, threads })
    }

    fn conversations(&self) -> Vec<ConversationId> {
        self.threads.iter().map(|thread| thread.founder.conversation).collect()
    }

    /// How many messages since the last sealing.
    fn accepted(&self) -> u64 {
        self.threads.iter().map(|thread| thread.accepted.len() as u64).sum()
    }

    fn seal(&mut self) -> Result<()> {
        for thread in &mut self.threads {
            for (body, accepted) in thread.accepted.drain(..) {
                thread.founder.follow_message(&body, &accepted)?;
            }
            thread.ready.clear();
            for _ in 0..READY {
                thread.ready.push_back(thread.founder.message(&[b'x'; CONTENT_BYTES])?);
            }
        }
        Ok(())
    }

    /// One message under way in each conversation; the next when it is accepted.
    async fn exchange(&mut self, until: Instant, ends: &AtomicBool) -> Result<()> {
        let mut under_way = HashMap::new();
        for at in 0..self.threads.len() {
            self.send_next(at, &mut under_way, ends).await?;
        }
        while !under_way.is_empty() {
            let Heard::Answer(id, answer) = self.wire.hear().await? else { continue };
            let (at, body) = under_way.remove(&id).context("an answer to nothing")?;
            self.threads[at].accepted.push((body, accepted(answer)?));
            if Instant::now() < until && !ends.load(Relaxed) {
                self.send_next(at, &mut under_way, ends).await?;
            }
        }
        Ok(())
    }

    async fn send_next(
        &mut self,
        at: usize,
        under_way: &mut HashMap<u64, (usize, Bytes)>,
        ends: &AtomicBool,
    ) -> Result<()> {
        match self.threads[at].ready.pop_front() {
            Some(message) => {
                let body = message.body.clone();
                let id = self.wire.send(Request::SendMessage(message)).await?;
                under_way.insert(id, (at, body));
            }
            None => ends.store(true, Relaxed),
        }
        Ok(())
    }
}

//! An Asterism group as a room: real members in a real MLS group, of which only the sender's device holds the keys.

use super::{CONTENT_BYTES, Room};
use crate::{
    crowd,
    founder::{Founder, accepted},
    identity::Identity,
    process::Process,
    server::Server,
    tally::Tally,
    wire::{Heard, Wire},
};
use anyhow::Result;
use asterism_wire::frame::{Request, SendMessage};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

/// The group, with everybody online.
pub(crate) struct GroupRoom {
    server: Server,
    tally: Arc<Tally>,
    receivers: u64,
    founder: Founder,
    /// The sender posts here, and follows the group on a second connection like everybody.
    sender: Wire,
    ready: VecDeque<SendMessage>,
    /// Bodies of what the server has not answered yet, by the request's id.
    posted: HashMap<u64, Bytes>,
}

impl GroupRoom {
    /// Starts a server, and fills a group.
    pub(crate) async fn open(devices: u64) -> Result<Self> {
        let server = Server::start().await?;
        let owner = Arc::new(Identity::new("owner"));
        let members: Vec<_> = (1..devices).map(|n| Identity::new(format!("member{n}"))).collect();
        let mut sender = Wire::register(server.address, &owner).await?;
        crowd::register(server.address, &members).await?;
        let mut founder = Founder::found(&mut sender, &owner, 0).await?;
        founder.add(&mut sender, &members).await?;

        let tally = Arc::new(Tally::default());
        let conversation = [founder.conversation];
        let mut wires = crowd::connect(server.address, &members).await?;
        wires.push(Wire::authenticate(server.address, &owner).await?);
        crowd::each(wires, |wire| crowd::follow(wire, &conversation, &tally)).await?;
        let (ready, posted) = (VecDeque::new(), HashMap::new());
        Ok(Self { server, tally, receivers: devices, founder, sender, ready, posted })
    }
}

impl Room for GroupRoom {
    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn receivers(&self) -> u64 {
        self.receivers
    }

    fn process(&self) -> Result<Process> {
        self.server.process()
    }

    fn prepare(&mut self, posts: u64) -> Result<()> {
        for _ in 0..posts {
            self.ready.push_back(self.founder.message(&[b'x'; CONTENT_BYTES])?);
        }
        Ok(())
    }

    async fn post(&mut self) -> Result<()> {
        if let Some(message) = self.ready.pop_front() {
            let body = message.body.clone();
            let id = self.sender.send(Request::SendMessage(message)).await?;
            self.posted.insert(id, body);
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<()> {
        // They take effect in the order sent, and are answered in any order.
        let mut answered = BTreeMap::new();
        while !self.posted.is_empty() {
            if let Heard::Answer(id, answer) = self.sender.hear().await?
                && let Some(body) = self.posted.remove(&id)
            {
                let accepted = accepted(answer)?;
                answered.insert(accepted.seq, (body, accepted));
            }
        }
        for (body, accepted) in answered.values() {
            self.founder.follow_message(body, accepted)?;
        }
        Ok(())
    }
}

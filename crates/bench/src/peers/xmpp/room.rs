//! A room of XEP-0045 with everybody in it.

use super::stream::{self, Counter, Stream, Writer, message};
use crate::{peers::instance::Instance, process::Process, scenario::fanout::Room, tally::Tally};
use anyhow::Result;
use std::sync::Arc;

/// The room's address.
const ROOM: &str = "bench@conference.localhost";

/// The room, its server and its occupants.
pub(super) struct MucRoom {
    instance: Instance,
    tally: Arc<Tally>,
    receivers: u64,
    /// The first occupant's.
    sender: Writer,
    stanza: String,
    /// The other occupants': a stream without its writing half is closed.
    _writers: Vec<Writer>,
}

impl MucRoom {
    /// Registers everybody, and has them enter one after the other.
    pub(super) async fn open(instance: Instance, occupants: u64) -> Result<Self> {
        let address = instance.address;
        let names = (0..occupants).map(|n| format!("user{n}"));
        let streams = stream::register_all(address, names).await?;
        let tally = Arc::new(Tally::default());
        let mut writers = Vec::new();
        for (number, mut stream) in streams.into_iter().enumerate() {
            enter(&mut stream, number).await?;
            let (reader, writer) = stream.split();
            writers.push(writer);
            tokio::spawn(receive(Counter::new(reader), Arc::clone(&tally)));
        }
        let sender = writers.remove(0);
        let stanza = message(ROOM, "groupchat");
        Ok(Self { instance, tally, receivers: occupants, sender, stanza, _writers: writers })
    }
}

/// 110 is the status of one's own presence, which comes last.
async fn enter(stream: &mut Stream, number: usize) -> Result<()> {
    let presence = format!(
        "<presence to='{ROOM}/user{number}'><x xmlns='http://jabber.org/protocol/muc'>\
         <history maxstanzas='0'/></x></presence>"
    );
    stream.ask(&presence, "code='110'").await?;
    Ok(())
}

async fn receive(mut counter: Counter, tally: Arc<Tally>) {
    loop {
        match counter.next().await {
            Ok(0) => {}
            Ok(messages) => tally.add(messages as u64),
            Err(error) => return tally.fail(&error),
        }
    }
}

impl Room for MucRoom {
    fn tally(&self) -> &Tally {
        &self.tally
    }

    fn receivers(&self) -> u64 {
        self.receivers
    }

    fn process(&self) -> Result<Process> {
        self.instance.process()
    }

    fn prepare(&mut self, _: u64) -> Result<()> {
        Ok(())
    }

    async fn post(&mut self) -> Result<()> {
        self.sender.write(&self.stanza).await
    }

    async fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

//! Many light devices: registered, connected, and counting what is pushed to them.

use crate::{
    identity::Identity,
    tally::Tally,
    wire::{self, Heard, Wire},
};
use anyhow::{Context as _, Result, ensure};
use asterism_wire::{
    entry::{Entry, EntryKind},
    frame::{Answer, Appended, Behind, Fetch, Happened, Request, Subscribe},
    ids::ConversationId,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};

/// Devices that are being set up at a time.
const AT_ONCE: usize = 64;

/// Runs one step for each item, some at a time; in the items' order.
pub(crate) async fn each<T, R, F>(items: impl IntoIterator<Item = T>, step: impl Fn(T) -> F) -> Result<Vec<R>>
where
    F: Future<Output = Result<R>>,
{
    stream::iter(items.into_iter().map(step)).buffered(AT_ONCE).try_collect().await
}

/// Creates their accounts, and leaves.
pub(crate) async fn register(address: SocketAddr, devices: &[Identity]) -> Result<()> {
    each(devices, async |device| Wire::register(address, device).await.map(drop)).await.map(drop)
}

/// Connects them all.
pub(crate) async fn connect(address: SocketAddr, devices: &[Identity]) -> Result<Vec<Wire>> {
    each(devices, async |device| Wire::authenticate(address, device).await).await
}

/// Has a device follow conversations from now on, on a task of its own, and count their messages. Fails unless it
/// is a member of all.
pub(crate) async fn follow(
    mut wire: Wire,
    conversations: &[ConversationId],
    tally: &Arc<Tally>,
) -> Result<()> {
    let request = Subscribe { conversations: conversations.iter().map(ConversationId::to_vec).collect() };
    let Answer::Subscribed(subscribed) = wire.ask(Request::Subscribe(request)).await? else {
        anyhow::bail!("the server did not subscribe a device");
    };
    let mut places = HashMap::new();
    for standing in subscribed.standings {
        ensure!(standing.member, "a device is not a member");
        let (cursor, head) = (standing.head_seq, standing.head_seq);
        places.insert(standing.conversation, Place { cursor, head, fetches: false });
    }
    let tally = Arc::clone(tally);
    tokio::spawn(async move {
        let mut follower = Follower { wire, places, asked: HashMap::new(), tally };
        if let Err(error) = follower.run().await {
            follower.tally.fail(&error);
        }
    });
    Ok(())
}

/// A device, and where it stands in each conversation.
struct Follower {
    wire: Wire,
    places: HashMap<Vec<u8>, Place>,
    /// Fetches that are not answered.
    asked: HashMap<u64, Vec<u8>>,
    tally: Arc<Tally>,
}

#[derive(Default)]
struct Place {
    /// Position of the last entry that was taken.
    cursor: u64,
    /// The highest position that was heard of.
    head: u64,
    fetches: bool,
}

impl Follower {
    async fn run(&mut self) -> Result<()> {
        loop {
            let conversation = match self.wire.hear().await? {
                Heard::Push(Happened::Appended(Appended { conversation, entry })) => {
                    let entry = entry.context("a push without its entry")?;
                    self.take(&conversation, &[entry])?;
                    conversation
                }
                Heard::Push(Happened::Behind(Behind { conversation, head_seq })) => {
                    let place = self.place(&conversation)?;
                    place.head = place.head.max(head_seq);
                    conversation
                }
                Heard::Answer(id, Answer::Entries(page)) => {
                    let conversation = self.asked.remove(&id).context("an answer to nothing")?;
                    self.take(&conversation, &page.entries)?;
                    self.place(&conversation)?.fetches = false;
                    conversation
                }
                Heard::Answer(_, other) => return Err(wire::unexpected(&other)),
                Heard::Push(_) => continue,
            };
            self.catch_up(conversation).await?;
        }
    }

    /// Takes those entries that are next, and counts messages.
    fn take(&mut self, conversation: &[u8], entries: &[Entry]) -> Result<()> {
        let place = self.place(conversation)?;
        let mut messages = 0;
        for entry in entries {
            place.head = place.head.max(entry.seq);
            if entry.seq == place.cursor + 1 {
                place.cursor = entry.seq;
                messages += u64::from(entry.kind == EntryKind::Message as i32);
            }
        }
        if messages > 0 {
            self.tally.add(messages);
        }
        Ok(())
    }

    /// As every device does that misses something: it reads the log from its cursor.
    async fn catch_up(&mut self, conversation: Vec<u8>) -> Result<()> {
        let place = self.place(&conversation)?;
        if place.cursor >= place.head || place.fetches {
            return Ok(());
        }
        place.fetches = true;
        let from_seq = place.cursor + 1;
        let request = Fetch { conversation: conversation.clone(), from_seq, entries_max: 0 };
        let id = self.wire.send(Request::Fetch(request)).await?;
        self.asked.insert(id, conversation);
        Ok(())
    }

    fn place(&mut self, conversation: &[u8]) -> Result<&mut Place> {
        self.places.get_mut(conversation).context("a push of a conversation that was not asked for")
    }
}

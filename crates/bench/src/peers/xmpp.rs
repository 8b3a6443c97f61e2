//! XMPP, as much as rooms and direct messages need: stanzas are written as text, and of what is read only the bodies
//! of messages are counted (RFC 6120, 6121; XEP-0045, XEP-0077).

mod room;
mod stream;

use super::instance::Instance;
use crate::{
    report::Figure,
    scenario::{
        fanout,
        send::{CONVERSATIONS_PER_PAIR, Outcome, Plan},
    },
};
use anyhow::{Context as _, Result};
use room::MucRoom;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use stream::{Counter, Reader, Stream, Writer, message};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};

/// For a message that is under way.
const PATIENCE: Duration = Duration::from_secs(60);

/// `fanout` in a room with an archive.
pub(super) async fn fanout(instance: Result<Instance>, plan: &fanout::Plan) -> Result<Vec<Figure>> {
    let mut room = MucRoom::open(instance?, plan.devices).await?;
    fanout::measure(&mut room, plan).await
}

/// `send` among pairs, both online, with an archive. XMPP has no answer that says "stored": a message counts when its
/// recipient has it.
pub(super) async fn send(instance: Result<Instance>, plan: &Plan) -> Result<Vec<Figure>> {
    let instance = instance?;
    let address = instance.address;
    let names = |role: &'static str| (0..plan.pairs).map(move |number| format!("{role}{number}"));
    let senders = stream::register_all(address, names("sender")).await?;
    let recipients = stream::register_all(address, names("recipient")).await?;

    let process = instance.process()?;
    let cpu_before = process.cpu()?;
    let begun = Instant::now();
    let until = begun + Duration::from_secs(plan.seconds);
    let mut sending = JoinSet::new();
    for (number, (sender, recipient)) in senders.into_iter().zip(recipients).enumerate() {
        sending.spawn(exchange(number, sender, recipient, until));
    }
    let counts: Vec<u64> = sending.join_all().await.into_iter().collect::<Result<_>>()?;
    let (wall, cpu) = (begun.elapsed(), process.cpu()?.saturating_sub(cpu_before));
    Ok(Outcome { messages: counts.iter().sum(), wall, cpu }.online())
}

/// As many messages under way as a pair of ours has; gives how many were received.
async fn exchange(number: usize, sender: Stream, recipient: Stream, until: Instant) -> Result<u64> {
    let under_way = u32::try_from(CONVERSATIONS_PER_PAIR)?;
    let window = Arc::new(Semaphore::new(usize::try_from(CONVERSATIONS_PER_PAIR)?));
    let (_unread, mut writer): (Reader, Writer) = sender.split();
    let (reader, _unwritten) = recipient.split();
    let returned = Arc::clone(&window);
    let receiving = tokio::spawn(async move {
        let mut counter = Counter::new(reader);
        loop {
            returned.add_permits(counter.next().await?);
        }
        #[expect(unreachable_code, reason = "gives the task its type")]
        anyhow::Ok(())
    });
    let stanza = message(&format!("recipient{number}@localhost"), "chat");
    let mut sent = 0;
    while Instant::now() < until {
        let permit = timeout(PATIENCE, window.acquire()).await.context("a message does not come")??;
        permit.forget();
        writer.write(&stanza).await?;
        sent += 1;
    }
    // All that were under way have come when the window is whole again.
    timeout(PATIENCE, window.acquire_many(under_way)).await.context("a message does not come")??.forget();
    receiving.abort();
    Ok(sent)
}

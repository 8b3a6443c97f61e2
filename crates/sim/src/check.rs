//! The checker: what must be true of what everybody saw, whatever happened on the way.

use crate::world::World;
use asterism_core::{Answer, Item, Request, api::MessageInfo};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

/// A send that the server acknowledged to its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) message: String,
    pub(crate) conversation: String,
    pub(crate) sender: usize,
}

/// Everything that a client shows of one conversation.
struct View {
    /// Whether the client is in it: then it has all up to the end.
    present: bool,
    messages: Vec<MessageInfo>,
}

/// Asks every client what it shows, and compares.
pub(crate) fn check(world: &mut World, acknowledged: &[Acknowledged]) -> Result<u64, Violation> {
    let mut repairs = 0;
    let mut views: BTreeMap<String, BTreeMap<usize, View>> = BTreeMap::new();
    for index in 0..world.clients.len() {
        if world.clients[index].hostile {
            continue;
        }
        repairs += check_counters(world, index)?;
        for (conversation, view) in shown(world, index)? {
            views.entry(conversation).or_default().insert(index, view);
        }
    }
    for (conversation, by_client) in &views {
        for (index, view) in by_client {
            check_view(world, *index, &view.messages)?;
        }
        check_order(conversation, by_client)?;
    }
    for sent in acknowledged {
        check_delivered(world, sent, &views)?;
    }
    Ok(repairs)
}

fn check_counters(world: &mut World, index: usize) -> Result<u64, Violation> {
    let name = world.clients[index].name.clone();
    if let Some(error) = &world.clients[index].fatal {
        return Err(Violation(format!("{name} stopped: {error}")));
    }
    if let Some(code) = world.clients[index].alarms.first() {
        return Err(Violation(format!("{name} raised {code} with an honest server")));
    }
    match world.ask(index, Request::Sync) {
        Ok(Answer::Synced { undecryptable: 0, epoch_repairs, .. }) => Ok(epoch_repairs),
        Ok(Answer::Synced { undecryptable, .. }) => {
            Err(Violation(format!("{name} could not open {undecryptable} messages")))
        }
        other => Err(Violation(format!("{name} does not come up to date: {other:?}"))),
    }
}

fn shown(world: &mut World, index: usize) -> Result<BTreeMap<String, View>, Violation> {
    let name = world.clients[index].name.clone();
    let conversations = match world.ask(index, Request::Conversations) {
        Ok(Answer::List(conversations)) => conversations,
        other => return Err(Violation(format!("{name} cannot list its conversations: {other:?}"))),
    };
    let mut shown = BTreeMap::new();
    for item in conversations {
        let Item::Conversation(conversation) = item else { continue };
        let read =
            Request::Read { target: conversation.group.clone(), since: None, limit: 10_000, events: false };
        let Ok(Answer::List(messages)) = world.ask(index, read) else {
            return Err(Violation(format!("{name} cannot read a conversation")));
        };
        // An announcement in a group stands beside its messages; `announced` looks at those.
        let beside = conversation.kind != "announcements";
        let view = messages
            .into_iter()
            .filter_map(|item| if let Item::Message(message) = item { Some(message) } else { None })
            .filter(|message| !(beside && message.announcement))
            .collect();
        let present = conversation.state == "active";
        if present && conversation.kind == "group" && conversation.name.is_empty() {
            return Err(Violation(format!("{name} does not know the name of a group that it is in")));
        }
        shown.insert(conversation.group, View { present, messages: view });
    }
    Ok(shown)
}

/// Once each, in the order of the log, nothing unreadable.
fn check_view(world: &World, index: usize, view: &[MessageInfo]) -> Result<(), Violation> {
    let name = &world.clients[index].name;
    let mut seen = BTreeSet::new();
    let mut last = 0;
    for message in view.iter().filter(|m| m.seq > 0) {
        if !seen.insert(&message.message) {
            return Err(Violation(format!("{name} shows a message twice")));
        }
        if message.seq <= last {
            return Err(Violation(format!("{name} shows messages out of order")));
        }
        last = message.seq;
    }
    Ok(())
}

/// A message is at the same position for everybody who shows it.
fn check_order(conversation: &str, views: &BTreeMap<usize, View>) -> Result<(), Violation> {
    let mut positions: BTreeMap<&str, u64> = BTreeMap::new();
    let mut at: BTreeMap<u64, &str> = BTreeMap::new();
    for message in views.values().flat_map(|view| &view.messages).filter(|m| m.seq > 0) {
        let position = positions.entry(&message.message).or_insert(message.seq);
        let id = at.entry(message.seq).or_insert(&message.message);
        if *position != message.seq || *id != message.message {
            return Err(Violation(format!("{conversation} has two orders")));
        }
    }
    Ok(())
}

/// Whoever shows an earlier message of a conversation shows what follows, up to the end or their leaving; and the
/// sender shows what was acknowledged.
fn check_delivered(
    world: &World,
    sent: &Acknowledged,
    views: &BTreeMap<String, BTreeMap<usize, View>>,
) -> Result<(), Violation> {
    let by_client = views.get(&sent.conversation);
    let own = by_client.and_then(|v| v.get(&sent.sender));
    let name = &world.clients[sent.sender].name;
    let Some(message) = own.and_then(|v| v.messages.iter().find(|m| m.message == sent.message)) else {
        return Err(Violation(format!(
            "{name} no longer shows an acknowledged message {} of {}",
            sent.message, sent.conversation
        )));
    };
    if message.seq == 0 {
        return Err(Violation(format!("{name} shows an acknowledged message as not sent")));
    }
    for (index, view) in by_client.into_iter().flatten() {
        let mut placed = view.messages.iter().filter(|m| m.seq > 0);
        let (Some(first), last) = (placed.next(), placed.next_back()) else { continue };
        let until = if view.present { u64::MAX } else { last.map_or(0, |last| last.seq) };
        // A device that left and came back has a gap, which the plan knows; see `plan`.
        let within = first.seq < message.seq && message.seq < until;
        let continuous = !world.clients[*index].was_away.contains(&sent.conversation);
        if within && continuous && !view.messages.iter().any(|m| m.message == sent.message) {
            return Err(Violation(format!(
                "{} never showed an acknowledged message",
                world.clients[*index].name
            )));
        }
    }
    Ok(())
}

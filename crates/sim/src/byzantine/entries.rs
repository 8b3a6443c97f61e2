//! Lies about single entries: told otherwise than they are in the log.

use super::{
    attack::Act,
    layer::{Layer, appended, push},
};
use asterism_wire::{
    ConversationId,
    entry::{Entry, EntryKind, Receipt},
    frame::{Behind, Happened, InboxItem, ReceiptAttached, ReceiptWanted, ServerFrame},
};

/// How many bogus pushes go with a real one.
const FLOOD: u64 = 40;

/// What the victim is told in place of an entry that is pushed, and with it.
pub(super) fn pushed(layer: &mut Layer, id: ConversationId, entry: Entry) -> Vec<ServerFrame> {
    let mut frames: Vec<ServerFrame> = Vec::new();
    let commit = entry.kind == EntryKind::Commit as i32 && id == layer.target;
    let seq = entry.seq;
    frames.extend(told(layer, id, entry).into_iter().map(|entry| appended(id, entry)));
    match layer.act {
        Some(Act::ReceiptByStranger | Act::ReceiptGarbled) if commit => {
            frames.extend(receipt(layer, id, seq));
        }
        Some(Act::FloodBehind) => flood(layer, &mut frames, |n| {
            let head_seq = if n % 2 == 0 { u64::MAX / 2 } else { n };
            Happened::Behind(Behind { conversation: id.to_vec(), head_seq })
        }),
        Some(Act::FloodInbox) => flood(layer, &mut frames, |n| {
            Happened::Inbox(InboxItem { position: n, conversation: id.to_vec(), ..InboxItem::default() })
        }),
        Some(Act::FloodReceiptWanted) => flood(layer, &mut frames, |n| {
            Happened::ReceiptWanted(ReceiptWanted { conversation: id.to_vec(), commit_seq: n })
        }),
        Some(Act::Garbage) if layer.hits == 0 => {
            layer.hits += 1;
            frames.push(ServerFrame { body: None });
        }
        _ => {}
    }
    frames
}

fn flood(layer: &mut Layer, frames: &mut Vec<ServerFrame>, one: impl Fn(u64) -> Happened) {
    layer.hits += 1;
    frames.extend((0..FLOOD).map(|n| push(one(n))));
}

fn receipt(layer: &mut Layer, id: ConversationId, seq: u64) -> Option<ServerFrame> {
    let planted = layer.planted.as_ref()?;
    let receipt = if layer.act == Some(Act::ReceiptByStranger) {
        planted.receipt(id, seq)
    } else {
        let member = layer.trackers.get(&id)?.leaves().into_iter().next()?;
        Receipt {
            commit_seq: seq,
            authenticator_hash: vec![3; 32],
            device: member.leaf.device.to_vec(),
            signature: vec![4; 64],
        }
    };
    layer.hits += 1;
    Some(push(Happened::ReceiptAttached(ReceiptAttached {
        conversation: id.to_vec(),
        receipt: Some(receipt),
    })))
}

/// What the victim is told in place of one entry.
pub(super) fn told(layer: &mut Layer, id: ConversationId, mut entry: Entry) -> Vec<Entry> {
    if id != layer.target || !is_chosen(layer, &entry) {
        return vec![entry];
    }
    layer.hits += 1;
    match layer.act {
        Some(Act::OmitEntry) => return Vec::new(),
        Some(Act::OtherBody) => {
            let mut body = entry.body.to_vec();
            let at = usize::try_from(layer.salt).unwrap_or(0) % body.len();
            body[at] ^= 1;
            entry.body = body.into();
        }
        Some(Act::OtherHead) => entry.head[5] ^= 1,
        Some(Act::OtherKind) => entry.kind = EntryKind::Vault as i32,
        Some(Act::OtherTime) => entry.server_time_ms += 1,
        Some(Act::Withhold | Act::WithholdCommit) => {
            entry.withheld_hash = entry.body_hash().map(|hash| hash.to_vec()).unwrap_or_default();
            entry.body = bytes::Bytes::new();
        }
        Some(Act::OtherEpochNumber | Act::FakeGroupForRepair | Act::FakeGroupForSecondTry) => {
            entry.epoch += 1
        }
        Some(Act::OtherEpochStart) => entry.epoch_opened_by += 1,
        Some(Act::ForeignKey) => {
            let own = layer.keys.iter().find(|(_, client)| **client == layer.victim);
            entry.idempotency = own.map(|(key, _)| key.clone()).unwrap_or_default();
        }
        Some(Act::NoKey) => entry.idempotency.clear(),
        _ => layer.hits -= 1,
    }
    vec![entry]
}

/// The first entry of the wanted kind after arming, and the same one whenever it is told again.
fn is_chosen(layer: &mut Layer, entry: &Entry) -> bool {
    if let Some(chosen) = layer.chosen {
        return chosen == entry.seq;
    }
    if entry.seq <= layer.seen {
        return false;
    }
    layer.seen = entry.seq;
    let own = layer.keys.get(&entry.idempotency) == Some(&layer.victim);
    let fits = match layer.act {
        Some(Act::WithholdCommit) => entry.kind == EntryKind::Commit as i32,
        Some(Act::NoKey) => entry.kind == EntryKind::Message as i32 && own,
        Some(
            Act::OmitEntry
            | Act::OtherBody
            | Act::OtherHead
            | Act::OtherKind
            | Act::OtherTime
            | Act::Withhold
            | Act::OtherEpochNumber
            | Act::OtherEpochStart
            | Act::FakeGroupForRepair
            | Act::FakeGroupForSecondTry
            | Act::ForeignKey,
        ) => entry.kind == EntryKind::Message as i32 && !own,
        _ => false,
    };
    if fits && layer.passed < layer.salt % 3 {
        // Not always the first one.
        layer.passed += 1;
        return false;
    }
    if fits {
        layer.chosen = Some(entry.seq);
    }
    fits
}

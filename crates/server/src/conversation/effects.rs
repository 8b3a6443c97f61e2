//! What happens when something has become durable: who is told, who is no longer told, what is due.

use super::shared::Shared;
use crate::{encode, fanout::Listener};
use asterism_policy::Leaf;
use asterism_wire::{
    entry::Entry,
    frame::{Appended, Happened, InboxItem, ReceiptWanted},
    ids::{AccountId, ConversationId, DeviceId, Seq, Timestamp},
};
use bytes::Bytes;

/// Applied in the order of the fields, after everything before it in the same conversation.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// A connection wants to be told from now on.
    pub(super) subscribe: Option<Listener<Leaf>>,
    /// Devices that are members again: their connections are told again, beginning with these entries.
    pub(super) return_to: Vec<(AccountId, DeviceId)>,
    /// Entries that were appended.
    pub(super) entries: Vec<Entry>,
    /// Devices that are no longer members, but learn of the entries above.
    pub(super) unsubscribe: Vec<DeviceId>,
    /// Inbox items that were added.
    pub(super) inbox: Vec<(DeviceId, InboxItem)>,
    /// Something for all who are online, except a connection.
    pub(super) signal: Option<(Bytes, Option<u64>)>,
    /// A commit for which devices are asked for a receipt.
    pub(super) receipt_wanted: Option<Wanted>,
    /// The author of a commit that was voided.
    pub(super) voided: Option<AccountId>,
    /// Who refused what is settled now.
    pub(super) overruled: Vec<AccountId>,
    /// Verdicts are due no more.
    pub(super) not_due: Vec<Timestamp>,
    /// A verdict is due.
    pub(super) due: Option<Timestamp>,
}

/// Which devices are asked for a receipt.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) commit: Seq,
    /// Whose devices are not asked.
    pub(super) author: AccountId,
    /// Whose devices are asked before all others.
    pub(super) first: Vec<AccountId>,
    /// How many devices, each of another account.
    pub(super) count: usize,
}

impl Effects {
    pub(super) fn apply(self, conversation: ConversationId, shared: &Shared) {
        if let Some(subscriber) = self.subscribe {
            shared.fanout.subscribe(conversation, subscriber);
        }
        for (account, device) in self.return_to {
            for connection in shared.online.connections(device) {
                let who = Leaf { account, device };
                shared.fanout.subscribe(conversation, Listener { who, connection });
            }
        }
        for entry in self.entries {
            let seq = entry.position();
            let appended = Appended { conversation: conversation.to_vec(), entry: Some(entry) };
            shared.fanout.push_entry(conversation, seq, &encode::push(Happened::Appended(appended)));
        }
        if !self.unsubscribe.is_empty() {
            shared.fanout.retain(conversation, |leaf| !self.unsubscribe.contains(&leaf.device));
        }
        for (device, item) in self.inbox {
            push_inbox(shared, device, item);
        }
        if let Some((frame, except)) = self.signal {
            shared.fanout.push_signal(conversation, except, &frame);
        }
        if let Some(wanted) = self.receipt_wanted {
            ask_for_receipts(shared, conversation, &wanted);
        }
        if let Some(author) = self.voided {
            shared.throttle.voided(conversation, author, shared.clock.now());
        }
        for account in self.overruled {
            shared.throttle.overruled(conversation, account, shared.clock.now());
        }
        shared.deadlines.change(conversation, &self.not_due, self.due);
    }
}

fn push_inbox(shared: &Shared, device: DeviceId, item: InboxItem) {
    let connections = shared.online.connections(device);
    if connections.is_empty() {
        return;
    }
    let frame = encode::push(Happened::Inbox(item));
    for connection in connections {
        connection.push_inbox(frame.clone());
    }
}

fn ask_for_receipts(shared: &Shared, conversation: ConversationId, wanted: &Wanted) {
    let asked = ReceiptWanted { conversation: conversation.to_vec(), commit_seq: wanted.commit.0 };
    let frame = encode::push(Happened::ReceiptWanted(asked));
    let is_first = |account: AccountId| wanted.first.contains(&account);
    let mut random = shared.random.generator();
    let asked = shared.fanout.others(conversation, wanted.author, wanted.count, &mut random, is_first);
    for connection in asked {
        connection.push_signal(frame.clone());
    }
}

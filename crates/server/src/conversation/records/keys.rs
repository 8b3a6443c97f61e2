//! The keys of the records; see the table in [`super`].

use asterism_store::Key;
use asterism_wire::ids::{AccountId, ConversationId, DeviceId, Seq, TicketId, Timestamp};

fn of(family: &'static str, conversation: ConversationId) -> Key {
    Key::from_static(family).push(conversation.as_bytes())
}

pub(crate) fn meta(c: ConversationId) -> Key {
    of("conversation/", c)
}

pub(crate) fn all_meta() -> Key {
    Key::from_static("conversation/")
}

pub(crate) fn epochs(c: ConversationId) -> Key {
    of("epoch/", c)
}

pub(crate) fn epoch(c: ConversationId, opened_by: Seq) -> Key {
    epochs(c).push_u64(opened_by.0)
}

pub(crate) fn snapshot(c: ConversationId, at: Seq) -> Key {
    of("snapshot/", c).push_u64(at.0)
}

pub(crate) fn snapshots(c: ConversationId) -> Key {
    of("snapshot-at/", c)
}

pub(crate) fn snapshot_at(c: ConversationId, at: Seq) -> Key {
    snapshots(c).push_u64(at.0)
}

pub(crate) fn open_commits(c: ConversationId) -> Key {
    of("open-commit/", c)
}

pub(crate) fn open_commit(c: ConversationId, seq: Seq) -> Key {
    open_commits(c).push_u64(seq.0)
}

pub(crate) fn receipts(c: ConversationId) -> Key {
    of("receipt/", c)
}

pub(crate) fn receipt(c: ConversationId, commit: Seq) -> Key {
    receipts(c).push_u64(commit.0)
}

pub(crate) fn all_void_due() -> Key {
    Key::from_static("void-due/")
}

pub(crate) fn void_due(at: Timestamp, c: ConversationId) -> Key {
    all_void_due().push_u64(at.0).push(c.as_bytes())
}

pub(crate) fn voids(c: ConversationId) -> Key {
    of("voids/", c)
}

pub(crate) fn vaults(c: ConversationId) -> Key {
    of("vault/", c)
}

pub(crate) fn vault(c: ConversationId, name: &str) -> Key {
    vaults(c).push(name.as_bytes())
}

pub(crate) fn vault_size(c: ConversationId) -> Key {
    of("vault-size/", c)
}

pub(crate) fn wrap(c: ConversationId, ticket: TicketId) -> Key {
    of("wrap/", c).push(ticket.as_bytes())
}

pub(crate) fn past_keys(c: ConversationId) -> Key {
    of("past-key/", c)
}

pub(crate) fn past_key(c: ConversationId, generation: u64) -> Key {
    past_keys(c).push_u64(generation)
}

pub(crate) fn member(c: ConversationId, device: DeviceId) -> Key {
    of("member/", c).push(device.as_bytes())
}

pub(crate) fn read_up_to(c: ConversationId, device: DeviceId) -> Key {
    of("read-up-to/", c).push(device.as_bytes())
}

pub(crate) fn participations(account: AccountId) -> Key {
    Key::from_static("participant/").push(account.as_bytes())
}

pub(crate) fn participation(account: AccountId, c: ConversationId) -> Key {
    participations(account).push(c.as_bytes())
}

pub(crate) fn ticket(ticket: TicketId) -> Key {
    Key::from_static("ticket/").push(ticket.as_bytes())
}

pub(crate) fn inbox(device: DeviceId) -> Key {
    Key::from_static("inbox/").push(device.as_bytes())
}

pub(crate) fn inbox_item(device: DeviceId, position: u64) -> Key {
    inbox(device).push_u64(position)
}

pub(crate) fn inbox_head(device: DeviceId) -> Key {
    Key::from_static("inbox-head/").push(device.as_bytes())
}

/// The number at the end of a key.
pub(crate) fn last_number(key: &Key) -> Option<u64> {
    key.as_bytes().last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// The conversation at the end of a key.
pub(crate) fn last_conversation(key: &Key) -> Option<ConversationId> {
    key.as_bytes().last_chunk::<16>().map(|bytes| ConversationId(*bytes))
}

/// The device whose membership the key is of.
pub(crate) fn member_device(key: &[u8]) -> Option<DeviceId> {
    key.strip_prefix(b"member/")?.last_chunk::<16>().map(|bytes| DeviceId(*bytes))
}

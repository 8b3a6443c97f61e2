//! Heads: the hash chain over a conversation's log (docs/protocol.md §4.2).

use crate::{
    entry::EntryKind,
    ids::{ConversationId, Hash, Seq, Timestamp},
    signing::hash,
};

/// The head before the first entry.
#[must_use]
pub fn genesis(conversation: ConversationId) -> Hash {
    hash("asterism 1 head genesis", &[conversation.as_bytes()])
}

/// h_i = H(h_{i-1} ‖ conversation ‖ seq ‖ kind ‖ server time ‖ H(body)).
#[must_use]
pub fn next(
    previous: Hash,
    conversation: ConversationId,
    seq: Seq,
    kind: EntryKind,
    server_time: Timestamp,
    body_hash: Hash,
) -> Hash {
    hash(
        "asterism 1 head",
        &[
            previous.as_bytes(),
            conversation.as_bytes(),
            &seq.0.to_be_bytes(),
            &(kind as i32).to_be_bytes(),
            &server_time.0.to_be_bytes(),
            body_hash.as_bytes(),
        ],
    )
}

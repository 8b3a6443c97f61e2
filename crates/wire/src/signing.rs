//! What is signed, byte for byte: one label per kind of statement, so that a signature for one purpose
//! is worth nothing for another (docs/protocol.md §2.3).

use crate::ids::{
    AccountId, CommunityId, ConversationId, DeviceId, Epoch, Hash, Seq, SubscriberId, TicketId,
};
use sha2::{Digest, Sha256};

/// Builds bytes to be signed or hashed: each part is preceded by its length as a big-endian `u32`, the
/// label comes first.
#[must_use]
pub fn transcript(label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + parts.iter().map(|p| p.len() + 4).sum::<usize>());
    for part in std::iter::once(&label.as_bytes()).chain(parts) {
        let len = u32::try_from(part.len()).expect("parts are bounded by the frame limit");
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

/// SHA-256 of a [`transcript`].
#[must_use]
pub fn hash(label: &str, parts: &[&[u8]]) -> Hash {
    Hash(Sha256::digest(transcript(label, parts)).into())
}

/// SHA-256 of plain bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// The account id of a first account key (§3.1).
#[must_use]
pub fn account_id(first_account_key: &[u8]) -> AccountId {
    AccountId(hash("asterism 1 account", &[first_account_key]).0)
}

/// The device id of a device's signature key (§3.2).
#[must_use]
pub fn device_id(signature_key: &[u8]) -> DeviceId {
    let full = hash("asterism 1 device", &[signature_key]).0;
    let mut id = [0; DeviceId::LEN];
    id.copy_from_slice(&full[..DeviceId::LEN]);
    DeviceId(id)
}

/// The ticket id of a link's two public keys (§5.1).
#[must_use]
pub fn ticket_id(signature_key: &[u8], seal_key: &[u8]) -> TicketId {
    let full = hash("asterism 1 ticket", &[signature_key, seal_key]).0;
    let mut id = [0; TicketId::LEN];
    id.copy_from_slice(&full[..TicketId::LEN]);
    TicketId(id)
}

/// What the account key signs for a device (§3.2).
#[must_use]
pub fn device_certificate(
    account: AccountId,
    account_key_version: u32,
    device_number: u32,
    created_at_ms: u64,
    device_key: &[u8],
) -> Vec<u8> {
    transcript(
        "asterism 1 device certificate",
        &[
            account.as_bytes(),
            &account_key_version.to_be_bytes(),
            &device_number.to_be_bytes(),
            &created_at_ms.to_be_bytes(),
            device_key,
        ],
    )
}

/// What the account key signs to register, over the nonce of the hello (§3.3).
#[must_use]
pub fn registration(nonce: &[u8], handle: &str, account: AccountId, device_key: &[u8]) -> Vec<u8> {
    transcript("asterism 1 register", &[nonce, handle.as_bytes(), account.as_bytes(), device_key])
}

/// What the account key signs to enter a further device into the directory (§3.4).
#[must_use]
pub fn device_addition(nonce: &[u8], account: AccountId, device_key: &[u8]) -> Vec<u8> {
    transcript("asterism 1 add device", &[nonce, account.as_bytes(), device_key])
}

/// What a device signs to authenticate a connection (§3.3).
#[must_use]
pub fn authentication(nonce: &[u8], account: AccountId, device: DeviceId) -> Vec<u8> {
    transcript("asterism 1 authenticate", &[nonce, account.as_bytes(), device.as_bytes()])
}

/// What a ticket's or an account's key signs for an external commit (§4.4).
#[must_use]
pub fn external_entry(
    conversation: ConversationId,
    parent: Epoch,
    credential: &[u8],
    signature_key: &[u8],
    psk_id: &[u8],
) -> Vec<u8> {
    transcript(
        "asterism 1 external entry",
        &[
            conversation.as_bytes(),
            &parent.number.to_be_bytes(),
            &parent.opened_by.0.to_be_bytes(),
            credential,
            signature_key,
            psk_id,
        ],
    )
}

/// What a ticket's key signs to be given what a joiner needs, over the nonce of the hello (§5.2).
#[must_use]
pub fn join_info_request(
    nonce: &[u8],
    conversation: ConversationId,
    ticket: TicketId,
    account: AccountId,
) -> Vec<u8> {
    transcript(
        "asterism 1 join info",
        &[nonce, conversation.as_bytes(), ticket.as_bytes(), account.as_bytes()],
    )
}

/// What a member's device signs after merging a commit (§4.6).
#[must_use]
pub fn receipt(conversation: ConversationId, commit: Seq, authenticator: Hash) -> Vec<u8> {
    transcript(
        "asterism 1 receipt",
        &[conversation.as_bytes(), &commit.0.to_be_bytes(), authenticator.as_bytes()],
    )
}

/// The hash of an epoch authenticator as receipts carry it (§4.6).
#[must_use]
pub fn authenticator_hash(epoch_authenticator: &[u8]) -> Hash {
    hash("asterism 1 epoch authenticator", &[epoch_authenticator])
}

/// What a member's device signs when it cannot accept a commit (§4.6).
#[must_use]
pub fn refusal(conversation: ConversationId, commit: Seq, body_hash: Hash, reason: u32) -> Vec<u8> {
    transcript(
        "asterism 1 refusal",
        &[conversation.as_bytes(), &commit.0.to_be_bytes(), body_hash.as_bytes(), &reason.to_be_bytes()],
    )
}

/// What the writer of a vault entry signs (§7.2).
#[must_use]
pub fn vault_entry(
    conversation: ConversationId,
    name: &str,
    version: u64,
    generation: u64,
    sealed: &[u8],
) -> Vec<u8> {
    transcript(
        "asterism 1 vault entry",
        &[
            conversation.as_bytes(),
            name.as_bytes(),
            &version.to_be_bytes(),
            &generation.to_be_bytes(),
            sha256(sealed).as_bytes(),
        ],
    )
}

/// The id of a community: of the changes in the first entry of its log (§10.1).
#[must_use]
pub fn community_id(first_changes: &[u8]) -> CommunityId {
    CommunityId(truncated(hash("asterism 1 community", &[first_changes])))
}

/// The id of a subscriber's key (§10.5).
#[must_use]
pub fn subscriber_id(key: &[u8]) -> SubscriberId {
    SubscriberId(truncated(hash("asterism 1 subscriber", &[key])))
}

fn truncated(hash: Hash) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&hash.0[..16]);
    id
}

/// What an admin's device signs for changes of a community at a position of its log (§10.2).
#[must_use]
pub fn governance(community: CommunityId, seq: Seq, previous: Hash, changes: &[u8]) -> Vec<u8> {
    transcript(
        "asterism 1 governance",
        &[community.as_bytes(), &seq.0.to_be_bytes(), previous.as_bytes(), changes],
    )
}

/// What an admin's device signs for an announcement (§10.8).
#[must_use]
pub fn post(community: CommunityId, content: &[u8]) -> Vec<u8> {
    transcript("asterism 1 post", &[community.as_bytes(), content])
}

/// What a channel key is committed to by (§10.4). It names the announcements: the community's own id is not known before
/// the first commitment is made.
#[must_use]
pub fn channel_commitment(announcements: ConversationId, epoch: u64, key: &[u8]) -> Hash {
    hash("asterism 1 channel key", &[announcements.as_bytes(), &epoch.to_be_bytes(), key])
}

/// What a ticket's key signs so that its holder may read a community's log and enrol, over the nonce of the
/// hello (§10.6).
#[must_use]
pub fn community_access(
    nonce: &[u8],
    community: CommunityId,
    ticket: TicketId,
    account: AccountId,
) -> Vec<u8> {
    transcript(
        "asterism 1 community access",
        &[nonce, community.as_bytes(), ticket.as_bytes(), account.as_bytes()],
    )
}

/// What the server is told of an account that was removed from a community (§10.6).
#[must_use]
pub fn barred_mark(community: CommunityId, account: AccountId) -> Hash {
    hash("asterism 1 barred", &[community.as_bytes(), account.as_bytes()])
}

/// What a ticket's key signs for the admins, to enrol a subscriber (§10.6).
#[must_use]
pub fn enrolment_ticket(community: CommunityId, account: AccountId, subscriber: SubscriberId) -> Vec<u8> {
    transcript(
        "asterism 1 enrolment ticket",
        &[community.as_bytes(), account.as_bytes(), subscriber.as_bytes()],
    )
}

/// What a device signs for the admins, to enrol its account (§10.6).
#[must_use]
pub fn enrolment(community: CommunityId, subscriber: SubscriberId, ticket: &[u8]) -> Vec<u8> {
    transcript("asterism 1 enrolment", &[community.as_bytes(), subscriber.as_bytes(), ticket])
}

/// What a device signs inside an ephemeral signal (§8).
#[must_use]
pub fn ephemeral(conversation: ConversationId, epoch: u64, body: &[u8]) -> Vec<u8> {
    transcript("asterism 1 ephemeral", &[conversation.as_bytes(), &epoch.to_be_bytes(), body])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_shifted_between_fields() {
        assert_ne!(transcript("l", &[b"ab", b"c"]), transcript("l", &[b"a", b"bc"]));
        assert_ne!(transcript("la", &[b"b"]), transcript("l", &[b"ab"]));
    }
}

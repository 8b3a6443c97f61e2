//! The vault: a conversation's encrypted key-value state on the server (docs/protocol.md §7).

/// Name of the entry with the conversation's name and description.
pub const META: &str = "meta";
/// Prefix of the entries with participants' profile keys; the account id's text follows.
pub const PROFILE_PREFIX: &str = "profile/";
/// Prefix of the entries of a community's directory; the group's conversation id follows (§10.9).
pub const GROUP_PREFIX: &str = "group/";
/// Entry of an admin room with the channel keys (§10.7).
pub const CHANNEL: &str = "channel";
/// Entry of an admin room with the accounts that were removed from the community (§10.7).
pub const BARRED: &str = "barred";
/// Prefix of the entries of an admin room with the subscribers, by bucket: five digits follow (§10.7).
pub const SUBSCRIBERS_PREFIX: &str = "subscribers/";

/// One vault write: the body of an [`crate::entry::EntryKind::Vault`] entry, and the stored record.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct VaultRecord {
    /// Which entry, for instance [`META`]; the server may know it.
    #[prost(string, tag = "1")]
    pub name: String,
    /// One more than the version it replaces; the first is 1.
    #[prost(uint64, tag = "2")]
    pub version: u64,
    /// Generation of the vault key that seals it.
    #[prost(uint64, tag = "3")]
    pub generation: u64,
    /// nonce ‖ AES-256-GCM (§7.2).
    #[prost(bytes = "vec", tag = "4")]
    pub sealed: Vec<u8>,
    /// Encoded [`crate::account::DeviceCredential`] of the writer.
    #[prost(bytes = "vec", tag = "5")]
    pub writer: Vec<u8>,
    /// The writer's signature key.
    #[prost(bytes = "vec", tag = "6")]
    pub writer_key: Vec<u8>,
    /// By that key, over [`crate::signing::vault_entry`].
    #[prost(bytes = "vec", tag = "7")]
    pub signature: Vec<u8>,
}

/// The vault key of one generation, sealed to a ticket's X-Wing key (§7.3).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Wrap {
    /// The ticket.
    #[prost(bytes = "vec", tag = "1")]
    pub ticket: Vec<u8>,
    /// Generation of the key inside.
    #[prost(uint64, tag = "2")]
    pub generation: u64,
    /// HPKE base mode: encapsulated key ‖ ciphertext.
    #[prost(bytes = "vec", tag = "3")]
    pub sealed: Vec<u8>,
}

/// A past vault key, sealed under the next one, so that whoever has the newest can read every entry (§7.3).
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PastKey {
    /// Generation of the key inside; it is sealed under `generation + 1`.
    #[prost(uint64, tag = "1")]
    pub generation: u64,
    /// nonce ‖ AES-256-GCM.
    #[prost(bytes = "vec", tag = "2")]
    pub sealed: Vec<u8>,
}

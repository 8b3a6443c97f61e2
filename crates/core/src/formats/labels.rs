//! Every label of the client's own formats, so that a key or box for one purpose is worth nothing for another.
//! The labels of signatures are in `asterism_wire::signing`, those of links in `asterism_mls::link`.

/// HKDF: recovery key → key of the blob (§3.6).
pub(crate) const RECOVERY_BLOB_KEY: &str = "asterism 1 recovery blob key";
/// HKDF: recovery key → token (§3.6).
pub(crate) const RECOVERY_TOKEN: &str = "asterism 1 recovery token";
/// HKDF: account key, name → what the server knows an entry of the own vault by (§3.8).
pub(crate) const OWN_NAME: &str = "asterism 1 own name";
/// HKDF: account key, account, what the server knows it by → key of an entry of the own vault (§3.8).
pub(crate) const OWN_VAULT: &str = "asterism 1 own vault";
/// Additional data of such an entry, with account, name, version (§3.8).
pub(crate) const OWN_VALUE: &str = "asterism 1 own value";
/// HPKE info of a welcome envelope (§5.4).
pub(crate) const WELCOME: &str = "asterism 1 welcome";
/// HKDF: vault key, conversation, name → key of the entry (§7.2).
pub(crate) const VAULT: &str = "asterism 1 vault";
/// Additional data of an entry, with conversation, name, version, generation (§7.2).
pub(crate) const VAULT_VALUE: &str = "asterism 1 vault value";
/// HKDF: vault key → key that seals the past key; and its additional data (§7.3).
pub(crate) const PAST_VAULT_KEY: &str = "asterism 1 past vault key";
/// HPKE info of a vault key wrapped to a ticket; and the label of its additional data (§7.3).
pub(crate) const VAULT_WRAP: &str = "asterism 1 vault wrap";
/// MLS exporter: epoch → vault key of the generation that it begins (§7.3).
pub(crate) const VAULT_KEY_EXPORT: &str = "asterism 1 vault key";
/// Additional data of a profile, with the account (§7.4).
pub(crate) const PROFILE: &str = "asterism 1 profile";
/// MLS exporter: epoch → key of its signals; and the label of their additional data (§8).
pub(crate) const SIGNAL: &str = "asterism 1 signal";
/// HKDF: channel key, community, epoch → vault key of that generation (§10.4).
pub(crate) const COMMUNITY_VAULT_KEY: &str = "asterism 1 community vault key";
/// HKDF: channel key, community, epoch → key of the epoch's announcements (§10.4).
pub(crate) const ANNOUNCEMENT_KEY: &str = "asterism 1 announcement key";
/// HKDF: account key's seed, community → seed of the subscriber's key pair (§10.5).
pub(crate) const SUBSCRIBER_KEY: &str = "asterism 1 subscriber key";
/// HPKE info of a bucket's seed for a subscriber; and the label of its additional data (§10.5).
pub(crate) const BUCKET_SEAT: &str = "asterism 1 bucket seat";
/// HPKE info of a channel key for a bucket; and the label of its additional data (§10.5).
pub(crate) const CHANNEL_SEAL: &str = "asterism 1 channel seal";
/// HPKE info of a note to the admins; and the label of its additional data (§10.6).
pub(crate) const DEPOSIT: &str = "asterism 1 deposit";
/// Additional data of an announcement's content (§10.8).
pub(crate) const POST_CONTENT: &str = "asterism 1 post content";
/// Additional data of an announcement's key under the announcement key (§10.8).
pub(crate) const POST_KEY: &str = "asterism 1 post key";
/// HPKE info of an announcement's key for a group; and the label of its additional data (§10.8).
pub(crate) const POST_GROUP: &str = "asterism 1 post group";
/// HKDF: a group's vault key, group, generation → seed of its inbox key pair (§10.9).
pub(crate) const GROUP_INBOX_KEY: &str = "asterism 1 group inbox key";
/// HKDF: a group's vault key, group, generation → seed of its member key (§10.9).
pub(crate) const GROUP_MEMBER_KEY: &str = "asterism 1 group member key";

//! Every limit has a name (docs/protocol.md §2.4).

/// Accounts in one group.
pub const GROUP_ACCOUNTS_MAX: usize = 1_024;
/// Leaves (devices) in one group.
pub const GROUP_LEAVES_MAX: usize = 4_096;
/// Leaves in a group that uses the post-quantum hybrid suite.
pub const HYBRID_LEAVES_MAX: usize = 256;
/// Devices of one account.
pub const DEVICES_MAX: usize = 8;
/// Text of one message, bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// A name, Unicode scalar values.
pub const NAME_CHARS_MAX: usize = 100;
/// A description, Unicode scalar values.
pub const DESCRIPTION_CHARS_MAX: usize = 2_048;
/// Shortest handle.
pub const HANDLE_CHARS_MIN: usize = 3;
/// Longest handle.
pub const HANDLE_CHARS_MAX: usize = 32;
/// One WebSocket frame, either way. The largest is the tree of a 4,096-leaf group (about 1 MB).
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// One frame before the connection has authenticated. Higher: strangers take more of the server's memory. Lower: a
/// registration, with its recovery blob, does not fit.
pub const EARLY_FRAME_BYTES_MAX: usize = 64 * 1024;
/// One sealed message.
pub const MESSAGE_BYTES_MAX: usize = 80 * 1024;
/// One commit. A cold commit to 4,096 leaves is about 340 KB, 250 hybrid adds about 700 KB.
pub const COMMIT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// One sealed welcome envelope: one joiner's secrets, sealed twice (about 2.7 KB in the hybrid suite).
pub const WELCOME_BYTES_MAX: usize = 8 * 1024;
/// The part of a welcome that all joiners of a commit share: the encrypted GroupInfo with the group's state.
pub const WELCOME_INFO_BYTES_MAX: usize = 256 * 1024;
/// Adds in one commit: larger ones cost quadratic time in the library.
pub const ADDS_PER_COMMIT_MAX: usize = 250;
/// Live tickets (invite links) in one conversation.
pub const TICKETS_MAX: usize = 16;
/// Removed accounts that a group remembers to keep out; beyond, the oldest is forgotten. They travel in every
/// GroupInfo, 34 bytes each: higher makes welcomes larger, lower lets the long removed be added again sooner.
pub const BARS_MAX: usize = 4_096;
/// One vault entry, sealed. The largest is a page of a community's subscribers.
pub const VAULT_VALUE_BYTES_MAX: usize = 48 * 1024;
/// The name of a vault entry, bytes.
pub const VAULT_NAME_BYTES_MAX: usize = 128;
/// Entries in one conversation's vault.
pub const VAULT_ENTRIES_MAX: usize = 8_192;
/// Past keys that are given with the first page of a vault, the newest. Higher: larger answers. Lower: who comes after
/// more rotations cannot open what was written before them.
pub const VAULT_PAST_KEYS_MAX: usize = 16_384;
/// Past keys that are given with a link, the newest. A vault whose key was rotated more often since the name was last
/// written shows no name before one is in.
pub const LINK_PAST_KEYS_MAX: usize = 1_024;
/// Vault writes in one submission.
pub const VAULT_WRITES_MAX: usize = 64;
/// Entries in one answer to a fetch.
pub const FETCH_ENTRIES_MAX: usize = 256;
/// Bytes of bodies in one answer to a fetch (at least one entry is always given).
pub const FETCH_BYTES_MAX: usize = 1024 * 1024;
/// Conversations named in one subscribe request.
pub const SUBSCRIBE_MAX: usize = 1_024;
/// One-time key packages that the server keeps per device and suite.
pub const KEY_PACKAGES_MAX: usize = 100;
/// A device publishes more when the server holds fewer than this.
pub const KEY_PACKAGES_LOW: usize = 50;
/// One key package (a hybrid one is 2.7 KB).
pub const KEY_PACKAGE_BYTES_MAX: usize = 8 * 1024;
/// Recovery blob, sealed.
pub const RECOVERY_BLOB_BYTES_MAX: usize = 16 * 1024;
/// Profile, sealed.
pub const PROFILE_BYTES_MAX: usize = 16 * 1024;
/// One entry of an account's own vault, sealed.
pub const OWN_VALUE_BYTES_MAX: usize = 16 * 1024;
/// The name of such an entry, and its alias, bytes.
pub const OWN_NAME_BYTES_MAX: usize = 128;
/// Entries in one account's own vault. Higher: an account may take more of the server's disk (64 MiB now).
/// Lower: somebody in very many conversations and communities cannot keep them all.
pub const OWN_ENTRIES_MAX: usize = 4_096;
/// Entries of one's own vault in one request.
pub const OWN_WRITES_MAX: usize = 64;
/// Accounts named in one look-up of profiles or accounts.
pub const LOOKUP_MAX: usize = 256;
/// One ephemeral signal, sealed.
pub const EPHEMERAL_BYTES_MAX: usize = 4 * 1024;
/// Delivery and typing signals are used up to this many accounts.
pub const EPHEMERAL_ACCOUNTS_MAX: usize = 32;
/// Log entries are kept for this long for devices that are away.
pub const RETENTION_DAYS: u64 = 45;
/// Members asked for a receipt after each commit.
pub const RECEIPTS_ASKED: usize = 3;
/// How long the server waits for a foreign receipt after the first refusal of a commit.
pub const VOID_DELAY_MS: u64 = 3_000;
/// Admins of one community, owners among them: their room is in the hybrid suite, [`HYBRID_LEAVES_MAX`].
pub const COMMUNITY_ADMINS_MAX: usize = 32;
/// Groups that a community's directory lists.
pub const COMMUNITY_GROUPS_MAX: usize = 1_000;
/// Members of one community.
pub const COMMUNITY_MEMBERS_MAX: usize = 100_000;
/// Subscribers that share one bucket key. Higher: fewer seals when the channel key changes; lower: fewer when
/// somebody is removed.
pub const BUCKET_SUBSCRIBERS_MAX: usize = 256;
/// Buckets of one community: as many as its members need, and as many again that are not full.
pub const BUCKETS_MAX: usize = 2 * COMMUNITY_MEMBERS_MAX.div_ceil(BUCKET_SUBSCRIBERS_MAX);
/// Versions that the keys of one bucket can have in one epoch; the first of epoch e is e times as many. Higher: the
/// versions, 32 bits, are used up after fewer epochs (2^20 now). Lower: admins who prepare an epoch at the same time
/// draw the same one more often.
pub const BUCKET_VERSIONS_PER_EPOCH: u32 = 4_096;
/// One sealed note of a subscriber to the admins.
pub const DEPOSIT_BYTES_MAX: usize = 4 * 1024;
/// Deposits in one answer, and dropped by one request.
pub const DEPOSITS_PAGE: usize = 256;
/// Deposits that one epoch deals with. Higher: more in one transaction. Lower: a crowd that comes at once takes more
/// epochs to get in.
pub const DEPOSITS_DONE_MAX: usize = 16_384;
/// Groups that one announcement is for. Each costs 1.2 KB in every copy that is fetched.
pub const ANNOUNCEMENT_GROUPS_MAX: usize = 64;
/// One announcement, sealed, with its keys.
pub const POST_BYTES_MAX: usize = MESSAGE_BYTES_MAX + ANNOUNCEMENT_GROUPS_MAX * 1_280;
/// One signed change of a community.
pub const GOVERNANCE_BYTES_MAX: usize = 64 * 1024;
/// Who waits for a seat gets it after this time in which an admin is online. Longer: fewer epochs when many join;
/// shorter: newcomers stand in the lists sooner.
pub const SEAT_DELAY_MS: u64 = 20_000;
/// A channel key is replaced after this time even when nothing happened, so that a leave does not show.
pub const REKEY_SCHEDULE_MS: u64 = 24 * 60 * 60 * 1_000;
/// Accounts that a community remembers to keep out; beyond, the oldest is forgotten.
pub const COMMUNITY_BARRED_MAX: usize = 512;

//! Frames: one protobuf envelope each way over one WebSocket (docs/protocol.md §1).
//!
//! A client sends [`ClientFrame`]s, each with an id of its choice; the server answers each with a
//! [`Response`] of that id, in any order, and sends [`Push`]es on its own.

use crate::{
    account::{AccountEntry, DeviceEntry},
    entry::{Entry, Receipt, Refusal},
    vault::{PastKey, VaultRecord, Wrap},
};
use bytes::Bytes;

/// From a client.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ClientFrame {
    /// Chosen by the client, repeated in the answer.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// What is asked.
    #[prost(
        oneof = "Request",
        tags = "10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 30, 31, 32, 33, 34, 35, 36, 37, 38, 40, 41, 42, 50, 51, 52, 53, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75"
    )]
    pub request: Option<Request>,
}

/// From the server.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServerFrame {
    /// An answer or a push.
    #[prost(oneof = "ServerBody", tags = "1, 2")]
    pub body: Option<ServerBody>,
}

/// What a [`ServerFrame`] holds.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum ServerBody {
    /// The answer to a request.
    #[prost(message, tag = "1")]
    Response(Response),
    /// Something that happened.
    #[prost(message, tag = "2")]
    Push(Push),
}

/// The answer to the request with the same id.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Response {
    /// The request's id.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// Success or refusal.
    #[prost(
        oneof = "Answer",
        tags = "2, 3, 10, 12, 13, 14, 15, 16, 17, 18, 19, 30, 31, 32, 33, 34, 35, 40, 41, 50, 60, 61, 62, 63, 64, 65"
    )]
    pub answer: Option<Answer>,
}

/// A refused or failed request.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Failure {
    /// An [`crate::ErrorCode`].
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// With `overloaded` and `rate_limited`: try again after this long.
    #[prost(uint64, tag = "2")]
    pub retry_after_ms: u64,
    /// With `stale_epoch`: where the log stands.
    #[prost(message, optional, tag = "3")]
    pub stale: Option<Standing>,
}

/// Where a conversation's log stands.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Standing {
    /// MLS number of the current epoch.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// Position of the commit that opened it.
    #[prost(uint64, tag = "2")]
    pub epoch_opened_by: u64,
    /// Position of the last entry.
    #[prost(uint64, tag = "3")]
    pub head_seq: u64,
}

macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* [$($attr:tt)*] $field:ident : $ty:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, prost::Message)]
            pub struct $name { $($(#[$fdoc])* #[prost($($attr)*)] pub $field: $ty,)* }
        )*
    };
}

mod community;
pub use community::*;

/// What a client may ask.
#[derive(Clone, PartialEq, prost::Oneof)]
#[expect(missing_docs, reason = "each variant's message is documented")]
pub enum Request {
    #[prost(message, tag = "10")]
    Hello(Hello),
    #[prost(message, tag = "11")]
    Register(Register),
    #[prost(message, tag = "12")]
    Authenticate(Authenticate),
    #[prost(message, tag = "13")]
    AddDevice(AddDevice),
    #[prost(message, tag = "14")]
    GetRecovery(GetRecovery),
    #[prost(message, tag = "15")]
    PutRecovery(PutRecovery),
    #[prost(message, tag = "16")]
    LookupHandle(LookupHandle),
    #[prost(message, tag = "17")]
    LookupAccounts(LookupAccounts),
    #[prost(message, tag = "18")]
    PutKeyPackages(PutKeyPackages),
    #[prost(message, tag = "19")]
    ClaimKeyPackages(ClaimKeyPackages),
    #[prost(message, tag = "20")]
    PutProfile(PutProfile),
    #[prost(message, tag = "21")]
    GetProfiles(GetProfiles),
    #[prost(message, tag = "22")]
    PutOwn(PutOwn),
    #[prost(message, tag = "23")]
    GetOwn(GetOwn),
    #[prost(message, tag = "24")]
    Ping(Ping),
    #[prost(message, tag = "30")]
    CreateConversation(CreateConversation),
    #[prost(message, tag = "31")]
    SubmitCommit(SubmitCommit),
    #[prost(message, tag = "32")]
    SendMessage(SendMessage),
    #[prost(message, tag = "33")]
    WriteVault(WriteVault),
    #[prost(message, tag = "34")]
    Subscribe(Subscribe),
    #[prost(message, tag = "35")]
    Fetch(Fetch),
    #[prost(message, tag = "36")]
    GetJoinInfo(GetJoinInfo),
    #[prost(message, tag = "37")]
    GetVault(GetVault),
    #[prost(message, tag = "38")]
    ListConversations(ListConversations),
    #[prost(message, tag = "40")]
    GetLink(GetLink),
    #[prost(message, tag = "41")]
    PutReceipt(PutReceipt),
    #[prost(message, tag = "42")]
    PutRefusal(PutRefusal),
    #[prost(message, tag = "50")]
    SendEphemeral(SendEphemeral),
    #[prost(message, tag = "51")]
    FetchInbox(FetchInbox),
    #[prost(message, tag = "52")]
    AcknowledgeInbox(AcknowledgeInbox),
    #[prost(message, tag = "53")]
    AcknowledgeEntries(AcknowledgeEntries),
    #[prost(message, tag = "60")]
    CreateCommunity(CreateCommunity),
    #[prost(message, tag = "61")]
    SubmitGovernance(SubmitGovernance),
    #[prost(message, tag = "62")]
    PutBucket(PutBucket),
    #[prost(message, tag = "63")]
    PutDeposit(PutDeposit),
    #[prost(message, tag = "64")]
    GetDeposits(GetDeposits),
    #[prost(message, tag = "65")]
    DropDeposits(DropDeposits),
    #[prost(message, tag = "66")]
    OpenCommunity(OpenCommunity),
    #[prost(message, tag = "67")]
    FetchCommunity(FetchCommunity),
    #[prost(message, tag = "68")]
    GetChannelKeys(GetChannelKeys),
    #[prost(message, tag = "69")]
    GetChannelTable(GetChannelTable),
    #[prost(message, tag = "70")]
    GetSubscribers(GetSubscribers),
    #[prost(message, tag = "71")]
    GetCommunityVault(GetCommunityVault),
    #[prost(message, tag = "72")]
    WriteCommunityVault(WriteVault),
    #[prost(message, tag = "73")]
    SendPost(SendPost),
    #[prost(message, tag = "74")]
    GetGroupFacts(GetGroupFacts),
    #[prost(message, tag = "75")]
    PutBarred(PutBarred),
}

/// What the server answers.
#[derive(Clone, PartialEq, prost::Oneof)]
#[expect(missing_docs, reason = "each variant's message is documented")]
pub enum Answer {
    #[prost(message, tag = "2")]
    Failure(Failure),
    #[prost(message, tag = "3")]
    Done(Done),
    #[prost(message, tag = "10")]
    Hello(HelloAnswer),
    #[prost(message, tag = "12")]
    Authenticated(Authenticated),
    #[prost(message, tag = "13")]
    Recovery(Recovery),
    #[prost(message, tag = "14")]
    Account(AccountEntry),
    #[prost(message, tag = "15")]
    Accounts(Accounts),
    #[prost(message, tag = "16")]
    KeyPackageCounts(KeyPackageCounts),
    #[prost(message, tag = "17")]
    ClaimedKeyPackages(ClaimedKeyPackages),
    #[prost(message, tag = "18")]
    Profiles(Profiles),
    #[prost(message, tag = "19")]
    Own(OwnPage),
    #[prost(message, tag = "30")]
    Accepted(Accepted),
    #[prost(message, tag = "31")]
    Subscribed(Subscribed),
    #[prost(message, tag = "32")]
    Entries(Entries),
    #[prost(message, tag = "33")]
    JoinInfo(JoinInfo),
    #[prost(message, tag = "34")]
    Vault(VaultPage),
    #[prost(message, tag = "35")]
    Conversations(Conversations),
    #[prost(message, tag = "40")]
    Link(LinkInfo),
    #[prost(message, tag = "41")]
    VaultAccepted(VaultAccepted),
    #[prost(message, tag = "50")]
    Inbox(InboxPage),
    #[prost(message, tag = "60")]
    Deposits(Deposits),
    #[prost(message, tag = "61")]
    CommunityStanding(CommunityStanding),
    #[prost(message, tag = "62")]
    ChannelKeys(ChannelKeys),
    #[prost(message, tag = "63")]
    ChannelTable(ChannelTable),
    #[prost(message, tag = "64")]
    Subscribers(Subscribers),
    #[prost(message, tag = "65")]
    GroupFacts(GroupFacts),
}

/// What the server says on its own.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Push {
    /// What happened.
    #[prost(oneof = "Happened", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub happened: Option<Happened>,
}

/// What happened.
#[derive(Clone, PartialEq, prost::Oneof)]
#[expect(missing_docs, reason = "each variant's message is documented")]
pub enum Happened {
    #[prost(message, tag = "1")]
    Appended(Appended),
    #[prost(message, tag = "2")]
    Behind(Behind),
    #[prost(message, tag = "3")]
    Inbox(InboxItem),
    #[prost(message, tag = "4")]
    Ephemeral(Ephemeral),
    #[prost(message, tag = "5")]
    ReceiptAttached(ReceiptAttached),
    #[prost(message, tag = "6")]
    ReceiptWanted(ReceiptWanted),
    #[prost(message, tag = "7")]
    Closing(Closing),
}

messages! {
    /// Success with nothing to tell.
    Done {}

    /// First request of a connection.
    Hello {
        /// Highest protocol version that the client speaks.
        [uint32, tag = "1"] protocol: u32,
        /// Name and version of the client program.
        [string, tag = "2"] client: String,
    }

    /// Answer to [`Hello`].
    HelloAnswer {
        /// The version that both will speak.
        [uint32, tag = "1"] protocol: u32,
        /// Oldest version that the server accepts.
        [uint32, tag = "2"] protocol_floor: u32,
        /// 32 fresh bytes, to be signed by what follows on this connection.
        [bytes = "vec", tag = "3"] nonce: Vec<u8>,
        /// The server's clock, milliseconds.
        [uint64, tag = "4"] server_time_ms: u64,
        /// The address for links, without a trailing slash.
        [string, tag = "5"] public_url: String,
    }

    /// Creates an account with its first device, and authenticates the connection. Repeating it with the same keys is success.
    Register {
        /// A [`crate::handle::Handle`].
        [string, tag = "1"] handle: String,
        /// First device; its credential holds the account key, version 0.
        [message, optional, tag = "2"] device: Option<DeviceEntry>,
        /// By the account key, over [`crate::signing::registration`].
        [bytes = "vec", tag = "3"] account_signature: Vec<u8>,
        /// By the device key, over [`crate::signing::authentication`].
        [bytes = "vec", tag = "4"] device_signature: Vec<u8>,
        /// Recovery blob, sealed under the recovery key.
        [bytes = "vec", tag = "5"] recovery_blob: Vec<u8>,
        /// SHA-256 of the token that [`GetRecovery`] must show.
        [bytes = "vec", tag = "6"] recovery_token_hash: Vec<u8>,
        /// Invitation code, where the operator wants one.
        [string, tag = "7"] invite_code: String,
    }

    /// Authenticates a registered device.
    Authenticate {
        /// Account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
        /// Device.
        [bytes = "vec", tag = "2"] device: Vec<u8>,
        /// By the device key, over [`crate::signing::authentication`].
        [bytes = "vec", tag = "3"] signature: Vec<u8>,
    }

    /// Answer to [`Register`], [`Authenticate`] and [`AddDevice`].
    Authenticated {
        /// One-time key packages left, suite 1.
        [uint32, tag = "1"] key_packages_classic: u32,
        /// One-time key packages left, hybrid suite.
        [uint32, tag = "2"] key_packages_hybrid: u32,
        /// Last position in this device's inbox.
        [uint64, tag = "3"] inbox_head: u64,
    }

    /// Enters a further device of an account into the directory, and authenticates as it.
    AddDevice {
        /// The device; certified by the account key.
        [message, optional, tag = "1"] device: Option<DeviceEntry>,
        /// By the account key, over [`crate::signing::device_addition`].
        [bytes = "vec", tag = "2"] account_signature: Vec<u8>,
        /// By the device key, over [`crate::signing::authentication`].
        [bytes = "vec", tag = "3"] device_signature: Vec<u8>,
    }

    /// Asks for a recovery blob. The same refusal for an unknown handle and a wrong token.
    GetRecovery {
        /// Handle.
        [string, tag = "1"] handle: String,
        /// Derived from the recovery key.
        [bytes = "vec", tag = "2"] token: Vec<u8>,
    }

    /// Answer to [`GetRecovery`].
    Recovery {
        /// Account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
        /// The blob.
        [bytes = "vec", tag = "2"] blob: Vec<u8>,
        /// The highest device number used.
        [uint32, tag = "3"] last_device_number: u32,
    }

    /// Replaces the recovery blob.
    PutRecovery {
        /// The blob.
        [bytes = "vec", tag = "1"] blob: Vec<u8>,
        /// SHA-256 of its token.
        [bytes = "vec", tag = "2"] token_hash: Vec<u8>,
    }

    /// Who has this handle?
    LookupHandle {
        /// Handle.
        [string, tag = "1"] handle: String,
    }

    /// Who are these accounts? Unknown ones are left out of the answer.
    LookupAccounts {
        /// Up to [`crate::limits::LOOKUP_MAX`].
        [bytes = "vec", repeated, tag = "1"] accounts: Vec<Vec<u8>>,
    }

    /// Answer to [`LookupAccounts`].
    Accounts {
        /// Those that exist.
        [message, repeated, tag = "1"] accounts: Vec<AccountEntry>,
    }

    /// Adds one-time key packages of this device, and replaces the last-resort one.
    PutKeyPackages {
        /// For the hybrid suite, else for suite 1.
        [bool, tag = "1"] hybrid: bool,
        /// MLS KeyPackages, each wrapped as [`crate::frame::PublishedKeyPackage`].
        [message, repeated, tag = "2"] one_time: Vec<PublishedKeyPackage>,
        /// Used when no one-time package is left; empty leaves the present one.
        [message, optional, tag = "3"] last_resort: Option<PublishedKeyPackage>,
    }

    /// A key package and the time it was made.
    PublishedKeyPackage {
        /// MLS KeyPackage.
        [bytes = "vec", tag = "1"] key_package: Vec<u8>,
        /// When it was made, milliseconds: freshness is judged by this, not by the MLS lifetime.
        [uint64, tag = "2"] created_at_ms: u64,
    }

    /// How many one-time key packages are left.
    KeyPackageCounts {
        /// Suite 1.
        [uint32, tag = "1"] classic: u32,
        /// Hybrid suite.
        [uint32, tag = "2"] hybrid: u32,
    }

    /// Takes one key package of each device of an account.
    ClaimKeyPackages {
        /// Account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
        /// For the hybrid suite, else for suite 1.
        [bool, tag = "2"] hybrid: bool,
    }

    /// Answer to [`ClaimKeyPackages`].
    ClaimedKeyPackages {
        /// One per device that has one.
        [message, repeated, tag = "1"] packages: Vec<ClaimedKeyPackage>,
    }

    /// One device's key package.
    ClaimedKeyPackage {
        /// Device.
        [bytes = "vec", tag = "1"] device: Vec<u8>,
        /// Its key package.
        [message, optional, tag = "2"] package: Option<PublishedKeyPackage>,
    }

    /// Replaces this account's profile.
    PutProfile {
        /// Sealed under the profile key (§7.4).
        [bytes = "vec", tag = "1"] sealed: Vec<u8>,
    }

    /// Profiles of accounts; unknown ones are left out.
    GetProfiles {
        /// Up to [`crate::limits::LOOKUP_MAX`].
        [bytes = "vec", repeated, tag = "1"] accounts: Vec<Vec<u8>>,
    }

    /// Answer to [`GetProfiles`].
    Profiles {
        /// Those that exist.
        [message, repeated, tag = "1"] profiles: Vec<Profile>,
    }

    /// One account's profile.
    Profile {
        /// Account.
        [bytes = "vec", tag = "1"] account: Vec<u8>,
        /// Sealed.
        [bytes = "vec", tag = "2"] sealed: Vec<u8>,
        /// Grows with each change.
        [uint64, tag = "3"] version: u64,
    }

    /// Writes entries of the account's own vault (§3.8), each with a compare-and-swap on its version.
    PutOwn {
        /// Up to [`crate::limits::OWN_WRITES_MAX`], each alias once: all or nothing.
        [message, repeated, tag = "1"] entries: Vec<OwnEntry>,
    }

    /// An entry of an account's own vault.
    OwnEntry {
        /// The entry's alias, which says nothing to the server: 1 to [`crate::limits::OWN_NAME_BYTES_MAX`] bytes.
        [string, tag = "1"] name: String,
        /// When written, one more than the version that it replaces; the first is 1.
        [uint64, tag = "2"] version: u64,
        /// Name and value, sealed under a key of the account: up to [`crate::limits::OWN_VALUE_BYTES_MAX`] bytes.
        [bytes = "vec", tag = "3"] sealed: Vec<u8>,
    }

    /// Reads the account's own vault.
    GetOwn {
        /// Entries whose alias comes after this one.
        [string, tag = "1"] after_name: String,
        /// Only the entries of these aliases, up to [`crate::limits::OWN_WRITES_MAX`]; empty for all.
        [string, repeated, tag = "2"] names: Vec<String>,
    }

    /// Is the server there? Answered with [`Done`] at once (docs/protocol.md §1.6).
    Ping {}

    /// Answer to [`GetOwn`], by alias.
    OwnPage {
        /// Those that exist.
        [message, repeated, tag = "1"] entries: Vec<OwnEntry>,
        /// There are more after the last one.
        [bool, tag = "2"] more: bool,
    }

    /// Creates a conversation at epoch 0 with the creator's device as its only leaf. Repeating it is success.
    CreateConversation {
        /// Chosen by the creator at random.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// MLS GroupInfo of epoch 0, with the external public key, without the tree.
        [bytes = "vec", tag = "2"] group_info: Vec<u8>,
        /// MLS ratchet tree of epoch 0.
        [bytes = "vec", tag = "3"] ratchet_tree: Vec<u8>,
        /// First vault entries, each of version 1.
        [message, repeated, tag = "4"] vault: Vec<VaultRecord>,
    }

    /// Offers a commit and everything that belongs to it: all or nothing (§4.3).
    SubmitCommit {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Repeated with each retry.
        [bytes = "vec", tag = "2"] idempotency: Vec<u8>,
        /// Position of the commit that opened the epoch which this one closes.
        [uint64, tag = "3"] epoch_opened_by: u64,
        /// MLS commit as PublicMessage; its epoch is the one it closes.
        [bytes = "bytes", tag = "4"] commit: Bytes,
        /// MLS GroupInfo of the new epoch, with the external public key, without the tree.
        [bytes = "vec", tag = "5"] group_info: Vec<u8>,
        /// One envelope for each added leaf.
        [message, repeated, tag = "6"] welcomes: Vec<Welcome>,
        /// Vault writes, in the new epoch.
        [message, repeated, tag = "7"] vault: Vec<VaultRecord>,
        /// When the commit removes somebody or adds a ticket: the vault key of the (new) generation for every live ticket (for added tickets only when nothing rotates).
        [message, repeated, tag = "8"] wraps: Vec<Wrap>,
        /// When the commit removes somebody: the past vault key under the new one.
        [message, optional, tag = "9"] past_key: Option<PastKey>,
        /// When it adds somebody: the encrypted GroupInfo of the MLS Welcome, the same for all joiners.
        [bytes = "bytes", tag = "10"] welcome_info: Bytes,
    }

    /// A welcome for one device.
    Welcome {
        /// Device.
        [bytes = "vec", tag = "1"] device: Vec<u8>,
        /// Sealed envelope (§5.4).
        [bytes = "bytes", tag = "2"] envelope: Bytes,
    }

    /// Appends an application message.
    SendMessage {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Repeated with each retry, also when sealed again for a later epoch.
        [bytes = "vec", tag = "2"] idempotency: Vec<u8>,
        /// Position of the commit that opened the epoch it is sealed in.
        [uint64, tag = "3"] epoch_opened_by: u64,
        /// MLS PrivateMessage.
        [bytes = "bytes", tag = "4"] body: Bytes,
    }

    /// Answer to [`CreateConversation`], [`SubmitCommit`] and [`SendMessage`]: it is durable.
    Accepted {
        /// Its position.
        [uint64, tag = "1"] seq: u64,
        /// The server's stamp, milliseconds.
        [uint64, tag = "2"] server_time_ms: u64,
    }

    /// Writes vault entries outside a commit, each with a compare-and-swap on its version.
    WriteVault {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Repeated with each retry.
        [bytes = "vec", tag = "2"] idempotency: Vec<u8>,
        /// Up to [`crate::limits::VAULT_WRITES_MAX`]: all or nothing.
        [message, repeated, tag = "3"] writes: Vec<VaultRecord>,
    }

    /// Answer to [`WriteVault`].
    VaultAccepted {
        /// Position of the last of its entries.
        [uint64, tag = "1"] seq: u64,
    }

    /// From now on push what is appended to these conversations.
    Subscribe {
        /// Up to [`crate::limits::SUBSCRIBE_MAX`] ids.
        [bytes = "vec", repeated, tag = "1"] conversations: Vec<Vec<u8>>,
    }

    /// Answer to [`Subscribe`], in the order asked.
    Subscribed {
        /// One per conversation.
        [message, repeated, tag = "1"] standings: Vec<Subscription>,
    }

    /// Where one conversation stands for this device.
    Subscription {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// False: not a member (any more); then nothing will be pushed.
        [bool, tag = "2"] member: bool,
        /// Last position that this device may read.
        [uint64, tag = "3"] head_seq: u64,
        /// First position still kept.
        [uint64, tag = "4"] floor_seq: u64,
    }

    /// Entries of a conversation. A removed device may read up to the commit that removed it.
    Fetch {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// First position wanted.
        [uint64, tag = "2"] from_seq: u64,
        /// At most this many; the server gives fewer when they are large.
        [uint32, tag = "3"] entries_max: u32,
    }

    /// Answer to [`Fetch`].
    Entries {
        /// Dense from the position asked.
        [message, repeated, tag = "1"] entries: Vec<Entry>,
        /// Last position that this device may read.
        [uint64, tag = "2"] head_seq: u64,
        /// Receipts attached to commits among the entries.
        [message, repeated, tag = "3"] receipts: Vec<Receipt>,
        /// Position of a commit for which the server still wants a receipt; 0 for none.
        [uint64, tag = "4"] receipt_wanted_seq: u64,
    }

    /// What a joiner needs: for a welcome, at the commit that added it; for a ticket or a further device, now.
    GetJoinInfo {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// With a welcome: position of the commit that added this device. 0: the current epoch.
        [uint64, tag = "2"] at_seq: u64,
        /// With a link: its ticket.
        [bytes = "vec", tag = "3"] ticket: Vec<u8>,
        /// With a link: by the ticket's key, over [`crate::signing::join_info_request`].
        [bytes = "vec", tag = "4"] ticket_signature: Vec<u8>,
    }

    /// Answer to [`GetJoinInfo`].
    JoinInfo {
        /// MLS GroupInfo without the tree; empty with `at_seq` (`welcome_info` has it).
        [bytes = "vec", tag = "1"] group_info: Vec<u8>,
        /// MLS ratchet tree.
        [bytes = "vec", tag = "2"] ratchet_tree: Vec<u8>,
        /// Where the log stands (with `at_seq`: stood just after that commit).
        [message, optional, tag = "3"] standing: Option<Standing>,
        /// The head at `standing.head_seq`: the joiner's anchor.
        [bytes = "vec", tag = "4"] head: Vec<u8>,
        /// The server's stamp of that entry, milliseconds.
        [uint64, tag = "5"] server_time_ms: u64,
        /// With a link: the wrap for its ticket.
        [message, optional, tag = "6"] wrap: Option<Wrap>,
        /// With `at_seq`: the encrypted GroupInfo that the commit's welcomes share.
        [bytes = "vec", tag = "7"] welcome_info: Vec<u8>,
    }

    /// A page of the vault.
    GetVault {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Names after this one; empty from the start.
        [string, tag = "2"] after_name: String,
        /// Just these, when not empty.
        [string, repeated, tag = "3"] names: Vec<String>,
    }

    /// Answer to [`GetVault`].
    VaultPage {
        /// In the order of their names.
        [message, repeated, tag = "1"] records: Vec<VaultRecord>,
        /// There is more after the last one.
        [bool, tag = "2"] more: bool,
        /// Past keys, on the first page.
        [message, repeated, tag = "3"] past_keys: Vec<PastKey>,
    }

    /// In which conversations is this account a participant?
    ListConversations {}

    /// Answer to [`ListConversations`].
    Conversations {
        /// Ids.
        [bytes = "vec", repeated, tag = "1"] conversations: Vec<Vec<u8>>,
    }

    /// What a link leads to. The ticket id is no secret; what is given is sealed.
    GetLink {
        /// Ticket.
        [bytes = "vec", tag = "1"] ticket: Vec<u8>,
    }

    /// Answer to [`GetLink`].
    LinkInfo {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// The vault key for the ticket's holder.
        [message, optional, tag = "2"] wrap: Option<Wrap>,
        /// The vault's [`crate::vault::META`] entry.
        [message, optional, tag = "3"] meta: Option<VaultRecord>,
        /// Past keys, to open an entry of an older generation.
        [message, repeated, tag = "4"] past_keys: Vec<PastKey>,
        /// Encoded policy ticket (public parts, expiry, uses).
        [bytes = "vec", tag = "5"] policy_ticket: Vec<u8>,
        /// Accounts in the group; 0 for a community, whose number of members only its admins know.
        [uint32, tag = "6"] accounts: u32,
        /// The link leads to a community: `conversation` is its id, and the wrap holds its channel key.
        [bool, tag = "7"] community: bool,
        /// The link leads to a group of a community.
        [bool, tag = "8"] in_community: bool,
    }

    /// A member's receipt.
    PutReceipt {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// The receipt.
        [message, optional, tag = "2"] receipt: Option<Receipt>,
    }

    /// A member's refusal.
    PutRefusal {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// The refusal.
        [message, optional, tag = "2"] refusal: Option<Refusal>,
    }

    /// Relays a signal to the members who are online; it is not stored.
    SendEphemeral {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Position of the commit that opened the epoch it is sealed in.
        [uint64, tag = "2"] epoch_opened_by: u64,
        /// Sealed under a key of that epoch (§8).
        [bytes = "bytes", tag = "3"] body: Bytes,
    }

    /// This device's inbox after a position.
    FetchInbox {
        /// Items after this one.
        [uint64, tag = "1"] after: u64,
    }

    /// Answer to [`FetchInbox`].
    InboxPage {
        /// In order.
        [message, repeated, tag = "1"] items: Vec<InboxItem>,
        /// Last position in the inbox.
        [uint64, tag = "2"] head: u64,
    }

    /// The device has taken its inbox up to here: it may be deleted.
    AcknowledgeInbox {
        /// Position.
        [uint64, tag = "1"] up_to: u64,
    }

    /// How far this device has read, for retention only; the device keeps its own cursor. Kept lazily.
    AcknowledgeEntries {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Position.
        [uint64, tag = "2"] up_to: u64,
    }

    /// An item of a device's inbox: it was added to a conversation.
    InboxItem {
        /// Position in the inbox.
        [uint64, tag = "1"] position: u64,
        /// Conversation.
        [bytes = "vec", tag = "2"] conversation: Vec<u8>,
        /// Position of the commit that added the device.
        [uint64, tag = "3"] commit_seq: u64,
        /// Sealed envelope (§5.4).
        [bytes = "bytes", tag = "4"] envelope: Bytes,
    }

    /// An entry was appended.
    Appended {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// The entry.
        [message, optional, tag = "2"] entry: Option<Entry>,
    }

    /// Entries were not pushed because this connection is slow: fetch up to the head.
    Behind {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Last position.
        [uint64, tag = "2"] head_seq: u64,
    }

    /// A relayed signal.
    Ephemeral {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Position of the commit that opened the epoch it is sealed in.
        [uint64, tag = "2"] epoch_opened_by: u64,
        /// Sealed.
        [bytes = "bytes", tag = "3"] body: Bytes,
    }

    /// A commit was confirmed by somebody other than its author.
    ReceiptAttached {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// The receipt.
        [message, optional, tag = "2"] receipt: Option<Receipt>,
    }

    /// The server asks this device for a receipt.
    ReceiptWanted {
        /// Conversation.
        [bytes = "vec", tag = "1"] conversation: Vec<u8>,
        /// Position of the commit.
        [uint64, tag = "2"] commit_seq: u64,
    }

    /// The server is about to close this connection.
    Closing {
        /// Come back after this long.
        [uint64, tag = "1"] retry_after_ms: u64,
        /// Why, an [`crate::ErrorCode`]; `internal` for an ordinary shutdown.
        [int32, tag = "2"] code: i32,
    }
}

impl Failure {
    /// A failure with just a code.
    #[must_use]
    pub fn of(code: crate::ErrorCode) -> Self {
        Self { code: code as i32, retry_after_ms: 0, stale: None }
    }

    /// The code; unknown numbers of later versions are [`crate::ErrorCode::Internal`].
    #[must_use]
    pub fn error_code(&self) -> crate::ErrorCode {
        crate::ErrorCode::try_from(self.code).unwrap_or(crate::ErrorCode::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    #[test]
    fn frames_round_trip() {
        let frame = ClientFrame {
            id: 7,
            request: Some(Request::Fetch(Fetch { conversation: vec![1; 16], from_seq: 3, entries_max: 9 })),
        };
        assert_eq!(ClientFrame::decode(frame.encode_to_vec().as_slice()).as_ref(), Ok(&frame));
    }

    /// A tag that is in the enum but not in the field's list would decode to nothing.
    #[test]
    fn every_request_tag_survives() {
        let requests = [
            Request::Ping(Ping {}),
            Request::AcknowledgeEntries(AcknowledgeEntries::default()),
            Request::ListConversations(ListConversations {}),
            Request::GetLink(GetLink::default()),
            Request::PutRefusal(PutRefusal::default()),
            Request::GetProfiles(GetProfiles::default()),
            Request::SendEphemeral(SendEphemeral::default()),
            Request::CreateCommunity(CreateCommunity::default()),
            Request::WriteCommunityVault(WriteVault::default()),
            Request::GetGroupFacts(GetGroupFacts::default()),
            Request::PutBarred(PutBarred::default()),
        ];
        for request in requests {
            let frame = ClientFrame { id: 1, request: Some(request) };
            assert_eq!(ClientFrame::decode(frame.encode_to_vec().as_slice()).as_ref(), Ok(&frame));
        }
    }
}

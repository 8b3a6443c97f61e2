//! What hosts ask of the core and what it tells them: the one interface of the command line, bots and the page.
//!
//! The answers serialize to exactly what the command line prints with `--json`.

use asterism_wire::{ErrorCode, Timestamp};
use serde::{Deserialize, Serialize};

mod community;

pub use community::{CommunityChangeInfo, CommunityInfo, CommunityMemberInfo, DirectoryInfo, JoinMode};

/// A number that the host chooses, repeated in the answer.
pub type RequestId = u64;

/// What a host may ask. `target`s are a conversation id, an `@handle`, or a name when unambiguous.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Request {
    /// Creates an account and its first device; answers [`Answer::Registered`]. Asked again with the same handle and
    /// server it gives the same answer, until [`Request::RecoveryKeyKept`].
    Register {
        /// `http(s)://…`.
        server: String,
        /// Without or with `@`.
        handle: String,
        /// Display name.
        name: String,
        /// Where the operator wants one.
        invite_code: Option<String>,
    },
    /// Comes back with a new device; answers [`Answer::Recovered`].
    Recover {
        /// `http(s)://…`.
        server: String,
        /// Without or with `@`.
        handle: String,
        /// As printed at registration; spaces and dashes do not matter.
        recovery_key: String,
    },
    /// The person has seen the recovery key: it is erased from this device. Answers [`Answer::Done`].
    RecoveryKeyKept,
    /// Is the recovery key still to be seen? Answers [`Answer::Registered`] if so, else [`Answer::Done`].
    RecoveryKeyUnseen,
    /// Answers [`Answer::Me`].
    WhoAmI,
    /// Answers [`Answer::List`] of [`DeviceInfo`].
    Devices,
    /// Changes the display name; answers [`Answer::Done`].
    SetProfile {
        /// Display name.
        name: String,
    },
    /// Waits until everything that the server has is here; answers [`Answer::Synced`].
    Sync,
    /// Answers [`Answer::List`] of [`ConversationInfo`]: groups and direct conversations, latest first.
    Conversations,
    /// Creates a group; answers [`Answer::Group`].
    GroupCreate {
        /// Name.
        name: String,
        /// Description.
        description: Option<String>,
        /// Post-quantum suite, at most 256 devices.
        quantum_safe: bool,
        /// Inside this community, of which one is an admin.
        community: Option<String>,
        /// How its members enter; [`JoinMode::Open`] when absent. Only inside a community.
        join: Option<JoinMode>,
    },
    /// Answers [`Answer::List`] of [`ConversationInfo`], groups only.
    GroupList,
    /// Answers [`Answer::Conversation`].
    GroupShow {
        /// Which.
        target: String,
    },
    /// Answers [`Answer::List`] of [`MemberInfo`].
    GroupMembers {
        /// Which.
        target: String,
    },
    /// Adds people; all or nobody. Answers [`Answer::Done`].
    GroupAdd {
        /// Which.
        target: String,
        /// Whom.
        handles: Vec<String>,
    },
    /// Removes a person; answers [`Answer::Done`].
    GroupRemove {
        /// Which.
        target: String,
        /// Whom.
        handle: String,
    },
    /// Gives a role; answers [`Answer::Done`].
    GroupPromote {
        /// Which.
        target: String,
        /// Whom.
        handle: String,
        /// The role.
        role: Role,
        /// Until then; for ever when absent.
        #[serde(with = "timestamp_ms")]
        #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
        until: Option<Timestamp>,
    },
    /// Changes the name or description; answers [`Answer::Done`].
    GroupSet {
        /// Which.
        target: String,
        /// New name.
        name: Option<String>,
        /// New description.
        description: Option<String>,
    },
    /// Makes an invite link; answers [`Answer::Invite`].
    InviteCreate {
        /// Which group.
        target: String,
        /// Lifetime in milliseconds; for ever when absent.
        expires_in_ms: Option<u64>,
        /// How many may enter; any number when absent.
        uses: Option<u32>,
    },
    /// Answers [`Answer::List`] of [`InviteInfo`].
    InviteList {
        /// Which group.
        target: String,
    },
    /// Revokes a link; answers [`Answer::Done`].
    InviteRevoke {
        /// Its id.
        invite: String,
    },
    /// What does a link lead to? Answers [`Answer::LinkPreview`].
    LinkPreview {
        /// The link.
        link: String,
    },
    /// Enters by a link; answers [`Answer::Joined`].
    Join {
        /// The link.
        link: String,
    },
    /// Accepts or refuses a stranger's first message; answers [`Answer::Done`].
    AnswerRequest {
        /// The conversation.
        target: String,
        /// Accept, or refuse and hide.
        accept: bool,
    },
    /// Sends a text; answers [`Answer::Sent`] when the server has stored it (or, with `queue`, when it is in the outbox).
    Send {
        /// Where; `@handle` begins a direct conversation.
        target: String,
        /// The text, up to 64 KiB.
        text: String,
        /// Message that this answers.
        reply_to: Option<String>,
        /// Repeating a send with the same key sends nothing twice.
        idempotency: Option<String>,
        /// Answer at once and keep trying.
        queue: bool,
    },
    /// Answers [`Answer::List`] of [`MessageInfo`], oldest first.
    Read {
        /// Which conversation.
        target: String,
        /// Only after this position, and announcements that came after what stands there.
        since: Option<u64>,
        /// The newest so many.
        limit: u32,
        /// Also membership events.
        events: bool,
    },
    /// One message, such as one that is quoted; answers [`Answer::List`] of [`MessageInfo`], empty when it is not on this
    /// device.
    Message {
        /// Which conversation.
        target: String,
        /// Message id.
        message: String,
    },
    /// The conversation was read up to this position; answers [`Answer::Done`].
    MarkRead {
        /// Which conversation.
        target: String,
        /// Position.
        seq: u64,
    },
    /// Tells the others that one is typing; answers [`Answer::Done`].
    Typing {
        /// Which conversation.
        target: String,
    },
    /// Enters an open group of a community that one is in; answers [`Answer::Joined`].
    GroupJoin {
        /// Its id, or its name in the directory.
        target: String,
    },
    /// Founds a community, with announcements and a group "General"; answers [`Answer::Community`].
    CommunityCreate {
        /// Name.
        name: String,
        /// Description.
        description: Option<String>,
        /// What its first group is called; "General" when absent.
        general: Option<String>,
    },
    /// Answers [`Answer::List`] of [`CommunityInfo`].
    CommunityList,
    /// Answers [`Answer::CommunityInfo`].
    CommunityShow {
        /// Its id, or its name when unambiguous.
        target: String,
    },
    /// Changes the name or description; answers [`Answer::Done`].
    CommunitySet {
        /// Which.
        target: String,
        /// New name.
        name: Option<String>,
        /// New description.
        description: Option<String>,
    },
    /// Who is in it; admins only. Answers [`Answer::List`] of [`CommunityMemberInfo`].
    CommunityMembers {
        /// Which.
        target: String,
    },
    /// What was changed, oldest first; admins only. Answers [`Answer::List`] of [`CommunityChangeInfo`].
    CommunityLog {
        /// Which.
        target: String,
    },
    /// Gives a role; answers [`Answer::Done`].
    CommunityPromote {
        /// Which.
        target: String,
        /// Whom.
        handle: String,
        /// `owner`, `admin` or `member`.
        role: Role,
        /// Until then; for ever when absent.
        #[serde(with = "timestamp_ms")]
        #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
        until: Option<Timestamp>,
    },
    /// Removes a person from the channel and from each group of the community that one administers; answers
    /// [`Answer::RemovedFromCommunity`].
    CommunityRemove {
        /// Which.
        target: String,
        /// Whom.
        handle: String,
    },
    /// The directory: answers [`Answer::List`] of [`DirectoryInfo`].
    CommunityGroups {
        /// Which.
        target: String,
    },
    /// Announces to everybody or to chosen groups; answers [`Answer::Announced`].
    Announce {
        /// The community.
        community: String,
        /// The text, up to 64 KiB.
        text: String,
        /// Ids or names of groups in its directory; to everybody when empty.
        to: Vec<String>,
        /// Repeating it with the same key announces nothing twice.
        idempotency: Option<String>,
    },
    /// Announcements that this device can read, oldest first; answers [`Answer::List`] of [`MessageInfo`].
    AnnouncementList {
        /// The community.
        community: String,
    },
}

impl Request {
    /// Can it be answered from what is here, with the server away?
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(
            self,
            Self::RecoveryKeyKept
                | Self::RecoveryKeyUnseen
                | Self::WhoAmI
                | Self::Conversations
                | Self::GroupList
                | Self::GroupShow { .. }
                | Self::GroupMembers { .. }
                | Self::InviteList { .. }
                | Self::Read { .. }
                | Self::Message { .. }
                | Self::MarkRead { .. }
                | Self::CommunityList
                | Self::CommunityShow { .. }
                | Self::AnnouncementList { .. }
                | Self::AnswerRequest { accept: false, .. }
        )
    }
}

/// A role in a group, as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Owns.
    Owner,
    /// Administers.
    Admin,
    /// Moderates.
    Moderator,
    /// Everybody else.
    Member,
}

/// A successful answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum Answer {
    /// See [`Request::Register`].
    Registered {
        /// Account id.
        account: String,
        /// Device id.
        device: String,
        /// Handle, without `@`.
        handle: String,
        /// To be kept by the person: the way back in.
        recovery_key: String,
    },
    /// See [`Request::Send`].
    Sent {
        /// Message id.
        message: String,
        /// Conversation id.
        conversation: String,
        /// Position; absent while only queued.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        seq: Option<u64>,
    },
    /// See [`Request::Sync`].
    Synced {
        /// How many conversations there are.
        conversations: u64,
        /// Messages that came since the last sync.
        new_messages: u64,
        /// Re-entries of this device, ever.
        epoch_repairs: u64,
        /// Messages that could not be opened, ever. 0, or there is a defect.
        undecryptable: u64,
    },
    /// See [`Request::InviteCreate`].
    Invite {
        /// The link's id.
        invite: String,
        /// The link. Shown to whoever may enter.
        link: String,
    },
    /// See [`Request::LinkPreview`].
    LinkPreview {
        /// Conversation id.
        group: String,
        /// Its name.
        name: String,
        /// Its description.
        description: String,
        /// How many people are in it. Absent for a community: only its admins know.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        members: Option<u64>,
        /// Whether one is in it already.
        joined: bool,
        /// `group` or `community`; of a community `group` is its id.
        kind: String,
        /// Whether it is a group of a community, whose announcements one gets with it. The server's word.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<bool>", optional))]
        in_community: bool,
    },
    /// See [`Request::Join`], for a link to a community.
    JoinedCommunity {
        /// Community id.
        community: String,
        /// `joined`.
        state: String,
        /// Default groups that were full.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>", optional))]
        full: Vec<String>,
    },
    /// See [`Request::CommunityCreate`].
    Community {
        /// Community id.
        community: String,
        /// Id of its announcements.
        announcements: String,
        /// Id of its first group.
        general: String,
        /// Id of its admins' room.
        admin_room: String,
    },
    /// See [`Request::CommunityShow`].
    CommunityInfo(CommunityInfo),
    /// See [`Request::Announce`].
    Announced {
        /// Message id.
        message: String,
        /// The community's id, or those of the chosen groups.
        targets: Vec<String>,
    },
    /// See [`Request::CommunityRemove`].
    RemovedFromCommunity {
        /// Names of groups that the person was removed from.
        removed_from: Vec<String>,
        /// Names of groups that the person may still be in, where one does not administer them or it was refused:
        /// their own admins must remove the person.
        not_removed_from: Vec<String>,
    },
    /// See [`Request::Join`].
    Joined {
        /// Conversation id.
        group: String,
        /// `joined`.
        state: String,
    },
    /// See [`Request::GroupShow`].
    Conversation(ConversationInfo),
    /// See [`Request::WhoAmI`].
    Me {
        /// Account id.
        account: String,
        /// Device id.
        device: String,
        /// Handle, without `@`.
        handle: String,
        /// Display name.
        name: String,
        /// The server's address.
        server: String,
    },
    /// See [`Request::Recover`].
    Recovered {
        /// Account id.
        account: String,
        /// Device id.
        device: String,
    },
    /// See [`Request::GroupCreate`].
    Group {
        /// Conversation id.
        group: String,
    },
    /// A list; the command line prints one line per item.
    List(Vec<Item>),
    /// Nothing to tell.
    Done {},
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(untagged)]
pub enum Item {
    /// A message or event.
    Message(MessageInfo),
    /// A group or direct conversation.
    Conversation(ConversationInfo),
    /// A participant.
    Member(MemberInfo),
    /// An invite link.
    Invite(InviteInfo),
    /// A device.
    Device(DeviceInfo),
    /// A community.
    Community(CommunityInfo),
    /// Somebody in a community.
    CommunityMember(CommunityMemberInfo),
    /// A change of a community.
    CommunityChange(CommunityChangeInfo),
    /// A group in a directory.
    Directory(DirectoryInfo),
}

/// A group or direct conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConversationInfo {
    /// Conversation id.
    pub group: String,
    /// `group`, `direct`, `announcements` or `admin_room`.
    pub kind: String,
    /// The community that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub community: Option<String>,
    /// Name; of a direct conversation the other person's.
    pub name: String,
    /// Description.
    pub description: String,
    /// How many people are in it. Absent where one is not, and of announcements: only admins know who is in a community.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub members: Option<u64>,
    /// One's own role.
    pub role: Role,
    /// The other person's handle, in a direct conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub handle: Option<String>,
    /// The other person's account id, in a direct conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub account: Option<String>,
    /// `active`, `request` (a stranger's first message), `joining` or `left`.
    pub state: String,
    /// Messages of others after the read mark.
    pub unread: u64,
    /// Position of the last entry that was processed.
    pub seq: u64,
    /// Whether there may be something before what this device can show: it came later, and the log has entries from
    /// before that are neither commits nor vault writes.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>", optional))]
    pub began_earlier: bool,
    /// Whether new messages are sealed against quantum computers too.
    pub quantum_safe: bool,
    /// The newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub last: Option<Box<MessageInfo>>,
    /// Set when the server showed a history that does not fit (docs/protocol.md §4.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub alarm: Option<String>,
}

/// A participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MemberInfo {
    /// Handle, without `@`.
    pub handle: String,
    /// Account id.
    pub account: String,
    /// Display name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// How many devices.
    pub devices: u64,
}

/// A person as the sender of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Person {
    /// Handle, without `@`; empty while unknown.
    pub handle: String,
    /// Display name; the handle while unknown.
    pub name: String,
    /// Account id.
    pub account: String,
}

/// A message or event in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct MessageInfo {
    /// Message id; for events the position.
    pub message: String,
    /// Conversation id.
    pub conversation: String,
    /// Position; 0 while it is still in the outbox.
    pub seq: u64,
    /// Who.
    pub sender: Person,
    /// The server's stamp, RFC 3339 UTC.
    pub at: String,
    /// `text`, or an event: `created`, `added`, `removed`, `joined`, `device` (somebody has a further one), `role`,
    /// `renamed`, `left`, `unknown`.
    pub kind: String,
    /// The text; null when deleted.
    pub text: Option<String>,
    /// Whether it was edited.
    pub edited: bool,
    /// Files.
    pub files: Vec<FileInfo>,
    /// The message that this answers.
    pub reply_to: Option<String>,
    /// Whether it is an announcement.
    pub announcement: bool,
    /// Of an announcement to chosen groups: their ids.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>", optional))]
    pub targets: Vec<String>,
    /// Of one's own messages: `sending`, `sent`, `delivered` or `failed`; of others' `received`.
    pub state: String,
    /// Of events: whom it concerns.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<Person>>", optional))]
    pub subjects: Vec<Person>,
    /// Of `role`: the one that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub role: Option<Role>,
    /// Of `renamed`: the new name; absent when the description alone changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub name: Option<String>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FileInfo {
    /// Its number in the message, from 1.
    pub n: u32,
    /// Name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Media type.
    #[serde(rename = "type")]
    pub media_type: String,
}

/// An invite link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct InviteInfo {
    /// The link's id.
    pub invite: String,
    /// The group.
    pub group: String,
    /// Who made it.
    pub creator: Person,
    /// RFC 3339 UTC; absent for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub expires: Option<String>,
    /// How many may enter; absent for any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub uses_max: Option<u32>,
    /// How many have entered.
    pub uses: u32,
    /// `live`, `expired` or `used_up`. One that lets nobody in any more still counts among a group's links until it
    /// is revoked.
    pub state: String,
    /// The link itself, where this device made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub link: Option<String>,
}

/// A device of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DeviceInfo {
    /// Device id.
    pub device: String,
    /// Running number.
    pub number: u32,
    /// RFC 3339 UTC.
    pub created: String,
    /// When the server last saw it, to the hour; absent when never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub last_seen: Option<String>,
    /// Whether it is this one.
    pub this: bool,
}

/// A refused or failed request: the stable code, and a sentence in English for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// The stable code.
    pub code: ErrorCode,
    /// Names no keys and no content.
    pub message: String,
    /// Which of the handles that were asked for it concerns, without `@`.
    pub handle: Option<String>,
}

impl ApiError {
    /// An error with its code's standard sentence.
    #[must_use]
    pub fn of(code: ErrorCode) -> Self {
        Self::new(code, sentence(code))
    }

    /// An error with a sentence of its own.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), handle: None }
    }

    /// An error that concerns one of several handles, which its sentence names.
    #[must_use]
    pub fn of_handle(code: ErrorCode, handle: &str) -> Self {
        let message = format!("@{handle}: {}", sentence(code));
        Self { handle: Some(handle.to_owned()), ..Self::new(code, message) }
    }
}

impl ApiError {
    /// Several have one name; says which, by id and what they are.
    pub(crate) fn ambiguous(found: impl IntoIterator<Item = (String, &'static str)>) -> Self {
        let found = found.into_iter().map(|(id, what)| format!("{id} ({what})"));
        let found = found.collect::<Vec<_>>().join(", ");
        Self::new(ErrorCode::AmbiguousTarget, format!("{}: {found}", sentence(ErrorCode::AmbiguousTarget)))
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::of(code)
    }
}

/// The standard English sentence of a code; the page has its own, in each language, by code.
#[must_use]
pub fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Internal => "something went wrong on the server; try again",
        ErrorCode::Malformed => "the request could not be read",
        ErrorCode::LimitExceeded => "a limit is exceeded",
        ErrorCode::NotAuthenticated => "the device is not signed in",
        ErrorCode::BadSignature => "a signature does not check",
        ErrorCode::Overloaded => "the server is busy; try again in a moment",
        ErrorCode::RateLimited => "too many requests; try again later",
        ErrorCode::UpgradeRequired => "this version is too old; please upgrade",
        ErrorCode::StorageFull => "the server's disk is full; nothing was stored",
        ErrorCode::InvalidHandle => {
            "a handle has 3 to 32 of a-z, 0-9, _ . -, and starts with a letter or digit"
        }
        ErrorCode::HandleTaken => "this handle is taken",
        ErrorCode::UnknownHandle => "nobody has this handle",
        ErrorCode::UnknownAccount => "there is no such account or device",
        ErrorCode::RecoveryRefused => "the handle and the recovery key do not belong together",
        ErrorCode::TooManyDevices => "an account has at most 8 devices",
        ErrorCode::NoKeyPackage => {
            "this person cannot be added right now: their devices have published no keys"
        }
        ErrorCode::DeviceRevoked => "this device is no longer part of the account",
        ErrorCode::NotAMember => "you are not a member of this conversation",
        ErrorCode::StaleEpoch => "the conversation moved on; try again",
        ErrorCode::InvalidCommit => "the change is not valid",
        ErrorCode::Forbidden => "your role does not allow this",
        ErrorCode::GroupFull => "the group is full",
        ErrorCode::ConversationExists => "the conversation exists already",
        ErrorCode::VaultConflict => "somebody else changed this at the same time; try again",
        ErrorCode::IncompleteBundle => "the change is incomplete",
        ErrorCode::Expired => "these messages are older than the server keeps",
        ErrorCode::UnknownLink => "there is no such link, or it was revoked",
        ErrorCode::LinkExpired => "the link has expired",
        ErrorCode::LinkUsedUp => "the link was used as often as it may be",
        ErrorCode::Barred => "this account was removed from here; only an admin can add it again",
        ErrorCode::Usage => "wrong arguments",
        ErrorCode::ServerUnreachable => "the server cannot be reached",
        ErrorCode::HomeBusy => "another process is using this home directory",
        ErrorCode::DatabaseDamaged => {
            "the local database is damaged, or newer than this program; if it is damaged, `recover` into an empty home: \
             groups come back, earlier messages stay on your other devices"
        }
        ErrorCode::NoAccount => "there is no account here: register or recover first",
        ErrorCode::AccountExists => "there is an account here already",
        ErrorCode::UnknownTarget => "there is nothing of that name",
        ErrorCode::AmbiguousTarget => "several have that name: use the id",
        ErrorCode::ForkDetected => "the server showed a history that does not fit what it showed before",
        ErrorCode::Timeout => "the server did not answer in time",
        ErrorCode::DiskFull => "the disk is full",
        ErrorCode::InvalidName => "a name has 1 to 100 characters",
        ErrorCode::InvalidText => "a message has between 1 byte and 64 KiB",
        ErrorCode::InvalidLink => "this is not an invite link",
        ErrorCode::InvalidRecoveryKey => "this is not a recovery key: check each character",
        ErrorCode::AlreadyMember => "this person is a member already",
        ErrorCode::ServerMisbehaved => "the server gave an answer that does not check",
        ErrorCode::WaitingForKey => {
            "a member must be online once, to hand over the group's key; try again then"
        }
        ErrorCode::StaleDirectory => {
            "the key of a chosen group is out of date; an admin who is in it must be online first"
        }
        ErrorCode::OtherServer => {
            "this link belongs to another server: it needs an account there, in a home of its own"
        }
        ErrorCode::HomeReadOnly => "the home directory cannot be written to",
    }
}

/// Times inside requests are milliseconds.
mod timestamp_ms {
    use asterism_wire::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "the shape that serde asks for")]
    pub(super) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(|t| t.0).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Timestamp))
    }
}

/// Something that happened, for hosts that follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A message or event was added or changed.
    Message {
        /// As it is now.
        message: MessageInfo,
    },
    /// A conversation was added or changed.
    Conversation {
        /// As it is now.
        conversation: ConversationInfo,
    },
    /// A community was added or changed, or its directory.
    Community {
        /// As it is now.
        community: CommunityInfo,
    },
    /// Somebody is typing.
    Typing {
        /// Conversation id.
        conversation: String,
        /// Who.
        person: Person,
    },
    /// The connection's state: `online`, `connecting`, `offline`, or `full`: there is no room on this device's disk,
    /// and until there is, nothing is fetched.
    Connection {
        /// The state.
        state: String,
    },
    /// Something that the person must know (docs/protocol.md §4.2, §9.3): `fork_detected`, `clock_skew`,
    /// `receipt_differs`, `commit_refused` (what members refused is not undone), `change_undone` (members refused what
    /// one did, again and again), `body_withheld`, `history_unverified` (the log no longer reaches back to what this
    /// device knows), `other_account` (a known handle leads to somebody else).
    Alarm {
        /// Its stable code.
        code: String,
        /// The conversation it concerns.
        conversation: Option<String>,
    },
}

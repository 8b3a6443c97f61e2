//! What hosts are told of communities.

use super::{MessageInfo, Person, Role};
use serde::{Deserialize, Serialize};

/// How the members of a community enter one of its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum JoinMode {
    /// By themselves.
    Open,
    /// Somebody in the group adds or invites them.
    Invite,
}

/// A community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CommunityInfo {
    /// Community id.
    pub community: String,
    /// Name; empty while it is not known.
    pub name: String,
    /// Description.
    pub description: String,
    /// One's own role.
    pub role: Role,
    /// `active`, `founding`, `joining` or `left`.
    pub state: String,
    /// Id of its announcements.
    pub announcements: String,
    /// Id of the admins' room, for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub admin_room: Option<String>,
    /// How many people are in it, for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub members: Option<u64>,
    /// How many wait for a seat in the channel, for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub waiting: Option<u64>,
    /// Announcements of others after the read mark.
    pub unread: u64,
    /// Epoch of the channel.
    pub epoch: u64,
    /// The newest announcement.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub last: Option<Box<MessageInfo>>,
    /// Set when the server showed a log that does not fit (docs/protocol.md §10.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub alarm: Option<String>,
}

/// Somebody in a community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CommunityMemberInfo {
    /// Handle, without `@`.
    pub handle: String,
    /// Account id.
    pub account: String,
    /// Display name.
    pub name: String,
    /// Role in the community.
    pub role: Role,
}

/// A change of a community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CommunityChangeInfo {
    /// Position in the community's log.
    pub seq: u64,
    /// The server's stamp, RFC 3339 UTC.
    pub at: String,
    /// `founded`, `role`, `invite_created`, `invite_revoked` or `rekeyed`.
    pub action: String,
    /// Who did it.
    pub actor: Person,
    /// Handle of the person concerned, without `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub handle: Option<String>,
    /// The new role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub role: Option<Role>,
}

/// A group in a community's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DirectoryInfo {
    /// Conversation id.
    pub group: String,
    /// The community.
    pub community: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// How one enters.
    pub join: JoinMode,
    /// Whether newcomers enter it at once.
    pub default: bool,
    /// How many people are in it; absent when the server is away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub members: Option<u64>,
    /// Whether one is in it.
    pub joined: bool,
}

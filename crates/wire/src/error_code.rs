//! Stable error codes: the same words on the wire and in the command line (docs/protocol.md §2.5).

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// A stable error code. Numbers and words are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
        #[repr(i32)]
        pub enum ErrorCode { $($(#[$doc])* $name = $number,)* }

        impl ErrorCode {
            /// Every code, in numeric order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code's word, as the command line prints it.
            #[must_use]
            pub fn as_word(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// A fault of the server; the request may be tried again.
    Internal = 0, "internal";
    /// The frame or a field could not be read.
    Malformed = 1, "malformed";
    /// A named limit is exceeded.
    LimitExceeded = 2, "limit_exceeded";
    /// The connection has not authenticated.
    NotAuthenticated = 3, "not_authenticated";
    /// A signature or a proof does not check.
    BadSignature = 4, "bad_signature";
    /// Too much at once: try again after the time given.
    Overloaded = 5, "overloaded";
    /// Too many requests of this kind from this account.
    RateLimited = 6, "rate_limited";
    /// This client is too old for this server or group.
    UpgradeRequired = 7, "upgrade_required";
    /// The server's disk is full: nothing was stored.
    StorageFull = 8, "storage_full";

    /// Handles are 3 to 32 of a-z, 0-9, `_`, `.`, `-`.
    InvalidHandle = 20, "invalid_handle";
    /// Somebody else has this handle.
    HandleTaken = 21, "handle_taken";
    /// No account has this handle.
    UnknownHandle = 22, "unknown_handle";
    /// No such account or device.
    UnknownAccount = 23, "unknown_account";
    /// The handle and the recovery key do not belong together.
    RecoveryRefused = 24, "recovery_refused";
    /// The account has as many devices as it may.
    TooManyDevices = 25, "too_many_devices";
    /// The device has no key package left for the asked suite.
    NoKeyPackage = 26, "no_key_package";
    /// The device is no longer part of the account.
    DeviceRevoked = 27, "device_revoked";

    /// The device is not a member; also said of conversations that do not exist, so that neither can be probed.
    NotAMember = 40, "not_a_member";
    /// Another commit opened the next epoch: catch up and offer again.
    StaleEpoch = 41, "stale_epoch";
    /// The MLS message is not valid.
    InvalidCommit = 42, "invalid_commit";
    /// The group's policy does not allow it.
    Forbidden = 43, "forbidden";
    /// The group has as many members as it may.
    GroupFull = 44, "group_full";
    /// A conversation with this id exists already.
    ConversationExists = 45, "conversation_exists";
    /// The vault entry has moved on: read it and write again.
    VaultConflict = 46, "vault_conflict";
    /// A wrap, key or record that must accompany the commit is missing.
    IncompleteBundle = 47, "incomplete_bundle";
    /// The entries asked for are past the retention time.
    Expired = 48, "expired";

    /// No such link.
    UnknownLink = 60, "unknown_link";
    /// The link has expired.
    LinkExpired = 61, "link_expired";
    /// The link was used as often as it may.
    LinkUsedUp = 62, "link_used_up";
    /// The person was removed and not let in again.
    Barred = 63, "barred";

    /// Wrong arguments (client side).
    Usage = 80, "usage";
    /// The server cannot be reached (client side).
    ServerUnreachable = 81, "server_unreachable";
    /// Another process holds the home directory (client side).
    HomeBusy = 82, "home_busy";
    /// The local database is damaged (client side).
    DatabaseDamaged = 83, "database_damaged";
    /// The home directory holds no account (client side).
    NoAccount = 84, "no_account";
    /// The home directory holds an account already (client side).
    AccountExists = 85, "account_exists";
    /// No conversation, message or person of that name (client side).
    UnknownTarget = 86, "unknown_target";
    /// Several conversations have that name: use the id (client side).
    AmbiguousTarget = 87, "ambiguous_target";
    /// The server showed a history that does not fit what it showed before (client side).
    ForkDetected = 88, "fork_detected";
    /// The server did not answer in time (client side).
    Timeout = 89, "timeout";
    /// The local disk is full (client side).
    DiskFull = 90, "disk_full";
    /// The name is empty or too long (client side).
    InvalidName = 91, "invalid_name";
    /// The message is empty or longer than 64 KiB (client side).
    InvalidText = 92, "invalid_text";
    /// The link cannot be read (client side).
    InvalidLink = 93, "invalid_link";
    /// The recovery key cannot be read (client side).
    InvalidRecoveryKey = 94, "invalid_recovery_key";
    /// The person is a member already (client side).
    AlreadyMember = 95, "already_member";
    /// The server's answer could not be believed: a proof or a signature did not check (client side).
    ServerMisbehaved = 96, "server_misbehaved";
    /// A member must be online once, to hand over the group's key (client side).
    WaitingForKey = 97, "waiting_for_key";
    /// The home directory cannot be written to (client side).
    HomeReadOnly = 98, "home_read_only";
    /// The key of a chosen group in the directory is out of date (client side).
    StaleDirectory = 99, "stale_directory";
    /// The link belongs to another server (client side).
    OtherServer = 100, "other_server";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn words_are_unique_and_plain() {
        let words: HashSet<_> = ErrorCode::ALL.iter().map(|c| c.as_word()).collect();
        assert_eq!(words.len(), ErrorCode::ALL.len());
        assert!(words.iter().all(|w| w.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }

    /// The table of docs/protocol.md §2.5 lists every code, and no other.
    #[test]
    fn the_specification_lists_every_code() {
        let table =
            include_str!("../../../docs/protocol.md").lines().skip_while(|l| !l.starts_with("| number |"));
        let listed: Vec<String> = table
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .map(|line| line.split('|').take(3).collect::<Vec<_>>().join("|"))
            .collect();
        let codes = ErrorCode::ALL.iter().map(|code| format!("| {} | `{}` ", *code as i32, code.as_word()));
        assert_eq!(listed, codes.collect::<Vec<_>>());
    }
}

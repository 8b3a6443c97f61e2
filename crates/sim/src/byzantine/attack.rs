//! What the server may do, and what the clients make of it. The table is the documentation: each row is run.

use std::fmt;

/// What comes of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The victim, or whoever is told a different story, raises this alarm and stops processing the conversation.
    Alarm(&'static str),
    /// Requests that need the server's word fail with this code.
    Refused(&'static str),
    /// The device re-enters the conversation by itself; it is counted as a repair.
    Repaired,
    /// What cannot be opened is counted and not shown.
    Skipped,
    /// The lie is ignored; everything else goes on, and everybody has everything in the end.
    Ignored,
    /// The victim gets nothing more and cannot know: the server may always keep silent.
    Silence,
    /// The victim believes it. A limit of what this version promises, named in the threat model.
    Believed,
}

/// One way to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attack {
    /// Its name on the command line.
    pub name: &'static str,
    /// What the server does.
    pub(crate) act: Act,
    /// What comes of it.
    pub expected: Expected,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alarm(code) => write!(f, "alarm {code}"),
            Self::Refused(code) => write!(f, "refused: {code}"),
            Self::Repaired => f.write_str("repairs itself"),
            Self::Skipped => f.write_str("counted and not shown"),
            Self::Ignored => f.write_str("ignored"),
            Self::Silence => f.write_str("unnoticed while silent"),
            Self::Believed => f.write_str("believed"),
        }
    }
}

impl Attack {
    /// The attack with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ATTACKS.iter().find(|attack| attack.name == name).copied()
    }
}

/// What the layer does; the group of each says to which frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    // One entry, as it is; the heads do not fit afterwards, or need not.
    OmitEntry,
    OtherBody,
    OtherHead,
    OtherKind,
    OtherTime,
    Withhold,
    WithholdCommit,
    OtherEpochNumber,
    OtherEpochStart,
    ForeignKey,
    NoKey,
    // Another history for the victim, with heads that fit it.
    ForkDrop,
    ForkDropCommit,
    ForkReorder,
    ForkReplay,
    ForkBody,
    ForkTime,
    ForkTimeBack,
    ForkKind,
    ForkMoved,
    ForkForgedCommit,
    ForkUnsignedCommit,
    ForkVoidBare,
    ForkVoidByStranger,
    // The log as a whole.
    Freeze,
    OldHead,
    AcceptWithoutStoring,
    // Statements of members.
    ReceiptByStranger,
    ReceiptGarbled,
    // Answers.
    OldVault,
    ForeignVault,
    NoVault,
    StrangersVault,
    OtherProfile,
    OtherAccount,
    OtherAccountLater,
    SwapHandles,
    OtherKeyPackages,
    OtherWrap,
    StrangersWrap,
    OldGroupInfo,
    GarbledGroupInfo,
    GarbledTree,
    FakeGroupForJoiner,
    FakeGroupForRepair,
    FakeGroupForRecovery,
    WelcomeElsewhere,
    WelcomeAfterExclusion,
    WelcomeAgain,
    FakeDirect,
    OtherBlob,
    OtherNonce,
    ShortNonce,
    // Noise.
    AnswerOfAnotherKind,
    SwapAnswers,
    Garbage,
    FloodBehind,
    FloodInbox,
    FloodReceiptWanted,
    EntriesAfterRemoval,
    OldClock,
}

macro_rules! attacks {
    ($($name:literal $act:ident $expected:expr;)*) => {
        &[$(Attack { name: $name, act: Act::$act, expected: $expected },)*]
    };
}

const FORK: Expected = Expected::Alarm("fork_detected");
const REFUSED: Expected = Expected::Alarm("commit_refused");

/// All of them.
pub const ATTACKS: &[Attack] = attacks![
    "omit-entry" OmitEntry Expected::Refused("server_misbehaved");
    "other-body" OtherBody FORK;
    "other-head" OtherHead FORK;
    "other-kind" OtherKind FORK;
    "other-time" OtherTime FORK;
    "withhold" Withhold Expected::Alarm("body_withheld");
    "withhold-commit" WithholdCommit FORK;
    "other-epoch-number" OtherEpochNumber Expected::Repaired;
    "other-epoch-start" OtherEpochStart Expected::Repaired;
    "foreign-idempotency-key" ForeignKey Expected::Ignored;
    "no-idempotency-key" NoKey Expected::Ignored;
    "fork-drop" ForkDrop FORK;
    "fork-drop-commit" ForkDropCommit FORK;
    "fork-reorder" ForkReorder FORK;
    "fork-replay" ForkReplay FORK;
    "fork-body" ForkBody FORK;
    "fork-time" ForkTime FORK;
    "fork-time-back" ForkTimeBack FORK;
    "fork-kind" ForkKind REFUSED;
    "fork-moved" ForkMoved FORK;
    "fork-forged-commit" ForkForgedCommit REFUSED;
    "fork-unsigned-commit" ForkUnsignedCommit FORK;
    "fork-void-bare" ForkVoidBare FORK;
    "fork-void-by-stranger" ForkVoidByStranger FORK;
    "freeze" Freeze Expected::Silence;
    "old-head" OldHead Expected::Silence;
    "accept-without-storing" AcceptWithoutStoring FORK;
    "receipt-by-stranger" ReceiptByStranger Expected::Ignored;
    "receipt-garbled" ReceiptGarbled Expected::Ignored;
    "old-vault" OldVault Expected::Ignored;
    "foreign-vault" ForeignVault Expected::Ignored;
    "no-vault" NoVault Expected::Ignored;
    "strangers-vault" StrangersVault Expected::Ignored;
    "other-profile" OtherProfile Expected::Ignored;
    "other-account" OtherAccount Expected::Believed;
    "other-account-later" OtherAccountLater Expected::Alarm("other_account");
    "swap-handles" SwapHandles Expected::Believed;
    "other-key-packages" OtherKeyPackages Expected::Refused("no_key_package");
    "other-wrap" OtherWrap Expected::Refused("server_misbehaved");
    "strangers-wrap" StrangersWrap Expected::Refused("server_misbehaved");
    "old-group-info" OldGroupInfo Expected::Refused("stale_epoch");
    "garbled-group-info" GarbledGroupInfo Expected::Refused("server_misbehaved");
    "garbled-tree" GarbledTree Expected::Refused("server_misbehaved");
    "fake-group-for-joiner" FakeGroupForJoiner Expected::Believed;
    "fake-group-for-repair" FakeGroupForRepair FORK;
    "fake-group-for-recovery" FakeGroupForRecovery Expected::Believed;
    "welcome-elsewhere" WelcomeElsewhere Expected::Ignored;
    "welcome-after-exclusion" WelcomeAfterExclusion Expected::Believed;
    "welcome-again" WelcomeAgain Expected::Ignored;
    "fake-direct" FakeDirect Expected::Ignored;
    "other-blob" OtherBlob Expected::Refused("recovery_refused");
    "other-nonce" OtherNonce Expected::Refused("bad_signature");
    "short-nonce" ShortNonce Expected::Refused("upgrade_required");
    "answer-of-another-kind" AnswerOfAnotherKind Expected::Ignored;
    "swap-answers" SwapAnswers Expected::Refused("server_misbehaved");
    "garbage" Garbage Expected::Ignored;
    "flood-behind" FloodBehind Expected::Ignored;
    "flood-inbox" FloodInbox Expected::Ignored;
    "flood-receipt-wanted" FloodReceiptWanted Expected::Ignored;
    "entries-after-removal" EntriesAfterRemoval Expected::Ignored;
    "old-clock" OldClock Expected::Alarm("clock_skew");
];

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
    pub does: &'static str,
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
    FakeGroupForSecondTry,
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
    ($($name:literal $act:ident $does:literal $expected:expr;)*) => {
        &[$(Attack { name: $name, does: $does, act: Act::$act, expected: $expected },)*]
    };
}

const FORK: Expected = Expected::Alarm("fork_detected");
const REFUSED: Expected = Expected::Alarm("commit_refused");

/// All of them.
pub const ATTACKS: &[Attack] = attacks![
    "omit-entry" OmitEntry "never tells one message" Expected::Refused("server_misbehaved");
    "other-body" OtherBody "changes a byte of a message" FORK;
    "other-head" OtherHead "states another head" FORK;
    "other-kind" OtherKind "calls a message a vault write" FORK;
    "other-time" OtherTime "states another time" FORK;
    "withhold" Withhold "tells a message without its body" Expected::Alarm("body_withheld");
    "withhold-commit" WithholdCommit "tells a commit without its body" FORK;
    "other-epoch-number" OtherEpochNumber "states another epoch number beside a message" Expected::Repaired;
    "other-epoch-start" OtherEpochStart "states another beginning of the epoch beside a message" Expected::Repaired;
    "foreign-idempotency-key" ForeignKey "puts the victim's key on somebody else's message" Expected::Ignored;
    "no-idempotency-key" NoKey "takes the key off the victim's own message" Expected::Ignored;
    "fork-drop" ForkDrop "leaves a message out and renumbers what follows" FORK;
    "fork-drop-commit" ForkDropCommit "leaves a commit out and renumbers what follows" FORK;
    "fork-reorder" ForkReorder "swaps two entries" FORK;
    "fork-replay" ForkReplay "tells a message a second time, later" FORK;
    "fork-body" ForkBody "changes a message, with heads that fit" FORK;
    "fork-time" ForkTime "changes a time, with heads that fit" FORK;
    "fork-time-back" ForkTimeBack "sets a time back, with heads that fit" FORK;
    "fork-kind" ForkKind "calls a message a commit, with heads that fit" REFUSED;
    "fork-moved" ForkMoved "puts a message of another conversation in" FORK;
    "fork-forged-commit" ForkForgedCommit "puts a commit by an account of its own in" REFUSED;
    "fork-unsigned-commit" ForkUnsignedCommit "changes a byte in the signature or tags of a commit" FORK;
    "fork-void-bare" ForkVoidBare "voids the last commit without a refusal" FORK;
    "fork-void-by-stranger" ForkVoidByStranger "voids the last commit on a refusal by an account of its own" FORK;
    "freeze" Freeze "tells nothing new any more" Expected::Silence;
    "old-head" OldHead "states an old end of the log" FORK;
    "accept-without-storing" AcceptWithoutStoring "acknowledges a message and drops it" FORK;
    "receipt-by-stranger" ReceiptByStranger "confirms commits by an account of its own" Expected::Ignored;
    "receipt-garbled" ReceiptGarbled "confirms commits in a member's name" Expected::Ignored;
    "old-vault" OldVault "shows the first versions of vault entries" Expected::Ignored;
    "foreign-vault" ForeignVault "shows another conversation's vault entries" Expected::Ignored;
    "no-vault" NoVault "shows an empty vault" Expected::Ignored;
    "strangers-vault" StrangersVault "shows newer vault entries by an account of its own" Expected::Ignored;
    "other-profile" OtherProfile "shows one person's profile as another's" Expected::Ignored;
    "other-account" OtherAccount "leads a handle that is new to the victim to an account of its own" Expected::Believed;
    "other-account-later" OtherAccountLater "leads a known handle to an account of its own" Expected::Alarm("other_account");
    "swap-handles" SwapHandles "swaps the handles of people who are new to the victim" Expected::Believed;
    "other-key-packages" OtherKeyPackages "hands out key packages of an account of its own" Expected::Refused("no_key_package");
    "other-wrap" OtherWrap "garbles the vault key that is wrapped to a link" Expected::Refused("server_misbehaved");
    "strangers-wrap" StrangersWrap "wraps a vault key of its own choice to a link" Expected::Refused("server_misbehaved");
    "old-group-info" OldGroupInfo "shows a joiner the group info of an old epoch" Expected::Refused("stale_epoch");
    "garbled-group-info" GarbledGroupInfo "garbles the group info" Expected::Refused("server_misbehaved");
    "garbled-tree" GarbledTree "garbles the tree" Expected::Refused("server_misbehaved");
    "fake-group-for-joiner" FakeGroupForJoiner "leads who comes by a link into a group of its own" Expected::Believed;
    "fake-group-for-repair" FakeGroupForRepair "makes a device re-enter, into a group of its own" FORK;
    "fake-group-for-second-try" FakeGroupForSecondTry "makes a device re-enter, refuses its first try, then does so" FORK;
    "fake-group-for-recovery" FakeGroupForRecovery "leads a recovered device into a group of its own" Expected::Believed;
    "welcome-elsewhere" WelcomeElsewhere "welcomes a member into a group of its own under the same id" Expected::Ignored;
    "welcome-after-exclusion" WelcomeAfterExclusion "calls a member none any more, and then does so" Expected::Believed;
    "welcome-again" WelcomeAgain "tells a welcome twice" Expected::Ignored;
    "fake-direct" FakeDirect "opens a direct conversation in another person's name" Expected::Ignored;
    "other-blob" OtherBlob "answers a recovery with another account" Expected::Refused("recovery_refused");
    "other-nonce" OtherNonce "swaps the connection's nonce" Expected::Refused("bad_signature");
    "short-nonce" ShortNonce "gives a short nonce" Expected::Refused("upgrade_required");
    "answer-of-another-kind" AnswerOfAnotherKind "answers every fetch with something else" Expected::Ignored;
    "swap-answers" SwapAnswers "answers each request with the answer before" Expected::Refused("server_misbehaved");
    "garbage" Garbage "sends a frame that is none" Expected::Ignored;
    "flood-behind" FloodBehind "floods with wrong ends of logs" Expected::Ignored;
    "flood-inbox" FloodInbox "floods with inbox items that do not exist" Expected::Ignored;
    "flood-receipt-wanted" FloodReceiptWanted "floods with requests for receipts" Expected::Ignored;
    "entries-after-removal" EntriesAfterRemoval "goes on telling entries to a removed device" Expected::Ignored;
    "old-clock" OldClock "has a clock that is a day late" Expected::Alarm("clock_skew");
];

//! The cases; see the module above.

use asterism_core::hostile::Deed;
use asterism_mls::hostile::Flaw;

/// One way to be dishonest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Knows a ticket without its secret.
    NoSecret,
    /// Another pre-shared key.
    OtherPsk,
    /// Another confirmation tag.
    ConfirmationTag,
    /// Path secrets that do not decrypt.
    PathSecrets,
    /// No path secrets.
    NoPathSecrets,
    /// KEM outputs of three bytes.
    ShortKemOutputs,
    /// A path without its last node.
    ShortPath,
    /// Another membership tag.
    MembershipTag,
    /// Another signature.
    Signature,
    /// A false refusal.
    FalseRefusal,
    /// A false receipt.
    FalseReceipt,
    /// A void that comes after a restart of everything.
    VoidAfterRestart,
    /// Somebody honest enters while the dead epoch stands.
    JoinerInDeadEpoch,
    /// Flawed commits that somebody else confirms.
    Accomplice,
    /// A void of what somebody did not see, behind what they alone refused.
    VoidBehindRefusal,
    /// Commits without end.
    Churn,
    /// A false statement about what is not kept any more.
    OldStatement,
    /// Who was removed refuses what was before.
    ExpelledRefuses,
    /// A refusal of what others have built on.
    LateRefusal,
    /// Likewise, under somebody who has recovered.
    VoidedGround,
    /// Refusals that keep a group undecided.
    HeldUp,
    /// A link to which nothing can be sealed.
    SpoiledLink,
}

/// All cases with their names.
pub const CASES: &[(&str, Case)] = &[
    ("no-secret", Case::NoSecret),
    ("other-psk", Case::OtherPsk),
    ("confirmation-tag", Case::ConfirmationTag),
    ("path-secrets", Case::PathSecrets),
    ("no-path-secrets", Case::NoPathSecrets),
    ("short-kem-outputs", Case::ShortKemOutputs),
    ("short-path", Case::ShortPath),
    ("membership-tag", Case::MembershipTag),
    ("signature", Case::Signature),
    ("false-refusal", Case::FalseRefusal),
    ("false-receipt", Case::FalseReceipt),
    ("void-after-restart", Case::VoidAfterRestart),
    ("joiner-in-dead-epoch", Case::JoinerInDeadEpoch),
    ("accomplice", Case::Accomplice),
    ("void-behind-refusal", Case::VoidBehindRefusal),
    ("churn", Case::Churn),
    ("old-statement", Case::OldStatement),
    ("expelled-refuses", Case::ExpelledRefuses),
    ("late-refusal", Case::LateRefusal),
    ("voided-ground", Case::VoidedGround),
    ("held-up", Case::HeldUp),
    ("spoiled-link", Case::SpoiledLink),
];

impl Case {
    /// What the dishonest device does, when it is a device with a core.
    pub(super) fn deed(self) -> Option<Deed> {
        Some(match self {
            // Several do something, more than once.
            Self::NoSecret
            | Self::Accomplice
            | Self::VoidBehindRefusal
            | Self::Churn
            | Self::OldStatement
            | Self::ExpelledRefuses
            | Self::LateRefusal
            | Self::VoidedGround
            | Self::HeldUp
            | Self::SpoiledLink => return None,
            Self::OtherPsk => Deed::OtherPsk,
            Self::ConfirmationTag | Self::VoidAfterRestart | Self::JoinerInDeadEpoch => {
                Deed::FlawedCommit(Flaw::ConfirmationTag)
            }
            Self::PathSecrets => Deed::FlawedCommit(Flaw::PathSecrets),
            Self::NoPathSecrets => Deed::FlawedCommit(Flaw::NoPathSecrets),
            Self::ShortKemOutputs => Deed::FlawedCommit(Flaw::ShortKemOutputs),
            Self::ShortPath => Deed::FlawedCommit(Flaw::ShortPath),
            Self::MembershipTag => Deed::FlawedCommit(Flaw::MembershipTag),
            Self::Signature => Deed::FlawedCommit(Flaw::Signature),
            Self::FalseRefusal => Deed::FalseRefusal,
            Self::FalseReceipt => Deed::FalseReceipt,
        })
    }

    /// Does the server take the flawed commit, for want of the keys that would show the flaw? Then it is voided.
    pub(super) fn is_voided(self) -> bool {
        let honest_commit = matches!(self, Self::FalseRefusal | Self::FalseReceipt);
        !honest_commit && !matches!(self, Self::NoSecret | Self::ShortPath | Self::Signature)
    }
}

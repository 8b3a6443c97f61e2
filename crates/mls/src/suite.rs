//! The two cipher suites (docs/protocol.md §4.1).

use crate::provider::Crypto;
use asterism_policy::Kind;
use openmls_traits::{crypto::OpenMlsCrypto as _, types::Ciphersuite};

/// A cipher suite. Which one a conversation uses is decided when it is founded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Suite {
    /// MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: for ordinary groups.
    Classic,
    /// MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519: post-quantum; commits are 14 times larger.
    Hybrid,
}

impl Suite {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Classic, Self::Hybrid];

    /// OpenMLS's name of it.
    #[must_use]
    pub fn ciphersuite(self) -> Ciphersuite {
        match self {
            Self::Classic => Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
            Self::Hybrid => Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519,
        }
    }

    /// The suite, when it is one of ours.
    #[must_use]
    pub fn of(ciphersuite: Ciphersuite) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.ciphersuite() == ciphersuite)
    }

    /// May a conversation of this kind use this suite? Groups may use either; everything else is hybrid.
    #[must_use]
    pub fn is_allowed_for(self, kind: Kind) -> bool {
        self == Self::Hybrid || kind == Kind::Group
    }

    /// Is this the post-quantum suite?
    #[must_use]
    pub fn is_hybrid(self) -> bool {
        self == Self::Hybrid
    }

    /// Can one seal to this HPKE key? A leaf whose key is none (wrong length, small order) would stop everybody
    /// else from committing, and MLS has no rule against it.
    pub(crate) fn is_sealable(self, key: &[u8]) -> bool {
        Crypto::default().hpke_seal(self.ciphersuite().hpke_config(), key, b"", b"", b"").is_ok()
    }
}

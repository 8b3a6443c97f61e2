//! What an invite link's secret gives (docs/protocol.md §5.1, §5.3).

use crate::{
    keys::SigningKey,
    seal::{self, SealPrivate, SealPublic},
    symmetric::hkdf_key,
};
use asterism_wire::{TicketId, signing};
use std::fmt;
use zeroize::Zeroizing;

/// The keys of a link. Only who holds the link can derive them; members know the public halves.
pub struct LinkKeys {
    /// Proves that one has the link.
    pub signing: SigningKey,
    /// Opens what is wrapped to the link.
    pub seal_private: SealPrivate,
    /// To which the vault key is wrapped.
    pub seal_public: SealPublic,
    /// The ticket: hash of the two public keys.
    pub ticket_id: TicketId,
}

impl LinkKeys {
    /// Derives the keys of a link's secret.
    #[must_use]
    pub fn derive(secret: &[u8; 32]) -> Self {
        let signing = SigningKey::from_seed(*hkdf_key(secret, "asterism 1 link signing key", &[]));
        let (seal_private, seal_public) = seal::derive(&hkdf_key(secret, "asterism 1 link seal key", &[]));
        let ticket_id = signing::ticket_id(&signing.public(), seal_public.as_bytes());
        Self { signing, seal_private, seal_public, ticket_id }
    }
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkKeys({:?})", self.ticket_id)
    }
}

/// The pre-shared key of an entry by ticket: whoever has the vault key has it, the server does not.
#[must_use]
pub fn ticket_psk(vault_key: &[u8; 32], psk_id: &[u8]) -> Zeroizing<[u8; 32]> {
    hkdf_key(vault_key, "asterism 1 ticket psk", &[psk_id])
}

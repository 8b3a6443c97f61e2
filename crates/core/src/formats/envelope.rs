//! Welcome envelopes: what a newcomer needs, sealed to the entry key of their key package
//! (docs/protocol.md §5.4).

use super::{OpenError, TooLarge, VaultKey, labels};
use crate::content::cbor::{self, Fields};
use asterism_mls::seal::{self, SealPrivate, SealPublic};
use asterism_wire::{ConversationId, DeviceId, limits};
use std::fmt;
use zeroize::Zeroizing;

const WELCOME: u64 = 1;
const VAULT_KEY: u64 = 2;
const GENERATION: u64 = 3;

/// What is in an envelope. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// The joiner's part of the MLS Welcome (`asterism_mls::welcome`).
    pub(crate) welcome: Vec<u8>,
    /// The newest vault key.
    pub(crate) vault_key: VaultKey,
    /// Its generation.
    pub(crate) generation: u64,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Envelope(..)")
    }
}

/// Seals an envelope to a joiner's entry key.
///
/// # Errors
/// [`TooLarge`] for the welcome, or when the entry key is not a valid X-Wing key.
pub(crate) fn seal_envelope(
    entry_key: &SealPublic,
    conversation: ConversationId,
    device: DeviceId,
    envelope: &Envelope,
) -> Result<Vec<u8>, TooLarge> {
    let value = cbor::fields([
        (WELCOME, envelope.welcome.as_slice().into()),
        (VAULT_KEY, envelope.vault_key.as_bytes().as_slice().into()),
        (GENERATION, envelope.generation.into()),
    ]);
    let plaintext = Zeroizing::new(cbor::encode(value, envelope.welcome.len() + 128));
    let aad = additional_data(conversation, device);
    let sealed = seal::seal(entry_key, labels::WELCOME.as_bytes(), &aad, &plaintext).map_err(|_| TooLarge)?;
    if sealed.len() > limits::WELCOME_BYTES_MAX { Err(TooLarge) } else { Ok(sealed) }
}

/// Opens an envelope for this device.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_envelope(
    entry_key: &SealPrivate,
    conversation: ConversationId,
    device: DeviceId,
    sealed: &[u8],
) -> Result<Envelope, OpenError> {
    if sealed.len() > limits::WELCOME_BYTES_MAX {
        return Err(OpenError::LimitExceeded);
    }
    let aad = additional_data(conversation, device);
    let opened = seal::open(entry_key, labels::WELCOME.as_bytes(), &aad, sealed);
    let plaintext = Zeroizing::new(opened.map_err(|_| OpenError::DoesNotOpen)?);
    let mut fields = Fields::of(cbor::decode(&plaintext, limits::WELCOME_BYTES_MAX)?)?;
    Ok(Envelope {
        welcome: cbor::bytes(fields.take(WELCOME)?)?,
        vault_key: VaultKey::new(cbor::fixed(fields.take(VAULT_KEY)?)?),
        generation: cbor::unsigned(fields.take(GENERATION)?)?,
    })
}

/// Both have a fixed length, so they need no separators.
fn additional_data(conversation: ConversationId, device: DeviceId) -> Vec<u8> {
    [conversation.as_bytes(), device.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::boxed::damaged;
    use proptest::prelude::*;

    const CONVERSATION: ConversationId = ConversationId([1; 16]);
    const DEVICE: DeviceId = DeviceId([2; 16]);

    fn envelope() -> Envelope {
        Envelope { welcome: vec![7; 400], vault_key: VaultKey::new([8; 32]), generation: 9 }
    }

    #[test]
    fn envelopes_open_for_their_device_and_conversation_only() {
        let (private, public) = seal::derive(&[3; 32]);
        let sealed = seal_envelope(&public, CONVERSATION, DEVICE, &envelope()).unwrap();
        assert_eq!(open_envelope(&private, CONVERSATION, DEVICE, &sealed), Ok(envelope()));

        let refused = Err(OpenError::DoesNotOpen);
        assert_eq!(open_envelope(&private, ConversationId([9; 16]), DEVICE, &sealed), refused);
        assert_eq!(open_envelope(&private, CONVERSATION, DeviceId([9; 16]), &sealed), refused);
        assert_eq!(open_envelope(&seal::derive(&[4; 32]).0, CONVERSATION, DEVICE, &sealed), refused);
        for bad in damaged(&sealed) {
            assert_eq!(open_envelope(&private, CONVERSATION, DEVICE, &bad), refused);
        }
    }

    #[test]
    fn envelopes_are_bounded_both_ways() {
        let (private, public) = seal::derive(&[3; 32]);
        let large = Envelope { welcome: vec![0; limits::WELCOME_BYTES_MAX], ..envelope() };
        assert_eq!(seal_envelope(&public, CONVERSATION, DEVICE, &large), Err(TooLarge));
        let bytes = vec![0; limits::WELCOME_BYTES_MAX + 1];
        assert_eq!(open_envelope(&private, CONVERSATION, DEVICE, &bytes), Err(OpenError::LimitExceeded));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (private, public) = seal::derive(&[3; 32]);
            prop_assert!(open_envelope(&private, CONVERSATION, DEVICE, &bytes).is_err());
            let aad = additional_data(CONVERSATION, DEVICE);
            let sealed = seal::seal(&public, labels::WELCOME.as_bytes(), &aad, &bytes).unwrap();
            prop_assert_eq!(open_envelope(&private, CONVERSATION, DEVICE, &sealed), Err(OpenError::Malformed));
        }
    }
}

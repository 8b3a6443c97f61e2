//! Signals: typing and delivery, sealed for who is online, never stored (docs/protocol.md §8).
//!
//! Inside the box is a CBOR array (body, signature); the body is an array (leaf, kind, …). A signal can be
//! shown again by the server within its epoch, so what it says must be harmless when repeated.

use super::{Nonce, OpenError, TooLarge, boxed, labels};
use crate::content::cbor;
use asterism_mls::{SigningKey, keys::verify};
use asterism_wire::{
    ConversationId, DecodeError, MessageId, limits,
    signing::{ephemeral, transcript},
};
use ciborium::Value;

/// Messages in one delivery signal: more would not fit [`limits::EPHEMERAL_BYTES_MAX`].
pub(crate) const DELIVERED_MAX: usize = 100;

const TYPING: u8 = 1;
const DELIVERED: u8 = 2;

/// What a device tells those who are online.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Somebody is typing.
    Typing,
    /// These messages have arrived.
    Delivered {
        /// Up to [`DELIVERED_MAX`].
        messages: Vec<MessageId>,
    },
    /// Of a later version: ignore it.
    Unknown,
}

/// The epoch that a signal is of.
#[derive(Clone, Copy)]
pub(crate) struct SignalContext<'a> {
    /// Conversation.
    pub(crate) conversation: ConversationId,
    /// MLS epoch number.
    pub(crate) epoch: u64,
    /// Exported from that epoch with [`labels::SIGNAL`].
    pub(crate) key: &'a SignalKey,
}

/// The key of one epoch's signals.
pub(crate) type SignalKey = zeroize::Zeroizing<[u8; 32]>;

/// Signs and seals a signal of the device at `leaf`.
///
/// # Errors
/// [`TooLarge`] for more than [`DELIVERED_MAX`] messages.
pub(crate) fn seal_signal(
    context: SignalContext<'_>,
    device_key: &SigningKey,
    leaf: u32,
    nonce: Nonce,
    signal: &Signal,
) -> Result<Vec<u8>, TooLarge> {
    let body = cbor::encode(to_value(leaf, signal)?, 256);
    let signature = device_key.sign(&ephemeral(context.conversation, context.epoch, &body));
    let inner = Value::Array(vec![body.into(), signature.as_slice().into()]);
    let sealed = boxed::seal(context.key, nonce, &context.additional_data(), &cbor::encode(inner, 512));
    if sealed.len() > limits::EPHEMERAL_BYTES_MAX { Err(TooLarge) } else { Ok(sealed) }
}

/// Opens a signal and verifies it with the device key that `key_of_leaf` gives; gives leaf and signal.
///
/// # Errors
/// [`OpenError::DoesNotOpen`] also for a wrong signature or a leaf that is not in the group.
pub(crate) fn open_signal(
    context: SignalContext<'_>,
    sealed: &[u8],
    key_of_leaf: impl FnOnce(u32) -> Option<[u8; 32]>,
) -> Result<(u32, Signal), OpenError> {
    let max = limits::EPHEMERAL_BYTES_MAX;
    let plaintext = boxed::open(context.key, &context.additional_data(), sealed, max)?;
    let [body, signature] = cbor::array(cbor::decode(&plaintext, max)?)?;
    let (body, signature) = (cbor::bytes(body)?, cbor::bytes(signature)?);
    let (leaf, signal) = from_value(cbor::decode(&body, max)?)?;
    let key = key_of_leaf(leaf).ok_or(OpenError::DoesNotOpen)?;
    verify(&key, &ephemeral(context.conversation, context.epoch, &body), &signature)
        .map_err(|_| OpenError::DoesNotOpen)?;
    Ok((leaf, signal))
}

impl SignalContext<'_> {
    fn additional_data(&self) -> Vec<u8> {
        transcript(labels::SIGNAL, &[self.conversation.as_bytes(), &self.epoch.to_be_bytes()])
    }
}

fn to_value(leaf: u32, signal: &Signal) -> Result<Value, TooLarge> {
    let mut items: Vec<Value> = vec![leaf.into()];
    match signal {
        Signal::Typing => items.push(TYPING.into()),
        Signal::Delivered { messages } if messages.len() > DELIVERED_MAX => return Err(TooLarge),
        Signal::Delivered { messages } => {
            let ids = messages.iter().map(|id| Value::from(id.as_bytes())).collect();
            items.extend([DELIVERED.into(), Value::Array(ids)]);
        }
        Signal::Unknown => items.push(0.into()),
    }
    Ok(Value::Array(items))
}

fn from_value(value: Value) -> Result<(u32, Signal), DecodeError> {
    let mut items = cbor::list(value)?.into_iter();
    let mut next = || items.next().ok_or(DecodeError::Missing);
    let leaf = cbor::unsigned(next()?)?;
    let signal = match cbor::unsigned::<u64>(next()?)? {
        kind if kind == u64::from(TYPING) => Signal::Typing,
        kind if kind == u64::from(DELIVERED) => {
            let ids = cbor::list(next()?)?;
            if ids.len() > DELIVERED_MAX {
                return Err(DecodeError::OutOfRange);
            }
            let messages =
                ids.into_iter().map(|id| cbor::fixed(id).map(MessageId)).collect::<Result<_, _>>()?;
            Signal::Delivered { messages }
        }
        _ => Signal::Unknown,
    };
    Ok((leaf, signal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::boxed::damaged;
    use proptest::prelude::*;

    fn context(key: &SignalKey) -> SignalContext<'_> {
        SignalContext { conversation: ConversationId([1; 16]), epoch: 5, key }
    }

    fn device() -> SigningKey {
        SigningKey::from_seed([2; 32])
    }

    fn roster(leaf: u32) -> Option<[u8; 32]> {
        (leaf == 3).then(|| device().public())
    }

    #[test]
    fn signals_round_trip() {
        let key = SignalKey::new([4; 32]);
        let many = vec![MessageId([9; 32]); DELIVERED_MAX];
        for signal in [Signal::Typing, Signal::Delivered { messages: many }, Signal::Unknown] {
            let sealed = seal_signal(context(&key), &device(), 3, [0; 12], &signal).unwrap();
            assert_eq!(open_signal(context(&key), &sealed, roster), Ok((3, signal)));
        }
        let too_many = Signal::Delivered { messages: vec![MessageId([9; 32]); DELIVERED_MAX + 1] };
        assert_eq!(seal_signal(context(&key), &device(), 3, [0; 12], &too_many), Err(TooLarge));
    }

    #[test]
    fn signals_are_of_one_epoch_conversation_and_device() {
        let key = SignalKey::new([4; 32]);
        let here = context(&key);
        let sealed = seal_signal(here, &device(), 3, [0; 12], &Signal::Typing).unwrap();
        let refused = Err(OpenError::DoesNotOpen);
        assert_eq!(open_signal(SignalContext { epoch: 6, ..here }, &sealed, roster), refused);
        let elsewhere = SignalContext { conversation: ConversationId([9; 16]), ..here };
        assert_eq!(open_signal(elsewhere, &sealed, roster), refused);
        assert_eq!(open_signal(context(&SignalKey::new([5; 32])), &sealed, roster), refused);
        assert_eq!(open_signal(here, &sealed, |_| None), refused);
        assert_eq!(open_signal(here, &sealed, |_| Some(SigningKey::from_seed([8; 32]).public())), refused);
        for bad in damaged(&sealed) {
            assert_eq!(open_signal(here, &bad, roster), refused);
        }
    }

    #[test]
    fn a_member_cannot_speak_as_another_or_for_another_epoch() {
        let key = SignalKey::new([4; 32]);
        let here = context(&key);
        let seal = |body: &[u8], signature: &[u8]| {
            let inner = cbor::encode(Value::Array(vec![body.into(), signature.into()]), 0);
            boxed::seal(&key, [0; 12], &here.additional_data(), &inner)
        };
        let body = cbor::encode(to_value(3, &Signal::Typing).unwrap(), 0);
        let other = SigningKey::from_seed([7; 32]);
        let forged = seal(&body, &other.sign(&ephemeral(here.conversation, 5, &body)));
        assert_eq!(open_signal(here, &forged, roster), Err(OpenError::DoesNotOpen));
        let replayed = seal(&body, &device().sign(&ephemeral(here.conversation, 4, &body)));
        assert_eq!(open_signal(here, &replayed, roster), Err(OpenError::DoesNotOpen));
        let good = seal(&body, &device().sign(&ephemeral(here.conversation, 5, &body)));
        assert!(open_signal(here, &good, roster).is_ok());
    }

    proptest! {
        #[test]
        fn garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let key = SignalKey::new([4; 32]);
            prop_assert!(open_signal(context(&key), &bytes, roster).is_err());
            let sealed = boxed::seal(&key, [0; 12], &context(&key).additional_data(), &bytes);
            prop_assert!(open_signal(context(&key), &sealed, roster).is_err());
            let _ = cbor::decode(&bytes, 300).map(from_value);
        }
    }
}

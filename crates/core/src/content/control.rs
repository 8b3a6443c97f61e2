//! Control parts: what devices tell each other unseen (docs/protocol.md §6.3, §7.3).
//!
//! A control part is a CBOR array whose first item is a word. Words of later versions are [`Control::Unknown`],
//! to be ignored.

use super::{Content, Disposition, Extensions, Part, SALT_BYTES, cbor, content_type};
use crate::formats::VaultKey;
use asterism_wire::{DecodeError, limits};
use ciborium::Value;

const VAULT_KEYS_WANTED: &str = "vault-keys-wanted";
const VAULT_KEYS: &str = "vault-keys";

/// What a control part says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    /// The sender lacks the vault's newest key.
    VaultKeysWanted,
    /// Vault keys by generation.
    VaultKeys {
        /// At least the newest; it opens the older ones (§7.3).
        keys: Vec<(u64, VaultKey)>,
    },
    /// Not of this version, or not readable: ignore it.
    Unknown,
}

impl Content {
    /// A control message. [`Control::Unknown`] becomes one that nobody understands.
    #[must_use]
    pub(crate) fn control(salt: [u8; SALT_BYTES], control: &Control) -> Self {
        Self {
            salt,
            replaces: None,
            topic_id: Vec::new(),
            expires: None,
            in_reply_to: None,
            extensions: Extensions::new(),
            body: Part::Single {
                disposition: Disposition::CONTROL,
                language: String::new(),
                content_type: content_type::CONTROL.to_owned(),
                content: encode(control),
            },
        }
    }

    /// What a control message says; `None` when it is none.
    #[must_use]
    pub(crate) fn as_control(&self) -> Option<Control> {
        match &self.body {
            Part::Single { disposition: Disposition::CONTROL, content_type, content, .. } => {
                let known = content_type == content_type::CONTROL;
                Some(if known { decode(content).unwrap_or(Control::Unknown) } else { Control::Unknown })
            }
            body if body.disposition() == Disposition::CONTROL => Some(Control::Unknown),
            _ => None,
        }
    }
}

fn encode(control: &Control) -> Vec<u8> {
    let items = match control {
        Control::VaultKeysWanted => vec![VAULT_KEYS_WANTED.into()],
        Control::VaultKeys { keys } => {
            let key = |(generation, key): &(u64, VaultKey)| {
                Value::Array(vec![(*generation).into(), key.as_bytes().as_slice().into()])
            };
            vec![VAULT_KEYS.into(), Value::Array(keys.iter().map(key).collect())]
        }
        Control::Unknown => vec!["".into()],
    };
    cbor::encode(Value::Array(items), 64)
}

fn decode(bytes: &[u8]) -> Result<Control, DecodeError> {
    let mut items = cbor::list(cbor::decode(bytes, limits::TEXT_BYTES_MAX)?)?.into_iter();
    let word = cbor::text(items.next().ok_or(DecodeError::Missing)?)?;
    match word.as_str() {
        VAULT_KEYS_WANTED => Ok(Control::VaultKeysWanted),
        VAULT_KEYS => {
            let list = cbor::list(items.next().ok_or(DecodeError::Missing)?)?;
            let keys = list.into_iter().map(|pair| {
                let [generation, key] = cbor::array(pair)?;
                Ok((cbor::unsigned(generation)?, VaultKey::new(cbor::fixed(key)?)))
            });
            Ok(Control::VaultKeys { keys: keys.collect::<Result<_, DecodeError>>()? })
        }
        _ => Ok(Control::Unknown),
    }
}

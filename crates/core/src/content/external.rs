//! Parts whose content is elsewhere: written and read, not fetched by this version.

use super::cbor;
use asterism_wire::DecodeError;
use ciborium::Value;

/// Content that is fetched from elsewhere (`ExternalPart`).
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct External {
    /// IANA media type with parameters.
    pub(crate) content_type: String,
    /// Where it is.
    pub(crate) url: String,
    /// Seconds since 1970, or 0 for never.
    pub(crate) expires: u32,
    /// Bytes, or 0 for unknown.
    pub(crate) size: u64,
    /// IANA AEAD number, or 0 for none.
    pub(crate) enc_alg: u16,
    /// AEAD key.
    pub(crate) key: Vec<u8>,
    /// AEAD nonce.
    pub(crate) nonce: Vec<u8>,
    /// AEAD additional data.
    pub(crate) aad: Vec<u8>,
    /// IANA named information hash, or 0 for none.
    pub(crate) hash_alg: u8,
    /// Hash of what is at the address.
    pub(crate) content_hash: Vec<u8>,
    /// For people.
    pub(crate) description: String,
    /// Suggested name.
    pub(crate) filename: String,
}

impl External {
    pub(super) fn to_values(&self) -> [Value; 12] {
        [
            self.content_type.as_str().into(),
            self.url.as_str().into(),
            self.expires.into(),
            self.size.into(),
            self.enc_alg.into(),
            self.key.as_slice().into(),
            self.nonce.as_slice().into(),
            self.aad.as_slice().into(),
            self.hash_alg.into(),
            self.content_hash.as_slice().into(),
            self.description.as_str().into(),
            self.filename.as_str().into(),
        ]
    }

    pub(super) fn from_value(value: Value) -> Result<Self, DecodeError> {
        let [
            content_type,
            url,
            expires,
            size,
            enc_alg,
            key,
            nonce,
            aad,
            hash_alg,
            content_hash,
            description,
            filename,
        ] = cbor::array(value)?;
        Ok(Self {
            content_type: cbor::text(content_type)?,
            url: cbor::text(url)?,
            expires: cbor::unsigned(expires)?,
            size: cbor::unsigned(size)?,
            enc_alg: cbor::unsigned(enc_alg)?,
            key: cbor::bytes(key)?,
            nonce: cbor::bytes(nonce)?,
            aad: cbor::bytes(aad)?,
            hash_alg: cbor::unsigned(hash_alg)?,
            content_hash: cbor::bytes(content_hash)?,
            description: cbor::text(description)?,
            filename: cbor::text(filename)?,
        })
    }
}

//! Deterministic CBOR (RFC 8949 §4.2.1) over `ciborium`'s values (docs/protocol.md §2.2).
//!
//! Encoding sorts the keys of every map by their encoded bytes; `ciborium` writes shortest forms and definite
//! lengths. Decoding refuses whatever would not be written the same again, hence also trailing bytes. The two
//! things that `ciborium` cannot hold, `undefined` and unassigned simple values, are refused too.

use asterism_wire::DecodeError;
use ciborium::Value;

/// Deepest nesting of arrays, maps and tags that is read at all: four levels of parts take nine.
const DEPTH_MAX: usize = 16;

/// Encodes a value; its maps are sorted on the way. `capacity` avoids growing, which would leave copies.
pub(crate) fn encode(mut value: Value, capacity: usize) -> Vec<u8> {
    sort(&mut value);
    write(&value, capacity)
}

/// Reads exactly one value of at most `bytes_max` bytes in its only valid encoding.
pub(crate) fn decode(bytes: &[u8], bytes_max: usize) -> Result<Value, DecodeError> {
    if bytes.len() > bytes_max {
        return Err(DecodeError::OutOfRange);
    }
    let mut value: Value = ciborium::de::from_reader_with_recursion_limit(bytes, DEPTH_MAX)
        .map_err(|_| DecodeError::Malformed)?;
    sort(&mut value);
    let same = write(&value, bytes.len()) == bytes;
    if same && is_well_formed(&value) { Ok(value) } else { Err(DecodeError::Malformed) }
}

fn write(value: &Value, capacity: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity);
    ciborium::into_writer(value, &mut out).expect("a vector takes every write");
    out
}

fn sort(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort),
        Value::Tag(_, inner) => sort(inner),
        Value::Map(entries) => {
            for (key, value) in entries.iter_mut() {
                sort(key);
                sort(value);
            }
            entries.sort_by_cached_key(|(key, _)| write(key, 16));
        }
        _ => {}
    }
}

/// Whether no map has a key twice (maps are sorted, so equal keys are neighbours), and not-a-number is the one
/// that MIMI allows.
fn is_well_formed(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_well_formed),
        Value::Tag(_, inner) => is_well_formed(inner),
        Value::Map(entries) => {
            entries.windows(2).all(|pair| pair[0].0 != pair[1].0)
                && entries.iter().all(|(key, value)| is_well_formed(key) && is_well_formed(value))
        }
        Value::Float(float) => !float.is_nan() || float.to_bits() == f64::NAN.to_bits(),
        _ => true,
    }
}

/// The items of an array of exactly `N`.
pub(crate) fn array<const N: usize>(value: Value) -> Result<[Value; N], DecodeError> {
    list(value)?.try_into().map_err(|_| DecodeError::Malformed)
}

pub(crate) fn list(value: Value) -> Result<Vec<Value>, DecodeError> {
    value.into_array().map_err(|_| DecodeError::Malformed)
}

pub(crate) fn bytes(value: Value) -> Result<Vec<u8>, DecodeError> {
    value.into_bytes().map_err(|_| DecodeError::Malformed)
}

pub(crate) fn fixed<const N: usize>(value: Value) -> Result<[u8; N], DecodeError> {
    let bytes = zeroize::Zeroizing::new(bytes(value)?);
    bytes.as_slice().try_into().map_err(|_| DecodeError::OutOfRange)
}

pub(crate) fn text(value: Value) -> Result<String, DecodeError> {
    value.into_text().map_err(|_| DecodeError::Malformed)
}

/// An unsigned integer within the range of `T`.
pub(crate) fn unsigned<T: TryFrom<u64>>(value: Value) -> Result<T, DecodeError> {
    let integer = value.into_integer().map_err(|_| DecodeError::Malformed)?;
    let wide = u64::try_from(integer).map_err(|_| DecodeError::OutOfRange)?;
    T::try_from(wide).map_err(|_| DecodeError::OutOfRange)
}

/// `None` for null.
pub(crate) fn optional<T>(
    value: Value,
    read: impl FnOnce(Value) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}

/// A map with small unsigned keys, of which readers skip those they do not know.
pub(crate) struct Fields(Vec<(u64, Value)>);

impl Fields {
    pub(crate) fn of(value: Value) -> Result<Self, DecodeError> {
        let entries = value.into_map().map_err(|_| DecodeError::Malformed)?;
        entries
            .into_iter()
            .map(|(key, value)| Ok((unsigned(key)?, value)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Takes the value of a key that must be there.
    pub(crate) fn take(&mut self, key: u64) -> Result<Value, DecodeError> {
        let at = self.0.iter().position(|(k, _)| *k == key).ok_or(DecodeError::Missing)?;
        Ok(self.0.swap_remove(at).1)
    }
}

/// The value that [`Fields`] reads.
pub(crate) fn fields(entries: impl IntoIterator<Item = (u64, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (Value::from(key), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_sorted_by_encoded_keys() {
        let map = Value::Map(vec![
            (Value::from("b"), Value::Null),
            (Value::from(-1), Value::Null),
            (Value::from(100), Value::Null),
            (Value::from("aa"), Value::Null),
            (Value::from(2), Value::Null),
        ]);
        assert_eq!(encode(map, 0), b"\xa5\x02\xf6\x18\x64\xf6\x20\xf6\x61b\xf6\x62aa\xf6");
    }

    #[test]
    fn only_the_deterministic_encoding_is_read() {
        for (what, bytes) in [
            ("long integer", &b"\x18\x05"[..]),
            ("long length", b"\x58\x01a"),
            ("indefinite array", b"\x9f\x01\xff"),
            ("indefinite text", b"\x7f\x61a\xff"),
            ("unsorted map", b"\xa2\x02\x00\x01\x00"),
            ("key twice", b"\xa2\x01\x00\x01\x01"),
            ("trailing byte", b"\x01\x01"),
            ("big integer that fits", b"\xc2\x41\x05"),
            ("long float", b"\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00"),
            ("other not-a-number", b"\xf9\x7e\x01"),
            ("undefined", b"\xf7"),
            ("nothing", b""),
            ("cut off", b"\x82\x01"),
            ("huge length", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
            ("huge bytes", b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff"),
            ("bad text", b"\x61\xff"),
        ] {
            assert!(decode(bytes, 100).is_err(), "{what}");
        }
        assert_eq!(decode(b"\x82\x01\x61a", 100), Ok(Value::Array(vec![1.into(), "a".into()])));
    }

    #[test]
    fn nesting_and_size_are_bounded() {
        assert!(decode(&[0x81; 100_000], 100_000).is_err());
        assert_eq!(decode(b"\x41a", 1), Err(DecodeError::OutOfRange));
    }
}

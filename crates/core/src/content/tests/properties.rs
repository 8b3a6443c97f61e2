use super::*;
use proptest::{collection::vec, option, prelude::*};

fn parts() -> impl Strategy<Value = Part> {
    let head = || (any::<u8>().prop_map(Disposition), "[a-z]{0,5}");
    let leaf = prop_oneof![
        head().prop_map(|(disposition, language)| Part::Null { disposition, language }),
        (head(), ".{0,20}", vec(any::<u8>(), 0..100)).prop_map(
            |((disposition, language), content_type, content)| {
                Part::Single { disposition, language, content_type, content }
            }
        ),
        (head(), ".{0,20}", any::<(u32, u64, u16, u8)>(), vec(any::<u8>(), 0..40)).prop_map(
            |((disposition, language), url, (expires, size, enc_alg, hash_alg), key)| {
                let external = External { url, expires, size, enc_alg, hash_alg, key, ..External::default() };
                Part::External { disposition, language, external: Box::new(external) }
            }
        ),
    ];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        (head(), vec(inner, 2..4)).prop_map(|((disposition, language), parts)| Part::Multi {
            disposition,
            language,
            semantics: Semantics::ChooseOne,
            parts,
        })
    })
}

fn extensions() -> impl Strategy<Value = Extensions> {
    let key = prop_oneof![
        (-(1i64 << 53) + 1..0).prop_map(ExtensionKey::Integer),
        (3i64..1 << 53).prop_map(ExtensionKey::Integer),
        "[a-z]{1,30}".prop_map(ExtensionKey::Text),
    ];
    let scalar = prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        vec(any::<u8>(), 0..20).prop_map(Value::from),
        ".{0,10}".prop_map(Value::from),
    ];
    let value = scalar.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::Array),
            (100..1_000u64, inner.clone()).prop_map(|(tag, value)| Value::Tag(tag, Box::new(value))),
            (any::<i64>(), inner).prop_map(|(key, value)| Value::Map(vec![(key.into(), value)])),
        ]
    });
    proptest::collection::btree_map(key, value, 0..5)
}

fn contents() -> impl Strategy<Value = Content> {
    let id = || option::of(any::<[u8; 32]>().prop_map(MessageId));
    let expires = any::<(bool, u32)>().prop_map(|(relative, seconds)| Expiration { relative, seconds });
    let head = (any::<[u8; SALT_BYTES]>(), id(), vec(any::<u8>(), 0..40), option::of(expires), id());
    (head, extensions(), parts()).prop_map(
        |((salt, replaces, topic_id, expires, in_reply_to), extensions, body)| Content {
            salt,
            replaces,
            topic_id,
            expires,
            in_reply_to,
            extensions,
            body,
        },
    )
}

proptest! {
    #[test]
    fn content_round_trips(content in contents()) {
        if let Ok(bytes) = content.encode() {
            prop_assert_eq!(Content::decode(&bytes), Ok(content.clone()));
            prop_assert_eq!(salt_of(&bytes), &content.salt);
        }
    }

    #[test]
    fn whatever_is_read_is_written_the_same(content in contents(), at: prop::sample::Index, byte: u8) {
        if let Ok(mut bytes) = content.encode() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(read) = Content::decode(&bytes) {
                prop_assert_eq!(read.encode(), Ok(bytes));
                let _ = (read.as_text(), read.as_control(), read.unknown());
            }
        }
    }

    #[test]
    fn garbage_is_refused(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(Content::decode(&bytes).is_err());
        let body = [&HEAD[..], &SALT, &[0xf6, 0x40, 0xf6, 0xf6, 0xa0], &bytes].concat();
        let _ = Content::decode(&body);
    }
}

mod examples;
mod properties;

use super::*;
use crate::formats::VaultKey;
use examples::EXAMPLES;

const SALT: [u8; SALT_BYTES] = [7; SALT_BYTES];

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

fn example(name: &str) -> (Content, MessageId) {
    let example = EXAMPLES.iter().find(|e| e.name == name).unwrap();
    (Content::decode(&unhex(example.cbor)).unwrap(), MessageId(unhex(example.id).try_into().unwrap()))
}

fn uri(content: &Content, key: &ExtensionKey) -> String {
    content.extensions[key].as_text().unwrap().to_owned()
}

#[test]
fn every_published_example_is_read_and_written_the_same() {
    for example in EXAMPLES {
        let bytes = unhex(example.cbor);
        let content = Content::decode(&bytes).unwrap_or_else(|e| panic!("{}: {e}", example.name));
        assert_eq!(content.encode().unwrap(), bytes, "{}", example.name);
    }
}

#[test]
fn message_ids_are_those_of_the_published_examples() {
    for example in EXAMPLES {
        let bytes = unhex(example.cbor);
        let content = Content::decode(&bytes).unwrap();
        let sender = uri(&content, &ExtensionKey::SENDER_URI);
        let room = uri(&content, &ExtensionKey::ROOM_URI);
        assert_eq!(id_by_uris(&sender, &room, &bytes).0.to_vec(), unhex(example.id), "{}", example.name);
    }
}

#[test]
fn published_examples_mean_what_the_draft_says() {
    let (original, original_id) = example("original");
    assert_eq!(original.as_text(), Some("Hi everyone, we just shipped release 2.0. __Good  work__!"));
    assert_eq!(original.unknown(), []);
    let (reply, reply_id) = example("reply");
    assert_eq!(reply.in_reply_to, Some(original_id));
    let (edit, _) = example("edit");
    assert_eq!((edit.replaces, edit.as_text()), (Some(reply_id), Some("Right on! _Congratulations_ y'all!")));
    let (delete, _) = example("delete");
    assert_eq!((delete.replaces, delete.as_text()), (Some(reply_id), None));
    assert!(matches!(delete.body, Part::Null { disposition: Disposition::RENDER, .. }));
    let (reaction, _) = example("reaction");
    assert_eq!((reaction.body.disposition(), reaction.as_text()), (Disposition::REACTION, None));
    let (expiring, _) = example("expiring");
    assert_eq!(expiring.expires, Some(Expiration { relative: false, seconds: 1_644_390_004 }));
    let (conferencing, _) = example("conferencing");
    assert_eq!(conferencing.topic_id, b"Foo 118");
    assert_eq!(conferencing.unknown(), [Unknown::External]);
    let (alternatives, _) = example("multipart-1");
    assert_eq!(alternatives.as_text(), Some("# Welcome!"));
    let fancy = "application/vnd.examplevendor-fancy-im-message".to_owned();
    assert_eq!(alternatives.unknown(), [Unknown::ContentType(fancy)]);
}

/// The original message, built here instead of read, without the extensions that claim sender and room.
#[test]
fn text_is_encoded_as_published() {
    let (mut published, _) = example("original");
    published.extensions.clear();
    let built = Content::text(published.salt, published.as_text().unwrap(), None);
    assert_eq!(built.encode(), published.encode());
    let (mut published, _) = example("reply");
    published.extensions.clear();
    let text = published.as_text().unwrap();
    assert_eq!(Content::text(published.salt, text, published.in_reply_to).encode(), published.encode());
}

#[test]
fn ids_depend_on_sender_conversation_and_content_only() {
    let encoded = Content::text(SALT, "hello", None).encode().unwrap();
    let id = message_id(AccountId([1; 32]), ConversationId([2; 16]), &encoded);
    assert_eq!(id.0[0], SHA_256);
    assert_eq!(id, message_id(AccountId([1; 32]), ConversationId([2; 16]), &encoded));
    let uri =
        (format!("asterism:a/{}", AccountId([1; 32])), format!("asterism:c/{}", ConversationId([2; 16])));
    assert_eq!(id, id_by_uris(&uri.0, &uri.1, &encoded));
    assert_ne!(id, message_id(AccountId([3; 32]), ConversationId([2; 16]), &encoded));
    assert_ne!(id, message_id(AccountId([1; 32]), ConversationId([3; 16]), &encoded));
    let other = Content::text([8; SALT_BYTES], "hello", None).encode().unwrap();
    assert_ne!(id, message_id(AccountId([1; 32]), ConversationId([2; 16]), &other));
    assert_eq!(salt_of(&encoded), SALT);
    for not_content in [&b""[..], b"\x87\x50short", b"garbage that is longer than a salt is"] {
        assert_eq!(salt_of(not_content), b"");
    }
}

#[test]
fn controls_round_trip_and_are_never_text() {
    let keys = vec![(3, VaultKey::new([4; 32])), (u64::MAX, VaultKey::new([5; 32]))];
    for control in [Control::VaultKeysWanted, Control::VaultKeys { keys }, Control::Unknown] {
        let bytes = Content::control(SALT, &control).encode().unwrap();
        let content = Content::decode(&bytes).unwrap();
        assert_eq!(content.as_control(), Some(control));
        assert_eq!(content.as_text(), None);
        assert_eq!(content.unknown(), []);
    }
    assert_eq!(Content::text(SALT, "vault-keys-wanted", None).as_control(), None);
}

#[test]
fn controls_that_cannot_be_read_are_unknown() {
    let control = |content: &[u8], content_type: &str| Content {
        body: Part::Single {
            disposition: Disposition::CONTROL,
            language: String::new(),
            content_type: content_type.into(),
            content: content.to_vec(),
        },
        ..Content::text(SALT, "", None)
    };
    for bytes in [
        &b""[..],
        b"\x80",
        b"\x81\x01",
        b"\x81\x65later",
        b"\x81\x6avault-keys",
        b"\x82\x6avault-keys\x81\x82\x01\x41\x00",
        b"\x82\x6avault-keys\x81\x82\x20\x41\x00",
    ] {
        assert_eq!(control(bytes, content_type::CONTROL).as_control(), Some(Control::Unknown), "{bytes:?}");
    }
    assert_eq!(control(b"text", content_type::MARKDOWN).as_text(), None);
    assert_eq!(control(b"text", content_type::MARKDOWN).as_control(), Some(Control::Unknown));
    let later = control(b"\x83\x71vault-keys-wanted\x01\x02", content_type::CONTROL);
    assert_eq!(later.as_control(), Some(Control::VaultKeysWanted), "items of later versions are skipped");
}

fn with_body(body: Part) -> Content {
    Content { body, ..Content::text(SALT, "", None) }
}

fn part(disposition: u8, content_type: &str, content: &[u8]) -> Part {
    Part::Single {
        disposition: Disposition(disposition),
        language: "fr".into(),
        content_type: content_type.into(),
        content: content.into(),
    }
}

fn multi(parts: Vec<Part>) -> Part {
    Part::Multi {
        disposition: Disposition::RENDER,
        language: String::new(),
        semantics: Semantics::ProcessAll,
        parts,
    }
}

#[test]
fn what_is_unknown_is_kept_and_reported() {
    let key = ExtensionKey::Text("later".into());
    let mut content = with_body(part(200, "text/later", b"?"));
    content
        .extensions
        .insert(key.clone(), Value::Array(vec![Value::Tag(32, Box::new("x".into())), 1.5.into()]));
    content.extensions.insert(ExtensionKey::Integer(-9), Value::Null);
    let read = Content::decode(&content.encode().unwrap()).unwrap();
    assert_eq!(read, content);
    let unknown = [
        Unknown::Disposition(Disposition(200)),
        Unknown::ContentType("text/later".into()),
        Unknown::Extension(ExtensionKey::Integer(-9)),
        Unknown::Extension(key),
    ];
    assert_eq!(read.unknown(), unknown);
    // Text of an unknown disposition is shown as if it were to be rendered (the draft's security considerations).
    assert_eq!(with_body(part(200, content_type::PLAIN, b"hi")).as_text(), Some("hi"));
    assert_eq!(with_body(part(1, content_type::PLAIN, b"\xff")).as_text(), None);
}

#[test]
fn limits_hold_both_ways() {
    let text = |len: usize| Content::text(SALT, "x".repeat(len), None).encode();
    assert!(text(limits::TEXT_BYTES_MAX).is_ok());
    let depth =
        |levels: usize| (1..levels).fold(part(1, "a", b""), |inner, _| multi(vec![inner, part(1, "a", b"")]));
    assert!(with_body(depth(DEPTH_MAX)).encode().is_ok());
    assert!(with_body(multi(vec![part(1, "a", b""); PARTS_MAX - 1])).encode().is_ok());
    assert!(Content { topic_id: vec![0; TOPIC_ID_BYTES_MAX], ..with_body(depth(1)) }.encode().is_ok());

    let nested = |n: usize| (0..n).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let extended = |key: ExtensionKey, value: Value| Content {
        extensions: Extensions::from([(key, value)]),
        ..with_body(part(1, "a", b""))
    };
    assert!(extended(ExtensionKey::Integer(256), nested(3)).encode().is_ok());
    for (what, content) in [
        ("text", Content::text(SALT, "x".repeat(limits::TEXT_BYTES_MAX + 1), None)),
        ("message", with_body(multi(vec![part(1, "a", &[0; 60_000]), part(1, "a", &[0; 60_000])]))),
        ("depth", with_body(depth(DEPTH_MAX + 1))),
        ("parts", with_body(multi(vec![part(1, "a", b""); PARTS_MAX]))),
        ("one part", with_body(multi(vec![part(1, "a", b"")]))),
        ("topic", Content { topic_id: vec![0; TOPIC_ID_BYTES_MAX + 1], ..with_body(depth(1)) }),
        ("extension depth", extended(ExtensionKey::Integer(256), nested(4))),
        ("extension key", extended(ExtensionKey::Integer(1 << 53), Value::Null)),
        ("extension text", extended(ExtensionKey::Text("x".repeat(256)), Value::Null)),
        ("extension empty text", extended(ExtensionKey::Text(String::new()), Value::Null)),
        ("sender that is no text", extended(ExtensionKey::SENDER_URI, 1.into())),
        ("map key", extended(ExtensionKey::Integer(3), Value::Map(vec![(Value::Null, Value::Null)]))),
    ] {
        assert!(content.encode().is_err(), "{what}");
        let forced = cbor::encode(content.to_value(), 0);
        assert!(Content::decode(&forced).is_err(), "{what}");
    }
}

#[test]
fn malformed_content_is_refused() {
    let good = Content::text(SALT, "hello", None).encode().unwrap();
    assert!(Content::decode(&good).is_ok());
    for len in 0..good.len() {
        assert!(Content::decode(&good[..len]).is_err(), "cut at {len}");
    }
    assert_eq!(Content::decode(&[&good[..], b"\x00"].concat()), Err(ContentError::Malformed));
    let items = |change: fn(&mut Vec<Value>)| {
        let mut items = Content::text(SALT, "hello", None).to_value().into_array().unwrap();
        change(&mut items);
        cbor::encode(Value::Array(items), 0)
    };
    let changes: [fn(&mut Vec<Value>); 14] = [
        |items| items.push(Value::Null),
        |items| items.truncate(6),
        |items| items[0] = vec![0u8; 15].into(),
        |items| items[1] = vec![0u8; 31].into(),
        |items| items[2] = Value::Null,
        |items| items[3] = Value::Array(vec![1.into(), 1.into()]),
        |items| items[3] = Value::Array(vec![true.into(), (1u64 << 32).into()]),
        |items| items[3] = Value::Array(vec![true.into(), (-1).into()]),
        |items| items[4] = "x".into(),
        |items| items[5] = Value::Array(vec![]),
        |items| items[6] = Value::Array(vec![256.into(), "".into(), 0.into()]),
        |items| items[6] = Value::Array(vec![1.into(), "".into(), 4.into()]),
        |items| items[6] = Value::Array(vec![1.into(), "".into(), 0.into(), 0.into()]),
        |items| items[6] = Value::Array(vec![1.into(), "".into(), 3.into(), 3.into(), Value::Array(vec![])]),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        assert!(Content::decode(&items(change)).is_err(), "change {n}");
    }
}

#[test]
fn debug_shows_no_content() {
    let shown = format!("{:?}", Content::text(SALT, "secret", None));
    assert!(!shown.contains("secret") && !shown.contains("115"), "{shown}");
}

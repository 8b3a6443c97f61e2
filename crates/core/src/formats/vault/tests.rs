use super::*;
use crate::formats::{
    VaultKey,
    boxed::{damaged, hex},
};
use asterism_mls::{credential::make_credential, seal};
use asterism_wire::{
    TicketId, signing,
    vault::{PastKey, Wrap},
};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;
use std::collections::BTreeMap;

const HERE: ConversationId = ConversationId([1; 16]);
const ELSEWHERE: ConversationId = ConversationId([2; 16]);
const KEY: [u8; 32] = [3; 32];

fn device() -> SigningKey {
    SigningKey::from_seed([4; 32])
}

fn credential() -> Vec<u8> {
    make_credential(&SigningKey::from_seed([5; 32]), 0, 1, 1_000, &device().public()).encode_to_vec()
}

const SLOT: Slot<'static> = Slot { conversation: HERE, name: "meta", version: 6, generation: 7 };

fn record(value: &[u8]) -> VaultRecord {
    let writer = Writer { device_key: &device(), credential: &credential() };
    seal_record(writer, SLOT, &KEY, [8; 12], value).unwrap()
}

#[test]
fn records_are_checked_and_opened() {
    let record = record(b"value");
    let leaf = check_record(HERE, &record).unwrap();
    assert_eq!(leaf.device, signing::device_id(&device().public()));
    assert_eq!(leaf.account, signing::account_id(&SigningKey::from_seed([5; 32]).public()));
    assert_eq!(open_record(HERE, &KEY, &record).unwrap().as_slice(), b"value");
    assert!(!record.sealed.windows(5).any(|w| w == b"value"));
}

#[test]
fn each_field_of_a_record_is_bound() {
    type Change = fn(&mut VaultRecord);
    let changes: [(Change, bool); 8] = [
        (|r| r.name.push('x'), true),
        (|r| r.version += 1, true),
        (|r| r.generation += 1, true),
        (|r| r.sealed[0] ^= 1, true),
        (|r| r.sealed.truncate(5), true),
        (|r| r.writer[3] ^= 1, false),
        (|r| r.writer_key[0] ^= 1, false),
        (|r| r.signature[0] ^= 1, false),
    ];
    for (n, (change, sealed_too)) in changes.into_iter().enumerate() {
        let mut changed = record(b"value");
        change(&mut changed);
        assert!(check_record(HERE, &changed).is_err(), "change {n}");
        assert_eq!(open_record(HERE, &KEY, &changed).is_err(), sealed_too, "change {n}");
    }
}

#[test]
fn records_are_of_one_conversation_and_key() {
    let record = record(b"value");
    assert_eq!(check_record(ELSEWHERE, &record), Err(RecordError::BadSignature));
    assert_eq!(open_record(ELSEWHERE, &KEY, &record), Err(OpenError::DoesNotOpen));
    assert_eq!(open_record(HERE, &[9; 32], &record), Err(OpenError::DoesNotOpen));
    for sealed in damaged(&record.sealed) {
        let bad = VaultRecord { sealed, ..record.clone() };
        assert_eq!(open_record(HERE, &KEY, &bad), Err(OpenError::DoesNotOpen));
        assert_eq!(check_record(HERE, &bad), Err(RecordError::BadSignature));
    }
}

#[test]
fn a_writer_needs_the_credential_of_its_own_key() {
    let other = SigningKey::from_seed([6; 32]);
    let writer = Writer { device_key: &other, credential: &credential() };
    let forged = seal_record(writer, SLOT, &KEY, [8; 12], b"").unwrap();
    assert_eq!(check_record(HERE, &forged), Err(RecordError::Credential(CredentialError::NotCertified)));
}

#[test]
fn records_are_bounded_both_ways() {
    let writer = Writer { device_key: &device(), credential: &credential() };
    let max = limits::VAULT_VALUE_BYTES_MAX - boxed::OVERHEAD_BYTES;
    assert!(check_record(HERE, &record(&vec![0; max])).is_ok());
    assert_eq!(seal_record(writer, SLOT, &KEY, [0; 12], &vec![0; max + 1]), Err(TooLarge));
    let long = "x".repeat(limits::VAULT_NAME_BYTES_MAX + 1);
    assert_eq!(seal_record(writer, Slot { name: &long, ..SLOT }, &KEY, [0; 12], b""), Err(TooLarge));
    let large = VaultRecord { sealed: vec![0; limits::VAULT_VALUE_BYTES_MAX + 1], ..record(b"") };
    assert_eq!(check_record(HERE, &large), Err(RecordError::LimitExceeded));
    assert_eq!(open_record(HERE, &KEY, &large), Err(OpenError::LimitExceeded));
    assert_eq!(
        check_record(HERE, &VaultRecord { name: long, ..record(b"") }),
        Err(RecordError::LimitExceeded)
    );
}

fn key(generation: u8) -> VaultKey {
    VaultKey::new([generation + 100; 32])
}

fn chain(length: u8) -> Vec<PastKey> {
    let seal = |g: u8| seal_past_key(HERE, &key(g + 1), g.into(), &key(g), [g; 12]);
    (0..length).map(seal).collect()
}

#[test]
fn the_newest_key_opens_all() {
    let expected: BTreeMap<u64, VaultKey> = (0..=5).map(|g| (g.into(), key(g))).collect();
    let mut past = chain(5);
    assert_eq!(open_past_keys(HERE, &key(5), 5, &past), expected);
    past.reverse();
    let noise = PastKey { generation: 3, sealed: vec![1; 60] };
    past.insert(0, noise.clone());
    past.push(noise);
    assert_eq!(open_past_keys(HERE, &key(5), 5, &past), expected, "in any order, among noise");
    assert_eq!(open_past_keys(HERE, &key(0), 0, &[]), BTreeMap::from([(0, key(0))]));
}

#[test]
fn the_chain_ends_at_a_link_that_is_missing_or_wrong() {
    let from_three = |keys: BTreeMap<u64, VaultKey>| keys.into_keys().eq(3..=5);
    let mut missing = chain(5);
    missing.remove(2);
    assert!(from_three(open_past_keys(HERE, &key(5), 5, &missing)));
    for sealed in damaged(&chain(5)[2].sealed) {
        let mut past = chain(5);
        past[2].sealed = sealed;
        assert!(from_three(open_past_keys(HERE, &key(5), 5, &past)));
    }
    let mut swapped = chain(5);
    swapped[2].generation = 1;
    assert!(from_three(open_past_keys(HERE, &key(5), 5, &swapped)));
    assert_eq!(open_past_keys(ELSEWHERE, &key(5), 5, &chain(5)).len(), 1);
    assert_eq!(open_past_keys(HERE, &key(9), 5, &chain(5)).len(), 1);
    // Generations that nobody has are passed over, however many.
    assert_eq!(open_past_keys(HERE, &key(5), u64::MAX, &chain(5)).len(), 6);
}

#[test]
fn wraps_open_for_their_ticket_only() {
    let (private, public) = seal::derive(&[1; 32]);
    let ticket = TicketId([2; 16]);
    let wrap = wrap_vault_key(&public, HERE, ticket, 4, &KEY).unwrap();
    assert_eq!(open_wrap(&private, HERE, ticket, &wrap), Ok((4, VaultKey::new(KEY))));

    let refused = Err(OpenError::DoesNotOpen);
    assert_eq!(open_wrap(&private, ELSEWHERE, ticket, &wrap), refused);
    assert_eq!(open_wrap(&private, HERE, TicketId([3; 16]), &wrap), refused);
    assert_eq!(open_wrap(&seal::derive(&[9; 32]).0, HERE, ticket, &wrap), refused);
    let retold = Wrap { ticket: vec![3; 16], ..wrap.clone() };
    assert_eq!(open_wrap(&private, HERE, TicketId([3; 16]), &retold), refused);
    assert_eq!(open_wrap(&private, HERE, ticket, &Wrap { generation: 5, ..wrap.clone() }), refused);
    for sealed in damaged(&wrap.sealed) {
        assert_eq!(open_wrap(&private, HERE, ticket, &Wrap { sealed, ..wrap.clone() }), refused);
    }
    let large = Wrap { sealed: vec![0; 10_000], ..wrap };
    assert_eq!(open_wrap(&private, HERE, ticket, &large), Err(OpenError::LimitExceeded));
}

#[test]
fn values_round_trip() {
    let meta = Meta { name: "Équipe".into(), description: "d".repeat(limits::DESCRIPTION_CHARS_MAX) };
    assert_eq!(Meta::from_value(&meta.to_value()), Ok(meta.clone()));
    assert_eq!(profile_key_from_value(&profile_key_to_value(&KEY)).unwrap().as_bytes(), &KEY);
    let long = Meta { name: "x".repeat(limits::NAME_CHARS_MAX + 1), ..meta.clone() };
    assert_eq!(Meta::from_value(&long.to_value()), Err(OpenError::LimitExceeded));
    let long = Meta { description: "x".repeat(limits::DESCRIPTION_CHARS_MAX + 1), ..meta };
    assert_eq!(Meta::from_value(&long.to_value()), Err(OpenError::LimitExceeded));
    assert_eq!(Meta::from_value(b"\xa1\x01\x61a"), Err(OpenError::Malformed));
    assert_eq!(Meta::from_value(b"\xa3\x01\x61a\x02\x61b\x03\x07").unwrap().name, "a");
    assert!(profile_key_from_value(b"\xa1\x01\x41a").is_err());
}

/// Computed by another implementation. If these change, what is on servers can no longer be read.
#[test]
fn derived_bytes_are_stable() {
    assert_eq!(
        hex(&record(b"value").sealed),
        "0808080808080808080808083ed1b4eab19bb82f9fc4265a364931205b2cfc3c44"
    );
    assert_eq!(
        hex(&chain(1)[0].sealed),
        "000000000000000000000000d37927a4413f4f24c3870dc61693b90dae5ec4b7933f26bcf7efa99411c547b0\
         2ef8e0f77987445b5a11ae43d9a90699"
    );
}

proptest! {
    #[test]
    fn garbage_is_refused(bytes in vec(any::<u8>(), 0..200), name in ".{0,20}") {
        let garbage = VaultRecord { name, sealed: bytes.clone(), writer: bytes.clone(), ..VaultRecord::default() };
        prop_assert!(check_record(HERE, &garbage).is_err());
        prop_assert!(open_record(HERE, &KEY, &garbage).is_err());
        let past = [PastKey { generation: 0, sealed: bytes.clone() }];
        prop_assert_eq!(open_past_keys(HERE, &KEY, 1, &past).len(), 1);
        let _ = (Meta::from_value(&bytes), profile_key_from_value(&bytes));
    }
}

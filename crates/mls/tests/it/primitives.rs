//! Keys, sealing, credentials, key packages.

use crate::kit::{Device, NOW};
use asterism_mls::{
    SigningKey, Suite,
    credential::{CREDENTIAL_BYTES_MAX, CredentialError, check_credential, make_credential},
    key_package::{KeyPackageError, KeyPackageInfo, entry_private, new_key_package},
    keys::{BadSignature, verify},
    link::{LinkKeys, ticket_psk},
    seal::{self, SealError, SealPublic},
    symmetric::{AeadError, aead_open, aead_seal, hkdf},
};
use asterism_policy::Kind;
use asterism_wire::{account::DeviceCredential, signing};
use prost::Message as _;

#[test]
fn signatures_verify_strictly() {
    let key = SigningKey::from_seed([1; 32]);
    let signature = key.sign(b"message");
    assert_eq!(verify(&key.public(), b"message", &signature), Ok(()));
    assert_eq!(verify(&key.public(), b"another", &signature), Err(BadSignature));
    assert_eq!(verify(&key.public(), b"message", &signature[..63]), Err(BadSignature));
    assert_eq!(verify(&key.public()[..31], b"message", &signature), Err(BadSignature));
    // The neutral element as key and nonce would verify for every message without strictness.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut any = [0; 64];
    any[0] = 1;
    assert_eq!(verify(&neutral, b"message", &any), Err(BadSignature));
    assert_eq!(*SigningKey::from_seed([1; 32]).to_seed(), [1; 32]);
}

#[test]
fn secrets_print_nothing() {
    let link = LinkKeys::derive(&[3; 32]);
    let (private, public) = seal::derive(&[3; 32]);
    let printed = format!("{link:?} {private:?} {public:?} {:?}", SigningKey::from_seed([3; 32]));
    assert!(printed.len() < 120, "{printed}");
    assert!(!printed.contains('['), "{printed}");
}

#[test]
fn a_box_opens_only_for_its_key_purpose_and_context() {
    let (private, public) = seal::derive(&[5; 32]);
    assert_eq!(public.as_bytes().len(), seal::PUBLIC_LEN);
    assert_eq!(seal::derive(&[5; 32]).1, public);
    let sealed = seal::seal(&public, b"info", b"aad", b"secret").unwrap();
    assert_eq!(sealed.len(), b"secret".len() + seal::OVERHEAD);
    assert_eq!(seal::open(&private, b"info", b"aad", &sealed).unwrap(), b"secret");
    assert_eq!(seal::open(&private, b"else", b"aad", &sealed), Err(SealError));
    assert_eq!(seal::open(&private, b"info", b"else", &sealed), Err(SealError));
    assert_eq!(seal::open(&seal::derive(&[6; 32]).0, b"info", b"aad", &sealed), Err(SealError));
    for at in 0..sealed.len() {
        assert!(seal::open(&private, b"info", b"aad", &sealed[..at]).is_err());
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(seal::open(&private, b"info", b"aad", &changed).is_err(), "byte {at}");
    }
    assert_eq!(SealPublic::new(&[0; 1_215]).unwrap_err(), SealError);
}

#[test]
fn a_key_that_is_no_key_does_not_panic() {
    let public = SealPublic::new(&[0xFF; seal::PUBLIC_LEN]).unwrap();
    let _ = seal::seal(&public, b"info", b"aad", b"secret");
}

#[test]
fn aead_is_bound_to_key_nonce_and_aad() {
    let sealed = aead_seal(&[1; 32], [2; 12], b"aad", b"text");
    assert_eq!(aead_open(&[1; 32], [2; 12], b"aad", &sealed).unwrap(), b"text");
    assert_eq!(aead_open(&[1; 32], [3; 12], b"aad", &sealed), Err(AeadError));
    assert_eq!(aead_open(&[2; 32], [2; 12], b"aad", &sealed), Err(AeadError));
    assert_eq!(aead_open(&[1; 32], [2; 12], b"", &sealed), Err(AeadError));
    assert_eq!(aead_open(&[1; 32], [2; 12], b"aad", &sealed[..15]), Err(AeadError));
}

#[test]
fn derived_secrets_depend_on_label_and_context() {
    let one = hkdf(b"secret", "label", &[b"a", b"b"], 32);
    assert_eq!(one, hkdf(b"secret", "label", &[b"a", b"b"], 32));
    assert_ne!(one, hkdf(b"secret", "label", &[b"ab", b""], 32));
    assert_ne!(one, hkdf(b"secret", "other", &[b"a", b"b"], 32));
    assert_ne!(ticket_psk(&[1; 32], b"x"), ticket_psk(&[2; 32], b"x"));
}

#[test]
fn a_link_derives_to_its_ticket() {
    let link = LinkKeys::derive(&[7; 32]);
    let again = LinkKeys::derive(&[7; 32]);
    assert_eq!(link.ticket_id, again.ticket_id);
    assert_eq!(link.ticket_id, signing::ticket_id(&link.signing.public(), link.seal_public.as_bytes()));
    let sealed = seal::seal(&link.seal_public, b"wrap", b"", b"vault key").unwrap();
    assert_eq!(seal::open(&again.seal_private, b"wrap", b"", &sealed).unwrap(), b"vault key");
}

#[test]
fn a_credential_proves_account_and_device() {
    let device = Device::new(1, 1);
    let public = device.key.public();
    assert_eq!(check_credential(&device.credential, &public), Ok(device.leaf()));
    let other = Device::new(1, 2);
    assert_eq!(check_credential(&device.credential, &other.key.public()), Err(CredentialError::NotCertified));
    assert_eq!(check_credential(&device.credential, &public[..31]), Err(CredentialError::Malformed));
    assert_eq!(check_credential(&[0; CREDENTIAL_BYTES_MAX + 1], &public), Err(CredentialError::Malformed));

    let made = |change: &dyn Fn(&mut DeviceCredential)| {
        let mut credential = make_credential(&device.account_key, 0, 1, NOW.0, &public);
        change(&mut credential);
        check_credential(&credential.encode_to_vec(), &public)
    };
    assert_eq!(made(&|_| {}), Ok(device.leaf()));
    assert_eq!(made(&|c| c.account_key_version = 1), Err(CredentialError::Version));
    assert_eq!(made(&|c| c.device_number = 9), Err(CredentialError::NotCertified));
    assert_eq!(made(&|c| c.account[0] ^= 1), Err(CredentialError::NotCertified));
    assert_eq!(made(&|c| c.account_key = vec![9; 32]), Err(CredentialError::NotCertified));
    assert_eq!(made(&|c| c.certificate[5] ^= 1), Err(CredentialError::NotCertified));
    assert_eq!(made(&|c| c.certificate.truncate(63)), Err(CredentialError::Malformed));
}

#[test]
fn a_key_package_carries_its_entry_key() {
    for suite in Suite::ALL {
        let device = Device::new(1, 1);
        let bytes = new_key_package(&device.provider, &device.key, &device.credential, suite, false).unwrap();
        assert!(bytes.len() < 8 * 1024);
        let info = KeyPackageInfo::read(&bytes, suite).unwrap();
        assert_eq!(info.leaf, device.leaf());
        assert!(!info.last_resort);
        let sealed = seal::seal(&info.entry_key, b"i", b"a", b"welcome").unwrap();
        let private = entry_private(&device.provider, &info.key_package_ref).unwrap().unwrap();
        assert_eq!(seal::open(&private, b"i", b"a", &sealed).unwrap(), b"welcome");
        assert!(entry_private(&device.provider, b"unknown").unwrap().is_none());
        let other = Suite::ALL.into_iter().find(|s| *s != suite).unwrap();
        assert_eq!(KeyPackageInfo::read(&bytes, other).unwrap_err(), KeyPackageError::Malformed);
        let last = new_key_package(&device.provider, &device.key, &device.credential, suite, true).unwrap();
        assert!(KeyPackageInfo::read(&last, suite).unwrap().last_resort);
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(KeyPackageInfo::read(&changed, suite).is_err(), "byte {at}");
        }
    }
}

#[test]
fn nobody_makes_a_key_package_with_a_credential_that_is_not_theirs() {
    let (device, other) = (Device::new(1, 1), Device::new(2, 1));
    let refused = new_key_package(&device.provider, &device.key, &other.credential, Suite::Classic, false);
    assert!(refused.is_err());
}

#[test]
fn only_groups_may_be_classic() {
    for kind in [Kind::Own, Kind::Direct, Kind::AdminRoom, Kind::Call] {
        assert!(Suite::Hybrid.is_allowed_for(kind) && !Suite::Classic.is_allowed_for(kind));
    }
    assert!(Suite::Classic.is_allowed_for(Kind::Group) && Suite::Hybrid.is_allowed_for(Kind::Group));
}

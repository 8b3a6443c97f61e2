//! What the facade does, without the checks that honest clients make of themselves.

use crate::{
    group::{
        CommitPlan, EnterOffer, Entry, Genesis, Group, Offer, create,
        enter::{Host, Joiner},
    },
    key_package::{self, KeyPackageInfo},
    keys::SigningKey,
    provider::{Crypto, Provider, StateStore},
    suite::Suite,
    view::decode_message,
};
use asterism_policy::{Leaf, PolicyState};
use asterism_wire::{Epoch, Hash, Seq, limits};
use openmls::prelude::{MlsMessageBodyIn, OpenMlsProvider as _, ProtocolVersion};
use tls_codec::Serialize as _;

/// A key package with any credential.
///
/// # Panics
/// When the store fails.
#[must_use]
pub fn key_package_with<S: StateStore>(
    provider: &Provider<S>,
    signer: &SigningKey,
    credential: &[u8],
    suite: Suite,
) -> Vec<u8> {
    key_package::build(provider, signer, credential, suite, false).expect("any credential will do")
}

/// The same key package with another HPKE key in its leaf, signed again.
///
/// # Panics
/// When it is not a key package.
#[must_use]
pub fn with_encryption_key(key_package: &[u8], signer: &SigningKey, key: &[u8]) -> Vec<u8> {
    super::bytes::replace_encryption_key(key_package, signer, key)
}

/// A commit that adds key packages with any credentials.
///
/// # Panics
/// When they are not key packages at all.
#[must_use]
pub fn offer_with<S: StateStore>(
    group: &mut Group,
    provider: &Provider<S>,
    signer: &SigningKey,
    key_packages: &[Vec<u8>],
    authenticated_data: &[u8],
) -> Offer {
    let adds: Vec<_> = key_packages
        .iter()
        .map(|bytes| {
            let body = decode_message(bytes, limits::KEY_PACKAGE_BYTES_MAX).expect("a message");
            let MlsMessageBodyIn::KeyPackage(package) = body else { panic!("a key package") };
            let package = package.validate(&Crypto::default(), ProtocolVersion::Mls10).expect("signed");
            KeyPackageInfo::of(package).expect("readable")
        })
        .collect();
    group
        .offer_adds(provider, signer, &CommitPlan::default(), &adds, authenticated_data)
        .expect("the library does not look at credentials")
}

/// An entry with any credential.
///
/// # Panics
/// When the group cannot be read.
#[must_use]
#[allow(clippy::too_many_arguments)] // as Group::enter
pub fn enter_with<S: StateStore>(
    provider: &Provider<S>,
    signer: &SigningKey,
    credential: &[u8],
    leaf: Leaf,
    group_info: &[u8],
    ratchet_tree: &[u8],
    entry: Entry<'_>,
    parent: Epoch,
    head: (Seq, Hash),
) -> EnterOffer {
    let host = Host::read(group_info, ratchet_tree, parent).expect("a group");
    let joiner = Joiner { signer, credential, leaf };
    let statement = host.state_entry(provider, &joiner, entry, parent).expect("a right to enter");
    host.enter_unchecked(provider, &joiner, statement, head).expect("built").1
}

/// A genesis with any credential, suite and state.
///
/// # Panics
/// When the store fails.
#[must_use]
pub fn found_with<S: StateStore>(
    provider: &Provider<S>,
    signer: &SigningKey,
    credential: &[u8],
    suite: Suite,
    state: &PolicyState,
) -> Genesis {
    let mls = create::build(provider, signer, credential, suite, state).expect("built");
    let info = mls.export_group_info(provider.crypto(), signer, false).expect("exported");
    let tree = mls.export_ratchet_tree();
    Genesis {
        group_info: info.tls_serialize_detached().expect("encodes"),
        ratchet_tree: tree.tls_serialize_detached().expect("encodes"),
    }
}

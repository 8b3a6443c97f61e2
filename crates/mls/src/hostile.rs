//! Malformed commits, for adversarial tests. Compiled only with the feature `hostile`, never into a product.
//!
//! What is built here is consistent except for its one flaw: signatures, membership tag and group info are
//! made again, as an attacker who is a member (or has a link) can make them.

mod bytes;
mod unchecked;

pub use unchecked::{enter_with, found_with, key_package_with, offer_with, with_encryption_key};

use crate::{
    group::Group,
    keys::SigningKey,
    provider::{Provider, StateStore},
    tracker::GroupInfoParts,
};
use asterism_policy::Changes;
use bytes::{CommitBytes, membership_key, sign_with_label};
use hmac::{Hmac, KeyInit as _, Mac as _};
use openmls_traits::{crypto::OpenMlsCrypto as _, types::HashType};
use tls_codec::{Serialize as _, VLBytes};

/// What is wrong with a commit.
#[derive(Debug, Clone)]
pub enum Flaw {
    /// The confirmation tag is another one. Passes the server.
    ConfirmationTag,
    /// No path secret decrypts. Passes the server.
    PathSecrets,
    /// The path has no encrypted secrets at all. Passes the server.
    NoPathSecrets,
    /// The KEM outputs of the path are three bytes long. Passes the server.
    ShortKemOutputs,
    /// The path lacks its last node.
    ShortPath,
    /// The path has its last node twice.
    LongPath,
    /// An entry's external init is three bytes long. Passes the server.
    ShortExternalInit,
    /// The membership tag is another one. Passes the server.
    MembershipTag,
    /// The signature is another one.
    Signature,
    /// Removes this leaf, too.
    Remove(u32),
    /// Its update of the state says something else.
    Changes(Changes),
    /// Its update of the state is said twice.
    RepeatedChanges,
    /// Has this additional proposal, encoded (type and body).
    Proposal(Vec<u8>),
}

/// A malformed commit, and a group info that fits it as far as its author can tell.
#[derive(Debug, Clone)]
pub struct Forged {
    /// The commit.
    pub commit: Vec<u8>,
    /// The group info.
    pub group_info: Vec<u8>,
}

/// Malforms a commit. `previous` is a group info of the epoch that it closes; `member` is the author's group
/// and provider, for commits from inside.
///
/// # Panics
/// When the input is not a valid commit with its group infos: this is test equipment.
#[must_use]
pub fn malform<S: StateStore>(
    commit: &[u8],
    group_info: &[u8],
    previous: &[u8],
    signer: &SigningKey,
    member: Option<(&Group, &Provider<S>)>,
    flaw: &Flaw,
) -> Forged {
    let previous = GroupInfoParts::read(previous).expect("a group info");
    let context = previous.context.tls_serialize_detached().expect("encodes");
    let mut parts = CommitBytes::read(commit);
    parts.apply(flaw);
    // FramedContentTBS (RFC 9420 §6.1).
    let to_be_signed = [&[0, 1, 0, 1][..], &parts.content, &context].concat();
    let mut signature = parts.signature.clone();
    if parts.content_changed {
        signature = sign_with_label(signer, "FramedContentTBS", &to_be_signed);
    }
    if matches!(flaw, Flaw::Signature) {
        signature[7] ^= 1;
    }
    let mut tag = parts.confirmation_tag.clone();
    if matches!(flaw, Flaw::ConfirmationTag) {
        tag[0] ^= 1;
    }
    let mut auth = Vec::new();
    VLBytes::new(signature.clone()).tls_serialize(&mut auth).expect("encodes");
    VLBytes::new(tag.clone()).tls_serialize(&mut auth).expect("encodes");

    let mut out = [&[0, 1, 0, 1][..], &parts.content, &auth].concat();
    if let Some((group, provider)) = member {
        // AuthenticatedContentTBM (RFC 9420 §6.2).
        let key = membership_key(group, provider);
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).expect("any key length");
        mac.update(&to_be_signed);
        mac.update(&auth);
        let mut mac = mac.finalize().into_bytes().to_vec();
        if matches!(flaw, Flaw::MembershipTag) {
            mac[0] ^= 1;
        }
        VLBytes::new(mac).tls_serialize(&mut out).expect("encodes");
    }
    let transcript = confirmed_transcript_hash(&previous, &parts.content, &signature);
    Forged { commit: out, group_info: resign(group_info, &transcript, tag, signer) }
}

/// RFC 9420 §8.2.
fn confirmed_transcript_hash(previous: &GroupInfoParts, content: &[u8], signature: &[u8]) -> Vec<u8> {
    let crypto = crate::provider::Crypto::default();
    let hash = |bytes: &[u8]| crypto.hash(HashType::Sha2_256, bytes).expect("SHA-256");
    let tag = previous.confirmation_tag.tls_serialize_detached().expect("encodes");
    // At epoch 0 the confirmed hash is empty.
    let interim = hash(&[previous.context.confirmed_transcript_hash(), &tag].concat());
    let signature = VLBytes::new(signature.to_vec()).tls_serialize_detached().expect("encodes");
    hash(&[&interim, &[0, 1][..], content, &signature].concat())
}

fn resign(group_info: &[u8], transcript: &[u8], tag: Vec<u8>, signer: &SigningKey) -> Vec<u8> {
    let parts = GroupInfoParts::read(group_info).expect("a group info");
    let context = bytes::with_transcript(&parts.context, transcript);
    let mut to_be_signed = context;
    parts.extensions.tls_serialize(&mut to_be_signed).expect("encodes");
    VLBytes::new(tag).tls_serialize(&mut to_be_signed).expect("encodes");
    parts.signer.tls_serialize(&mut to_be_signed).expect("encodes");
    let signature = sign_with_label(signer, "GroupInfoTBS", &to_be_signed);
    let signature = VLBytes::new(signature).tls_serialize_detached().expect("encodes");
    [&[0, 1, 0, 4][..], &to_be_signed, &signature].concat()
}

//! Commits taken apart and put together again, byte by byte.

use super::Flaw;
use crate::{
    group::Group,
    keys::SigningKey,
    profile,
    provider::{Provider, StateStore},
};
use asterism_policy::Changes;
use ciborium::Value;
use openmls::{
    ciphersuite::signature::SignContent,
    framing::Sender,
    messages::proposals::{AppDataUpdateProposal, ExternalInitProposal, ProposalType, RemoveProposal},
    prelude::{Credential, GroupContext, GroupId, KeyPackageIn, OpenMlsProvider as _},
    schedule::PreSharedKeyId,
};
use openmls_traits::types::HpkeCiphertext;
use tls_codec::{Deserialize, Serialize as _, VLBytes};

/// A public message with a commit (RFC 9420 §6.2), in pieces.
pub(super) struct CommitBytes {
    /// FramedContent.
    pub(super) content: Vec<u8>,
    pub(super) content_changed: bool,
    pub(super) signature: Vec<u8>,
    pub(super) confirmation_tag: Vec<u8>,
    proposals_at: usize,
    nodes_at: Option<usize>,
}

fn take<T: Deserialize>(at: &mut &[u8]) -> T {
    T::tls_deserialize(at).expect("a valid commit")
}

fn skip_bytes(at: &mut &[u8]) {
    take::<VLBytes>(at);
}

impl CommitBytes {
    pub(super) fn read(commit: &[u8]) -> Self {
        let body = &commit[4..];
        let mut rest = body;
        let at = &mut rest;
        take::<GroupId>(at);
        take::<u64>(at);
        take::<Sender>(at);
        skip_bytes(at);
        assert_eq!(take::<u8>(at), 3, "a commit");
        let proposals_at = body.len() - at.len();
        skip_bytes(at);
        let mut nodes_at = None;
        if take::<u8>(at) == 1 {
            skip_leaf_node(at);
            nodes_at = Some(body.len() - at.len());
            skip_bytes(at);
        }
        let content = body[..body.len() - at.len()].to_vec();
        let signature: VLBytes = take(at);
        let confirmation_tag: VLBytes = take(at);
        Self {
            content,
            content_changed: false,
            signature: signature.into(),
            confirmation_tag: confirmation_tag.into(),
            proposals_at,
            nodes_at,
        }
    }

    pub(super) fn apply(&mut self, flaw: &Flaw) {
        match flaw {
            Flaw::ConfirmationTag | Flaw::MembershipTag | Flaw::Signature => {}
            Flaw::PathSecrets => self.rewrite_path(|nodes| {
                for secret in nodes.iter_mut().flat_map(|n| &mut n.1) {
                    let mut spoilt = secret.ciphertext.as_slice().to_vec();
                    spoilt[0] ^= 1;
                    secret.ciphertext = spoilt.into();
                }
            }),
            Flaw::NoPathSecrets => self.rewrite_path(|nodes| nodes.iter_mut().for_each(|n| n.1.clear())),
            Flaw::ShortKemOutputs => self.rewrite_path(|nodes| {
                for secret in nodes.iter_mut().flat_map(|n| &mut n.1) {
                    secret.kem_output = vec![1, 2, 3].into();
                }
            }),
            Flaw::ShortPath => self.rewrite_path(|nodes| drop(nodes.pop())),
            Flaw::LongPath => self.rewrite_path(|nodes| nodes.extend(nodes.last().cloned())),
            Flaw::ShortExternalInit => self.rewrite(self.proposals_at, |p| {
                map_proposals(p, |kind, body| {
                    if kind == ProposalType::ExternalInit { vec![1, 0, 6, 3, 1, 2, 3] } else { body.to_vec() }
                })
            }),
            Flaw::Remove(leaf) => {
                let remove = [&[0, 3][..], &leaf.to_be_bytes()].concat();
                self.rewrite(self.proposals_at, |p| with_proposal(p, &remove));
            }
            Flaw::Proposal(encoded) => self.rewrite(self.proposals_at, |p| with_proposal(p, encoded)),
            Flaw::Changes(changes) => {
                let other = encode_changes(changes);
                self.rewrite(self.proposals_at, |p| {
                    map_proposals(p, |kind, body| {
                        if kind == ProposalType::AppDataUpdate { other.clone() } else { body.to_vec() }
                    })
                });
            }
            Flaw::RepeatedChanges => self.rewrite(self.proposals_at, |p| {
                map_proposals(p, |kind, body| {
                    if kind == ProposalType::AppDataUpdate { [body, body].concat() } else { body.to_vec() }
                })
            }),
        }
    }

    fn rewrite_path(&mut self, change: impl FnOnce(&mut Vec<PathNode>)) {
        let at = self.nodes_at.expect("a commit with a path");
        self.rewrite(at, |mut bytes| {
            let mut nodes = Vec::new();
            while !bytes.is_empty() {
                nodes.push((take(&mut bytes), take(&mut bytes)));
            }
            change(&mut nodes);
            let mut out = Vec::new();
            for (key, secrets) in &nodes {
                key.tls_serialize(&mut out).expect("encodes");
                secrets.tls_serialize(&mut out).expect("encodes");
            }
            out
        });
    }

    /// Replaces the content of the vector that begins at `at`.
    fn rewrite(&mut self, at: usize, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        let (head, mut tail) = self.content.split_at(at);
        let old: VLBytes = take(&mut tail);
        let mut out = head.to_vec();
        VLBytes::new(change(old.as_slice())).tls_serialize(&mut out).expect("encodes");
        out.extend_from_slice(tail);
        self.content = out;
        self.content_changed = true;
    }
}

/// RFC 9420 §7.2.
fn skip_leaf_node(at: &mut &[u8]) {
    skip_leaf_content(at);
    skip_bytes(at);
}

/// A leaf node without its signature.
fn skip_leaf_content(at: &mut &[u8]) {
    skip_bytes(at);
    skip_bytes(at);
    take::<Credential>(at);
    for _capability in 0..5 {
        skip_bytes(at);
    }
    match take::<u8>(at) {
        1 => *at = &at[16..],
        3 => skip_bytes(at),
        _ => {}
    }
    skip_bytes(at);
}

/// Gives a key package's leaf another HPKE key, and signs both again (RFC 9420 §7.2, §10).
pub(super) fn replace_encryption_key(message: &[u8], signer: &SigningKey, key: &[u8]) -> Vec<u8> {
    let signature = |label, content: &[u8]| {
        VLBytes::new(sign_with_label(signer, label, content)).tls_serialize_detached().expect("encodes")
    };
    let mut at = &message[8..];
    skip_bytes(&mut at);
    let head = &message[4..message.len() - at.len()];
    let leaf_at = at;
    skip_bytes(&mut at);
    let after_key = at;
    at = leaf_at;
    skip_leaf_content(&mut at);
    let mut leaf = VLBytes::new(key.to_vec()).tls_serialize_detached().expect("encodes");
    leaf.extend_from_slice(&after_key[..after_key.len() - at.len()]);
    let leaf_signature = signature("LeafNodeTBS", &leaf);
    skip_bytes(&mut at);
    let extensions_at = at;
    skip_bytes(&mut at);
    let extensions = &extensions_at[..extensions_at.len() - at.len()];
    let signed = [head, &leaf, &leaf_signature, extensions].concat();
    let whole = signature("KeyPackageTBS", &signed);
    [&message[..4], &signed, &whole].concat()
}

/// Key and encrypted path secrets of a node of the path (RFC 9420 §7.6).
type PathNode = (VLBytes, Vec<HpkeCiphertext>);

fn with_proposal(proposals: &[u8], encoded: &[u8]) -> Vec<u8> {
    [proposals, &[1], encoded].concat()
}

fn encode_changes(changes: &Changes) -> Vec<u8> {
    let proposal = AppDataUpdateProposal::update(profile::STATE_COMPONENT, changes.to_bytes());
    let body = proposal.tls_serialize_detached().expect("encodes");
    [&[1, 0, 8][..], &body].concat()
}

/// Maps each proposal, given as its whole encoding with the by-value byte.
fn map_proposals(mut proposals: &[u8], map: impl Fn(ProposalType, &[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    while !proposals.is_empty() {
        let whole = proposals;
        let at = &mut proposals;
        assert_eq!(take::<u8>(at), 1, "by value");
        let kind: ProposalType = take(at);
        match kind {
            ProposalType::Add => drop(take::<KeyPackageIn>(at)),
            ProposalType::Remove => drop(take::<RemoveProposal>(at)),
            ProposalType::PreSharedKey => drop(take::<PreSharedKeyId>(at)),
            ProposalType::ExternalInit => drop(take::<ExternalInitProposal>(at)),
            ProposalType::AppDataUpdate => drop(take::<AppDataUpdateProposal>(at)),
            other => panic!("not in a commit of ours: {other:?}"),
        }
        out.extend(map(kind, &whole[..whole.len() - at.len()]));
    }
    out
}

/// A group context with another confirmed transcript hash.
pub(super) fn with_transcript(context: &GroupContext, transcript: &[u8]) -> Vec<u8> {
    let whole = context.tls_serialize_detached().expect("encodes");
    let mut at = &whole[4..];
    take::<GroupId>(&mut at);
    take::<u64>(&mut at);
    skip_bytes(&mut at);
    let mut out = whole[..whole.len() - at.len()].to_vec();
    skip_bytes(&mut at);
    VLBytes::new(transcript.to_vec()).tls_serialize(&mut out).expect("encodes");
    out.extend_from_slice(at);
    out
}

/// RFC 9420 §5.1.2.
pub(super) fn sign_with_label(signer: &SigningKey, label: &str, content: &[u8]) -> Vec<u8> {
    let content = SignContent::new(label, content.to_vec().into());
    signer.sign(&content.tls_serialize_detached().expect("encodes")).to_vec()
}

/// The membership key of a group's current epoch, out of its stored record.
pub(super) fn membership_key<S: StateStore>(group: &Group, provider: &Provider<S>) -> Vec<u8> {
    let record =
        provider.storage().message_secrets_record(&group.group_id()).expect("reads").expect("stored");
    let key = find(&record, "membership_key").expect("a membership key");
    let bytes = deepest_bytes(key).expect("its bytes");
    assert_eq!(bytes.len(), 32);
    bytes
}

fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_map()?.iter().find_map(
        |(key, inner)| {
            if key.as_text() == Some(name) { Some(inner) } else { find(inner, name) }
        },
    )
}

fn deepest_bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Bytes(bytes) => Some(bytes.clone()),
        Value::Array(items) => {
            items.iter().map(|i| i.as_integer().and_then(|i| u8::try_from(i).ok())).collect()
        }
        Value::Map(entries) => entries.iter().find_map(|(_, inner)| deepest_bytes(inner)),
        _ => None,
    }
}

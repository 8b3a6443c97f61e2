//! What a commit says before anything of it is believed.
//!
//! OpenMLS stages a commit only when it is told the group context that follows, and that depends on what the
//! commit proposes; so its proposals are read here first, from the same bytes and with the same codec. They
//! are believed after OpenMLS has verified the signature over those bytes.

use crate::error::CommitError;
use asterism_policy::Changes;
use asterism_wire::{entry::AuthenticatedData, limits};
use openmls::{
    framing::Sender,
    messages::proposals::{
        AppDataUpdateOperation, AppDataUpdateProposal, ExternalInitProposal, ProposalType, RemoveProposal,
    },
    prelude::{
        Credential, GroupId, KeyPackageIn, MlsMessageBodyIn, MlsMessageIn, ProtocolMessage,
        SignaturePublicKey,
    },
    schedule::{PreSharedKeyId, Psk},
};
use prost::Message as _;
use tls_codec::{Deserialize as _, VLBytes};

use crate::{credential, profile};

/// A credential and the signature key beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) credential: Vec<u8>,
    pub(crate) device_key: Vec<u8>,
}

/// The path of a commit.
#[derive(Debug)]
pub(crate) struct PathView {
    /// The leaf that it gives the author.
    pub(crate) leaf: Identity,
    /// The HPKE keys of its nodes, from the leaf's parent up.
    pub(crate) node_keys: Vec<Vec<u8>>,
}

/// A commit's public content.
#[derive(Debug)]
pub(crate) struct CommitView {
    pub(crate) sender: Sender,
    pub(crate) group_id: GroupId,
    pub(crate) epoch: u64,
    pub(crate) authenticated_data: AuthenticatedData,
    pub(crate) adds: Vec<Identity>,
    pub(crate) removes: Vec<u32>,
    pub(crate) changes: Option<Changes>,
    pub(crate) psks: Vec<PreSharedKeyId>,
    pub(crate) external_inits: usize,
    pub(crate) path: Option<PathView>,
    /// The encoded confirmation tag.
    pub(crate) confirmation_tag: Vec<u8>,
}

/// Decodes a whole MLSMessage; no byte may be left over.
pub(crate) fn decode_message(bytes: &[u8], bytes_max: usize) -> Result<MlsMessageBodyIn, tls_codec::Error> {
    if bytes.len() > bytes_max {
        return Err(tls_codec::Error::InvalidInput);
    }
    Ok(MlsMessageIn::tls_deserialize_exact(bytes)?.extract())
}

impl CommitView {
    /// Reads a commit, and gives the message that OpenMLS processes.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, ProtocolMessage), CommitError> {
        let body = decode_message(bytes, limits::COMMIT_BYTES_MAX).map_err(|_| CommitError::Invalid)?;
        let MlsMessageBodyIn::PublicMessage(message) = body else { return Err(CommitError::Invalid) };
        let tag = message.confirmation_tag().ok_or(CommitError::Invalid)?;
        let tag = tls_codec::Serialize::tls_serialize_detached(tag).map_err(|_| CommitError::Invalid)?;
        // Version and wire format are the first four bytes; OpenMLS has checked them above.
        let content = bytes.get(4..).ok_or(CommitError::Invalid)?;
        let view = Self::parse(content, tag)?;
        Ok((view, ProtocolMessage::from(message)))
    }

    fn parse(mut content: &[u8], confirmation_tag: Vec<u8>) -> Result<Self, CommitError> {
        let at = &mut content;
        let mut view = Self {
            group_id: take(at)?,
            epoch: take(at)?,
            sender: take(at)?,
            authenticated_data: read_authenticated_data(take::<VLBytes>(at)?.as_slice())
                .ok_or(CommitError::Invalid)?,
            adds: Vec::new(),
            removes: Vec::new(),
            changes: None,
            psks: Vec::new(),
            external_inits: 0,
            path: None,
            confirmation_tag,
        };
        /// Content type of a commit (RFC 9420 §6).
        const COMMIT: u8 = 3;
        if take::<u8>(at)? != COMMIT {
            return Err(CommitError::Invalid);
        }
        view.read_proposals(take::<VLBytes>(at)?.as_slice())?;
        if take::<u8>(at)? == 1 {
            view.path = Some(read_path(at)?);
        }
        Ok(view)
    }

    /// By value, and only of the kinds that we use: everything else is refused, whoever sends it.
    fn read_proposals(&mut self, mut proposals: &[u8]) -> Result<(), CommitError> {
        let at = &mut proposals;
        while !at.is_empty() {
            /// A proposal by value (RFC 9420 §12.4).
            const BY_VALUE: u8 = 1;
            if take::<u8>(at)? != BY_VALUE {
                return Err(CommitError::Invalid);
            }
            match take::<ProposalType>(at)? {
                ProposalType::Add => {
                    let added = take::<KeyPackageIn>(at)?.unverified_credential();
                    self.adds.push(identity(&added.credential, &added.signature_key)?);
                }
                ProposalType::Remove => self.removes.push(take::<RemoveProposal>(at)?.removed().u32()),
                ProposalType::PreSharedKey => self.psks.push(take(at)?),
                ProposalType::ExternalInit => {
                    take::<ExternalInitProposal>(at)?;
                    self.external_inits += 1;
                }
                ProposalType::AppDataUpdate if self.changes.is_none() => {
                    self.changes = Some(read_changes(&take(at)?)?);
                }
                _ => return Err(CommitError::Invalid),
            }
        }
        Ok(())
    }

    /// The id of the commit's only pre-shared key, when there is exactly one and it is an external one.
    pub(crate) fn only_external_psk(&self) -> Option<&[u8]> {
        match self.psks.as_slice() {
            [one] => match one.psk() {
                Psk::External(psk) => Some(psk.psk_id()),
                Psk::Resumption(_) | Psk::Application(_) => None,
            },
            _ => None,
        }
    }
}

/// Reads an UpdatePath (RFC 9420 §7.6), as much of it as is judged here.
fn read_path(at: &mut &[u8]) -> Result<PathView, CommitError> {
    let _encryption_key: VLBytes = take(at)?;
    let device_key: SignaturePublicKey = take(at)?;
    let credential: Credential = take(at)?;
    let leaf = identity(&credential, &device_key)?;
    /// Versions, suites, extensions, proposals, credentials (RFC 9420 §7.2).
    const CAPABILITIES: usize = 5;
    for _ in 0..CAPABILITIES {
        take::<VLBytes>(at)?;
    }
    /// Leaf node source "commit": a parent hash follows.
    const COMMIT: u8 = 3;
    if take::<u8>(at)? != COMMIT {
        return Err(CommitError::Invalid);
    }
    let (_parent_hash, _extensions, _signature): (VLBytes, VLBytes, VLBytes) =
        (take(at)?, take(at)?, take(at)?);
    let nodes: VLBytes = take(at)?;
    let mut nodes = nodes.as_slice();
    let mut node_keys = Vec::new();
    while !nodes.is_empty() {
        node_keys.push(take::<VLBytes>(&mut nodes)?.into());
        let _encrypted_secrets: VLBytes = take(&mut nodes)?;
    }
    Ok(PathView { leaf, node_keys })
}

fn take<T: tls_codec::Deserialize>(at: &mut &[u8]) -> Result<T, CommitError> {
    T::tls_deserialize(at).map_err(|_| CommitError::Invalid)
}

fn identity(credential: &Credential, device_key: &SignaturePublicKey) -> Result<Identity, CommitError> {
    let credential = credential::identity(credential).map_err(|_| CommitError::Invalid)?;
    Ok(Identity { credential, device_key: device_key.as_slice().to_vec() })
}

fn read_changes(proposal: &AppDataUpdateProposal) -> Result<Changes, CommitError> {
    match proposal.operation() {
        AppDataUpdateOperation::Update(bytes) if proposal.component_id() == profile::STATE_COMPONENT => {
            let changes = Changes::read(bytes.as_slice()).map_err(|_| CommitError::Invalid)?;
            // Unknown or reordered fields would let two versions read one commit differently.
            if changes.to_bytes() == bytes.as_slice() { Ok(changes) } else { Err(CommitError::Invalid) }
        }
        AppDataUpdateOperation::Update(_) | AppDataUpdateOperation::Remove => Err(CommitError::Invalid),
    }
}

/// Reads the authenticated data that every message and commit of ours carries.
pub(crate) fn read_authenticated_data(bytes: &[u8]) -> Option<AuthenticatedData> {
    if bytes.len() > profile::AUTHENTICATED_DATA_BYTES_MAX {
        return None;
    }
    AuthenticatedData::decode(bytes).ok()
}

//! The group that one enters, and the external commit that leads into it.

use super::{EnterError, EnterOffer, Entry};
use crate::{
    credential::{self, CredentialError},
    group::{Group, join::read_tree, offer::app_data_update},
    judge::state_update,
    keys::SigningKey,
    link,
    members::Members,
    profile,
    provider::{Provider, StateStore, StateStoreError},
    suite::Suite,
    view::decode_message,
};
use asterism_policy::{
    Author, Changes, CommitFacts, Leaf, PolicyState, Roster, StateError, UseTicket, What, apply,
};
use asterism_wire::{
    Epoch, Hash, Seq,
    entry::{AuthenticatedData, EntryProof},
    signing,
};
use openmls::{
    messages::{group_info::VerifiableGroupInfo, proposals::PreSharedKeyProposal},
    prelude::{
        ExternalCommitBuilderError, LeafNodeParameters, MlsGroup, MlsMessageBodyIn, MlsMessageOut,
        OpenMlsProvider as _, RatchetTreeIn,
    },
    schedule::PreSharedKeyId,
};
use openmls_traits::{random::OpenMlsRand as _, storage::StorageProvider as _};
use prost::Message as _;
use tls_codec::Serialize as _;
use zeroize::Zeroizing;

/// What an entry says, apart from MLS: the part that a forger would change.
pub(crate) struct Statement {
    pub(crate) author: Author,
    pub(crate) psk: Option<(PreSharedKeyId, Zeroizing<[u8; 32]>)>,
    pub(crate) changes: Option<Changes>,
    pub(crate) proof: EntryProof,
}

/// Who enters.
pub(crate) struct Joiner<'a> {
    pub(crate) signer: &'a SigningKey,
    pub(crate) credential: &'a [u8],
    pub(crate) leaf: Leaf,
}

/// The group to enter, as told by the server; nothing of it is verified yet.
pub(crate) struct Host {
    info: VerifiableGroupInfo,
    tree: RatchetTreeIn,
    pub(crate) state: PolicyState,
    roster: Roster,
    leaves: Vec<Leaf>,
}

impl Host {
    pub(crate) fn read(group_info: &[u8], ratchet_tree: &[u8], parent: Epoch) -> Result<Self, EnterError> {
        let body =
            decode_message(group_info, profile::GROUP_INFO_BYTES_MAX).map_err(|_| EnterError::Invalid)?;
        let MlsMessageBodyIn::GroupInfo(info) = body else { return Err(EnterError::Invalid) };
        let tree = read_tree(ratchet_tree).ok_or(EnterError::Invalid)?;
        if info.epoch().as_u64() != parent.number {
            return Err(EnterError::WrongEpoch);
        }
        let state = profile::read_state(info.group_context()).map_err(|e| match e {
            StateError::VersionFloor => EnterError::VersionFloor,
            StateError::Malformed => EnterError::Untrusted,
        })?;
        let suite = Suite::of(info.ciphersuite()).ok_or(EnterError::Untrusted)?;
        if !suite.is_allowed_for(state.kind()) {
            return Err(EnterError::Untrusted);
        }
        let leaves: Vec<Leaf> = tree
            .leaves()
            .map(|l| {
                let identity = credential::identity(l.credential())?;
                credential::read_checked(&identity, l.signature_key().as_slice())
            })
            .collect::<Result<_, _>>()
            .map_err(|_: CredentialError| EnterError::Untrusted)?;
        let roster = leaves.iter().map(|l| l.account).collect();
        Ok(Self { info, tree, state, roster, leaves })
    }

    /// Says by what right the joiner enters, and signs it.
    pub(crate) fn state_entry<S: StateStore>(
        &self,
        provider: &Provider<S>,
        joiner: &Joiner<'_>,
        entry: Entry<'_>,
        parent: Epoch,
    ) -> Result<Statement, EnterError> {
        let conversation = profile::conversation(&self.state);
        let to_be_signed = |psk_id: &[u8]| {
            signing::external_entry(conversation, parent, joiner.credential, &joiner.signer.public(), psk_id)
        };
        match entry {
            Entry::OwnDevice { account_key } => {
                if self.roster.leaves_of(joiner.leaf.account) == 0 {
                    return Err(EnterError::NotAParticipant);
                }
                let signature = account_key.sign(&to_be_signed(&[])).to_vec();
                Ok(Statement {
                    author: Author::OwnDevice(joiner.leaf),
                    psk: None,
                    changes: None,
                    proof: EntryProof { ticket: Vec::new(), signature },
                })
            }
            Entry::Ticket { link, vault_key } => {
                let vault_key = Zeroizing::new(vault_key);
                let ticket = link.ticket_id;
                let known = self.state.ticket(ticket).ok_or(EnterError::UnknownTicket)?;
                if known.uses_max != 0 && known.uses >= known.uses_max {
                    return Err(EnterError::UsedUp);
                }
                let id = self.state.psk_id(ticket, parent);
                let signature = link.signing.sign(&to_be_signed(&id)).to_vec();
                let secret = link::ticket_psk(&vault_key, &id);
                let nonce_len = self.info.ciphersuite().hash_length();
                let nonce = provider.rand().random_vec(nonce_len).map_err(|_| EnterError::Library)?;
                let used = What::UseTicket(UseTicket { ticket: ticket.to_vec() });
                Ok(Statement {
                    author: Author::Ticket { leaf: joiner.leaf, ticket },
                    psk: Some((PreSharedKeyId::external(id, nonce), secret)),
                    changes: Some(Changes { changes: vec![used.into()] }),
                    proof: EntryProof { ticket: ticket.to_vec(), signature },
                })
            }
        }
    }

    /// Builds the external commit, and stores the group that it leads to.
    pub(crate) fn enter<S: StateStore>(
        self,
        provider: &Provider<S>,
        joiner: &Joiner<'_>,
        statement: Statement,
        head: (Seq, Hash),
    ) -> Result<(Group, EnterOffer), EnterError> {
        let (mls, offer) = self.enter_unchecked(provider, joiner, statement, head)?;
        let group = Group::of(mls, Members::check).or_else(|mut untrusted| {
            untrusted.delete(provider.storage())?;
            Err(EnterError::Untrusted)
        })?;
        Ok((group, offer))
    }

    /// [`Self::enter`] before the group is checked.
    pub(crate) fn enter_unchecked<S: StateStore>(
        self,
        provider: &Provider<S>,
        joiner: &Joiner<'_>,
        statement: Statement,
        (last_seq, last_head): (Seq, Hash),
    ) -> Result<(MlsGroup, EnterOffer), EnterError> {
        if MlsGroup::load(provider.storage(), self.info.group_id())?.is_some() {
            return Err(EnterError::Exists);
        }
        let facts = CommitFacts {
            author: statement.author,
            adds: Vec::new(),
            removes: self.leaves.iter().filter(|l| l.device == joiner.leaf.device).copied().collect(),
            changes: statement.changes,
        };
        let next = apply(&self.state, &self.roster, &facts);
        let authenticated_data = AuthenticatedData {
            last_seq: last_seq.0,
            last_head: last_head.to_vec(),
            entry_proof: Some(statement.proof),
        };
        let psk = statement.psk.as_ref().map(|(id, _)| id);
        if let Some((id, secret)) = &statement.psk {
            id.store(provider, &**secret).map_err(|_| StateStoreError::Corrupt)?;
        }
        let built = self.build(provider, joiner, &facts, &next, psk, &authenticated_data);
        if let Some(id) = psk {
            provider.storage().delete_psk(id.psk())?;
        }
        let (mls, commit, group_info) = built?;
        Ok((mls, EnterOffer { commit, group_info, facts }))
    }

    fn build<S: StateStore>(
        self,
        provider: &Provider<S>,
        joiner: &Joiner<'_>,
        facts: &CommitFacts,
        next: &PolicyState,
        psk: Option<&PreSharedKeyId>,
        authenticated_data: &AuthenticatedData,
    ) -> Result<(MlsGroup, Vec<u8>, Vec<u8>), EnterError> {
        // OpenMLS itself proposes to remove an old leaf with the same signature key.
        let mut builder = MlsGroup::external_commit_builder()
            .with_ratchet_tree(self.tree)
            .with_config(profile::join_config())
            .with_aad(authenticated_data.encode_to_vec())
            .skip_lifetime_validation()
            .build_group(provider, self.info, profile::credential_with_key(joiner.credential, joiner.signer))
            .map_err(|e| match e {
                ExternalCommitBuilderError::StorageError(e) => EnterError::Storage(e),
                ExternalCommitBuilderError::LibraryError(_) => EnterError::Library,
                _ => EnterError::Invalid,
            })?
            .leaf_node_parameters(
                LeafNodeParameters::builder().with_capabilities(profile::capabilities()).build(),
            );
        if let Some(psk) = psk {
            builder = builder.add_psk_proposal(PreSharedKeyProposal::new(psk.clone()));
        }
        if let Some(changes) = &facts.changes {
            builder = builder.add_app_data_update_proposal(app_data_update(changes));
        }
        let mut loaded =
            builder.load_psks(provider.storage()).map_err(|_| EnterError::Library)?.create_group_info(true);
        if facts.changes.is_some() {
            let update = state_update(loaded.app_data_dictionary_updater(), next);
            loaded.with_app_data_dictionary_updates(update);
        }
        let (mls, bundle) = loaded
            .build(provider.rand(), provider.crypto(), joiner.signer, |_| true)
            .map_err(|_| EnterError::Library)?
            .finalize(provider)
            .map_err(|_| EnterError::Library)?;
        let (commit, _, group_info) = bundle.into_contents();
        let group_info = MlsMessageOut::from(group_info.ok_or(EnterError::Library)?);
        let encoded = commit.tls_serialize_detached().ok().zip(group_info.tls_serialize_detached().ok());
        let (commit, group_info) = encoded.ok_or(EnterError::Library)?;
        Ok((mls, commit, group_info))
    }
}

//! One's own commits: built and staged as pending, then adopted when they come back in the log, or abandoned.

use super::Group;
use crate::{
    judge::state_update,
    key_package::{KeyPackageError, KeyPackageInfo},
    keys::SigningKey,
    profile,
    provider::{Provider, StateStore, StateStoreError},
    seal::SealPublic,
    view::read_authenticated_data,
};
use asterism_policy::{Author, Change, Changes, CommitFacts, Leaf, PolicyState, apply};
use asterism_wire::limits;
use openmls::{
    messages::proposals::{AppDataUpdateProposal, Proposal},
    prelude::{
        Ciphersuite, CommitMessageBundle, EncryptedGroupSecrets, LeafNodeIndex, MlsMessageOut,
        OpenMlsProvider as _, Welcome,
    },
};
use tls_codec::{Deserialize as _, Serialize as _, VLBytes};

/// What a commit is to do.
#[derive(Debug, Clone, Default)]
pub struct CommitPlan {
    /// Key packages of the devices to add.
    pub adds: Vec<Vec<u8>>,
    /// Tree positions to remove.
    pub removes: Vec<u32>,
    /// Changes of the group's state.
    pub changes: Vec<Change>,
    /// Renew one's own leaf and path even when nothing requires it: heals, and warms the tree.
    pub refresh: bool,
}

/// A welcome for one device, not yet sealed.
#[derive(Debug, Clone)]
pub struct WelcomeFor {
    /// For whom.
    pub joiner: Leaf,
    /// MLS Welcome with the secrets of this one joiner.
    pub welcome: Vec<u8>,
    /// To which its envelope is sealed.
    pub entry_key: SealPublic,
    /// The key package that was used, by which the joiner finds its private halves.
    pub key_package_ref: Vec<u8>,
}

/// A commit, and what the server wants with it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The commit.
    pub commit: Vec<u8>,
    /// GroupInfo of the new epoch, with the external public key, without the tree.
    pub group_info: Vec<u8>,
    /// One for each device added, in the plan's order.
    pub welcomes: Vec<WelcomeFor>,
    /// What the commit does.
    pub facts: CommitFacts,
    /// The state that follows.
    pub next_state: PolicyState,
}

/// Why no commit was built.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// A commit of one's own is pending: adopt or abandon it first.
    #[error("a commit is pending")]
    Pending,
    /// This device is no longer in the group.
    #[error("this device is no longer in the group")]
    Removed,
    /// The key package at this place of the plan cannot be used: take another one.
    #[error("a key package cannot be used")]
    KeyPackage {
        /// Place in [`CommitPlan::adds`].
        at: usize,
        /// Why.
        source: KeyPackageError,
    },
    /// The plan removes a leaf that is not there, removes oneself, adds somebody twice, gives a state that is
    /// not well formed, or the authenticated data is not ours.
    #[error("the plan does not fit the group")]
    Plan,
    /// More adds or leaves than a named limit.
    #[error("a limit is exceeded")]
    Limit,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StateStoreError),
    /// The library refused; a bug.
    #[error("the commit could not be built")]
    Library,
}

impl Group {
    /// Builds a commit and stages it as pending. Whether the group's rules allow it is judged by the server's
    /// stamp, not here; ask `asterism_policy::decide` with [`Offer::facts`] for a forecast.
    ///
    /// # Errors
    /// See [`OfferError`].
    pub fn offer<S: StateStore>(
        &mut self,
        provider: &Provider<S>,
        signer: &SigningKey,
        plan: CommitPlan,
        authenticated_data: &[u8],
    ) -> Result<Offer, OfferError> {
        self.check_may_offer(authenticated_data)?;
        let adds = self.read_adds(&plan.adds)?;
        self.offer_adds(provider, signer, &plan, &adds, authenticated_data)
    }

    /// [`Self::offer`] with key packages that were checked.
    pub(crate) fn offer_adds<S: StateStore>(
        &mut self,
        provider: &Provider<S>,
        signer: &SigningKey,
        plan: &CommitPlan,
        adds: &[KeyPackageInfo],
        authenticated_data: &[u8],
    ) -> Result<Offer, OfferError> {
        let mut facts = self.plan_facts(plan, adds)?;
        let next_state = apply(&self.state, self.members.roster(), &facts);
        if PolicyState::read(&next_state.to_bytes()).is_err() {
            return Err(OfferError::Plan);
        }
        let changed = next_state != self.state;
        if changed && facts.changes.is_none() {
            facts.changes = Some(Changes::default());
        }
        self.standing().check_suite_limit(&facts).map_err(|_| OfferError::Limit)?;

        self.mls.set_aad(authenticated_data.to_vec());
        let removed: Vec<_> = plan.removes.iter().copied().map(LeafNodeIndex::new).collect();
        let mut builder = self
            .mls
            .commit_builder()
            .consume_proposal_store(false)
            .force_self_update(plan.refresh)
            .propose_adds(adds.iter().map(|a| a.key_package.clone()))
            .propose_removals(removed);
        if let Some(changes) = &facts.changes {
            builder = builder.add_proposal(update_proposal(changes));
        }
        let mut loaded =
            builder.load_psks(provider.storage()).map_err(|_| OfferError::Library)?.create_group_info(true);
        if facts.changes.is_some() {
            let update = state_update(loaded.app_data_dictionary_updater(), &next_state);
            loaded.with_app_data_dictionary_updates(update);
        }
        let bundle = loaded
            .build(provider.rand(), provider.crypto(), signer, |_| true)
            .map_err(|_| OfferError::Plan)?
            .stage_commit(provider)
            .map_err(|_| OfferError::Library)?;
        let (commit, group_info, welcomes) = encode(bundle, adds).ok_or(OfferError::Library)?;
        if commit.len() > limits::COMMIT_BYTES_MAX {
            self.abandon(provider)?;
            return Err(OfferError::Limit);
        }
        Ok(Offer { commit, group_info, welcomes, facts, next_state })
    }

    /// Merges one's own pending commit: it came back in the log. Nothing happens when none is pending.
    ///
    /// # Errors
    /// When the store fails, or this device was removed.
    pub fn adopt<S: StateStore>(&mut self, provider: &Provider<S>) -> Result<(), StateStoreError> {
        self.mls.merge_pending_commit(provider).map_err(|e| match e {
            openmls::group::MergePendingCommitError::MergeCommitError(
                openmls::group::MergeCommitError::StorageError(e),
            ) => e,
            _ => StateStoreError::Corrupt,
        })?;
        self.refresh()
    }

    /// Clears one's own pending commit: another one won, or it was refused. Nothing happens when none is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn abandon<S: StateStore>(&mut self, provider: &Provider<S>) -> Result<(), StateStoreError> {
        self.mls.clear_pending_commit(provider.storage())
    }

    fn check_may_offer(&self, authenticated_data: &[u8]) -> Result<(), OfferError> {
        if !self.is_active() {
            return Err(OfferError::Removed);
        }
        if self.has_pending() {
            return Err(OfferError::Pending);
        }
        match read_authenticated_data(authenticated_data) {
            Some(data) if data.entry_proof.is_none() => Ok(()),
            _ => Err(OfferError::Plan),
        }
    }

    fn read_adds(&self, adds: &[Vec<u8>]) -> Result<Vec<KeyPackageInfo>, OfferError> {
        if adds.len() > limits::ADDS_PER_COMMIT_MAX {
            return Err(OfferError::Limit);
        }
        adds.iter()
            .enumerate()
            .map(|(at, bytes)| {
                KeyPackageInfo::read(bytes, self.suite)
                    .map_err(|source| OfferError::KeyPackage { at, source })
            })
            .collect()
    }

    fn plan_facts(&self, plan: &CommitPlan, adds: &[KeyPackageInfo]) -> Result<CommitFacts, OfferError> {
        let own = self.own_leaf();
        let author = Author::Member(self.leaf(own).ok_or(OfferError::Library)?);
        let removes = plan
            .removes
            .iter()
            .map(|i| if *i == own { None } else { self.leaf(*i) })
            .collect::<Option<Vec<_>>>()
            .ok_or(OfferError::Plan)?;
        let changes =
            if plan.changes.is_empty() { None } else { Some(Changes { changes: plan.changes.clone() }) };
        Ok(CommitFacts { author, adds: adds.iter().map(|a| a.leaf).collect(), removes, changes })
    }
}

/// The proposal that carries the changes of the group's state.
pub(super) fn update_proposal(changes: &Changes) -> Proposal {
    Proposal::AppDataUpdate(Box::new(app_data_update(changes)))
}

pub(crate) fn app_data_update(changes: &Changes) -> AppDataUpdateProposal {
    AppDataUpdateProposal::update(profile::STATE_COMPONENT, changes.to_bytes())
}

type Encoded = (Vec<u8>, Vec<u8>, Vec<WelcomeFor>);

fn encode(bundle: CommitMessageBundle, adds: &[KeyPackageInfo]) -> Option<Encoded> {
    let (commit, welcome, group_info) = bundle.into_contents();
    let welcomes = match welcome {
        Some(welcome) => slice(&welcome, adds)?,
        None => Vec::new(),
    };
    let group_info = MlsMessageOut::from(group_info?);
    Some((commit.tls_serialize_detached().ok()?, group_info.tls_serialize_detached().ok()?, welcomes))
}

/// Cuts a welcome into one per joiner: each gets its own secrets and the common encrypted group info.
fn slice(welcome: &Welcome, adds: &[KeyPackageInfo]) -> Option<Vec<WelcomeFor>> {
    let whole = welcome.tls_serialize_detached().ok()?;
    let mut rest = whole.as_slice();
    let suite = Ciphersuite::tls_deserialize(&mut rest).ok()?;
    let secrets = Vec::<EncryptedGroupSecrets>::tls_deserialize(&mut rest).ok()?;
    let group_info = VLBytes::tls_deserialize(&mut rest).ok()?;
    adds.iter()
        .map(|add| {
            let own = secrets.iter().find(|s| s.new_member().as_slice() == add.key_package_ref)?;
            // MLSMessage: version mls10, wire format mls_welcome (RFC 9420 §6).
            let mut bytes = vec![0, 1, 0, 3];
            suite.tls_serialize(&mut bytes).ok()?;
            vec![own.clone()].tls_serialize(&mut bytes).ok()?;
            group_info.tls_serialize(&mut bytes).ok()?;
            Some(WelcomeFor {
                joiner: add.leaf,
                welcome: bytes,
                entry_key: add.entry_key.clone(),
                key_package_ref: add.key_package_ref.clone(),
            })
        })
        .collect()
}

//! Commits of others: judged and staged, then merged.

use super::Group;
use crate::{
    error::CommitError,
    judge::{check_staged, state_update},
    link,
    provider::{Provider, StateStore, StateStoreError},
    view::CommitView,
};
use asterism_policy::{Author, CommitFacts, PolicyState};
use asterism_wire::{Epoch, Timestamp, entry::AuthenticatedData};
use openmls::{
    group::{MergeCommitError, StageCommitError},
    prelude::{
        MlsGroupStateError, OpenMlsProvider as _, ProcessMessageError, ProcessedMessageContent,
        ValidationError,
    },
    schedule::{PreSharedKeyId, errors::PskError},
};
use openmls_traits::storage::StorageProvider as _;
use std::fmt;
use zeroize::Zeroizing;

/// Vault keys by generation: members need the current one to follow an entry by ticket.
pub trait VaultKeys {
    /// The key of a generation, when it is at hand.
    fn key(&self, generation: u64) -> Option<[u8; 32]>;
}

impl<F: Fn(u64) -> Option<[u8; 32]>> VaultKeys for F {
    fn key(&self, generation: u64) -> Option<[u8; 32]> {
        self(generation)
    }
}

/// A commit that may be merged. Dropping it leaves the group where it is.
pub struct StagedCommit {
    /// What it does.
    pub facts: CommitFacts,
    /// The author's view of the log; what it says is for the caller to check.
    pub authenticated_data: AuthenticatedData,
    /// The state that follows.
    pub next_state: PolicyState,
    staged: Box<openmls::prelude::StagedCommit>,
}

impl StagedCommit {
    /// Does the commit remove this device?
    #[must_use]
    pub fn removes_self(&self) -> bool {
        self.staged.self_removed()
    }

    /// The epoch authenticator after merging; none when it removes this device.
    #[must_use]
    pub fn epoch_authenticator(&self) -> Option<Vec<u8>> {
        self.staged.epoch_authenticator().map(|a| a.as_slice().to_vec())
    }

    /// A secret of the epoch that the commit opens; none when it removes this device.
    #[must_use]
    pub fn export<S: StateStore>(
        &self,
        provider: &Provider<S>,
        label: &str,
        context: &[u8],
        len: usize,
    ) -> Option<Zeroizing<Vec<u8>>> {
        self.staged.export_secret(provider.crypto(), label, context, len).ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for StagedCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StagedCommit(..)")
    }
}

/// A staged commit could not be merged: drop the group and load it again.
#[derive(Debug, thiserror::Error)]
#[error("the commit could not be merged")]
pub struct MergeError(#[source] pub StateStoreError);

impl Group {
    /// First half of a commit: checks everything, and says what would follow. `parent` names the epoch that the
    /// log entry closes, `now` is the server's stamp of the entry.
    ///
    /// # Errors
    /// See [`CommitError`]; [`CommitError::refusal`] tells what is the commit's fault.
    pub fn handle_commit<S: StateStore>(
        &mut self,
        provider: &Provider<S>,
        bytes: &[u8],
        parent: Epoch,
        now: Timestamp,
        vault_keys: &dyn VaultKeys,
    ) -> Result<StagedCommit, CommitError> {
        if !self.is_active() {
            return Err(CommitError::Removed);
        }
        let (view, message) = CommitView::read(bytes)?;
        let judgement = self.standing().judge(&view, parent, now)?;
        let psk = self.put_psk(provider, &view, &judgement.facts, vault_keys)?;
        let staged = self.stage(provider, message, &judgement.next, &judgement.facts);
        if let Some(psk) = psk {
            provider.storage().delete_psk(psk.psk())?;
        }
        let staged = staged?;
        check_staged(self.suite, &staged, &view, &judgement.next)?;
        Ok(StagedCommit {
            facts: judgement.facts,
            authenticated_data: view.authenticated_data,
            next_state: judgement.next,
            staged: Box::new(staged),
        })
    }

    /// Second half: moves the group to the next epoch, and clears a pending commit of one's own.
    ///
    /// # Errors
    /// See [`MergeError`].
    pub fn merge<S: StateStore>(
        &mut self,
        provider: &Provider<S>,
        commit: StagedCommit,
    ) -> Result<(), MergeError> {
        self.mls.merge_staged_commit(provider, *commit.staged).map_err(|e| match e {
            MergeCommitError::StorageError(e) => MergeError(e),
            _ => MergeError(StateStoreError::Corrupt),
        })?;
        self.refresh().map_err(MergeError)
    }

    /// For an entry by ticket, puts its pre-shared key where OpenMLS looks for it.
    fn put_psk<S: StateStore>(
        &self,
        provider: &Provider<S>,
        view: &CommitView,
        facts: &CommitFacts,
        vault_keys: &dyn VaultKeys,
    ) -> Result<Option<PreSharedKeyId>, CommitError> {
        let (Author::Ticket { .. }, [psk]) = (facts.author, view.psks.as_slice()) else { return Ok(None) };
        let id = view.only_external_psk().ok_or(CommitError::Invalid)?;
        let key = vault_keys.key(self.state.vault_generation).ok_or(CommitError::MissingVaultKey)?;
        let key = Zeroizing::new(key);
        psk.store(provider, &*link::ticket_psk(&key, id)).map_err(|_| StateStoreError::Corrupt)?;
        Ok(Some(psk.clone()))
    }

    fn stage<S: StateStore>(
        &mut self,
        provider: &Provider<S>,
        message: openmls::prelude::ProtocolMessage,
        next: &PolicyState,
        facts: &CommitFacts,
    ) -> Result<openmls::prelude::StagedCommit, CommitError> {
        let processed = self.mls.process_message(provider, message).map_err(processing_error)?;
        match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => Ok(*staged),
            ProcessedMessageContent::UnresolvedAppDataCommit(unresolved) => {
                let update = state_update(self.mls.app_data_dictionary_updater(), next);
                self.mls.stage_app_data_commit(provider, *unresolved, update).map_err(staging_error)
            }
            ProcessedMessageContent::OwnPendingCommit => Err(CommitError::Own(Box::new(facts.clone()))),
            _ => Err(CommitError::Invalid),
        }
    }
}

fn processing_error(e: ProcessMessageError<StateStoreError>) -> CommitError {
    match e {
        ProcessMessageError::InvalidCommit(e) => staging_error(e),
        ProcessMessageError::StorageError(e) => CommitError::Storage(e),
        ProcessMessageError::ValidationError(ValidationError::WrongEpoch) => CommitError::WrongEpoch,
        ProcessMessageError::GroupStateError(MlsGroupStateError::UseAfterEviction) => CommitError::Removed,
        _ => CommitError::Invalid,
    }
}

fn staging_error(e: StageCommitError) -> CommitError {
    match e {
        StageCommitError::ConfirmationTagMismatch => CommitError::ConfirmationTag,
        StageCommitError::UpdatePathError(_) => CommitError::Path,
        StageCommitError::PskError(PskError::KeyNotFound) => CommitError::MissingVaultKey,
        StageCommitError::OwnCommitMismatch => CommitError::OwnAbandoned,
        // One's own keys are missing: that says nothing about the commit.
        StageCommitError::MissingDecryptionKey | StageCommitError::OwnKeyNotFound => {
            CommitError::Storage(StateStoreError::Corrupt)
        }
        _ => CommitError::Invalid,
    }
}

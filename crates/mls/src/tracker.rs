//! A group as the server follows it: everything that is public, and nothing else (docs/protocol.md §4.3).
//!
//! It sees no confirmation key, no path secret and no pre-shared key, so a commit that is wrong in those
//! passes here and is refused by the members (§4.6). It keeps its state in memory: a host stores a snapshot
//! (tree and group info) and the commits since.

mod found;
mod group_info;
mod message;
mod storage;

pub use found::FoundError;
pub use group_info::GroupInfoError;
#[cfg(feature = "hostile")]
pub(crate) use group_info::GroupInfoParts;
pub use message::ApplicationError;

use crate::{
    error::CommitError,
    judge::{Standing, check_staged, state_update},
    members::{MemberLeaf, Members},
    profile,
    provider::Crypto,
    suite::Suite,
    view::CommitView,
};
use asterism_policy::{CommitFacts, Leaf, PolicyState, Roster};
use asterism_wire::{ConversationId, Epoch, Timestamp, entry::AuthenticatedData};
use openmls::{
    framing::Sender,
    group::PublicProcessMessageError,
    prelude::{ProcessedMessageContent, PublicGroup, StageCommitError, StagedCommit, ValidationError},
};
use std::fmt;
use storage::Nowhere;
use tls_codec::Serialize as _;

/// A group, seen from outside.
pub struct Tracker {
    group: PublicGroup,
    state: PolicyState,
    members: Members,
    suite: Suite,
    crypto: Crypto,
}

/// A commit that the server may accept.
pub struct Judged {
    /// What it does; the author's device is in it.
    pub facts: CommitFacts,
    /// The author's view of the log; what it says is for the caller to check.
    pub authenticated_data: AuthenticatedData,
    /// The state that follows.
    pub next_state: PolicyState,
    staged: Box<StagedCommit>,
    committer: u32,
    committer_key: Vec<u8>,
    confirmation_tag: Vec<u8>,
}

impl fmt::Debug for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Judged(..)")
    }
}

impl Tracker {
    /// Judges a commit: MLS's public rules, credentials, the entry's proof, and the group's policy. `parent`
    /// names the current epoch, `now` is the stamp that the entry would get. Nothing changes before
    /// [`Tracker::merge`].
    ///
    /// # Errors
    /// See [`CommitError`].
    pub fn judge(&self, commit: &[u8], parent: Epoch, now: Timestamp) -> Result<Judged, CommitError> {
        let (view, message) = CommitView::read(commit)?;
        let judgement = self.standing().judge(&view, parent, now)?;
        let processed = self.group.process_message(&self.crypto, message).map_err(processing_error)?;
        let staged = match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => staged,
            ProcessedMessageContent::UnresolvedAppDataCommit(unresolved) => {
                let update = state_update(self.group.app_data_dictionary_updater(), &judgement.next);
                let staged = self.group.stage_app_data_commit(&self.crypto, *unresolved, update);
                Box::new(staged.map_err(staging_error)?)
            }
            _ => return Err(CommitError::Invalid),
        };
        check_staged(self.suite, &staged, &view, &judgement.next)?;
        let (committer, committer_key) = self.committer(&view, &staged)?;
        Ok(Judged {
            facts: judgement.facts,
            authenticated_data: view.authenticated_data,
            next_state: judgement.next,
            staged,
            committer,
            committer_key,
            confirmation_tag: view.confirmation_tag,
        })
    }

    /// The committer's leaf after the commit, and its key.
    fn committer(&self, view: &CommitView, staged: &StagedCommit) -> Result<(u32, Vec<u8>), CommitError> {
        match (&view.sender, &view.path) {
            (Sender::Member(index), _) => {
                let leaf = self.group.leaf(*index).ok_or(CommitError::Invalid)?;
                Ok((index.u32(), leaf.signature_key().as_slice().to_vec()))
            }
            (Sender::NewMemberCommit, Some(path)) => {
                let index = self.group.ext_commit_sender_index(staged).map_err(|_| CommitError::Invalid)?;
                Ok((index.u32(), path.leaf.device_key.clone()))
            }
            _ => Err(CommitError::Invalid),
        }
    }

    /// Moves to the epoch that a judged commit opens. The commit must have been judged by this tracker at its
    /// present epoch.
    ///
    /// # Errors
    /// [`CommitError::WrongEpoch`] when the tracker has moved on since; nothing changes then.
    pub fn merge(&mut self, judged: Judged) -> Result<(), CommitError> {
        if judged.staged.group_context().epoch().as_u64() != self.epoch_number() + 1 {
            return Err(CommitError::WrongEpoch);
        }
        self.group.merge_commit(&Nowhere, *judged.staged).map_err(|_| CommitError::Invalid)?;
        self.members = Members::read(&self.group).map_err(|_| CommitError::Invalid)?;
        self.state = judged.next_state;
        Ok(())
    }

    /// Does this group info, with this tree, describe the epoch that is followed? Its signature is for those to
    /// check who enter by it.
    #[must_use]
    pub fn is_described_by(&self, group_info: &[u8], ratchet_tree: &[u8]) -> bool {
        let parts = group_info::GroupInfoParts::read(group_info);
        parts.is_some_and(|parts| parts.context == *self.group.group_context())
            && ratchet_tree == self.ratchet_tree()
    }

    /// The encoded tree of the current epoch.
    ///
    /// # Panics
    /// Never: a tree that is held can be encoded.
    #[must_use]
    pub fn ratchet_tree(&self) -> Vec<u8> {
        self.group.export_ratchet_tree().tls_serialize_detached().expect("a tree that is held can be encoded")
    }

    /// The group's signed state.
    #[must_use]
    pub fn state(&self) -> &PolicyState {
        &self.state
    }

    /// The conversation.
    #[must_use]
    pub fn conversation(&self) -> ConversationId {
        profile::conversation(&self.state)
    }

    /// How many leaves each account has.
    #[must_use]
    pub fn roster(&self) -> Roster {
        self.members.roster().clone()
    }

    /// All leaves, in the order of the tree.
    #[must_use]
    pub fn leaves(&self) -> Vec<MemberLeaf> {
        self.members.list(&self.group)
    }

    /// Is this device a member?
    #[must_use]
    pub fn is_member(&self, leaf: Leaf) -> bool {
        self.members.index_of(leaf.device).and_then(|i| self.members.leaf(i)) == Some(leaf)
    }

    /// The MLS epoch number.
    #[must_use]
    pub fn epoch_number(&self) -> u64 {
        self.group.group_context().epoch().as_u64()
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    fn standing(&self) -> Standing<'_> {
        Standing { group: &self.group, state: &self.state, members: &self.members }
    }
}

impl fmt::Debug for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tracker(epoch {}, {} leaves)", self.epoch_number(), self.members.len())
    }
}

fn processing_error(e: PublicProcessMessageError) -> CommitError {
    match e {
        PublicProcessMessageError::ValidationError(ValidationError::WrongEpoch) => CommitError::WrongEpoch,
        _ => CommitError::Invalid,
    }
}

fn staging_error(_: StageCommitError) -> CommitError {
    CommitError::Invalid
}

//! May this commit be merged? One function for members and the server (docs/protocol.md §4.3–4.4).
//!
//! It adds to MLS's own rules what RFC 9420 leaves to the application: who a leaf is, which proposals an
//! external commit may carry and by whose word, and what the group's policy says.

use crate::{
    credential,
    error::CommitError,
    keys,
    members::{Members, encryption_key, read_leaf},
    profile, seal,
    suite::Suite,
    view::{CommitView, Identity},
};
use asterism_policy::{Author, CommitFacts, Denial, Leaf, PolicyState, What, decide};
use asterism_wire::{Epoch, TicketId, Timestamp, entry::EntryProof, limits, signing};
use openmls::{
    component::ComponentData,
    framing::Sender,
    group::{AppDataDictionaryUpdater, AppDataUpdates},
    prelude::{LeafNode, LeafNodeIndex, PublicGroup, StagedCommit},
};

/// A group as it stands before the commit.
pub(crate) struct Standing<'a> {
    pub(crate) group: &'a PublicGroup,
    pub(crate) state: &'a PolicyState,
    pub(crate) members: &'a Members,
}

/// What a commit does, and what follows.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub(crate) facts: CommitFacts,
    pub(crate) next: PolicyState,
}

impl Standing<'_> {
    fn suite(&self) -> Result<Suite, CommitError> {
        Suite::of(self.group.ciphersuite()).ok_or(CommitError::Invalid)
    }

    /// Judges everything that can be judged in public but for MLS's own rules.
    pub(crate) fn judge(
        &self,
        view: &CommitView,
        parent: Epoch,
        now: Timestamp,
    ) -> Result<Judgement, CommitError> {
        if &view.group_id != self.group.group_id() {
            return Err(CommitError::Invalid);
        }
        let epoch = self.group.group_context().epoch().as_u64();
        if view.epoch != epoch || parent.number != epoch {
            return Err(CommitError::WrongEpoch);
        }
        let author = match &view.sender {
            Sender::Member(index) => self.member_author(view, *index)?,
            Sender::NewMemberCommit => self.external_author(view, parent)?,
            Sender::External(_) | Sender::NewMemberProposal => return Err(CommitError::Invalid),
        };
        let facts = CommitFacts {
            author,
            adds: view.adds.iter().map(check_identity).collect::<Result<_, _>>()?,
            removes: view.removes.iter().map(|i| self.leaf(*i)).collect::<Result<_, _>>()?,
            changes: view.changes.clone(),
        };
        let next = decide(self.state, self.members.roster(), &facts, now)?;
        check_new_links(&facts)?;
        self.check_suite_limit(&facts)?;
        Ok(Judgement { facts, next })
    }

    fn leaf(&self, index: u32) -> Result<Leaf, CommitError> {
        self.members.leaf(index).ok_or(CommitError::Invalid)
    }

    pub(crate) fn check_suite_limit(&self, facts: &CommitFacts) -> Result<(), CommitError> {
        let leaves = self.members.roster().after(facts).leaves();
        if self.suite()?.is_hybrid() && leaves > limits::HYBRID_LEAVES_MAX {
            return Err(CommitError::Policy(Denial::Full));
        }
        Ok(())
    }

    fn member_author(&self, view: &CommitView, index: LeafNodeIndex) -> Result<Author, CommitError> {
        let leaf = self.leaf(index.u32())?;
        let plain =
            view.psks.is_empty() && view.external_inits == 0 && view.authenticated_data.entry_proof.is_none();
        // A device that refreshes its leaf stays who it is.
        let same = match &view.path {
            Some(path) => check_identity(&path.leaf)? == leaf,
            None => true,
        };
        if plain && same { Ok(Author::Member(leaf)) } else { Err(CommitError::Invalid) }
    }

    fn external_author(&self, view: &CommitView, parent: Epoch) -> Result<Author, CommitError> {
        let identity = &view.path.as_ref().ok_or(CommitError::Invalid)?.leaf;
        let leaf = check_identity(identity)?;
        let proof = view.authenticated_data.entry_proof.as_ref().ok_or(CommitError::Invalid)?;
        if view.external_inits != 1 {
            return Err(CommitError::Invalid);
        }
        self.check_replaced(view, leaf)?;
        if proof.ticket.is_empty() {
            if !view.psks.is_empty() {
                return Err(CommitError::Invalid);
            }
            let key = credential::account_key(&identity.credential).map_err(|_| CommitError::Invalid)?;
            self.check_proof(proof, &key, identity, parent, &[])?;
            return Ok(Author::OwnDevice(leaf));
        }
        let ticket = TicketId::try_from(proof.ticket.as_slice()).map_err(|_| CommitError::Invalid)?;
        let key = &self.state.ticket(ticket).ok_or(Denial::UnknownTicket)?.signature_key;
        let psk_id = self.state.psk_id(ticket, parent);
        if view.only_external_psk() != Some(psk_id.as_slice()) {
            return Err(CommitError::Invalid);
        }
        self.check_proof(proof, key, identity, parent, &psk_id)?;
        Ok(Author::Ticket { leaf, ticket })
    }

    /// One's own old leaf must go when a device enters again, and no other leaf may: a signature key is in the
    /// tree once, and OpenMLS does not check that for the leaf of a path.
    fn check_replaced(&self, view: &CommitView, leaf: Leaf) -> Result<(), CommitError> {
        let old: Vec<u32> = self.members.index_of(leaf.device).into_iter().collect();
        if view.removes == old { Ok(()) } else { Err(CommitError::Invalid) }
    }

    fn check_proof(
        &self,
        proof: &EntryProof,
        key: &[u8],
        identity: &Identity,
        parent: Epoch,
        psk_id: &[u8],
    ) -> Result<(), CommitError> {
        let conversation = profile::conversation(self.state);
        let signed =
            signing::external_entry(conversation, parent, &identity.credential, &identity.device_key, psk_id);
        keys::verify(key, &signed, &proof.signature).map_err(|_| CommitError::Invalid)
    }
}

/// The vault key is wrapped to each link whenever it changes: one that nothing can be sealed to would keep everybody
/// from being removed.
fn check_new_links(facts: &CommitFacts) -> Result<(), CommitError> {
    let mut tickets = facts.changes().filter_map(|change| match &change.what {
        Some(What::AddTicket(add)) => add.ticket.as_ref(),
        _ => None,
    });
    if tickets.all(|ticket| seal::is_sealable(&ticket.seal_key)) { Ok(()) } else { Err(CommitError::Invalid) }
}

fn check_identity(identity: &Identity) -> Result<Leaf, CommitError> {
    credential::check_credential(&identity.credential, &identity.device_key).map_err(|_| CommitError::Invalid)
}

/// The dictionary update that makes the group context carry `next`.
pub(crate) fn state_update(
    mut updater: AppDataDictionaryUpdater<'_>,
    next: &PolicyState,
) -> Option<AppDataUpdates> {
    updater.set(ComponentData::from_parts(profile::STATE_COMPONENT, next.to_bytes().into()));
    updater.changes()
}

/// Compares what OpenMLS staged with what was judged. A difference would be a bug of `view`; it is refused.
pub(crate) fn check_staged(
    suite: Suite,
    staged: &StagedCommit,
    view: &CommitView,
    next: &PolicyState,
) -> Result<(), CommitError> {
    let mut adds = Vec::with_capacity(view.adds.len());
    for add in staged.add_proposals() {
        let node = add.add_proposal().key_package().leaf_node();
        adds.push(staged_leaf(suite, node)?);
    }
    let expected: Vec<Leaf> = view.adds.iter().filter_map(read_identity).collect();
    let mut removes: Vec<u32> =
        staged.remove_proposals().map(|r| r.remove_proposal().removed().u32()).collect();
    let mut expected_removes = view.removes.clone();
    removes.sort_unstable();
    expected_removes.sort_unstable();
    // Nodes above leaves of one author alone are known to no honest member, so all look at the keys.
    let node_keys = view.path.iter().flat_map(|p| &p.node_keys);
    if !node_keys.into_iter().all(|key| suite.is_sealable(key)) {
        return Err(CommitError::Invalid);
    }
    if let Some(node) = staged.update_path_leaf_node() {
        staged_leaf(suite, node)?;
    }
    let state = profile::read_state(staged.group_context()).map_err(|_| CommitError::Invalid)?;
    let same = same_set(adds, expected) && removes == expected_removes && state == *next;
    if same { Ok(()) } else { Err(CommitError::Invalid) }
}

fn same_set(mut a: Vec<Leaf>, mut b: Vec<Leaf>) -> bool {
    a.sort_unstable();
    b.sort_unstable();
    a == b
}

fn read_identity(identity: &Identity) -> Option<Leaf> {
    credential::read_checked(&identity.credential, &identity.device_key).ok()
}

fn staged_leaf(suite: Suite, node: &LeafNode) -> Result<Leaf, CommitError> {
    let key = encryption_key(node).ok_or(CommitError::Invalid)?;
    if !suite.is_sealable(&key) {
        return Err(CommitError::Invalid);
    }
    read_leaf(node).map_err(|_| CommitError::Invalid)
}

//! OpenMLS wants to store a public group after each commit; the server must not rewrite a tree per commit.

use openmls_traits::{
    public_storage::PublicStorageProvider,
    storage::{CURRENT_VERSION as V, traits},
};
use std::convert::Infallible;

/// Stores nothing and holds nothing.
pub(super) struct Nowhere;

type Result<T> = std::result::Result<T, Infallible>;

macro_rules! nowhere {
    ($entity:ident: $write:ident, $read:ident, $delete:ident) => {
        fn $write<G: traits::GroupId<V>, E: traits::$entity<V>>(&self, _: &G, _: &E) -> Result<()> {
            Ok(())
        }
        fn $read<G: traits::GroupId<V>, E: traits::$entity<V>>(&self, _: &G) -> Result<Option<E>> {
            Ok(None)
        }
        fn $delete<G: traits::GroupId<V>>(&self, _: &G) -> Result<()> {
            Ok(())
        }
    };
}

impl PublicStorageProvider<V> for Nowhere {
    type PublicError = Infallible;

    nowhere!(TreeSync: write_tree, tree, delete_tree);
    nowhere!(GroupContext: write_context, group_context, delete_context);
    nowhere!(InterimTranscriptHash:
        write_interim_transcript_hash, interim_transcript_hash, delete_interim_transcript_hash);
    nowhere!(ConfirmationTag: write_confirmation_tag, confirmation_tag, delete_confirmation_tag);

    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        _: &G,
        _: &R,
        _: &P,
    ) -> Result<()> {
        Ok(())
    }

    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        _: &G,
    ) -> Result<Vec<(R, P)>> {
        Ok(Vec::new())
    }

    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(&self, _: &G, _: &R) -> Result<()> {
        Ok(())
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(&self, _: &G) -> Result<()> {
        Ok(())
    }
}

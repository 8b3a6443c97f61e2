//! OpenMLS's storage trait over [`Storage`].

use super::{
    records::{DEVICE, GROUP, Result, Storage, decode, encode},
    state::{StateStore, StateStoreError},
};
use openmls_traits::storage::{CURRENT_VERSION as V, StorageProvider, traits};

const OWN_LEAF_NODES: &str = "own leaf nodes";
const PROPOSAL: &str = "proposal";
const PROPOSAL_REFS: &str = "proposal refs";
const EPOCH_KEYS: &str = "epoch keys";

/// Write, read and delete of a record that belongs to a group.
macro_rules! group_record {
    ($label:literal, $entity:ident: $write:ident, $read:ident, $delete:ident) => {
        fn $write<G: traits::GroupId<V>, E: traits::$entity<V>>(
            &self,
            group_id: &G,
            value: &E,
        ) -> Result<()> {
            self.put(GROUP, $label, group_id, value)
        }

        fn $read<G: traits::GroupId<V>, E: traits::$entity<V>>(&self, group_id: &G) -> Result<Option<E>> {
            self.get(GROUP, $label, group_id)
        }

        fn $delete<G: traits::GroupId<V>>(&self, group_id: &G) -> Result<()> {
            self.remove(GROUP, $label, group_id)
        }
    };
}

impl<S: StateStore> StorageProvider<V> for Storage<S> {
    type Error = StateStoreError;

    group_record!("tree", TreeSync: write_tree, tree, delete_tree);
    group_record!("context", GroupContext: write_context, group_context, delete_context);
    group_record!("interim transcript hash", InterimTranscriptHash:
        write_interim_transcript_hash, interim_transcript_hash, delete_interim_transcript_hash);
    group_record!("confirmation tag", ConfirmationTag:
        write_confirmation_tag, confirmation_tag, delete_confirmation_tag);
    group_record!("message secrets", MessageSecrets:
        write_message_secrets, message_secrets, delete_message_secrets);
    group_record!("resumption psks", ResumptionPskStore:
        write_resumption_psk_store, resumption_psk_store, delete_all_resumption_psk_secrets);
    group_record!("own leaf index", LeafNodeIndex: write_own_leaf_index, own_leaf_index, delete_own_leaf_index);
    group_record!("epoch secrets", GroupEpochSecrets:
        write_group_epoch_secrets, group_epoch_secrets, delete_group_epoch_secrets);
    group_record!("join config", MlsGroupJoinConfig:
        write_mls_join_config, mls_group_join_config, delete_group_config);

    fn write_application_export_tree<G: traits::GroupId<V>, E: traits::ApplicationExportTree<V>>(
        &self,
        group_id: &G,
        value: &E,
    ) -> Result<()> {
        self.put(GROUP, "export tree", group_id, value)
    }

    fn application_export_tree<G: traits::GroupId<V>, E: traits::ApplicationExportTree<V>>(
        &self,
        group_id: &G,
    ) -> Result<Option<E>> {
        self.get(GROUP, "export tree", group_id)
    }

    fn delete_application_export_tree<G: traits::GroupId<V>, E: traits::ApplicationExportTree<V>>(
        &self,
        group_id: &G,
    ) -> Result<()> {
        self.remove(GROUP, "export tree", group_id)
    }

    fn write_group_state<E: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group_id: &G,
        value: &E,
    ) -> Result<()> {
        self.put(GROUP, "group state", group_id, value)
    }

    fn group_state<E: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group_id: &G,
    ) -> Result<Option<E>> {
        self.get(GROUP, "group state", group_id)
    }

    fn delete_group_state<G: traits::GroupId<V>>(&self, group_id: &G) -> Result<()> {
        self.remove(GROUP, "group state", group_id)
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, E: traits::LeafNode<V>>(
        &self,
        group_id: &G,
        leaf: &E,
    ) -> Result<()> {
        let mut list = self.list(OWN_LEAF_NODES, group_id)?;
        list.push(encode(leaf).to_vec());
        self.put(GROUP, OWN_LEAF_NODES, group_id, &list)
    }

    fn own_leaf_nodes<G: traits::GroupId<V>, E: traits::LeafNode<V>>(&self, group_id: &G) -> Result<Vec<E>> {
        self.list(OWN_LEAF_NODES, group_id)?.iter().map(|b| decode(b)).collect()
    }

    fn delete_own_leaf_nodes<G: traits::GroupId<V>>(&self, group_id: &G) -> Result<()> {
        self.remove(GROUP, OWN_LEAF_NODES, group_id)
    }

    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        group_id: &G,
        proposal_ref: &R,
        proposal: &P,
    ) -> Result<()> {
        self.put(GROUP, PROPOSAL, &(group_id, proposal_ref), proposal)?;
        let mut refs = self.list(PROPOSAL_REFS, group_id)?;
        refs.push(encode(proposal_ref).to_vec());
        self.put(GROUP, PROPOSAL_REFS, group_id, &refs)
    }

    fn queued_proposal_refs<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
    ) -> Result<Vec<R>> {
        self.list(PROPOSAL_REFS, group_id)?.iter().map(|b| decode(b)).collect()
    }

    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, P: traits::QueuedProposal<V>>(
        &self,
        group_id: &G,
    ) -> Result<Vec<(R, P)>> {
        let refs: Vec<R> = self.queued_proposal_refs(group_id)?;
        refs.into_iter()
            .map(|r| {
                let proposal = self.get(GROUP, PROPOSAL, &(group_id, &r))?.ok_or(StateStoreError::Corrupt)?;
                Ok((r, proposal))
            })
            .collect()
    }

    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
        proposal_ref: &R,
    ) -> Result<()> {
        let gone = encode(proposal_ref);
        let mut refs = self.list(PROPOSAL_REFS, group_id)?;
        refs.retain(|r| *r != *gone);
        self.put(GROUP, PROPOSAL_REFS, group_id, &refs)?;
        self.remove(GROUP, PROPOSAL, &(group_id, proposal_ref))
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group_id: &G,
    ) -> Result<()> {
        let refs: Vec<R> = self.queued_proposal_refs(group_id)?;
        for r in &refs {
            self.remove(GROUP, PROPOSAL, &(group_id, r))?;
        }
        self.remove(GROUP, PROPOSAL_REFS, group_id)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        K: traits::EpochKey<V>,
        P: traits::HpkeKeyPair<V>,
    >(
        &self,
        group_id: &G,
        epoch: &K,
        leaf_index: u32,
        key_pairs: &[P],
    ) -> Result<()> {
        self.put(GROUP, EPOCH_KEYS, &(group_id, epoch, leaf_index), key_pairs)
    }

    fn encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        K: traits::EpochKey<V>,
        P: traits::HpkeKeyPair<V>,
    >(
        &self,
        group_id: &G,
        epoch: &K,
        leaf_index: u32,
    ) -> Result<Vec<P>> {
        Ok(self.get(GROUP, EPOCH_KEYS, &(group_id, epoch, leaf_index))?.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, K: traits::EpochKey<V>>(
        &self,
        group_id: &G,
        epoch: &K,
        leaf_index: u32,
    ) -> Result<()> {
        self.remove(GROUP, EPOCH_KEYS, &(group_id, epoch, leaf_index))
    }

    fn write_psk<K: traits::PskId<V>, P: traits::PskBundle<V>>(&self, psk_id: &K, psk: &P) -> Result<()> {
        self.put(GROUP, "psk", psk_id, psk)
    }

    fn psk<P: traits::PskBundle<V>, K: traits::PskId<V>>(&self, psk_id: &K) -> Result<Option<P>> {
        self.get(GROUP, "psk", psk_id)
    }

    fn delete_psk<K: traits::PskId<V>>(&self, psk_id: &K) -> Result<()> {
        self.remove(GROUP, "psk", psk_id)
    }

    fn write_signature_key_pair<K: traits::SignaturePublicKey<V>, P: traits::SignatureKeyPair<V>>(
        &self,
        public_key: &K,
        key_pair: &P,
    ) -> Result<()> {
        self.put(DEVICE, "signature key", public_key, key_pair)
    }

    fn signature_key_pair<K: traits::SignaturePublicKey<V>, P: traits::SignatureKeyPair<V>>(
        &self,
        public_key: &K,
    ) -> Result<Option<P>> {
        self.get(DEVICE, "signature key", public_key)
    }

    fn delete_signature_key_pair<K: traits::SignaturePublicKey<V>>(&self, public_key: &K) -> Result<()> {
        self.remove(DEVICE, "signature key", public_key)
    }

    fn write_encryption_key_pair<K: traits::EncryptionKey<V>, P: traits::HpkeKeyPair<V>>(
        &self,
        public_key: &K,
        key_pair: &P,
    ) -> Result<()> {
        self.put(DEVICE, "encryption key", public_key, key_pair)
    }

    fn encryption_key_pair<P: traits::HpkeKeyPair<V>, K: traits::EncryptionKey<V>>(
        &self,
        public_key: &K,
    ) -> Result<Option<P>> {
        self.get(DEVICE, "encryption key", public_key)
    }

    fn delete_encryption_key_pair<K: traits::EncryptionKey<V>>(&self, public_key: &K) -> Result<()> {
        self.remove(DEVICE, "encryption key", public_key)
    }

    fn write_key_package<K: traits::HashReference<V>, P: traits::KeyPackage<V>>(
        &self,
        hash_ref: &K,
        key_package: &P,
    ) -> Result<()> {
        self.put(DEVICE, "key package", hash_ref, key_package)
    }

    fn key_package<K: traits::HashReference<V>, P: traits::KeyPackage<V>>(
        &self,
        hash_ref: &K,
    ) -> Result<Option<P>> {
        self.get(DEVICE, "key package", hash_ref)
    }

    fn delete_key_package<K: traits::HashReference<V>>(&self, hash_ref: &K) -> Result<()> {
        self.remove(DEVICE, "key package", hash_ref)
    }
}

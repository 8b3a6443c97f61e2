//! Who is in a tree, checked.

use crate::{
    credential::{self, CredentialError},
    profile,
};
use asterism_policy::{Leaf, Roster};
use asterism_wire::DeviceId;
use openmls::{
    prelude::{LeafNode, LeafNodeIndex, PublicGroup},
    treesync::LeafNodeSource,
};
use std::collections::BTreeMap;
use tls_codec::{Deserialize as _, Serialize as _, Size as _, VLBytes};

/// One leaf, as seen by the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLeaf {
    /// Position in the tree.
    pub index: u32,
    /// Account and device.
    pub leaf: Leaf,
    /// The device's signature key.
    pub device_key: Vec<u8>,
    /// The credential's bytes.
    pub credential: Vec<u8>,
}

/// The accounts and devices of a tree whose credentials were all checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    leaves: BTreeMap<u32, Leaf>,
    roster: Roster,
}

impl Members {
    /// Checks every leaf of a tree that comes from outside.
    pub(crate) fn check(group: &PublicGroup) -> Result<Self, CredentialError> {
        let mut leaves = BTreeMap::new();
        for (index, node) in group.treesync().full_leaves() {
            leaves.insert(index.u32(), check_leaf(node)?);
        }
        Ok(Self::of(leaves))
    }

    /// Reads a tree all of whose leaves were checked before.
    pub(crate) fn read(group: &PublicGroup) -> Result<Self, CredentialError> {
        let mut leaves = BTreeMap::new();
        for member in group.members() {
            let identity = credential::identity(&member.credential)?;
            leaves.insert(member.index.u32(), credential::read_checked(&identity, &member.signature_key)?);
        }
        Ok(Self::of(leaves))
    }

    fn of(leaves: BTreeMap<u32, Leaf>) -> Self {
        let roster = leaves.values().map(|l| l.account).collect();
        Self { leaves, roster }
    }

    pub(crate) fn leaf(&self, index: u32) -> Option<Leaf> {
        self.leaves.get(&index).copied()
    }

    /// The leaf of a device, whatever account it says it belongs to.
    pub(crate) fn index_of(&self, device: DeviceId) -> Option<u32> {
        self.leaves.iter().find(|(_, l)| l.device == device).map(|(i, _)| *i)
    }

    pub(crate) fn len(&self) -> usize {
        self.leaves.len()
    }

    pub(crate) fn roster(&self) -> &Roster {
        &self.roster
    }

    pub(crate) fn only(&self) -> Option<Leaf> {
        if self.leaves.len() == 1 { self.leaves.values().next().copied() } else { None }
    }

    /// One device, when it is in the tree.
    pub(crate) fn member(&self, group: &PublicGroup, device: DeviceId) -> Option<MemberLeaf> {
        let index = self.index_of(device)?;
        let node = group.leaf(LeafNodeIndex::new(index))?;
        Some(MemberLeaf {
            index,
            leaf: self.leaf(index)?,
            device_key: node.signature_key().as_slice().to_vec(),
            credential: credential::identity(node.credential()).ok()?,
        })
    }

    pub(crate) fn list(&self, group: &PublicGroup) -> Vec<MemberLeaf> {
        group
            .members()
            .filter_map(|m| {
                Some(MemberLeaf {
                    index: m.index.u32(),
                    leaf: self.leaf(m.index.u32())?,
                    credential: credential::identity(&m.credential).ok()?,
                    device_key: m.signature_key,
                })
            })
            .collect()
    }
}

/// Checks one leaf.
fn check_leaf(node: &LeafNode) -> Result<Leaf, CredentialError> {
    let (identity, device_key) = read_shape(node)?;
    credential::check_credential(&identity, device_key)
}

/// Who a leaf is whose credential was checked before, provided that the leaf is small and never expires by a
/// machine's clock: one expired leaf would make every later join fail.
pub(crate) fn read_leaf(node: &LeafNode) -> Result<Leaf, CredentialError> {
    let (identity, device_key) = read_shape(node)?;
    credential::read_checked(&identity, device_key)
}

fn read_shape(node: &LeafNode) -> Result<(Vec<u8>, &[u8]), CredentialError> {
    let lasts = match node.leaf_node_source() {
        LeafNodeSource::KeyPackage(lifetime) => *lifetime == profile::lifetime(),
        LeafNodeSource::Update | LeafNodeSource::Commit(_) => true,
    };
    if !lasts || node.tls_serialized_len() > profile::LEAF_BYTES_MAX {
        return Err(CredentialError::Malformed);
    }
    Ok((credential::identity(node.credential())?, node.signature_key().as_slice()))
}

/// The leaf's HPKE key; OpenMLS shows it only encoded.
pub(crate) fn encryption_key(node: &LeafNode) -> Option<Vec<u8>> {
    let encoded = node.encryption_key().tls_serialize_detached().ok()?;
    VLBytes::tls_deserialize_exact(&encoded).ok().map(Into::into)
}

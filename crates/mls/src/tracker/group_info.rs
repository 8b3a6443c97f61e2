//! The group info that every committer uploads for the next joiner.

use super::{Judged, Tracker};
use crate::{profile, view::decode_message};
use openmls::{
    ciphersuite::signable::Verifiable as _,
    messages::{
        ConfirmationTag,
        group_info::{GroupInfo, VerifiableGroupInfo},
    },
    prelude::{Extension, Extensions, GroupContext, MlsMessageBodyIn, OpenMlsSignaturePublicKey, Signature},
};
use openmls_traits::types::SignatureScheme;
use tls_codec::{Deserialize as _, Serialize as _};

/// Why a group info is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupInfoError {
    /// Not decodable.
    #[error("the group info is not well formed")]
    Malformed,
    /// Not of the epoch that the commit opens, not with its confirmation tag, or not by its author.
    #[error("the group info does not belong to the commit")]
    Mismatch,
    /// Without the external public key, or with something else beside it.
    #[error("the group info has the wrong extensions")]
    Extensions,
    /// The signature does not verify.
    #[error("the group info's signature is wrong")]
    Signature,
}

/// A group info taken apart; OpenMLS does not show its tag and signer.
pub(crate) struct GroupInfoParts {
    pub(crate) context: GroupContext,
    #[cfg_attr(not(feature = "hostile"), expect(dead_code, reason = "read to get at what follows"))]
    pub(crate) extensions: Extensions<GroupInfo>,
    pub(crate) confirmation_tag: ConfirmationTag,
    pub(crate) signer: u32,
}

impl GroupInfoParts {
    /// Reads the body of an MLSMessage that was decoded as a group info before.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let mut at = message.get(4..)?;
        let context = GroupContext::tls_deserialize(&mut at).ok()?;
        let extensions = Extensions::tls_deserialize(&mut at).ok()?;
        let confirmation_tag = ConfirmationTag::tls_deserialize(&mut at).ok()?;
        let signer = u32::tls_deserialize(&mut at).ok()?;
        let _signature = Signature::tls_deserialize(&mut at).ok()?;
        if at.is_empty() { Some(Self { context, extensions, confirmation_tag, signer }) } else { None }
    }
}

/// The external public key, and nothing else: no tree in particular.
pub(crate) fn has_only_external_pub(info: &VerifiableGroupInfo) -> bool {
    let mut extensions = info.extensions().iter();
    matches!(extensions.next(), Some(Extension::ExternalPub(_))) && extensions.next().is_none()
}

impl Tracker {
    /// Checks the group info that comes with a commit: of the epoch that the commit opens, with its
    /// confirmation tag, signed by its author, with the external public key and without the tree. Whether the
    /// key is right only members can tell.
    ///
    /// # Errors
    /// See [`GroupInfoError`].
    pub fn check_group_info(&self, judged: &Judged, group_info: &[u8]) -> Result<(), GroupInfoError> {
        let body = decode_message(group_info, profile::GROUP_INFO_BYTES_MAX)
            .map_err(|_| GroupInfoError::Malformed)?;
        let MlsMessageBodyIn::GroupInfo(info) = body else { return Err(GroupInfoError::Malformed) };
        let parts = GroupInfoParts::read(group_info).ok_or(GroupInfoError::Malformed)?;
        if !has_only_external_pub(&info) {
            return Err(GroupInfoError::Extensions);
        }
        let tag = parts.confirmation_tag.tls_serialize_detached().map_err(|_| GroupInfoError::Malformed)?;
        if parts.context != *judged.staged.group_context()
            || tag != judged.confirmation_tag
            || parts.signer != judged.committer
        {
            return Err(GroupInfoError::Mismatch);
        }
        let key =
            OpenMlsSignaturePublicKey::new(judged.committer_key.clone().into(), SignatureScheme::ED25519)
                .map_err(|_| GroupInfoError::Signature)?;
        let verified: Result<GroupInfo, _> = info.verify(&self.crypto, &key);
        verified.map(|_| ()).map_err(|_| GroupInfoError::Signature)
    }
}

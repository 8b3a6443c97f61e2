//! Receipts and refusals: a member's word on a commit (docs/protocol.md §4.6).

use asterism_mls::{SigningKey, keys::verify};
use asterism_wire::{
    ConversationId, Hash, Seq,
    entry::{Receipt, Refusal, RefusalReason},
    signing,
};

/// Why a statement counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StatementError {
    /// A field has a wrong length or an unknown value.
    #[error("the statement is malformed")]
    Malformed,
    /// It names another device than the one whose key was given.
    #[error("the statement is another device's")]
    OtherDevice,
    /// The signature does not verify.
    #[error("the statement's signature does not verify")]
    BadSignature,
}

/// Says that this device merged the commit at `commit` and came to an epoch authenticator with
/// this [`signing::authenticator_hash`].
#[must_use]
pub(crate) fn make_receipt(
    device_key: &SigningKey,
    conversation: ConversationId,
    commit: Seq,
    authenticator: Hash,
) -> Receipt {
    let signed = signing::receipt(conversation, commit, authenticator);
    Receipt {
        commit_seq: commit.0,
        authenticator_hash: authenticator.to_vec(),
        device: signing::device_id(&device_key.public()).to_vec(),
        signature: device_key.sign(&signed).to_vec(),
    }
}

/// Verifies a receipt of the device with this key; gives the commit and the hash to compare with one's own
/// ([`signing::authenticator_hash`]).
///
/// # Errors
/// See [`StatementError`].
pub(crate) fn verify_receipt(
    device_key: &[u8],
    conversation: ConversationId,
    receipt: &Receipt,
) -> Result<(Seq, Hash), StatementError> {
    let hash =
        Hash::try_from(receipt.authenticator_hash.as_slice()).map_err(|_| StatementError::Malformed)?;
    let commit = Seq(receipt.commit_seq);
    let signed = signing::receipt(conversation, commit, hash);
    check(&receipt.device, device_key, &signed, &receipt.signature)?;
    Ok((commit, hash))
}

/// Says that this device cannot accept the commit at `commit`, whose entry's body has this hash.
#[must_use]
pub(crate) fn make_refusal(
    device_key: &SigningKey,
    conversation: ConversationId,
    commit: Seq,
    body_hash: Hash,
    reason: RefusalReason,
) -> Refusal {
    let signed = signing::refusal(conversation, commit, body_hash, reason as u32);
    Refusal {
        commit_seq: commit.0,
        body_hash: body_hash.to_vec(),
        reason: reason as i32,
        device: signing::device_id(&device_key.public()).to_vec(),
        signature: device_key.sign(&signed).to_vec(),
    }
}

/// What a refusal that verifies says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CheckedRefusal {
    /// Position of the commit.
    pub(crate) commit: Seq,
    /// Hash of the body that was refused; it must be the entry's.
    pub(crate) body_hash: Hash,
    /// Why.
    pub(crate) reason: RefusalReason,
}

/// Verifies a refusal of the device with this key. Whether the device was a member of the epoch before is the
/// caller's to judge.
///
/// # Errors
/// See [`StatementError`].
pub(crate) fn verify_refusal(
    device_key: &[u8],
    conversation: ConversationId,
    refusal: &Refusal,
) -> Result<CheckedRefusal, StatementError> {
    let body_hash = Hash::try_from(refusal.body_hash.as_slice()).map_err(|_| StatementError::Malformed)?;
    let reason = match RefusalReason::try_from(refusal.reason) {
        Ok(RefusalReason::Unspecified) | Err(_) => return Err(StatementError::Malformed),
        Ok(reason) => reason,
    };
    let commit = Seq(refusal.commit_seq);
    let signed = signing::refusal(conversation, commit, body_hash, reason as u32);
    check(&refusal.device, device_key, &signed, &refusal.signature)?;
    Ok(CheckedRefusal { commit, body_hash, reason })
}

fn check(device: &[u8], key: &[u8], signed: &[u8], signature: &[u8]) -> Result<(), StatementError> {
    if device != signing::device_id(key).as_bytes() {
        return Err(StatementError::OtherDevice);
    }
    verify(key, signed, signature).map_err(|_| StatementError::BadSignature)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ConversationId = ConversationId([1; 16]);
    const ELSEWHERE: ConversationId = ConversationId([2; 16]);

    fn key() -> SigningKey {
        SigningKey::from_seed([3; 32])
    }

    #[test]
    fn receipts_verify_only_as_they_were_made() {
        let receipt = make_receipt(&key(), HERE, Seq(7), Hash([6; 32]));
        assert_eq!(verify_receipt(&key().public(), HERE, &receipt), Ok((Seq(7), Hash([6; 32]))));
        assert_eq!(verify_receipt(&key().public(), ELSEWHERE, &receipt), Err(StatementError::BadSignature));
        let other = SigningKey::from_seed([4; 32]).public();
        assert_eq!(verify_receipt(&other, HERE, &receipt), Err(StatementError::OtherDevice));
        let changes: [fn(&mut Receipt); 6] = [
            |r| r.commit_seq += 1,
            |r| r.authenticator_hash[0] ^= 1,
            |r| r.authenticator_hash.truncate(31),
            |r| r.device[0] ^= 1,
            |r| r.signature[0] ^= 1,
            |r| r.signature.clear(),
        ];
        for (n, change) in changes.iter().enumerate() {
            let mut changed = receipt.clone();
            change(&mut changed);
            assert!(verify_receipt(&key().public(), HERE, &changed).is_err(), "change {n}");
        }
    }

    #[test]
    fn refusals_verify_only_as_they_were_made() {
        let refusal = make_refusal(&key(), HERE, Seq(7), Hash([5; 32]), RefusalReason::Path);
        let checked =
            CheckedRefusal { commit: Seq(7), body_hash: Hash([5; 32]), reason: RefusalReason::Path };
        assert_eq!(verify_refusal(&key().public(), HERE, &refusal), Ok(checked));
        assert_eq!(verify_refusal(&key().public(), ELSEWHERE, &refusal), Err(StatementError::BadSignature));
        let changes: [fn(&mut Refusal); 8] = [
            |r| r.commit_seq += 1,
            |r| r.body_hash[0] ^= 1,
            |r| r.body_hash.clear(),
            |r| r.reason = RefusalReason::Policy as i32,
            |r| r.reason = 0,
            |r| r.reason = -1,
            |r| r.device.clear(),
            |r| r.signature[63] ^= 1,
        ];
        for (n, change) in changes.iter().enumerate() {
            let mut changed = refusal.clone();
            change(&mut changed);
            assert!(verify_refusal(&key().public(), HERE, &changed).is_err(), "change {n}");
        }
    }

    #[test]
    fn keys_of_any_length_are_no_panic() {
        let receipt = make_receipt(&key(), HERE, Seq(1), Hash([0; 32]));
        for len in [0, 31, 33, 100] {
            assert!(verify_receipt(&vec![0; len], HERE, &receipt).is_err());
        }
    }
}

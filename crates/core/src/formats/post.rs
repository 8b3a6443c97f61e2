//! Announcements: content under a fresh key, which is sealed to everybody or to chosen groups (docs/protocol.md §10.8).

use super::{Nonce, OpenError, TooLarge, boxed, labels, profile};
use asterism_mls::seal::{self, SealPrivate, SealPublic};
use asterism_wire::{CommunityId, ConversationId, limits, signing::transcript};
use zeroize::Zeroizing;

/// Seals the content under its key.
///
/// # Errors
/// [`TooLarge`].
pub(crate) fn seal_content(
    key: &[u8; 32],
    community: CommunityId,
    epoch: u64,
    nonce: Nonce,
    content: &[u8],
) -> Result<Vec<u8>, TooLarge> {
    let mut plaintext = Zeroizing::new(Vec::with_capacity(content.len() + profile::BUCKET_BYTES));
    plaintext.extend_from_slice(content);
    profile::pad(&mut plaintext);
    let sealed = boxed::seal(key, nonce, &data(labels::POST_CONTENT, community, epoch), &plaintext);
    if sealed.len() > limits::MESSAGE_BYTES_MAX { Err(TooLarge) } else { Ok(sealed) }
}

/// Opens the content with its key.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_content(
    key: &[u8; 32],
    community: CommunityId,
    epoch: u64,
    sealed: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let aad = data(labels::POST_CONTENT, community, epoch);
    let plaintext = boxed::open(key, &aad, sealed, limits::MESSAGE_BYTES_MAX)?;
    Ok(profile::unpad(&plaintext)?.to_vec())
}

/// Seals the content's key under the epoch's announcement key.
#[must_use]
pub(crate) fn seal_for_all(
    announcement_key: &[u8; 32],
    community: CommunityId,
    epoch: u64,
    nonce: Nonce,
    key: &[u8; 32],
) -> Vec<u8> {
    boxed::seal(announcement_key, nonce, &data(labels::POST_KEY, community, epoch), key)
}

/// Opens the content's key.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_for_all(
    announcement_key: &[u8; 32],
    community: CommunityId,
    epoch: u64,
    sealed: &[u8],
) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let opened = boxed::open(announcement_key, &data(labels::POST_KEY, community, epoch), sealed, 128)?;
    fixed(&opened)
}

/// Seals the content's key to a group.
///
/// # Errors
/// [`TooLarge`] when the group's inbox key is not a valid X-Wing key.
pub(crate) fn seal_for_group(
    inbox: &SealPublic,
    community: CommunityId,
    group: ConversationId,
    generation: u64,
    key: &[u8; 32],
) -> Result<Vec<u8>, TooLarge> {
    let aad = group_data(community, group, generation);
    seal::seal(inbox, labels::POST_GROUP.as_bytes(), &aad, key).map_err(|_| TooLarge)
}

/// Opens the content's key as a member of a group.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_for_group(
    inbox: &SealPrivate,
    community: CommunityId,
    group: ConversationId,
    generation: u64,
    sealed: &[u8],
) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    if sealed.len() != 32 + seal::OVERHEAD {
        return Err(OpenError::LimitExceeded);
    }
    let aad = group_data(community, group, generation);
    let opened = seal::open(inbox, labels::POST_GROUP.as_bytes(), &aad, sealed);
    fixed(&Zeroizing::new(opened.map_err(|_| OpenError::DoesNotOpen)?))
}

fn fixed(bytes: &[u8]) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(OpenError::Malformed);
    }
    key.copy_from_slice(bytes);
    Ok(key)
}

fn data(label: &str, community: CommunityId, epoch: u64) -> Vec<u8> {
    transcript(label, &[community.as_bytes(), &epoch.to_be_bytes()])
}

fn group_data(community: CommunityId, group: ConversationId, generation: u64) -> Vec<u8> {
    transcript(labels::POST_GROUP, &[community.as_bytes(), group.as_bytes(), &generation.to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::boxed::damaged;

    const COMMUNITY: CommunityId = CommunityId([1; 16]);
    const KEY: [u8; 32] = [2; 32];

    #[test]
    fn content_opens_in_its_place_only_and_its_length_says_little() {
        let sealed = seal_content(&KEY, COMMUNITY, 3, [4; 12], b"hello").unwrap();
        assert_eq!(sealed.len(), seal_content(&KEY, COMMUNITY, 3, [4; 12], b"hello, you").unwrap().len());
        assert_eq!(open_content(&KEY, COMMUNITY, 3, &sealed).unwrap(), b"hello");
        assert!(open_content(&KEY, COMMUNITY, 4, &sealed).is_err());
        assert!(open_content(&KEY, CommunityId([2; 16]), 3, &sealed).is_err());
        for bad in damaged(&sealed) {
            assert!(open_content(&KEY, COMMUNITY, 3, &bad).is_err());
        }
    }

    #[test]
    fn keys_open_for_whom_they_are_sealed() {
        let everyone = seal_for_all(&[5; 32], COMMUNITY, 3, [4; 12], &KEY);
        assert_eq!(*open_for_all(&[5; 32], COMMUNITY, 3, &everyone).unwrap(), KEY);
        assert!(open_for_all(&[6; 32], COMMUNITY, 3, &everyone).is_err());

        let (private, public) = seal::derive(&[7; 32]);
        let group = ConversationId([8; 16]);
        let sealed = seal_for_group(&public, COMMUNITY, group, 9, &KEY).unwrap();
        assert_eq!(*open_for_group(&private, COMMUNITY, group, 9, &sealed).unwrap(), KEY);
        assert!(open_for_group(&private, COMMUNITY, group, 8, &sealed).is_err());
        assert!(open_for_group(&seal::derive(&[9; 32]).0, COMMUNITY, group, 9, &sealed).is_err());
    }
}

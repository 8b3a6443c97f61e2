//! Keys of a community's sealed channel, and the seals that carry them (docs/protocol.md §10.4, §10.5, §10.9).

use super::{ChannelKey, OpenError, TooLarge, VaultKey, labels};
use asterism_mls::{
    SigningKey,
    seal::{self, SealPrivate, SealPublic},
    symmetric::hkdf_key,
};
use asterism_wire::{CommunityId, ConversationId, SubscriberId, signing, signing::transcript};
use zeroize::Zeroizing;

/// The community's vault key of generation `epoch`.
#[must_use]
pub(crate) fn vault_key(community: CommunityId, epoch: u64, key: &ChannelKey) -> VaultKey {
    hkdf_key(&**key, labels::COMMUNITY_VAULT_KEY, &[community.as_bytes(), &epoch.to_be_bytes()]).into()
}

/// The key under which an epoch's announcements to everybody are.
#[must_use]
pub(crate) fn announcement_key(community: CommunityId, epoch: u64, key: &ChannelKey) -> Zeroizing<[u8; 32]> {
    hkdf_key(&**key, labels::ANNOUNCEMENT_KEY, &[community.as_bytes(), &epoch.to_be_bytes()])
}

/// An account's key pair for one channel; all its devices have it.
pub(crate) struct Subscriber {
    pub(crate) private: SealPrivate,
    pub(crate) public: SealPublic,
    pub(crate) id: SubscriberId,
}

impl Subscriber {
    /// Of an account, by its key's seed.
    #[must_use]
    pub(crate) fn derive(account_seed: &[u8; 32], community: CommunityId) -> Self {
        let seed = hkdf_key(account_seed, labels::SUBSCRIBER_KEY, &[community.as_bytes()]);
        let (private, public) = seal::derive(&seed);
        let id = signing::subscriber_id(public.as_bytes());
        Self { private, public, id }
    }
}

/// Which key of which bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BucketKey {
    pub(crate) community: CommunityId,
    pub(crate) bucket: u32,
    pub(crate) version: u32,
}

impl BucketKey {
    fn seat_data(&self, subscriber: SubscriberId) -> Vec<u8> {
        transcript(
            labels::BUCKET_SEAT,
            &[
                self.community.as_bytes(),
                &self.bucket.to_be_bytes(),
                &self.version.to_be_bytes(),
                subscriber.as_bytes(),
            ],
        )
    }
}

/// Seals a bucket's seed to a subscriber.
///
/// # Errors
/// [`TooLarge`] when the subscriber's key is not a valid X-Wing key.
pub(crate) fn seal_seat(
    to: &SealPublic,
    subscriber: SubscriberId,
    which: BucketKey,
    seed: &[u8; 32],
) -> Result<Vec<u8>, TooLarge> {
    seal::seal(to, labels::BUCKET_SEAT.as_bytes(), &which.seat_data(subscriber), seed).map_err(|_| TooLarge)
}

/// Opens a seat: gives the bucket's seed.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_seat(
    own: &Subscriber,
    which: BucketKey,
    sealed: &[u8],
) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    open_key(&own.private, labels::BUCKET_SEAT, &which.seat_data(own.id), sealed)
}

/// Seals a channel key to a bucket.
///
/// # Errors
/// [`TooLarge`] when the bucket's key is not a valid X-Wing key.
pub(crate) fn seal_channel(
    to: &SealPublic,
    community: CommunityId,
    epoch: u64,
    bucket: u32,
    key: &ChannelKey,
) -> Result<Vec<u8>, TooLarge> {
    let aad = channel_data(community, epoch, bucket);
    seal::seal(to, labels::CHANNEL_SEAL.as_bytes(), &aad, &**key).map_err(|_| TooLarge)
}

/// Opens a channel key with a bucket's seed.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn open_channel(
    bucket_seed: &[u8; 32],
    community: CommunityId,
    epoch: u64,
    bucket: u32,
    sealed: &[u8],
) -> Result<ChannelKey, OpenError> {
    let (private, _) = seal::derive(bucket_seed);
    let aad = channel_data(community, epoch, bucket);
    open_key(&private, labels::CHANNEL_SEAL, &aad, sealed).map(ChannelKey::from)
}

fn channel_data(community: CommunityId, epoch: u64, bucket: u32) -> Vec<u8> {
    transcript(labels::CHANNEL_SEAL, &[community.as_bytes(), &epoch.to_be_bytes(), &bucket.to_be_bytes()])
}

fn open_key(
    private: &SealPrivate,
    label: &str,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    if sealed.len() != 32 + seal::OVERHEAD {
        return Err(OpenError::LimitExceeded);
    }
    let opened = seal::open(private, label.as_bytes(), aad, sealed).map_err(|_| OpenError::DoesNotOpen)?;
    let opened = Zeroizing::new(opened);
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(opened.get(..32).ok_or(OpenError::Malformed)?);
    Ok(key)
}

/// What a group's vault key of one generation gives to its community.
pub(crate) struct GroupKeys {
    /// Opens announcements for the group.
    pub(crate) inbox_private: SealPrivate,
    /// To which they are sealed.
    pub(crate) inbox_public: SealPublic,
    /// Proves that one is in the group.
    pub(crate) member: SigningKey,
}

impl GroupKeys {
    /// Derives them.
    #[must_use]
    pub(crate) fn derive(vault_key: &VaultKey, group: ConversationId, generation: u64) -> Self {
        let context: [&[u8]; 2] = [group.as_bytes(), &generation.to_be_bytes()];
        let (inbox_private, inbox_public) =
            seal::derive(&hkdf_key(&**vault_key, labels::GROUP_INBOX_KEY, &context));
        let member = SigningKey::from_seed(*hkdf_key(&**vault_key, labels::GROUP_MEMBER_KEY, &context));
        Self { inbox_private, inbox_public, member }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::boxed::damaged;

    const COMMUNITY: CommunityId = CommunityId([1; 16]);
    const SEED: [u8; 32] = [2; 32];

    fn which(bucket: u32, version: u32) -> BucketKey {
        BucketKey { community: COMMUNITY, bucket, version }
    }

    #[test]
    fn a_seat_opens_for_its_subscriber_and_version_only() {
        let marie = Subscriber::derive(&[3; 32], COMMUNITY);
        let bob = Subscriber::derive(&[4; 32], COMMUNITY);
        let sealed = seal_seat(&marie.public, marie.id, which(5, 6), &SEED).unwrap();
        assert_eq!(*open_seat(&marie, which(5, 6), &sealed).unwrap(), SEED);

        let refused = Err(OpenError::DoesNotOpen);
        assert_eq!(open_seat(&bob, which(5, 6), &sealed), refused);
        assert_eq!(open_seat(&marie, which(4, 6), &sealed), refused);
        assert_eq!(open_seat(&marie, which(5, 7), &sealed), refused);
        for bad in damaged(&sealed) {
            assert!(open_seat(&marie, which(5, 6), &bad).is_err());
        }
    }

    #[test]
    fn a_channel_key_opens_for_its_bucket_and_epoch_only() {
        let (_, public) = seal::derive(&SEED);
        let key = ChannelKey::new([9; 32]);
        let sealed = seal_channel(&public, COMMUNITY, 3, 5, &key).unwrap();
        assert_eq!(open_channel(&SEED, COMMUNITY, 3, 5, &sealed), Ok(key));
        for (seed, epoch, bucket) in [([8; 32], 3, 5), (SEED, 4, 5), (SEED, 3, 6)] {
            assert_eq!(open_channel(&seed, COMMUNITY, epoch, bucket, &sealed), Err(OpenError::DoesNotOpen));
        }
    }

    #[test]
    fn all_devices_of_an_account_are_one_subscriber_and_another_one_elsewhere() {
        let here = Subscriber::derive(&SEED, COMMUNITY).id;
        assert_eq!(here, Subscriber::derive(&SEED, COMMUNITY).id);
        assert_ne!(here, Subscriber::derive(&SEED, CommunityId([2; 16])).id);
    }

    #[test]
    fn the_keys_of_one_purpose_are_none_for_another() {
        let key = ChannelKey::new([9; 32]);
        assert_ne!(*vault_key(COMMUNITY, 1, &key), *announcement_key(COMMUNITY, 1, &key));
        assert_ne!(*vault_key(COMMUNITY, 1, &key), *vault_key(COMMUNITY, 2, &key));
        let group = ConversationId([7; 16]);
        let (a, b) = (
            GroupKeys::derive(&VaultKey::new(SEED), group, 0),
            GroupKeys::derive(&VaultKey::new(SEED), group, 1),
        );
        assert_ne!(a.inbox_public, b.inbox_public);
        assert_ne!(a.member.public(), b.member.public());
    }
}

//! A subscriber: somebody with a key for the channel of one community.

use super::{
    Club, Device, World,
    epochs::{SEAL, SEAT, WRAP},
    fresh,
};
use asterism_mls::{
    link::LinkKeys,
    seal::{self, SealPrivate, SealPublic},
};
use asterism_wire::{
    frame::{
        ChannelKeys, CommunityAccess, CommunityStanding, Failure, GetChannelKeys, OpenCommunity, PutDeposit,
    },
    ids::{ConversationId, SubscriberId},
    signing::{self, transcript},
};

pub(in super::super) struct Subscriber {
    pub(in super::super) device: Device,
    seed: [u8; 32],
}

impl Subscriber {
    pub(in super::super) async fn new(world: &World, handle: &str) -> Self {
        Self::of(world.device(handle).await)
    }

    pub(in super::super) fn of(device: Device) -> Self {
        Self { device, seed: fresh() }
    }

    fn private(&self) -> SealPrivate {
        seal::derive(&self.seed).0
    }

    pub(in super::super) fn public(&self) -> SealPublic {
        seal::derive(&self.seed).1
    }

    pub(in super::super) fn id(&self) -> SubscriberId {
        signing::subscriber_id(self.public().as_bytes())
    }

    pub(in super::super) fn access(&self) -> CommunityAccess {
        CommunityAccess { subscriber: self.id().to_vec(), ..CommunityAccess::default() }
    }

    pub(in super::super) fn by_link(&self, club: &Club, link: &LinkKeys) -> CommunityAccess {
        by_link(&self.device, club, link)
    }

    pub(in super::super) fn by_group(group: ConversationId) -> CommunityAccess {
        CommunityAccess { group: group.to_vec(), ..CommunityAccess::default() }
    }

    pub(in super::super) fn deposit(&self, club: &Club, access: CommunityAccess) -> PutDeposit {
        PutDeposit {
            community: club.id.to_vec(),
            subscriber_key: self.public().as_bytes().to_vec(),
            sealed: b"note".to_vec(),
            access: Some(access),
        }
    }

    pub(in super::super) async fn enrol(
        &self,
        world: &World,
        club: &Club,
        access: CommunityAccess,
    ) -> Result<(), Failure> {
        let request = self.deposit(club, access);
        world.communities().put_deposit(&self.device.caller, request).await.map(|_| ())
    }

    /// Is told what is new from now on.
    pub(in super::super) async fn open(
        &self,
        world: &World,
        club: &Club,
        access: CommunityAccess,
    ) -> Result<CommunityStanding, Failure> {
        let request = OpenCommunity { community: club.id.to_vec(), access: Some(access) };
        world.communities().open_community(&self.device.caller, request).await
    }

    pub(in super::super) async fn keys(
        &self,
        world: &World,
        club: &Club,
        access: CommunityAccess,
        epoch: u64,
    ) -> Result<ChannelKeys, Failure> {
        let request = GetChannelKeys { community: club.id.to_vec(), access: Some(access), epoch };
        world.communities().get_channel_keys(&self.device.caller, request).await
    }

    /// The channel key that its seat opens.
    pub(in super::super) async fn channel_key(
        &self,
        world: &World,
        club: &Club,
        epoch: u64,
    ) -> Option<[u8; 32]> {
        let keys = self.keys(world, club, self.access(), epoch).await.unwrap();
        self.open_keys(club, &keys)
    }

    /// The channel key in a seat and a seal.
    pub(in super::super) fn open_keys(&self, club: &Club, keys: &ChannelKeys) -> Option<[u8; 32]> {
        if keys.seat.is_empty() {
            return None;
        }
        let (bucket, version) = (keys.bucket.to_be_bytes(), keys.version.to_be_bytes());
        let context = [&club.id.0[..], &bucket, &version, self.id().as_bytes()].map(<[u8]>::to_vec);
        let context: Vec<&[u8]> = context.iter().map(Vec::as_slice).collect();
        let seed =
            seal::open(&self.private(), SEAT.as_bytes(), &transcript(SEAT, &context), &keys.seat).unwrap();
        let (private, _) = seal::derive(&seed.try_into().unwrap());
        let context = [&club.id.0[..], &keys.epoch.to_be_bytes(), &bucket];
        let key = seal::open(&private, SEAL.as_bytes(), &transcript(SEAL, &context), &keys.seal).unwrap();
        Some(key.try_into().unwrap())
    }
}

/// With a link, on the device's connection.
pub(in super::super) fn by_link(device: &Device, club: &Club, link: &LinkKeys) -> CommunityAccess {
    let signed =
        signing::community_access(&device.caller.nonce, club.id, link.ticket_id, device.caller.account);
    CommunityAccess {
        ticket: link.ticket_id.to_vec(),
        ticket_signature: link.signing.sign(&signed).to_vec(),
        ..CommunityAccess::default()
    }
}

/// The channel key that a wrap holds for a link.
pub(in super::super) fn unwrap(club: &Club, link: &LinkKeys, keys: &ChannelKeys) -> [u8; 32] {
    let wrap = keys.wrap.as_ref().expect("a wrap");
    let context = [&club.id.0[..], link.ticket_id.as_bytes(), &wrap.generation.to_be_bytes()];
    let key =
        seal::open(&link.seal_private, WRAP.as_bytes(), &transcript(WRAP, &context), &wrap.sealed).unwrap();
    key.try_into().unwrap()
}

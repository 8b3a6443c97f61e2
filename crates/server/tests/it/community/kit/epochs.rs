//! Epochs of the channel, with real buckets.

use super::{Club, Device, POSTS, Subscriber, World, fresh, seal_key};
use asterism_mls::seal::{self, SealPublic};
use asterism_policy::{CommunityWhat, OpenEpoch};
use asterism_wire::{
    community::{BucketRow, BucketSeal, Seat, members_hash},
    frame::{Accepted, ChannelOpening, Failure, PutBucket, SubmitGovernance},
    ids::{SubscriberId, TicketId},
    limits,
    signing::{self, transcript},
    vault::{PastKey, Wrap},
};
use prost::Message as _;

pub(in super::super) const SEAT: &str = "asterism 1 bucket seat";
pub(in super::super) const SEAL: &str = "asterism 1 channel seal";
pub(in super::super) const WRAP: &str = "asterism 1 vault wrap";

/// An epoch that is being opened.
pub(in super::super) struct Epoch {
    pub(in super::super) number: u64,
    pub(in super::super) key: [u8; 32],
    pub(in super::super) rows: Vec<BucketRow>,
    pub(in super::super) renews_inbox: bool,
    pub(in super::super) done: Vec<SubscriberId>,
}

impl Club {
    /// The next epoch, with the buckets of the present one.
    pub(in super::super) fn next_epoch(&self) -> Epoch {
        Epoch {
            number: self.state.epoch + 1,
            key: fresh(),
            rows: self.table.buckets.clone(),
            renews_inbox: false,
            done: Vec::new(),
        }
    }

    /// The version of the epoch after the present one's that is so many above its first.
    pub(in super::super) fn version(&self, nth: u32) -> u32 {
        let epoch = u32::try_from(self.state.epoch + 1).unwrap();
        epoch * limits::BUCKET_VERSIONS_PER_EPOCH + nth
    }

    /// A new key of a bucket with seats for these, and its row.
    pub(in super::super) fn bucket(
        &self,
        maker: &Device,
        bucket: u32,
        version: u32,
        members: &[&Subscriber],
    ) -> (PutBucket, BucketRow) {
        let seed: [u8; 32] = fresh();
        let (_, public) = seal::derive(&seed);
        let seat = |member: &&Subscriber| {
            let id = member.id();
            let context = [&self.id.0[..], &bucket.to_be_bytes(), &version.to_be_bytes(), id.as_bytes()];
            let sealed =
                seal::seal(&member.public(), SEAT.as_bytes(), &transcript(SEAT, &context), &seed).unwrap();
            Seat { subscriber: member.id().to_vec(), sealed }
        };
        let seats = members.iter().map(seat).collect();
        let ids: Vec<SubscriberId> = members.iter().map(|member| member.id()).collect();
        let row = BucketRow {
            bucket,
            version,
            key: public.as_bytes().to_vec(),
            maker: maker.caller.account.to_vec(),
            members_hash: members_hash(&ids).to_vec(),
        };
        (PutBucket { community: self.id.to_vec(), bucket, version, seats }, row)
    }

    /// Lays a bucket's next key ready, and puts its row into the epoch.
    pub(in super::super) async fn lay(
        &self,
        world: &World,
        maker: &Device,
        epoch: &mut Epoch,
        bucket: u32,
        members: &[&Subscriber],
    ) {
        let (request, row) = self.bucket(maker, bucket, self.version(0), members);
        world.communities().put_bucket(&maker.caller, request).await.unwrap();
        epoch.put(row);
    }

    /// The channel key of an epoch for a ticket.
    pub(in super::super) fn wrap(&self, key: &SealPublic, ticket: TicketId, epoch: u64) -> Wrap {
        let channel_key = self.keys.get(&epoch).copied().unwrap_or([0; 32]);
        wrap(self, key, ticket, epoch, &channel_key)
    }

    /// Opens the epoch, with everything that must accompany it.
    pub(in super::super) fn opening(
        &self,
        by: &Device,
        epoch: &Epoch,
        others: impl IntoIterator<Item = CommunityWhat>,
    ) -> SubmitGovernance {
        let others: Vec<CommunityWhat> = others.into_iter().collect();
        let added = others.iter().filter_map(|what| match what {
            CommunityWhat::AddTicket(add) => add.ticket.clone(),
            _ => None,
        });
        let goes = |id: &[u8], creator: &[u8]| {
            others.iter().any(|what| match what {
                CommunityWhat::RevokeTicket(revoke) => revoke.ticket == id,
                CommunityWhat::SetRole(set) => {
                    set.role == asterism_policy::Role::Member as i32 && set.account == creator
                }
                _ => false,
            })
        };
        let live = self.state.tickets.iter().cloned().chain(added).filter(|t| !goes(&t.id, &t.creator));
        let wraps = live.map(|ticket| {
            let id = TicketId::try_from(ticket.id.as_slice()).unwrap();
            wrap(self, &seal_key(&ticket), id, epoch.number, &epoch.key)
        });
        let wraps = wraps.collect();
        let open = epoch.change(self);
        let changes = others.into_iter().chain([CommunityWhat::OpenEpoch(open)]);
        let opening = ChannelOpening {
            table: epoch.table(),
            seals: epoch.rows.iter().map(|row| epoch.seal(self, row)).collect(),
            wraps,
            past_key: Some(PastKey { generation: epoch.number - 1, sealed: b"past".to_vec() }),
            done: epoch.done.iter().map(|id| id.to_vec()).collect(),
        };
        SubmitGovernance { opening: Some(opening), ..self.submission(by, changes) }
    }

    /// Opens the epoch, and follows.
    pub(in super::super) async fn open_epoch(
        &mut self,
        world: &World,
        by: &Device,
        epoch: &Epoch,
        others: impl IntoIterator<Item = CommunityWhat>,
    ) -> Result<Accepted, Failure> {
        let request = self.opening(by, epoch, others);
        let accepted = self.submit(world, by, request).await?;
        self.keys.insert(epoch.number, epoch.key);
        self.table.buckets.clone_from(&epoch.rows);
        Ok(accepted)
    }

    /// A new epoch in which bucket 0 has seats for these, and all deposits of them are done.
    pub(in super::super) async fn seat(&mut self, world: &World, by: &Device, members: &[&Subscriber]) {
        let mut epoch = self.next_epoch();
        self.lay(world, by, &mut epoch, 0, members).await;
        epoch.done = members.iter().map(|member| member.id()).collect();
        self.open_epoch(world, by, &epoch, []).await.unwrap();
    }
}

fn wrap(club: &Club, key: &SealPublic, ticket: TicketId, epoch: u64, channel_key: &[u8; 32]) -> Wrap {
    let context = [&club.id.0[..], ticket.as_bytes(), &epoch.to_be_bytes()];
    let sealed = seal::seal(key, WRAP.as_bytes(), &transcript(WRAP, &context), channel_key).unwrap();
    Wrap { ticket: ticket.to_vec(), generation: epoch, sealed }
}

impl Epoch {
    /// Puts a row in place of the bucket's present one.
    pub(in super::super) fn put(&mut self, row: BucketRow) {
        self.rows.retain(|other| other.bucket != row.bucket);
        self.rows.push(row);
        self.rows.sort_by_key(|row| row.bucket);
    }

    pub(in super::super) fn table(&self) -> Vec<u8> {
        asterism_wire::community::BucketTable { buckets: self.rows.clone() }.encode_to_vec()
    }

    fn change(&self, club: &Club) -> OpenEpoch {
        let inbox_key =
            if self.renews_inbox { seal::derive(&fresh()).1.as_bytes().to_vec() } else { Vec::new() };
        OpenEpoch {
            epoch: self.number,
            key_commitment: signing::channel_commitment(POSTS, self.number, &self.key).to_vec(),
            inbox_key,
            table_hash: signing::sha256(&self.table()).to_vec(),
            posts_seq: club.posts.0.0,
        }
    }

    fn seal(&self, club: &Club, row: &BucketRow) -> BucketSeal {
        let context = [&club.id.0[..], &self.number.to_be_bytes(), &row.bucket.to_be_bytes()];
        let public = SealPublic::new(&row.key).unwrap();
        let sealed = seal::seal(&public, SEAL.as_bytes(), &transcript(SEAL, &context), &self.key).unwrap();
        BucketSeal { bucket: row.bucket, sealed }
    }
}

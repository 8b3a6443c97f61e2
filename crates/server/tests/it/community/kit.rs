//! A community as its admins' devices know it, and the few words that tests say.

mod epochs;
mod subscriber;
mod writing;

pub(super) use epochs::Epoch;
pub(super) use subscriber::{Subscriber, unwrap};

pub(super) use crate::conversation::kit::{CONVERSATION as ROOM, Device, World, code, fresh};
use asterism_mls::{
    Group, Suite,
    link::LinkKeys,
    seal::{self, SealPublic},
};
use asterism_policy::{
    AddTicket, CommunityChanges, CommunityState, CommunityWhat, Found, Kind, OpenEpoch, PolicyState, Role,
    SetRole, Ticket, decide_community,
};
use asterism_wire::{
    community::{BucketTable, GovernanceBody},
    entry::{Entry, EntryKind},
    frame::{
        Accepted, CommunityAccess, CreateCommunity, CreateConversation, Failure, FetchCommunity,
        OpenCommunity, SubmitGovernance,
    },
    head,
    ids::{CommunityId, ConversationId, Hash, Seq},
    signing,
};
use prost::Message as _;
use std::collections::BTreeMap;

pub(super) const POSTS: ConversationId = ConversationId([8; 16]);
pub(super) const GROUP: ConversationId = ConversationId([9; 16]);

/// A community, followed by an admin's device.
#[derive(Clone)]
pub(super) struct Club {
    pub(super) id: CommunityId,
    /// Last position of the log, and its head.
    pub(super) log: (Seq, Hash),
    /// The same of the announcements.
    pub(super) posts: (Seq, Hash),
    pub(super) state: CommunityState,
    /// Channel keys by epoch.
    pub(super) keys: BTreeMap<u64, [u8; 32]>,
    pub(super) table: BucketTable,
}

/// What founds a community with these ids.
pub(super) fn first_changes(room: ConversationId, posts: ConversationId) -> (Vec<u8>, [u8; 32]) {
    let key = fresh();
    let found =
        Found { announcements: posts.to_vec(), admin_room: room.to_vec(), salt: fresh::<16>().to_vec() };
    let open = OpenEpoch {
        epoch: 1,
        key_commitment: signing::channel_commitment(posts, 1, &key).to_vec(),
        inbox_key: seal::derive(&fresh()).1.as_bytes().to_vec(),
        table_hash: signing::sha256(&[]).to_vec(),
        posts_seq: 0,
    };
    let changes = CommunityChanges::of([CommunityWhat::Found(found), CommunityWhat::OpenEpoch(open)]);
    (changes.to_bytes(), key)
}

pub(super) fn governance_body(
    device: &Device,
    id: CommunityId,
    (seq, previous): (Seq, Hash),
    changes: Vec<u8>,
) -> GovernanceBody {
    let signed = signing::governance(id, seq, previous, &changes);
    GovernanceBody {
        changes,
        author: device.person.credential(),
        author_key: device.person.device_key.public().to_vec(),
        signature: device.person.device_key.sign(&signed).to_vec(),
    }
}

/// The device founds a conversation of this state, without a vault.
pub(super) fn genesis(device: &mut Device, state: &PolicyState) -> CreateConversation {
    let (signer, credential) = (&device.person.device_key, device.person.credential());
    let suite = if state.kind() == Kind::Group { Suite::Classic } else { Suite::Hybrid };
    let (group, genesis) = Group::create(&device.provider, signer, &credential, suite, state).unwrap();
    device.group = Some(group);
    CreateConversation {
        conversation: state.conversation.clone(),
        group_info: genesis.group_info,
        ratchet_tree: genesis.ratchet_tree,
        vault: Vec::new(),
    }
}

pub(super) async fn found_room(world: &World, device: &mut Device, id: CommunityId) {
    let state = PolicyState::admin_room(id, ROOM, device.caller.account);
    let request = genesis(device, &state);
    world.conversations().create_conversation(&device.caller, request).await.unwrap();
}

impl Club {
    /// What is there just before the founding.
    pub(super) fn planned(changes: &[u8], key: [u8; 32]) -> Self {
        let id = signing::community_id(changes);
        Self {
            id,
            log: (Seq(0), head::genesis(id.log())),
            posts: (Seq(0), head::genesis(POSTS)),
            state: CommunityState::default(),
            keys: BTreeMap::from([(1, key)]),
            table: BucketTable::default(),
        }
    }

    /// Founds it, with its room and a name.
    pub(super) async fn found(world: &World, founder: &mut Device) -> Self {
        let (changes, key) = first_changes(ROOM, POSTS);
        let mut club = Self::planned(&changes, key);
        found_room(world, founder, club.id).await;
        let request = club.creation(founder, changes);
        let accepted = world.communities().create_community(&founder.caller, request).await.unwrap();
        assert_eq!(accepted.seq, 1);
        club.follow(world, founder).await;
        club
    }

    pub(super) fn creation(&self, founder: &Device, changes: Vec<u8>) -> CreateCommunity {
        let start = (Seq(1), head::genesis(self.id.log()));
        CreateCommunity {
            governance: governance_body(founder, self.id, start, changes).encode_to_vec().into(),
            vault: vec![self.vault_record(founder, "meta", 1, 1, b"name")],
        }
    }

    /// Reads both logs to their ends as an admin, checking all that readers check; gives what was new in the log.
    pub(super) async fn follow(&mut self, world: &World, device: &Device) -> Vec<EntryKind> {
        let entries = self.fetch_all(world, device, false, self.log.0.next()).await;
        let kinds = self.take(&entries);
        for entry in self.fetch_all(world, device, true, self.posts.0.next()).await {
            assert_eq!(entry.entry_kind(), Ok(EntryKind::Post));
            self.posts = chained(&entry, POSTS, self.posts);
        }
        kinds
    }

    /// Takes entries of the log, but those that were taken before.
    pub(super) fn take(&mut self, entries: &[Entry]) -> Vec<EntryKind> {
        let mut kinds = Vec::new();
        let known = self.log.0;
        for entry in entries.iter().filter(|entry| entry.position() > known) {
            self.log = chained(entry, self.id.log(), self.log);
            if entry.entry_kind().unwrap() == EntryKind::Governance {
                let body = GovernanceBody::decode(entry.body.clone()).unwrap();
                let before = (entry.seq > 1).then_some(&self.state);
                let author =
                    asterism_mls::credential::check_credential(&body.author, &body.author_key).unwrap();
                let (seq, now) = (entry.position(), entry.server_time());
                self.state =
                    decide_community(self.id, before, author.account, &body.changes, seq, now).unwrap();
            }
            kinds.push(entry.entry_kind().unwrap());
        }
        kinds
    }

    async fn fetch_all(&self, world: &World, device: &Device, posts: bool, from: Seq) -> Vec<Entry> {
        let mut entries = Vec::new();
        loop {
            let request = FetchCommunity {
                from_seq: from.0 + entries.len() as u64,
                entries_max: 3,
                ..self.fetch(posts, CommunityAccess::default())
            };
            let page = world.communities().fetch_community(&device.caller, request).await.unwrap();
            if page.entries.is_empty() {
                return entries;
            }
            entries.extend(page.entries);
        }
    }

    pub(super) fn fetch(&self, posts: bool, access: CommunityAccess) -> FetchCommunity {
        let community = self.id.to_vec();
        FetchCommunity { community, access: Some(access), posts, from_seq: 1, entries_max: 0 }
    }

    /// The device is told what is new, as an admin.
    pub(super) async fn open(&self, world: &World, device: &Device) {
        let request = OpenCommunity { community: self.id.to_vec(), access: None };
        world.communities().open_community(&device.caller, request).await.unwrap();
    }

    /// A change for the next position.
    pub(super) fn submission(
        &self,
        device: &Device,
        changes: impl IntoIterator<Item = CommunityWhat>,
    ) -> SubmitGovernance {
        let at = (self.log.0.next(), self.log.1);
        let changes = CommunityChanges::of(changes).to_bytes();
        SubmitGovernance {
            community: self.id.to_vec(),
            idempotency: fresh::<16>().to_vec(),
            seq: at.0.0,
            governance: governance_body(device, self.id, at, changes).encode_to_vec().into(),
            opening: None,
        }
    }

    /// Submits, and follows.
    pub(super) async fn submit(
        &mut self,
        world: &World,
        device: &Device,
        request: SubmitGovernance,
    ) -> Result<Accepted, Failure> {
        let accepted = world.communities().submit_governance(&device.caller, request).await?;
        self.follow(world, device).await;
        Ok(accepted)
    }

    pub(super) async fn promote(
        &mut self,
        world: &World,
        by: &Device,
        who: &Device,
        role: Role,
        until_ms: u64,
    ) {
        let set = SetRole { account: who.caller.account.to_vec(), role: role as i32, until_ms };
        let request = self.submission(by, [CommunityWhat::SetRole(set)]);
        self.submit(world, by, request).await.unwrap();
    }

    /// Makes a link.
    pub(super) async fn add_link(
        &mut self,
        world: &World,
        by: &Device,
        uses_max: u32,
        expires_ms: u64,
    ) -> LinkKeys {
        let (link, add) = new_link(by, uses_max, expires_ms);
        let wrap = self.wrap(&link.seal_public, link.ticket_id, self.state.epoch);
        let request = SubmitGovernance {
            opening: Some(asterism_wire::frame::ChannelOpening { wraps: vec![wrap], ..Default::default() }),
            ..self.submission(by, [add])
        };
        self.submit(world, by, request).await.unwrap();
        link
    }
}

/// Position and head after an entry that must follow.
fn chained(entry: &Entry, log: ConversationId, (seq, head): (Seq, Hash)) -> (Seq, Hash) {
    assert_eq!(entry.position(), seq.next());
    let expected = entry.expected_head(log, head).unwrap();
    assert_eq!(entry.head, expected.as_bytes(), "the head is not the one computed");
    (entry.position(), expected)
}

/// A link, and the change that makes it.
pub(super) fn new_link(creator: &Device, uses_max: u32, expires_ms: u64) -> (LinkKeys, CommunityWhat) {
    let link = LinkKeys::derive(&fresh());
    let ticket = Ticket {
        id: link.ticket_id.to_vec(),
        signature_key: link.signing.public().to_vec(),
        seal_key: link.seal_public.as_bytes().to_vec(),
        role: Role::Member as i32,
        expires_ms,
        uses_max,
        uses: 0,
        creator: creator.caller.account.to_vec(),
        entered: Vec::new(),
    };
    (link, CommunityWhat::AddTicket(AddTicket { ticket: Some(ticket) }))
}

/// A ticket's public key to seal to.
pub(super) fn seal_key(ticket: &Ticket) -> SealPublic {
    SealPublic::new(&ticket.seal_key).unwrap()
}

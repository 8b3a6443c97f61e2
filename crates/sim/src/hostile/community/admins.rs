//! What an admin's keys allow nobody.

use super::{
    case::Act,
    story::{ALICE, BOB, CAROL, MALLORY, Story, Told, conversation, secret_of, wrong},
};
use crate::stranger::Stranger;
use asterism_core::{Answer, Item, Request};
use asterism_mls::{
    link::LinkKeys,
    seal::{self, SealPublic},
};
use asterism_policy::{
    AddTicket, CommunityChanges, CommunityWhat, Found, OpenEpoch, Role as Rank, SetRole, Ticket,
};
use asterism_wire::{
    CommunityId, ConversationId, ErrorCode, Hash, IdempotencyKey, Seq,
    community::GovernanceBody,
    entry::Entry,
    frame::{
        Accepted, Answer as WireAnswer, ChannelOpening, CommunityAccess, CreateCommunity, FetchCommunity,
        Request as WireRequest, SendPost, SubmitGovernance, WriteVault,
    },
    head,
    link::Link,
    signing,
    signing::transcript,
    vault::Wrap,
};
use prost::Message as _;

/// The channel key of mallory's own community.
const CHANNEL_KEY: [u8; 32] = [6; 32];
/// Her link to it.
const SECRET: [u8; 32] = [12; 32];
/// Longer than somebody may be in an admins' room without a role.
const RECONCILED_MS: u64 = 3 * 60_000;

impl Story {
    pub(super) fn founds_again(&mut self) -> Told {
        let mut device = self.device_of(MALLORY)?;
        let (seq, governance) = self.change(&device, &self.another_founding()?)?;
        self.offers(&mut device, seq, governance)
    }

    /// The founding once more, with another room.
    pub(super) fn another_founding(&self) -> Told<CommunityChanges> {
        let room = conversation(&self.general)?;
        Ok(CommunityChanges::of([founding(room)]))
    }

    /// Another community whose admins' room is this one's.
    pub(super) fn foreign_room(&mut self) -> Told {
        let mut device = self.device_of(MALLORY)?;
        let changes = CommunityChanges::of([founding(conversation(&self.admin_room)?), first_epoch()]);
        let id = signing::community_id(&changes.to_bytes());
        let governance = sign(&device, id, Seq(1), head::genesis(id.log()), &changes);
        let create = CreateCommunity { governance: governance.into(), vault: Vec::new() };
        let lets_through = self.act == Act::ForeignRoomLetThrough;
        asterism_server::plant::ANY_ROOM.set(lets_through);
        let answer = device.ask(&self.world, WireRequest::CreateCommunity(create));
        asterism_server::plant::ANY_ROOM.set(false);
        match answer {
            Err(ErrorCode::Forbidden) if !lets_through => Ok(()),
            Ok(WireAnswer::Accepted(_)) if lets_through => self.alice_comes_there(&mut device, id),
            other => Err(wrong(format!("the server answers {other:?}"))),
        }
    }

    /// Alice enters mallory's community and becomes an admin of it; this one's room is no concern of that one.
    fn alice_comes_there(&mut self, device: &mut Stranger, id: CommunityId) -> Told {
        let keys = LinkKeys::derive(&SECRET);
        let ticket = Ticket {
            id: keys.ticket_id.to_vec(),
            signature_key: keys.signing.public().to_vec(),
            seal_key: keys.seal_public.as_bytes().to_vec(),
            role: Rank::Member as i32,
            creator: device.leaf().account.to_vec(),
            ..Ticket::default()
        };
        let opening = ChannelOpening { wraps: vec![wrap(&keys, id)?], ..ChannelOpening::default() };
        self.governs(
            device,
            id,
            CommunityWhat::AddTicket(AddTicket { ticket: Some(ticket) }),
            Some(opening),
        )?;
        let link = Link { server: "http://sim".into(), ticket: keys.ticket_id, secret: SECRET };
        self.must(ALICE, Request::Join { link: link.to_string() })?;
        let account = self.device_of(ALICE)?.leaf().account.to_vec();
        let role = SetRole { account, role: Rank::Admin as i32, until_ms: 0 };
        self.governs(device, id, CommunityWhat::SetRole(role), None)?;
        self.world.run_for(RECONCILED_MS);
        self.must(ALICE, Request::Sync)?;
        self.world.run_for(10_000);
        let (state, ..) = self.of_core(ALICE, |core| core.community_log(&id.to_string()))?;
        let alice = self.device_of(ALICE)?.leaf().account;
        if !state.is_admin(alice, self.world.now) {
            return Err(wrong("alice has not read of her role"));
        }
        let target = self.admin_room.clone();
        let Answer::List(items) = self.must(BOB, Request::GroupMembers { target })? else {
            return Err(wrong("bob is not in the admins' room"));
        };
        let inside = items.iter().filter(|item| matches!(item, Item::Member(_))).count();
        if inside == 3 { Ok(()) } else { Err(wrong(format!("{inside} are in the admins' room"))) }
    }

    fn governs(
        &mut self,
        device: &mut Stranger,
        id: CommunityId,
        what: CommunityWhat,
        opening: Option<ChannelOpening>,
    ) -> Told {
        let last = self.last_of(device, id)?;
        let (seq, head) = (Seq(last.seq + 1), Hash::try_from(last.head.as_slice()));
        let head = head.map_err(|_| wrong("no head"))?;
        let governance = sign(device, id, seq, head, &CommunityChanges::of([what]));
        let submit = WireRequest::SubmitGovernance(SubmitGovernance {
            community: id.to_vec(),
            idempotency: IdempotencyKey([u8::try_from(seq.0).unwrap_or(0); 16]).to_vec(),
            seq: seq.0,
            governance: governance.into(),
            opening,
        });
        match device.ask(&self.world, submit) {
            Ok(WireAnswer::Accepted(_)) => Ok(()),
            other => Err(wrong(format!("mallory's own community: {other:?}"))),
        }
    }

    fn last_of(&self, device: &mut Stranger, id: CommunityId) -> Told<Entry> {
        let fetch = FetchCommunity {
            community: id.to_vec(),
            access: Some(CommunityAccess::default()),
            posts: false,
            from_seq: 1,
            entries_max: 100,
        };
        match device.ask(&self.world, WireRequest::FetchCommunity(fetch)) {
            Ok(WireAnswer::Entries(page)) => page.entries.last().cloned().ok_or_else(|| wrong("no entries")),
            other => Err(wrong(format!("no log: {other:?}"))),
        }
    }

    /// Mallory was in a group of carol's; what she announces for it would stand among what is said there.
    pub(super) fn foreign_announcement(&mut self) -> Told {
        let group = self.own_group(CAROL, "Quartet", &["mallory", "bob"])?;
        self.must(MALLORY, Request::Sync)?;
        let body =
            self.of_core(MALLORY, |core| core.forge_post(&self.community, "mallory is here", Some(&group)))?;
        let remove = Request::GroupRemove { target: group.clone(), handle: "mallory".into() };
        self.must(CAROL, remove)?;
        let mut device = self.device_of(MALLORY)?;
        let post = WireRequest::SendPost(SendPost {
            community: self.id()?.to_vec(),
            idempotency: IdempotencyKey([4; 16]).to_vec(),
            body: body.into(),
        });
        let Ok(WireAnswer::Accepted(Accepted { .. })) = device.ask(&self.world, post) else {
            return Err(wrong("the server does not know which groups are whose"));
        };
        self.world.run_for(5_000);
        for client in [BOB, CAROL] {
            self.must(client, Request::Sync)?;
            let read = Request::Read { target: group.clone(), since: None, limit: 100, events: false };
            let Answer::List(items) = self.must(client, read)? else { return Err(wrong("no messages")) };
            let shows = |item: &Item| matches!(item, Item::Message(message) if message.text.is_some());
            if items.iter().any(shows) {
                return Err(wrong("who was removed from a group stands in it"));
            }
        }
        Ok(())
    }

    /// A group of mallory's own, under its own id and under another.
    pub(super) fn foreign_listing(&mut self) -> Told {
        let group = self.own_group(MALLORY, "Trap", &[])?;
        let invite = Request::InviteCreate { target: group.clone(), expires_in_ms: None, uses: None };
        let Answer::Invite { link, .. } = self.must(MALLORY, invite)? else { return Err(wrong("no link")) };
        let secret = secret_of(&link)?;
        self.lists(conversation(&group)?, secret)?;
        self.lists(ConversationId([16; 16]), secret)?;
        self.trap = Some(group);
        Ok(())
    }

    /// Mallory writes into the directory.
    pub(super) fn lists(&mut self, group: ConversationId, secret: [u8; 32]) -> Told {
        self.must(MALLORY, Request::Sync)?;
        let record = self.of_core(MALLORY, |core| core.forge_listing(&self.community, group, secret))?;
        let mut device = self.device_of(MALLORY)?;
        let write = WireRequest::WriteCommunityVault(WriteVault {
            conversation: self.id()?.to_vec(),
            idempotency: IdempotencyKey(group.0).to_vec(),
            writes: vec![record],
        });
        match device.ask(&self.world, write) {
            Ok(WireAnswer::VaultAccepted(_)) => Ok(()),
            other => Err(wrong(format!("an admin writes into the directory: {other:?}"))),
        }
    }

    /// Nobody but mallory is in the group that is none of the community's.
    pub(super) fn judge_trap(&mut self) -> Told {
        let Some(target) = self.trap.clone() else { return Ok(()) };
        // And whoever tries says so each time: nothing of the first try is in the way of the second.
        for _ in 0..2 {
            self.must_not(CAROL, Request::GroupJoin { target: target.clone() }, ErrorCode::UnknownLink)?;
        }
        self.must(MALLORY, Request::Sync)?;
        let Answer::List(items) = self.must(MALLORY, Request::GroupMembers { target })? else {
            return Err(wrong("no members"));
        };
        if items.len() == 1 { Ok(()) } else { Err(wrong("newcomers were led out of the community")) }
    }

    fn own_group(&mut self, of: usize, name: &str, with: &[&str]) -> Told<String> {
        let create = Request::GroupCreate {
            name: name.into(),
            description: None,
            quantum_safe: false,
            community: None,
            join: None,
        };
        let Answer::Group { group } = self.must(of, create)? else { return Err(wrong("no group")) };
        if !with.is_empty() {
            let handles = with.iter().map(|handle| (*handle).to_owned()).collect();
            self.must(of, Request::GroupAdd { target: group.clone(), handles })?;
        }
        Ok(group)
    }
}

fn founding(admin_room: ConversationId) -> CommunityWhat {
    let (announcements, salt) = (vec![13; ConversationId::LEN], vec![14; 16]);
    CommunityWhat::Found(Found { announcements, admin_room: admin_room.to_vec(), salt })
}

fn first_epoch() -> CommunityWhat {
    let announcements = ConversationId([13; ConversationId::LEN]);
    CommunityWhat::OpenEpoch(OpenEpoch {
        epoch: 1,
        key_commitment: signing::channel_commitment(announcements, 1, &CHANNEL_KEY).to_vec(),
        inbox_key: seal::derive(&[15; 32]).1.as_bytes().to_vec(),
        table_hash: signing::sha256(&[]).to_vec(),
        posts_seq: 0,
    })
}

fn sign(device: &Stranger, id: CommunityId, seq: Seq, head: Hash, changes: &CommunityChanges) -> Vec<u8> {
    let changes = changes.to_bytes();
    let signature = device.key.sign(&signing::governance(id, seq, head, &changes)).to_vec();
    let (author, author_key) = (device.credential.clone(), device.key.public().to_vec());
    GovernanceBody { changes, author, author_key, signature }.encode_to_vec()
}

/// The channel key for who holds a link (docs/protocol.md §7.3).
fn wrap(link: &LinkKeys, id: CommunityId) -> Told<Wrap> {
    let (label, generation) = ("asterism 1 vault wrap", 1_u64);
    let aad = transcript(label, &[id.as_bytes(), link.ticket_id.as_bytes(), &generation.to_be_bytes()]);
    let to = SealPublic::new(link.seal_public.as_bytes()).map_err(|_| wrong("no key"))?;
    let sealed = seal::seal(&to, label.as_bytes(), &aad, &CHANNEL_KEY).map_err(|_| wrong("no wrap"))?;
    Ok(Wrap { ticket: link.ticket_id.to_vec(), generation, sealed })
}

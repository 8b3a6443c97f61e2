//! Entries of another community, and of nobody who may (docs/protocol.md §10.2, §10.3, §10.8).

use super::super::{
    story::{ALICE, BOB, CAROL, Story, wrong},
    trick::{Planted, Trick},
};
use crate::{check::Violation, stranger::Stranger};
use asterism_core::{Answer, Request};
use asterism_policy::{CommunityChange, CommunityChanges, CommunityWhat, Found, OpenEpoch, Role, SetRole};
use asterism_wire::{
    CommunityId, ConversationId, Hash, Seq,
    community::GovernanceBody,
    entry::{Entry, EntryKind},
    frame::{self, Happened},
    signing,
    vault::VaultRecord,
};
use prost::Message as _;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// Entries by log and position.
type Seen = BTreeMap<(Vec<u8>, u64), Entry>;

/// The logs of another community with the same people.
struct Other {
    id: CommunityId,
    announcements: ConversationId,
    seen: Rc<RefCell<Seen>>,
}

impl Other {
    fn found(story: &mut Story) -> Result<Self, Violation> {
        let seen = Rc::new(RefCell::new(Seen::new()));
        let sees = Rc::clone(&seen);
        let watch = Trick::default().pushed(move |_, happened| {
            if let Happened::Appended(frame::Appended { conversation, entry: Some(entry) }) = &happened {
                sees.borrow_mut().insert((conversation.clone(), entry.seq), entry.clone());
            }
            Some(happened)
        });
        story.play(CAROL, watch);
        let found = Request::CommunityCreate { name: "Band".into(), description: None, general: None };
        let Answer::Community { community, announcements, .. } = story.must(ALICE, found)? else {
            return Err(wrong("no other community"));
        };
        let create = Request::InviteCreate { target: community.clone(), expires_in_ms: None, uses: None };
        let Answer::Invite { link, .. } = story.must(ALICE, create.clone())? else {
            return Err(wrong("no link"));
        };
        for person in [BOB, CAROL] {
            story.must(person, Request::Join { link: link.clone() })?;
        }
        // Its log and its announcements are as long as the other ones, at least.
        for text in ["alice announces there", "and there", "and there again", "and on"] {
            let (community, text) = (community.clone(), text.to_owned());
            story.must(ALICE, Request::Announce { community, text, to: Vec::new(), idempotency: None })?;
        }
        story.must(ALICE, create)?;
        story.world.run_for(10_000);
        let no_id = |_| wrong("an id does not parse");
        let id: CommunityId = community.parse().map_err(no_id)?;
        Ok(Self { id, announcements: announcements.parse().map_err(no_id)?, seen })
    }

    fn last_of(&self, log: ConversationId, is_it: impl Fn(&Entry) -> bool) -> Result<Entry, Violation> {
        let seen = self.seen.borrow();
        let mut found = seen.iter().filter(|((id, _), entry)| *id == log.as_bytes() && is_it(entry));
        found.next_back().map(|(_, entry)| entry.clone()).ok_or_else(|| wrong("nothing was seen of it"))
    }
}

/// A change that would fit here, too.
fn adds_link(entry: &Entry) -> bool {
    let body =
        (entry.kind == EntryKind::Governance as i32).then(|| GovernanceBody::decode(entry.body.clone()));
    let changes = body.and_then(Result::ok).and_then(|body| CommunityChanges::read(&body.changes).ok());
    let adds = |change: &CommunityChange| matches!(change.what, Some(CommunityWhat::AddTicket(_)));
    changes.is_some_and(|changes| changes.changes.iter().any(adds))
}

/// Its author is an admin of both.
pub(in super::super) fn post_of_another(story: &mut Story) -> Result<(), Violation> {
    let other = Other::found(story)?;
    let entry = other.last_of(other.announcements, |_| true)?;
    let log = story.announcements;
    plant(story, CAROL, log, entry)?;
    story.announce(ALICE);
    Ok(())
}

/// All of them, from the next one on.
pub(in super::super) fn posts_of_another(story: &mut Story) -> Result<(), Violation> {
    let other = Other::found(story)?;
    let seen = Rc::clone(&other.seen);
    let (here, there) = (story.id(), other.announcements);
    let swap = Trick::default().changed(move |client, request, answer| match (request, answer) {
        (frame::Request::FetchCommunity(fetch), frame::Answer::Entries(mut page))
            if client == CAROL && fetch.posts && fetch.community == here.as_bytes() =>
        {
            let seen = seen.borrow();
            let entries = seen.range((there.to_vec(), fetch.from_seq)..=(there.to_vec(), u64::MAX));
            page.entries = entries.map(|(_, entry)| entry.clone()).collect();
            frame::Answer::Entries(page)
        }
        (_, answer) => answer,
    });
    // She has to ask.
    let swap = swap.pushed(move |client, happened| match happened {
        Happened::Appended(_) if client == CAROL => None,
        happened => Some(happened),
    });
    story.play(CAROL, swap);
    story.announce(ALICE);
    story.ask_quietly(CAROL, Request::Sync);
    Ok(())
}

/// Its author is an owner of both.
pub(in super::super) fn change_of_another(story: &mut Story) -> Result<(), Violation> {
    let other = Other::found(story)?;
    let entry = other.last_of(other.id.log(), adds_link)?;
    let log = story.id().log();
    plant(story, CAROL, log, entry)?;
    story.announce(ALICE);
    Ok(())
}

/// A stranger has made themselves an owner.
pub(in super::super) fn role(story: &mut Story) -> Result<(), Violation> {
    change_by_stranger(story, |stranger| {
        let (account, role) = (stranger.leaf().account.to_vec(), Role::Owner as i32);
        vec![CommunityWhat::SetRole(SetRole { account, role, until_ms: 0 })]
    })
}

/// The community begins again, with a room of the stranger's.
pub(in super::super) fn founding(story: &mut Story) -> Result<(), Violation> {
    let announcements = story.announcements.to_vec();
    change_by_stranger(story, |_| {
        let open = OpenEpoch {
            epoch: 1,
            key_commitment: vec![3; 32],
            inbox_key: super::super::history::foreign_key(),
            table_hash: vec![4; 32],
            posts_seq: 0,
        };
        let found =
            Found { announcements: announcements.clone(), admin_room: vec![5; 16], salt: vec![6; 16] };
        vec![CommunityWhat::Found(found), CommunityWhat::OpenEpoch(open)]
    })
}

fn change_by_stranger(
    story: &mut Story,
    changes: impl Fn(&Stranger) -> Vec<CommunityWhat>,
) -> Result<(), Violation> {
    let (stranger, community) = (stranger(story), story.id());
    let log = community.log();
    let last = story.hands().last_of(log).cloned().unwrap_or_default();
    let previous = Hash::try_from(last.head.as_slice()).map_err(|_| wrong("the log has no head"))?;
    let changes = CommunityChanges::of(changes(&stranger)).to_bytes();
    let signed = signing::governance(community, Seq(last.seq + 1), previous, &changes);
    let body = GovernanceBody {
        changes,
        author: stranger.credential.clone(),
        author_key: stranger.key.public().to_vec(),
        signature: stranger.key.sign(&signed).to_vec(),
    };
    let kind = EntryKind::Governance as i32;
    plant(story, BOB, log, Entry { kind, body: body.encode_to_vec().into(), ..last })?;
    is_as_it_was(story)
}

/// A group in the directory, listed by nobody.
pub(in super::super) fn group(story: &mut Story) -> Result<(), Violation> {
    let (stranger, log) = (stranger(story), story.id().log());
    let last = story.hands().last_of(log).cloned().unwrap_or_default();
    let (name, version, sealed) = (format!("group/{}", ConversationId([7; 16])), 1, vec![9; 96]);
    let signed = signing::vault_entry(log, &name, version, last.epoch, &sealed);
    let record = VaultRecord {
        name,
        version,
        generation: last.epoch,
        sealed,
        writer: stranger.credential.clone(),
        writer_key: stranger.key.public().to_vec(),
        signature: stranger.key.sign(&signed).to_vec(),
    };
    let kind = EntryKind::Vault as i32;
    plant(story, BOB, log, Entry { kind, body: record.encode_to_vec().into(), ..last })?;
    is_as_it_was(story)
}

fn stranger(story: &mut Story) -> Stranger {
    let now = story.world.now;
    Stranger::unknown(|| story.world.seed(), now)
}

/// Puts an entry behind the last one of a log, for one client, who is not to need anybody else to notice.
fn plant(story: &mut Story, victim: usize, log: ConversationId, entry: Entry) -> Result<(), Violation> {
    let last = story.hands().last_of(log).map_or(0, |last| last.seq);
    story.play(victim, Trick::default().planted(Planted { log, seq: last + 1, entry }));
    story.ask_quietly(victim, Request::Sync);
    if story.world.clients[victim].alarms.is_empty() { Err(wrong("it is taken")) } else { Ok(()) }
}

/// Bob sees who is in and what is listed as before, and announces nothing any more.
fn is_as_it_was(story: &mut Story) -> Result<(), Violation> {
    let target = story.community.clone();
    let Answer::CommunityInfo(info) = story.must(BOB, Request::CommunityShow { target })? else {
        return Err(wrong("bob does not show the community"));
    };
    let admin_room = story.admin_room.to_string();
    if info.role != asterism_core::api::Role::Admin
        || info.admin_room != Some(admin_room)
        || info.alarm.is_none()
    {
        return Err(wrong(format!("bob sees {info:?}")));
    }
    let (community, text) = (story.community.clone(), "bob announces on a log that is none".to_owned());
    let announce = Request::Announce { community, text, to: Vec::new(), idempotency: None };
    story.must_fail(BOB, announce, "fork_detected")?;
    story.announce(ALICE);
    Ok(())
}

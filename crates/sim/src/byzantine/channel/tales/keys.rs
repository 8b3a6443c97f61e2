//! Keys that an admin's device does not come by (docs/protocol.md §10.7). The admins' room says them to one another; the
//! server can keep the entry that does so, and cannot hide that it keeps one.

use super::super::{
    story::{ALICE, BOB, CAROL, DAVE, NAMES, Story, wrong},
    trick::Trick,
};
use crate::check::Violation;
use asterism_core::{Request, api::Role};
use asterism_wire::{
    ConversationId,
    entry::{Entry, EntryKind},
    frame::{self, Appended, Happened},
    vault::{CHANNEL, VaultRecord},
};
use prost::Message as _;
use std::{cell::Cell, rc::Rc};

/// He reads the room's vault when he writes to it, and opens an epoch whose key he has.
pub(in super::super) fn withheld(story: &mut Story) -> Result<(), Violation> {
    story.play(BOB, no_keys(story.admin_room));
    story.next_epoch()?;
    story.announce(ALICE);
    story.announce(BOB);
    story.shows_all(BOB)
}

/// Without the vault he can do nothing in the channel, and everything elsewhere.
pub(in super::super) fn withheld_for_good(story: &mut Story) -> Result<(), Violation> {
    let room = story.admin_room;
    let trick = no_keys(room).also_changed(move |client, request, answer| match (request, answer) {
        (frame::Request::GetVault(get), frame::Answer::Vault(mut page))
            if client == BOB && get.conversation == room.as_bytes() =>
        {
            page.records.retain(|record| record.name != CHANNEL);
            frame::Answer::Vault(page)
        }
        (_, answer) => answer,
    });
    story.play(BOB, trick);
    story.next_epoch()?;
    story.announce(ALICE);
    story.announce(BOB);
    story.talks(BOB, CAROL)?;
    story.also.insert((NAMES[BOB].to_owned(), "body_withheld".to_owned()));
    story.be_honest();
    story.announce(BOB);
    story.shows_all(BOB)
}

/// He cannot open the newcomer's note, and does not take it for one that proves nothing.
pub(in super::super) fn inbox(story: &mut Story) -> Result<(), Violation> {
    let (target, handle) = (story.community.clone(), "carol".to_owned());
    let promote = |role| Request::CommunityPromote {
        target: target.clone(),
        handle: handle.clone(),
        role,
        until: None,
    };
    story.must(ALICE, promote(Role::Admin))?;
    story.world.run_for(10_000);
    let dropped = Rc::new(Cell::new(0));
    let drops = Rc::clone(&dropped);
    let trick = no_record(story.admin_room).instead(move |_, request| {
        if let frame::Request::DropDeposits(drop) = request {
            drops.set(drops.get() + drop.subscribers.len());
        }
        None
    });
    story.play(BOB, trick);
    story.must(ALICE, promote(Role::Member))?;
    let link = story.link()?;
    story.world.crash_client(ALICE);
    story.must(DAVE, Request::Join { link })?;
    story.world.run_for(20_000);
    if dropped.get() > 0 {
        return Err(wrong("the newcomer's note is thrown away"));
    }
    story.announce(BOB);
    let now = story.world.start_client(ALICE);
    now.map_err(|e| wrong(e.to_string()))?;
    story.be_honest();
    story.announce(ALICE);
    story.world.run_for(10_000);
    story.shows_all(BOB)?;
    if !story.is_seated(DAVE) {
        return Err(wrong("dave has no seat"));
    }
    story.is_listed(DAVE, 1)
}

/// The entry of the admins' room that holds the channel's keys comes to bob without its body.
fn no_record(room: ConversationId) -> Trick {
    let keeps = |mut entry: Entry| {
        let record = (entry.kind == EntryKind::Vault as i32).then(|| VaultRecord::decode(entry.body.clone()));
        if record.is_some_and(|record| record.is_ok_and(|record| record.name == CHANNEL)) {
            entry.withheld_hash = entry.body_hash().map(|hash| hash.to_vec()).unwrap_or_default();
            entry.body.clear();
        }
        entry
    };
    Trick::default()
        .changed(move |client, request, answer| match (request, answer) {
            (frame::Request::Fetch(fetch), frame::Answer::Entries(mut page))
                if client == BOB && fetch.conversation == room.as_bytes() =>
            {
                page.entries = page.entries.into_iter().map(keeps).collect();
                frame::Answer::Entries(page)
            }
            (_, answer) => answer,
        })
        .pushed(move |client, happened| match happened {
            Happened::Appended(Appended { conversation, entry: Some(entry) })
                if client == BOB && conversation == room.as_bytes() =>
            {
                Some(Happened::Appended(Appended { conversation, entry: Some(keeps(entry)) }))
            }
            happened => Some(happened),
        })
}

/// Likewise, and his seat leads nowhere.
fn no_keys(room: ConversationId) -> Trick {
    no_record(room).also_changed(|client, _, answer| match answer {
        frame::Answer::ChannelKeys(mut keys) if client == BOB && !keys.seal.is_empty() => {
            keys.seal[40] ^= 1;
            frame::Answer::ChannelKeys(keys)
        }
        answer => answer,
    })
}

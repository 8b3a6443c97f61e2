//! What the server says of links to communities (docs/protocol.md §10.11).

use super::super::{
    story::{ALICE, DAVE, Story, wrong},
    trick::Trick,
};
use crate::check::Violation;
use asterism_core::{Answer, Request};
use asterism_wire::{
    entry::Entry,
    frame::{self, CommunityStanding, Entries, LinkInfo},
};
use std::{cell::RefCell, rc::Rc};

/// It is sealed to another key.
pub(in super::super) fn wrap_of_another(story: &mut Story) -> Result<(), Violation> {
    let (link, other) = (story.link()?, story.link()?);
    let info = looked_at(story, &other)?;
    let trick = Trick::default().changed(move |client, _, answer| match answer {
        frame::Answer::Link(mut given) if client == DAVE && given.community => {
            given.wrap.clone_from(&info.wrap);
            frame::Answer::Link(given)
        }
        answer => answer,
    });
    story.play(DAVE, trick);
    stays_out(story, &link)
}

/// What the link opens says which community it is of.
pub(in super::super) fn another_community(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    let found = Request::CommunityCreate { name: "Band".into(), description: None, general: None };
    let Answer::Community { community, .. } = story.must(ALICE, found)? else {
        return Err(wrong("no other community"));
    };
    let create = Request::InviteCreate { target: community.clone(), expires_in_ms: None, uses: None };
    let Answer::Invite { link: other, .. } = story.must(ALICE, create)? else { return Err(wrong("no link")) };
    story.world.run_for(3_000);
    let info = looked_at(story, &other)?;
    // First with the other wrap, then with the right one.
    for whole in [true, false] {
        let info = info.clone();
        let trick = Trick::default().changed(move |client, _, answer| match answer {
            frame::Answer::Link(given) if client == DAVE && given.community => {
                let wrap = if whole { info.wrap.clone() } else { given.wrap };
                frame::Answer::Link(LinkInfo { wrap, ..info.clone() })
            }
            answer => answer,
        });
        story.play(DAVE, trick);
        story.ask(DAVE, Request::Join { link: link.clone() });
        if story.world.clients[DAVE].community(&community).is_some() || story.is_in(DAVE) {
            return Err(wrong("dave is in"));
        }
    }
    story.be_honest();
    story.must(DAVE, Request::Join { link })?;
    Ok(())
}

/// It was the link's once: the present one is asked for.
pub(in super::super) fn old_wrap(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    let old = looked_at(story, &link)?;
    story.next_epoch()?;
    // Of the present epoch, in which the newcomer has no seat.
    story.announce(ALICE);
    let trick = Trick::default().changed(move |client, _, answer| match answer {
        frame::Answer::Link(given) if client == DAVE && given.community => frame::Answer::Link(old.clone()),
        answer => answer,
    });
    story.play(DAVE, trick);
    story.must(DAVE, Request::Join { link })?;
    story.shows_last(DAVE)?;
    story.announce(ALICE);
    story.shows_last(DAVE)?;
    story.is_listed(DAVE, 1)
}

/// The log says that it is dead, whatever the server lets its holder read.
pub(in super::super) fn revoked(story: &mut Story) -> Result<(), Violation> {
    let create = Request::InviteCreate { target: story.community.clone(), expires_in_ms: None, uses: None };
    let Answer::Invite { link, invite } = story.must(ALICE, create)? else { return Err(wrong("no link")) };
    story.world.run_for(3_000);
    let old = looked_at(story, &link)?;
    story.must(ALICE, Request::InviteRevoke { invite })?;
    story.world.run_for(3_000);
    let id = story.id();
    let (log, posts) = (story.hands().log(id.log()), story.hands().log(story.announcements));
    let standing = CommunityStanding {
        log_seq: log.len() as u64,
        posts_seq: posts.len() as u64,
        posts_floor: 1,
        ..CommunityStanding::default()
    };
    let page = move |entries: &[Entry], from: u64| {
        let entries = entries.iter().filter(|entry| entry.seq >= from).cloned().collect();
        Some(frame::Answer::Entries(Entries { entries, ..Entries::default() }))
    };
    let trick = Trick::default().instead(move |client, request| match request {
        _ if client != DAVE => None,
        frame::Request::GetLink(_) => Some(frame::Answer::Link(old.clone())),
        frame::Request::OpenCommunity(_) => Some(frame::Answer::CommunityStanding(standing.clone())),
        frame::Request::FetchCommunity(fetch) => {
            page(if fetch.posts { &posts } else { &log }, fetch.from_seq)
        }
        frame::Request::PutDeposit(_) => Some(frame::Answer::Done(frame::Done {})),
        _ => None,
    });
    story.play(DAVE, trick);
    story.ask(DAVE, Request::Join { link });
    if story.is_in(DAVE) {
        return Err(wrong("dave is in"));
    }
    story.announce(ALICE);
    story.is_listed(DAVE, 0)
}

fn stays_out(story: &mut Story, link: &str) -> Result<(), Violation> {
    story.ask(DAVE, Request::Join { link: link.to_owned() });
    if story.is_in(DAVE) {
        return Err(wrong("dave is in"));
    }
    story.be_honest();
    story.must(DAVE, Request::Join { link: link.to_owned() })?;
    story.announce(ALICE);
    story.shows_last(DAVE)
}

/// What the server says of a link now.
fn looked_at(story: &mut Story, link: &str) -> Result<LinkInfo, Violation> {
    let seen: Rc<RefCell<Option<LinkInfo>>> = Rc::default();
    let sees = Rc::clone(&seen);
    let watch = Trick::default().changed(move |_, _, answer| {
        if let frame::Answer::Link(info) = &answer {
            *sees.borrow_mut() = Some(info.clone());
        }
        answer
    });
    story.play(DAVE, watch);
    story.must(ALICE, Request::LinkPreview { link: link.to_owned() })?;
    story.hands_mut().be_honest();
    let seen = seen.borrow_mut().take();
    seen.ok_or_else(|| wrong("nobody looked at the link"))
}

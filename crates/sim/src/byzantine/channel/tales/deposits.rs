//! Notes of newcomers that are refused, dropped, hidden or repeated, and who was removed (docs/protocol.md §10.6).

use super::super::{
    story::{ALICE, BOB, DAVE, Story, wrong},
    trick::{Trick, refusal},
};
use crate::check::Violation;
use asterism_core::Request;
use asterism_wire::{
    ErrorCode,
    frame::{self, Answer, DepositEntry, Done},
    signing,
};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// The newcomer is told so, and gets in by the same link when it is so no more.
pub(in super::super) fn barred_falsely(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    let trick = Trick::default().instead(|client, request| {
        let asks = matches!(request, frame::Request::OpenCommunity(_) | frame::Request::PutDeposit(_));
        (client == DAVE && asks).then(|| refusal(ErrorCode::Barred))
    });
    story.play(DAVE, trick);
    story.ask(DAVE, Request::Join { link: link.clone() });
    if story.is_in(DAVE) {
        return Err(wrong("dave is in"));
    }
    story.be_honest();
    comes_in(story, &link)
}

/// The server does not keep whom the admins have removed: their devices do.
pub(in super::super) fn removal_forgotten(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    comes_in(story, &link)?;
    let trick = Trick::default()
        .instead(|_, request| matches!(request, frame::Request::PutBarred(_)).then(|| Answer::Done(Done {})));
    story.play(DAVE, trick);
    let (target, handle) = (story.community.clone(), "dave".to_owned());
    story.must(ALICE, Request::CommunityRemove { target, handle })?;
    let (other, seated) = (story.link()?, story.hands().seats.len());
    story.ask_quietly(DAVE, Request::Join { link: other });
    for _ in 0..2 {
        story.world.run_for(20_000);
        story.announce(ALICE);
        story.announce(BOB);
    }
    story.is_listed(DAVE, 0)?;
    let Some(subscriber) = story.hands().deposited(DAVE) else { return Err(wrong("dave left no note")) };
    if story.hands().seats[seated..].iter().any(|seat| *seat == subscriber.as_bytes()) {
        return Err(wrong("dave is given a seat"));
    }
    Ok(())
}

/// Whoever believes to have left a note and has not is in again, with another one.
pub(in super::super) fn dropped(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    let trick = Trick::default().instead(|client, request| {
        let drops = client == DAVE && matches!(request, frame::Request::PutDeposit(_));
        drops.then(|| Answer::Done(Done {}))
    });
    story.play(DAVE, trick);
    story.ask_quietly(DAVE, Request::Join { link: link.clone() });
    story.announce(ALICE);
    story.world.run_for(20_000);
    story.is_listed(DAVE, 0)?;
    story.be_honest();
    comes_in(story, &link)
}

/// Newcomers read by their link, and have their seats later.
pub(in super::super) fn hidden(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    let trick = Trick::default().changed(|_, _, answer| match answer {
        Answer::Deposits(_) => Answer::Deposits(frame::Deposits::default()),
        answer => answer,
    });
    story.play(DAVE, trick);
    story.must(DAVE, Request::Join { link: link.clone() })?;
    story.announce(ALICE);
    story.shows_last(DAVE)?;
    story.is_listed(DAVE, 0)?;
    story.be_honest();
    comes_in(story, &link)
}

/// Notes that were dealt with come to nothing: each person is in once, and who was removed stays out.
pub(in super::super) fn again(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    let known: Rc<RefCell<BTreeMap<Vec<u8>, DepositEntry>>> = Rc::default();
    let trick = Trick::default().changed(move |_, _, answer| match answer {
        Answer::Deposits(mut page) => {
            let mut known = known.borrow_mut();
            known.extend(page.deposits.iter().map(|one| (one.subscriber_key.clone(), one.clone())));
            let mut all: Vec<DepositEntry> = known.values().chain(known.values()).cloned().collect();
            all.sort_by_key(|one| signing::subscriber_id(&one.subscriber_key));
            page.deposits = all;
            Answer::Deposits(page)
        }
        answer => answer,
    });
    story.play(DAVE, trick);
    comes_in(story, &link)?;
    story.announce(BOB);
    story.is_listed(DAVE, 1)?;
    let seats = story.hands().seats_at_once();
    if seats > 1 {
        return Err(wrong("somebody has two seats of one key"));
    }
    let (target, handle) = (story.community.clone(), "dave".to_owned());
    story.must(ALICE, Request::CommunityRemove { target, handle })?;
    story.announce(ALICE);
    story.world.run_for(20_000);
    story.announce(BOB);
    story.is_listed(DAVE, 0)
}

/// By the link, into the lists and onto a seat.
fn comes_in(story: &mut Story, link: &str) -> Result<(), Violation> {
    story.must(DAVE, Request::Join { link: link.to_owned() })?;
    story.announce(ALICE);
    story.shows_last(DAVE)?;
    story.is_listed(DAVE, 1)?;
    if story.is_seated(DAVE) { Ok(()) } else { Err(wrong("dave has no seat")) }
}

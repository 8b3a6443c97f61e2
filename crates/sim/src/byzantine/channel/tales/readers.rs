//! Readers whom the server denies (docs/protocol.md §10.6).

use super::super::{
    story::{ALICE, BOB, CAROL, Story, wrong},
    trick::{Trick, refusal},
};
use crate::check::Violation;
use asterism_wire::{
    ErrorCode,
    frame::{Answer, Happened, Request},
    signing,
};

/// She believes it, and goes on in the groups; she is back as soon as the server is honest.
pub(in super::super) fn not_a_member(story: &mut Story) -> Result<(), Violation> {
    let (link, id, posts) = (story.link()?, story.id(), story.announcements);
    let is_here = move |log: &[u8]| log == id.as_bytes() || log == posts.as_bytes();
    let trick = Trick::default()
        .instead(move |client, request| {
            let asks = matches!(
                request,
                Request::OpenCommunity(_)
                    | Request::FetchCommunity(_)
                    | Request::GetChannelKeys(_)
                    | Request::GetCommunityVault(_)
                    | Request::GetGroupFacts(_)
                    | Request::PutDeposit(_)
            );
            (client == CAROL && asks).then(|| refusal(ErrorCode::NotAMember))
        })
        .pushed(move |client, happened| match &happened {
            Happened::Appended(new) if client == CAROL && is_here(&new.conversation) => None,
            Happened::Behind(behind) if client == CAROL && is_here(&behind.conversation) => None,
            _ => Some(happened),
        });
    story.play(CAROL, trick);
    story.ask_quietly(CAROL, asterism_core::Request::Sync);
    story.middle(&link);
    story.talks(CAROL, BOB)?;
    story.talks(BOB, CAROL)
}

/// Admins who are given no key of hers make the next one without a seat for her. She is none any more then, and comes
/// again by the group that she is in.
pub(in super::super) fn left_out(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    let Some(subscriber) = story.hands().deposited(CAROL) else { return Err(wrong("carol left no note")) };
    let trick = Trick::default().changed(move |client, _, answer| match answer {
        Answer::Subscribers(mut given) if [ALICE, BOB].contains(&client) => {
            given.keys.retain(|key| signing::subscriber_id(key) != subscriber);
            Answer::Subscribers(given)
        }
        answer => answer,
    });
    story.play(CAROL, trick);
    story.middle(&link);
    if story.shown(CAROL)?.len() == story.said.len() {
        return Err(wrong("carol has lost nothing"));
    }
    story.talks(CAROL, BOB)?;
    story.be_honest();
    story.look();
    story.world.run_for(10_000);
    story.announce(ALICE);
    story.shows_last(CAROL)?;
    story.is_listed(CAROL, 1)?;
    if story.is_seated(CAROL) { Ok(()) } else { Err(wrong("carol has no seat")) }
}

//! Announcements that are not told, or not taken (docs/protocol.md §10.2, §10.8).

use super::super::{
    story::{ALICE, BOB, CAROL, Story},
    trick::Trick,
};
use crate::check::Violation;
use asterism_core::Request;
use asterism_wire::{
    ConversationId,
    entry::{Entry, EntryKind},
    frame::{self, Accepted, Answer, Appended, Happened},
};

/// Nobody can know what nobody speaks of.
pub(in super::super) fn withheld(story: &mut Story) -> Result<(), Violation> {
    let link = story.link()?;
    story.play(CAROL, freeze(story, CAROL));
    story.middle(&link);
    Ok(())
}

/// Who announces is told of their own at least: it is missing, and they hear so.
pub(in super::super) fn withheld_from_author(story: &mut Story) -> Result<(), Violation> {
    story.play(BOB, freeze(story, BOB));
    story.announce(ALICE);
    let announced = announce(story, "bob announces in vain");
    story.ask(BOB, announced);
    // The server has taken it, and the others have it.
    story.said.push(("bob announces in vain".into(), BOB));
    story.be_honest();
    story.announce(BOB);
    story.shows_all(BOB)
}

/// What was acknowledged and is not there was not announced.
pub(in super::super) fn swallowed(story: &mut Story) -> Result<(), Violation> {
    let next = next(story);
    let now = story.world.now;
    let accepted = Answer::Accepted(Accepted { seq: next, server_time_ms: now.0 });
    story.play(
        BOB,
        Trick::default().instead(move |client, request| {
            let swallows = client == BOB && matches!(request, frame::Request::SendPost(_));
            swallows.then(|| accepted.clone())
        }),
    );
    let announced = announce(story, "bob announces in vain");
    story.ask(BOB, announced.clone());
    // Nor when another one has come to stand in its place.
    story.announce(ALICE);
    story.must_fail(BOB, announced, "server_misbehaved")?;
    story.be_honest();
    story.announce(BOB);
    story.shows_all(BOB)
}

/// She says so, and reads the others.
pub(in super::super) fn body_withheld(story: &mut Story) -> Result<(), Violation> {
    let (posts, next) = (story.announcements, next(story));
    let keeps = move |mut entry: Entry| {
        if entry.seq == next && entry.kind == EntryKind::Post as i32 {
            entry.withheld_hash = entry.body_hash().map(|hash| hash.to_vec()).unwrap_or_default();
            entry.body.clear();
        }
        entry
    };
    let trick = Trick::default()
        .changed(move |client, request, answer| match (request, answer) {
            (frame::Request::FetchCommunity(fetch), Answer::Entries(mut page))
                if client == CAROL && fetch.posts =>
            {
                page.entries = page.entries.into_iter().map(keeps).collect();
                Answer::Entries(page)
            }
            (_, answer) => answer,
        })
        .pushed(move |client, happened| match happened {
            Happened::Appended(Appended { conversation, entry: Some(entry) })
                if client == CAROL && conversation == posts.as_bytes() =>
            {
                Some(Happened::Appended(Appended { conversation, entry: Some(keeps(entry)) }))
            }
            happened => Some(happened),
        });
    story.play(CAROL, trick);
    story.announce(ALICE);
    story.announce(BOB);
    story.shows_last(CAROL)
}

/// She says that she has not read them, and goes on behind them.
pub(in super::super) fn said_to_be_gone(story: &mut Story) -> Result<(), Violation> {
    let floor = next(story) + 1;
    story.play(CAROL, freeze(story, CAROL));
    story.announce(ALICE);
    story.announce(BOB);
    let trick = Trick::default().changed(move |client, _, answer| match answer {
        Answer::CommunityStanding(mut standing) if client == CAROL => {
            standing.posts_floor = floor;
            Answer::CommunityStanding(standing)
        }
        answer => answer,
    });
    story.play(CAROL, trick);
    story.shows_last(CAROL)
}

fn next(story: &Story) -> u64 {
    story.hands().last_of(story.announcements).map_or(1, |last| last.seq + 1)
}

fn announce(story: &Story, text: &str) -> Request {
    Request::Announce {
        community: story.community.clone(),
        text: text.into(),
        to: Vec::new(),
        idempotency: None,
    }
}

/// The announcements end for a client where they end now.
fn freeze(story: &Story, victim: usize) -> Trick {
    let posts = story.announcements;
    let last = story.hands().last_of(posts).map_or(0, |last| last.seq);
    let is_of_posts = move |id: &[u8]| ConversationId::try_from(id).is_ok_and(|id| id == posts);
    Trick::default()
        .changed(move |client, _, answer| match answer {
            Answer::CommunityStanding(mut standing) if client == victim => {
                standing.posts_seq = standing.posts_seq.min(last);
                Answer::CommunityStanding(standing)
            }
            answer => answer,
        })
        .pushed(move |client, happened| match &happened {
            Happened::Appended(new) if client == victim && is_of_posts(&new.conversation) => None,
            Happened::Behind(behind) if client == victim && is_of_posts(&behind.conversation) => None,
            _ => Some(happened),
        })
}

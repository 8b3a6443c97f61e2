//! An announcement that the server has kept back, of an admin who works with it and is none any more (docs/protocol.md
//! §10.8).

use super::super::{
    story::{ALICE, BOB, CAROL, Story, wrong},
    trick::{Planted, Trick, refusal},
};
use crate::check::Violation;
use asterism_core::{Request, api::Role};
use asterism_wire::{
    ErrorCode, Timestamp,
    entry::{Entry, EntryKind},
    frame,
};
use bytes::Bytes;
use std::{cell::RefCell, rc::Rc};

const TEXT: &str = "bob announces what is not to be";

/// With its own time: somebody has changed the community since what it rests on.
pub(in super::super) fn after_demotion(story: &mut Story) -> Result<(), Violation> {
    let body = kept_back(story)?;
    let now = story.world.now;
    is_refused(story, body, now)
}

/// With a time before the demotion: the epoch that came with it states where the announcements ended.
pub(in super::super) fn before_demotion(story: &mut Story) -> Result<(), Violation> {
    let then = story.world.now;
    let body = kept_back(story)?;
    is_refused(story, body, then)
}

/// Nobody else has announced since then: carol notices without them.
fn is_refused(story: &mut Story, body: Bytes, at: Timestamp) -> Result<(), Violation> {
    plant(story, body, at);
    if story.shown(CAROL)?.contains(&TEXT.to_owned()) || story.world.clients[CAROL].alarms.is_empty() {
        return Err(wrong("carol takes it"));
    }
    story.announce(ALICE);
    Ok(())
}

/// Bob announces, the server keeps it to itself, and bob's role ends.
fn kept_back(story: &mut Story) -> Result<Bytes, Violation> {
    let kept = Rc::new(RefCell::new(None));
    let keeps = Rc::clone(&kept);
    story.play(
        CAROL,
        Trick::default().instead(move |client, request| match request {
            frame::Request::SendPost(post) if client == BOB => {
                *keeps.borrow_mut() = Some(post.body.clone());
                Some(refusal(ErrorCode::Forbidden))
            }
            _ => None,
        }),
    );
    let (community, text) = (story.community.clone(), TEXT.to_owned());
    let announce = Request::Announce { community, text, to: Vec::new(), idempotency: None };
    story.must_fail(BOB, announce, "forbidden")?;
    let (target, handle) = (story.community.clone(), "bob".to_owned());
    story.must(ALICE, Request::CommunityPromote { target, handle, role: Role::Member, until: None })?;
    story.world.run_for(5_000);
    let kept = kept.borrow_mut().take();
    kept.ok_or_else(|| wrong("bob has announced nothing"))
}

fn plant(story: &mut Story, body: Bytes, at: Timestamp) {
    let log = story.announcements;
    let last = story.hands().last_of(log).cloned().unwrap_or_default();
    let entry =
        Entry { kind: EntryKind::Post as i32, server_time_ms: at.0, body, idempotency: vec![6; 16], ..last };
    story.play(CAROL, Trick::default().planted(Planted { log, seq: last.seq + 1, entry }));
    story.ask_quietly(CAROL, Request::Sync);
}

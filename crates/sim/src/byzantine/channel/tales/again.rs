//! An announcement to chosen groups is shown in the first one that one is in, and once (docs/protocol.md §10.8).

use super::super::{
    story::{ALICE, CAROL, Story, wrong},
    trick::{Planted, Trick},
};
use crate::check::Violation;
use asterism_core::{Answer, Request};

/// Who has left the first group is still in the second: told again it is not shown there, too.
pub(in super::super) fn elsewhere(story: &mut Story) -> Result<(), Violation> {
    let mut groups = Vec::new();
    for name in ["Basses", "Tenors"] {
        let create = Request::GroupCreate {
            name: name.into(),
            description: None,
            quantum_safe: false,
            community: Some(story.community.clone()),
            join: None,
        };
        let Answer::Group { group } = story.must(ALICE, create)? else { return Err(wrong("no group")) };
        groups.push(group);
    }
    story.world.run_for(5_000);
    story.must(CAROL, Request::Sync)?;
    for group in &groups {
        story.must(CAROL, Request::GroupJoin { target: group.clone() })?;
    }
    let (community, text) = (story.community.clone(), "alice announces to some".to_owned());
    // The others are in none of the groups.
    story.may_show.push((text.clone(), ALICE));
    let announce = Request::Announce { community, text: text.clone(), to: groups.clone(), idempotency: None };
    story.must(ALICE, announce)?;
    story.world.run_for(5_000);
    let (target, handle) = (groups[0].clone(), "carol".to_owned());
    story.must(ALICE, Request::GroupRemove { target, handle })?;
    story.world.run_for(10_000);
    story.must(CAROL, Request::Sync)?;
    if !story.shown(CAROL)?.contains(&text) {
        return Err(wrong("carol does not show it the first time"));
    }
    let log = story.announcements;
    let last = story.hands().last_of(log).cloned().unwrap_or_default();
    let planted = Planted { log, seq: last.seq + 1, entry: last };
    story.play(CAROL, Trick::default().planted(planted));
    story.ask_quietly(CAROL, Request::Sync);
    story.shown(CAROL)?;
    for _ in 0..2 {
        story.announce(ALICE);
        story.ask_quietly(CAROL, Request::Sync);
    }
    Ok(())
}

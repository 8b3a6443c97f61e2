//! What the server says of groups in a directory (docs/protocol.md §10.9). Which there are and what they are called it
//! cannot say; how many people are in them is its word.

use super::super::{
    story::{ALICE, BOB, CAROL, Story, wrong},
    trick::Trick,
};
use crate::check::Violation;
use asterism_core::{Answer, Item, Request};
use asterism_wire::frame::{self, GroupFact};

/// Nothing is sealed to a key that is said to be old; elsewhere announcing goes on.
pub(in super::super) fn facts_ahead(story: &mut Story) -> Result<(), Violation> {
    let trick = Trick::default().changed(|client, _, answer| match answer {
        frame::Answer::GroupFacts(mut facts) if client == BOB => {
            facts.groups.iter_mut().for_each(|fact| fact.vault_generation += 1);
            frame::Answer::GroupFacts(facts)
        }
        answer => answer,
    });
    story.play(BOB, trick);
    let (community, text) = (story.community.clone(), "bob announces to nobody".to_owned());
    let to = vec![story.general.clone()];
    story.ask(BOB, Request::Announce { community, text, to, idempotency: None });
    story.announce(BOB);
    story.shows_all(CAROL)
}

/// The names stay with their groups, and what is not listed is not shown.
pub(in super::super) fn facts_swapped(story: &mut Story) -> Result<(), Violation> {
    let create = Request::GroupCreate {
        name: "Basses".into(),
        description: None,
        quantum_safe: false,
        community: Some(story.community.clone()),
        join: None,
    };
    let Answer::Group { group } = story.must(ALICE, create)? else { return Err(wrong("no group")) };
    story.world.run_for(5_000);
    let trick = Trick::default().changed(|client, _, answer| match answer {
        frame::Answer::GroupFacts(mut facts) if client == CAROL => {
            let ids: Vec<_> = facts.groups.iter().rev().map(|fact| fact.group.clone()).collect();
            facts.groups.iter_mut().zip(ids).for_each(|(fact, id)| fact.group = id);
            facts.groups.push(GroupFact { group: vec![7; 16], accounts: 99, vault_generation: 0 });
            frame::Answer::GroupFacts(facts)
        }
        answer => answer,
    });
    story.play(CAROL, trick);
    let target = story.community.clone();
    let Answer::List(items) = story.must(CAROL, Request::CommunityGroups { target })? else {
        return Err(wrong("no directory"));
    };
    let mut seen = Vec::new();
    for item in items {
        if let Item::Directory(info) = item {
            seen.push((info.group, info.name, info.members));
        }
    }
    let expected = [
        (story.general.clone(), "General".to_owned(), Some(1)),
        (group.clone(), "Basses".to_owned(), Some(3)),
    ];
    if seen != expected {
        return Err(wrong(format!("carol sees {seen:?}")));
    }
    // The link is the admins' word: it leads where it says.
    match story.must(CAROL, Request::GroupJoin { target: group.clone() })? {
        Answer::Joined { group: joined, .. } if joined == group => Ok(()),
        other => Err(wrong(format!("carol is in {other:?}"))),
    }
}

//! An admin adds a link to whose key nothing can be sealed. Whoever is removed, the new vault key goes to every live link:
//! with that one, nobody could be removed any more (docs/protocol.md §4.3, §7.3).

use super::crowd::{Crowd, wrong};
use crate::{Report, check::Violation};
use asterism_core::{Answer, Item, Request, api::Role};

const NAMES: [&str; 4] = ["alice", "bob", "carol", "mallory"];
const ALICE: usize = 0;
const MALLORY: usize = 3;
/// Then the commit has been decided.
const OVER_MS: u64 = 20_000;

pub(super) fn tell(seed: u64) -> Result<Report, Violation> {
    let mut crowd = Crowd::begin(seed, &NAMES)?;
    let group = crowd.group.clone();
    let (target, handle) = (group.clone(), NAMES[MALLORY].to_owned());
    crowd.must(ALICE, Request::GroupPromote { target, handle, role: Role::Admin, until: None })?;
    crowd.world.run_for(OVER_MS);
    crowd.world.clients[MALLORY].hostile = true;
    crowd.core(MALLORY)?.spoil(&group);
    crowd.world.begin(MALLORY, Request::Sync);
    crowd.world.run_for(OVER_MS);
    if !crowd.core(MALLORY)?.has_done_it() {
        return Err(wrong("no link was made"));
    }
    let Answer::List(links) = crowd.must(ALICE, Request::InviteList { target: group.clone() })? else {
        return Err(wrong("no list of links"));
    };
    if links.iter().any(|item| matches!(item, Item::Invite(_))) {
        return Err(wrong("a link to which nothing can be sealed was let in"));
    }
    for handle in ["carol", "mallory"] {
        let (target, handle) = (group.clone(), handle.to_owned());
        crowd.must(ALICE, Request::GroupRemove { target, handle })?;
    }
    crowd.world.clients[2].hostile = true;
    for index in [ALICE, 1] {
        crowd.say(index)?;
    }
    crowd.finish()
}

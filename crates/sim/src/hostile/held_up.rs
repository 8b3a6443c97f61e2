//! Two who keep a group undecided, so that nobody else commits (docs/protocol.md §4.3, §4.6).

use super::crowd::Crowd;
use crate::{Report, check::Violation};
use asterism_core::Request;

const NAMES: [&str; 5] = ["alice", "bob", "carol", "mallory", "eve"];
const ALICE: usize = 0;
const HONEST: usize = 3;
const FOR_MS: u64 = 10 * 60_000;
/// An admin removes somebody within this time.
const REMOVE_MS_MAX: u64 = 30_000;

pub(super) fn tell(seed: u64) -> Result<Report, Violation> {
    let mut crowd = Crowd::begin(seed, &NAMES)?;
    crowd.world.run_for(30_000);
    let (group, until) = (crowd.group.clone(), crowd.world.now.plus_ms(FOR_MS));
    let liars = HONEST..NAMES.len();
    for (turn, index) in liars.clone().enumerate() {
        crowd.world.clients[index].hostile = true;
        crowd.world.clients[index].near = true;
        crowd.core(index)?.hold_up(&group, until, (turn as u64, liars.len() as u64));
        crowd.world.begin(index, Request::Sync);
    }
    crowd.world.run_for(20_000);
    for index in liars {
        let (target, handle) = (group.clone(), NAMES[index].to_owned());
        crowd.must_soon(ALICE, Request::GroupRemove { target, handle }, REMOVE_MS_MAX)?;
    }
    for index in 0..HONEST {
        crowd.say(index)?;
    }
    for client in &mut crowd.world.clients {
        client.was_away.insert(group.clone());
    }
    crowd.finish()
}

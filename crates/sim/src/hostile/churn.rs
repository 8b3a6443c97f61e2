//! Members who commit without end, to keep all others in the past (docs/protocol.md §4.3).

use super::crowd::{Crowd, wrong};
use crate::{Report, check::Violation};
use asterism_core::Request;

const NAMES: [&str; 6] = ["alice", "bob", "carol", "mallory", "eve", "trent"];
const ALICE: usize = 0;
const HONEST: usize = 3;
/// They go on for this long.
const CHURN_MS: u64 = 60_000;
/// Meanwhile somebody else sends within this time, and removes one of them.
const SEND_MS_MAX: u64 = 5_000;
const REMOVE_MS_MAX: u64 = 10_000;
/// What two commits of each account of its own, and one in two seconds of them together, come to, and what others do.
const EPOCHS_MAX: u64 = 3 * 2 + 4 + CHURN_MS / 2_000 + 16;

pub(super) fn tell(seed: u64) -> Result<Report, Violation> {
    let mut crowd = Crowd::begin(seed, &NAMES)?;
    let (group, until) = (crowd.group.clone(), crowd.world.now.plus_ms(CHURN_MS));
    let before = crowd.epoch(ALICE)?;
    for index in HONEST..NAMES.len() {
        crowd.world.clients[index].hostile = true;
        crowd.world.clients[index].near = true;
        crowd.core(index)?.churn(&group, until);
    }
    crowd.world.run_for(2_000);
    for round in 0..4 {
        for index in 0..HONEST {
            crowd.say_soon(index, SEND_MS_MAX)?;
        }
        crowd.world.run_for(500 * round);
    }
    let left = until.0.saturating_sub(crowd.world.now.0);
    crowd.world.run_for(left / 2);
    for name in &NAMES[HONEST..] {
        let remove = Request::GroupRemove { target: group.clone(), handle: (*name).to_owned() };
        crowd.must_soon(ALICE, remove, REMOVE_MS_MAX)?;
        for index in 0..HONEST {
            crowd.say_soon(index, SEND_MS_MAX)?;
        }
    }
    let left = until.0.saturating_sub(crowd.world.now.0);
    crowd.world.run_for(left);
    let epochs = crowd.epoch(ALICE)? - before;
    if epochs > EPOCHS_MAX {
        return Err(wrong(format!("there were {epochs} epochs")));
    }
    crowd.finish()
}

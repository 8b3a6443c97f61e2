//! Somebody refuses alone what everybody else has confirmed, as a commit makes them that is flawed for them only, and
//! behind it is a commit that was voided: the two and the void reach them at once (docs/protocol.md §4.6).

use super::crowd::{Crowd, wrong};
use crate::{Report, check::Violation};
use asterism_core::{Request, api::Role, hostile::Deed};
use asterism_mls::hostile::Flaw;
use asterism_wire::limits;

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "mallory"];
const ALICE: usize = 0;
const DAVE: usize = 3;
const MALLORY: usize = 4;
/// After this time a commit is settled or void.
const OVER_MS: u64 = 2 * limits::VOID_DELAY_MS + 5_000;
/// Then a message is sent within this time.
const SEND_MS_MAX: u64 = 5_000;

pub(super) fn tell(seed: u64) -> Result<Report, Violation> {
    let mut crowd = Crowd::begin(seed, &NAMES)?;
    promote(&mut crowd, ALICE, "mallory")?;
    crowd.world.clients[MALLORY].hostile = true;
    crowd.world.crash_client(DAVE);
    promote(&mut crowd, MALLORY, "bob")?;
    crowd.core(MALLORY)?.be_hostile(Deed::FlawedCommit(Flaw::ConfirmationTag));
    let (target, handle) = (crowd.group.clone(), "carol".to_owned());
    crowd.world.begin(MALLORY, Request::GroupPromote { target, handle, role: Role::Admin, until: None });
    crowd.world.run_for(OVER_MS);
    if !crowd.core(MALLORY)?.has_done_it() || crowd.watch.voids() != 1 {
        return Err(wrong(format!("{} commits were voided", crowd.watch.voids())));
    }
    crowd.world.start_client(DAVE).map_err(|e| wrong(e.to_string()))?;
    crowd.core(DAVE)?.be_hostile(Deed::FalseRefusal);
    crowd.world.run_for(OVER_MS);
    if !crowd.core(DAVE)?.has_done_it() {
        return Err(wrong("nothing was refused"));
    }
    for index in 0..MALLORY {
        crowd.say_soon(index, SEND_MS_MAX)?;
    }
    // Who re-enters does not read what was sealed without them.
    crowd.world.clients[DAVE].was_away.insert(crowd.group.clone());
    crowd.finish()
}

fn promote(crowd: &mut Crowd, by: usize, handle: &str) -> Result<(), Violation> {
    let (target, handle) = (crowd.group.clone(), handle.to_owned());
    crowd.must(by, Request::GroupPromote { target, handle, role: Role::Admin, until: None })?;
    crowd.world.run_for(OVER_MS);
    Ok(())
}

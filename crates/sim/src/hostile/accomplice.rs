//! Two who work together: one commits what nobody can merge, the other says that it was merged
//! (docs/protocol.md §4.6, §4.7).

use super::crowd::{Crowd, wrong};
use crate::{Report, check::Violation};
use asterism_core::{Request, api::Role, hostile::Deed};
use asterism_mls::hostile::Flaw;
use asterism_wire::limits;

const NAMES: [&str; 6] = ["alice", "bob", "carol", "dave", "mallory", "eve"];
const ALICE: usize = 0;
const BOB: usize = 1;
const HONEST: usize = 4;
const MALLORY: usize = 4;
const EVE: usize = 5;
/// After this time a commit is void, or those who refused it are in again.
const OVER_MS: u64 = 2 * limits::VOID_DELAY_MS + 5_000;
/// Then a message is sent within this time.
const SEND_MS_MAX: u64 = 2_000;
/// How often, within the time in which a device re-enters once for other reasons.
const TIMES: usize = 2;

pub(super) fn tell(seed: u64) -> Result<Report, Violation> {
    let mut crowd = Crowd::begin(seed, &NAMES)?;
    let (target, handle) = (crowd.group.clone(), NAMES[MALLORY].to_owned());
    crowd.must(ALICE, Request::GroupPromote { target, handle, role: Role::Admin, until: None })?;
    crowd.world.run_for(5_000);
    for index in [MALLORY, EVE] {
        crowd.world.clients[index].hostile = true;
    }
    // Her word is there before anybody else's.
    crowd.world.clients[EVE].near = true;
    // All others are there, and outweigh the two.
    deceive(&mut crowd, "carol")?;
    if crowd.watch.voids() != 1 {
        return Err(wrong(format!("{} commits were voided", crowd.watch.voids())));
    }
    for index in 0..HONEST {
        crowd.say_soon(index, SEND_MS_MAX)?;
    }
    // One is alone with the two, and only listens. Nobody can say who is right.
    for index in (0..HONEST).filter(|index| *index != BOB) {
        crowd.world.crash_client(index);
    }
    // Whose commit was voided waits.
    for time in 0..TIMES {
        crowd.world.run_for(20_000);
        deceive(&mut crowd, if time == 0 { "dave" } else { "bob" })?;
        if crowd.watch.voids() != 1 {
            return Err(wrong("what two confirm and one refuses was voided"));
        }
        crowd.say_soon(BOB, SEND_MS_MAX)?;
    }
    for index in (0..HONEST).filter(|index| *index != BOB) {
        crowd.world.start_client(index).map_err(|e| wrong(e.to_string()))?;
    }
    crowd.world.run_for(OVER_MS);
    for index in 0..HONEST {
        crowd.say_soon(index, SEND_MS_MAX)?;
    }
    let (target, handle) = (crowd.group.clone(), NAMES[MALLORY].to_owned());
    crowd.must(ALICE, Request::GroupRemove { target, handle })?;
    for index in 0..HONEST {
        crowd.say_soon(index, SEND_MS_MAX)?;
    }
    for client in &mut crowd.world.clients {
        client.alarms.retain(|code| code != "receipt_differs");
        // Who re-enters does not read what was sealed without them.
        client.was_away.insert(crowd.group.clone());
    }
    crowd.finish()
}

/// Mallory commits with a flaw, Eve confirms it; the rest only look on.
fn deceive(crowd: &mut Crowd, promoted: &str) -> Result<(), Violation> {
    // Her device does not follow its own lie: it is broken by it, and mends itself first.
    crowd.core(MALLORY)?.forget_repairs();
    crowd.must(MALLORY, Request::Sync)?;
    crowd.world.run_for(5_000);
    crowd.core(MALLORY)?.be_hostile(Deed::FlawedCommit(Flaw::ConfirmationTag));
    crowd.core(EVE)?.be_hostile(Deed::Accomplice);
    let (target, handle) = (crowd.group.clone(), promoted.to_owned());
    let promote = Request::GroupPromote { target, handle, role: Role::Admin, until: None };
    let request = crowd.world.begin(MALLORY, promote).ok_or_else(|| wrong("nobody to act"))?;
    crowd.world.run_for(OVER_MS);
    let done = [MALLORY, EVE].map(|index| crowd.core(index).is_ok_and(|core| core.has_done_it()));
    if done != [true, true] {
        let answer = crowd.world.clients[MALLORY].answers.get(&request);
        return Err(wrong(format!("the deeds were not done: {done:?}, {answer:?}")));
    }
    Ok(())
}

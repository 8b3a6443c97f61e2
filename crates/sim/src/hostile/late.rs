//! Words that come late: of positions that the server keeps no more, and against commits that others have long built
//! on (docs/protocol.md §4.2, §4.6).

use super::crowd::{Crowd, wrong};
use crate::{Report, check::Violation};
use asterism_core::{Answer, Item, Request};
use asterism_wire::{Hash, Seq};

const DAY_MS: u64 = 24 * 60 * 60_000;
const HOUR_MS: u64 = DAY_MS / 24;
/// A commit is settled or void, and everybody has followed.
const OVER_MS: u64 = 60_000;
/// Nobody's receipts.
const NOBODY: Option<usize> = Some(usize::MAX);

fn send(crowd: &Crowd, text: &str) -> Request {
    let (target, text) = (crowd.group.clone(), text.to_owned());
    Request::Send { target, text, reply_to: None, idempotency: None, queue: false }
}

fn last_commit(crowd: &Crowd) -> Result<(Seq, Hash), Violation> {
    crowd.watch.last_commit().ok_or_else(|| wrong("no commit was seen"))
}

fn restart(crowd: &mut Crowd, index: usize) -> Result<(), Violation> {
    crowd.world.crash_client(index);
    crowd.world.start_client(index).map_err(|e| wrong(e.to_string()))
}

/// A false statement about what the server has forgotten and the members have not.
pub(super) fn statement(seed: u64) -> Result<Report, Violation> {
    const MALLORY: usize = 3;
    const DAYS: u64 = 46;
    let mut crowd = Crowd::begin(seed, &["alice", "bob", "carol", "mallory"])?;
    crowd.world.run_for(OVER_MS);
    (0..=MALLORY).for_each(|index| crowd.world.crash_client(index));
    crowd.world.run_for(DAYS * DAY_MS);
    crowd.world.forget_expired();
    for index in 0..=MALLORY {
        crowd.world.start_client(index).map_err(|e| wrong(e.to_string()))?;
        crowd.must(index, Request::Sync)?;
        crowd.say(index)?;
    }
    crowd.world.clients[MALLORY].hostile = true;
    let group = crowd.group.clone();
    crowd.core(MALLORY)?.state_falsely(&group, Some(3));
    let lie = send(&crowd, "hello");
    if crowd.world.ask(MALLORY, lie).is_ok() {
        return Err(wrong("what cannot be checked was taken"));
    }
    crowd.world.run_for(HOUR_MS);
    for index in 0..MALLORY {
        crowd.say(index)?;
    }
    crowd.finish()
}

/// Who is removed refuses the commit before their removal, which nobody has confirmed.
pub(super) fn of_the_expelled(seed: u64) -> Result<Report, Violation> {
    const BOB: usize = 1;
    const MALLORY: usize = 2;
    const TRENT: usize = 3;
    let mut crowd = Crowd::begin(seed, &["alice", "bob", "mallory", "trent"])?;
    crowd.world.run_for(OVER_MS);
    crowd.world.crash_client(BOB);
    crowd.world.clients[MALLORY].hostile = true;
    crowd.world.clients[TRENT].hostile = true;
    crowd.watch.only_receipts_of(NOBODY);
    let remove = |crowd: &mut Crowd, handle: &str| {
        let (target, handle) = (crowd.group.clone(), handle.to_owned());
        crowd.must(0, Request::GroupRemove { target, handle }).map(drop)
    };
    remove(&mut crowd, "trent")?;
    crowd.world.run_for(5_000);
    let (commit, body_hash) = last_commit(&crowd)?;
    remove(&mut crowd, "mallory")?;
    crowd.world.run_for(1_000);
    let group = crowd.group.clone();
    crowd.core(MALLORY)?.refuse(&group, commit, body_hash);
    crowd.world.begin(MALLORY, Request::Sync);
    crowd.world.run_for(OVER_MS);
    crowd.watch.only_receipts_of(None);
    if crowd.watch.voids() > 0 {
        return Err(wrong("who is out has undone something"));
    }
    crowd.world.start_client(BOB).map_err(|e| wrong(e.to_string()))?;
    crowd.world.run_for(HOUR_MS);
    for index in [0, BOB] {
        crowd.say(index)?;
    }
    crowd.finish()
}

/// A member refuses the founder's last commit, on which newcomers by a link have built, with the founder away and no
/// receipt of anybody's: soon, when it can still be taken back, or later.
pub(super) fn refusal(seed: u64) -> Result<Report, Violation> {
    for (after_ms, are_away) in [(HOUR_MS, false), (HOUR_MS, true), (3 * DAY_MS, false)] {
        refusal_after(seed, after_ms, are_away)?;
    }
    Ok(Report::default())
}

fn refusal_after(seed: u64, after_ms: u64, are_away: bool) -> Result<(), Violation> {
    const ALICE: usize = 0;
    const MALLORY: usize = 1;
    let mut crowd = Crowd::begin(seed, &["alice", "mallory"])?;
    crowd.watch.only_receipts_of(NOBODY);
    let (target, group) = (crowd.group.clone(), crowd.group.clone());
    let invite = |target| Request::InviteCreate { target, expires_in_ms: None, uses: None };
    let Answer::Invite { link, .. } = crowd.must(ALICE, invite(target.clone()))? else {
        return Err(wrong("no link"));
    };
    crowd.world.run_for(OVER_MS);
    crowd.must(ALICE, invite(target))?;
    let (commit, body_hash) = last_commit(&crowd)?;
    crowd.world.run_for(OVER_MS);
    crowd.world.crash_client(ALICE);
    crowd.world.clients[MALLORY].hostile = true;
    let mut newcomers = Vec::new();
    for name in ["jane", "john", "joan"] {
        let index = crowd.world.add_client(name).map_err(|e| wrong(e.to_string()))?;
        let (server, handle) = ("http://sim".into(), name.to_owned());
        crowd.must(index, Request::Register { server, handle, name: name.into(), invite_code: None })?;
        crowd.must(index, Request::Join { link: link.clone() })?;
        newcomers.push(index);
        crowd.say(index)?;
    }
    crowd.world.run_for(after_ms);
    for index in &newcomers {
        crowd.say(*index)?;
    }
    if are_away {
        newcomers.iter().for_each(|index| crowd.world.crash_client(*index));
    }
    crowd.core(MALLORY)?.refuse(&group, commit, body_hash);
    crowd.world.begin(MALLORY, Request::Sync);
    crowd.world.run_for(OVER_MS);
    crowd.watch.only_receipts_of(None);
    let voids = crowd.watch.voids();
    if (voids > 0) != (after_ms < DAY_MS) {
        return Err(wrong(format!("{voids} voids after {after_ms} ms")));
    }
    for index in newcomers.iter().filter(|_| are_away).chain(&[ALICE]) {
        crowd.world.start_client(*index).map_err(|e| wrong(e.to_string()))?;
    }
    crowd.world.run_for(HOUR_MS);
    // Who comes in anew has what others said before they did only when it is said again.
    let read = Request::Read { target: group, since: None, limit: 1_000, events: false };
    let Answer::List(items) = crowd.must(ALICE, read)? else { return Err(wrong("no messages")) };
    let shown = items.iter().filter(|item| matches!(item, Item::Message(_))).count();
    if shown != 2 + 2 * newcomers.len() {
        return Err(wrong(format!("alice shows {shown} messages, {voids} voids, after {after_ms} ms")));
    }
    for index in newcomers {
        crowd.say(index)?;
    }
    Ok(())
}

/// Somebody recovers upon a commit that is voided afterwards: they come in again by themselves.
pub(super) fn of_the_ground(seed: u64) -> Result<Report, Violation> {
    recovered_upon(seed, false)?;
    recovered_upon(seed, true)
}

fn recovered_upon(seed: u64, is_away: bool) -> Result<Report, Violation> {
    const BOB: usize = 0;
    const MALLORY: usize = 1;
    let mut crowd = Crowd::begin(seed, &["bob", "mallory"])?;
    let alice = crowd.world.add_client("alice").map_err(|e| wrong(e.to_string()))?;
    let (server, handle, name) = ("http://sim".to_owned(), "alice".to_owned(), "alice".to_owned());
    let register =
        Request::Register { server: server.clone(), handle: handle.clone(), name, invite_code: None };
    let Answer::Registered { recovery_key, .. } = crowd.must(alice, register)? else {
        return Err(wrong("no account"));
    };
    let (target, group) = (crowd.group.clone(), crowd.group.clone());
    crowd.must(BOB, Request::GroupAdd { target, handles: vec![handle.clone()] })?;
    crowd.world.run_for(OVER_MS);
    crowd.say(alice)?;
    crowd.world.run_for(OVER_MS);
    crowd.world.crash_client(alice);
    crowd.world.clients[alice].hostile = true;
    crowd.world.clients[MALLORY].hostile = true;
    crowd.watch.only_receipts_of(NOBODY);
    // Bob's last commit, upon which she comes.
    let invite = Request::InviteCreate { target: group.clone(), expires_in_ms: None, uses: None };
    crowd.must(BOB, invite)?;
    let (commit, body_hash) = last_commit(&crowd)?;
    crowd.world.run_for(OVER_MS);
    crowd.world.crash_client(BOB);
    let again = crowd.world.add_client("alice again").map_err(|e| wrong(e.to_string()))?;
    crowd.must(again, Request::Recover { server, handle, recovery_key })?;
    crowd.world.clients[again].was_away.insert(group.clone());
    crowd.world.run_for(OVER_MS);
    crowd.say(again)?;
    if is_away {
        crowd.world.crash_client(again);
    }
    crowd.core(MALLORY)?.refuse(&group, commit, body_hash);
    crowd.world.begin(MALLORY, Request::Sync);
    crowd.world.run_for(OVER_MS);
    crowd.watch.only_receipts_of(None);
    if crowd.watch.voids() == 0 {
        return Err(wrong("nothing was voided"));
    }
    crowd.world.start_client(BOB).map_err(|e| wrong(e.to_string()))?;
    if is_away {
        crowd.world.start_client(again).map_err(|e| wrong(e.to_string()))?;
    }
    crowd.world.run_for(HOUR_MS);
    restart(&mut crowd, again)?;
    crowd.say(again)?;
    crowd.say(BOB)?;
    crowd.world.clients[BOB].was_away.insert(group);
    crowd.finish()
}

//! Commits that may still be voided, and when they no longer may (docs/protocol.md §4.6).

use super::Live;
use crate::{
    cx::Cx,
    db::{self, open_commit::OpenCommit},
    fault::Flow,
};
use asterism_policy::{Author, CommitFacts, Leaf, Roster};
use asterism_wire::{DeviceId, Seq, Timestamp, entry::Entry, limits, signing};
use std::rc::Rc;

/// Open commits kept at most. The server settles the oldest of 64 (docs/protocol.md §4.6), so that a void that it
/// makes can always be followed.
const OPEN_MAX: usize = 64;

/// Before a commit is merged: what it settles, and what its void would need.
pub(super) fn begin(cx: &Cx, live: &Rc<Live>, entry: &Entry, author: Author) -> Flow<()> {
    let commit = entry.position();
    let open = db::open_commit::all(&cx.db, live.id)?;
    let agreed = match author {
        Author::Member(leaf) => open
            .iter()
            .rposition(|c| has_built_on(leaf, entry.server_time(), c, &open))
            .map_or(0, |last| last + 1),
        Author::Ticket { .. } | Author::OwnDevice(_) => 0,
    };
    let too_many = (open.len() + 1).saturating_sub(OPEN_MAX);
    if let Some(last) = agreed.max(too_many).checked_sub(1) {
        settle(cx, live, open[last].seq)?;
    }
    cx.overlay.begin_undo(&live.namespace().key_prefix(), commit.0)?;
    Ok(())
}

/// A member of another account, who was there before and builds on it, has merged it; and who could have refused it
/// has had the time to.
fn has_built_on(author: Leaf, at: Timestamp, commit: &OpenCommit, open: &[OpenCommit]) -> bool {
    let in_time = at >= commit.at.plus_ms(limits::VOID_DELAY_MS);
    in_time && author.account != commit.author && may_settle(author.device, open)
}

/// May a device's word settle open commits? Not if one of them brought it in, while others were there who could have
/// refused it: it would not have seen what they saw.
pub(super) fn may_settle(device: DeviceId, open: &[OpenCommit]) -> bool {
    !open.iter().any(|commit| commit.newcomers.contains(&device))
}

/// After a commit was merged.
pub(super) fn add(cx: &Cx, live: &Rc<Live>, entry: &Entry, facts: &CommitFacts, before: &Roster) -> Flow<()> {
    let alone = live.group(cx)?.roster().account_count() <= 1;
    let nobody_before = db::open_commit::all(&cx.db, live.id)?.is_empty();
    let inside = matches!(facts.author, Author::Member(_));
    // Nobody but the author knows both epochs.
    let irrefutable = before.leaves() <= facts.removes.len() + usize::from(inside);
    // As the server counts: of such a commit nothing is to come.
    if alone && irrefutable && nobody_before {
        cx.overlay.forget_undo(&live.namespace().key_prefix(), entry.seq)?;
        db::intent::settled(&cx.db, live.id, entry.position())?;
        return Ok(());
    }
    let mut newcomers: Vec<_> = facts.adds.iter().map(|leaf| leaf.device).collect();
    if !inside {
        newcomers.push(facts.author.leaf().device);
    }
    // Where nobody could refuse, newcomers' word is as good as any.
    if irrefutable {
        newcomers.clear();
    }
    let open = OpenCommit {
        seq: entry.position(),
        at: entry.server_time(),
        author: facts.author.leaf().account,
        body_hash: entry.body_hash()?,
        parent: entry.made_in(),
        authenticator: signing::authenticator_hash(&live.group(cx)?.epoch_authenticator()),
        newcomers,
    };
    db::open_commit::insert(&cx.db, live.id, &open)?;
    Ok(())
}

/// This commit and all before it are final.
pub(super) fn settle(cx: &Cx, live: &Rc<Live>, up_to: Seq) -> Flow<()> {
    let scope = live.namespace().key_prefix();
    for open in db::open_commit::all(&cx.db, live.id)?.iter().filter(|c| c.seq <= up_to) {
        cx.overlay.forget_undo(&scope, open.seq.0)?;
    }
    db::open_commit::settle(&cx.db, live.id, up_to)?;
    // Nobody can take this device's own entry back any more.
    db::came_by::forget(&cx.db, live.id)?;
    db::known_group::forget(&cx.db, live.id)?;
    db::intent::settled(&cx.db, live.id, up_to)?;
    Ok(())
}

/// This device is no longer in the group, or enters anew: nothing of it can be undone any more.
pub(crate) fn forget_all(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let scope = live.namespace().key_prefix();
    cx.overlay.delete_prefix(&scope)?;
    cx.overlay.forget_all_undo(&scope)?;
    db::open_commit::kill(&cx.db, live.id, Seq(0))?;
    db::intent::abandoned(&cx.db, live.id)?;
    db::intent::settled(&cx.db, live.id, Seq(u64::MAX))?;
    Ok(())
}

//! Work of several steps in a community: written down in the account's own vault before its first step, struck when
//! it is done, and finished later when it broke off: by the device that began it as soon as it looks again, by any
//! other of the account's devices when some time has gone by.

use super::{LiveCommunity, admin, groups};
use crate::{
    cx::Cx,
    fault::{Fault, Flow},
    formats::begun::{Begun, Line, WorkId, Works},
    own, sync,
};
use asterism_wire::{ErrorCode, Timestamp};
use std::rc::Rc;
use zeroize::Zeroizing;

/// So long other devices leave work to the one that has begun it. Longer: what broke off for good stays undone for
/// longer. Shorter: two devices do the same thing when one of them is slow.
const OTHERS_MS: u64 = 3 * 60_000;

/// Work that a flow of this device is at: until it lets go of it, no other one finishes it.
pub(super) struct Working {
    community: Rc<LiveCommunity>,
    id: WorkId,
    /// It had been begun before.
    is_resumed: bool,
}

impl Working {
    fn hold(community: &Rc<LiveCommunity>, id: WorkId, is_resumed: bool) -> Self {
        community.working.borrow_mut().push(id);
        Self { community: Rc::clone(community), id, is_resumed }
    }

    /// It is done, or cannot be.
    pub(super) fn end(self, cx: &Cx) -> Flow<()> {
        let mut works = load(cx, &self.community)?;
        if works.strike(self.id) { save(cx, &self.community, &works) } else { Ok(()) }
    }

    /// Of its first step: when that was refused it never began, unless an earlier run has taken it.
    pub(super) fn after_first(self, cx: &Cx, step: Flow<()>) -> Flow<Self> {
        match step {
            Ok(()) => Ok(self),
            Err(Fault::Api(error)) => {
                if !self.is_resumed {
                    self.end(cx)?;
                }
                Err(error.into())
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut working = self.community.working.borrow_mut();
        if let Some(at) = working.iter().position(|id| *id == self.id) {
            working.swap_remove(at);
        }
    }
}

fn name(community: &LiveCommunity) -> String {
    format!("{}{}", own::BEGUN, community.id)
}

fn load(cx: &Cx, community: &LiveCommunity) -> Flow<Works> {
    let value = own::get(cx, &name(community))?;
    Ok(value.and_then(|value| Works::from_value(&value).ok()).unwrap_or_default())
}

fn save(cx: &Cx, community: &LiveCommunity, works: &Works) -> Flow<()> {
    own::put(cx, &name(community), Zeroizing::new(works.to_value()))
}

/// The first step is about to be taken: other devices of the account know of it from here on.
pub(super) async fn begin(cx: &Cx, community: &Rc<LiveCommunity>, work: Begun) -> Flow<Working> {
    let mut works = load(cx, community)?;
    if let Some(line) = works.all().iter().find(|line| line.work == work) {
        return Ok(Working::hold(community, line.id, true));
    }
    let id = cx.random();
    works.add(Line { id, device: cx.me()?.device, at: cx.now(), work });
    save(cx, community, &works)?;
    let working = Working::hold(community, id, false);
    match own::send(cx).await {
        Err(Fault::Api(error)) if error.code == ErrorCode::Timeout => {
            working.end(cx)?;
            Err(error.into())
        }
        // A server that has no room for it does not keep it from being done: this device knows of it.
        Ok(()) | Err(Fault::Api(_)) => Ok(working),
        Err(error) => Err(error),
    }
}

/// There is no such community: nothing of it is to be finished.
pub(super) fn forget(cx: &Cx, community: &LiveCommunity) -> Flow<()> {
    let mut works = load(cx, community)?;
    let all: Vec<WorkId> = works.all().iter().map(|line| line.id).collect();
    for id in &all {
        works.strike(*id);
    }
    if all.is_empty() { Ok(()) } else { save(cx, community, &works) }
}

/// Finishes what an earlier run, or another device, has begun; gives the time at which to look again.
pub(super) async fn finish(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<Option<Timestamp>> {
    // Another device may have begun something, or finished what this one knows of.
    own::read(cx, &name(community)).await?;
    let mut later = None;
    for line in load(cx, community)?.all() {
        let from = line.at.plus_ms(OTHERS_MS);
        let is_theirs = line.device != cx.me()?.device && cx.now() < from;
        if !is_theirs && is_free(cx, community, line.id)? {
            resume(cx, community, line).await?;
        }
        if is_listed(cx, community, line.id)? {
            let at = if is_theirs { from } else { cx.now().plus_ms(admin::duties::RETRY_MS) };
            later = Some(later.map_or(at, |earlier: Timestamp| earlier.min(at)));
        }
    }
    Ok(later)
}

fn is_listed(cx: &Cx, community: &LiveCommunity, id: WorkId) -> Flow<bool> {
    Ok(load(cx, community)?.all().iter().any(|line| line.id == id))
}

/// Is it still to be done, and nobody at it?
fn is_free(cx: &Cx, community: &LiveCommunity, id: WorkId) -> Flow<bool> {
    Ok(is_listed(cx, community, id)? && !community.working.borrow().contains(&id))
}

async fn resume(cx: &Cx, community: &Rc<LiveCommunity>, line: &Line) -> Flow<()> {
    let working = Working::hold(community, line.id, true);
    let result = match &line.work {
        Begun::Group(group) => {
            let _turn = community.admin_lock.lock().await;
            groups::resume(cx, community, group).await
        }
        Begun::Removal(account) => admin::remove::finish(cx, community, *account).await,
        Begun::Demotion(account, since) => admin::roles::finish(cx, community, *account, *since).await,
    };
    match result {
        Err(Fault::Api(error)) if may_pass(error.code) => Ok(()),
        Ok(()) | Err(Fault::Api(_)) => working.end(cx),
        Err(error) => Err(error),
    }
}

/// Is what was refused now worth another try later?
pub(super) fn may_pass(code: ErrorCode) -> bool {
    sync::is_passing(code) || code == ErrorCode::Timeout
}

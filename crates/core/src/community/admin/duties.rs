//! What an admin's device looks after by itself, some time after something happened.

use super::{
    super::{LiveCommunity, begun, groups, view},
    barred, deposits,
    due::{Due, Why},
    rekey, roles,
    room::room,
};
use crate::{
    cx::Cx,
    fault::{Fault, Flow},
};
use asterism_wire::{Timestamp, limits};
use std::rc::Rc;

/// How long what happens at once is gathered. Longer: newcomers by a group wait longer for their seat; shorter: more
/// epochs.
const LOOK_MS: u64 = 3_000;
/// Admins who are online at the same time look at different times.
const JITTER_MS: u64 = 2_000;
/// When a look, or something that it was to finish, could not be ended for now, another one follows after this time.
pub(crate) const RETRY_MS: u64 = 30_000;

/// Looks after the community, some time soon.
pub(crate) fn soon(cx: &Cx, community: &Rc<LiveCommunity>) {
    if community.duties_queued.replace(true) {
        return;
    }
    let (flow, community) = (Rc::clone(cx), Rc::clone(community));
    cx.spawn_quiet("duties", async move {
        flow.sleep_ms(LOOK_MS + flow.random_below(JITTER_MS)).await;
        community.duties_queued.set(false);
        let result = look(&flow, &community).await;
        if let Err(Fault::Api(error)) = &result
            && begun::may_pass(error.code)
        {
            plan(&flow, &community, flow.now().plus_ms(RETRY_MS));
        }
        result
    });
}

/// Looks after all communities now: for programs that do not stay.
pub(crate) async fn all(cx: &Cx) -> Flow<()> {
    let all: Vec<Rc<LiveCommunity>> = cx.communities.borrow().values().cloned().collect();
    for community in all {
        quiet(look(cx, &community).await)?;
    }
    Ok(())
}

async fn look(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    if !cx.is_online() || !community.is_admin(cx) || !community.is_here() {
        return Ok(());
    }
    match begun::finish(cx, community).await {
        Ok(Some(later)) => plan(cx, community, later),
        result => quiet(result.map(drop))?,
    }
    quiet(roles::reconcile(cx, community).await)?;
    quiet(groups::refresh(cx, community).await)?;
    let room = room(cx, community).await?;
    quiet(barred::tell_news(cx, community, &room).await)?;
    let before = community.waiting.get();
    let due = Due::look(cx, community, &room).await?;
    let policy = community.policy()?;
    let now = cx.now().max(community.row().last_time);
    let long = due.judged.oldest_ms.map(|oldest| oldest.saturating_add(limits::SEAT_DELAY_MS));
    let lasted = policy.epoch_opened_ms.saturating_add(limits::REKEY_SCHEDULE_MS);
    let role_ends = policy.roles.iter().map(|grant| grant.until_ms).filter(|until| *until > now.0).min();
    if due.is_pressing() || long.is_some_and(|at| now.0 >= at) {
        rekey::rekey(cx, community, Why::Due).await?;
    } else if now.0 >= lasted {
        rekey::rekey(cx, community, Why::Lasted(policy.epoch)).await?;
    } else {
        deposits::drop_refused(cx, community, &due.judged.refused).await?;
        let next = [long, role_ends].into_iter().flatten().fold(lasted, u64::min);
        plan(cx, community, Timestamp(next));
    }
    if community.waiting.get() != before || due.judged.urgent {
        view::changed(cx, community)?;
    }
    Ok(())
}

/// Looks again when something falls due, though nothing happens until then.
fn plan(cx: &Cx, community: &Rc<LiveCommunity>, at: Timestamp) {
    if community.look_planned.get().is_some_and(|planned| planned <= at) {
        return;
    }
    community.look_planned.set(Some(at));
    let (flow, community) = (Rc::clone(cx), Rc::clone(community));
    cx.spawn_quiet("duties later", async move {
        flow.sleep_ms(at.0.saturating_sub(flow.now().0)).await;
        // Another one was planned for an earlier time: this one is worth nothing any more.
        if community.look_planned.get() == Some(at) {
            community.look_planned.set(None);
            soon(&flow, &community);
        }
        Ok(())
    });
}

/// One duty that cannot be done does not keep the others from being done.
fn quiet(result: Flow<()>) -> Flow<()> {
    match result {
        Err(Fault::Api(error)) => {
            tracing::debug!(code = error.code.as_word(), "a duty was not done");
            Ok(())
        }
        other => other,
    }
}

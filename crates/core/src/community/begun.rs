//! Work of several steps in a community: written down in the account's own vault before its first step, struck when
//! it is done, and finished by whichever of the account's devices finds it there later.

use super::{LiveCommunity, admin, groups};
use crate::{
    cx::Cx,
    fault::{Fault, Flow},
    formats::begun::{self, Begun},
    own, sync,
};
use asterism_wire::ErrorCode;
use std::rc::Rc;
use zeroize::Zeroizing;

/// Entries `begun/COMMUNITY` of the own vault.
const OWN: &str = "begun/";

fn name(community: &LiveCommunity) -> String {
    format!("{OWN}{}", community.id)
}

fn all(cx: &Cx, community: &LiveCommunity) -> Flow<Vec<Begun>> {
    let value = own::get(cx, &name(community))?;
    Ok(value.and_then(|value| begun::from_value(&value).ok()).unwrap_or_default())
}

fn save(cx: &Cx, community: &LiveCommunity, all: &[Begun]) -> Flow<()> {
    own::put(cx, &name(community), Zeroizing::new(begun::to_value(all)))
}

/// The first step is about to be taken.
pub(super) fn begin(cx: &Cx, community: &LiveCommunity, work: &Begun) -> Flow<()> {
    let mut works = all(cx, community)?;
    if !works.contains(work) {
        works.push(work.clone());
    }
    save(cx, community, &works)
}

/// It is done, or cannot be.
pub(super) fn end(cx: &Cx, community: &LiveCommunity, work: &Begun) -> Flow<()> {
    let mut works = all(cx, community)?;
    let before = works.len();
    works.retain(|other| other != work);
    if works.len() == before { Ok(()) } else { save(cx, community, &works) }
}

/// There is no such community: nothing of it is to be finished.
pub(super) fn forget(cx: &Cx, community: &LiveCommunity) -> Flow<()> {
    if all(cx, community)?.is_empty() { Ok(()) } else { save(cx, community, &[]) }
}

/// Finishes what an earlier run, or another device, has begun.
pub(super) async fn finish(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    for work in all(cx, community)? {
        let result = match &work {
            Begun::Group(group) => {
                let _turn = community.admin_lock.lock().await;
                groups::carry_out(cx, community, group).await
            }
            Begun::Removal(account) => admin::remove::finish(cx, community, *account).await,
            Begun::Demotion(account) => admin::roles::demote(cx, community, *account).await,
        };
        match result {
            Err(Fault::Api(error)) if may_pass(error.code) => {}
            Ok(()) | Err(Fault::Api(_)) => end(cx, community, &work)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Is what was refused now worth another try later?
pub(super) fn may_pass(code: ErrorCode) -> bool {
    sync::is_passing(code) || code == ErrorCode::Timeout
}

//! Keeping up with a community: its log, its keys, its directory, its announcements.

use super::{LiveCommunity, admin, directory, enrol, keys, log, posts, view};
use crate::{
    cx::Cx,
    db::community::State,
    fault::{Fault, Flow},
};
use asterism_wire::{
    ErrorCode, Seq,
    entry::{Entry, EntryKind},
    frame::{self, Request},
};
use std::rc::Rc;

/// Something about a community was pushed.
pub(crate) fn soon(cx: &Cx, community: &Rc<LiveCommunity>) {
    if community.queued.replace(true) {
        return;
    }
    let (flow, community) = (Rc::clone(cx), Rc::clone(community));
    cx.spawn_quiet("community", async move {
        let _turn = community.follow_lock.lock().await;
        community.queued.set(false);
        follow_now(&flow, &community).await
    });
}

/// An entry was pushed. What follows on what is here is taken at once; else the server is asked.
pub(crate) fn pushed(cx: &Cx, community: &Rc<LiveCommunity>, entry: Entry) {
    if entry.kind != EntryKind::Post as i32 {
        return soon(cx, community);
    }
    let (flow, community) = (Rc::clone(cx), Rc::clone(community));
    cx.spawn_quiet("announcement", async move {
        let _turn = community.follow_lock.lock().await;
        if entry.position() <= community.row().posts || posts::pushed(&flow, &community, &entry).await? {
            return Ok(());
        }
        follow_now(&flow, &community).await
    });
}

/// Brings a community up to date.
pub(crate) async fn follow(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    let _turn = community.follow_lock.lock().await;
    follow_now(cx, community).await
}

/// As [`follow`], unless the log has been taken up to a position already.
pub(super) async fn reach(cx: &Cx, community: &Rc<LiveCommunity>, seq: Seq) -> Flow<()> {
    if community.row().cursor < seq {
        follow(cx, community).await?;
    }
    // What the server has taken must be in the log that it shows.
    if community.row().cursor < seq { Err(ErrorCode::ServerMisbehaved.into()) } else { Ok(()) }
}

async fn follow_now(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    let row = community.row();
    if row.alarm.is_some() {
        return Err(ErrorCode::ForkDetected.into());
    }
    if community.state() == State::Left {
        return Ok(());
    }
    let opened = super::call::<frame::CommunityStanding>(cx, community, |access| {
        Request::OpenCommunity(frame::OpenCommunity {
            community: community.id.to_vec(),
            access: Some(access),
        })
    })
    .await;
    let standing = match opened {
        Ok(standing) => standing,
        Err(Fault::Api(error)) if is_out(error.code) => {
            left(cx, community)?;
            return Err(error.into());
        }
        Err(error) => return Err(error),
    };
    let before = community.row();
    // No end of these logs is before what was read of them.
    if Seq(standing.log_seq) < row.cursor || Seq(standing.posts_seq) < row.posts {
        return log::alarm(cx, community);
    }
    log::fetch(cx, community, Seq(standing.log_seq)).await?;
    let policy = community.policy()?;
    if before.first_epoch == 0 {
        community.update(cx, |row| row.first_epoch = policy.epoch)?;
    }
    community.announcements(cx)?;
    keys::ensure(cx, community, policy.epoch).await?;
    let opened = directory::open_waiting(cx, community).await?;
    seated(cx, community, standing.seated)?;
    let news = posts::follow(cx, community, &standing).await?;
    if news || opened || community.row().cursor != before.cursor || standing.seated != before.seated {
        view::changed(cx, community)?;
    }
    if community.is_admin(cx) {
        admin::duties::soon(cx, community);
    }
    enrol::soon_unless_done(cx, community);
    Ok(())
}

/// With a seat and its key the link is of no use any more.
fn seated(cx: &Cx, community: &LiveCommunity, seated: bool) -> Flow<()> {
    let row = community.row();
    if seated != row.seated {
        community.update(cx, |row| row.seated = seated)?;
    }
    let key = crate::db::community::epoch(&cx.db, community.id, community.policy()?.epoch)?;
    let reads = key.is_some_and(|epoch| epoch.key.is_some());
    if seated && reads && row.deposited && (row.link.is_some() || row.group.is_some()) {
        community.update(cx, |row| {
            row.link = None;
            row.group = None;
        })?;
    }
    Ok(())
}

/// Does the server say that this account has no place there?
pub(super) fn is_out(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NotAMember | ErrorCode::Barred)
}

/// The server has no place for this device any more.
fn left(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    if community.state() == State::Active {
        community.update(cx, |row| row.state = State::Left)?;
        view::changed(cx, community)?;
    }
    Ok(())
}

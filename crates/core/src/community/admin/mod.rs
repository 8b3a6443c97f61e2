//! What the devices of a community's admins do: enter subscribers, renew keys, keep the room and the roles together
//! (docs/protocol.md §10.6, §10.7, §10.10).

mod barred;
mod buckets;
mod deposits;
pub(crate) mod due;
pub(crate) mod duties;
pub(crate) mod rekey;
pub(crate) mod remove;
pub(crate) mod roles;
mod room;
pub(crate) mod roster;

use super::{LiveCommunity, follow, is_stale};
use crate::{cx::Cx, db, fault::Flow};
use asterism_policy::{CommunityChanges, CommunityState};
use asterism_wire::{
    ErrorCode, IdempotencyKey, Seq,
    community::GovernanceBody,
    frame::{self, ChannelOpening, Request},
    signing,
};
use prost::Message as _;
use std::rc::Rc;

/// How often changes are built again because another admin was faster.
const ATTEMPTS_MAX: u32 = 12;

/// Appends changes to the log; `build` is asked again for the state that another admin's entry has led to.
pub(super) async fn submit(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    build: impl Fn(&CommunityState) -> Flow<(CommunityChanges, Option<ChannelOpening>)>,
) -> Flow<()> {
    for attempt in 0..ATTEMPTS_MAX {
        if attempt > 0 {
            cx.sleep_ms(cx.random_below(50 << attempt.min(6))).await;
        }
        follow::follow(cx, community).await?;
        let (changes, opening) = build(&community.policy()?)?;
        if append(cx, community, &changes, opening).await? {
            return Ok(());
        }
    }
    Err(ErrorCode::StaleEpoch.into())
}

/// One try, on the log as it is known here; false when it has moved on.
async fn append(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    changes: &CommunityChanges,
    opening: Option<ChannelOpening>,
) -> Flow<bool> {
    let row = community.row();
    let (seq, changes, key) = (row.cursor.next(), changes.to_bytes(), cx.device_key()?);
    let signature = key.sign(&signing::governance(community.id, seq, row.head, &changes)).to_vec();
    let body =
        GovernanceBody { changes, author: cx.me()?.credential, author_key: key.public().to_vec(), signature };
    let encoded = body.encode_to_vec();
    let request = Request::SubmitGovernance(frame::SubmitGovernance {
        community: community.id.to_vec(),
        idempotency: IdempotencyKey(cx.random()).to_vec(),
        seq: seq.0,
        governance: encoded.clone().into(),
        opening,
    });
    match cx.call::<frame::Accepted>(request).await {
        Ok(accepted) => {
            follow::reach(cx, community, Seq(accepted.seq)).await?;
            let shown = db::community::entry(&cx.db, community.id, Seq(accepted.seq))?;
            if shown.as_deref() == Some(encoded.as_slice()) {
                Ok(true)
            } else {
                Err(ErrorCode::ServerMisbehaved.into())
            }
        }
        Err(error) if is_stale(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

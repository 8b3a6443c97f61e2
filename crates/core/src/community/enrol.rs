//! Becoming a subscriber: the note to the admins (docs/protocol.md §10.6).

use super::{LiveCommunity, Right};
use crate::{
    cx::Cx,
    db::{
        self,
        community::{CommunityRow, State},
    },
    fault::{Fault, Flow},
    formats::{
        VaultKey,
        channel::GroupKeys,
        enrolment::{self, Enroller, Proof},
    },
};
use asterism_mls::seal::SealPublic;
use asterism_wire::{
    CommunityId, ConversationId, ErrorCode,
    frame::{self, CommunityAccess, Request},
    signing,
};
use std::rc::Rc;

/// Leaves the note, some time soon, unless that was done.
pub(super) fn soon_unless_done(cx: &Cx, community: &Rc<LiveCommunity>) {
    if community.row().deposited || !community.is_here() {
        return;
    }
    let (flow, community) = (Rc::clone(cx), Rc::clone(community));
    cx.spawn_quiet("enrolment", async move { enrol(&flow, &community).await });
}

/// As [`enrol`]; what cannot be done now is done with a later round.
pub(super) async fn quietly(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    match enrol(cx, community).await {
        Ok(()) | Err(Fault::Api(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Leaves the note for the admins; from then on this account is a subscriber that waits for its seat.
pub(super) async fn enrol(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    if community.row().deposited {
        return Ok(());
    }
    let (me, own) = (cx.me()?, community.subscriber(cx)?);
    let Some(proof) = proof(cx, community)? else { return Ok(()) };
    let inbox = SealPublic::new(&community.policy()?.inbox_key).map_err(|_| ErrorCode::ServerMisbehaved)?;
    let device_key = cx.device_key()?;
    let who = Enroller { device_key: &device_key, credential: &me.credential, profile_key: &me.profile_key };
    let sealed = enrolment::seal(&inbox, community.id, own.id, &who, &proof)
        .map_err(|_| ErrorCode::ServerMisbehaved)?;
    let request = |access: CommunityAccess| {
        Request::PutDeposit(frame::PutDeposit {
            community: community.id.to_vec(),
            subscriber_key: own.public.as_bytes().to_vec(),
            sealed: sealed.clone(),
            access: Some(access),
        })
    };
    super::call::<frame::Done>(cx, community, request).await?;
    community.update(cx, |row| row.deposited = true)?;
    Ok(())
}

fn proof(cx: &Cx, community: &LiveCommunity) -> Flow<Option<Proof>> {
    let (me, own) = (cx.me()?.account, community.subscriber(cx)?);
    let signed = signing::enrolment_ticket(community.id, me, own.id);
    match super::right(cx, community) {
        Right::Admin => Ok(Some(Proof::Role)),
        Right::Link(keys) => {
            let signature = keys.signing.sign(&signed).to_vec();
            Ok(Some(Proof::Ticket(keys.ticket_id, signature)))
        }
        Right::Group(group) => {
            let Some(keys) = group_keys(cx, group)? else { return Ok(None) };
            Ok(Some(Proof::Group(group, keys.member.sign(&signed).to_vec())))
        }
        Right::Subscriber => Ok(None),
    }
}

/// What a group's vault key gives to its community, while this device is in the group and has the key.
pub(super) fn group_keys(cx: &Cx, group: ConversationId) -> Flow<Option<GroupKeys>> {
    let Ok(live) = crate::conversation::find(cx, group) else { return Ok(None) };
    let generation = live.row().vault_generation;
    let key = db::vault::key(&cx.db, group, generation)?.filter(|_| live.is_member());
    Ok(key.map(|key| GroupKeys::derive(&VaultKey::new(*key), group, generation)))
}

/// A group that this device is in names a community that it does not know yet: it is met through the group.
pub(crate) async fn meet(cx: &Cx) -> Flow<()> {
    let lives: Vec<_> = cx.live.borrow().values().filter(|live| live.is_member()).cloned().collect();
    for live in lives {
        let Some(id) = live.group(cx)?.state().community() else { continue };
        let is_in = || super::by_id(cx, id).is_some_and(|community| community.state() != State::Left);
        if is_in() {
            continue;
        }
        // Whoever was removed may still be in a group of it: the server lets them in by none.
        match opens(cx, id, live.id).await {
            Ok(_) => {}
            Err(Fault::Api(_)) => continue,
            Err(error) => return Err(error),
        }
        // Another flow may have been faster.
        if is_in() {
            continue;
        }
        let community = match super::by_id(cx, id) {
            Some(community) => community,
            None => super::insert(cx, CommunityRow::new(id, State::Active, cx.now()))?,
        };
        // Out and in again: the log goes on where it was left.
        community.update(cx, |row| {
            (row.state, row.group) = (State::Active, Some(live.id));
            (row.deposited, row.seated) = (false, false);
        })?;
        match super::follow::follow(cx, &community).await {
            Ok(()) | Err(Fault::Api(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Does the server let a member of a group in?
async fn opens(cx: &Cx, id: CommunityId, group: ConversationId) -> Flow<frame::CommunityStanding> {
    let access = CommunityAccess { group: group.to_vec(), ..CommunityAccess::default() };
    let open = frame::OpenCommunity { community: id.to_vec(), access: Some(access) };
    Ok(cx.call(Request::OpenCommunity(open)).await?)
}

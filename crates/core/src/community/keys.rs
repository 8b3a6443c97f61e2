//! How this device comes by the channel key of an epoch (docs/protocol.md §10.4, §10.5).

use super::LiveCommunity;
use crate::{
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::{ChannelKey, channel, channel::BucketKey, roster::ChannelSecrets, vault as format},
};
use asterism_mls::link::LinkKeys;
use asterism_wire::{
    ErrorCode,
    frame::{self, Request},
    signing,
    vault::CHANNEL,
};
use std::rc::Rc;

/// What came of looking for a channel key.
pub(super) enum Sought {
    Found(ChannelKey),
    /// It may come with a later seat.
    NotYet,
    /// The server keeps no key of that epoch any more.
    Gone,
}

/// The channel key of an epoch.
pub(super) async fn ensure(cx: &Cx, community: &Rc<LiveCommunity>, epoch: u64) -> Flow<Sought> {
    let Some(known) = db::community::epoch(&cx.db, community.id, epoch)? else { return Ok(Sought::NotYet) };
    if let Some(key) = known.key {
        return Ok(Sought::Found(ChannelKey::new(*key)));
    }
    let committed = |candidates: Vec<ChannelKey>| {
        candidates
            .into_iter()
            .map(|key| Ok(is_committed(community, epoch, known.commitment, &key)?.then_some(key)))
            .find_map(Flow::transpose)
            .transpose()
    };
    let mut found = committed(from_room(cx, community, epoch)?)?;
    if found.is_none() {
        match from_server(cx, community, epoch).await {
            Ok(given) => found = committed(given)?,
            Err(Fault::Api(error)) if error.code == ErrorCode::Expired => return Ok(Sought::Gone),
            // An epoch before this device's seat.
            Err(Fault::Api(error)) if is_none(error.code) => {}
            Err(error) => return Err(error),
        }
    }
    let Some(key) = found else { return Ok(Sought::NotYet) };
    keep(cx, community, epoch, &key)?;
    Ok(Sought::Found(key))
}

/// Keeps a key whose commitment was checked.
pub(super) fn keep(cx: &Cx, community: &LiveCommunity, epoch: u64, key: &ChannelKey) -> Flow<()> {
    db::community::save_channel_key(&cx.db, community.id, epoch, key)?;
    let vault_key = channel::vault_key(community.id, epoch, key);
    db::vault::save_key(&cx.db, community.id.log(), epoch, &vault_key)?;
    Ok(())
}

/// Keeps a key that this device has made, once the log says that it is the epoch's.
pub(super) fn keep_own(cx: &Cx, community: &LiveCommunity, epoch: u64, key: &ChannelKey) -> Flow<()> {
    let known = db::community::epoch(&cx.db, community.id, epoch)?.ok_or(ErrorCode::ServerMisbehaved)?;
    if !is_committed(community, epoch, known.commitment, key)? {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    keep(cx, community, epoch, key)
}

fn is_committed(
    community: &LiveCommunity,
    epoch: u64,
    commitment: asterism_wire::Hash,
    key: &ChannelKey,
) -> Flow<bool> {
    let announcements = community.policy()?.announcements_id();
    Ok(signing::channel_commitment(announcements, epoch, key.as_bytes()) == commitment)
}

/// What the admins have written down for themselves.
pub(super) fn secrets(cx: &Cx, community: &LiveCommunity) -> Flow<Option<ChannelSecrets>> {
    let Some(room) = community.admin_room(cx) else { return Ok(None) };
    let row = db::vault::load(&cx.db, room.id, CHANNEL)?;
    Ok(row.and_then(|row| row.value).and_then(|value| ChannelSecrets::from_value(&value).ok()))
}

fn from_room(cx: &Cx, community: &LiveCommunity, epoch: u64) -> Flow<Vec<ChannelKey>> {
    let secrets = secrets(cx, community)?.unwrap_or_default();
    Ok(secrets.keys.into_iter().filter(|(of, _)| *of == epoch).map(|(_, key)| key).collect())
}

async fn from_server(cx: &Cx, community: &Rc<LiveCommunity>, epoch: u64) -> Flow<Vec<ChannelKey>> {
    let given = super::call::<frame::ChannelKeys>(cx, community, |access| {
        Request::GetChannelKeys(frame::GetChannelKeys {
            community: community.id.to_vec(),
            access: Some(access),
            epoch,
        })
    })
    .await?;
    if given.epoch != epoch {
        return Ok(Vec::new());
    }
    let mut keys = Vec::new();
    keys.extend(by_seat(cx, community, &given)?);
    if let (Some(secret), Some(wrap)) = (community.row().link, &given.wrap) {
        let link = LinkKeys::derive(&secret);
        let opened = format::open_wrap(&link.seal_private, community.id.log(), link.ticket_id, wrap);
        keys.extend(opened.ok().filter(|(of, _)| *of == epoch).map(|(_, key)| ChannelKey::new(*key)));
    }
    Ok(keys)
}

fn is_none(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NotAMember | ErrorCode::Forbidden)
}

fn by_seat(cx: &Cx, community: &LiveCommunity, given: &frame::ChannelKeys) -> Flow<Option<ChannelKey>> {
    if given.seal.is_empty() {
        return Ok(None);
    }
    let which = (given.bucket, given.version);
    let open = |seed: &[u8; 32]| {
        channel::open_channel(seed, community.id, given.epoch, given.bucket, &given.seal).ok()
    };
    let kept = db::community::bucket_seed(&cx.db, community.id, which)?;
    if let Some(key) = kept.and_then(|seed| open(&seed)) {
        return Ok(Some(key));
    }
    let own = community.subscriber(cx)?;
    let which = BucketKey { community: community.id, bucket: given.bucket, version: given.version };
    let Ok(seed) = channel::open_seat(&own, which, &given.seat) else { return Ok(None) };
    let Some(key) = open(&seed) else { return Ok(None) };
    let known = db::community::epoch(&cx.db, community.id, given.epoch)?;
    // A seat that leads to another key than the log's is not the one that an admin has sealed.
    if known
        .is_some_and(|known| is_committed(community, given.epoch, known.commitment, &key).unwrap_or(false))
    {
        db::community::save_bucket_seed(&cx.db, community.id, (which.bucket, which.version), &seed)?;
    }
    Ok(Some(key))
}

/// A stored key as what it is.
pub(super) fn of(bytes: Option<zeroize::Zeroizing<[u8; 32]>>) -> Option<ChannelKey> {
    bytes.map(ChannelKey::from)
}

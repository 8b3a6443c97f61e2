//! The community's vault: its name, its groups, its admins' profile keys (docs/protocol.md §10.4, §10.9).

use super::LiveCommunity;
use crate::{
    cx::Cx,
    db::{self, vault::VaultRow},
    fault::Flow,
    formats::{
        VaultKey,
        group_entry::GroupEntry,
        vault::{self as format, Meta},
    },
};
use asterism_wire::{
    ConversationId, ErrorCode, IdempotencyKey, Seq,
    frame::{self, Request},
    vault::{GROUP_PREFIX, META, VaultRecord},
};
use prost::Message as _;
use std::rc::Rc;

/// How often a write is tried again when somebody else was faster.
const WRITE_RETRIES_MAX: u32 = 8;

/// The name of the entry of a group.
pub(super) fn group_name(group: ConversationId) -> String {
    format!("{GROUP_PREFIX}{group}")
}

/// The community's name and description, as far as known.
pub(super) fn meta(cx: &Cx, community: &LiveCommunity) -> Flow<Meta> {
    let row = db::vault::load(&cx.db, community.id.log(), META)?;
    Ok(row.and_then(|row| row.value).and_then(|value| Meta::from_value(&value).ok()).unwrap_or_default())
}

/// The groups that it lists.
pub(super) fn groups(cx: &Cx, community: &LiveCommunity) -> Flow<Vec<(ConversationId, GroupEntry)>> {
    let rows = db::vault::with_prefix(&cx.db, community.id.log(), GROUP_PREFIX)?;
    let read = |(name, value): (String, Vec<u8>)| {
        let id = name.strip_prefix(GROUP_PREFIX)?.parse().ok()?;
        Some((id, GroupEntry::from_value(&value).ok()?))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// What it says of one group.
pub(super) fn group(cx: &Cx, community: &LiveCommunity, group: ConversationId) -> Flow<Option<GroupEntry>> {
    let row = db::vault::load(&cx.db, community.id.log(), &group_name(group))?;
    Ok(row.and_then(|row| row.value).and_then(|value| GroupEntry::from_value(&value).ok()))
}

/// Keeps a record of the log, opened when its key is here.
pub(super) fn store(cx: &Cx, community: &Rc<LiveCommunity>, record: &VaultRecord) -> Flow<()> {
    let log = community.id.log();
    let key = db::vault::key(&cx.db, log, record.generation)?;
    let value = key.and_then(|key| format::open_record(log, &VaultKey::new(*key), record).ok());
    // Until the new value can be read, the one before is better than none.
    let before = db::vault::load(&cx.db, log, &record.name)?.and_then(|row| row.value);
    let row = VaultRow {
        version: record.version,
        generation: record.generation,
        value: value.as_ref().map(|v| v.to_vec()).or(before),
    };
    db::vault::save(&cx.db, log, &record.name, &row)?;
    match value {
        Some(value) => {
            db::community::forget_sealed(&cx.db, community.id, &record.name)?;
            crate::people::learn_profile_keys(cx, &record.name, &value)
        }
        None => Ok(db::community::save_sealed(&cx.db, community.id, &record.name, &record.encode_to_vec())?),
    }
}

/// A key has come: what waited for it, and what older keys it leads to, is opened. Tells whether anything was.
pub(super) async fn open_waiting(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<bool> {
    let waiting = db::community::sealed(&cx.db, community.id)?;
    if waiting.is_empty() {
        return Ok(false);
    }
    let before = waiting.len();
    learn_past_keys(cx, community).await?;
    for record in waiting {
        let record = VaultRecord::decode(record.as_slice()).map_err(asterism_wire::DecodeError::from)?;
        store(cx, community, &record)?;
    }
    Ok(db::community::sealed(&cx.db, community.id)?.len() < before)
}

async fn learn_past_keys(cx: &Cx, community: &Rc<LiveCommunity>) -> Flow<()> {
    let log = community.id.log();
    let keys = db::vault::keys(&cx.db, log)?;
    let Some((newest, key)) = keys.last_key_value() else { return Ok(()) };
    let page: frame::VaultPage = super::call(cx, community, |access| {
        Request::GetCommunityVault(frame::GetCommunityVault {
            community: community.id.to_vec(),
            access: Some(access),
            after_name: String::new(),
            names: vec![META.to_owned()],
        })
    })
    .await?;
    for (generation, key) in format::open_past_keys(log, &VaultKey::new(**key), *newest, &page.past_keys) {
        db::vault::save_key(&cx.db, log, generation, key.as_bytes())?;
    }
    Ok(())
}

/// Writes an entry; `value` is asked again when somebody else wrote in between, and says `None` when there is nothing
/// to write.
pub(super) async fn write(
    cx: &Cx,
    community: &Rc<LiveCommunity>,
    name: &str,
    value: impl Fn(Option<&[u8]>) -> Option<Vec<u8>>,
) -> Flow<()> {
    for _ in 0..WRITE_RETRIES_MAX {
        super::follow::follow(cx, community).await?;
        let (log, epoch) = (community.id.log(), community.policy()?.epoch);
        let key = db::vault::key(&cx.db, log, epoch)?.ok_or(ErrorCode::StaleEpoch)?;
        let known = db::vault::load(&cx.db, log, name)?;
        let version = known.as_ref().map_or(0, |row| row.version) + 1;
        let Some(plain) = value(known.as_ref().and_then(|row| row.value.as_deref())) else { return Ok(()) };
        let record =
            crate::conversation::vault::seal(cx, log, name, version, epoch, &VaultKey::new(*key), &plain)?;
        let request = Request::WriteCommunityVault(frame::WriteVault {
            conversation: community.id.to_vec(),
            idempotency: IdempotencyKey(cx.random()).to_vec(),
            writes: vec![record],
        });
        match cx.call::<frame::VaultAccepted>(request).await {
            Ok(accepted) => {
                super::follow::reach(cx, community, Seq(accepted.seq)).await?;
                let now = db::vault::load(&cx.db, log, name)?;
                // What the server has taken must be in the log that it shows, unless somebody has written since.
                let kept = now.is_some_and(|row| {
                    row.version > version || row.version == version && row.value.as_ref() == Some(&plain)
                });
                return if kept { Ok(()) } else { Err(ErrorCode::ServerMisbehaved.into()) };
            }
            Err(error) if matches!(error.code(), Some(ErrorCode::VaultConflict | ErrorCode::StaleEpoch)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ErrorCode::VaultConflict.into())
}

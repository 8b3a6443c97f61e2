//! Entries of a community's log: is it the next, does its head fit, was it allowed? (docs/protocol.md §10.2)

use super::{LiveCommunity, directory};
use crate::{api::Event, cx::Cx, db, fault::Flow, formats::vault as format};
use asterism_mls::{credential::check_credential, keys::verify};
use asterism_policy::{CommunityChanges, CommunityState, decide_community, may_write_community_vault};
use asterism_wire::{
    AccountId, ErrorCode, Hash, Seq,
    community::GovernanceBody,
    entry::{Entry, EntryKind},
    frame::{self, Request},
    limits, signing,
    vault::VaultRecord,
};
use prost::Message as _;
use std::rc::Rc;

/// Fetches and takes entries up to a position.
pub(super) async fn fetch(cx: &Cx, community: &Rc<LiveCommunity>, up_to: Seq) -> Flow<()> {
    while community.row().cursor < up_to {
        let from = community.row().cursor.next();
        let page: frame::Entries = super::call(cx, community, |access| {
            Request::FetchCommunity(frame::FetchCommunity {
                community: community.id.to_vec(),
                access: Some(access),
                posts: false,
                from_seq: from.0,
                entries_max: u32::try_from(limits::FETCH_ENTRIES_MAX).unwrap_or(u32::MAX),
            })
        })
        .await?;
        for entry in &page.entries {
            take(cx, community, entry)?;
        }
        if community.row().cursor < from {
            return Err(ErrorCode::ServerMisbehaved.into());
        }
    }
    Ok(())
}

fn take(cx: &Cx, community: &Rc<LiveCommunity>, entry: &Entry) -> Flow<()> {
    if !community.is_known(cx) {
        return Err(ErrorCode::NotAMember.into());
    }
    let row = community.row();
    if row.alarm.is_some() {
        return Err(ErrorCode::ForkDetected.into());
    }
    if entry.position() <= row.cursor {
        let known = db::conversation::head_at(&cx.db, community.id.log(), entry.position())?;
        let same = known.is_none_or(|head| head.as_bytes() == entry.head);
        return if same { Ok(()) } else { alarm(cx, community) };
    }
    let head = entry.expected_head(community.id.log(), row.head)?;
    let fits = entry.position() == row.cursor.next()
        && head.as_bytes() == entry.head
        && entry.server_time() >= row.last_time
        && entry.withheld_hash.is_empty();
    if !fits {
        return alarm(cx, community);
    }
    let allowed = match entry.entry_kind()? {
        EntryKind::Governance => take_governance(cx, community, entry, row.head)?,
        EntryKind::Vault => take_vault(cx, community, entry)?,
        _ => false,
    };
    if !allowed {
        return alarm(cx, community);
    }
    db::conversation::save_head(&cx.db, community.id.log(), entry.position(), head)?;
    community.update(cx, |row| {
        row.cursor = entry.position();
        row.head = head;
        row.last_time = entry.server_time();
    })?;
    Ok(())
}

/// What the server shows cannot be this community's log: nothing of it is taken any more.
pub(super) fn alarm(cx: &Cx, community: &LiveCommunity) -> Flow<()> {
    let code = ErrorCode::ForkDetected;
    community.update(cx, |row| row.alarm = Some(code.as_word().to_owned()))?;
    cx.event(Event::Alarm { code: code.as_word().into(), conversation: Some(community.id.to_string()) });
    Err(code.into())
}

/// Who signed the changes, if their device did, for this place in the log.
pub(crate) fn author_of(
    community: asterism_wire::CommunityId,
    seq: Seq,
    previous: Hash,
    body: &GovernanceBody,
) -> Option<AccountId> {
    let leaf = check_credential(&body.author, &body.author_key).ok()?;
    let signed = signing::governance(community, seq, previous, &body.changes);
    verify(&body.author_key, &signed, &body.signature).ok()?;
    Some(leaf.account)
}

fn take_governance(cx: &Cx, community: &LiveCommunity, entry: &Entry, previous: Hash) -> Flow<bool> {
    let Ok(body) = GovernanceBody::decode(entry.body.clone()) else { return Ok(false) };
    let (seq, at) = (entry.position(), entry.server_time());
    let Some(author) = author_of(community.id, seq, previous, &body) else { return Ok(false) };
    let before = community.policy().ok();
    let Ok(next) = decide_community(community.id, before.as_ref(), author, &body.changes, seq, at) else {
        return Ok(false);
    };
    let opens = before.as_ref().is_none_or(|before| before.epoch != next.epoch);
    // What was read after those announcements rests on an older log: the server must not have taken it.
    if opens && community.row().posts > Seq(next.epoch_posts) {
        return Ok(false);
    }
    if before.as_ref().is_none_or(|before| before.roles != next.roles) {
        db::community::save_roles(&cx.db, community.id, seq, &next)?;
        note_admins(cx, &next)?;
    }
    if opens {
        db::community::save_epoch(&cx.db, community.id, &next)?;
    }
    db::community::save_entry(&cx.db, community.id, seq, at, &entry.body)?;
    community.set_policy(cx, next)?;
    Ok(true)
}

/// So that their names are looked up.
fn note_admins(cx: &Cx, policy: &CommunityState) -> Flow<()> {
    for grant in &policy.roles {
        db::people::touch(&cx.db, grant.account.as_slice().try_into()?)?;
    }
    crate::people::refresh_soon(cx);
    Ok(())
}

fn take_vault(cx: &Cx, community: &Rc<LiveCommunity>, entry: &Entry) -> Flow<bool> {
    let Ok(record) = VaultRecord::decode(entry.body.clone()) else { return Ok(false) };
    let Ok(writer) = format::check_record(community.id.log(), &record) else { return Ok(false) };
    let policy = community.policy()?;
    let allowed =
        may_write_community_vault(&policy, writer.account, &record.name, entry.server_time()).is_ok();
    let known = db::vault::load(&cx.db, community.id.log(), &record.name)?.map_or(0, |row| row.version);
    if !allowed || record.generation != policy.epoch || record.version != known + 1 {
        return Ok(false);
    }
    directory::store(cx, community, &record)?;
    Ok(true)
}

/// The changes of an entry that was taken before.
pub(crate) fn changes_of(body: &[u8]) -> Option<(AccountId, CommunityChanges)> {
    let body = GovernanceBody::decode(body).ok()?;
    let author = check_credential(&body.author, &body.author_key).ok()?.account;
    Some((author, CommunityChanges::read(&body.changes).ok()?))
}

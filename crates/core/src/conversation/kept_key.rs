//! The conversation's newest vault key in the account's own vault, for devices that come later
//! (docs/protocol.md §3.8, §7.3).

use super::{Live, vault};
use crate::{
    cx::Cx,
    db,
    fault::{Fault, Flow},
    formats::{VaultKey, own::KeptKey},
    own,
};
use asterism_wire::{
    ConversationId, ErrorCode, Seq,
    frame::{self, Request},
};
use std::rc::Rc;

fn name(id: ConversationId) -> String {
    format!("{}{id}", own::KEYS)
}

fn kept(cx: &Cx, id: ConversationId) -> Flow<Option<KeptKey>> {
    Ok(own::get(cx, &name(id))?.and_then(|value| KeptKey::from_value(&value).ok()))
}

/// Keeps the present key, unless it is kept already. `since` is where the log stands.
pub(crate) fn keep(cx: &Cx, live: &Live, since: Seq) -> Flow<()> {
    let generation = live.row().vault_generation;
    let Some(key) = db::vault::key(&cx.db, live.id, generation)? else { return Ok(()) };
    let new = KeptKey { generation, key: VaultKey::new(*key), since };
    if kept(cx, live.id)?.is_some_and(|old| old.is_as_good_as(&new)) {
        return Ok(());
    }
    own::put(cx, &name(live.id), new.to_value())
}

/// A device that lacks the vault key looks for it among what its account has kept. Nobody hears of it if that fails:
/// then a member is asked.
pub(crate) async fn recall(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    match try_recall(cx, live).await {
        Err(Fault::Api(error)) => {
            tracing::debug!(code = error.code.as_word(), "no vault key was found in the own vault");
            Ok(())
        }
        other => other,
    }
}

async fn try_recall(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    let wanted = live.row().vault_generation;
    if db::vault::key(&cx.db, live.id, wanted)?.is_some() {
        return Ok(());
    }
    if kept(cx, live.id)?.is_none_or(|kept| kept.generation != wanted) {
        own::read(cx, &name(live.id)).await?;
    }
    let Some(KeptKey { generation, key, .. }) = kept(cx, live.id)? else { return Ok(()) };
    // An earlier one does not let this device act, but it opens what was sealed before.
    if generation > wanted || db::vault::key(&cx.db, live.id, generation)?.is_some() {
        return Ok(());
    }
    let request =
        frame::GetVault { conversation: live.id.to_vec(), after_name: String::new(), names: Vec::new() };
    let page: frame::VaultPage = cx.call(Request::GetVault(request)).await?;
    if !vault::is_proven(live.id, cx.me()?.account, generation, &key, &page) {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    db::vault::save_key(&cx.db, live.id, generation, key.as_bytes())?;
    Ok(())
}

/// The vault key of the present generation, for what cannot be done without it.
pub(crate) async fn need(cx: &Cx, live: &Rc<Live>) -> Flow<VaultKey> {
    recall(cx, live).await?;
    if let Some(key) = db::vault::key(&cx.db, live.id, live.row().vault_generation)? {
        return Ok(VaultKey::new(*key));
    }
    vault::ask_for_keys(cx, live)?;
    Err(ErrorCode::WaitingForKey.into())
}

//! New conversations: a group, or a direct conversation with somebody (docs/protocol.md §4.1).

use super::{Live, commit, commit::Intent, events, insert, kept_key, signals, vault};
use crate::{
    account,
    api::{Answer, ApiError},
    cx::{Cx, Namespace},
    db::{
        self,
        conversation::{ConversationRow, State, Way},
        vault::VaultRow,
    },
    fault::{Fault, Flow},
    formats::{
        ProfileKey, VaultKey,
        vault::{self as format, Meta},
    },
    sync,
};
use asterism_mls::{group::Group, suite::Suite};
use asterism_policy::PolicyState;
use asterism_wire::{
    AccountId, ConversationId, Epoch, ErrorCode, Seq,
    frame::{self, Request},
    handle::Handle,
    head, limits,
    vault::{META, VaultRecord},
};
use std::rc::Rc;

/// Checks a name and description.
pub(crate) fn check_meta(name: &str, description: &str) -> Flow<Meta> {
    if description.chars().count() > limits::DESCRIPTION_CHARS_MAX {
        return Err(
            ApiError::new(ErrorCode::InvalidName, "a description has at most 2,048 characters").into()
        );
    }
    Ok(Meta { name: account::check_name(name)?, description: description.trim().to_owned() })
}

/// `asterism group create`.
pub(crate) async fn group(
    cx: &Cx,
    name: &str,
    description: Option<String>,
    quantum_safe: bool,
) -> Flow<Answer> {
    let meta = check_meta(name, description.as_deref().unwrap_or_default())?;
    let me = cx.me()?;
    let id = ConversationId(cx.random());
    let suite = if quantum_safe { Suite::Hybrid } else { Suite::Classic };
    let live = found(cx, id, &PolicyState::group(id, me.account), suite, Some(&meta), None).await?;
    Ok(Answer::Group { group: live.id.to_string() })
}

/// The direct conversation with an account, created when there is none.
pub(crate) async fn direct(cx: &Cx, handle: &str) -> Flow<Rc<Live>> {
    let handle = Handle::parse(handle).map_err(|_| ApiError::of(ErrorCode::InvalidHandle))?;
    let known = db::people::by_handle(&cx.db, handle.as_str())?;
    let peer = match known.filter(|peer| find_direct(cx, *peer).is_some()) {
        Some(peer) => peer,
        None => account::look_up(cx, &handle).await?,
    };
    let me = cx.me()?;
    if peer == me.account {
        return Err(ApiError::new(ErrorCode::UnknownTarget, "this is your own handle").into());
    }
    let live = match find_direct(cx, peer) {
        Some(live) => live,
        None => {
            let id = ConversationId(cx.random());
            let state = PolicyState::direct(id, me.account, peer);
            found(cx, id, &state, Suite::Hybrid, None, Some(peer)).await?
        }
    };
    if live.state() == State::Request {
        accept(cx, &live)?;
    }
    let alone = live.group(cx)?.roster().leaves_of(peer) == 0;
    if alone {
        let packages = super::members::claim(cx, peer, true).await?;
        commit::commit(cx, &live, Intent::Add(packages)).await?;
    }
    Ok(live)
}

/// The direct conversation with an account. When both began one at the same time, the lower id counts for both.
pub(crate) fn find_direct(cx: &Cx, peer: AccountId) -> Option<Rc<Live>> {
    let live = cx.live.borrow();
    live.values().find(|l| l.row.borrow().peer == Some(peer) && l.is_member()).cloned()
}

/// Accepts a stranger's request.
pub(crate) fn accept(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    live.update(cx, |row| row.state = State::Active)?;
    events::conversation_changed(cx, live)?;
    signals::confirm_request(cx, live);
    cx.spawn_quiet("profile into vault", vault::share_profile(Rc::clone(cx), Rc::clone(live)));
    Ok(())
}

pub(crate) async fn found(
    cx: &Cx,
    id: ConversationId,
    state: &PolicyState,
    suite: Suite,
    meta: Option<&Meta>,
    peer: Option<AccountId>,
) -> Flow<Rc<Live>> {
    let me = cx.me()?;
    let provider = cx.provider(&Namespace::conversation(id, 0));
    let (group, genesis) = Group::create(&provider, &cx.device_key()?, &me.credential, suite, state)
        .map_err(|_| Fault::Db(db::DbError::Damaged))?;
    let key = VaultKey::new(cx.random());
    db::vault::save_key(&cx.db, id, 0, key.as_bytes())?;
    let records = first_records(cx, id, &key, meta)?;

    let kind = super::kind_word(state);
    let anchor = (Seq(0), head::genesis(id));
    let row = ConversationRow {
        peer,
        way: Way::Founding,
        ..ConversationRow::new(id, kind, State::Joining, anchor, Epoch::default(), cx.now())
    };
    let live = insert(cx, row)?;
    live.set_group(Some(group));
    live.vault_read.set(true);
    live.founding.set(true);

    let request = Request::CreateConversation(frame::CreateConversation {
        conversation: id.to_vec(),
        group_info: genesis.group_info,
        ratchet_tree: genesis.ratchet_tree,
        vault: records,
    });
    if let Err(error) = cx.call::<frame::Accepted>(request).await {
        forget(cx, &live)?;
        return Err(error.into());
    }
    taken(cx, &live)?;
    match read_back(cx, &live).await {
        // It is there: the next round reads what cannot be read now.
        Ok(()) | Err(Fault::Api(_)) => {}
        Err(error) => return Err(error),
    }
    kept_key::keep(cx, &live, live.cursor())?;
    events::conversation_changed(cx, &live)?;
    Ok(live)
}

async fn read_back(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    sync::subscribe(cx, live).await?;
    sync::catch_up(cx, live).await
}

fn taken(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    live.founding.set(false);
    Ok(live.update(cx, |row| (row.state, row.was_in) = (State::Active, true))?)
}

/// A founding of an earlier run whose answer never came: what the server has not taken never was. It is not offered
/// again: nobody was told that it is there, and whoever still wants it has asked again.
pub(crate) async fn resume(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    if live.founding.get() {
        return Ok(());
    }
    let request = frame::Subscribe { conversations: vec![live.id.to_vec()] };
    let subscribed: frame::Subscribed = cx.call(Request::Subscribe(request)).await?;
    let mut standings = subscribed.standings.iter();
    if !standings.any(|standing| standing.member && standing.conversation == live.id.as_bytes()) {
        return forget(cx, live);
    }
    taken(cx, live)?;
    events::conversation_changed(cx, live)
}

/// The server did not take the conversation: nothing of it stays.
pub(crate) fn forget(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    live.set_group(None);
    super::open::forget_all(cx, live)?;
    db::conversation::delete(&cx.db, live.id)?;
    cx.live.borrow_mut().remove(&live.id);
    Ok(())
}

fn first_records(cx: &Cx, id: ConversationId, key: &VaultKey, meta: Option<&Meta>) -> Flow<Vec<VaultRecord>> {
    let me = cx.me()?;
    let profile = format::profile_key_to_value(&ProfileKey::new(*me.profile_key)).to_vec();
    let mut values = vec![(vault::profile_name(me.account), profile)];
    if let Some(meta) = meta {
        values.push((META.to_owned(), meta.to_value()));
    }
    values
        .into_iter()
        .map(|(name, value)| {
            let row = VaultRow { version: 1, generation: 0, value: Some(value.clone()) };
            db::vault::save(&cx.db, id, &name, &row)?;
            vault::seal(cx, id, &name, 1, 0, key, &value)
        })
        .collect()
}

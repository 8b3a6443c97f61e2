//! Being added: an envelope in this device's inbox (docs/protocol.md §5.4).

use super::{Live, events, insert, kept_key, vault};
use crate::{
    cx::{Cx, Namespace},
    db::{
        self,
        conversation::{ConversationRow, State},
    },
    fault::{Fault, Flow},
    formats::envelope,
    sync,
};
use asterism_mls::{
    group::{Group, JoinError},
    key_package,
    welcome::{Parts, compose},
};
use asterism_policy::Kind;
use asterism_wire::{
    AccountId, ConversationId, Epoch, ErrorCode, Hash, Seq,
    frame::{self, InboxItem, Request},
};
use std::rc::Rc;

/// Length of a key package reference (SHA-256), which precedes the sealed envelope.
const REF_LEN: usize = 32;

/// A group that this device was let into.
struct Joined {
    group: Group,
    inside: envelope::Envelope,
    incarnation: u32,
}

/// Takes one inbox item. What cannot be used is skipped: the adder sees that this device never came, and this
/// device enters by itself when it is listed as a member.
pub(crate) async fn take(cx: &Cx, item: &InboxItem) -> Flow<()> {
    let id = ConversationId::try_from(item.conversation.as_slice())?;
    let here = cx.live.borrow().get(&id).cloned();
    if let Some(live) = &here
        && is_in(cx, live, Seq(item.commit_seq)).await?
    {
        return Ok(());
    }
    let Some(info) = join_info(cx, id, item).await? else { return Ok(()) };
    let incarnation = here.as_ref().map_or(0, |live| live.row().incarnation + 1);
    let Some((group, inside)) = open(cx, id, incarnation, item, &info)? else { return Ok(()) };
    let joined = Joined { group, inside, incarnation };
    let row = row(cx, item, &info, &joined, here.is_some())?;
    let Joined { group, inside, .. } = joined;
    db::vault::save_key(&cx.db, id, inside.generation, inside.vault_key.as_bytes())?;
    for leaf in group.leaves() {
        db::people::touch(&cx.db, leaf.leaf.account)?;
    }
    let live = insert(cx, row)?;
    live.set_group(Some(group));
    settled(cx, &live).await
}

/// Only who is out can be let in: this device's own log must say so, or the server that it is no member.
async fn is_in(cx: &Cx, live: &Rc<Live>, commit: Seq) -> Flow<bool> {
    if !live.is_member() {
        return Ok(false);
    }
    if live.cursor() >= commit {
        return Ok(true);
    }
    match sync::reach(cx, live, commit).await {
        Ok(()) => Ok(live.is_member()),
        Err(Fault::Api(error)) if error.code == ErrorCode::NotAMember => Ok(false),
        Err(error) => Err(error),
    }
}

/// `None` for who was removed again before it came, or whose commit was voided.
async fn join_info(cx: &Cx, id: ConversationId, item: &InboxItem) -> Flow<Option<frame::JoinInfo>> {
    let request = frame::GetJoinInfo {
        conversation: id.to_vec(),
        at_seq: item.commit_seq,
        ticket: Vec::new(),
        ticket_signature: Vec::new(),
    };
    match cx.call::<frame::JoinInfo>(Request::GetJoinInfo(request)).await {
        Ok(info) => Ok(Some(info)),
        Err(error) if matches!(error.code(), Some(ErrorCode::NotAMember | ErrorCode::Expired)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The conversation as of the commit that brought this device in.
fn row(
    cx: &Cx,
    item: &InboxItem,
    info: &frame::JoinInfo,
    joined: &Joined,
    was_known: bool,
) -> Flow<ConversationRow> {
    let state = joined.group.state();
    let standing = info.standing.ok_or(ErrorCode::ServerMisbehaved)?;
    let anchor = (Seq(item.commit_seq), Hash::try_from(info.head.as_slice())?);
    let epoch = Epoch { number: standing.epoch, opened_by: Seq(item.commit_seq) };
    if joined.inside.generation != state.vault_generation
        || joined.group.epoch() != epoch.number
        || standing.epoch_opened_by != item.commit_seq
    {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    let (me, id) = (cx.me()?.account, ConversationId::try_from(item.conversation.as_slice())?);
    let mut row = ConversationRow::new(id, super::kind_word(state), State::Active, anchor, epoch, cx.now());
    row.was_in = true;
    row.incarnation = joined.incarnation;
    row.vault_generation = state.vault_generation;
    row.last_time = asterism_wire::Timestamp(info.server_time_ms);
    if state.kind() == Kind::Direct {
        let other = state.participants.iter().find(|p| p.as_slice() != me.as_bytes());
        row.peer = other.and_then(|p| AccountId::try_from(p.as_slice()).ok());
        row.state = if was_known { State::Active } else { State::Request };
    }
    Ok(row)
}

async fn settled(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    sync::subscribe(cx, live).await?;
    sync::catch_up(cx, live).await?;
    kept_key::keep(cx, live, live.cursor())?;
    vault::read(cx, live).await?;
    if live.state() == State::Active {
        cx.spawn_quiet("profile into vault", vault::share_profile(Rc::clone(cx), Rc::clone(live)));
    }
    events::conversation_changed(cx, live)
}

fn open(
    cx: &Cx,
    id: ConversationId,
    incarnation: u32,
    item: &InboxItem,
    info: &frame::JoinInfo,
) -> Flow<Option<(Group, envelope::Envelope)>> {
    let me = cx.me()?;
    let provider = cx.provider(&Namespace::conversation(id, incarnation));
    let Some((reference, sealed)) = item.envelope.split_at_checked(REF_LEN) else { return Ok(None) };
    let damaged = || Fault::Db(db::DbError::Damaged);
    let Some(private) = key_package::entry_private(&provider, reference).map_err(|_| damaged())? else {
        return Ok(None);
    };
    let Ok(inside) = envelope::open_envelope(&private, id, me.device, sealed) else { return Ok(None) };
    let parts = Parts { secrets: inside.welcome.clone(), info: info.welcome_info.clone() };
    let Ok(welcome) = compose(&parts) else { return Ok(None) };
    match Group::join(&provider, &welcome, &info.ratchet_tree) {
        Ok(group) => Ok(Some((group, inside))),
        Err(JoinError::Storage(_)) => Err(damaged()),
        Err(_) => Ok(None),
    }
}

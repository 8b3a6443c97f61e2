//! Entering by an external commit: by a link, or as a further, recovered or repaired device (docs/protocol.md §4.4, §5.2).

use super::{
    Live, again, create, events, insert, invite, invite::Looked, kept_key, lineage, send, take_commit, vault,
};
use crate::{
    api::{Answer, ApiError},
    cx::{Cx, Namespace},
    db::{
        self,
        came_by::CameBy,
        conversation::{ConversationRow, PendingCommit, State, Way},
    },
    fault::{Fault, Flow},
    formats::{VaultKey, vault as format},
    sync,
};
use asterism_mls::{
    group::{EnterError, EnterOffer, Entry, Group},
    keys::SigningKey,
    link::LinkKeys,
};
use asterism_policy::{Kind, PolicyState};
use asterism_wire::{
    AccountId, CommunityId, ConversationId, Epoch, ErrorCode, Hash, IdempotencyKey, Seq, Timestamp,
    frame::{self, Request},
    signing,
};
use prost::Message as _;
use std::rc::Rc;
use zeroize::Zeroizing;

/// How often an entry is tried again when others commit at the same time.
const ATTEMPTS_MAX: u32 = 40;

/// By what right.
#[derive(Clone, Copy)]
pub(super) enum Right<'a> {
    Link(&'a Looked),
    /// By a link in the directory of a community, which the group must be of.
    Listed(&'a Looked, CommunityId),
    OwnDevice,
}

impl<'a> Right<'a> {
    fn way(self) -> Way {
        match self {
            Self::Link(_) | Self::Listed(..) => Way::Link,
            Self::OwnDevice => Way::OwnDevice,
        }
    }

    fn link(self) -> Option<&'a LinkKeys> {
        match self {
            Self::Link(looked) | Self::Listed(looked, _) => Some(&looked.keys),
            Self::OwnDevice => None,
        }
    }

    fn came_by(self) -> Option<CameBy> {
        let came_by = |looked: &Looked, community| {
            Some(CameBy { secret: Zeroizing::new(looked.link.secret), community })
        };
        match self {
            Self::Link(looked) => came_by(looked, None),
            Self::Listed(looked, community) => came_by(looked, Some(community)),
            Self::OwnDevice => None,
        }
    }

    fn leads_to(self, state: &PolicyState) -> bool {
        match self {
            Self::Listed(_, community) => state.kind() == Kind::Group && state.community() == Some(community),
            Self::Link(_) | Self::OwnDevice => true,
        }
    }
}

/// `asterism join LINK`.
pub(crate) async fn join(cx: &Cx, link: &str) -> Flow<Answer> {
    if let Some(live) = invite::is_in_by(cx, link)? {
        return Ok(Answer::Joined { group: live.id.to_string(), state: "joined".into() });
    }
    let looked = invite::look(cx, link).await?;
    if looked.info.community {
        return crate::community::join::by_link(cx, &looked).await;
    }
    let id = invite::open(&looked)?.conversation;
    let joined = || Answer::Joined { group: id.to_string(), state: "joined".into() };
    let present = cx.live.borrow().get(&id).is_some_and(|live| live.is_member());
    if present {
        return Ok(joined());
    }
    enter(cx, id, Right::Link(&looked)).await?;
    Ok(joined())
}

/// Enters a group by the link that the directory of a community has of it. What an admin has written there may lead
/// anywhere: to another group, out of the community, or to a community, which would have groups to enter, too.
pub(crate) async fn enter_listed(
    cx: &Cx,
    community: CommunityId,
    group: ConversationId,
    link: &str,
) -> Flow<()> {
    let looked = invite::look(cx, link).await?;
    if looked.info.community || looked.info.conversation != group.as_bytes() {
        return Err(ErrorCode::UnknownLink.into());
    }
    enter(cx, group, Right::Listed(&looked, community)).await
}

/// Enters a conversation in which other devices of the account are.
///
/// # Errors
/// `not_a_member`, also when there is no such conversation.
pub(crate) async fn enter_as_own_device(cx: &Cx, id: ConversationId) -> Flow<()> {
    enter(cx, id, Right::OwnDevice).await
}

/// After a recovery: back into every conversation of the account. Tells whether nothing is left to be tried again.
pub(crate) async fn rejoin_all(cx: &Cx) -> Flow<bool> {
    let mut all_done = true;
    let list: frame::Conversations = cx.call(Request::ListConversations(frame::ListConversations {})).await?;
    for id in list.conversations {
        let id = ConversationId::try_from(id.as_slice())?;
        let here = cx.live.borrow().get(&id).is_some_and(|live| live.is_member() || is_founding(live));
        if here {
            continue;
        }
        match enter(cx, id, Right::OwnDevice).await {
            Ok(()) => {}
            Err(Fault::Api(error)) => {
                tracing::debug!(code = error.code.as_word(), "a conversation was not entered");
                all_done &= !sync::is_passing(error.code);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(all_done)
}

/// The server may know it already.
pub(super) fn is_founding(live: &Live) -> bool {
    live.state() == State::Joining && live.row.borrow().way == Way::Founding
}

/// This device's state is of no use any more: it enters anew in its own place (docs/protocol.md §4.7).
pub(crate) async fn repair(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    db::count(&cx.db, "epoch_repairs", 1)?;
    lineage::keep(cx, live)?;
    let now = cx.now();
    live.update(cx, |row| row.repaired_at = now)?;
    enter(cx, live.id, Right::OwnDevice).await
}

async fn enter(cx: &Cx, id: ConversationId, right: Right<'_>) -> Flow<()> {
    let live = {
        // Two entries of one device would take each other's state away.
        let _turn = cx.entry_lock.lock().await;
        let present = cx.live.borrow().get(&id).is_some_and(|live| live.is_member());
        if present && right.link().is_some() {
            return Ok(());
        }
        repeat_entry(cx, id, right).await?
    };
    settled(cx, &live).await
}

/// Enters, or leaves nothing behind that would be tried again in vain.
pub(super) async fn repeat_entry(cx: &Cx, id: ConversationId, right: Right<'_>) -> Flow<Rc<Live>> {
    let entered = attempt_entries(cx, id, right).await;
    if let Err(Fault::Api(error)) = &entered {
        give_up(cx, id, right, error.code)?;
    }
    entered
}

pub(super) async fn attempt_entries(cx: &Cx, id: ConversationId, right: Right<'_>) -> Flow<Rc<Live>> {
    for attempt in 0..ATTEMPTS_MAX {
        if attempt > 0 {
            cx.sleep_ms(cx.random_below(40 << attempt.min(6))).await;
        }
        match attempt_entry(cx, id, right).await? {
            Some(live) => return Ok(live),
            None => continue,
        }
    }
    Err(ErrorCode::StaleEpoch.into())
}

async fn join_info(cx: &Cx, id: ConversationId, right: Right<'_>) -> Flow<frame::JoinInfo> {
    let me = cx.me()?;
    loop {
        let greeting = cx.online().await.map_err(Fault::from)?;
        let (ticket, ticket_signature) = match right.link() {
            None => (Vec::new(), Vec::new()),
            Some(keys) => {
                let signed = signing::join_info_request(&greeting.nonce, id, keys.ticket_id, me.account);
                (keys.ticket_id.to_vec(), keys.signing.sign(&signed).to_vec())
            }
        };
        let request = frame::GetJoinInfo { conversation: id.to_vec(), at_seq: 0, ticket, ticket_signature };
        // The signature is over this connection's nonce, so it is made anew on another one.
        if let Ok(answer) = cx.call_once(Request::GetJoinInfo(request)).await {
            return answer.map_err(Fault::from);
        }
    }
}

/// A device's commit of itself into a group, built and not yet offered.
struct Entering {
    group: Group,
    offer: EnterOffer,
    /// The last entry before it, and the epoch that it closes.
    anchor: (Seq, Hash),
    epoch: Epoch,
    incarnation: u32,
    /// From the link's wrap, with its generation.
    vault_key: Option<(u64, VaultKey)>,
}

/// One try; `None` when somebody else committed first.
async fn attempt_entry(cx: &Cx, id: ConversationId, right: Right<'_>) -> Flow<Option<Rc<Live>>> {
    let info = join_info(cx, id, right).await?;
    if let (Right::OwnDevice, Ok(live)) = (right, super::find(cx, id)) {
        lineage::check(cx, &live, &info).await?;
    }
    let Some(entering) = build(cx, id, right, &info)? else { return Ok(None) };
    let (live, request) = write_down(cx, id, right, entering)?;
    submit(cx, live, request).await
}

/// The commit for what the server has shown; `None` when that belongs to two epochs. Of what is not to be entered no
/// state stays: the next try would stumble on it.
fn build(cx: &Cx, id: ConversationId, right: Right<'_>, info: &frame::JoinInfo) -> Flow<Option<Entering>> {
    let incarnation = cx.live.borrow().get(&id).map_or(0, |live| live.row().incarnation + 1);
    let namespace = Namespace::conversation(id, incarnation);
    let built = build_in(cx, (id, incarnation), &namespace, right, info);
    if !matches!(built, Ok(Some(_))) {
        cx.overlay.delete_prefix(&namespace.key_prefix())?;
    }
    built
}

fn build_in(
    cx: &Cx,
    (id, incarnation): (ConversationId, u32),
    namespace: &Namespace,
    right: Right<'_>,
    info: &frame::JoinInfo,
) -> Flow<Option<Entering>> {
    let standing = info.standing.ok_or(ErrorCode::ServerMisbehaved)?;
    let anchor = (Seq(standing.head_seq), Hash::try_from(info.head.as_slice())?);
    let epoch = Epoch { number: standing.epoch, opened_by: Seq(standing.epoch_opened_by) };
    let vault_key = wrapped_key(id, right, info)?;
    let me = cx.me()?;
    let account_key = SigningKey::from_seed(*me.account_seed);
    let entered = Group::enter(
        &cx.provider(namespace),
        &cx.device_key()?,
        &me.credential,
        &info.group_info,
        &info.ratchet_tree,
        entry_by(cx, right, vault_key.as_ref(), &account_key)?,
        epoch,
        anchor,
    );
    let (group, offer) = match entered {
        Ok(entered) => entered,
        Err(EnterError::WrongEpoch) => return Ok(None),
        Err(error) => return Err(enter_error(&error)),
    };
    if vault_key.as_ref().is_some_and(|(generation, _)| *generation != group.state().vault_generation) {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    if !right.leads_to(group.state()) {
        return Err(ErrorCode::UnknownLink.into());
    }
    Ok(Some(Entering { group, offer, anchor, epoch, incarnation, vault_key }))
}

#[cfg_attr(not(feature = "hostile"), expect(unused_variables, reason = "a deed is the core's"))]
fn entry_by<'a>(
    cx: &Cx,
    right: Right<'a>,
    vault_key: Option<&(u64, VaultKey)>,
    account_key: &'a SigningKey,
) -> Flow<Entry<'a>> {
    match (right.link(), vault_key) {
        (Some(link), Some((_, key))) => {
            #[cfg(feature = "hostile")]
            let key = &cx
                .take_deed(|deed| {
                    matches!(deed, crate::hostile::Deed::OtherPsk).then_some(VaultKey::new([5; 32]))
                })
                .unwrap_or_else(|| key.clone());
            Ok(Entry::Ticket { link, vault_key: *key.as_bytes() })
        }
        (Some(_), None) => Err(ErrorCode::UnknownLink.into()),
        (None, _) => Ok(Entry::OwnDevice { account_key }),
    }
}

/// Before it leaves the device: the conversation as being entered, and the whole request.
fn write_down(
    cx: &Cx,
    id: ConversationId,
    right: Right<'_>,
    entering: Entering,
) -> Flow<(Rc<Live>, frame::SubmitCommit)> {
    let live = prepare(cx, id, right, &entering)?;
    let Entering { group, offer, epoch, vault_key, .. } = entering;
    let key = IdempotencyKey(cx.random());
    let request = frame::SubmitCommit {
        conversation: id.to_vec(),
        idempotency: key.to_vec(),
        epoch_opened_by: epoch.opened_by.0,
        commit: offer.commit.clone().into(),
        group_info: offer.group_info,
        ..Default::default()
    };
    let pending = PendingCommit {
        idempotency: key,
        body_hash: signing::sha256(&offer.commit),
        request: request.encode_to_vec(),
    };
    live.set_group(Some(group));
    db::came_by::begin(&cx.db, id, right.came_by().as_ref())?;
    if let Some((generation, key)) = &vault_key {
        db::vault::save_key(&cx.db, id, *generation, key.as_bytes())?;
    }
    db::conversation::save_pending_commit(&cx.db, id, &pending)?;
    Ok((live, request))
}

/// Offers the commit; `None` when another one won.
async fn submit(cx: &Cx, live: Rc<Live>, request: frame::SubmitCommit) -> Flow<Option<Rc<Live>>> {
    match cx.call::<frame::Accepted>(Request::SubmitCommit(request)).await {
        Ok(accepted) => {
            entered_at(cx, &live, Seq(accepted.seq)).await?;
            Ok(Some(live))
        }
        // This try is worth nothing, the next one begins from the new epoch.
        Err(error) if error.code() == Some(ErrorCode::StaleEpoch) => {
            forget_try(cx, &live)?;
            Ok(None)
        }
        Err(error) => {
            // What may succeed later is asked again, with the same words, by the next round.
            if !error.code().is_some_and(sync::is_passing) {
                undo(cx, &live)?;
            }
            Err(error.into())
        }
    }
}

/// The state of a try that did not come through goes; the conversation stays as being entered.
pub(super) fn forget_try(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    live.set_group(None);
    super::open::forget_all(cx, live)?;
    db::conversation::clear_pending_commit(&cx.db, live.id)?;
    Ok(())
}

fn enter_error(error: &EnterError) -> Fault {
    match error {
        EnterError::UnknownTicket => ErrorCode::UnknownLink.into(),
        EnterError::NotAParticipant => ErrorCode::NotAMember.into(),
        EnterError::VersionFloor => ErrorCode::UpgradeRequired.into(),
        EnterError::Storage(_) | EnterError::Exists => Fault::Db(db::DbError::Damaged),
        EnterError::Library => ErrorCode::Internal.into(),
        _ => ErrorCode::ServerMisbehaved.into(),
    }
}

fn wrapped_key(
    id: ConversationId,
    right: Right<'_>,
    info: &frame::JoinInfo,
) -> Flow<Option<(u64, VaultKey)>> {
    let (Some(keys), Some(wrap)) = (right.link(), &info.wrap) else { return Ok(None) };
    let opened = format::open_wrap(&keys.seal_private, id, keys.ticket_id, wrap);
    Ok(Some(opened.map_err(|_| ApiError::of(ErrorCode::ServerMisbehaved))?))
}

/// Writes down that this device is about to enter. Messages that it has from before stay.
fn prepare(cx: &Cx, id: ConversationId, right: Right<'_>, entering: &Entering) -> Flow<Rc<Live>> {
    let me = cx.me()?.account;
    let Entering { group, anchor, epoch, incarnation, .. } = entering;
    let direct = group.state().kind() == Kind::Direct;
    let peer = direct.then(|| peer_of(group, me)).flatten();
    let earlier = cx.live.borrow().get(&id).map(|live| live.row());
    let mut row =
        ConversationRow::new(id, super::kind_word(group.state()), State::Joining, *anchor, *epoch, cx.now());
    row.peer = peer;
    row.incarnation = *incarnation;
    row.vault_generation = group.state().vault_generation;
    row.way = right.way();
    if let Some(earlier) = earlier {
        row.was_in = earlier.was_in;
        row.read_seq = earlier.read_seq;
        row.created_at = earlier.created_at;
        row.repaired_at = earlier.repaired_at;
    } else if matches!(right, Right::OwnDevice) {
        // When it began, a device that comes back into it does not know: rooms in which something is new come first.
        row.created_at = Timestamp(0);
    }
    insert(cx, row)
}

fn peer_of(group: &Group, me: AccountId) -> Option<AccountId> {
    let other = group.state().participants.iter().find(|p| p.as_slice() != me.as_bytes())?;
    AccountId::try_from(other.as_slice()).ok()
}

/// The server has taken the entry: the group stands in the epoch that it opened, and this device reads from that
/// commit on. What was appended between its anchor and the commit is not for it; the commit's head is its anchor now.
pub(super) async fn entered_at(cx: &Cx, live: &Rc<Live>, seq: Seq) -> Flow<()> {
    let request = frame::Fetch { conversation: live.id.to_vec(), from_seq: seq.0, entries_max: 1 };
    let page: frame::Entries = cx.call(Request::Fetch(request)).await?;
    let pending = db::conversation::pending_commit(&cx.db, live.id)?.ok_or(ErrorCode::Internal)?;
    let entry = page.entries.first().ok_or(ErrorCode::ServerMisbehaved)?;
    if entry.position() != seq || entry.body_hash()? != pending.body_hash {
        return Err(ErrorCode::ServerMisbehaved.into());
    }
    let head = Hash::try_from(entry.head.as_slice())?;
    db::conversation::save_head(&cx.db, live.id, seq, head)?;
    db::conversation::clear_pending_commit(&cx.db, live.id)?;
    db::came_by::entered(&cx.db, live.id)?;
    let number = live.group(cx)?.epoch();
    live.update(cx, |row| {
        row.state = State::Active;
        row.was_in = true;
        row.cursor = seq;
        row.head = head;
        row.last_time = entry.server_time();
        row.joined_seq = seq;
        row.epoch = Epoch { number, opened_by: seq };
    })?;
    Ok(())
}

/// The entry was refused before it was offered. A link is the person's to use again; a device of the account goes on
/// trying by itself, as long as the server does not say that the account is out.
fn give_up(cx: &Cx, id: ConversationId, right: Right<'_>, code: ErrorCode) -> Flow<()> {
    let Ok(live) = super::find(cx, id) else { return Ok(()) };
    let row = live.row();
    let is_of_this_entry = row.state == State::Joining && row.way == right.way();
    // It may have been taken: it is asked again with the same words.
    let is_offered = db::conversation::pending_commit(&cx.db, id)?.is_some();
    let goes_on = match row.way {
        Way::OwnDevice => code != ErrorCode::NotAMember,
        // It was in by it, and was put out by nobody.
        _ => sync::is_passing(code) && db::came_by::has_entered(&cx.db, id)?,
    };
    if is_of_this_entry && !is_offered && !goes_on { undo(cx, &live) } else { Ok(()) }
}

/// As it was before the entry: out, or unknown to whoever never was in.
pub(super) fn undo(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    if !live.row().was_in {
        return create::forget(cx, live);
    }
    db::conversation::clear_pending_commit(&cx.db, live.id)?;
    take_commit::left(cx, live).map(drop)
}

pub(super) async fn settled(cx: &Cx, live: &Rc<Live>) -> Flow<()> {
    for leaf in live.group(cx)?.leaves() {
        db::people::touch(&cx.db, leaf.leaf.account)?;
    }
    kept_key::recall(cx, live).await?;
    sync::subscribe(cx, live).await?;
    sync::catch_up(cx, live).await?;
    send::wake(cx, live);
    again::soon(cx, live)?;
    vault::read(cx, live).await?;
    let has_key = db::vault::key(&cx.db, live.id, live.row().vault_generation)?.is_some();
    if has_key {
        kept_key::keep(cx, live, live.cursor())?;
        vault::share_profile(Rc::clone(cx), Rc::clone(live)).await?;
    } else {
        vault::ask_for_keys(cx, live)?;
    }
    events::conversation_changed(cx, live)
}

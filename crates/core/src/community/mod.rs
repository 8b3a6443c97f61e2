//! Communities: their signed logs, sealed channels and directories (docs/protocol.md §10).
//!
//! A community is followed apart from the conversations in it: its log and its announcements are logs of their own,
//! without MLS. Its groups and its admin room are ordinary conversations that name it in their states. What admins
//! do besides is in `admin`.

pub(crate) mod admin;
pub(crate) mod announce;
mod begun;
mod directory;
pub(crate) mod enrol;
pub(crate) mod follow;
pub(crate) mod found;
pub(crate) mod groups;
#[cfg(feature = "hostile")]
mod hostile;
pub(crate) mod invite;
pub(crate) mod join;
mod keys;
pub(crate) mod log;
mod posts;
pub(crate) mod requests;
pub(crate) mod view;

#[cfg(feature = "hostile")]
pub use hostile::OwnKeys;

use crate::{
    api::ApiError,
    conversation::{self, Live},
    cx::Cx,
    db::{
        self, DbResult,
        community::{CommunityRow, State},
        conversation::{ConversationRow, State as ConversationState},
    },
    fault::{CallError, Fault, Flow},
    formats::{begun::WorkId, channel::Subscriber},
    net::FromAnswer,
    own,
    task::TaskLock,
};
use asterism_mls::link::LinkKeys;
use asterism_policy::{CommunityState, Kind, Role};
use asterism_wire::{
    AccountId, CommunityId, ConversationId, Epoch, ErrorCode, Hash, Seq, SubscriberId, Timestamp,
    community::BucketTable,
    frame::{CommunityAccess, Request},
    head, signing,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};
use zeroize::Zeroizing;

/// The word for the kind of conversation that announcements are shown as.
pub(crate) const ANNOUNCEMENTS: &str = "announcements";
/// Likewise for an admins' room.
pub(crate) const ADMIN_ROOM: &str = "admin_room";

/// A community in memory.
pub(crate) struct LiveCommunity {
    pub(crate) id: CommunityId,
    pub(crate) row: RefCell<CommunityRow>,
    policy: RefCell<Option<CommunityState>>,
    /// One flow at a time takes entries.
    pub(crate) follow_lock: Rc<TaskLock>,
    /// One flow at a time renews keys and works in the groups as an admin.
    pub(crate) admin_lock: Rc<TaskLock>,
    /// The bucket table of an epoch, as the server gave it to an admin.
    pub(crate) table: RefCell<Option<(u64, BucketTable)>>,
    /// Subscribers of the lists to whom no seat can be sealed: the server has no key of theirs, or one that is none.
    pub(crate) without_key: RefCell<BTreeSet<SubscriberId>>,
    /// Accounts of which this run has told the server that no link lets them in.
    pub(crate) barred_told: RefCell<BTreeSet<AccountId>>,
    /// Work of several steps that flows are at.
    working: RefCell<Vec<WorkId>>,
    /// When the next look at what falls due later is planned.
    pub(crate) look_planned: Cell<Option<Timestamp>>,
    /// Notes of subscribers that wait to be entered.
    pub(crate) waiting: Cell<u64>,
    /// A look at the log is about to begin.
    pub(crate) queued: Cell<bool>,
    /// The admins' duties are about to be looked at.
    pub(crate) duties_queued: Cell<bool>,
}

impl LiveCommunity {
    pub(crate) fn new(row: CommunityRow, policy: Option<CommunityState>) -> Self {
        Self {
            id: row.id,
            row: RefCell::new(row),
            policy: RefCell::new(policy),
            follow_lock: Rc::default(),
            admin_lock: Rc::default(),
            table: RefCell::default(),
            without_key: RefCell::default(),
            barred_told: RefCell::default(),
            working: RefCell::default(),
            look_planned: Cell::new(None),
            waiting: Cell::new(0),
            queued: Cell::new(false),
            duties_queued: Cell::new(false),
        }
    }

    /// A copy of the row.
    pub(crate) fn row(&self) -> CommunityRow {
        self.row.borrow().clone()
    }

    /// The head of the announcements, if it is known here.
    pub(crate) fn posts_head(&self) -> Flow<Option<Hash>> {
        let row = self.row.borrow();
        if row.posts > Seq(0) {
            Ok(row.posts_head)
        } else {
            Ok(Some(head::genesis(self.policy()?.announcements_id())))
        }
    }

    pub(crate) fn state(&self) -> State {
        self.row.borrow().state
    }

    /// The state that the log has led to.
    pub(crate) fn policy(&self) -> Flow<CommunityState> {
        self.policy.borrow().clone().ok_or_else(|| ErrorCode::NotAMember.into())
    }

    /// Is it the one that is known by its id? One that was forgotten lives on in flows that wait for an answer.
    pub(crate) fn is_known(&self, cx: &Cx) -> bool {
        by_id(cx, self.id).is_some_and(|known| std::ptr::eq(&*known, self))
    }

    /// Takes part, or is about to.
    pub(crate) fn is_here(&self) -> bool {
        matches!(self.state(), State::Active | State::Joining)
    }

    pub(crate) fn set_policy(&self, cx: &Cx, policy: CommunityState) -> DbResult<()> {
        db::community::save_policy(&cx.db, self.id, &policy)?;
        *self.policy.borrow_mut() = Some(policy);
        Ok(())
    }

    /// Changes and writes the row.
    pub(crate) fn update(&self, cx: &Cx, change: impl FnOnce(&mut CommunityRow)) -> DbResult<()> {
        let mut row = self.row.borrow_mut();
        change(&mut row);
        if self.is_known(cx) {
            db::community::save(&cx.db, &row)?;
        }
        drop(row);
        cx.changed.notify();
        Ok(())
    }

    /// One's own role, by this device's clock.
    pub(crate) fn my_role(&self, cx: &Cx) -> Role {
        let now = cx.now().max(self.row.borrow().last_time);
        let policy = self.policy.borrow();
        match (policy.as_ref(), cx.my_account()) {
            (Some(policy), Some(me)) => policy.role(me, now),
            _ => Role::Member,
        }
    }

    pub(crate) fn is_admin(&self, cx: &Cx) -> bool {
        self.my_role(cx) >= Role::Admin
    }

    /// One's own key pair for its channel.
    pub(crate) fn subscriber(&self, cx: &Cx) -> Flow<Subscriber> {
        Ok(Subscriber::derive(&cx.me()?.account_seed, self.id))
    }

    /// The admins' room, while this device is in it.
    pub(crate) fn admin_room(&self, cx: &Cx) -> Option<Rc<Live>> {
        let room = self.policy.borrow().as_ref()?.admin_room_id();
        let room = conversation::find(cx, room).ok().filter(|live| live.is_member())?;
        // Whoever founds a community names its room: it is one only if the room says so itself.
        let is_its = room.group(cx).ok().is_some_and(|group| {
            group.state().kind() == Kind::AdminRoom && group.state().community() == Some(self.id)
        });
        is_its.then_some(room)
    }

    /// The conversation that its announcements are shown as.
    pub(crate) fn announcements(&self, cx: &Cx) -> Flow<Rc<Live>> {
        let id = self.policy()?.announcements_id();
        if let Ok(live) = conversation::find(cx, id) {
            return if live.has_group() { Err(ErrorCode::ServerMisbehaved.into()) } else { Ok(live) };
        }
        let anchor = (Seq(0), head::genesis(id));
        let row = ConversationRow::new(
            id,
            ANNOUNCEMENTS,
            ConversationState::Active,
            anchor,
            Epoch::default(),
            cx.now(),
        );
        conversation::insert(cx, row)
    }
}

/// Puts a community that is not known here into the database and memory; what an earlier time in it has left goes.
pub(crate) fn insert(cx: &Cx, row: CommunityRow) -> Flow<Rc<LiveCommunity>> {
    db::community::delete(&cx.db, row.id)?;
    db::community::save(&cx.db, &row)?;
    let live = Rc::new(LiveCommunity::new(row, None));
    cx.communities.borrow_mut().insert(live.id, Rc::clone(&live));
    cx.changed.notify();
    Ok(live)
}

/// A community by its id.
pub(crate) fn by_id(cx: &Cx, id: CommunityId) -> Option<Rc<LiveCommunity>> {
    cx.communities.borrow().get(&id).cloned()
}

/// The admins' room says that somebody was removed: whichever of the admins' devices looks next goes on with it.
pub(crate) fn removal_begun(cx: &Cx, room: &Live) -> Flow<()> {
    let of = room.group(cx)?.state().community();
    if let Some(community) = of.and_then(|id| by_id(cx, id)).filter(|community| community.is_admin(cx)) {
        admin::duties::soon(cx, &community);
    }
    Ok(())
}

/// Is it the admins' room of a community that there is not? A founding was broken off.
pub(crate) fn is_stray(cx: &Cx, live: &Live) -> bool {
    live.row.borrow().kind == ADMIN_ROOM && live.is_member() && {
        let of = live.group(cx).ok().and_then(|group| group.state().community());
        of.and_then(|id| by_id(cx, id)).is_none_or(|community| !community.is_here())
    }
}

/// The community that a log of announcements or of governance belongs to.
pub(crate) fn of_log(cx: &Cx, log: ConversationId) -> Option<Rc<LiveCommunity>> {
    let all = cx.communities.borrow();
    if let Some(found) = all.get(&CommunityId::from(log)) {
        return Some(Rc::clone(found));
    }
    let is_its = |c: &&Rc<LiveCommunity>| {
        c.policy.borrow().as_ref().is_some_and(|policy| policy.announcements_id() == log)
    };
    all.values().find(is_its).cloned()
}

/// A community that one is in, by id, or by name when unambiguous.
pub(crate) fn find(cx: &Cx, target: &str) -> Flow<Rc<LiveCommunity>> {
    if let Some(found) = target.parse::<CommunityId>().ok().and_then(|id| by_id(cx, id)) {
        return Ok(found);
    }
    let all: Vec<Rc<LiveCommunity>> = cx.communities.borrow().values().cloned().collect();
    let mut found = Vec::new();
    for community in all.into_iter().filter(|c| c.is_here()) {
        if directory::meta(cx, &community)?.name == target {
            found.push(community);
        }
    }
    match found.len() {
        0 => Err(ErrorCode::UnknownTarget.into()),
        1 => Ok(found.remove(0)),
        _ => Err(ApiError::ambiguous(found.iter().map(|c| (c.id.to_string(), "community"))).into()),
    }
}

/// As [`find`], with the log as it is now.
pub(crate) async fn find_current(cx: &Cx, target: &str) -> Flow<Rc<LiveCommunity>> {
    let community = find(cx, target)?;
    follow::follow(cx, &community).await?;
    if community.state() == State::Left { Err(ErrorCode::NotAMember.into()) } else { Ok(community) }
}

/// By what right this device asks.
enum Right {
    Admin,
    Subscriber,
    Link(Box<LinkKeys>),
    Group(ConversationId),
}

fn right(cx: &Cx, community: &LiveCommunity) -> Right {
    let row = community.row();
    if community.is_admin(cx) {
        return Right::Admin;
    }
    match (row.deposited, row.link, row.group) {
        (false, Some(secret), _) => Right::Link(Box::new(LinkKeys::derive(&secret))),
        (false, None, Some(group)) => Right::Group(group),
        _ => Right::Subscriber,
    }
}

/// Asks the server about a community, by the right that this device has.
pub(crate) async fn call<T: FromAnswer>(
    cx: &Cx,
    community: &LiveCommunity,
    request: impl Fn(CommunityAccess) -> Request,
) -> Flow<T> {
    match right(cx, community) {
        Right::Admin => match cx.call(request(CommunityAccess::default())).await {
            // The role may have ended; the seat has not.
            Err(error) if error.code() == Some(ErrorCode::NotAMember) => {
                as_subscriber(cx, community, request).await
            }
            result => result.map_err(Fault::from),
        },
        Right::Subscriber => match as_subscriber(cx, community, &request).await {
            // An admin's device that has not read of its role yet, because it is new.
            Err(Fault::Api(error)) if error.code == ErrorCode::NotAMember => {
                cx.call(request(CommunityAccess::default())).await.map_err(Fault::from)
            }
            result => result,
        },
        Right::Group(group) => {
            let access = CommunityAccess { group: group.to_vec(), ..CommunityAccess::default() };
            cx.call(request(access)).await.map_err(Fault::from)
        }
        Right::Link(keys) => by_link(cx, community.id, &keys, request).await,
    }
}

async fn as_subscriber<T: FromAnswer>(
    cx: &Cx,
    community: &LiveCommunity,
    request: impl Fn(CommunityAccess) -> Request,
) -> Flow<T> {
    let subscriber = community.subscriber(cx)?.id.to_vec();
    let access = CommunityAccess { subscriber, ..CommunityAccess::default() };
    cx.call(request(access)).await.map_err(Fault::from)
}

/// Asks as the holder of a link: what it signs is over the connection's nonce, so it is made anew on another one.
pub(crate) async fn by_link<T: FromAnswer>(
    cx: &Cx,
    community: CommunityId,
    keys: &LinkKeys,
    request: impl Fn(CommunityAccess) -> Request,
) -> Flow<T> {
    let me = cx.me()?.account;
    loop {
        let greeting = cx.online().await.map_err(Fault::from)?;
        let signed = signing::community_access(&greeting.nonce, community, keys.ticket_id, me);
        let access = CommunityAccess {
            ticket: keys.ticket_id.to_vec(),
            ticket_signature: keys.signing.sign(&signed).to_vec(),
            ..CommunityAccess::default()
        };
        if let Ok(answer) = cx.call_once(request(access)).await {
            return answer.map_err(Fault::from);
        }
    }
}

/// Part of each round of synchronisation: brings all communities up to date, and those in that groups name.
pub(crate) async fn round(cx: &Cx) -> Flow<()> {
    own_entries(cx)?;
    enrol::meet(cx).await?;
    let all: Vec<Rc<LiveCommunity>> = cx.communities.borrow().values().cloned().collect();
    for community in all {
        let result = match community.state() {
            State::Founding => found::resume(cx, &community).await,
            State::Joining => join::resume(cx, &community).await,
            State::Active => match follow::follow(cx, &community).await {
                Ok(()) => join::go_on(cx, &community).await,
                refused => refused,
            },
            State::Left => Ok(()),
        };
        match result {
            Ok(()) => enrol::quietly(cx, &community).await?,
            Err(Fault::Api(error)) => {
                tracing::debug!(code = error.code.as_word(), "a community is not up to date");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Entries `community/ID` of the account's own vault: the communities that it is in, and for as long as it has no seat
/// the link that it came by.
const OWN: &str = "community/";

/// Keeps one's own list of communities as it is here, and takes from it those that a recovered device does not know.
pub(crate) fn own_entries(cx: &Cx) -> Flow<()> {
    let all: Vec<Rc<LiveCommunity>> = cx.communities.borrow().values().cloned().collect();
    for community in &all {
        let row = community.row();
        let value = match (row.state, row.link) {
            (State::Active, Some(link)) => Zeroizing::new(link.to_vec()),
            (State::Active, None) => Zeroizing::new(vec![1]),
            (State::Left, _) => Zeroizing::new(vec![0]),
            _ => continue,
        };
        own::put(cx, &format!("{OWN}{}", community.id), value)?;
    }
    for (name, value) in own::all(cx, OWN)? {
        let id = name.strip_prefix(OWN).and_then(|text| text.parse::<CommunityId>().ok());
        let Some(id) = id.filter(|id| *value != [0] && by_id(cx, *id).is_none()) else { continue };
        let mut row = CommunityRow::new(id, State::Active, cx.now());
        row.link = <[u8; 32]>::try_from(value.as_slice()).ok().map(Zeroizing::new);
        (row.deposited, row.first_epoch) = (true, 1);
        insert(cx, row)?;
    }
    Ok(())
}

/// The server refused because the log has moved on.
pub(crate) fn is_stale(error: &CallError) -> bool {
    error.code() == Some(ErrorCode::StaleEpoch)
}

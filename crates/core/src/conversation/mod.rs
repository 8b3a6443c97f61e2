//! Conversations: what this device knows of each, and one file per thing that happens to them.
//!
//! The log is processed strictly by position; the row, the MLS state and the messages change in the step's one
//! transaction. A `Live` holds no borrow across a wait.

pub(crate) mod again;
pub(crate) mod commit;
pub(crate) mod create;
pub(crate) mod enter;
pub(crate) mod events;
pub(crate) mod invite;
pub(crate) mod kept_key;
mod lineage;
pub(crate) mod members;
pub(crate) mod open;
pub(crate) mod receipts;
pub(crate) mod reenter;
pub(crate) mod send;
pub(crate) mod signals;
pub(crate) mod take;
pub(crate) mod take_commit;
mod take_void;
pub(crate) mod vault;
pub(crate) mod view;
pub(crate) mod welcome;

use crate::{
    cx::{Cx, MlsProvider, Namespace},
    db::{self, DbError, DbResult, conversation::ConversationRow},
    fault::Flow,
    task::TaskLock,
};
use asterism_mls::group::Group;
use asterism_wire::{ConversationId, ErrorCode, IdempotencyKey, Seq, Timestamp, entry::AuthenticatedData};
use prost::Message as _;
use std::{
    cell::{Cell, RefCell, RefMut},
    collections::BTreeMap,
    rc::Rc,
};

/// What became of a commit of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in the log, at this position, and merged.
    Adopted(Seq),
    /// Another commit won the epoch.
    Lost,
}

/// A conversation in memory.
pub(crate) struct Live {
    pub(crate) id: ConversationId,
    pub(crate) row: RefCell<ConversationRow>,
    group: RefCell<Option<Group>>,
    /// One commit of one's own at a time.
    pub(crate) commit_lock: Rc<TaskLock>,
    /// What a void undid is offered again by one task.
    pub(crate) again_lock: Rc<TaskLock>,
    /// A task founds it: what became of that is not to be asked meanwhile.
    pub(crate) founding: Cell<bool>,
    /// A task is emptying the outbox.
    pub(crate) sending: Cell<bool>,
    /// A task looks after a commit that this device refused.
    pub(crate) watching: Cell<bool>,
    /// The commit that this device refused and others confirmed, while a task enters anew because of it.
    pub(crate) mending: Cell<Seq>,
    /// A task is fetching entries.
    pub(crate) fetching: Cell<bool>,
    /// The highest position that the server has spoken of.
    pub(crate) known_head: Cell<Seq>,
    /// What became of own commits that somebody waits for.
    pub(crate) outcomes: RefCell<BTreeMap<IdempotencyKey, Outcome>>,
    /// The vault was read since this core was opened or the conversation joined.
    pub(crate) vault_read: Cell<bool>,
    /// Why messages that somebody waits for were not sent.
    pub(crate) failures: RefCell<BTreeMap<asterism_wire::MessageId, ErrorCode>>,
    /// Messages whose delivery is to be signalled.
    pub(crate) to_confirm: RefCell<Vec<asterism_wire::MessageId>>,
    /// When the vault key was asked for.
    pub(crate) keys_asked_at: Cell<Option<Timestamp>>,
    /// Position after which somebody, perhaps this device, has answered with the vault key.
    pub(crate) keys_answered: Cell<Seq>,
    /// A position of which this device says something false.
    #[cfg(feature = "hostile")]
    pub(crate) false_statement: Cell<Option<u64>>,
}

impl Live {
    pub(crate) fn new(row: ConversationRow) -> Self {
        Self {
            id: row.id,
            known_head: Cell::new(row.cursor),
            row: RefCell::new(row),
            group: RefCell::new(None),
            commit_lock: Rc::default(),
            again_lock: Rc::default(),
            founding: Cell::new(false),
            sending: Cell::new(false),
            watching: Cell::new(false),
            mending: Cell::new(Seq(0)),
            fetching: Cell::new(false),
            outcomes: RefCell::default(),
            vault_read: Cell::new(false),
            failures: RefCell::default(),
            to_confirm: RefCell::default(),
            keys_asked_at: Cell::new(None),
            keys_answered: Cell::new(Seq(0)),
            #[cfg(feature = "hostile")]
            false_statement: Cell::default(),
        }
    }

    /// A copy of the row.
    pub(crate) fn row(&self) -> ConversationRow {
        self.row.borrow().clone()
    }

    pub(crate) fn cursor(&self) -> Seq {
        self.row.borrow().cursor
    }

    pub(crate) fn state(&self) -> db::conversation::State {
        self.row.borrow().state
    }

    /// May this device send here?
    pub(crate) fn is_member(&self) -> bool {
        use db::conversation::State;
        self.has_group() && matches!(self.state(), State::Active | State::Request | State::Refused)
    }

    /// Is it carried by an MLS group? Announcements are not.
    pub(crate) fn has_group(&self) -> bool {
        self.row.borrow().kind != crate::community::ANNOUNCEMENTS
    }

    pub(crate) fn namespace(&self) -> Namespace {
        Namespace::conversation(self.id, self.row.borrow().incarnation)
    }

    /// The provider of the group's present incarnation.
    pub(crate) fn provider(&self, cx: &Cx) -> MlsProvider {
        cx.provider(&self.namespace())
    }

    /// The group, loaded when needed.
    pub(crate) fn group(&self, cx: &Cx) -> Flow<RefMut<'_, Group>> {
        if self.group.borrow().is_none() {
            let generation = self.row.borrow().generation;
            let loaded =
                Group::load(&self.provider(cx), self.id, generation).map_err(|_| DbError::Damaged)?;
            *self.group.borrow_mut() = Some(loaded.ok_or(ErrorCode::NotAMember)?);
        }
        RefMut::filter_map(self.group.borrow_mut(), Option::as_mut).map_err(|_| ErrorCode::NotAMember.into())
    }

    /// Replaces the group in memory (`None`: load it again when needed).
    pub(crate) fn set_group(&self, group: Option<Group>) {
        *self.group.borrow_mut() = group;
    }

    /// Changes and writes the row.
    pub(crate) fn update(&self, cx: &Cx, change: impl FnOnce(&mut ConversationRow)) -> DbResult<()> {
        let mut row = self.row.borrow_mut();
        change(&mut row);
        db::conversation::save(&cx.db, &row)?;
        drop(row);
        cx.changed.notify();
        Ok(())
    }

    /// This device's view of the log, as it goes into messages and commits (docs/protocol.md §4.2).
    pub(crate) fn statement(&self) -> Vec<u8> {
        let row = self.row.borrow();
        #[cfg(feature = "hostile")]
        if let Some(last_seq) = self.false_statement.get() {
            let last_head = crate::hostile::FALSE_HEAD.to_vec();
            return AuthenticatedData { last_seq, last_head, entry_proof: None }.encode_to_vec();
        }
        AuthenticatedData { last_seq: row.cursor.0, last_head: row.head.to_vec(), entry_proof: None }
            .encode_to_vec()
    }
}

/// The word that hosts are told for what a conversation is.
pub(crate) fn kind_word(state: &asterism_policy::PolicyState) -> &'static str {
    match state.kind() {
        asterism_policy::Kind::Direct => "direct",
        asterism_policy::Kind::AdminRoom => crate::community::ADMIN_ROOM,
        _ => "group",
    }
}

/// A conversation by its id.
pub(crate) fn find(cx: &Cx, id: ConversationId) -> Flow<Rc<Live>> {
    cx.live.borrow().get(&id).cloned().ok_or_else(|| ErrorCode::UnknownTarget.into())
}

/// Puts a conversation into the database and memory; one that this device was in before begins anew.
pub(crate) fn insert(cx: &Cx, row: ConversationRow) -> Flow<Rc<Live>> {
    let present = cx.live.borrow().get(&row.id).cloned();
    db::conversation::save(&cx.db, &row)?;
    db::conversation::save_head(&cx.db, row.id, row.cursor, row.head)?;
    let live = match present {
        Some(live) => {
            // What an earlier membership left is of no use to the new one.
            if live.namespace() != Namespace::conversation(row.id, row.incarnation) {
                open::forget_all(cx, &live)?;
            }
            live.set_group(None);
            live.known_head.set(row.cursor);
            live.vault_read.set(false);
            *live.row.borrow_mut() = row;
            live
        }
        None => {
            let live = Rc::new(Live::new(row));
            cx.live.borrow_mut().insert(live.id, Rc::clone(&live));
            live
        }
    };
    cx.changed.notify();
    Ok(live)
}

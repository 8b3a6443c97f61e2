//! What every flow works with: the database, the clock's last reading, the generator, the tasks, the outputs.

use crate::{
    api::Event,
    asked::Asked,
    community::LiveCommunity,
    conversation::Live,
    db::{self, DbError, DbResult, account::AccountRow},
    db_state::StateOverlay,
    fault::Fault,
    net::Net,
    output::Output,
    sync::Rounds,
    task::{Signal, TaskLock, Tasks},
};
use asterism_mls::{keys::SigningKey, provider::Provider};
use asterism_wire::{AccountId, CommunityId, ConversationId, ErrorCode, Timestamp};
use rand::{Rng as _, RngCore as _};
use rand_chacha::ChaCha20Rng;
use rusqlite::Connection;
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

/// Shared by all flows of one core.
pub(crate) type Cx = Rc<Inner>;

/// See the module.
pub(crate) struct Inner {
    pub(crate) db: Rc<Connection>,
    pub(crate) overlay: Rc<StateOverlay>,
    pub(crate) clock: Cell<Timestamp>,
    rng: RefCell<ChaCha20Rng>,
    pub(crate) tasks: Tasks,
    outputs: RefCell<VecDeque<Output>>,
    pub(crate) net: Net,
    me: RefCell<Option<AccountRow>>,
    pub(crate) live: RefCell<BTreeMap<ConversationId, Rc<Live>>>,
    pub(crate) communities: RefCell<BTreeMap<CommunityId, Rc<LiveCommunity>>>,
    /// Something about a conversation, the inbox or the round of synchronisation changed.
    pub(crate) changed: Signal,
    /// Number of the present connection.
    pub(crate) connection: Cell<u64>,
    /// The last round of synchronisation that ended.
    pub(crate) rounds: Cell<Rounds>,
    /// What the server said of this device's key packages, until a round has looked at it.
    pub(crate) packages_left: RefCell<Option<asterism_wire::frame::Authenticated>>,
    /// One entry into a conversation at a time.
    pub(crate) entry_lock: Rc<TaskLock>,
    /// One round at a time.
    pub(crate) round_lock: Rc<TaskLock>,
    /// For whom flows work.
    pub(crate) asked: Asked,
    /// Of the requests without an answer, those that the host has taken back.
    pub(crate) cancelled: RefCell<BTreeSet<crate::api::RequestId>>,
    /// One registration or recovery at a time.
    pub(crate) account_lock: Rc<TaskLock>,
    pub(crate) new_messages: Cell<u64>,
    /// A look-up of people is about to begin.
    pub(crate) people_queued: Cell<bool>,
    /// Requests for vault keys that this device answers soon, unless another one does.
    pub(crate) key_answers_due: Cell<u32>,
    /// Entries of the own vault are about to be sent.
    pub(crate) own_queued: Cell<bool>,
    /// One sender of them at a time.
    pub(crate) own_lock: Rc<TaskLock>,
    /// What a dishonest device is about to do.
    #[cfg(feature = "hostile")]
    pub(crate) deed: RefCell<Option<crate::hostile::Deed>>,
    /// This step has written keys that nothing can bring back.
    pub(crate) keys_written: Cell<bool>,
    /// There is no room on the disk: what needs the connection rests until then.
    pub(crate) full: Cell<Option<Timestamp>>,
    fault: RefCell<Option<DbError>>,
}

impl Inner {
    /// Everything as the database has it.
    pub(crate) fn new(db: Rc<Connection>, rng: ChaCha20Rng, now: Timestamp) -> DbResult<Cx> {
        let me = db::account::load(&db)?;
        let rows = db::conversation::all(&db)?;
        let communities = db::community::all(&db)?;
        let communities =
            communities.into_iter().map(|(row, policy)| (row.id, Rc::new(LiveCommunity::new(row, policy))));
        let live = rows.into_iter().map(|row| (row.id, Rc::new(Live::new(row)))).collect();
        Ok(Rc::new(Self {
            overlay: Rc::new(StateOverlay::new(Rc::clone(&db))),
            db,
            clock: Cell::new(now),
            rng: RefCell::new(rng),
            tasks: Tasks::default(),
            outputs: RefCell::default(),
            net: Net::default(),
            me: RefCell::new(me),
            live: RefCell::new(live),
            communities: RefCell::new(communities.collect()),
            changed: Signal::default(),
            connection: Cell::new(0),
            rounds: Cell::default(),
            packages_left: RefCell::default(),
            entry_lock: Rc::default(),
            round_lock: Rc::default(),
            asked: Asked::default(),
            cancelled: RefCell::default(),
            account_lock: Rc::default(),
            new_messages: Cell::new(0),
            people_queued: Cell::new(false),
            key_answers_due: Cell::new(0),
            own_queued: Cell::new(false),
            own_lock: Rc::default(),
            #[cfg(feature = "hostile")]
            deed: RefCell::new(None),
            keys_written: Cell::new(false),
            full: Cell::new(None),
            fault: RefCell::new(None),
        }))
    }

    /// As the database has it, after a step that was rolled back.
    pub(crate) fn again(&self) -> DbResult<Cx> {
        let new = Self::new(Rc::clone(&self.db), self.rng.borrow().clone(), self.now())?;
        new.connection.set(self.connection.get());
        new.new_messages.set(self.new_messages.get());
        Ok(new)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.get()
    }

    pub(crate) async fn sleep_ms(&self, ms: u64) {
        self.tasks.sleep_until(self.now().plus_ms(ms), &self.clock).await;
    }

    /// Fresh random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.borrow_mut().fill_bytes(&mut bytes);
        bytes
    }

    /// A random number below `bound`; 0 when that is 0.
    pub(crate) fn random_below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.rng.borrow_mut().random_range(0..bound) }
    }

    pub(crate) fn emit(&self, output: Output) {
        self.outputs.borrow_mut().push_back(output);
    }

    pub(crate) fn event(&self, event: Event) {
        self.emit(Output::Event(event));
    }

    pub(crate) fn take_outputs(&self) -> VecDeque<Output> {
        std::mem::take(&mut *self.outputs.borrow_mut())
    }

    /// This device's account, when it is registered.
    pub(crate) fn me(&self) -> Result<AccountRow, Fault> {
        self.me.borrow().clone().filter(|me| me.registered).ok_or_else(|| ErrorCode::NoAccount.into())
    }

    /// The account row, registered or not.
    pub(crate) fn account_row(&self) -> Option<AccountRow> {
        self.me.borrow().clone()
    }

    pub(crate) fn my_account(&self) -> Option<AccountId> {
        self.me.borrow().as_ref().map(|me| me.account)
    }

    /// Changes and writes the account row.
    pub(crate) fn update_me(&self, change: impl FnOnce(&mut AccountRow)) -> DbResult<()> {
        let mut me = self.me.borrow_mut();
        if let Some(row) = me.as_mut() {
            change(row);
            db::account::save(&self.db, row)?;
        }
        Ok(())
    }

    pub(crate) fn set_me(&self, row: Option<AccountRow>) -> DbResult<()> {
        self.keys_written.set(true);
        match &row {
            Some(row) => db::account::save(&self.db, row)?,
            None => db::account::delete(&self.db)?,
        }
        *self.me.borrow_mut() = row;
        Ok(())
    }

    /// A database fault: this step will be rolled back.
    pub(crate) fn fail(&self, error: DbError) {
        self.fault.borrow_mut().get_or_insert(error);
    }

    /// Why this step must be rolled back.
    pub(crate) fn fault(&self) -> Option<ErrorCode> {
        self.fault.borrow().as_ref().map(|error| {
            let full = error.is_full() || self.overlay.met_full();
            if full { ErrorCode::DiskFull } else { ErrorCode::DatabaseDamaged }
        })
    }

    /// Runs a flow whose refusals nobody hears about.
    pub(crate) fn spawn_quiet<T>(
        self: &Rc<Self>,
        name: &'static str,
        flow: impl Future<Output = Result<T, Fault>> + 'static,
    ) {
        let cx = Rc::clone(self);
        self.tasks.spawn(async move {
            match flow.await {
                Ok(_) => {}
                Err(Fault::Db(error)) => cx.fail(error),
                Err(Fault::Api(error)) => {
                    tracing::debug!(flow = name, code = error.code.as_word(), "a flow ended early")
                }
            }
        });
    }

    /// This device's signature key.
    pub(crate) fn device_key(&self) -> Result<SigningKey, Fault> {
        Ok(SigningKey::from_seed(*self.me()?.device_seed))
    }

    /// A provider over the MLS state of a namespace.
    pub(crate) fn provider(&self, namespace: &Namespace) -> MlsProvider {
        Provider::new(Rc::clone(&self.overlay), namespace.0.clone(), self.random())
    }
}

/// MLS over this device's state.
pub(crate) type MlsProvider = Provider<Rc<StateOverlay>>;

/// The part of the MLS state that belongs to one incarnation of one conversation. Key packages are shared by all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Namespace(pub(crate) Vec<u8>);

impl Namespace {
    /// For operations that concern no group.
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    /// A conversation's group, in this device's n-th membership.
    pub(crate) fn conversation(id: ConversationId, incarnation: u32) -> Self {
        Self([id.as_bytes(), &incarnation.to_be_bytes()].concat())
    }

    /// The prefix of the records' keys, as `asterism_mls::provider` lays them out.
    pub(crate) fn key_prefix(&self) -> Vec<u8> {
        let len = u32::try_from(self.0.len()).expect("a namespace is a few bytes");
        [b"g".as_slice(), &len.to_be_bytes(), &self.0].concat()
    }
}

//! One device in the simulation: a core, its database, and a connection that may be cut at any moment.

use asterism_core::{Answer, ApiError, Core, Event, Output, Request, RequestId};
use asterism_server::{
    Session,
    connection::{Connection, Drained, Outgoing},
};
use asterism_wire::{
    CommunityId, ConversationId, Timestamp,
    community::{PostBody, PostContent},
    entry::Entry,
};
use prost::Message as _;
use rusqlite::{Connection as Database, OpenFlags, OptionalExtension as _};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

/// Frames on their way, each with the time of its arrival.
#[derive(Default)]
pub(crate) struct Wire(VecDeque<(Timestamp, Vec<u8>)>);

impl Wire {
    /// Sends; frames of one connection keep their order.
    pub(crate) fn send(&mut self, at: Timestamp, frame: Vec<u8>) {
        let at = self.0.back().map_or(at, |(last, _)| at.max(*last));
        self.0.push_back((at, frame));
    }

    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.0.front().map(|(at, _)| *at)
    }

    pub(crate) fn receive(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        if self.next_at()? <= now { self.0.pop_front().map(|(_, frame)| frame) } else { None }
    }
}

/// The server's end of a client's connection.
pub(crate) struct Socket {
    pub(crate) session: Arc<Session>,
    pub(crate) outgoing: Outgoing,
    pub(crate) to_server: Wire,
    pub(crate) to_client: Wire,
}

pub(crate) struct Client {
    pub(crate) name: String,
    uri: String,
    /// Keeps the in-memory database alive while the core is down.
    keeper: Database,
    pub(crate) core: Option<Core>,
    pub(crate) socket: Option<Socket>,
    /// A connection was asked for and will be there, or fail, at this time.
    pub(crate) connecting: Option<Timestamp>,
    next_request: RequestId,
    pub(crate) answers: BTreeMap<RequestId, Result<Answer, ApiError>>,
    pub(crate) alarms: Vec<String>,
    pub(crate) fatal: Option<ApiError>,
    /// The connection's state, as people are told.
    pub(crate) state: String,
    /// Nothing passes between it and the server, and neither is told.
    pub(crate) is_silent: bool,
    /// Dishonest, or nobody: nothing is promised to it.
    pub(crate) hostile: bool,
    /// On a line without delay.
    pub(crate) near: bool,
    /// Conversations that this device may have been out of for a while.
    pub(crate) was_away: BTreeSet<String>,
}

/// What a device has written down of a community.
pub(crate) struct CommunityFacts {
    pub(crate) state: String,
    pub(crate) seated: bool,
    /// Where both logs have led to.
    pub(crate) log: Vec<u8>,
    /// Announcements that wait for a key, and it is here.
    pub(crate) waiting: usize,
}

impl CommunityFacts {
    pub(crate) fn is_active(&self) -> bool {
        self.state == "active"
    }
}

fn open(uri: &str) -> anyhow::Result<Database> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI;
    Ok(Database::open_with_flags(uri, flags)?)
}

impl Client {
    pub(crate) fn new(run: u64, name: &str) -> anyhow::Result<Self> {
        let uri = format!("file:sim-{run}-{name}?mode=memory&cache=shared");
        Ok(Self {
            name: name.to_owned(),
            keeper: open(&uri)?,
            uri,
            core: None,
            socket: None,
            connecting: None,
            next_request: 1,
            answers: BTreeMap::new(),
            alarms: Vec::new(),
            fatal: None,
            state: String::new(),
            is_silent: false,
            hostile: false,
            near: false,
            was_away: BTreeSet::new(),
        })
    }

    /// What its database says of a community, also while it is off.
    pub(crate) fn community(&self, id: &str) -> Option<CommunityFacts> {
        let id: [u8; CommunityId::LEN] = id.parse::<CommunityId>().ok()?.0;
        let row = "SELECT state, seated, policy, head, posts_head FROM community WHERE id = ?1";
        let read = |r: &rusqlite::Row<'_>| {
            let policy: Option<Vec<u8>> = r.get(2)?;
            let log = [policy.unwrap_or_default(), r.get(3)?, r.get(4)?].concat();
            Ok(CommunityFacts { state: r.get(0)?, seated: r.get(1)?, log, waiting: 0 })
        };
        // A row that cannot be read must not pass for a community that is not there.
        let facts = self.keeper.query_row(row, [id], read).optional().expect("the core has made the table");
        let waiting = self.waiting(id).expect("the core has made the tables");
        facts.map(|facts| CommunityFacts { waiting, ..facts })
    }

    /// The conversations that its database knows, also while it is off.
    pub(crate) fn conversations(&self) -> Vec<String> {
        let read = || -> rusqlite::Result<Vec<Vec<u8>>> {
            let mut rows = self.keeper.prepare("SELECT id FROM conversation")?;
            rows.query_map([], |r| r.get(0))?.collect()
        };
        let ids = read().expect("the core has made the table");
        ids.iter()
            .filter_map(|id| ConversationId::try_from(id.as_slice()).ok())
            .map(|id| id.to_string())
            .collect()
    }

    /// How many announcements to everybody wait for a key that is here.
    fn waiting(&self, id: [u8; CommunityId::LEN]) -> rusqlite::Result<usize> {
        let mut keys =
            self.keeper.prepare("SELECT epoch FROM channel_key WHERE community = ?1 AND key IS NOT NULL")?;
        let keys: BTreeSet<i64> = keys.query_map([id], |r| r.get(0))?.collect::<Result<_, _>>()?;
        let mut waiting = self.keeper.prepare("SELECT entry FROM post_waiting WHERE community = ?1")?;
        let waiting: Vec<Vec<u8>> = waiting.query_map([id], |r| r.get(0))?.collect::<Result<_, _>>()?;
        let opens = |entry: &&Vec<u8>| {
            let body = Entry::decode(entry.as_slice()).ok().and_then(|e| PostBody::decode(e.body).ok());
            let content = body.and_then(|body| PostContent::decode(body.content.as_slice()).ok());
            content.is_some_and(|post| {
                post.groups.is_empty() && i64::try_from(post.epoch).is_ok_and(|epoch| keys.contains(&epoch))
            })
        };
        Ok(waiting.iter().filter(opens).count())
    }

    /// The states of the groups that its database holds, also of those that are not shown.
    #[cfg(feature = "adversary")]
    pub(crate) fn groups(&self) -> Vec<String> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut rows = self.keeper.prepare("SELECT state FROM conversation WHERE kind = 'group'")?;
            rows.query_map([], |r| r.get(0))?.collect()
        };
        read().unwrap_or_default()
    }

    /// From now on its disk has room for so many pages more, or for any number.
    pub(crate) fn limit_disk(&self, more: Option<u32>) -> anyhow::Result<()> {
        let pages: i64 = self.keeper.query_row("PRAGMA page_count", [], |r| r.get(0))?;
        let limit = more.map_or(i64::from(i32::MAX), |more| pages + i64::from(more));
        // Connections of one process to one database in memory have this in common.
        self.keeper.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()))?;
        Ok(())
    }

    /// Starts the core over what the database holds.
    pub(crate) fn start(&mut self, seed: [u8; 32], now: Timestamp) -> anyhow::Result<()> {
        self.core = Some(Core::open(open(&self.uri)?, seed, now)?);
        Ok(())
    }

    /// The process dies: what is not in the database is gone, and so is the connection.
    pub(crate) fn crash(&mut self) {
        self.core = None;
        self.cut();
    }

    /// The connection breaks, with everything that was on its way.
    pub(crate) fn cut(&mut self) {
        self.socket = None;
        self.connecting = None;
    }

    pub(crate) fn request(&mut self, now: Timestamp, request: Request) -> Option<RequestId> {
        let id = self.next_request;
        self.next_request += 1;
        self.core.as_mut()?.handle_request(now, id, request);
        Some(id)
    }

    /// Takes what the core wants done; `latency` is asked for each frame.
    pub(crate) fn drain(&mut self, now: Timestamp, mut latency: impl FnMut() -> u64) {
        while let Some(output) = self.core.as_mut().and_then(Core::poll_output) {
            match output {
                Output::Connect { .. } => self.connecting = Some(now.plus_ms(latency())),
                Output::Disconnect => {
                    self.socket = None;
                    self.connecting = None;
                    if let Some(core) = &mut self.core {
                        core.handle_disconnected(now);
                    }
                }
                Output::Transmit(frame) => {
                    if let Some(socket) = &mut self.socket {
                        socket.to_server.send(now.plus_ms(latency()), frame);
                    }
                }
                Output::Response { id, result } => {
                    self.answers.insert(id, result);
                }
                Output::Event(Event::Alarm { code, .. }) => self.alarms.push(code),
                Output::Event(Event::Connection { state }) => self.state = state,
                Output::Event(_) => {}
                Output::Fatal(error) => self.fatal = Some(error),
            }
        }
    }

    /// Moves what the server has said onto the wire; false when the server has closed the connection.
    /// `passed` says what goes on the wire instead of a frame.
    pub(crate) fn pump(
        &mut self,
        now: Timestamp,
        mut latency: impl FnMut() -> u64,
        mut passed: impl FnMut(&[u8]) -> Vec<Vec<u8>>,
    ) -> bool {
        let Some(socket) = &mut self.socket else { return true };
        while let Some(drained) = socket.outgoing.try_next() {
            match drained {
                Drained::Frames(frames) => {
                    for frame in frames.iter().flat_map(|frame| passed(frame)) {
                        socket.to_client.send(now.plus_ms(latency()), frame);
                    }
                }
                Drained::Closed(_) => return false,
            }
        }
        true
    }

    pub(crate) fn attach(&mut self, session: Session, outgoing: Outgoing) {
        self.socket = Some(Socket {
            session: Arc::new(session),
            outgoing,
            to_server: Wire::default(),
            to_client: Wire::default(),
        });
    }

    /// A connection for this client's next session.
    pub(crate) fn connection() -> (Connection, Outgoing) {
        Connection::for_test(64)
    }

    /// When something of this client is due.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        let socket = self.socket.as_ref();
        [
            self.connecting,
            socket.and_then(|s| s.to_server.next_at()),
            socket.and_then(|s| s.to_client.next_at()),
            self.core.as_ref().and_then(Core::next_timeout),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

//! The dishonest server's eyes and hands: remembers all that passes, and changes what the attack says.

use super::{answers, attack::Act, entries, fork::Fork, planted::Planted};
use crate::tamper::{Passage, Tamper};
use asterism_mls::Tracker;
use asterism_wire::{
    ConversationId, Hash, Seq,
    entry::{Entry, EntryKind},
    frame::{
        self, Answer, Appended, ClientFrame, Happened, Push, Request, Response, ServerBody, ServerFrame,
    },
    signing,
    vault::VaultRecord,
};
use prost::Message as _;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// The log of one conversation, as the honest server has it.
pub(super) type Log = BTreeMap<u64, Entry>;

/// See the module.
pub(crate) struct Layer {
    pub(super) act: Option<Act>,
    /// From now on it lies.
    pub(super) armed: bool,
    pub(super) victim: usize,
    /// The conversation that it lies about.
    pub(super) target: ConversationId,
    /// How often it lied.
    pub(super) hits: usize,
    /// Requests of the victim since it was armed.
    pub(super) requests: usize,
    pub(super) logs: BTreeMap<ConversationId, Log>,
    pub(super) trackers: BTreeMap<ConversationId, Tracker>,
    /// GroupInfo by the hash of the commit that it came with; under the conversation's id for the genesis.
    pub(super) group_infos: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Idempotency keys and who submitted under them.
    pub(super) keys: BTreeMap<Vec<u8>, usize>,
    /// All versions of vault records.
    pub(super) vault: BTreeMap<(ConversationId, String), Vec<VaultRecord>>,
    /// What is asked and not answered.
    pub(super) asked: BTreeMap<(usize, u64), Request>,
    pub(super) fork: Option<Fork>,
    /// The entry whose telling is changed.
    pub(super) chosen: Option<u64>,
    /// The last entry that was considered, and how many were spared.
    pub(super) seen: u64,
    pub(super) passed: u64,
    pub(super) planted: Option<Planted>,
    /// The answer before, for [`Act::SwapAnswers`].
    pub(super) last_answer: Option<Answer>,
    /// A seed for what is garbled.
    pub(super) salt: u64,
}

impl Default for Layer {
    fn default() -> Self {
        Self {
            act: None,
            armed: false,
            victim: 0,
            target: ConversationId([0; 16]),
            hits: 0,
            requests: 0,
            logs: BTreeMap::new(),
            trackers: BTreeMap::new(),
            group_infos: BTreeMap::new(),
            keys: BTreeMap::new(),
            vault: BTreeMap::new(),
            asked: BTreeMap::new(),
            fork: None,
            chosen: None,
            seen: 0,
            passed: 0,
            planted: None,
            last_answer: None,
            salt: 0,
        }
    }
}

/// A handle that the world and the script share.
#[derive(Clone, Default)]
pub(crate) struct Shared(pub(crate) Rc<RefCell<Layer>>);

impl Tamper for Shared {
    fn request(&mut self, client: usize, frame: ClientFrame) -> Passage {
        self.0.borrow_mut().request(client, frame)
    }

    fn frames(&mut self, client: usize, frame: ServerFrame) -> Vec<ServerFrame> {
        self.0.borrow_mut().frames(client, frame)
    }
}

/// Something that the server says on its own.
pub(super) fn push(happened: Happened) -> ServerFrame {
    ServerFrame { body: Some(ServerBody::Push(Push { happened: Some(happened) })) }
}

/// An entry that the server says was appended.
pub(super) fn appended(conversation: ConversationId, entry: Entry) -> ServerFrame {
    push(Happened::Appended(Appended { conversation: conversation.to_vec(), entry: Some(entry) }))
}

/// The conversation that a request is about, when it is about one.
pub(super) fn about(request: &Request) -> Option<ConversationId> {
    let id = match request {
        Request::CreateConversation(r) => &r.conversation,
        Request::SubmitCommit(r) => &r.conversation,
        Request::SendMessage(r) => &r.conversation,
        Request::WriteVault(r) => &r.conversation,
        Request::Fetch(r) => &r.conversation,
        Request::GetJoinInfo(r) => &r.conversation,
        Request::GetVault(r) => &r.conversation,
        _ => return None,
    };
    ConversationId::try_from(id.as_slice()).ok()
}

impl Layer {
    /// From now on it lies to the victim about the target; `None` when it has seen nothing that it could lie about.
    pub(super) fn arm(&mut self, act: Act, planted: Planted) -> Option<()> {
        if format!("{act:?}").starts_with("Fork") {
            let (_, last, head) = self.standing()?;
            self.fork = Some(Fork {
                conversation: self.target,
                from: last.0 + 1,
                head,
                act,
                forged: planted.forged.clone(),
                salt: self.salt,
                pushed: 0,
            });
        }
        self.act = Some(act);
        self.planted = Some(planted);
        self.armed = true;
        Some(())
    }

    /// Does it lie to this client, about what it is told now?
    pub(super) fn strikes(&self, client: usize) -> bool {
        self.armed && client == self.victim && self.act.is_some()
    }

    /// The current epoch of the target, and the log's end.
    pub(super) fn standing(&self) -> Option<(asterism_wire::Epoch, Seq, Hash)> {
        let log = self.logs.get(&self.target)?;
        let last = log.values().next_back()?;
        let number = self.trackers.get(&self.target)?.epoch_number();
        let opened_by = log.values().rev().find(|e| e.kind == EntryKind::Commit as i32)?.position();
        let head = Hash::try_from(last.head.as_slice()).ok()?;
        Some((asterism_wire::Epoch { number, opened_by }, last.position(), head))
    }

    /// GroupInfo and tree of the target's current epoch.
    pub(super) fn group(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let commit =
            self.logs.get(&self.target)?.values().rev().find(|e| e.kind == EntryKind::Commit as i32)?;
        let info = self.group_infos.get(&commit.body_hash().ok()?.to_vec())?;
        Some((info.clone(), self.trackers.get(&self.target)?.ratchet_tree()))
    }

    pub(super) fn request(&mut self, client: usize, frame: ClientFrame) -> Passage {
        let Some(request) = frame.request.clone() else { return Passage::Pass(frame) };
        self.learn_request(client, &request);
        self.asked.insert((client, frame.id), request.clone());
        if !self.strikes(client) {
            return Passage::Pass(frame);
        }
        self.requests += 1;
        if let Some(answer) = answers::instead(self, &request) {
            self.hits += 1;
            return Passage::Answer(Box::new(answer));
        }
        let Some(fork) = self.fork.as_ref() else { return Passage::Pass(frame) };
        let empty = Log::new();
        let log = self.logs.get(&fork.conversation).unwrap_or(&empty);
        match fork.request(log, request) {
            Ok(request) => Passage::Pass(ClientFrame { request: Some(request), ..frame }),
            Err(answer) => {
                self.hits += usize::from(fork.differs(log));
                Passage::Answer(answer)
            }
        }
    }

    fn learn_request(&mut self, client: usize, request: &Request) {
        match request {
            Request::CreateConversation(r) => {
                let Ok(id) = ConversationId::try_from(r.conversation.as_slice()) else { return };
                if let Ok(tracker) = Tracker::found(&r.group_info, &r.ratchet_tree) {
                    self.trackers.insert(id, tracker);
                }
                r.vault.iter().for_each(|record| self.learn_record(id, record));
            }
            Request::SubmitCommit(r) => {
                self.group_infos.insert(signing::sha256(&r.commit).to_vec(), r.group_info.clone());
                self.keys.insert(r.idempotency.clone(), client);
            }
            Request::SendMessage(r) => {
                self.keys.insert(r.idempotency.clone(), client);
            }
            Request::WriteVault(r) => {
                self.keys.insert(r.idempotency.clone(), client);
            }
            _ => {}
        }
    }

    fn learn_record(&mut self, id: ConversationId, record: &VaultRecord) {
        let versions = self.vault.entry((id, record.name.clone())).or_default();
        if versions.iter().all(|known| known.version < record.version) {
            versions.push(record.clone());
        }
    }

    fn learn_entry(&mut self, id: ConversationId, entry: &Entry) {
        let log = self.logs.entry(id).or_default();
        if log.insert(entry.seq, entry.clone()).is_some() {
            return;
        }
        match entry.entry_kind() {
            Ok(EntryKind::Commit) => {
                let Some(tracker) = self.trackers.get_mut(&id) else { return };
                if let Ok(judged) = tracker.judge(&entry.body, entry.made_in(), entry.server_time()) {
                    let _ = tracker.merge(judged);
                }
            }
            Ok(EntryKind::Vault) => {
                if let Ok(record) = VaultRecord::decode(entry.body.clone()) {
                    self.learn_record(id, &record);
                }
            }
            _ => {}
        }
    }

    pub(super) fn frames(&mut self, client: usize, frame: ServerFrame) -> Vec<ServerFrame> {
        self.learn_frame(client, &frame);
        if !self.armed {
            return vec![frame];
        }
        if !self.strikes(client) {
            return vec![frame];
        }
        match frame.body {
            Some(ServerBody::Push(Push { happened: Some(happened) })) => self.push(happened),
            Some(ServerBody::Response(Response { id, answer: Some(answer) })) => {
                let request = self.asked.remove(&(client, id));
                let (answer, mut more) = self.answer(request.as_ref(), answer);
                let body = answer.map(|answer| ServerBody::Response(Response { id, answer: Some(answer) }));
                more.insert(0, ServerFrame { body });
                more
            }
            body => vec![ServerFrame { body }],
        }
    }

    fn learn_frame(&mut self, client: usize, frame: &ServerFrame) {
        match &frame.body {
            Some(ServerBody::Push(Push { happened: Some(Happened::Appended(appended)) })) => {
                if let (Ok(id), Some(entry)) =
                    (ConversationId::try_from(appended.conversation.as_slice()), &appended.entry)
                {
                    self.learn_entry(id, entry);
                }
            }
            Some(ServerBody::Response(Response { id, answer: Some(Answer::Entries(page)) })) => {
                let about = self.asked.get(&(client, *id)).and_then(about);
                if let Some(about) = about {
                    page.entries.iter().for_each(|entry| self.learn_entry(about, entry));
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, happened: Happened) -> Vec<ServerFrame> {
        if let (Some(fork), Happened::Appended(new)) = (&mut self.fork, &happened)
            && new.conversation == fork.conversation.as_bytes()
        {
            let log = self.logs.get(&fork.conversation).cloned().unwrap_or_default();
            let (frames, struck) = fork.pushes(&log, new);
            self.hits += usize::from(struck);
            return frames;
        }
        match happened {
            Happened::Appended(Appended { conversation, entry: Some(entry) }) => {
                let Ok(id) = ConversationId::try_from(conversation.as_slice()) else { return Vec::new() };
                if self.act == Some(Act::Freeze) && id == self.target {
                    self.hits += 1;
                    return Vec::new();
                }
                entries::pushed(self, id, entry)
            }
            happened => vec![push(happened)],
        }
    }

    fn answer(&mut self, request: Option<&Request>, answer: Answer) -> (Option<Answer>, Vec<ServerFrame>) {
        if let (Some(fork), Some(request)) = (&self.fork, request) {
            let log = self.logs.get(&fork.conversation).cloned().unwrap_or_default();
            let answer = fork.answer(&log, request, answer);
            return (Some(answer), Vec::new());
        }
        let answer = match answer {
            Answer::Entries(page) => Answer::Entries(self.page(request, page)),
            answer => answer,
        };
        answers::changed(self, request, answer)
    }

    fn page(&mut self, request: Option<&Request>, page: frame::Entries) -> frame::Entries {
        let Some(id) = request.and_then(about) else { return page };
        let mut told = Vec::new();
        for entry in page.entries {
            for entry in entries::told(self, id, entry) {
                told.push(entry);
            }
        }
        frame::Entries { entries: told, ..page }
    }
}

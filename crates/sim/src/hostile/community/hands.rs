//! Between server and devices: counts seats, and where a case wants that helps the dishonest one.

use crate::tamper::{Passage, Tamper};
use asterism_wire::{
    ConversationId, Hash, SubscriberId, Timestamp,
    entry::{Entry, EntryKind},
    frame::{
        Answer, Appended, Behind, ClientFrame, CommunityAccess, Happened, Push, Request, Response,
        ServerBody, ServerFrame,
    },
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// An entry that the server shows to one device although it should have refused it.
struct LetThrough {
    victim: usize,
    log: ConversationId,
    entry: Entry,
}

/// See the module.
#[derive(Default)]
pub(super) struct Hands {
    /// Everybody whom a seat was sealed to.
    pub(super) seats: BTreeSet<SubscriberId>,
    /// The last entry of each log that anybody was told.
    last: BTreeMap<ConversationId, Entry>,
    /// Logs that were asked for.
    asked: BTreeMap<(usize, u64), ConversationId>,
    /// Log of the community, and its announcements.
    pub(super) logs: Option<(ConversationId, ConversationId)>,
    let_through: Option<LetThrough>,
    /// This client asks in the name of that subscriber.
    pub(super) borrowed: Option<(usize, SubscriberId)>,
}

/// Shared between the world and who watches it.
#[derive(Clone, Default)]
pub(super) struct Shared(pub(super) Rc<RefCell<Hands>>);

impl Tamper for Shared {
    fn request(&mut self, client: usize, frame: ClientFrame) -> Passage {
        Passage::Pass(self.0.borrow_mut().request(client, frame))
    }

    fn frames(&mut self, client: usize, frame: ServerFrame) -> Vec<ServerFrame> {
        vec![ServerFrame { body: frame.body.map(|body| self.0.borrow_mut().body(client, body)) }]
    }
}

impl Hands {
    /// From now on the victim is shown this as the next entry of a log.
    pub(super) fn let_through(
        &mut self,
        victim: usize,
        log: ConversationId,
        kind: EntryKind,
        now: Timestamp,
        body: Vec<u8>,
    ) -> bool {
        let Some(last) = self.last.get(&log) else { return false };
        let previous = Hash::try_from(last.head.as_slice()).unwrap_or(Hash([0; Hash::LEN]));
        let mut entry = Entry {
            seq: last.seq + 1,
            kind: kind as i32,
            server_time_ms: now.0.max(last.server_time_ms),
            body: body.into(),
            ..last.clone()
        };
        let head = entry.expected_head(log, previous);
        entry.head = head.map(|head| head.to_vec()).unwrap_or_default();
        self.let_through = Some(LetThrough { victim, log, entry });
        true
    }

    fn request(&mut self, client: usize, mut frame: ClientFrame) -> ClientFrame {
        let Some(request) = &mut frame.request else { return frame };
        if let Request::PutBucket(put) = request {
            let seated =
                put.seats.iter().filter_map(|s| SubscriberId::try_from(s.subscriber.as_slice()).ok());
            self.seats.extend(seated);
        }
        if let (Request::FetchCommunity(fetch), Some((log, posts))) = (&*request, self.logs) {
            self.asked.insert((client, frame.id), if fetch.posts { posts } else { log });
        }
        if let Some((_, subscriber)) = self.borrowed.filter(|(who, _)| *who == client)
            && let Some(access) = access_of(request)
        {
            access.subscriber = subscriber.to_vec();
        }
        frame
    }

    fn body(&mut self, client: usize, body: ServerBody) -> ServerBody {
        match body {
            ServerBody::Push(Push { happened: Some(Happened::Appended(new)) }) => {
                let happened = Some(self.appended(client, new));
                ServerBody::Push(Push { happened })
            }
            ServerBody::Response(Response { id, answer: Some(answer) }) => {
                let log = self.asked.remove(&(client, id));
                let answer = Some(self.answer(client, log, answer));
                ServerBody::Response(Response { id, answer })
            }
            body => body,
        }
    }

    fn appended(&mut self, client: usize, new: Appended) -> Happened {
        let log = ConversationId::try_from(new.conversation.as_slice()).ok();
        if let (Some(log), Some(entry)) = (log, &new.entry) {
            self.see(log, entry);
        }
        match self.let_through.as_ref().filter(|lie| lie.victim == client && Some(lie.log) == log) {
            Some(lie) => Happened::Behind(Behind { conversation: lie.log.to_vec(), head_seq: lie.entry.seq }),
            None => Happened::Appended(new),
        }
    }

    fn answer(&mut self, client: usize, log: Option<ConversationId>, answer: Answer) -> Answer {
        let lie = self.let_through.as_ref().filter(|lie| lie.victim == client);
        match (answer, lie) {
            (Answer::CommunityStanding(mut standing), Some(lie)) => {
                let is_posts = self.logs.is_some_and(|(_, posts)| posts == lie.log);
                let end = if is_posts { &mut standing.posts_seq } else { &mut standing.log_seq };
                *end = lie.entry.seq;
                Answer::CommunityStanding(standing)
            }
            (Answer::Entries(mut page), Some(lie)) if log == Some(lie.log) => {
                page.entries.retain(|entry| entry.seq < lie.entry.seq);
                page.entries.push(lie.entry.clone());
                Answer::Entries(page)
            }
            (Answer::Entries(page), _) => {
                if let Some(log) = log {
                    page.entries.iter().for_each(|entry| self.see(log, entry));
                }
                Answer::Entries(page)
            }
            (answer, _) => answer,
        }
    }

    fn see(&mut self, log: ConversationId, entry: &Entry) {
        let last = self.last.entry(log).or_insert_with(|| entry.clone());
        if last.seq < entry.seq {
            *last = entry.clone();
        }
    }
}

/// The right that a request of a reader names.
fn access_of(request: &mut Request) -> Option<&mut CommunityAccess> {
    match request {
        Request::OpenCommunity(open) => open.access.as_mut(),
        Request::FetchCommunity(fetch) => fetch.access.as_mut(),
        Request::GetChannelKeys(get) => get.access.as_mut(),
        Request::GetCommunityVault(get) => get.access.as_mut(),
        _ => None,
    }
}

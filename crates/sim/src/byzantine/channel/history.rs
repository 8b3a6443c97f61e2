//! The dishonest server's hands: another history for the victim, other keys, other answers.

use super::{
    lies::Act,
    trick::{Trick, chained},
};
use crate::{
    stranger::Stranger,
    tamper::{Passage, Tamper},
};
use asterism_mls::{
    link::LinkKeys,
    seal::{self, SealPublic},
};
use asterism_wire::{
    CommunityId, ConversationId, IdempotencyKey, SubscriberId,
    community::{BucketTable, PostBody, PostContent},
    entry::{Entry, EntryKind},
    frame::{
        self, Answer, Behind, ClientFrame, CommunityStanding, DepositEntry, Happened, Push, Request,
        Response, ServerBody, ServerFrame,
    },
    signing,
    signing::transcript,
    vault::VaultRecord,
};
use prost::Message as _;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

type Log = BTreeMap<u64, Entry>;

/// What the server does to one victim, from when it is armed.
pub(super) struct Hands {
    pub(super) act: Option<Act>,
    pub(super) victim: usize,
    pub(super) hits: usize,
    pub(super) community: CommunityId,
    pub(super) announcements: ConversationId,
    /// The link by which the last one comes.
    pub(super) link: Option<LinkKeys>,
    pub(super) stranger: Option<Stranger>,
    logs: BTreeMap<ConversationId, Log>,
    /// The last position before it was armed, of each log.
    armed_at: BTreeMap<ConversationId, u64>,
    asked: BTreeMap<(usize, u64), Request>,
    table: BucketTable,
    /// Seats that an admin's device sealed, by subscriber.
    pub(super) seats: Vec<Vec<u8>>,
    /// Likewise, before it was armed.
    seated: Vec<Vec<u8>>,
    /// The key in the last note of each client.
    noted: BTreeMap<usize, Vec<u8>>,
    /// How many seats somebody had of one bucket key, at most.
    seats_at_once: usize,
    /// What it does in a tale.
    pub(super) trick: Trick,
}

/// Shared between the world and who watches it.
#[derive(Clone)]
pub(super) struct Shared(pub(super) Rc<RefCell<Hands>>);

impl Default for Shared {
    fn default() -> Self {
        Self(Rc::new(RefCell::new(Hands {
            act: None,
            victim: 0,
            hits: 0,
            community: CommunityId([0; 16]),
            announcements: ConversationId([0; 16]),
            link: None,
            stranger: None,
            logs: BTreeMap::new(),
            armed_at: BTreeMap::new(),
            asked: BTreeMap::new(),
            table: BucketTable::default(),
            seats: Vec::new(),
            seated: Vec::new(),
            noted: BTreeMap::new(),
            seats_at_once: 0,
            trick: Trick::default(),
        })))
    }
}

impl Tamper for Shared {
    fn request(&mut self, client: usize, frame: ClientFrame) -> Passage {
        self.0.borrow_mut().request(client, frame)
    }

    fn frames(&mut self, client: usize, frame: ServerFrame) -> Vec<ServerFrame> {
        self.0.borrow_mut().frames(client, frame)
    }
}

impl Hands {
    pub(super) fn arm(&mut self, act: Act, victim: usize, stranger: Stranger) {
        (self.act, self.victim, self.stranger) = (Some(act), victim, Some(stranger));
        self.seated.clone_from(&self.seats);
        let last = |log: &Log| log.last_key_value().map_or(0, |(seq, _)| *seq);
        self.armed_at = self.logs.iter().map(|(id, log)| (*id, last(log))).collect();
    }

    /// From now on it lies as in a tale.
    pub(super) fn play(&mut self, trick: Trick, victim: usize) {
        (self.act, self.victim, self.trick) = (None, victim, trick);
    }

    /// From now on it does what it should.
    pub(super) fn be_honest(&mut self) {
        (self.act, self.trick) = (None, Trick::default());
    }

    /// A log, as it is.
    pub(super) fn log(&self, log: ConversationId) -> Vec<Entry> {
        self.logs.get(&log).into_iter().flat_map(|log| log.values().cloned()).collect()
    }

    /// The subscriber of a client's last note.
    pub(super) fn deposited(&self, client: usize) -> Option<SubscriberId> {
        self.noted.get(&client).map(|key| signing::subscriber_id(key))
    }

    pub(super) fn seats_at_once(&self) -> usize {
        self.seats_at_once
    }

    /// The last entry of a log, as it is.
    pub(super) fn last_of(&self, log: ConversationId) -> Option<&Entry> {
        self.logs.get(&log)?.last_key_value().map(|(_, entry)| entry)
    }

    fn request(&mut self, client: usize, frame: ClientFrame) -> Passage {
        let Some(request) = frame.request.clone() else { return Passage::Pass(frame) };
        self.learn(client, frame.id, &request);
        match self.trick.answers(client, &request) {
            Some(answer) => {
                self.hits += 1;
                Passage::Answer(Box::new(answer))
            }
            None => Passage::Pass(frame),
        }
    }

    fn learn(&mut self, client: usize, id: u64, request: &Request) {
        match request {
            Request::SubmitGovernance(submit) => {
                let table = submit.opening.as_ref().map(|opening| opening.table.as_slice());
                if let Some(Ok(table)) = table.filter(|table| !table.is_empty()).map(BucketTable::decode) {
                    self.table = table;
                }
            }
            Request::PutBucket(put) => {
                let mut of_each: BTreeMap<&[u8], usize> = BTreeMap::new();
                put.seats.iter().for_each(|seat| *of_each.entry(&seat.subscriber).or_default() += 1);
                self.seats_at_once = of_each.values().copied().fold(self.seats_at_once, usize::max);
                self.seats.extend(put.seats.iter().map(|s| s.subscriber.clone()));
            }
            Request::PutDeposit(put) => {
                self.noted.insert(client, put.subscriber_key.clone());
            }
            _ => {}
        }
        self.asked.insert((client, id), request.clone());
    }

    /// The log that a request asks for entries of.
    fn log_of(&self, request: &Request) -> Option<(ConversationId, u64)> {
        match request {
            Request::FetchCommunity(fetch) if fetch.community != self.community.as_bytes() => None,
            Request::FetchCommunity(fetch) if fetch.posts => Some((self.announcements, fetch.from_seq)),
            Request::FetchCommunity(fetch) => Some((self.community.log(), fetch.from_seq)),
            _ => None,
        }
    }

    /// Does it open another community than the one that is lied about?
    fn is_elsewhere(&self, request: &Request) -> bool {
        matches!(request, Request::OpenCommunity(open) if open.community != self.community.as_bytes())
    }

    fn frames(&mut self, client: usize, frame: ServerFrame) -> Vec<ServerFrame> {
        match frame.body {
            Some(ServerBody::Push(Push { happened: Some(happened) })) => {
                let told = self.told_of(client, happened);
                let push = |happened| ServerBody::Push(Push { happened: Some(happened) });
                told.map(|happened| ServerFrame { body: Some(push(happened)) }).into_iter().collect()
            }
            Some(ServerBody::Response(Response { id, answer: Some(answer) })) => {
                let answer = self.said(client, id, answer);
                vec![ServerFrame { body: Some(ServerBody::Response(Response { id, answer: Some(answer) })) }]
            }
            body => vec![ServerFrame { body }],
        }
    }

    fn told_of(&mut self, client: usize, happened: Happened) -> Option<Happened> {
        if let Happened::Appended(new) = &happened {
            let id = ConversationId::try_from(new.conversation.as_slice()).unwrap_or(self.announcements);
            let is_here = id == self.announcements || id == self.community.log();
            if let Some(entry) = new.entry.clone().filter(|_| is_here) {
                self.logs.entry(id).or_default().insert(entry.seq, entry);
            }
            let changes = self.act.is_some() && is_here || self.trick.plants_in(id);
            if changes && client == self.victim {
                // It has to ask.
                return Some(Happened::Behind(Behind { conversation: id.to_vec(), head_seq: u64::MAX / 2 }));
            }
        }
        let (told, lied) = self.trick.tells(client, happened);
        self.hits += usize::from(lied);
        told
    }

    fn said(&mut self, client: usize, id: u64, answer: Answer) -> Answer {
        let Some(request) = self.asked.remove(&(client, id)) else { return answer };
        let log = self.log_of(&request);
        if let (Some((log, _)), Answer::Entries(page)) = (log, &answer) {
            let known = self.logs.entry(log).or_default();
            known.extend(page.entries.iter().map(|entry| (entry.seq, entry.clone())));
        }
        let (answer, lied) = self.trick.says(client, &request, answer);
        self.hits += usize::from(lied);
        let struck = client == self.victim && !self.is_elsewhere(&request);
        if struck { self.answer(log, answer) } else { answer }
    }

    fn answer(&mut self, log: Option<(ConversationId, u64)>, answer: Answer) -> Answer {
        match answer {
            Answer::Entries(page) if log.is_some_and(|(log, _)| self.changes(log)) => {
                let (log, from) = log.unwrap_or((self.announcements, 0));
                Answer::Entries(self.page(log, from, page))
            }
            Answer::CommunityStanding(standing) => Answer::CommunityStanding(self.standing(standing)),
            answer => match self.act {
                Some(act) => self.act(act, answer),
                None => answer,
            },
        }
    }

    /// Is the victim told another log than there is?
    fn changes(&self, log: ConversationId) -> bool {
        let by_act = self
            .act
            .is_some_and(|act| if log == self.announcements { act.is_of_posts() } else { act.is_of_log() });
        by_act || self.trick.plants_in(log)
    }

    fn page(&mut self, log: ConversationId, from: u64, mut page: frame::Entries) -> frame::Entries {
        let told = self.told(log);
        let known = self.logs.get(&log).into_iter().flat_map(BTreeMap::values);
        self.hits += usize::from(!known.eq(told.iter()));
        page.entries = told.into_iter().filter(|entry| entry.seq >= from).collect();
        page
    }

    fn standing(&mut self, mut standing: CommunityStanding) -> CommunityStanding {
        for log in [self.community.log(), self.announcements] {
            if !self.changes(log) {
                continue;
            }
            let last = self.told(log).last().map_or(0, |entry| entry.seq);
            let seq = if log == self.announcements { &mut standing.posts_seq } else { &mut standing.log_seq };
            *seq = last.max(*seq);
        }
        if let Some(act) = self.act {
            self.shorten(act, &mut standing.log_seq, &mut standing.posts_seq);
        }
        standing
    }

    fn act(&mut self, act: Act, answer: Answer) -> Answer {
        match (act, answer) {
            (Act::GarbledSeat, Answer::ChannelKeys(mut keys)) if !keys.seat.is_empty() => {
                self.hits += 1;
                keys.seat[40] ^= 1;
                Answer::ChannelKeys(keys)
            }
            (Act::GarbledSeal, Answer::ChannelKeys(mut keys)) if !keys.seal.is_empty() => {
                self.hits += 1;
                keys.seal[40] ^= 1;
                Answer::ChannelKeys(keys)
            }
            (Act::ForeignSeal, Answer::ChannelKeys(mut keys)) if !keys.seal.is_empty() => {
                if let Some(sealed) = self.foreign_seal(keys.bucket, keys.epoch) {
                    self.hits += 1;
                    keys.seal = sealed;
                }
                Answer::ChannelKeys(keys)
            }
            (Act::GarbledWrap | Act::ForeignWrap, Answer::Link(mut info)) if info.community => {
                self.hits += 1;
                if let Some(wrap) = &mut info.wrap {
                    match self.foreign_wrap(wrap.generation).filter(|_| act == Act::ForeignWrap) {
                        Some(sealed) => wrap.sealed = sealed,
                        None => wrap.sealed[40] ^= 1,
                    }
                }
                // A name that the other key would have to open.
                info.meta = info.meta.filter(|_| act == Act::GarbledWrap);
                Answer::Link(info)
            }
            (Act::ForeignTable, Answer::ChannelTable(mut given)) => {
                self.hits += 1;
                given.table = BucketTable::default().encode_to_vec();
                Answer::ChannelTable(given)
            }
            (Act::ForeignSubscribers, Answer::Subscribers(mut given)) => {
                self.hits += 1;
                // Of those who come now; the others would miss their seats, too.
                let comes = |key: &Vec<u8>| !self.seated.contains(&signing::subscriber_id(key).to_vec());
                given.keys =
                    given.keys.into_iter().map(|k| if comes(&k) { foreign_key() } else { k }).collect();
                Answer::Subscribers(given)
            }
            (Act::ForgedDeposit, Answer::Deposits(mut page)) => {
                self.hits += 1;
                let (subscriber_key, sealed) = (foreign_key(), vec![7; 1_500]);
                page.deposits.push(DepositEntry { subscriber_key, sealed, at_ms: 1, ticket: Vec::new() });
                Answer::Deposits(page)
            }
            (_, answer) => answer,
        }
    }

    fn shorten(&mut self, act: Act, log_seq: &mut u64, posts_seq: &mut u64) {
        let seq = match act {
            Act::OldLog => log_seq,
            Act::OldPosts => posts_seq,
            _ => return,
        };
        self.hits += 1;
        *seq = 1;
    }

    fn foreign_seal(&self, bucket: u32, epoch: u64) -> Option<Vec<u8>> {
        let to = SealPublic::new(&self.table.row(bucket)?.key).ok()?;
        let label = "asterism 1 channel seal";
        let aad =
            transcript(label, &[self.community.as_bytes(), &epoch.to_be_bytes(), &bucket.to_be_bytes()]);
        seal::seal(&to, label.as_bytes(), &aad, &[7; 32]).ok()
    }

    fn foreign_wrap(&self, epoch: u64) -> Option<Vec<u8>> {
        let (link, label) = (self.link.as_ref()?, "asterism 1 vault wrap");
        let parts: [&[u8]; 3] = [self.community.as_bytes(), link.ticket_id.as_bytes(), &epoch.to_be_bytes()];
        let aad = transcript(label, &parts);
        let to = SealPublic::new(link.seal_public.as_bytes()).ok()?;
        seal::seal(&to, label.as_bytes(), &aad, &[7; 32]).ok()
    }

    /// The whole log as the victim is told it.
    fn told(&self, log: ConversationId) -> Vec<Entry> {
        let real = self.log(log);
        let Some(act) = self.act else { return self.trick.told(log, real) };
        let concerned = if log == self.announcements { act.is_of_posts() } else { act.is_of_log() };
        if !concerned {
            return real;
        }
        let from = usize::try_from(self.armed_at.get(&log).copied().unwrap_or(0)).unwrap_or(usize::MAX);
        let mut told = real.clone();
        let mut tail = told.split_off(from.min(told.len()));
        self.edit(act, &real, &mut tail);
        if matches!(act, Act::GovernanceGap | Act::GovernanceBody | Act::PostGap | Act::PostBody) {
            return [told, tail].concat();
        }
        chained(log, told, tail)
    }

    fn edit(&self, act: Act, real: &[Entry], tail: &mut Vec<Entry>) {
        let wanted = if act.is_of_posts() { EntryKind::Post } else { EntryKind::Governance };
        let first = tail.iter().position(|entry| entry.kind == wanted as i32);
        match (act, first) {
            (Act::GovernanceGap | Act::GovernanceDrop | Act::PostGap | Act::PostDrop, Some(at)) => {
                tail.remove(at);
            }
            (Act::GovernanceBody | Act::PostBody | Act::GovernanceEdit | Act::PostEdit, Some(at)) => {
                let mut body = tail[at].body.to_vec();
                // The signature stands at the end.
                let place = body.len() - 5;
                body[place] ^= 1;
                tail[at].body = body.into();
            }
            (Act::GovernanceReorder | Act::PostReorder, Some(at)) if at + 1 < tail.len() => {
                tail.swap(at, at + 1);
            }
            (Act::GovernanceReplay | Act::PostReplay, _) => {
                tail.extend(real.iter().find(|entry| entry.kind == wanted as i32).cloned());
            }
            (Act::VaultByStranger, _) => tail.extend(self.record_of_the_stranger(real)),
            (Act::PostByStranger, _) => tail.extend(self.post_of_the_stranger(real)),
            _ => {}
        }
    }

    fn record_of_the_stranger(&self, real: &[Entry]) -> Option<Entry> {
        let stranger = self.stranger.as_ref()?;
        let (last, sealed) = (real.last()?, vec![9; 96]);
        let known = real.iter().filter(|entry| entry.kind == EntryKind::Vault as i32);
        let metas = known.filter(|e| VaultRecord::decode(e.body.clone()).is_ok_and(|r| r.name == "meta"));
        let version = metas.count() as u64 + 1;
        let signed = signing::vault_entry(self.community.log(), "meta", version, last.epoch, &sealed);
        let record = VaultRecord {
            name: "meta".into(),
            version,
            generation: last.epoch,
            sealed,
            writer: stranger.credential.clone(),
            writer_key: stranger.key.public().to_vec(),
            signature: stranger.key.sign(&signed).to_vec(),
        };
        Some(Entry { kind: EntryKind::Vault as i32, body: record.encode_to_vec().into(), ..last.clone() })
    }

    fn post_of_the_stranger(&self, real: &[Entry]) -> Option<Entry> {
        let (stranger, last) = (self.stranger.as_ref()?, real.last()?);
        let log = self.logs.get(&self.community.log())?.last_key_value()?.1;
        let content = PostContent {
            community_seq: log.seq,
            community_head: log.head.clone(),
            last_seq: last.seq,
            last_head: last.head.clone(),
            epoch: last.epoch,
            everyone: vec![1; 60],
            groups: Vec::new(),
            sealed: vec![2; 284],
        }
        .encode_to_vec();
        let body = PostBody {
            author: stranger.credential.clone(),
            author_key: stranger.key.public().to_vec(),
            signature: stranger.key.sign(&signing::post(self.community, &content)).to_vec(),
            content,
        };
        let idempotency = IdempotencyKey([6; 16]).to_vec();
        Some(Entry { body: body.encode_to_vec().into(), idempotency, ..last.clone() })
    }
}

pub(super) fn foreign_key() -> Vec<u8> {
    seal::derive(&[8; 32]).1.as_bytes().to_vec()
}

//! The story that is told under every lie about a community.

use super::{
    super::{attack::Expected, script::Observed},
    history::{Hands, Shared},
    lies::{Act, ChannelLie, Deed},
    trick::Trick,
};
use crate::{check::Violation, stranger::Stranger, world::World};
use asterism_core::{Answer, Item, Request, api::Role};
use asterism_mls::link::LinkKeys;
use asterism_wire::{CommunityId, ConversationId, link::Link};
use std::{
    cell::{Ref, RefMut},
    collections::{BTreeMap, BTreeSet},
};

pub(super) const ALICE: usize = 0;
pub(super) const BOB: usize = 1;
pub(super) const CAROL: usize = 2;
pub(super) const DAVE: usize = 3;
pub(super) const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

pub(super) struct Story {
    pub(super) world: World,
    hands: Shared,
    pub(super) community: String,
    pub(super) announcements: ConversationId,
    pub(super) general: String,
    pub(super) admin_room: ConversationId,
    /// Text and author of each announcement that was acknowledged.
    pub(super) said: Vec<(String, usize)>,
    /// Likewise of what nobody need show, and whoever is lied to may.
    pub(super) may_show: Vec<(String, usize)>,
    /// What is alarmed besides what is expected.
    pub(super) also: BTreeSet<(String, String)>,
    observed: Observed,
}

pub(super) fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

/// Tells the story under a lie, or under none.
///
/// # Errors
/// A [`Violation`], unless it is what is expected.
pub fn tell(seed: u64, lie: Option<ChannelLie>) -> Result<Observed, Violation> {
    let mut story = Story::begin(seed)?;
    let link = story.link()?;
    let told = match lie.map(|lie| lie.deed) {
        Some(Deed::Act(act)) => story.arm(act, &link).map(|()| story.middle(&link)),
        Some(Deed::Tale(tale)) => tale(&mut story),
        None => {
            story.middle(&link);
            Ok(())
        }
    };
    let told = told.and_then(|()| lie.map_or(Ok(()), |lie| story.judge_lie(lie)));
    told.map_err(|what| wrong(format!("{}: {}", lie.map_or("none", |lie| lie.name), what.0)))?;
    Ok(story.observed).and_then(|observed| if lie.is_none() { control(observed) } else { Ok(observed) })
}

fn control(observed: Observed) -> Result<Observed, Violation> {
    if observed.alarms.is_empty() && observed.refused.is_empty() {
        Ok(observed)
    } else {
        Err(wrong(format!("without a lie: {observed:?}")))
    }
}

impl Story {
    fn begin(seed: u64) -> Result<Self, Violation> {
        let mut world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
        let hands = Shared::default();
        world.tamper = Some(Box::new(hands.clone()));
        let mut story = Self {
            world,
            hands,
            community: String::new(),
            announcements: ConversationId([0; 16]),
            general: String::new(),
            admin_room: ConversationId([0; 16]),
            said: Vec::new(),
            may_show: Vec::new(),
            also: BTreeSet::new(),
            observed: Observed::default(),
        };
        for name in NAMES {
            let client = story.world.add_client(name).map_err(|e| wrong(e.to_string()))?;
            let (server, handle) = ("http://sim".into(), name.to_owned());
            story.must(client, Request::Register { server, handle, name: name.into(), invite_code: None })?;
        }
        story.found()?;
        let link = story.link()?;
        for person in [BOB, CAROL] {
            story.must(person, Request::Join { link: link.clone() })?;
        }
        story.announce(ALICE);
        let (target, handle) = (story.community.clone(), "bob".to_owned());
        let promote = Request::CommunityPromote { target, handle, role: Role::Admin, until: None };
        story.must(ALICE, promote)?;
        // His device has read so.
        story.world.run_for(5_000);
        story.announce(BOB);
        story.world.run_for(10_000);
        for person in [ALICE, BOB, CAROL] {
            story.must(person, Request::Sync)?;
        }
        if story.observed.refused.is_empty() {
            Ok(story)
        } else {
            Err(wrong(format!("the beginning is refused: {:?}", story.observed.refused)))
        }
    }

    fn found(&mut self) -> Result<(), Violation> {
        let found = Request::CommunityCreate { name: "Choir".into(), description: None, general: None };
        let Answer::Community { community, announcements, general, admin_room } = self.must(ALICE, found)?
        else {
            return Err(wrong("no community"));
        };
        let no_id = |_| wrong("an id does not parse");
        self.announcements = announcements.parse().map_err(no_id)?;
        self.admin_room = admin_room.parse().map_err(no_id)?;
        {
            let mut hands = self.hands_mut();
            hands.community = community.parse().map_err(no_id)?;
            hands.announcements = announcements.parse().map_err(no_id)?;
        }
        (self.community, self.general) = (community, general);
        Ok(())
    }

    pub(super) fn hands(&self) -> Ref<'_, Hands> {
        self.hands.0.borrow()
    }

    pub(super) fn hands_mut(&self) -> RefMut<'_, Hands> {
        self.hands.0.borrow_mut()
    }

    pub(super) fn id(&self) -> CommunityId {
        self.hands().community
    }

    /// From now on the server lies as in a tale.
    pub(super) fn play(&mut self, victim: usize, trick: Trick) {
        self.hands_mut().play(trick, victim);
    }

    /// From now on the server is honest, and everybody looks.
    pub(super) fn be_honest(&mut self) {
        self.hands_mut().be_honest();
        self.look();
    }

    /// Everybody looks.
    pub(super) fn look(&mut self) {
        for client in [ALICE, BOB, CAROL, DAVE] {
            self.ask_quietly(client, Request::Sync);
        }
    }

    pub(super) fn link(&mut self) -> Result<String, Violation> {
        let target = self.community.clone();
        let create = Request::InviteCreate { target, expires_in_ms: None, uses: None };
        let Answer::Invite { link, .. } = self.must(ALICE, create)? else { return Err(wrong("no link")) };
        self.world.run_for(3_000);
        Ok(link)
    }

    /// Alice opens an epoch: the key of the one before is no use any more.
    pub(super) fn next_epoch(&mut self) -> Result<(), Violation> {
        let target = self.community.clone();
        let create = Request::InviteCreate { target, expires_in_ms: None, uses: None };
        let Answer::Invite { invite, .. } = self.must(ALICE, create)? else { return Err(wrong("no link")) };
        self.must(ALICE, Request::InviteRevoke { invite })?;
        Ok(())
    }

    fn arm(&mut self, act: Act, link: &str) -> Result<(), Violation> {
        let victim = match act {
            Act::GarbledWrap | Act::ForeignWrap => DAVE,
            Act::ForeignTable | Act::ForeignSubscribers | Act::ForgedDeposit => ALICE,
            _ => CAROL,
        };
        let now = self.world.now;
        let seeds = || self.world.seed();
        let stranger = Stranger::unknown(seeds, now);
        let link = link.parse::<Link>().map_err(|_| wrong("a link does not parse"))?;
        let mut hands = self.hands_mut();
        hands.link = Some(LinkKeys::derive(&link.secret));
        hands.arm(act, victim, stranger);
        drop(hands);
        // She asks anew for what she knows.
        if victim == ALICE { self.restart(ALICE) } else { Ok(()) }
    }

    pub(super) fn middle(&mut self, link: &str) {
        self.announce(ALICE);
        self.announce(BOB);
        let target = self.community.clone();
        self.ask(
            BOB,
            Request::CommunitySet {
                target: target.clone(),
                name: Some("Big choir".into()),
                description: None,
            },
        );
        self.ask(DAVE, Request::Join { link: link.to_owned() });
        self.announce(ALICE);
        for _ in 0..2 {
            let create = Request::InviteCreate { target: target.clone(), expires_in_ms: None, uses: None };
            if let Some(Answer::Invite { invite, .. }) = self.ask(ALICE, create) {
                self.ask(ALICE, Request::InviteRevoke { invite });
            }
        }
        self.announce(BOB);
        self.announce(ALICE);
        self.world.run_for(20_000);
        for person in [CAROL, DAVE, BOB, ALICE] {
            self.ask_quietly(person, Request::Sync);
        }
        self.announce(BOB);
        self.world.run_for(20_000);
    }

    fn restart(&mut self, client: usize) -> Result<(), Violation> {
        self.world.crash_client(client);
        self.world.start_client(client).map_err(|e| wrong(e.to_string()))
    }

    pub(super) fn must(&mut self, client: usize, request: Request) -> Result<Answer, Violation> {
        let asked = format!("{request:?}");
        self.world.ask(client, request).map_err(|e| wrong(format!("{}: {asked}: {e}", NAMES[client])))
    }

    pub(super) fn ask(&mut self, client: usize, request: Request) -> Option<Answer> {
        let answer = self.world.ask(client, request);
        if let Err(error) = &answer {
            *self.observed.refused.entry(error.code.as_word()).or_default() += 1;
        }
        answer.ok()
    }

    pub(super) fn ask_quietly(&mut self, client: usize, request: Request) {
        let _ = self.world.ask(client, request);
    }

    pub(super) fn announce(&mut self, client: usize) {
        let text = format!("{} announces number {}", NAMES[client], self.said.len());
        let community = self.community.clone();
        let announce = Request::Announce { community, text: text.clone(), to: Vec::new(), idempotency: None };
        if self.ask(client, announce).is_some() {
            self.said.push((text, client));
        }
    }

    /// Asks for something that must be refused, with this code.
    pub(super) fn must_fail(&mut self, client: usize, request: Request, code: &str) -> Result<(), Violation> {
        let asked = format!("{request:?}");
        match self.world.ask(client, request) {
            Err(error) if error.code.as_word() == code => Ok(()),
            other => Err(wrong(format!("{}: {asked}: {other:?}", NAMES[client]))),
        }
    }

    /// What a client shows; an error when it shows what nobody announced, or anything twice.
    pub(super) fn shown(&mut self, client: usize) -> Result<Vec<String>, Violation> {
        let list = Request::AnnouncementList { community: self.community.clone() };
        let Ok(Answer::List(items)) = self.world.ask(client, list) else { return Ok(Vec::new()) };
        let authors: BTreeMap<&str, &str> = self
            .said
            .iter()
            .chain(&self.may_show)
            .map(|(text, author)| (text.as_str(), NAMES[*author]))
            .collect();
        let mut shown = Vec::new();
        for item in items {
            let Item::Message(message) = item else { continue };
            let text = message.text.unwrap_or_default();
            let again = shown.contains(&text);
            if authors.get(text.as_str()) != Some(&message.sender.handle.as_str()) || again {
                let again = if again { " again" } else { "" };
                return Err(wrong(format!("{} shows {text:?}{again}", NAMES[client])));
            }
            shown.push(text);
        }
        Ok(shown)
    }

    fn judge_lie(&mut self, lie: ChannelLie) -> Result<(), Violation> {
        let (victim, hits) = (self.hands().victim, self.hands().hits);
        if hits == 0 {
            return Err(wrong("the server never lied"));
        }
        for (index, name) in NAMES.iter().enumerate() {
            for code in self.world.clients[index].alarms.clone() {
                self.observed.alarms.insert(((*name).to_owned(), code));
            }
        }
        self.observed.lies = hits;
        let all: Vec<String> = self.said.iter().map(|(text, _)| text.clone()).collect();
        let mut shown: Vec<Vec<String>> =
            (0..NAMES.len()).map(|client| self.shown(client)).collect::<Result<_, _>>()?;
        let need_not = |text: &String| self.may_show.iter().any(|(may, _)| may == text);
        shown.iter_mut().for_each(|shown| shown.retain(|text| !need_not(text)));
        let mut expected = std::mem::take(&mut self.also);
        if let Expected::Alarm(code) = lie.expected {
            expected.insert((NAMES[victim].to_owned(), code.to_owned()));
        }
        if self.observed.alarms != expected {
            return Err(wrong(format!("alarms: {:?}", self.observed.alarms)));
        }
        let refused = |code: &str| self.observed.refused.contains_key(code);
        let as_said = match lie.expected {
            Expected::Refused(code) => refused(code) && self.observed.refused.len() == 1,
            _ => self.observed.refused.is_empty(),
        };
        if !as_said {
            return Err(wrong(format!("refused: {:?}", self.observed.refused)));
        }
        let others = [ALICE, BOB, CAROL].into_iter().filter(|client| *client != victim);
        let unharmed = matches!(lie.expected, Expected::Ignored | Expected::Believed) && victim != DAVE;
        let whole = others.chain(unharmed.then_some(victim));
        for client in whole {
            if shown[client] != all {
                return Err(wrong(format!("{} shows {:?} of {all:?}", NAMES[client], shown[client])));
            }
        }
        let foreign = asterism_wire::signing::subscriber_id(&super::history::foreign_key());
        if self.hands().seats.iter().any(|seat| seat == foreign.as_bytes()) {
            return Err(wrong("the server has a seat in the channel"));
        }
        self.heals(lie, victim, &all)
    }

    /// Where nobody could know, everything comes as soon as the server is honest.
    fn heals(&mut self, lie: ChannelLie, victim: usize, all: &[String]) -> Result<(), Violation> {
        if lie.expected != Expected::Silence {
            return Ok(());
        }
        let before = self.shown(victim)?;
        if before.len() == all.len() {
            return Err(wrong("the lie changed nothing"));
        }
        self.be_honest();
        self.announce(ALICE);
        self.world.run_for(10_000);
        let last = self.said.last().map(|(text, _)| text.clone()).unwrap_or_default();
        for client in [victim, CAROL, DAVE] {
            self.ask_quietly(client, Request::Sync);
            if client == DAVE && !self.is_in(DAVE) {
                continue;
            }
            if !self.shown(client)?.contains(&last) {
                return Err(wrong(format!("{} is not well again", NAMES[client])));
            }
        }
        if self.shown(victim)?.len() == self.said.len() {
            Ok(())
        } else {
            Err(wrong("what was withheld does not come"))
        }
    }
}

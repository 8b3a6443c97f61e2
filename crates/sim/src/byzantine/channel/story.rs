//! The story that is told under every lie about a community.

use super::{
    super::{attack::Expected, script::Observed},
    history::Shared,
    lies::{Act, ChannelLie},
};
use crate::{check::Violation, stranger::Stranger, world::World};
use asterism_core::{Answer, Item, Request, api::Role};
use asterism_mls::link::LinkKeys;
use asterism_wire::link::Link;
use std::collections::BTreeMap;

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

struct Story {
    world: World,
    hands: Shared,
    community: String,
    /// Text and author of each announcement that was acknowledged.
    said: Vec<(String, usize)>,
    observed: Observed,
}

fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

/// Tells the story under a lie, or under none.
///
/// # Errors
/// A [`Violation`], unless it is what is expected.
pub fn tell(seed: u64, lie: Option<ChannelLie>) -> Result<Observed, Violation> {
    let mut story = Story::begin(seed)?;
    let link = story.link()?;
    if let Some(lie) = lie {
        story.arm(lie.act, &link)?;
    }
    story.middle(&link);
    let told = lie.map_or(Ok(()), |lie| story.judge_lie(lie));
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
        let (community, said, observed) = (String::new(), Vec::new(), Observed::default());
        let mut story = Self { world, hands, community, said, observed };
        for name in NAMES {
            let client = story.world.add_client(name).map_err(|e| wrong(e.to_string()))?;
            let (server, handle) = ("http://sim".into(), name.to_owned());
            story.must(client, Request::Register { server, handle, name: name.into(), invite_code: None })?;
        }
        let found = Request::CommunityCreate { name: "Choir".into(), description: None, general: None };
        let Answer::Community { community, announcements, .. } = story.must(ALICE, found)? else {
            return Err(wrong("no community"));
        };
        {
            let mut hands = story.hands.0.borrow_mut();
            hands.community = community.parse().map_err(|_| wrong("an id does not parse"))?;
            hands.announcements = announcements.parse().map_err(|_| wrong("an id does not parse"))?;
        }
        story.community = community;
        let link = story.link()?;
        for person in [BOB, CAROL] {
            story.must(person, Request::Join { link: link.clone() })?;
        }
        story.announce(ALICE);
        let (target, handle) = (story.community.clone(), "bob".to_owned());
        let promote = Request::CommunityPromote { target, handle, role: Role::Admin, until: None };
        story.must(ALICE, promote)?;
        story.announce(BOB);
        story.world.run_for(10_000);
        for person in [ALICE, BOB, CAROL] {
            story.must(person, Request::Sync)?;
        }
        if story.observed.refused.is_empty() { Ok(story) } else { Err(wrong("the beginning is refused")) }
    }

    fn link(&mut self) -> Result<String, Violation> {
        let target = self.community.clone();
        let create = Request::InviteCreate { target, expires_in_ms: None, uses: None };
        let Answer::Invite { link, .. } = self.must(ALICE, create)? else { return Err(wrong("no link")) };
        self.world.run_for(3_000);
        Ok(link)
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
        let mut hands = self.hands.0.borrow_mut();
        hands.link = Some(LinkKeys::derive(&link.secret));
        hands.arm(act, victim, stranger);
        drop(hands);
        // She asks anew for what she knows.
        if victim == ALICE { self.restart(ALICE) } else { Ok(()) }
    }

    fn middle(&mut self, link: &str) {
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

    fn must(&mut self, client: usize, request: Request) -> Result<Answer, Violation> {
        let asked = format!("{request:?}");
        self.world.ask(client, request).map_err(|e| wrong(format!("{}: {asked}: {e}", NAMES[client])))
    }

    fn ask(&mut self, client: usize, request: Request) -> Option<Answer> {
        let answer = self.world.ask(client, request);
        if let Err(error) = &answer {
            *self.observed.refused.entry(error.code.as_word()).or_default() += 1;
        }
        answer.ok()
    }

    fn ask_quietly(&mut self, client: usize, request: Request) {
        let _ = self.world.ask(client, request);
    }

    fn announce(&mut self, client: usize) {
        let text = format!("{} announces number {}", NAMES[client], self.said.len());
        let community = self.community.clone();
        let announce = Request::Announce { community, text: text.clone(), to: Vec::new(), idempotency: None };
        if self.ask(client, announce).is_some() {
            self.said.push((text, client));
        }
    }

    /// What a client shows; an error when it shows what nobody announced, or anything twice.
    fn shown(&mut self, client: usize) -> Result<Vec<String>, Violation> {
        let list = Request::AnnouncementList { community: self.community.clone() };
        let Ok(Answer::List(items)) = self.world.ask(client, list) else { return Ok(Vec::new()) };
        let authors: BTreeMap<&str, &str> =
            self.said.iter().map(|(text, author)| (text.as_str(), NAMES[*author])).collect();
        let mut shown = Vec::new();
        for item in items {
            let Item::Message(message) = item else { continue };
            let text = message.text.unwrap_or_default();
            if authors.get(text.as_str()) != Some(&message.sender.handle.as_str()) || shown.contains(&text) {
                return Err(wrong(format!("{} shows {text:?}", NAMES[client])));
            }
            shown.push(text);
        }
        Ok(shown)
    }

    fn judge_lie(&mut self, lie: ChannelLie) -> Result<(), Violation> {
        let (victim, hits) = {
            let hands = self.hands.0.borrow();
            (hands.victim, hands.hits)
        };
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
        let shown: Vec<Vec<String>> =
            (0..NAMES.len()).map(|client| self.shown(client)).collect::<Result<_, _>>()?;
        let expected = match lie.expected {
            Expected::Alarm(code) => vec![(NAMES[victim].to_owned(), code.to_owned())],
            _ => Vec::new(),
        };
        if self.observed.alarms != expected.into_iter().collect() {
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
        let whole = others.chain((lie.expected == Expected::Ignored).then_some(victim));
        for client in whole {
            if shown[client] != all {
                return Err(wrong(format!("{} shows {:?} of {all:?}", NAMES[client], shown[client])));
            }
        }
        let foreign = asterism_wire::signing::subscriber_id(&super::history::foreign_key());
        if self.hands.0.borrow().seats.iter().any(|seat| seat == foreign.as_bytes()) {
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
        self.hands.0.borrow_mut().act = None;
        for client in [ALICE, BOB, CAROL, DAVE] {
            self.ask_quietly(client, Request::Sync);
        }
        self.announce(ALICE);
        self.world.run_for(10_000);
        let last = self.said.last().map(|(text, _)| text.clone()).unwrap_or_default();
        for client in [victim, CAROL, DAVE] {
            self.ask_quietly(client, Request::Sync);
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

//! The story that is told under every attack.

use super::{
    attack::{Act, Attack, Expected},
    layer::{Shared, appended},
    planted::Planted,
};
use crate::{
    check::{Acknowledged, Violation, check},
    truth::{Place, Truth},
    world::World,
};
use asterism_core::{Answer, Item, Request, api::Role};
use asterism_wire::{AccountId, ConversationId};
use std::collections::{BTreeMap, BTreeSet};

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
const ERIN: usize = 4;
/// Bob's second device, by recovery.
const BOB_AGAIN: usize = 5;
const NAMES: [&str; 6] = ["alice", "bob", "carol", "dave", "erin", "bob2"];

/// More requests of one device in the story are a storm that the server's lies have raised.
const REQUESTS_MAX: usize = 4_000;

/// What was noticed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Observed {
    /// (client, code) of each alarm.
    pub alarms: BTreeSet<(String, String)>,
    /// Requests of people that failed, by code.
    pub refused: BTreeMap<&'static str, usize>,
    /// Re-entries.
    pub repairs: u64,
    /// What did not open.
    pub undecryptable: u64,
    /// How often the server lied.
    pub lies: usize,
}

struct Script {
    world: World,
    layer: Shared,
    truth: Truth,
    act: Option<Act>,
    group: String,
    recovery_key: String,
    said: usize,
    acknowledged: Vec<Acknowledged>,
    observed: Observed,
}

fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

/// Tells the story, under an attack or under none, and compares what comes of it with what must.
///
/// # Errors
/// A [`Violation`], unless it is the one that is expected.
pub fn run(seed: u64, attack: Option<Attack>) -> Result<Observed, Violation> {
    let mut script = Script::begin(seed, attack.map(|attack| attack.act))?;
    script.arm()?;
    script.middle();
    script.newcomers();
    script.removal();
    script.restart()?;
    script.recovery();
    script.end();
    let safe = script.check_safety();
    let observed = script.observe();
    match attack {
        None => safe.and_then(|()| script.check_everything()).map(|()| observed),
        Some(attack) => script.judge(attack, safe, observed),
    }
}

impl Script {
    fn begin(seed: u64, act: Option<Act>) -> Result<Self, Violation> {
        let mut world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
        let layer = Shared::default();
        world.tamper = Some(Box::new(layer.clone()));
        layer.0.borrow_mut().salt = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 17;
        let mut script = Self {
            world,
            layer,
            truth: Truth::default(),
            act,
            group: String::new(),
            recovery_key: String::new(),
            said: 0,
            acknowledged: Vec::new(),
            observed: Observed::default(),
        };
        for (index, name) in NAMES.iter().enumerate() {
            script.world.add_client(name).map_err(|e| wrong(e.to_string()))?;
            if index != BOB_AGAIN {
                script.register(index)?;
            }
        }
        let bob = script.truth.accounts["bob"].clone();
        script.truth.register("bob2", &bob);
        script.group = script.create("here")?;
        let group = script.group.clone();
        script.add(&group, &["bob", "carol"]);
        let elsewhere = script.create("elsewhere")?;
        script.add(&elsewhere, &["bob"]);
        script.world.run_for(3_000);
        script.say(ALICE, &elsewhere);
        for someone in [ALICE, BOB, CAROL] {
            script.say(someone, &group);
        }
        script.say(BOB, "@alice");
        script.say(ALICE, "@bob");
        script.ask(BOB, Request::Sync);
        script.world.run_for(5_000);
        if !script.observed.refused.is_empty() {
            return Err(wrong(format!("the beginning is refused: {:?}", script.observed.refused)));
        }
        Ok(script)
    }

    fn register(&mut self, index: usize) -> Result<(), Violation> {
        let name = NAMES[index];
        let register = Request::Register {
            server: "http://sim".into(),
            handle: name.into(),
            name: name.to_uppercase(),
            invite_code: None,
        };
        match self.world.ask(index, register) {
            Ok(Answer::Registered { account, recovery_key, .. }) => {
                self.truth.register(name, &account);
                if index == BOB {
                    self.recovery_key = recovery_key;
                }
                Ok(())
            }
            other => Err(wrong(format!("{name} cannot register: {other:?}"))),
        }
    }

    fn victim(&self) -> usize {
        match self.act {
            Some(Act::OtherAccount | Act::OtherAccountLater | Act::OtherKeyPackages) => ALICE,
            Some(Act::EntriesAfterRemoval) => CAROL,
            Some(Act::OtherProfile | Act::WelcomeAgain) => DAVE,
            Some(
                Act::SwapHandles
                | Act::OtherWrap
                | Act::StrangersWrap
                | Act::OldGroupInfo
                | Act::GarbledGroupInfo
                | Act::GarbledTree
                | Act::FakeGroupForJoiner,
            ) => ERIN,
            Some(Act::FakeGroupForRecovery | Act::OtherBlob) => BOB_AGAIN,
            _ => BOB,
        }
    }

    /// From here on the server lies.
    fn arm(&mut self) -> Result<(), Violation> {
        let Some(act) = self.act else { return Ok(()) };
        let victim = self.victim();
        let account = |name: &str| self.truth.accounts[name].parse::<AccountId>();
        let (who, peer) = (account(NAMES[victim]), account("alice"));
        let (Ok(who), Ok(peer)) = (who, peer) else { return Err(wrong("an account id does not parse")) };
        let target: ConversationId =
            self.group.parse().map_err(|_| wrong("a conversation id does not parse"))?;
        let mut layer = self.layer.0.borrow_mut();
        layer.victim = victim;
        layer.target = target;
        let planted = Planted::prepare(&mut self.world, &layer, act, who, peer)
            .ok_or_else(|| wrong("the attack cannot be prepared"))?;
        layer.arm(act, planted).ok_or_else(|| wrong("no log was seen"))?;
        Ok(())
    }

    fn middle(&mut self) {
        let group = self.group.clone();
        if matches!(self.act, Some(Act::WelcomeElsewhere | Act::WelcomeAfterExclusion | Act::FakeDirect)) {
            // A new connection asks for the inbox.
            self.world.cut(BOB);
            self.world.run_for(5_000);
        }
        for someone in [ALICE, ALICE, BOB, CAROL] {
            self.say(someone, &group);
        }
        let promote = Request::GroupPromote {
            target: group.clone(),
            handle: "carol".into(),
            role: Role::Admin,
            until: None,
        };
        self.ask(ALICE, promote);
        let rename =
            Request::GroupSet { target: group.clone(), name: Some("renamed".into()), description: None };
        self.ask(ALICE, rename);
        for someone in [CAROL, BOB, ALICE] {
            self.say(someone, &group);
        }
    }

    fn newcomers(&mut self) {
        let group = self.group.clone();
        self.add(&group, &["dave"]);
        self.ask(DAVE, Request::Sync);
        self.say(DAVE, &group);
        let invite = Request::InviteCreate { target: group.clone(), expires_in_ms: None, uses: None };
        if let Some(Answer::Invite { link, .. }) = self.ask(ALICE, invite) {
            let erin = self.truth.accounts["erin"].clone();
            self.truth.admit(&group, &erin);
            self.ask(ERIN, Request::LinkPreview { link: link.clone() });
            self.ask(ERIN, Request::Join { link });
            self.say(ERIN, &group);
        }
        for someone in [BOB, ALICE] {
            self.say(someone, &group);
        }
    }

    fn removal(&mut self) {
        let group = self.group.clone();
        self.world.clients[CAROL].was_away.insert(group.clone());
        self.ask(ALICE, Request::GroupRemove { target: group.clone(), handle: "carol".into() });
        self.ask(CAROL, Request::Sync);
        for someone in [ALICE, DAVE] {
            self.say(someone, &group);
        }
        if self.act == Some(Act::EntriesAfterRemoval) {
            self.tell_the_removed();
        }
        self.say(BOB, "@alice");
        self.say(ALICE, "@bob");
        if let Ok(third) = self.create("third") {
            self.add(&third, &["bob"]);
            self.say(ALICE, &third);
        }
        self.ask(ALICE, Request::SetProfile { name: "Alice again".into() });
    }

    /// All entries since go to carol, too, who was removed.
    fn tell_the_removed(&mut self) {
        let (target, entries) = {
            let mut layer = self.layer.0.borrow_mut();
            let target = layer.target;
            let log = layer.logs.get(&target).cloned().unwrap_or_default();
            let entries: Vec<_> = log.values().rev().take(4).rev().cloned().collect();
            layer.hits += entries.len();
            (target, entries)
        };
        for entry in entries {
            if let Some(body) = appended(target, entry).body {
                self.world.inject(CAROL, body);
            }
        }
        self.world.run_for(1_000);
    }

    fn restart(&mut self) -> Result<(), Violation> {
        let group = self.group.clone();
        for someone in [ALICE, BOB] {
            self.world.crash_client(someone);
            self.world.start_client(someone).map_err(|e| wrong(e.to_string()))?;
            self.ask(someone, Request::Sync);
        }
        for someone in [BOB, ERIN, ALICE] {
            self.say(someone, &group);
        }
        Ok(())
    }

    fn recovery(&mut self) {
        let group = self.group.clone();
        self.world.clients[BOB_AGAIN].was_away.insert(group.clone());
        let recover = Request::Recover {
            server: "http://sim".into(),
            handle: "bob".into(),
            recovery_key: self.recovery_key.clone(),
        };
        let about_recovery = self.act.is_none() || self.victim() == BOB_AGAIN;
        if !about_recovery {
            // Costs time, and stays nobody.
            self.world.clients[BOB_AGAIN].hostile = true;
            return;
        }
        if self.ask(BOB_AGAIN, recover).is_some() {
            self.world.run_for(3_000);
            self.say(BOB_AGAIN, &group);
        }
        self.say(DAVE, &group);
    }

    fn end(&mut self) {
        self.world.run_for(60_000);
        for index in 0..NAMES.len() {
            self.ask(index, Request::Sync);
        }
        self.world.run_for(5_000);
    }

    fn create(&mut self, name: &str) -> Result<String, Violation> {
        let create = Request::GroupCreate {
            name: name.into(),
            description: None,
            quantum_safe: false,
            community: None,
            join: None,
        };
        match self.ask(ALICE, create) {
            Some(Answer::Group { group }) => {
                let alice = self.truth.accounts["alice"].clone();
                self.truth.admit(&group, &alice);
                Ok(group)
            }
            other => Err(wrong(format!("no group: {other:?}"))),
        }
    }

    fn add(&mut self, group: &str, handles: &[&str]) {
        for handle in handles {
            let account = self.truth.accounts[*handle].clone();
            self.truth.admit(group, &account);
        }
        let handles = handles.iter().map(|handle| (*handle).to_owned()).collect();
        self.ask(ALICE, Request::GroupAdd { target: group.to_owned(), handles });
    }

    fn ask(&mut self, index: usize, request: Request) -> Option<Answer> {
        if index == BOB_AGAIN && !self.world.clients[index].core.as_ref().is_some_and(|c| c.has_account()) {
            // Only recovery makes this one somebody.
            if !matches!(request, Request::Recover { .. }) {
                return None;
            }
        }
        let answer = self.world.ask(index, request);
        if let Err(error) = &answer {
            *self.observed.refused.entry(error.code.as_word()).or_default() += 1;
        }
        answer.ok()
    }

    fn say(&mut self, index: usize, target: &str) {
        self.said += 1;
        let text = format!("{} says number {}", NAMES[index], self.said);
        let own = if index == BOB_AGAIN { "bob" } else { NAMES[index] };
        let account = self.truth.accounts[own].clone();
        let place = match target.strip_prefix('@') {
            Some(handle) => Place::With(self.truth.accounts[handle].clone()),
            None => Place::Group(target.to_owned()),
        };
        self.truth.say(&text, &account, place);
        let request = Request::Send {
            target: target.to_owned(),
            text,
            reply_to: None,
            idempotency: None,
            queue: false,
        };
        if let Some(Answer::Sent { message, conversation, .. }) = self.ask(index, request) {
            self.acknowledged.push(Acknowledged { message, conversation, sender: index });
        }
    }

    fn check_safety(&mut self) -> Result<(), Violation> {
        for index in 0..NAMES.len() {
            self.truth.check(&mut self.world, index)?;
        }
        let requests = self.layer.0.borrow().requests;
        if requests > REQUESTS_MAX {
            return Err(wrong(format!("the lies have raised a storm of {requests} requests")));
        }
        Ok(())
    }

    fn observe(&mut self) -> Observed {
        let mut observed = std::mem::take(&mut self.observed);
        for (index, name) in NAMES.iter().enumerate() {
            let name = (*name).to_owned();
            for code in self.world.clients[index].alarms.clone() {
                observed.alarms.insert((name.clone(), code));
            }
            if let Ok(Answer::Synced { epoch_repairs, undecryptable, .. }) =
                self.world.ask(index, Request::Sync)
            {
                observed.repairs += epoch_repairs;
                observed.undecryptable += undecryptable;
            }
        }
        observed.lies = self.layer.0.borrow().hits;
        observed
    }

    /// Everybody has everything, as with an honest server.
    fn check_everything(&mut self) -> Result<(), Violation> {
        if !self.observed.refused.is_empty() {
            return Err(wrong(format!("refused: {:?}", self.observed.refused)));
        }
        let acknowledged = std::mem::take(&mut self.acknowledged);
        check(&mut self.world, &acknowledged)?;
        self.check_present(&acknowledged)
    }

    /// Alice and dave are in the group to the end and show everything from their own entry on.
    fn check_present(&mut self, acknowledged: &[Acknowledged]) -> Result<(), Violation> {
        let last = acknowledged.iter().rfind(|sent| sent.conversation == self.group);
        let Some(last) = last else { return Err(wrong("nothing was said")) };
        for index in [ALICE, BOB, DAVE, ERIN, BOB_AGAIN] {
            if !self.world.clients[index].core.as_ref().is_some_and(|core| core.has_account()) {
                continue;
            }
            let target = self.group.clone();
            let read = Request::Read { target, since: None, limit: 10_000, events: false };
            let Ok(Answer::List(items)) = self.world.ask(index, read) else {
                return Err(wrong(format!("{} is not in the group", NAMES[index])));
            };
            let shows = |item: &Item| matches!(item, Item::Message(m) if m.message == last.message);
            if !items.iter().any(shows) {
                return Err(wrong(format!("{} does not show the last message", NAMES[index])));
            }
        }
        Ok(())
    }

    fn judge(
        &mut self,
        attack: Attack,
        safe: Result<(), Violation>,
        observed: Observed,
    ) -> Result<Observed, Violation> {
        let name = attack.name;
        if observed.lies == 0 {
            return Err(wrong(format!("{name} never struck")));
        }
        if attack.expected == Expected::Believed {
            return match safe {
                Err(_) => Ok(observed),
                Ok(()) => Err(wrong(format!("{name} is not believed any more: {observed:?}"))),
            };
        }
        safe.map_err(|violation| wrong(format!("{name}: {violation}; {observed:?}")))?;
        let as_expected = match attack.expected {
            Expected::Alarm(code) => observed.alarms.iter().any(|(_, raised)| raised == code),
            Expected::Refused(code) => observed.refused.contains_key(code),
            Expected::Repaired => observed.repairs > 0,
            Expected::Skipped => observed.undecryptable > 0,
            Expected::Ignored => {
                self.observed = observed.clone();
                return self
                    .check_everything()
                    .map(|()| observed)
                    .map_err(|violation| wrong(format!("{name}: {violation}")));
            }
            Expected::Silence | Expected::Believed => true,
        };
        if as_expected {
            Ok(observed)
        } else {
            Err(wrong(format!("{name}: {} was expected, seen: {observed:?}", attack.expected)))
        }
    }
}

//! The story of each case.

use super::{Case, accomplice, behind, churn, held_up, late, spoiled, watch::Watch};
use crate::{
    Report,
    check::{Acknowledged, Violation, check},
    stranger::Stranger,
    world::World,
};
use asterism_core::{Answer, ApiError, Item, Request, api::Role};
use asterism_wire::{ConversationId, ErrorCode, frame::Answer as WireAnswer, limits, link::Link};
use rand::Rng as _;
use std::collections::BTreeMap;

/// Who deceives.
const MALLORY: usize = 0;
/// Who founded the group.
const ALICE: usize = 1;
/// Whom the flawed commit removes.
const REMOVED: &str = "removed";
/// After a void everybody can send within this time, milliseconds.
const AGAIN_MS_MAX: u64 = limits::VOID_DELAY_MS + 10_000;

struct Story {
    world: World,
    watch: Watch,
    case: Case,
    group: String,
    link: String,
    honest: Vec<usize>,
    said: usize,
    under_way: BTreeMap<(usize, u64), ()>,
    acknowledged: Vec<Acknowledged>,
}

fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

/// Tells one case.
///
/// # Errors
/// A [`Violation`].
pub fn run(seed: u64, case: Case) -> Result<Report, Violation> {
    let result = match case {
        Case::Accomplice => accomplice::tell(seed),
        Case::VoidBehindRefusal => behind::tell(seed),
        Case::Churn => churn::tell(seed),
        Case::OldStatement => late::statement(seed),
        Case::ExpelledRefuses => late::of_the_expelled(seed),
        Case::LateRefusal => late::refusal(seed),
        Case::VoidedGround => late::of_the_ground(seed),
        Case::HeldUp => held_up::tell(seed),
        Case::SpoiledLink => spoiled::tell(seed),
        _ => Story::begin(seed, case)?.tell(),
    };
    result.map_err(|violation| wrong(format!("{case:?}: {violation}")))
}

impl Story {
    fn begin(seed: u64, case: Case) -> Result<Self, Violation> {
        let mut world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
        let watch = Watch::default();
        world.tamper = Some(Box::new(watch.clone()));
        let mut story = Self {
            world,
            watch,
            case,
            group: String::new(),
            link: String::new(),
            honest: Vec::new(),
            said: 0,
            under_way: BTreeMap::new(),
            acknowledged: Vec::new(),
        };
        let honest = story.world.rng.random_range(3..=5_usize);
        for index in 0..=honest + 1 {
            let name = if index > honest { REMOVED.to_owned() } else { format!("user{index}") };
            story.world.add_client(&name).map_err(|e| wrong(e.to_string()))?;
            let register = Request::Register {
                server: "http://sim".into(),
                handle: name.clone(),
                name,
                invite_code: None,
            };
            story.must(index, register)?;
            if index != MALLORY && index <= honest {
                story.honest.push(index);
            }
        }
        story.world.clients[MALLORY].hostile = true;
        // Has lost its keys by the removal, whether it is voided or not.
        story.world.clients[honest + 1].hostile = true;
        let quantum_safe = story.world.rng.random_bool(0.3);
        let create = Request::GroupCreate {
            name: "group".into(),
            description: None,
            quantum_safe,
            community: None,
            join: None,
        };
        let Answer::Group { group } = story.must(ALICE, create)? else { return Err(wrong("no group")) };
        story.group = group.clone();
        // The last one may be let in later.
        let late = usize::from(case == Case::JoinerInDeadEpoch);
        let mut handles: Vec<String> = (2..=honest - late).map(|i| format!("user{i}")).collect();
        if case != Case::OtherPsk && case != Case::NoSecret {
            handles.push("user0".into());
        }
        handles.push(REMOVED.to_owned());
        story.must(ALICE, Request::GroupAdd { target: group.clone(), handles })?;
        let invite = Request::InviteCreate { target: group.clone(), expires_in_ms: None, uses: None };
        let Answer::Invite { link, .. } = story.must(ALICE, invite)? else { return Err(wrong("no link")) };
        story.link = link;
        story.world.run_for(2_000);
        if case != Case::OtherPsk && case != Case::NoSecret {
            let promote = Request::GroupPromote {
                target: group.clone(),
                handle: "user0".into(),
                role: Role::Admin,
                until: None,
            };
            story.must(ALICE, promote)?;
        }
        let present: Vec<usize> = story.present();
        for index in present {
            story.say(index)?;
        }
        story.world.run_for(3_000);
        Ok(story)
    }

    /// Honest ones who are in the group from the beginning.
    fn present(&self) -> Vec<usize> {
        let late = usize::from(self.case == Case::JoinerInDeadEpoch);
        self.honest[..self.honest.len() - late].to_vec()
    }

    fn tell(&mut self) -> Result<Report, Violation> {
        if self.case == Case::NoSecret {
            self.without_the_secret()?;
        } else {
            self.deceive()?;
        }
        let began = self.world.now;
        self.go_on(began)?;
        self.finish()
    }

    fn must(&mut self, index: usize, request: Request) -> Result<Answer, Violation> {
        let what = format!("{request:?}");
        self.world
            .ask(index, request)
            .map_err(|e| wrong(format!("user{index} is refused {}: {what}", e.code.as_word())))
    }

    fn text(&mut self, index: usize) -> Request {
        self.said += 1;
        Request::Send {
            target: self.group.clone(),
            text: format!("user{index} says number {}", self.said),
            reply_to: None,
            idempotency: None,
            queue: false,
        }
    }

    fn say(&mut self, index: usize) -> Result<(), Violation> {
        let request = self.text(index);
        if let Answer::Sent { message, conversation, .. } = self.must(index, request)? {
            self.acknowledged.push(Acknowledged { message, conversation, sender: index });
        }
        Ok(())
    }

    fn begin_to_say(&mut self, index: usize) {
        let request = self.text(index);
        if let Some(id) = self.world.begin(index, request) {
            self.under_way.insert((index, id), ());
        }
    }

    fn collect(&mut self) {
        let ids: Vec<(usize, u64)> = self.under_way.keys().copied().collect();
        for (index, id) in ids {
            let Some(answer) = self.world.clients[index].answers.remove(&id) else { continue };
            self.under_way.remove(&(index, id));
            if let Ok(Answer::Sent { message, conversation, .. }) = answer {
                self.acknowledged.push(Acknowledged { message, conversation, sender: index });
            }
        }
    }

    fn restart_client(&mut self, index: usize) -> Result<(), Violation> {
        self.under_way.retain(|(client, _), ()| *client != index);
        self.world.crash_client(index);
        let pause = self.world.rng.random_range(1..2_000);
        self.world.run_for(pause);
        self.world.start_client(index).map_err(|e| wrong(e.to_string()))
    }

    fn deceive(&mut self) -> Result<(), Violation> {
        let deed = self.case.deed().ok_or_else(|| wrong("no deed"))?;
        // One of the honest may be away meanwhile, never all but the author: somebody must say what is wrong.
        let present = self.present();
        let away = present[self.world.rng.random_range(1..present.len())];
        let somebody_is_away = self.world.rng.random_bool(0.5) && present.len() > 2;
        if somebody_is_away {
            self.world.crash_client(away);
        }
        let core = self.world.clients[MALLORY].core.as_mut().ok_or_else(|| wrong("no core"))?;
        core.be_hostile(deed);
        if self.case == Case::FalseReceipt {
            self.watch.only_receipts_of(Some(MALLORY));
        }
        let occasion = self.occasion();
        let by = if self.alice_acts() { ALICE } else { MALLORY };
        let deed_done = self.world.begin(by, occasion).ok_or_else(|| wrong("nobody to act"))?;
        for &index in present.iter().filter(|index| !(somebody_is_away && **index == away)) {
            self.begin_to_say(index);
        }
        let pause = self.world.rng.random_range(50..1_500);
        self.world.run_for(pause);
        if self.case == Case::JoinerInDeadEpoch {
            self.let_in_late();
        }
        self.disturb(&present, somebody_is_away.then_some(away))?;
        self.watch.only_receipts_of(None);
        self.world.run_for(AGAIN_MS_MAX);
        if somebody_is_away {
            self.world.start_client(away).map_err(|e| wrong(e.to_string()))?;
        }
        self.world.run_for(3_000);
        self.collect();
        self.check_deed(by, deed_done)
    }

    /// Is it an honest commit that the deed is done to?
    fn alice_acts(&self) -> bool {
        matches!(self.case, Case::FalseRefusal | Case::FalseReceipt)
    }

    /// What the deed is done on the occasion of.
    fn occasion(&mut self) -> Request {
        match self.case {
            Case::OtherPsk => Request::Join { link: self.link.clone() },
            Case::FalseRefusal | Case::FalseReceipt => Request::GroupPromote {
                target: self.group.clone(),
                handle: "user2".into(),
                role: Role::Admin,
                until: None,
            },
            // A removal always has a path, so that each flaw has something to be in.
            _ => Request::GroupRemove { target: self.group.clone(), handle: REMOVED.to_owned() },
        }
    }

    fn let_in_late(&mut self) {
        let Some(&late) = self.honest.last() else { return };
        self.world.begin(late, Request::Join { link: self.link.clone() });
        self.world.run_for(1_500);
    }

    fn disturb(&mut self, present: &[usize], away: Option<usize>) -> Result<(), Violation> {
        if self.case == Case::VoidAfterRestart {
            self.world.crash_server();
            for &index in present.iter().filter(|index| Some(**index) != away) {
                self.restart_client(index)?;
            }
            self.world.run_for(500);
            return self.world.start_server().map_err(|e| wrong(e.to_string()));
        }
        let victim = present[self.world.rng.random_range(0..present.len())];
        // Whoever gives the occasion stays, or there is none.
        if Some(victim) != away && !(victim == ALICE && self.alice_acts()) {
            match self.world.rng.random_range(0..3) {
                0 => self.restart_client(victim)?,
                1 => self.world.cut(victim),
                _ => {}
            }
        }
        Ok(())
    }

    fn check_deed(&mut self, by: usize, request: u64) -> Result<(), Violation> {
        let answer: Option<Result<Answer, ApiError>> = self.world.clients[by].answers.remove(&request);
        let done = self.world.clients[MALLORY].core.as_ref().is_some_and(|core| core.has_done_it());
        if !done {
            return Err(wrong(format!("the deed was not done: {answer:?}")));
        }
        let voids = self.watch.voids();
        let expected = usize::from(self.case.is_voided());
        // A deceiver who comes back may offer the same commit again after the void.
        if voids < expected || (expected == 0 && voids > 0) {
            return Err(wrong(format!("{voids} commits were voided, not {expected}")));
        }
        // What the deceiver makes of its own deed is its own affair.
        if !self.alice_acts() {
            self.world.crash_client(MALLORY);
        }
        Ok(())
    }

    /// The group lives: everybody can send, and commit.
    fn go_on(&mut self, began: asterism_wire::Timestamp) -> Result<(), Violation> {
        if self.case == Case::JoinerInDeadEpoch {
            let late = *self.honest.last().ok_or_else(|| wrong("nobody is late"))?;
            self.must(late, Request::Join { link: self.link.clone() })?;
        }
        for index in self.honest.clone() {
            self.say(index)?;
        }
        let took = self.world.now.0 - began.0;
        if took > AGAIN_MS_MAX {
            return Err(wrong(format!("it took {took} ms before everybody could send again")));
        }
        let rename =
            Request::GroupSet { target: self.group.clone(), name: Some("lives".into()), description: None };
        self.must(ALICE, rename)?;
        let role = if self.case == Case::FalseRefusal { Role::Member } else { Role::Admin };
        let promote =
            Request::GroupPromote { target: self.group.clone(), handle: "user3".into(), role, until: None };
        self.must(ALICE, promote)?;
        if self.case.is_voided() && self.case != Case::OtherPsk {
            self.bring_back_the_removed()?;
        }
        for index in self.honest.clone() {
            self.say(index)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Report, Violation> {
        self.world.run_for(60_000);
        for index in self.honest.clone() {
            self.must(index, Request::Sync)?;
        }
        self.world.run_for(5_000);
        self.collect();
        self.check_agreement()?;
        if self.case == Case::FalseReceipt {
            self.forget_warnings();
        }
        let acknowledged = std::mem::take(&mut self.acknowledged);
        self.check_all_shown(&acknowledged)?;
        let repairs = check(&mut self.world, &acknowledged)?;
        if self.case != Case::FalseRefusal && repairs > 0 {
            return Err(wrong("somebody honest had to re-enter"));
        }
        Ok(Report { acknowledged: acknowledged.len(), repairs, ..Report::default() })
    }

    /// Some may have been told that a confirmation differs (unless the liar's word counted for nothing); that is
    /// all that comes of it.
    fn forget_warnings(&mut self) {
        for client in &mut self.world.clients {
            client.alarms.retain(|code| code != "receipt_differs");
        }
    }

    /// Whom a commit removed that was voided is a member again to all others, and has thrown the keys away on the
    /// deceiver's word: only the others can mend that, by removing and adding.
    fn bring_back_the_removed(&mut self) -> Result<(), Violation> {
        let removed = self.world.clients.len() - 1;
        let (target, handle) = (self.group.clone(), REMOVED.to_owned());
        // A deceiver who came back before the end may have removed them in earnest.
        match self.world.ask(ALICE, Request::GroupRemove { target: target.clone(), handle: handle.clone() }) {
            Ok(_) => {}
            Err(error) if error.code == ErrorCode::UnknownTarget => {}
            Err(error) => return Err(wrong(format!("no removal: {}", error.code.as_word()))),
        }
        self.must(ALICE, Request::GroupAdd { target, handles: vec![handle] })?;
        self.must(removed, Request::Sync)?;
        let request = self.text(removed);
        self.must(removed, request).map(|_| ())
    }

    /// Equal rosters, epochs and authenticators.
    fn check_agreement(&mut self) -> Result<(), Violation> {
        let mut seen: Option<(Vec<String>, u64, String)> = None;
        let mut everybody = self.honest.clone();
        if self.case == Case::FalseRefusal {
            // The liar has mended itself.
            everybody.push(MALLORY);
        }
        for index in everybody {
            let target = self.group.clone();
            let Answer::List(items) = self.must(index, Request::GroupMembers { target })? else { continue };
            let mut roster: Vec<String> = items
                .into_iter()
                .filter_map(|item| {
                    if let Item::Member(m) = item {
                        Some(format!("{} {:?}", m.account, m.role))
                    } else {
                        None
                    }
                })
                .collect();
            roster.sort();
            let all = self.world.clients[index].core.as_ref().map(|core| core.authenticators());
            let found = all.unwrap_or_default().into_iter().find(|(group, ..)| *group == self.group);
            let Some((_, epoch, authenticator)) = found else {
                return Err(wrong(format!("user{index} is not in the group")));
            };
            let here = (roster, epoch, authenticator);
            if *seen.get_or_insert_with(|| here.clone()) != here {
                return Err(wrong(format!("user{index} is in another group: {here:?}, before {seen:?}")));
            }
        }
        Ok(())
    }

    /// Everybody who was there all the time shows everything that was acknowledged, once.
    fn check_all_shown(&mut self, acknowledged: &[Acknowledged]) -> Result<(), Violation> {
        for index in self.present() {
            let read =
                Request::Read { target: self.group.clone(), since: None, limit: 10_000, events: false };
            let Answer::List(items) = self.must(index, read)? else { continue };
            let mut shown: BTreeMap<String, usize> = BTreeMap::new();
            for item in items {
                if let Item::Message(message) = item {
                    *shown.entry(message.message).or_default() += 1;
                }
            }
            for sent in acknowledged {
                // What was said before somebody came is not for them: all of `present` were there.
                match shown.get(&sent.message) {
                    Some(1) => {}
                    other => {
                        return Err(wrong(format!(
                            "user{index} shows an acknowledged message of user{} {} times",
                            sent.sender,
                            other.unwrap_or(&0)
                        )));
                    }
                }
            }
        }
        Ok(())
    }

    /// Somebody who found only the first half of a link.
    fn without_the_secret(&mut self) -> Result<(), Violation> {
        let link: Link = self.link.parse().map_err(|_| wrong("a link does not parse"))?;
        let mut stranger =
            Stranger::register(&mut self.world, "mallory").map_err(|e| wrong(e.to_string()))?;
        let conversation: ConversationId = self.group.parse().map_err(|_| wrong("an id does not parse"))?;
        let ask = stranger.ask_for_join_info(conversation, link.ticket);
        if stranger.ask(&self.world, ask).is_ok() {
            return Err(wrong("join info without the link's secret"));
        }
        let present = self.present();
        let helper = self.world.clients[present[0]].core.as_ref();
        let shown = helper.and_then(|core| core.public_group(&self.group));
        let shown = shown.ok_or_else(|| wrong("no group to show"))?;
        let submit = stranger.enter_without_secret(conversation, &link, shown);
        match stranger.ask(&self.world, submit) {
            Err(ErrorCode::InvalidCommit | ErrorCode::UnknownLink | ErrorCode::Forbidden) => Ok(()),
            Err(code) => Err(wrong(format!("an unexpected refusal: {code:?}"))),
            Ok(WireAnswer::Accepted(_)) => Err(wrong("an entry without the link's secret was taken")),
            Ok(_) => Err(wrong("an unexpected answer")),
        }
    }
}

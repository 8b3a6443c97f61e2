//! What is left of an entry that is refused or broken off, and of a founding that is: nothing that is tried in vain for
//! ever, and nothing that was never there. With an honest server, but for what a race with others would make it say.

use crate::{
    check::Violation,
    tamper::{Passage, Tamper},
    world::World,
};
use asterism_core::{Answer, ApiError, Item, Request, hostile::Deed};
use asterism_wire::{
    ErrorCode,
    frame::{self, ClientFrame, Failure, ServerFrame},
};
use std::{cell::RefCell, rc::Rc};

const ALICE: usize = 0;
const MALLORY: usize = 1;
const CAROL: usize = 2;
/// A void is made, told and followed within this time, milliseconds.
const VOIDED_MS: u64 = 30_000;
/// Rounds after which what is tried in vain would show.
const ROUNDS: usize = 3;
/// Nothing that is asked takes so many steps.
const STEPS_MAX: usize = 2_000;

/// How an entry by a link ends, after others have won some races.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The link is used up when its holder asks for the group anew.
    LinkUsedUp,
    /// The group is full when the commit is offered.
    GroupFull,
    /// The process dies before the next try.
    Death,
}

/// Who enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comer {
    /// Was never in.
    New,
    /// Was in and is out.
    Returning,
}

/// Says no to Carol, and counts.
#[derive(Default)]
struct Door {
    end: Option<End>,
    /// So many times she loses a race before.
    races: usize,
    /// How often she asked for the group.
    asked: usize,
    /// How often she did so as a device of an account that is in.
    asked_as_device: usize,
}

#[derive(Clone, Default)]
struct SharedDoor(Rc<RefCell<Door>>);

impl Door {
    fn answer(&mut self, request: &frame::Request) -> Option<ErrorCode> {
        match request {
            frame::Request::GetJoinInfo(asked) => {
                self.asked += 1;
                self.asked_as_device += usize::from(asked.ticket.is_empty());
                (self.end == Some(End::LinkUsedUp) && self.races == 0).then_some(ErrorCode::LinkUsedUp)
            }
            frame::Request::SubmitCommit(_) if self.races > 0 => {
                self.races -= 1;
                Some(ErrorCode::StaleEpoch)
            }
            frame::Request::SubmitCommit(_) if self.end == Some(End::GroupFull) => Some(ErrorCode::GroupFull),
            _ => None,
        }
    }
}

impl Tamper for SharedDoor {
    fn request(&mut self, client: usize, frame: ClientFrame) -> Passage {
        let asked = frame.request.as_ref().filter(|_| client == CAROL);
        match asked.and_then(|request| self.0.borrow_mut().answer(request)) {
            Some(code) => Passage::Answer(Box::new(frame::Answer::Failure(Failure::of(code)))),
            None => Passage::Pass(frame),
        }
    }

    fn frames(&mut self, _client: usize, frame: ServerFrame) -> Vec<ServerFrame> {
        vec![frame]
    }
}

fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

struct Story {
    world: World,
    door: SharedDoor,
    link: String,
}

/// An entry by a link that ends badly.
///
/// # Errors
/// A [`Violation`].
pub fn failed_entry(seed: u64, comer: Comer, races: usize, end: End) -> Result<(), Violation> {
    let mut story = Story::begin(seed)?;
    if comer == Comer::Returning {
        story.enter_and_be_voided()?;
    }
    *story.door.0.borrow_mut() = Door { end: Some(end), races, ..Door::default() };
    story.enter_badly(end, races)?;
    // From here on the door only counts.
    *story.door.0.borrow_mut() = Door::default();
    for _ in 0..ROUNDS {
        story.must(CAROL, Request::Sync)?;
    }
    let tries = story.door.0.borrow().asked_as_device;
    let kept = story.world.clients[CAROL].groups();
    let expected: &[&str] = if comer == Comer::New { &[] } else { &["left"] };
    if tries > 0 || kept != expected {
        return Err(wrong(format!("{comer:?}, {races}, {end:?}: keeps {kept:?}, tried {tries} times more")));
    }
    Ok(())
}

impl Story {
    fn begin(seed: u64) -> Result<Self, Violation> {
        let mut world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
        let door = SharedDoor::default();
        world.tamper = Some(Box::new(door.clone()));
        let mut story = Self { world, door, link: String::new() };
        for (index, name) in ["alice", "mallory", "carol"].into_iter().enumerate() {
            story.world.add_client(name).map_err(|e| wrong(e.to_string()))?;
            story.must(index, register(name))?;
        }
        let Answer::Group { group } = story.must(ALICE, create_group())? else {
            return Err(wrong("no group"));
        };
        story.must(ALICE, Request::GroupAdd { target: group.clone(), handles: vec!["mallory".into()] })?;
        let invite = Request::InviteCreate { target: group, expires_in_ms: None, uses: None };
        let Answer::Invite { link, .. } = story.must(ALICE, invite)? else { return Err(wrong("no link")) };
        story.link = link;
        story.world.run_for(3_000);
        Ok(story)
    }

    fn must(&mut self, index: usize, request: Request) -> Result<Answer, Violation> {
        let what = format!("{request:?}");
        self.world.ask(index, request).map_err(|e| wrong(format!("refused {}: {what}", e.code.as_word())))
    }

    fn join(&self) -> Request {
        Request::Join { link: self.link.clone() }
    }

    /// Mallory refuses Carol's entry while nobody is there to contradict, and the link lets her in no more.
    fn enter_and_be_voided(&mut self) -> Result<(), Violation> {
        self.world.crash_client(ALICE);
        let liar = self.world.clients[MALLORY].core.as_mut().ok_or_else(|| wrong("no core"))?;
        liar.be_hostile(Deed::FalseRefusal);
        self.must(CAROL, self.join())?;
        *self.door.0.borrow_mut() = Door { end: Some(End::LinkUsedUp), ..Door::default() };
        self.world.run_for(VOIDED_MS);
        self.must(CAROL, Request::Sync)?;
        self.world.start_client(ALICE).map_err(|e| wrong(e.to_string()))?;
        self.world.run_for(VOIDED_MS);
        let kept = self.world.clients[CAROL].groups();
        if kept == ["left"] { Ok(()) } else { Err(wrong(format!("after the void: {kept:?}"))) }
    }

    fn enter_badly(&mut self, end: End, races: usize) -> Result<(), Violation> {
        let code = match end {
            End::LinkUsedUp => ErrorCode::LinkUsedUp,
            End::GroupFull => ErrorCode::GroupFull,
            End::Death => return self.die_entering(races),
        };
        match self.world.ask(CAROL, self.join()) {
            Err(ApiError { code: refused, .. }) if refused == code => Ok(()),
            other => Err(wrong(format!("{end:?}: {other:?}"))),
        }
    }

    /// Between a race that was lost and the next try.
    fn die_entering(&mut self, races: usize) -> Result<(), Violation> {
        let request = self.join();
        self.world.begin(CAROL, request);
        for _ in 0..STEPS_MAX {
            self.world.advance();
            if self.door.0.borrow().asked > races {
                self.world.crash_client(CAROL);
                return self.world.start_client(CAROL).map_err(|e| wrong(e.to_string()));
            }
        }
        Err(wrong("no further try"))
    }
}

/// The process of somebody who creates a group dies at any moment, and starts again: the group is there and can be
/// used, or nothing of it is, and what was answered is there.
///
/// # Errors
/// A [`Violation`].
pub fn broken_off_founding(seed: u64) -> Result<(), Violation> {
    let mut world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
    world.add_client("alice").map_err(|e| wrong(e.to_string()))?;
    must(&mut world, register("alice"))?;
    for steps in 0..STEPS_MAX {
        if found_and_die(&mut world, steps).map_err(|e| wrong(format!("died after {steps} steps: {e}")))? {
            return Ok(());
        }
    }
    Err(wrong("no group was ever created"))
}

/// Dies after so many steps; tells whether the creation had been answered.
fn found_and_die(world: &mut World, steps: usize) -> Result<bool, Violation> {
    let known = groups(&must(world, Request::Conversations)?);
    let asked = world.begin(ALICE, create_group()).ok_or_else(|| wrong("no core"))?;
    for _ in 0..steps {
        world.advance();
    }
    let answered = world.clients[ALICE].answers.contains_key(&asked);
    world.crash_client(ALICE);
    world.start_client(ALICE).map_err(|e| wrong(e.to_string()))?;
    // What it shows before it has spoken to the server cannot be taken back unseen.
    let before = groups(&must(world, Request::Conversations)?);
    must(world, Request::Sync)?;
    let after = groups(&must(world, Request::Conversations)?);
    let kept = world.clients[ALICE].groups();
    let lost = known.iter().chain(&before).any(|group| !after.contains(group));
    if lost || kept.len() != after.len() || kept.iter().any(|state| state != "active") {
        return Err(wrong(format!("showed {before:?}, then {after:?}, and keeps {kept:?}")));
    }
    if answered && after.len() == known.len() {
        return Err(wrong("it was answered, and is not there"));
    }
    for (target, _) in after.into_iter().filter(|group| !known.contains(group)) {
        let text = "Hello".to_owned();
        let send = Request::Send { target, text, reply_to: None, idempotency: None, queue: false };
        must(world, send)?;
    }
    Ok(answered)
}

fn must(world: &mut World, request: Request) -> Result<Answer, Violation> {
    let what = format!("{request:?}");
    world.ask(ALICE, request).map_err(|e| wrong(format!("refused {}: {what}", e.code.as_word())))
}

/// Ids and states.
fn groups(answer: &Answer) -> Vec<(String, String)> {
    let Answer::List(items) = answer else { return Vec::new() };
    let conversations = items.iter().filter_map(|item| match item {
        Item::Conversation(info) => Some((info.group.clone(), info.state.clone())),
        _ => None,
    });
    conversations.collect()
}

fn register(name: &str) -> Request {
    let (server, handle) = ("http://sim".into(), name.to_owned());
    Request::Register { server, handle, name: name.to_owned(), invite_code: None }
}

fn create_group() -> Request {
    Request::GroupCreate {
        name: "group".into(),
        description: None,
        quantum_safe: false,
        community: None,
        join: None,
    }
}

//! A liar who is alone with an honest member: nobody contradicts its refusals, so that they undo what was done
//! (docs/protocol.md §4.6). What was asked for is done again, or its asker is told.

use super::watch::Watch;
use crate::{check::Violation, world::World};
use asterism_core::{
    Answer, Item, Request,
    api::{MemberInfo, Role},
    hostile::Deed,
};

const ALICE: usize = 0;
const MALLORY: usize = 1;
const CAROL: usize = 2;
/// Every void, pause and new try is over within this time, milliseconds.
const OVER_MS: u64 = 90_000;
const STEP_MS: u64 = 200;

/// What is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// Somebody is added.
    Add,
    /// Somebody gets a role.
    Promote,
    /// A link is made.
    Link,
}

struct Lone {
    world: World,
    watch: Watch,
    group: String,
}

fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

/// Mallory refuses once, or whatever is offered.
///
/// # Errors
/// A [`Violation`].
pub fn run_lone(seed: u64, undone: Undone, again_and_again: bool) -> Result<(), Violation> {
    let mut story = Lone::begin(seed)?;
    story.lie()?;
    let asked = story.request(undone);
    story.must(ALICE, asked)?;
    for _ in 0..OVER_MS / STEP_MS {
        story.world.run_for(STEP_MS);
        if again_and_again {
            story.lie()?;
        }
    }
    let told = story.world.clients[ALICE].alarms.iter().any(|code| code == "change_undone");
    let voids = story.watch.voids();
    let done = story.is_done(undone)?;
    match (again_and_again, done, told) {
        (false, true, false) if voids == 1 => Ok(()),
        (true, false, true) if voids == 4 => Ok(()),
        _ => Err(wrong(format!("{undone:?} done: {done}, told: {told}, voids: {voids}"))),
    }
}

impl Lone {
    fn begin(seed: u64) -> Result<Self, Violation> {
        let mut world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
        let watch = Watch::default();
        world.tamper = Some(Box::new(watch.clone()));
        let mut story = Self { world, watch, group: String::new() };
        for (index, name) in ["alice", "mallory", "carol"].into_iter().enumerate() {
            story.world.add_client(name).map_err(|e| wrong(e.to_string()))?;
            let (server, handle) = ("http://sim".into(), name.to_owned());
            let register = Request::Register { server, handle, name: name.into(), invite_code: None };
            story.must(index, register)?;
        }
        let create = Request::GroupCreate {
            name: "group".into(),
            description: None,
            quantum_safe: false,
            community: None,
            join: None,
        };
        let Answer::Group { group } = story.must(ALICE, create)? else { return Err(wrong("no group")) };
        story.group.clone_from(&group);
        story.must(ALICE, Request::GroupAdd { target: group, handles: vec!["mallory".into()] })?;
        story.world.run_for(3_000);
        Ok(story)
    }

    /// The next commit of somebody else is refused.
    fn lie(&mut self) -> Result<(), Violation> {
        let core = self.world.clients[MALLORY].core.as_mut().ok_or_else(|| wrong("no core"))?;
        core.be_hostile(Deed::FalseRefusal);
        Ok(())
    }

    fn must(&mut self, index: usize, request: Request) -> Result<Answer, Violation> {
        let what = format!("{request:?}");
        self.world.ask(index, request).map_err(|e| wrong(format!("refused {}: {what}", e.code.as_word())))
    }

    fn request(&self, undone: Undone) -> Request {
        let target = self.group.clone();
        match undone {
            Undone::Add => Request::GroupAdd { target, handles: vec!["carol".into()] },
            Undone::Promote => {
                Request::GroupPromote { target, handle: "mallory".into(), role: Role::Admin, until: None }
            }
            Undone::Link => Request::InviteCreate { target, expires_in_ms: None, uses: None },
        }
    }

    /// Do Alice and whom it concerns see it done?
    fn is_done(&mut self, undone: Undone) -> Result<bool, Violation> {
        let seen_by = if undone == Undone::Add { CAROL } else { MALLORY };
        let seen = [self.sees(ALICE, undone)?, self.sees(seen_by, undone).unwrap_or(false)];
        if seen[0] == seen[1] { Ok(seen[0]) } else { Err(wrong(format!("{undone:?}: not the same for all"))) }
    }

    fn sees(&mut self, index: usize, undone: Undone) -> Result<bool, Violation> {
        let target = self.group.clone();
        if undone == Undone::Link {
            let links = self.must(index, Request::InviteList { target })?;
            return Ok(matches!(links, Answer::List(links) if links.len() == 1));
        }
        let Answer::List(items) = self.must(index, Request::GroupMembers { target })? else {
            return Err(wrong("no members"));
        };
        let concerned = |member: &MemberInfo| match undone {
            Undone::Add => member.handle == "carol",
            _ => member.handle == "mallory" && member.role == Role::Admin,
        };
        Ok(items.iter().any(|item| matches!(item, Item::Member(member) if concerned(member))))
    }
}

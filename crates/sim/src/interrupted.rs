//! Work of several steps in a community whose device dies in the middle: afterwards it is done, or was never begun.
//!
//! The device is stopped so many milliseconds after it was asked, and started again; or it never comes back, and
//! another device of the account goes on. Told for each moment until the work is done before the device dies.

use crate::{check::Violation, world::World};
use asterism_core::{
    Answer, Item, Request,
    api::{ApiError, DirectoryInfo, JoinMode, Role},
};

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;
const ALICE_TOO: usize = 4;
/// An admin has finished what was broken off within this time, milliseconds.
const FINISHED_MS: u64 = 60_000;
/// Another device of the account has within this time.
const FINISHED_ELSEWHERE_MS: u64 = 5 * 60_000;
/// Work that takes longer than this is stuck.
const WORK_MS_MAX: u64 = 120_000;

/// What is broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A community is founded.
    Community,
    /// A group is founded in a community.
    Group,
    /// Somebody is removed from a community.
    Removal,
    /// Likewise of an admin.
    AdminRemoval,
    /// An admin's role is taken.
    Demotion,
    /// Somebody comes by a link.
    Join,
}

/// All of them.
pub const WORKS: &[Work] =
    &[Work::Community, Work::Group, Work::Removal, Work::AdminRemoval, Work::Demotion, Work::Join];

/// Those of which the account's other devices know.
pub const SHARED_WORKS: &[Work] = &[Work::Group, Work::Removal, Work::AdminRemoval, Work::Demotion];

/// Which device finishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The one that has begun.
    Itself,
    /// Another one of the account.
    Another,
}

/// Tells the story for each moment, `step_ms` apart; gives how many moments there were.
///
/// # Errors
/// A [`Violation`].
pub fn run(seed: u64, work: Work, by: By, step_ms: u64) -> Result<usize, Violation> {
    for moment in 0.. {
        let after_ms = moment * step_ms;
        let mut story = Story::begin(seed, work, by)?;
        let answered = story.break_off(work, after_ms)?;
        story.judge(work, answered).map_err(|what| {
            let end = format!("broken off after {after_ms} ms, finished by {by:?}, answered: {answered}");
            Violation(format!("{work:?}, {end}: {}", what.0))
        })?;
        if answered {
            return Ok(usize::try_from(moment).unwrap_or(usize::MAX));
        }
        if after_ms > WORK_MS_MAX {
            break;
        }
    }
    Err(wrong(format!("{work:?} is never done")))
}

/// What one device has begun and another finished is over: the first does not do it again when it comes back, though
/// it would be possible again. Gives how many moments there were.
///
/// # Errors
/// A [`Violation`].
pub fn not_again(seed: u64, step_ms: u64) -> Result<usize, Violation> {
    for moment in 0.. {
        let after_ms = moment * step_ms;
        let mut story = Story::begin(seed, Work::Demotion, By::Another)?;
        let answered = story.break_off(Work::Demotion, after_ms)?;
        // Else it was not begun, as far as the others know.
        let is_finished = story.role_of_bob()? == Role::Member;
        let (target, handle) = (story.community.clone(), "bob".to_owned());
        let role = Role::Admin;
        story.must(ALICE_TOO, Request::CommunityPromote { target, handle, role, until: None })?;
        story.world.run_for(FINISHED_MS);
        story.world.start_client(ALICE).map_err(|e| wrong(e.to_string()))?;
        story.world.run_for(FINISHED_ELSEWHERE_MS);
        story.finisher = ALICE;
        if is_finished && story.role_of_bob()? != Role::Admin {
            return Err(wrong(format!(
                "a role that was given anew is taken, broken off after {after_ms} ms"
            )));
        }
        if answered {
            return Ok(usize::try_from(moment).unwrap_or(usize::MAX));
        }
    }
    Err(wrong("a demotion is never done"))
}

/// Dave comes by the link of a community while he is added to a group of it, through which his device meets it.
///
/// # Errors
/// A [`Violation`].
pub fn two_ways_in(seed: u64, after_ms: u64) -> Result<(), Violation> {
    let mut story = Story::begin(seed, Work::Join, By::Itself)?;
    let add = Request::GroupAdd { target: "Walks".into(), handles: vec!["dave".into()] };
    story.world.begin(ALICE, add).ok_or_else(|| wrong("alice is not there"))?;
    story.world.run_for(after_ms);
    let link = story.link.clone();
    story.must(DAVE, Request::Join { link })?;
    story.world.run_for(FINISHED_MS);
    let groups = story.conversations(DAVE)?;
    let alarms = &story.world.clients[DAVE].alarms;
    let is_in = groups.iter().any(|name| name == "Everybody") && groups.iter().any(|name| name == "Walks");
    if alarms.is_empty() && is_in {
        Ok(())
    } else {
        Err(wrong(format!("after {after_ms} ms: alarms {alarms:?}, groups {groups:?}")))
    }
}

struct Story {
    world: World,
    community: String,
    /// Link of the community.
    link: String,
    /// Who begins the work.
    beginner: usize,
    /// The device that finishes it.
    finisher: usize,
}

fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

impl Story {
    fn begin(seed: u64, work: Work, by: By) -> Result<Self, Violation> {
        let world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
        let beginner = if work == Work::Join { DAVE } else { ALICE };
        let finisher = if by == By::Another { ALICE_TOO } else { beginner };
        let mut story = Self { world, community: String::new(), link: String::new(), beginner, finisher };
        let mut recovery_key = String::new();
        for name in ["alice", "bob", "carol", "dave"] {
            let client = story.world.add_client(name).map_err(|e| wrong(e.to_string()))?;
            let (server, handle) = ("http://sim".into(), name.to_owned());
            let register = Request::Register { server, handle, name: name.into(), invite_code: None };
            let Answer::Registered { recovery_key: key, .. } = story.must(client, register)? else {
                return Err(wrong("no account"));
            };
            if client == ALICE {
                recovery_key = key;
            }
        }
        if work == Work::Community {
            return Ok(story);
        }
        let Answer::Community { community, .. } = story.must(ALICE, found())? else {
            return Err(wrong("no community"));
        };
        story.community = community;
        let link = story.link()?;
        story.link.clone_from(&link);
        for person in [BOB, CAROL] {
            story.must(person, Request::Join { link: link.clone() })?;
        }
        story.must(ALICE, story.group("Walks"))?;
        story.world.run_for(FINISHED_MS);
        if matches!(work, Work::AdminRemoval | Work::Demotion) {
            let (target, handle) = (story.community.clone(), "bob".to_owned());
            let role = Role::Admin;
            story.must(ALICE, Request::CommunityPromote { target, handle, role, until: None })?;
        }
        story.must(BOB, Request::GroupJoin { target: "Walks".into() })?;
        story.world.run_for(FINISHED_MS);
        if by == By::Another {
            story.world.add_client("alice-too").map_err(|e| wrong(e.to_string()))?;
            let (server, handle) = ("http://sim".into(), "alice".to_owned());
            story.must(ALICE_TOO, Request::Recover { server, handle, recovery_key })?;
            story.world.run_for(FINISHED_MS);
        }
        Ok(story)
    }

    fn must(&mut self, client: usize, request: Request) -> Result<Answer, Violation> {
        let asked = format!("{request:?}");
        self.world.ask(client, request).map_err(|e| wrong(format!("client {client}: {asked}: {e}")))
    }

    fn link(&mut self) -> Result<String, Violation> {
        let create =
            Request::InviteCreate { target: self.community.clone(), expires_in_ms: None, uses: None };
        let Answer::Invite { link, .. } = self.must(ALICE, create)? else { return Err(wrong("no link")) };
        Ok(link)
    }

    fn group(&self, name: &str) -> Request {
        Request::GroupCreate {
            name: name.into(),
            description: None,
            quantum_safe: false,
            community: Some(self.community.clone()),
            join: Some(JoinMode::Open),
        }
    }

    /// Whether the answer came before the device died.
    fn break_off(&mut self, work: Work, after_ms: u64) -> Result<bool, Violation> {
        let request = match work {
            Work::Community => found(),
            Work::Group => self.group("Boats"),
            Work::Removal | Work::AdminRemoval => {
                Request::CommunityRemove { target: self.community.clone(), handle: "bob".into() }
            }
            Work::Demotion => {
                let (target, handle) = (self.community.clone(), "bob".to_owned());
                Request::CommunityPromote { target, handle, role: Role::Member, until: None }
            }
            Work::Join => Request::Join { link: self.link.clone() },
        };
        let beginner = self.beginner;
        let id = self.world.begin(beginner, request).ok_or_else(|| wrong("nobody is there"))?;
        self.world.run_for(after_ms);
        let answer: Option<Result<Answer, ApiError>> = self.world.clients[beginner].answers.remove(&id);
        self.world.crash_client(beginner);
        if self.finisher == beginner {
            self.world.start_client(beginner).map_err(|e| wrong(e.to_string()))?;
            self.world.run_for(FINISHED_MS);
        } else {
            self.world.run_for(FINISHED_ELSEWHERE_MS);
        }
        match answer {
            Some(Err(error)) => Err(wrong(format!("{work:?} is refused: {error}"))),
            answer => Ok(answer.is_some()),
        }
    }

    fn judge(&mut self, work: Work, answered: bool) -> Result<(), Violation> {
        match work {
            Work::Community => self.judge_community(answered),
            Work::Group => self.judge_group(answered),
            Work::Removal | Work::AdminRemoval => self.judge_removal(answered),
            Work::Demotion => self.judge_demotion(answered),
            Work::Join => self.judge_join(answered),
        }
    }

    fn role_of_bob(&mut self) -> Result<Role, Violation> {
        let ask = Request::CommunityMembers { target: self.community.clone() };
        let Answer::List(items) = self.must(self.finisher, ask)? else { return Err(wrong("no members")) };
        let bob = items.into_iter().find_map(|item| match item {
            Item::CommunityMember(member) if member.handle == "bob" => Some(member.role),
            _ => None,
        });
        bob.ok_or_else(|| wrong("bob is not in the community"))
    }

    /// His role, and whether he may read what is said among the admins: his device says so by knowing the members.
    fn judge_demotion(&mut self, answered: bool) -> Result<(), Violation> {
        let role = self.role_of_bob()?;
        let reads = self.must(BOB, Request::CommunityMembers { target: self.community.clone() }).is_ok();
        match (role, reads) {
            (Role::Member, false) => Ok(()),
            (Role::Admin, true) if !answered => Ok(()),
            other => Err(wrong(format!("bob's role, and whether he reads: {other:?}"))),
        }
    }

    fn judge_join(&mut self, answered: bool) -> Result<(), Violation> {
        let inside = self.must(DAVE, Request::CommunityGroups { target: self.community.clone() }).is_ok();
        let groups = self.conversations(DAVE)?;
        match (inside, groups.as_slice()) {
            (true, [first]) if first == "Everybody" => Ok(()),
            (false, []) if !answered => Ok(()),
            other => Err(wrong(format!("dave is inside, and in groups: {other:?}"))),
        }
    }

    fn directory(&mut self, client: usize) -> Result<Vec<DirectoryInfo>, Violation> {
        let ask = Request::CommunityGroups { target: self.community.clone() };
        let Answer::List(items) = self.must(client, ask)? else { return Err(wrong("no directory")) };
        Ok(items
            .into_iter()
            .filter_map(|item| if let Item::Directory(info) = item { Some(info) } else { None })
            .collect())
    }

    /// Whoever is in the community can enter its groups.
    fn can_enter(&mut self, client: usize, name: &str) -> Result<(), Violation> {
        self.must(client, Request::GroupJoin { target: name.into() }).map(drop)
    }

    fn judge_community(&mut self, answered: bool) -> Result<(), Violation> {
        let Answer::List(items) = self.must(ALICE, Request::CommunityList)? else {
            return Err(wrong("no communities"));
        };
        let Some(Item::Community(community)) = items.into_iter().next() else {
            let groups = self.conversations(ALICE)?;
            let nothing = !answered && groups.is_empty();
            return if nothing { Ok(()) } else { Err(wrong(format!("no community, but {groups:?}"))) };
        };
        self.community.clone_from(&community.community);
        let link = self.link()?;
        self.must(BOB, Request::Join { link })?;
        let names: Vec<String> = self.directory(BOB)?.into_iter().map(|group| group.name).collect();
        if names == ["Everybody"] && self.conversations(BOB)?.contains(&"Everybody".to_owned()) {
            Ok(())
        } else {
            Err(wrong(format!("its groups are {names:?}")))
        }
    }

    fn judge_group(&mut self, answered: bool) -> Result<(), Violation> {
        let listed = self.directory(CAROL)?.iter().filter(|group| group.name == "Boats").count();
        let own = self.conversations(self.finisher)?.iter().filter(|name| *name == "Boats").count();
        match (listed, own) {
            (1, 1) => self.can_enter(CAROL, "Boats"),
            // A device that had nothing to do for it is not told of it.
            (1, 0) if self.finisher != ALICE => self.can_enter(CAROL, "Boats"),
            (0, 0) if !answered => Ok(()),
            other => Err(wrong(format!("listed and there: {other:?}"))),
        }
    }

    fn judge_removal(&mut self, answered: bool) -> Result<(), Violation> {
        let inside = self.must(BOB, Request::CommunityGroups { target: self.community.clone() }).is_ok();
        let groups = self.conversations(BOB)?;
        let announced = self.announce()?;
        let is_out = !inside && groups.is_empty() && !announced;
        let is_in = inside && groups.len() >= 2 && announced;
        if !is_out && (answered || !is_in) {
            return Err(wrong(format!("bob is inside: {inside}, reads: {announced}, groups: {groups:?}")));
        }
        self.can_enter(CAROL, "Walks")
    }

    /// Does Bob read what is announced now?
    fn announce(&mut self) -> Result<bool, Violation> {
        let (community, text) = (self.community.clone(), "now".to_owned());
        self.must(self.finisher, Request::Announce { community, text, to: Vec::new(), idempotency: None })?;
        self.world.run_for(FINISHED_MS);
        let list = Request::AnnouncementList { community: self.community.clone() };
        let Ok(Answer::List(items)) = self.world.ask(BOB, list) else { return Ok(false) };
        Ok(items.iter().any(|item| matches!(item, Item::Message(m) if m.text.as_deref() == Some("now"))))
    }

    /// Names of the groups that a client is in.
    fn conversations(&mut self, client: usize) -> Result<Vec<String>, Violation> {
        let Answer::List(items) = self.must(client, Request::Conversations)? else {
            return Err(wrong("no conversations"));
        };
        let name = |item: Item| match item {
            Item::Conversation(info) if info.kind == "group" && info.state == "active" => Some(info.name),
            _ => None,
        };
        Ok(items.into_iter().filter_map(name).collect())
    }
}

fn found() -> Request {
    Request::CommunityCreate { name: "River".into(), description: None, general: Some("Everybody".into()) }
}

//! Random operations and faults, then quiet, then the check.

pub(crate) mod communities;
mod faults;
mod in_communities;
mod operations;

use crate::{
    Report,
    announced::{Announced, Ledger},
    check::{Acknowledged, Violation, check},
    truth::Truth,
    world::World,
};
use asterism_core::{Answer, ApiError, Item, Request};
use communities::{Community, Doing};
use rand::Rng as _;
use std::collections::{BTreeMap, BTreeSet};

/// How large a run is.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Devices, each of an account of its own.
    pub clients: usize,
    /// Operations.
    pub operations: usize,
    /// Whether connections break and processes crash.
    pub faults: bool,
    /// Whether there are communities; by the seed when absent.
    pub communities: Option<bool>,
    /// A bug that must be found.
    pub plant: Option<Plant>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { clients: 4, operations: 40, faults: true, communities: None, plant: None }
    }
}

/// A bug that is switched on to see whether it is found. All but the first need the feature `adversary`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// The server acknowledges before its disk has synced.
    Sync,
    /// The server takes messages of any epoch.
    Epoch,
    /// A repeated send is stored and shown again.
    Deduplication,
    /// A client goes on behind a gap in the log.
    Gap,
    /// Server and clients let every role do everything.
    Roles,
    /// Who is removed from a community keeps their seat.
    Seats,
}

/// All planted bugs with their names.
pub const PLANTS: &[(&str, Plant)] = &[
    ("sync", Plant::Sync),
    ("epoch", Plant::Epoch),
    ("deduplication", Plant::Deduplication),
    ("gap", Plant::Gap),
    ("roles", Plant::Roles),
    ("seats", Plant::Seats),
];

/// Switches the bug on, and all others off, for this thread.
fn plant(plant: Option<Plant>) {
    #[cfg(feature = "adversary")]
    {
        asterism_server::plant::ANY_EPOCH.set(plant == Some(Plant::Epoch));
        asterism_core::plant::NO_DEDUPLICATION.set(plant == Some(Plant::Deduplication));
        asterism_core::plant::IGNORE_GAP.set(plant == Some(Plant::Gap));
        asterism_core::plant::KEEP_SEATS.set(plant == Some(Plant::Seats));
        asterism_policy::plant::NO_ROLES.set(plant == Some(Plant::Roles));
    }
    #[cfg(not(feature = "adversary"))]
    assert!(matches!(plant, None | Some(Plant::Sync)), "this needs the feature `adversary`");
}

/// A link that was made.
struct Invite {
    id: String,
    link: String,
    group: String,
}

struct Plan {
    world: World,
    settings: Settings,
    truth: Truth,
    groups: Vec<String>,
    invites: Vec<Invite>,
    /// Of each client, the account's handle.
    handles: Vec<String>,
    recovery_keys: BTreeMap<String, String>,
    said: usize,
    acknowledged: Vec<Acknowledged>,
    /// Sends that were begun and not waited for: (client, request).
    under_way: BTreeSet<(usize, u64)>,
    /// Other requests that were begun and not waited for.
    racing: BTreeSet<(usize, u64)>,
    communities: Vec<Community>,
    /// Whether there are to be some.
    with_communities: bool,
    /// Requests that concern communities and were not waited for.
    doing: BTreeMap<(usize, u64), Doing>,
    announced: Vec<Announced>,
    /// Clients that are off, and for how many operations yet.
    asleep: BTreeMap<usize, u32>,
    report: Report,
}

/// Runs one seed.
///
/// # Errors
/// The first [`Violation`].
pub fn run(seed: u64, settings: Settings) -> Result<Report, Violation> {
    plant(settings.plant);
    let result = run_planted(seed, settings);
    plant(None);
    result
}

fn run_planted(seed: u64, settings: Settings) -> Result<Report, Violation> {
    let mut world = World::new(seed).map_err(|e| Violation(format!("the server does not start: {e}")))?;
    world.lie_about_sync = settings.plant == Some(Plant::Sync);
    world.set_disk();
    let mut plan = Plan {
        world,
        settings,
        truth: Truth::default(),
        groups: Vec::new(),
        invites: Vec::new(),
        handles: Vec::new(),
        recovery_keys: BTreeMap::new(),
        said: 0,
        acknowledged: Vec::new(),
        under_way: BTreeSet::new(),
        racing: BTreeSet::new(),
        communities: Vec::new(),
        with_communities: settings.communities.unwrap_or(match settings.plant {
            None => by_chance(seed),
            Some(plant) => plant == Plant::Seats,
        }),
        doing: BTreeMap::new(),
        announced: Vec::new(),
        asleep: BTreeMap::new(),
        report: Report::default(),
    };
    plan.begin_accounts()?;
    for _ in 0..settings.operations {
        plan.wake_some()?;
        if settings.faults && plan.world.rng.random_bool(0.25) {
            plan.fault()?;
        }
        if plan.with_communities && plan.pick(2) == 0 {
            plan.in_a_community()?;
        } else {
            plan.operation()?;
        }
        plan.collect();
    }
    plan.quiet()?;
    plan.collect();
    plan.check_communities()?;
    for index in 0..plan.world.clients.len() {
        plan.truth.check(&mut plan.world, index)?;
    }
    let acknowledged = std::mem::take(&mut plan.acknowledged);
    plan.report.acknowledged = acknowledged.len();
    plan.report.repairs = check(&mut plan.world, &acknowledged)?;
    Ok(plan.report)
}

/// Half of all seeds.
fn by_chance(seed: u64) -> bool {
    seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 63 == 0
}

impl Plan {
    fn begin_accounts(&mut self) -> Result<(), Violation> {
        for index in 0..self.settings.clients {
            let name = format!("user{index}");
            let client = self.world.add_client(&name).map_err(|e| Violation(e.to_string()))?;
            let register = Request::Register {
                server: "http://sim".into(),
                handle: name.clone(),
                name: name.to_uppercase(),
                invite_code: None,
            };
            match self.world.ask(client, register) {
                Ok(Answer::Registered { account, recovery_key, .. }) => {
                    self.truth.register(&name, &account);
                    self.recovery_keys.insert(name.clone(), recovery_key);
                }
                other => return Err(Violation(format!("{name} cannot register: {other:?}"))),
            }
            self.handles.push(name);
        }
        Ok(())
    }

    fn pick(&mut self, of: usize) -> usize {
        self.world.rng.random_range(0..of)
    }

    /// The clients that are on.
    fn awake(&self) -> Vec<usize> {
        (0..self.world.clients.len()).filter(|index| !self.asleep.contains_key(index)).collect()
    }

    /// A client that is on.
    fn actor(&mut self) -> usize {
        let on = self.awake();
        on[self.pick(on.len())]
    }

    fn account_of(&self, client: usize) -> String {
        self.truth.accounts[&self.handles[client]].clone()
    }

    fn note(&mut self, answer: &Result<Answer, ApiError>) {
        match answer {
            Ok(_) => self.report.done += 1,
            Err(error) => *self.report.refused.entry(error.code.as_word()).or_default() += 1,
        }
    }

    fn ask(&mut self, actor: usize, request: Request) -> Option<Answer> {
        let asked = format!("{request:?}");
        let answer = self.world.ask(actor, request);
        tracing::debug!(actor, asked, ?answer, now = self.world.now.0, "asked");
        self.note(&answer);
        answer.ok()
    }

    /// Takes the answers of requests that were not waited for.
    fn collect(&mut self) {
        for (client, id) in self.under_way.clone() {
            let Some(answer) = self.world.clients[client].answers.remove(&id) else { continue };
            self.under_way.remove(&(client, id));
            self.note(&answer);
            self.acknowledge(client, answer.ok());
        }
        for (client, id) in self.racing.clone() {
            let Some(answer) = self.world.clients[client].answers.remove(&id) else { continue };
            self.racing.remove(&(client, id));
            tracing::debug!(client, id, ?answer, "raced");
            self.note(&answer);
        }
        for (client, id) in self.doing.keys().copied().collect::<Vec<_>>() {
            let Some(answer) = self.world.clients[client].answers.remove(&id) else { continue };
            let Some(doing) = self.doing.remove(&(client, id)) else { continue };
            tracing::debug!(client, id, ?answer, "done");
            self.note(&answer);
            self.done(client, doing, answer.ok());
        }
    }

    fn acknowledge(&mut self, sender: usize, answer: Option<Answer>) {
        if let Some(Answer::Sent { message, conversation, .. }) = answer {
            self.acknowledged.push(Acknowledged { message, conversation, sender });
        }
    }

    /// No more faults: everybody comes up to date.
    fn quiet(&mut self) -> Result<(), Violation> {
        for client in self.asleep.keys().copied().collect::<Vec<_>>() {
            self.wake(client)?;
        }
        self.world.run_for(120_000);
        for _ in 0..2 {
            for index in 0..self.world.clients.len() {
                let answer = self.world.ask(index, Request::Sync);
                if answer.is_err() {
                    let name = &self.world.clients[index].name;
                    return Err(Violation(format!("{name} does not come up to date: {answer:?}")));
                }
            }
            self.world.run_for(5_000);
        }
        self.check_rosters()
    }

    fn check_communities(&mut self) -> Result<(), Violation> {
        self.discover();
        self.admit_to_communities();
        self.check_no_orphans()?;
        let accounts: Vec<String> =
            (0..self.world.clients.len()).map(|client| self.account_of(client)).collect();
        self.report.announced = self.announced.len();
        let ledger =
            Ledger { communities: &self.communities, announced: &self.announced, accounts: &accounts };
        ledger.check(&mut self.world)
    }

    /// Who is in a group, with what role, as a client sees it; `None` when it is not in it.
    fn roster(&mut self, index: usize, group: &str) -> Option<Vec<String>> {
        let members = Request::GroupMembers { target: group.to_owned() };
        let Ok(Answer::List(items)) = self.world.ask(index, members) else { return None };
        let mut roster: Vec<String> = items
            .iter()
            .filter_map(|i| {
                if let Item::Member(m) = i { Some(format!("{} {:?}", m.account, m.role)) } else { None }
            })
            .collect();
        roster.sort();
        Some(roster)
    }

    /// Everybody who is in a group sees the same people in it.
    fn check_rosters(&mut self) -> Result<(), Violation> {
        let rooms = self.communities.iter().map(|community| community.admin_room.clone());
        for group in self.groups.iter().cloned().chain(rooms).collect::<Vec<_>>() {
            let mut seen: Option<Vec<String>> = None;
            for index in 0..self.world.clients.len() {
                let Some(members) = self.roster(index, &group) else { continue };
                if *seen.get_or_insert_with(|| members.clone()) != members {
                    let name = &self.world.clients[index].name;
                    return Err(Violation(format!(
                        "two people see different members in {group}: {name} {members:?}, before {seen:?}"
                    )));
                }
            }
        }
        Ok(())
    }
}

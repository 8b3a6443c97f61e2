//! Random operations and faults, then quiet, then the check.

use crate::{
    Report,
    check::{Acknowledged, Violation, check},
    world::World,
};
use asterism_core::{Answer, ApiError, Item, Request, api::Role};
use rand::{Rng as _, seq::IndexedRandom as _};
use std::collections::BTreeMap;

/// How large a run is.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Devices, each of an account of its own.
    pub clients: usize,
    /// Operations.
    pub operations: usize,
    /// Whether connections break and processes crash.
    pub faults: bool,
    /// Acknowledge before fsync: must be found.
    pub plant_lie_about_sync: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { clients: 4, operations: 40, faults: true, plant_lie_about_sync: false }
    }
}

struct Plan {
    world: World,
    settings: Settings,
    groups: Vec<String>,
    links: Vec<String>,
    handles: Vec<String>,
    acknowledged: Vec<Acknowledged>,
    /// Sends that were begun and not waited for: (client, request, conversation).
    under_way: BTreeMap<(usize, u64), String>,
    report: Report,
}

/// Runs one seed.
///
/// # Errors
/// The first [`Violation`].
pub fn run(seed: u64, settings: Settings) -> Result<Report, Violation> {
    let mut world = World::new(seed).map_err(|e| Violation(format!("the server does not start: {e}")))?;
    world.lie_about_sync = settings.plant_lie_about_sync;
    world.set_disk();
    let mut plan = Plan {
        world,
        settings,
        groups: Vec::new(),
        links: Vec::new(),
        handles: Vec::new(),
        acknowledged: Vec::new(),
        under_way: BTreeMap::new(),
        report: Report::default(),
    };
    plan.begin()?;
    for _ in 0..settings.operations {
        if settings.faults && plan.world.rng.random_bool(0.25) {
            plan.fault()?;
        }
        plan.operation();
        plan.collect();
    }
    plan.quiet()?;
    plan.collect();
    let acknowledged = std::mem::take(&mut plan.acknowledged);
    plan.report.acknowledged = acknowledged.len();
    plan.report.repairs = check(&mut plan.world, &acknowledged)?;
    Ok(plan.report)
}

impl Plan {
    fn begin(&mut self) -> Result<(), Violation> {
        for index in 0..self.settings.clients {
            let name = format!("user{index}");
            let client = self.world.add_client(&name).map_err(|e| Violation(e.to_string()))?;
            let register = Request::Register {
                server: "http://sim".into(),
                handle: name.clone(),
                name: name.to_uppercase(),
                invite_code: None,
            };
            let answer = self.world.ask(client, register);
            if !matches!(answer, Ok(Answer::Registered { .. })) {
                return Err(Violation(format!("{name} cannot register: {answer:?}")));
            }
            self.handles.push(name);
        }
        Ok(())
    }

    fn pick(&mut self, of: usize) -> usize {
        self.world.rng.random_range(0..of)
    }

    /// Mostly a group that the actor is in; now and then another one.
    fn group(&mut self, actor: usize) -> Option<String> {
        let stray = self.world.rng.random_bool(0.05);
        let own: Vec<String> = match self.world.ask(actor, Request::GroupList) {
            Ok(Answer::List(items)) if !stray => items
                .into_iter()
                .filter_map(|item| if let Item::Conversation(c) = item { Some(c.group) } else { None })
                .collect(),
            _ => self.groups.clone(),
        };
        own.choose(&mut self.world.rng).cloned()
    }

    fn operation(&mut self) {
        let actor = self.pick(self.settings.clients);
        let other = self.pick(self.settings.clients);
        let handle = self.handles[other].clone();
        let kind = self.world.rng.random_range(0..100);
        let Some(group) = self.group(actor) else {
            return if kind % 2 == 0 { self.join(actor) } else { self.create(actor) };
        };
        match kind {
            0..3 => self.create(actor),
            3..20 => self.ask(actor, Request::GroupAdd { target: group, handles: vec![handle] }),
            20..25 => {
                self.note_absence(other, &group);
                self.ask(actor, Request::GroupRemove { target: group, handle });
            }
            25..30 => self.promote(actor, group, handle),
            30..36 => self.invite(actor, group),
            36..44 => self.join(actor),
            44..48 => self.ask(
                actor,
                Request::GroupSet { target: group, name: Some(format!("name {kind}")), description: None },
            ),
            48..55 => self.send(actor, format!("@{handle}"), true),
            55..75 => self.send(actor, group, false),
            _ => self.send(actor, group, true),
        }
    }

    fn note(&mut self, answer: &Result<Answer, ApiError>) {
        match answer {
            Ok(_) => self.report.done += 1,
            Err(error) => *self.report.refused.entry(error.code.as_word()).or_default() += 1,
        }
    }

    fn ask(&mut self, actor: usize, request: Request) {
        let answer = self.world.ask(actor, request);
        self.note(&answer);
    }

    fn create(&mut self, actor: usize) {
        let name = format!("group {}", self.groups.len());
        let request =
            Request::GroupCreate { name, description: None, quantum_safe: self.groups.len() % 3 == 2 };
        let answer = self.world.ask(actor, request);
        self.note(&answer);
        if let Ok(Answer::Group { group }) = answer {
            self.groups.push(group);
        }
    }

    fn promote(&mut self, actor: usize, target: String, handle: String) {
        let role = if self.world.rng.random_bool(0.6) { Role::Admin } else { Role::Member };
        self.ask(actor, Request::GroupPromote { target, handle, role, until: None });
    }

    fn invite(&mut self, actor: usize, target: String) {
        let uses = if self.world.rng.random_bool(0.5) { Some(2) } else { None };
        let answer = self.world.ask(actor, Request::InviteCreate { target, expires_in_ms: None, uses });
        self.note(&answer);
        if let Ok(Answer::Invite { link, .. }) = answer {
            self.links.push(link);
        }
    }

    fn join(&mut self, actor: usize) {
        let Some(link) = self.links.choose(&mut self.world.rng).cloned() else { return };
        self.ask(actor, Request::Join { link });
    }

    /// Somebody may be out of a group for a while: what is said meanwhile is not for them.
    fn note_absence(&mut self, client: usize, group: &str) {
        self.world.clients[client].was_away.insert(group.to_owned());
    }

    fn send(&mut self, actor: usize, target: String, wait: bool) {
        let text = format!("message {}", self.world.rng.random_range(0..1_000_000_u32));
        let request =
            Request::Send { target: target.clone(), text, reply_to: None, idempotency: None, queue: false };
        if wait {
            let answer = self.world.ask(actor, request);
            self.note(&answer);
            if let Ok(Answer::Sent { message, conversation, .. }) = answer {
                self.acknowledged.push(Acknowledged { message, conversation, sender: actor });
            }
        } else if let Some(id) = self.world.begin(actor, request) {
            self.under_way.insert((actor, id), target);
        }
    }

    /// Takes the answers of sends that were not waited for.
    fn collect(&mut self) {
        let ids: Vec<(usize, u64)> = self.under_way.keys().copied().collect();
        for (client, id) in ids {
            let Some(answer) = self.world.clients[client].answers.remove(&id) else { continue };
            self.under_way.remove(&(client, id));
            self.note(&answer);
            if let Ok(Answer::Sent { message, conversation, .. }) = answer {
                self.acknowledged.push(Acknowledged { message, conversation, sender: client });
            }
        }
    }

    fn fault(&mut self) -> Result<(), Violation> {
        self.report.faults += 1;
        let victim = self.pick(self.settings.clients);
        let pause = self.world.rng.random_range(1..3_000);
        match self.world.rng.random_range(0..10) {
            0..5 => self.world.cut(victim),
            5..8 => {
                self.under_way.retain(|(client, _), _| *client != victim);
                self.world.crash_client(victim);
                self.world.run_for(pause);
                self.world
                    .start_client(victim)
                    .map_err(|e| Violation(format!("a client does not start: {e}")))?;
            }
            _ => {
                self.world.crash_server();
                self.world.run_for(pause);
                self.world
                    .start_server()
                    .map_err(|e| Violation(format!("the server does not start: {e}")))?;
            }
        }
        Ok(())
    }

    /// No more faults: everybody comes up to date.
    fn quiet(&mut self) -> Result<(), Violation> {
        self.world.run_for(120_000);
        for _ in 0..2 {
            for index in 0..self.settings.clients {
                let answer = self.world.ask(index, Request::Sync);
                if answer.is_err() {
                    return Err(Violation(format!("user{index} does not come up to date: {answer:?}")));
                }
            }
            self.world.run_for(5_000);
        }
        self.check_rosters()
    }

    /// Everybody who is in a group sees the same people in it.
    fn check_rosters(&mut self) -> Result<(), Violation> {
        for group in self.groups.clone() {
            let mut seen: Option<Vec<String>> = None;
            for index in 0..self.settings.clients {
                let Ok(Answer::List(items)) =
                    self.world.ask(index, Request::GroupMembers { target: group.clone() })
                else {
                    continue;
                };
                let mut members: Vec<String> = items
                    .iter()
                    .filter_map(|i| {
                        if let Item::Member(m) = i {
                            Some(format!("{} {:?}", m.account, m.role))
                        } else {
                            None
                        }
                    })
                    .collect();
                members.sort();
                if *seen.get_or_insert_with(|| members.clone()) != members {
                    return Err(Violation(format!("two people see different members in {group}: user{index} {members:?}, before {seen:?}")));
                }
            }
        }
        Ok(())
    }
}

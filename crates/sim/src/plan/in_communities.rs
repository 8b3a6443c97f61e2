//! What people do in communities.

use super::{
    Plan,
    communities::{Community, Doing},
};
use crate::{announced::Announced, check::Violation, client::Client, truth::Place};
use asterism_core::{
    Request,
    api::{JoinMode, Role},
};
use asterism_wire::Timestamp;
use rand::{Rng as _, seq::IndexedRandom as _};
use std::collections::{BTreeMap, BTreeSet};

/// So many are founded in a run.
const COMMUNITIES_MAX: usize = 2;

impl Plan {
    /// One thing: waited for, or interrupted, or several at once.
    pub(super) fn in_a_community(&mut self) -> Result<(), Violation> {
        self.discover();
        let count = self.communities.len();
        if count == 0 || (count < COMMUNITIES_MAX && self.pick(40) == 0) {
            let found = Request::CommunityCreate {
                name: format!("community {}", self.said),
                description: None,
                general: None,
            };
            let actor = self.actor();
            return self.carry_out(actor, found, Doing::Anything);
        }
        let at = self.pick(count);
        if self.pick(7) == 0 {
            return self.race_in_a_community(at);
        }
        let Some((actor, request, doing)) = self.something(at) else { return Ok(()) };
        self.carry_out(actor, request, doing)
    }

    /// Asks and mostly waits; else goes on at once, or the device dies some moments later.
    fn carry_out(&mut self, actor: usize, request: Request, doing: Doing) -> Result<(), Violation> {
        let kind = if self.settings.faults { self.pick(10) } else { 9 };
        if kind >= 3 {
            let answer = self.ask(actor, request);
            self.done(actor, doing, answer);
            return Ok(());
        }
        self.begin(actor, request, doing);
        let pause = self.world.rng.random_range(1..if kind == 0 { 4_000 } else { 700 });
        self.world.run_for(pause);
        if kind < 2 {
            self.collect();
            self.forget_requests(actor);
            self.report.faults += 1;
            tracing::debug!(actor, "dies");
            self.world.crash_client(actor);
            let pause = self.world.rng.random_range(1..2_000);
            self.world.run_for(pause);
            self.start(actor)?;
        }
        Ok(())
    }

    /// Something that nobody waits for.
    pub(super) fn begin_in_a_community(&mut self) {
        let at = self.pick(self.communities.len());
        if let Some((actor, request, doing)) = self.something(at) {
            self.begin(actor, request, doing);
        }
    }

    fn begin(&mut self, actor: usize, request: Request, doing: Doing) {
        let asked = format!("{request:?}");
        if let Some(id) = self.world.begin(actor, request) {
            tracing::debug!(actor, id, asked, now = self.world.now.0, "begun");
            self.doing.insert((actor, id), doing);
        }
    }

    /// Admins who do not wait for one another, and people who come meanwhile.
    fn race_in_a_community(&mut self, at: usize) -> Result<(), Violation> {
        let rounds = self.world.rng.random_range(2..5);
        for _ in 0..rounds {
            let Some((actor, request, doing)) = self.something(at) else { continue };
            self.begin(actor, request, doing);
            let pause = self.world.rng.random_range(1..300);
            self.world.run_for(pause);
        }
        let pause = self.world.rng.random_range(1..8_000);
        self.world.run_for(pause);
        Ok(())
    }

    fn something(&mut self, at: usize) -> Option<(usize, Request, Doing)> {
        self.note_seated(at);
        let organiser = self.organiser(at);
        let other = self.insider(at);
        let handle = self.handles[other].clone();
        let target = self.communities[at].id.clone();
        Some(match self.pick(100) {
            0..12 => (organiser, self.new_link(target), Doing::Invite(at)),
            12..30 => return self.come(at),
            30..52 => self.announcement(at, organiser, Vec::new()),
            52..64 => {
                let groups = self.some_groups(organiser, &target);
                self.announcement(at, organiser, groups)
            }
            64..70 => (organiser, self.new_group(target), Doing::Anything),
            70..76 => {
                let groups = self.some_groups(organiser, &target);
                let group = groups.first()?.clone();
                let actor = self.actor();
                self.try_in(at, actor);
                (actor, Request::GroupJoin { target: group }, Doing::Anything)
            }
            76..83 => {
                let account = self.truth.accounts[&handle].clone();
                self.communities[at].tried.insert(account);
                self.doubt_the_unseated(at);
                (organiser, self.role(target, handle), Doing::Anything)
            }
            83..89 => self.removal(at, organiser, handle),
            89..93 => {
                let (invite, _) = self.communities[at].invites.choose(&mut self.world.rng)?.clone();
                self.doubt_the_unseated(at);
                (organiser, Request::InviteRevoke { invite }, Doing::Anything)
            }
            93..96 => {
                let name = Some(format!("community {}", self.said));
                (organiser, Request::CommunitySet { target, name, description: None }, Doing::Anything)
            }
            _ => (self.actor(), Request::Sync, Doing::Anything),
        })
    }

    /// Mostly somebody who is in.
    fn insider(&mut self, at: usize) -> usize {
        let is_in = |client: &usize| self.communities[at].is_in(&self.account_of(*client));
        let inside: Vec<usize> = (0..self.settings.clients).filter(is_in).collect();
        let stray = self.pick(6) == 0;
        match inside.choose(&mut self.world.rng) {
            Some(client) if !stray => *client,
            _ => self.pick(self.settings.clients),
        }
    }

    fn try_in(&mut self, at: usize, actor: usize) {
        let account = self.account_of(actor);
        self.communities[at].tried.insert(account);
    }

    fn new_link(&mut self, target: String) -> Request {
        let uses = if self.pick(4) == 0 { Some(2) } else { None };
        let expires_in_ms = if self.pick(5) == 0 { Some(60_000) } else { None };
        Request::InviteCreate { target, expires_in_ms, uses }
    }

    fn new_group(&mut self, target: String) -> Request {
        let open = self.pick(3) > 0;
        Request::GroupCreate {
            name: format!("of a community {}", self.groups.len()),
            description: None,
            quantum_safe: self.pick(4) == 0,
            community: Some(target),
            join: Some(if open { JoinMode::Open } else { JoinMode::Invite }),
        }
    }

    fn come(&mut self, at: usize) -> Option<(usize, Request, Doing)> {
        let (_, link) = self.communities[at].invites.choose(&mut self.world.rng)?.clone();
        let actor = self.actor();
        self.try_in(at, actor);
        let account = self.account_of(actor);
        *self.communities[at].came.entry(account.clone()).or_default() += 1;
        // Nobody can keep them from using another link, until that one is revoked.
        if self.communities[at].removed.remove(&account) {
            self.communities[at].doubtful.insert(account.clone());
        }
        Some((actor, Request::Join { link }, Doing::Join(at, account)))
    }

    fn role(&mut self, target: String, handle: String) -> Request {
        let role =
            [Role::Admin, Role::Admin, Role::Admin, Role::Member, Role::Member, Role::Owner][self.pick(6)];
        let ends = role != Role::Member && self.pick(6) == 0;
        let until = ends.then(|| Timestamp(self.world.now.0 + self.world.rng.random_range(5_000..600_000)));
        Request::CommunityPromote { target, handle, role, until }
    }

    fn removal(&mut self, at: usize, organiser: usize, handle: String) -> (usize, Request, Doing) {
        let account = self.truth.accounts[&handle].clone();
        // Whoever may not is refused; but a device that does not know yet that it may can be told on the way, and what
        // it has begun is finished by the account's other devices.
        self.doubt_the_unseated(at);
        self.communities[at].doubtful.insert(account.clone());
        let groups: Vec<String> = self.world.clients.iter().flat_map(Client::conversations).collect();
        for (index, client) in self.world.clients.iter_mut().enumerate() {
            if self.handles[index] == handle {
                client.was_away.extend(groups.iter().cloned());
            }
        }
        let target = self.communities[at].id.clone();
        let came = self.communities[at].came.get(&account).copied().unwrap_or(0);
        (organiser, Request::CommunityRemove { target, handle }, Doing::Remove(at, account, came))
    }

    fn some_groups(&mut self, client: usize, community: &str) -> Vec<String> {
        let all = self.listed(client, community);
        let count = 1 + self.pick(2);
        all.choose_multiple(&mut self.world.rng, count).cloned().collect()
    }

    /// An announcement, with who must show it and who must not.
    fn announcement(&mut self, at: usize, actor: usize, groups: Vec<String>) -> (usize, Request, Doing) {
        self.said += 1;
        let text = format!("{actor} announces number {}", self.said);
        let community = self.communities[at].clone();
        let account = self.account_of(actor);
        let place =
            Place::Announced { announcements: community.announcements.clone(), groups: groups.clone() };
        self.truth.say(&text, &account, place);
        let announced = Announced {
            message: String::new(),
            community: at,
            expected: self.expected(&community, actor, &groups),
            // Whoever is let into a group again has its keys again.
            forbidden: if groups.is_empty() { forbidden(&community) } else { BTreeMap::new() },
            author: account,
            seated: self.seated(&community),
            devices: self.world.clients.len(),
            groups: groups.clone(),
        };
        let idempotency = (self.pick(5) == 0).then(|| format!("key {}", self.said));
        let request = Request::Announce { community: community.id, text, to: groups, idempotency };
        (actor, request, Doing::Announce(Box::new(announced)))
    }

    /// The devices of accounts that are in; for chosen groups those that are in one of them.
    fn expected(&mut self, community: &Community, actor: usize, groups: &[String]) -> BTreeSet<usize> {
        let mut expected = BTreeSet::new();
        for client in 0..self.world.clients.len() {
            let active =
                self.world.clients[client].community(&community.id).is_some_and(|facts| facts.is_active());
            let account = self.account_of(client);
            if !active || !community.is_in(&account) {
                continue;
            }
            if groups.is_empty() || self.is_in_one_of(client, actor, groups, &account) {
                expected.insert(client);
            }
        }
        expected
    }

    fn is_in_one_of(&mut self, client: usize, actor: usize, groups: &[String], account: &str) -> bool {
        if self.asleep.contains_key(&client) {
            return false;
        }
        let own: BTreeSet<String> =
            self.conversations(client).into_iter().filter(|c| c.state == "active").map(|c| c.group).collect();
        groups.iter().any(|group| own.contains(group) && self.has_member(actor, group, account))
    }

    fn has_member(&mut self, client: usize, group: &str, account: &str) -> bool {
        let roster = self.roster(client, group).unwrap_or_default();
        roster.iter().any(|member| member.starts_with(account))
    }

    fn seated(&self, community: &Community) -> BTreeSet<String> {
        let seated = |client: &usize| {
            self.world.clients[*client].community(&community.id).is_some_and(|facts| facts.seated)
        };
        let all = (0..self.world.clients.len()).filter(seated).map(|client| self.account_of(client));
        all.filter(|account| community.is_in(account)).collect()
    }
}

/// Who was removed, and how often they had come.
fn forbidden(community: &Community) -> BTreeMap<String, usize> {
    let came = |account: &String| community.came.get(account).copied().unwrap_or(0);
    community.removed.iter().map(|account| (account.clone(), came(account))).collect()
}

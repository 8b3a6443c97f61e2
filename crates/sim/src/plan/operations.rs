//! What people do.

use super::{Invite, Plan};
use crate::{check::Violation, truth::Place};
use asterism_core::{
    Answer, Item, Request,
    api::{ConversationInfo, Role},
};
use rand::{Rng as _, seq::IndexedRandom as _};

/// Further devices, by recovery.
const RECOVERIES_MAX: usize = 2;

impl Plan {
    pub(super) fn operation(&mut self) -> Result<(), Violation> {
        let actor = self.actor();
        let other = self.pick(self.settings.clients);
        let handle = self.handles[other].clone();
        let kind = self.world.rng.random_range(0..100);
        let Some(group) = self.group(actor) else {
            if kind % 2 == 0 {
                self.join(actor)
            } else {
                self.create(actor)
            }
            return Ok(());
        };
        match kind {
            0..3 => self.create(actor),
            3..18 => {
                self.admit(&group, &handle);
                self.privileged(
                    actor,
                    &group,
                    Request::GroupAdd { target: group.clone(), handles: vec![handle] },
                )?;
            }
            18..23 => {
                self.note_absence(other, &group);
                self.privileged(actor, &group, Request::GroupRemove { target: group.clone(), handle })?;
            }
            23..28 => {
                let promote = self.promotion(&group, handle);
                self.privileged(actor, &group, promote)?;
            }
            28..33 => self.invite(actor, group)?,
            33..35 => self.revoke(actor),
            35..42 => self.join(actor),
            42..46 => {
                let set = Request::GroupSet {
                    target: group.clone(),
                    name: Some(format!("name {kind}")),
                    description: None,
                };
                self.privileged(actor, &group, set)?;
            }
            46..52 => self.send(actor, format!("@{handle}"), true),
            52..56 => self.answer_a_request(actor),
            56..58 => self.recover(other),
            58..60 => self.rest(actor),
            60..68 => self.race(&group),
            68..82 => self.send(actor, group, false),
            _ => self.send(actor, group, true),
        }
        Ok(())
    }

    pub(super) fn conversations(&mut self, actor: usize) -> Vec<ConversationInfo> {
        let Ok(Answer::List(items)) = self.world.ask(actor, Request::Conversations) else {
            return Vec::new();
        };
        let conversations = items
            .into_iter()
            .filter_map(|item| if let Item::Conversation(c) = item { Some(c) } else { None });
        conversations.collect()
    }

    /// Mostly a group that the actor is in; now and then another one.
    fn group(&mut self, actor: usize) -> Option<String> {
        let stray = self.world.rng.random_bool(0.05);
        let own: Vec<String> = if stray {
            self.groups.clone()
        } else {
            let own = self.conversations(actor);
            own.into_iter().filter(|c| c.kind == "group" && c.state == "active").map(|c| c.group).collect()
        };
        own.choose(&mut self.world.rng).cloned()
    }

    fn admit(&mut self, group: &str, handle: &str) {
        let account = self.truth.accounts[handle].clone();
        self.truth.admit(group, &account);
    }

    fn create(&mut self, actor: usize) {
        let name = format!("group {}", self.groups.len());
        let quantum_safe = self.groups.len() % 3 == 2;
        let answer = self.ask(
            actor,
            Request::GroupCreate { name, description: None, quantum_safe, community: None, join: None },
        );
        if let Some(Answer::Group { group }) = answer {
            let account = self.account_of(actor);
            self.truth.admit(&group, &account);
            self.groups.push(group);
        }
    }

    fn promotion(&mut self, group: &str, handle: String) -> Request {
        let role = if self.world.rng.random_bool(0.6) { Role::Admin } else { Role::Member };
        Request::GroupPromote { target: group.to_owned(), handle, role, until: None }
    }

    /// Something that members may not do: when it happens, the actor must have been more than that.
    fn privileged(
        &mut self,
        actor: usize,
        group: &str,
        request: Request,
    ) -> Result<Option<Answer>, Violation> {
        // What others have done is not the actor's doing.
        let _ = self.world.ask(actor, Request::Sync);
        let before = self.standing(actor, group);
        let racing = self.racing.len() + self.doing.len();
        let always_changes = matches!(request, Request::InviteCreate { .. } | Request::GroupSet { .. });
        let answer = self.ask(actor, request);
        let after = self.standing(actor, group);
        let (Some(before), Some(after)) = (before, after) else { return Ok(answer) };
        let changed = always_changes || before.1 != after.1;
        let only_member = before.0 == Role::Member && after.0 == Role::Member;
        if answer.is_some() && changed && only_member && racing == 0 {
            let name = &self.world.clients[actor].name;
            return Err(Violation(format!("{name} did what only admins may do")));
        }
        Ok(answer)
    }

    /// One's own role; and who is there, with what role.
    fn standing(&mut self, actor: usize, group: &str) -> Option<(Role, Vec<String>)> {
        let roster = self.roster(actor, group)?;
        match self.world.ask(actor, Request::GroupShow { target: group.to_owned() }) {
            Ok(Answer::Conversation(info)) => Some((info.role, roster)),
            _ => None,
        }
    }

    fn invite(&mut self, actor: usize, group: String) -> Result<(), Violation> {
        let uses = if self.world.rng.random_bool(0.5) { Some(2) } else { None };
        let expires_in_ms = if self.world.rng.random_bool(0.2) { Some(60_000) } else { None };
        let create = Request::InviteCreate { target: group.clone(), expires_in_ms, uses };
        if let Some(Answer::Invite { link, invite }) = self.privileged(actor, &group, create)? {
            self.invites.push(Invite { id: invite, link, group });
        }
        Ok(())
    }

    fn revoke(&mut self, actor: usize) {
        if self.invites.is_empty() {
            return;
        }
        let at = self.pick(self.invites.len());
        let invite = self.invites[at].id.clone();
        self.ask(actor, Request::InviteRevoke { invite });
    }

    fn join(&mut self, actor: usize) {
        if self.invites.is_empty() {
            return;
        }
        let at = self.pick(self.invites.len());
        let (link, group) = (self.invites[at].link.clone(), self.invites[at].group.clone());
        let account = self.account_of(actor);
        self.truth.admit(&group, &account);
        self.ask(actor, Request::Join { link });
    }

    /// Somebody may be out of a group for a while: what is said meanwhile is not for them.
    fn note_absence(&mut self, person: usize, group: &str) {
        let handle = self.handles[person].clone();
        for (index, client) in self.world.clients.iter_mut().enumerate() {
            if self.handles[index] == handle {
                client.was_away.insert(group.to_owned());
            }
        }
    }

    fn send(&mut self, actor: usize, target: String, wait: bool) {
        let Some(request) = self.text(actor, &target) else { return };
        if wait {
            let answer = self.ask(actor, request);
            self.acknowledge(actor, answer);
        } else if let Some(id) = self.world.begin(actor, request) {
            self.under_way.insert((actor, id));
        }
    }

    fn text(&mut self, actor: usize, target: &str) -> Option<Request> {
        let place = match target.strip_prefix('@') {
            Some(handle) if handle == self.handles[actor] => return None,
            Some(handle) => Place::With(self.truth.accounts[handle].clone()),
            None => Place::Group(target.to_owned()),
        };
        self.said += 1;
        let text = format!("{actor} says number {}", self.said);
        let account = self.account_of(actor);
        self.truth.say(&text, &account, place);
        let reply_to = if self.world.rng.random_bool(0.2) { self.some_message(actor, target) } else { None };
        let idempotency = self.world.rng.random_bool(0.2).then(|| format!("key {}", self.said));
        Some(Request::Send { target: target.to_owned(), text, reply_to, idempotency, queue: false })
    }

    fn some_message(&mut self, actor: usize, target: &str) -> Option<String> {
        let read = Request::Read { target: target.to_owned(), since: None, limit: 20, events: false };
        let Ok(Answer::List(items)) = self.world.ask(actor, read) else { return None };
        let ids: Vec<String> = items
            .into_iter()
            .filter_map(
                |item| if let Item::Message(m) = item { (m.seq > 0).then_some(m.message) } else { None },
            )
            .collect();
        ids.choose(&mut self.world.rng).cloned()
    }

    /// Accepts or refuses a stranger's first message.
    fn answer_a_request(&mut self, actor: usize) {
        let requests: Vec<String> =
            self.conversations(actor).into_iter().filter(|c| c.state == "request").map(|c| c.group).collect();
        let accept = self.world.rng.random_bool(0.7);
        if let Some(target) = requests.choose(&mut self.world.rng).cloned() {
            self.ask(actor, Request::AnswerRequest { target, accept });
        }
    }

    /// Somebody comes back with a new device, beside the old one.
    fn recover(&mut self, person: usize) {
        if self.handles.len() >= self.settings.clients + RECOVERIES_MAX {
            return;
        }
        let handle = self.handles[person].clone();
        let name = format!("{handle}again{}", self.handles.len());
        let Ok(client) = self.world.add_client(&name) else { return };
        self.handles.push(handle.clone());
        let account = self.account_of(client);
        self.truth.register(&name, &account);
        let recover = Request::Recover {
            server: "http://sim".into(),
            handle: handle.clone(),
            recovery_key: self.recovery_keys[&handle].clone(),
        };
        self.ask(client, recover);
        // The first device is not told what the second one enters; what it misses while a commit is on its way is
        // not checked for the new one.
        let groups = self.groups.clone();
        self.world.clients[client].was_away.extend(groups);
    }

    /// A device is off for many operations, and an hour or so passes.
    fn rest(&mut self, actor: usize) {
        if self.asleep.len() + 2 >= self.world.clients.len() {
            return;
        }
        self.forget_requests(actor);
        self.world.crash_client(actor);
        let operations = self.world.rng.random_range(3..25);
        self.asleep.insert(actor, operations);
        let pause = self.world.rng.random_range(1..4_000_000);
        self.world.run_for(pause);
    }

    /// Many send while several commit.
    fn race(&mut self, group: &str) {
        let everybody: Vec<usize> =
            (0..self.world.clients.len()).filter(|index| !self.asleep.contains_key(index)).collect();
        let rounds = self.world.rng.random_range(1..4);
        for _ in 0..rounds {
            for &actor in &everybody {
                if self.world.rng.random_bool(0.7)
                    && let Some(request) = self.text(actor, group)
                    && let Some(id) = self.world.begin(actor, request)
                {
                    self.under_way.insert((actor, id));
                }
                if self.world.rng.random_bool(0.3) {
                    let request = self.racing_commit(group);
                    let asked = format!("{request:?}");
                    if let Some(id) = self.world.begin(actor, request) {
                        tracing::debug!(actor, id, asked, "races");
                        self.racing.insert((actor, id));
                    }
                }
            }
            let pause = self.world.rng.random_range(1..400);
            self.world.run_for(pause);
        }
    }

    /// A send or a commit that nobody waits for.
    pub(super) fn begin_something(&mut self) {
        if !self.communities.is_empty() && self.pick(2) == 0 {
            return self.begin_in_a_community();
        }
        let actor = self.actor();
        let Some(group) = self.group(actor) else { return };
        if self.world.rng.random_bool(0.6) {
            return self.send(actor, group, false);
        }
        let request = self.racing_commit(&group);
        if let Some(id) = self.world.begin(actor, request) {
            self.racing.insert((actor, id));
        }
    }

    fn racing_commit(&mut self, group: &str) -> Request {
        let other = self.pick(self.settings.clients);
        let handle = self.handles[other].clone();
        match self.world.rng.random_range(0..5) {
            0 => {
                self.admit(group, &handle);
                Request::GroupAdd { target: group.to_owned(), handles: vec![handle] }
            }
            1 => {
                self.note_absence(other, group);
                Request::GroupRemove { target: group.to_owned(), handle }
            }
            2 => self.promotion(group, handle),
            3 => {
                Request::GroupSet { target: group.to_owned(), name: Some("raced".into()), description: None }
            }
            _ => Request::InviteCreate { target: group.to_owned(), expires_in_ms: None, uses: None },
        }
    }
}

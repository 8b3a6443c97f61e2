//! A group of several people, and what cases in which more than one is dishonest ask of it.

use super::watch::Watch;
use crate::{
    Report,
    check::{Acknowledged, Violation, check},
    world::World,
};
use asterism_core::{Answer, Core, Request};

/// The people of a case, by their order of coming. The first has founded the group.
pub(super) struct Crowd {
    pub(super) world: World,
    pub(super) watch: Watch,
    pub(super) group: String,
    said: usize,
    acknowledged: Vec<Acknowledged>,
}

pub(super) fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

impl Crowd {
    /// These people are in a group.
    pub(super) fn begin(seed: u64, names: &[&str]) -> Result<Self, Violation> {
        let mut world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
        let watch = Watch::default();
        world.tamper = Some(Box::new(watch.clone()));
        let mut crowd = Self { world, watch, group: String::new(), said: 0, acknowledged: Vec::new() };
        for (index, name) in names.iter().map(|name| (*name).to_owned()).enumerate() {
            crowd.world.add_client(&name).map_err(|e| wrong(e.to_string()))?;
            let (server, handle) = ("http://sim".into(), name.clone());
            crowd.must(index, Request::Register { server, handle, name, invite_code: None })?;
        }
        let create = Request::GroupCreate {
            name: "group".into(),
            description: None,
            quantum_safe: false,
            community: None,
            join: None,
        };
        let Answer::Group { group } = crowd.must(0, create)? else { return Err(wrong("no group")) };
        crowd.group.clone_from(&group);
        let handles = names[1..].iter().map(|name| (*name).to_owned()).collect();
        crowd.must(0, Request::GroupAdd { target: group, handles })?;
        crowd.world.run_for(5_000);
        for index in 0..names.len() {
            crowd.say(index)?;
        }
        crowd.world.run_for(5_000);
        Ok(crowd)
    }

    pub(super) fn must(&mut self, index: usize, request: Request) -> Result<Answer, Violation> {
        let (what, who) = (format!("{request:?}"), self.world.clients.get(index).map(|c| c.name.clone()));
        let answer = self.world.ask(index, request);
        answer.map_err(|e| wrong(format!("{who:?} is refused {}: {what}", e.code.as_word())))
    }

    /// As [`Crowd::must`], within a time.
    pub(super) fn must_soon(
        &mut self,
        index: usize,
        request: Request,
        ms_max: u64,
    ) -> Result<Answer, Violation> {
        let (what, began) = (format!("{request:?}"), self.world.now);
        let answer = self.must(index, request)?;
        let took = self.world.now.0 - began.0;
        if took > ms_max { Err(wrong(format!("it took {took} ms: {what}"))) } else { Ok(answer) }
    }

    pub(super) fn say(&mut self, index: usize) -> Result<(), Violation> {
        self.say_soon(index, u64::MAX)
    }

    pub(super) fn say_soon(&mut self, index: usize, ms_max: u64) -> Result<(), Violation> {
        self.said += 1;
        let request = Request::Send {
            target: self.group.clone(),
            text: format!("number {}", self.said),
            reply_to: None,
            idempotency: None,
            queue: false,
        };
        if let Answer::Sent { message, conversation, .. } = self.must_soon(index, request, ms_max)? {
            self.acknowledged.push(Acknowledged { message, conversation, sender: index });
        }
        Ok(())
    }

    pub(super) fn core(&mut self, index: usize) -> Result<&mut Core, Violation> {
        self.world.clients[index].core.as_mut().ok_or_else(|| wrong("no core"))
    }

    /// The number of the epoch that somebody is in.
    pub(super) fn epoch(&mut self, index: usize) -> Result<u64, Violation> {
        let group = self.group.clone();
        let all = self.core(index)?.authenticators();
        let found = all.into_iter().find(|(conversation, ..)| *conversation == group);
        found.map(|(_, epoch, _)| epoch).ok_or_else(|| wrong("not in the group"))
    }

    /// Everybody honest agrees, and shows what was acknowledged to them.
    pub(super) fn finish(mut self) -> Result<Report, Violation> {
        self.world.run_for(60_000);
        for index in 0..self.world.clients.len() {
            if !self.world.clients[index].hostile {
                self.must(index, Request::Sync)?;
            }
        }
        self.world.run_for(5_000);
        let acknowledged: Vec<_> = std::mem::take(&mut self.acknowledged);
        let honest = |sent: &&Acknowledged| !self.world.clients[sent.sender].hostile;
        let acknowledged: Vec<_> = acknowledged.iter().filter(honest).cloned().collect();
        let repairs = check(&mut self.world, &acknowledged)?;
        Ok(Report { acknowledged: acknowledged.len(), repairs, ..Report::default() })
    }
}

//! What a story looks at besides alarms and refusals.

use super::story::{ALICE, BOB, NAMES, Story, wrong};
use crate::check::Violation;
use asterism_core::{Answer, Item, Request};

impl Story {
    /// A client shows everything that was said.
    pub(super) fn shows_all(&mut self, client: usize) -> Result<(), Violation> {
        self.world.run_for(10_000);
        self.ask_quietly(client, Request::Sync);
        let shown = self.shown(client)?;
        let missing: Vec<_> = self.said.iter().filter(|(text, _)| !shown.contains(text)).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(wrong(format!("{} does not show {missing:?}", NAMES[client])))
        }
    }

    /// A client shows the last thing that was said.
    pub(super) fn shows_last(&mut self, client: usize) -> Result<(), Violation> {
        self.world.run_for(10_000);
        self.ask_quietly(client, Request::Sync);
        let last = self.said.last().map(|(text, _)| text.clone());
        if last.is_none_or(|last| self.shown(client).is_ok_and(|shown| shown.contains(&last))) {
            Ok(())
        } else {
            Err(wrong(format!("{} does not show the last announcement", NAMES[client])))
        }
    }

    /// Does a device say that it is in the community?
    pub(super) fn is_in(&self, client: usize) -> bool {
        self.world.clients[client].community(&self.community).is_some_and(|facts| facts.is_active())
    }

    /// Does a device say that it has a seat?
    pub(super) fn is_seated(&self, client: usize) -> bool {
        self.world.clients[client].community(&self.community).is_some_and(|facts| facts.seated)
    }

    /// Both admins list somebody so often.
    pub(super) fn is_listed(&mut self, client: usize, times: usize) -> Result<(), Violation> {
        for admin in [ALICE, BOB] {
            let target = self.community.clone();
            let Answer::List(items) = self.must(admin, Request::CommunityMembers { target })? else {
                return Err(wrong("no members"));
            };
            let is_it = |item: &&Item| matches!(item, Item::CommunityMember(m) if m.handle == NAMES[client]);
            if items.iter().filter(is_it).count() != times {
                return Err(wrong(format!("{} lists {items:?}", NAMES[admin])));
            }
        }
        Ok(())
    }

    /// What is said in General reaches another one.
    pub(super) fn talks(&mut self, from: usize, to: usize) -> Result<(), Violation> {
        let (target, text) = (self.general.clone(), format!("{} is not gone", NAMES[from]));
        let send = Request::Send {
            target: target.clone(),
            text: text.clone(),
            reply_to: None,
            idempotency: None,
            queue: false,
        };
        self.must(from, send)?;
        self.world.run_for(5_000);
        let read = Request::Read { target, since: None, limit: 100, events: false };
        let Answer::List(items) = self.must(to, read)? else { return Err(wrong("nothing to read")) };
        let is_it = |item: &Item| matches!(item, Item::Message(m) if m.text.as_ref() == Some(&text));
        if items.iter().any(is_it) {
            Ok(())
        } else {
            Err(wrong(format!("{} does not read {text}", NAMES[to])))
        }
    }
}

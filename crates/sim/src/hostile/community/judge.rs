//! What must be true in the end, under every case.

use super::story::{ALICE, BOB, MALLORY, NAMES, Story, Told, wrong};
use crate::{Report, check::check};
use asterism_core::{Answer, Item, Request};
use asterism_wire::{
    SubscriberId,
    frame::{Answer as WireAnswer, GetDeposits, Request as WireRequest},
    signing,
};
use std::collections::{BTreeMap, BTreeSet};

impl Story {
    pub(super) fn judge(&mut self) -> Told<Report> {
        self.judge_alarms()?;
        for client in self.honest() {
            let expected: Vec<String> =
                self.said[self.came_at[&client]..].iter().map(|(text, _)| text.clone()).collect();
            let shown = self.shown(client)?;
            // Who came by a link is given the key of the epoch that it was: what was said before may show, too.
            if !shown.ends_with(&expected) {
                return Err(wrong(format!("{} shows {shown:?}, not {expected:?}", NAMES[client])));
            }
        }
        self.judge_mallory()?;
        self.judge_trap()?;
        self.judge_seats()?;
        self.judge_lists()?;
        if self.victim.is_none() {
            check(&mut self.world, &[])?;
        }
        Ok(Report { announced: self.said.len(), ..Report::default() })
    }

    /// The server is honest, but where it lets something through: then that one knows.
    fn judge_alarms(&self) -> Told {
        for client in self.honest() {
            let state = &self.world.clients[client];
            let expected: &[&str] = if self.victim == Some(client) { &["fork_detected"] } else { &[] };
            if state.fatal.is_some() || state.alarms != expected {
                return Err(wrong(format!("{}: alarms {:?}", NAMES[client], state.alarms)));
            }
        }
        Ok(())
    }

    /// Who was removed keeps what they had, and has nothing more.
    fn judge_mallory(&mut self) -> Told {
        let Some(until) = self.left_at.get(&MALLORY).copied() else { return Ok(()) };
        let expected: Vec<String> = self.said[..until].iter().map(|(text, _)| text.clone()).collect();
        let shown = self.shown(MALLORY)?;
        if shown == expected { Ok(()) } else { Err(wrong(format!("mallory shows {shown:?}"))) }
    }

    fn judge_seats(&mut self) -> Told {
        let mut rightful: BTreeSet<SubscriberId> = BTreeSet::new();
        for client in self.came_at.keys().copied().collect::<Vec<_>>() {
            rightful.insert(signing::subscriber_id(&self.subscriber_key(client)?));
        }
        let seats = self.hands().seats.clone();
        if seats == rightful { Ok(()) } else { Err(wrong("seats for others than who are in")) }
    }

    /// Both admins have the same people in their lists, and nothing waits.
    fn judge_lists(&mut self) -> Told {
        let mut expected = BTreeSet::new();
        for client in self.came_at.keys().copied().collect::<Vec<_>>() {
            if !self.left_at.contains_key(&client) {
                expected.insert(self.device_of(client)?.leaf().account.to_string());
            }
        }
        for admin in [ALICE, BOB] {
            let target = self.community.clone();
            let Answer::List(items) = self.must(admin, Request::CommunityMembers { target })? else {
                return Err(wrong("no list"));
            };
            let people = items.into_iter().filter_map(|item| match item {
                Item::CommunityMember(person) => Some(person),
                _ => None,
            });
            let (accounts, handles): (Vec<_>, Vec<_>) = people.map(|one| (one.account, one.handle)).unzip();
            if accounts.len() != expected.len() || accounts.into_iter().collect::<BTreeSet<_>>() != expected {
                return Err(wrong(format!("{} lists {handles:?}", NAMES[admin])));
            }
        }
        let mut alice = self.device_of(ALICE)?;
        let (community, after) = (self.id()?.to_vec(), Vec::new());
        match alice.ask(&self.world, WireRequest::GetDeposits(GetDeposits { community, after })) {
            Ok(WireAnswer::Deposits(page)) if page.deposits.is_empty() => Ok(()),
            Ok(WireAnswer::Deposits(page)) => Err(wrong(format!("{} notes lie about", page.deposits.len()))),
            other => Err(wrong(format!("no notes: {other:?}"))),
        }
    }

    /// What a client shows; an error when it shows what nobody announced, or anything twice.
    fn shown(&mut self, client: usize) -> Told<Vec<String>> {
        let list = Request::AnnouncementList { community: self.community.clone() };
        let Answer::List(items) = self.must(client, list)? else { return Err(wrong("no announcements")) };
        let authors: BTreeMap<&str, &str> =
            self.said.iter().map(|(text, author)| (text.as_str(), NAMES[*author])).collect();
        let mut shown = Vec::new();
        for item in items {
            let Item::Message(message) = item else { continue };
            let text = message.text.unwrap_or_default();
            if authors.get(text.as_str()) != Some(&message.sender.handle.as_str()) || shown.contains(&text) {
                return Err(wrong(format!("{} shows {text:?}", NAMES[client])));
            }
            shown.push(text);
        }
        Ok(shown)
    }
}

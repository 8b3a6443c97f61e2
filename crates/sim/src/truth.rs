//! What really happened, as the plan knows it: who said what, and who may be where. Nothing else may be shown,
//! however the server lies.

use crate::{check::Violation, world::World};
use asterism_core::{Answer, Item, Request, api::MessageInfo};
use std::collections::{BTreeMap, BTreeSet};

/// Where something was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A conversation, by id.
    Group(String),
    /// The direct conversation with this account.
    With(String),
    /// A community: its announcements, or one of the chosen groups.
    Announced { announcements: String, groups: Vec<String> },
}

/// See the module. Texts are unique.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    /// Handle → account.
    pub(crate) accounts: BTreeMap<String, String>,
    /// Group → accounts that somebody with a right to do so has let in, ever.
    pub(crate) admitted: BTreeMap<String, BTreeSet<String>>,
    said: BTreeMap<String, (String, Place)>,
}

impl Truth {
    pub(crate) fn register(&mut self, handle: &str, account: &str) {
        self.accounts.insert(handle.to_owned(), account.to_owned());
    }

    pub(crate) fn admit(&mut self, group: &str, account: &str) {
        self.admitted.entry(group.to_owned()).or_default().insert(account.to_owned());
    }

    pub(crate) fn say(&mut self, text: &str, account: &str, place: Place) {
        self.said.insert(text.to_owned(), (account.to_owned(), place));
    }

    /// Looks at everything that a client shows.
    pub(crate) fn check(&self, world: &mut World, index: usize) -> Result<(), Violation> {
        let name = world.clients[index].name.clone();
        if !world.clients[index].core.as_ref().is_some_and(asterism_core::Core::has_account) {
            return Ok(());
        }
        if let Some(error) = &world.clients[index].fatal {
            return Err(Violation(format!("{name} stopped: {error}")));
        }
        let Ok(Answer::List(items)) = world.ask(index, Request::Conversations) else {
            return Err(Violation(format!("{name} cannot list its conversations")));
        };
        for item in items {
            let Item::Conversation(conversation) = item else { continue };
            let target = conversation.group.clone();
            let members = self.members(world, index, &target)?;
            let direct = conversation.kind == "direct";
            if !direct {
                self.check_group(&name, &target, &members)?;
            } else {
                self.check_direct(&name, &conversation.handle.unwrap_or_default(), &members)?;
            }
            let read = Request::Read { target: target.clone(), since: None, limit: 10_000, events: false };
            let Ok(Answer::List(messages)) = world.ask(index, read) else {
                return Err(Violation(format!("{name} cannot read a conversation")));
            };
            let mut texts = BTreeSet::new();
            for message in messages {
                let Item::Message(message) = message else { continue };
                self.check_message(&name, &target, direct, &message)?;
                if !message.text.is_some_and(|text| texts.insert(text)) {
                    return Err(Violation(format!("{name} shows a message twice, or one without text")));
                }
            }
        }
        Ok(())
    }

    /// (handle, account) of each member; nobody in a conversation that was left.
    fn members(
        &self,
        world: &mut World,
        index: usize,
        target: &str,
    ) -> Result<Vec<(String, String)>, Violation> {
        let Ok(Answer::List(items)) = world.ask(index, Request::GroupMembers { target: target.to_owned() })
        else {
            return Ok(Vec::new());
        };
        let members: Vec<_> = items
            .into_iter()
            .filter_map(|item| if let Item::Member(m) = item { Some((m.handle, m.account)) } else { None })
            .collect();
        for (handle, account) in &members {
            self.check_person(&world.clients[index].name, handle, account)?;
        }
        Ok(members)
    }

    fn check_person(&self, name: &str, handle: &str, account: &str) -> Result<(), Violation> {
        match self.accounts.get(handle) {
            Some(known) if known != account => {
                Err(Violation(format!("{name} takes somebody else for {handle}")))
            }
            _ => Ok(()),
        }
    }

    fn check_group(&self, name: &str, group: &str, members: &[(String, String)]) -> Result<(), Violation> {
        let admitted = self.admitted.get(group);
        let ghost =
            members.iter().find(|(_, account)| !admitted.is_some_and(|admitted| admitted.contains(account)));
        match ghost {
            Some((handle, _)) => {
                Err(Violation(format!("{name} has a member in a group whom nobody let in: {handle:?}")))
            }
            None => Ok(()),
        }
    }

    fn check_direct(&self, name: &str, peer: &str, members: &[(String, String)]) -> Result<(), Violation> {
        let mut expected = BTreeSet::new();
        expected.extend(self.accounts.get(name));
        expected.extend(self.accounts.get(peer));
        if members.iter().all(|(_, account)| expected.contains(account)) {
            Ok(())
        } else {
            Err(Violation(format!("{name} has a third reader in the conversation with {peer:?}")))
        }
    }

    fn check_message(
        &self,
        name: &str,
        target: &str,
        direct: bool,
        message: &MessageInfo,
    ) -> Result<(), Violation> {
        self.check_person(name, &message.sender.handle, &message.sender.account)?;
        let text = message.text.as_deref().unwrap_or_default();
        let Some((account, place)) = self.said.get(text) else {
            return Err(Violation(format!("{name} shows what nobody said: {text:?}")));
        };
        if *account != message.sender.account {
            return Err(Violation(format!("{name} shows {text:?} as somebody else's")));
        }
        let here = match place {
            Place::Group(group) => !direct && !message.announcement && group == target,
            Place::Announced { announcements, groups } => {
                // Whoever announces to groups that they are not in has it among the announcements.
                let own = self.accounts.get(name) == Some(account);
                let for_all = (groups.is_empty() || own) && announcements == target;
                message.announcement && (for_all || groups.iter().any(|group| group == target))
            }
            Place::With(account) => {
                let own = self.accounts.get(name);
                direct && (own == Some(account) || own == Some(&message.sender.account))
            }
        };
        if here { Ok(()) } else { Err(Violation(format!("{name} shows {text:?} in another conversation"))) }
    }
}

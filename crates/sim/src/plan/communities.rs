//! What the plan knows of communities: who is in them as they were told, and who is out.

use super::Plan;
use crate::{announced::Announced, check::Violation};
use asterism_core::{
    Answer, Item, Request,
    api::{ConversationInfo, Role},
};
use rand::seq::IndexedRandom as _;
use std::collections::{BTreeMap, BTreeSet};

/// A community as the plan knows it. Accounts are their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Community {
    pub(crate) id: String,
    pub(crate) announcements: String,
    pub(crate) admin_room: String,
    /// Id and text of each link that was made.
    pub(crate) invites: Vec<(String, String)>,
    /// Whoever ever tried to come in, or was let into one of its groups.
    pub(crate) tried: BTreeSet<String>,
    /// Who was told that they are in, or seen to have a seat.
    pub(crate) entered: BTreeSet<String>,
    /// Of whom nothing can be said: a removal was begun, or a right went away before they had a seat.
    pub(crate) doubtful: BTreeSet<String>,
    /// How often each tried to come by a link.
    pub(crate) came: BTreeMap<String, usize>,
    /// Whose removal was acknowledged, and who did not come again by another link.
    pub(crate) removed: BTreeSet<String>,
}

impl Community {
    /// Is the account in, as far as anybody can say?
    pub(crate) fn is_in(&self, account: &str) -> bool {
        self.entered.contains(account) && !self.doubtful.contains(account) && !self.removed.contains(account)
    }
}

/// What is being done in a community, and what it means when it is acknowledged.
#[derive(Debug, Clone)]
pub(super) enum Doing {
    Announce(Box<Announced>),
    /// With how often they had come when it began.
    Remove(usize, String, usize),
    Join(usize, String),
    Invite(usize),
    Anything,
}

impl Plan {
    /// Communities that somebody is an admin of and that the plan does not know: a founding whose answer was lost.
    pub(super) fn discover(&mut self) {
        for client in 0..self.world.clients.len() {
            let Ok(Answer::List(items)) = self.world.ask(client, Request::CommunityList) else { continue };
            for item in items {
                let Item::Community(info) = item else { continue };
                let known = self.communities.iter().any(|known| known.id == info.community);
                let Some(admin_room) = info.admin_room.clone().filter(|_| !known && info.state == "active")
                else {
                    continue;
                };
                let account = self.account_of(client);
                self.communities.push(Community {
                    id: info.community,
                    announcements: info.announcements,
                    admin_room,
                    tried: [account.clone()].into(),
                    entered: [account].into(),
                    ..Community::default()
                });
            }
        }
    }

    /// Whoever has a seat is in: that is how those are noticed who came by a group.
    pub(super) fn note_seated(&mut self, at: usize) {
        for client in 0..self.world.clients.len() {
            let facts = self.world.clients[client].community(&self.communities[at].id);
            if facts.is_some_and(|facts| facts.seated && facts.is_active()) {
                let account = self.account_of(client);
                self.communities[at].tried.insert(account.clone());
                self.communities[at].entered.insert(account);
            }
        }
    }

    /// The devices that are on, of accounts that have at least this role.
    pub(super) fn admins(&mut self, at: usize) -> Vec<usize> {
        let id = self.communities[at].id.clone();
        let on: Vec<usize> = self.awake();
        on.into_iter()
            .filter(|client| {
                let show = Request::CommunityShow { target: id.clone() };
                match self.world.ask(*client, show) {
                    Ok(Answer::CommunityInfo(info)) => {
                        info.state == "active" && matches!(info.role, Role::Admin | Role::Owner)
                    }
                    _ => false,
                }
            })
            .collect()
    }

    /// Mostly an admin, now and then somebody else.
    pub(super) fn organiser(&mut self, at: usize) -> usize {
        let admins = self.admins(at);
        let stray = self.pick(12) == 0;
        match admins.choose(&mut self.world.rng) {
            Some(admin) if !stray => *admin,
            _ => self.actor(),
        }
    }

    /// A right that somebody may have come by ends: whoever has no seat yet may never get one.
    pub(super) fn doubt_the_unseated(&mut self, at: usize) {
        self.note_seated(at);
        let id = self.communities[at].id.clone();
        let mut seated = BTreeSet::new();
        for client in 0..self.world.clients.len() {
            if self.world.clients[client].community(&id).is_some_and(|facts| facts.seated) {
                seated.insert(self.account_of(client));
            }
        }
        let community = &mut self.communities[at];
        community.doubtful.extend(community.entered.difference(&seated).cloned());
    }

    /// What was acknowledged becomes true.
    pub(super) fn done(&mut self, client: usize, doing: Doing, answer: Option<Answer>) {
        match (doing, answer) {
            (Doing::Announce(announced), Some(Answer::Announced { message, .. })) => {
                self.announced.push(Announced { message, ..*announced });
            }
            (Doing::Remove(at, account, came), Some(_)) => {
                let community = &mut self.communities[at];
                // Whoever comes while they are removed may be in by another link.
                if community.came.get(&account).copied().unwrap_or(0) == came {
                    community.removed.insert(account);
                }
            }
            (Doing::Join(at, account), Some(_)) => {
                let community = &mut self.communities[at];
                if community.removed.remove(&account) {
                    // By another link, which nobody can keep them from using: until that one is revoked.
                    community.doubtful.insert(account.clone());
                }
                community.entered.insert(account);
            }
            (Doing::Invite(at), Some(Answer::Invite { link, invite })) => {
                self.communities[at].invites.push((invite, link));
            }
            (Doing::Anything, Some(Answer::Group { group })) if !self.groups.contains(&group) => {
                let account = self.account_of(client);
                self.truth.admit(&group, &account);
                self.groups.push(group);
            }
            _ => {}
        }
    }

    /// The groups of all communities, by what their members see; everybody who tried may be in them.
    pub(super) fn admit_to_communities(&mut self) {
        for at in 0..self.communities.len() {
            self.note_seated(at);
            let community = self.communities[at].clone();
            let mut groups: BTreeSet<String> = [community.admin_room.clone()].into();
            for client in 0..self.world.clients.len() {
                groups.extend(self.listed(client, &community.id));
                let of_it = |c: &ConversationInfo| c.community.as_ref() == Some(&community.id);
                groups.extend(self.conversations(client).into_iter().filter(of_it).map(|c| c.group));
            }
            for group in groups {
                for account in &community.tried {
                    self.truth.admit(&group, account);
                }
            }
        }
    }

    /// The groups in a community's directory, as a device has it.
    pub(super) fn listed(&mut self, client: usize, community: &str) -> Vec<String> {
        let request = Request::CommunityGroups { target: community.to_owned() };
        let Ok(Answer::List(items)) = self.world.ask(client, request) else { return Vec::new() };
        let groups =
            items.into_iter().filter_map(|i| if let Item::Directory(d) = i { Some(d.group) } else { None });
        groups.collect()
    }

    /// An admins' room without its community stays nowhere.
    pub(super) fn check_no_orphans(&mut self) -> Result<(), Violation> {
        for client in 0..self.world.clients.len() {
            let communities: BTreeSet<String> = match self.world.ask(client, Request::CommunityList) {
                Ok(Answer::List(items)) => items
                    .into_iter()
                    .filter_map(|i| if let Item::Community(c) = i { Some(c.community) } else { None })
                    .collect(),
                _ => continue,
            };
            for conversation in self.conversations(client) {
                let of_one = matches!(conversation.kind.as_str(), "admin_room" | "announcements");
                let known = conversation.community.as_ref().is_some_and(|id| communities.contains(id));
                if of_one && conversation.state == "active" && !known {
                    let name = &self.world.clients[client].name;
                    return Err(Violation(format!(
                        "{name} shows {} of a community that there is not",
                        conversation.kind
                    )));
                }
            }
        }
        Ok(())
    }
}

//! Announcements and communities: what must be true in the end, whatever happened on the way.

use crate::{check::Violation, client::CommunityFacts, plan::communities::Community, world::World};
use asterism_core::{Answer, Item, Request};
use std::collections::{BTreeMap, BTreeSet};

/// An announcement that was acknowledged.
#[derive(Debug, Clone, Default)]
pub(crate) struct Announced {
    pub(crate) message: String,
    /// Which community, by its number in the plan.
    pub(crate) community: usize,
    /// Who made it; they show it among the announcements when they are in none of the chosen groups.
    pub(crate) author: String,
    /// The chosen groups; none for everybody.
    pub(crate) groups: Vec<String>,
    /// The devices that it is for, as things were when it began.
    pub(crate) expected: BTreeSet<usize>,
    /// The accounts whose removal was acknowledged before it began, and how often each had come by a link.
    pub(crate) forbidden: BTreeMap<String, usize>,
    /// The accounts that had a seat when it began: later devices of theirs show it, too.
    pub(crate) seated: BTreeSet<String>,
    /// How many devices there were then. A device that was there hears of what another one enters when it is let in,
    /// too.
    pub(crate) devices: usize,
}

/// Everything to check.
pub(crate) struct Ledger<'a> {
    pub(crate) communities: &'a [Community],
    pub(crate) announced: &'a [Announced],
    /// Of each client, its account.
    pub(crate) accounts: &'a [String],
}

/// Of one device: message id → the conversations in which it is shown as an announcement.
type Shown = BTreeMap<String, Vec<String>>;

impl Ledger<'_> {
    /// Looks at what every device shows.
    pub(crate) fn check(&self, world: &mut World) -> Result<(), Violation> {
        let devices: Vec<usize> =
            (0..world.clients.len()).filter(|index| !world.clients[*index].hostile).collect();
        let mut shown = BTreeMap::new();
        for &device in &devices {
            shown.insert(device, announcements(world, device)?);
        }
        for announced in self.announced {
            for &device in &devices {
                self.check_one(world, announced, device, &shown[&device])?;
            }
        }
        for at in 0..self.communities.len() {
            self.check_orders(world, at, &devices)?;
            self.check_converged(world, at, &devices)?;
        }
        Ok(())
    }

    fn check_one(
        &self,
        world: &World,
        announced: &Announced,
        device: usize,
        shown: &Shown,
    ) -> Result<(), Violation> {
        let (name, message) = (&world.clients[device].name, &announced.message);
        let community = &self.communities[announced.community];
        let account = &self.accounts[device];
        let places = shown.get(message).map_or(&[][..], Vec::as_slice);
        let wrong = |what: &str| Err(Violation(format!("{name} {what} {message} of {}", community.id)));
        if places.len() > 1 {
            return wrong("shows twice the announcement");
        }
        // Nobody can keep them from using another link.
        let came = community.came.get(account).copied().unwrap_or(0);
        if announced.forbidden.get(account) == Some(&came)
            && community.removed.contains(account)
            && !places.is_empty()
        {
            return wrong("was removed and shows the later announcement");
        }
        let here = |place: &String| {
            if announced.groups.is_empty()
                || *account == announced.author && announced.groups.iter().all(|g| g != place)
            {
                *place == community.announcements
            } else {
                announced.groups.contains(place)
            }
        };
        if !places.iter().all(here) {
            return wrong("shows in another place the announcement");
        }
        let is_later = device >= announced.devices;
        let later = is_later && announced.groups.is_empty() && announced.seated.contains(account);
        let stayed = announced.groups.iter().all(|group| !world.clients[device].was_away.contains(group));
        let must = (announced.expected.contains(&device) || later) && community.is_in(account) && stayed;
        if must && places.is_empty() {
            return wrong("never showed the announcement");
        }
        Ok(())
    }

    /// Any two devices show what both show in one order.
    fn check_orders(&self, world: &mut World, at: usize, devices: &[usize]) -> Result<(), Violation> {
        let mut lists: Vec<(usize, Vec<String>)> = Vec::new();
        for &device in devices {
            let list = Request::AnnouncementList { community: self.communities[at].id.clone() };
            let Ok(Answer::List(items)) = world.ask(device, list) else { continue };
            let ids = items
                .into_iter()
                .filter_map(|i| if let Item::Message(m) = i { Some(m.message) } else { None });
            lists.push((device, ids.collect()));
        }
        for (i, (one, first)) in lists.iter().enumerate() {
            for (other, second) in &lists[i + 1..] {
                let left: Vec<_> = first.iter().filter(|id| second.contains(id)).collect();
                let right: Vec<_> = second.iter().filter(|id| first.contains(id)).collect();
                if left != right {
                    let (one, other) = (&world.clients[*one].name, &world.clients[*other].name);
                    return Err(Violation(format!("{one} and {other} show announcements in two orders")));
                }
            }
        }
        Ok(())
    }

    /// Everybody who is in has the same log, state, name and directory; and nothing waits for a key that is here.
    fn check_converged(&self, world: &mut World, at: usize, devices: &[usize]) -> Result<(), Violation> {
        let community = &self.communities[at];
        let mut seen: Option<(usize, Seen)> = None;
        for &device in devices {
            if !community.is_in(&self.accounts[device]) {
                continue;
            }
            let name = world.clients[device].name.clone();
            let Some(facts) = world.clients[device].community(&community.id) else { continue };
            if !facts.is_active() {
                return Err(Violation(format!(
                    "{name} is {} in a community it was not removed from",
                    facts.state
                )));
            }
            if facts.waiting > 0 {
                return Err(Violation(format!(
                    "{name} has {} announcements that wait though their key is here",
                    facts.waiting
                )));
            }
            let now = look(world, device, community, facts)?;
            match &seen {
                None => seen = Some((device, now)),
                Some((first, before)) if *before != now => {
                    let first = &world.clients[*first].name;
                    return Err(Violation(format!(
                        "two see {} differently: {first} {before:?}, {name} {now:?}",
                        community.id
                    )));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// What must be the same for all.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    name: String,
    epoch: u64,
    log: Vec<u8>,
    directory: BTreeSet<String>,
}

fn look(
    world: &mut World,
    device: usize,
    community: &Community,
    facts: CommunityFacts,
) -> Result<Seen, Violation> {
    let wrong = |what: &str| Violation(format!("{what} of {} does not show", community.id));
    let show = Request::CommunityShow { target: community.id.clone() };
    let Ok(Answer::CommunityInfo(info)) = world.ask(device, show) else { return Err(wrong("the name")) };
    let groups = Request::CommunityGroups { target: community.id.clone() };
    let Ok(Answer::List(items)) = world.ask(device, groups) else { return Err(wrong("the directory")) };
    let directory = items.into_iter().filter_map(|item| match item {
        Item::Directory(d) => Some(format!("{} {:?} {:?} {}", d.group, d.name, d.join, d.default)),
        _ => None,
    });
    let directory: BTreeSet<String> = directory.collect();
    if directory.is_empty() {
        return Err(wrong("any group"));
    }
    if info.name.is_empty() {
        return Err(wrong("the name"));
    }
    Ok(Seen { name: info.name, epoch: info.epoch, log: facts.log, directory })
}

fn announcements(world: &mut World, device: usize) -> Result<Shown, Violation> {
    let name = world.clients[device].name.clone();
    let Ok(Answer::List(items)) = world.ask(device, Request::Conversations) else {
        return Err(Violation(format!("{name} cannot list its conversations")));
    };
    let mut shown = Shown::new();
    for item in items {
        let Item::Conversation(conversation) = item else { continue };
        let target = conversation.group;
        let read = Request::Read { target: target.clone(), since: None, limit: 10_000, events: false };
        let Ok(Answer::List(messages)) = world.ask(device, read) else { continue };
        for message in messages {
            if let Item::Message(message) = message
                && message.announcement
            {
                shown.entry(message.message).or_default().push(target.clone());
            }
        }
    }
    Ok(shown)
}

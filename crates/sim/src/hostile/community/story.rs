//! The story that is told under every case.

use super::{
    Case,
    case::Act,
    hands::{Hands, Shared},
};
use crate::{Report, check::Violation, stranger::Stranger, world::World};
use asterism_core::{Answer, Request, api::Role};
use asterism_mls::link::LinkKeys;
use asterism_policy::CommunityState;
use asterism_wire::{CommunityId, ConversationId, ErrorCode, Hash, Seq, limits, link::Link};
use std::{cell::RefMut, collections::BTreeMap};

/// The owner.
pub(super) const ALICE: usize = 0;
/// An admin.
pub(super) const BOB: usize = 1;
/// A member.
pub(super) const CAROL: usize = 2;
/// A member who is not honest.
pub(super) const MALLORY: usize = 3;
/// Who comes afterwards.
pub(super) const DAVE: usize = 4;
/// Whom the admin of a group adds, in one of the cases.
pub(super) const ERIN: usize = 5;
pub(super) const NAMES: [&str; 6] = ["alice", "bob", "carol", "mallory", "dave", "erin"];

/// Whoever comes while an admin is online is seated within this time: the delay, a look, and some requests.
pub(super) const SEATED_MS_MAX: u64 = limits::SEAT_DELAY_MS + 10_000;

pub(super) type Told<T = ()> = Result<T, Violation>;

pub(super) fn wrong(what: impl Into<String>) -> Violation {
    Violation(what.into())
}

pub(super) struct Story {
    pub(super) world: World,
    pub(super) act: Act,
    hands: Shared,
    pub(super) community: String,
    pub(super) admin_room: String,
    pub(super) general: String,
    /// Of two live links: the members came by the first.
    pub(super) links: Vec<String>,
    /// Text and author of each announcement that was acknowledged.
    pub(super) said: Vec<(String, usize)>,
    /// How many had been announced when somebody came or was removed.
    pub(super) came_at: BTreeMap<usize, usize>,
    pub(super) left_at: BTreeMap<usize, usize>,
    /// Who is shown something by the server that it should have refused.
    pub(super) victim: Option<usize>,
    /// The announcement that mallory makes as the admin that she no longer is.
    pub(super) forged: Vec<u8>,
    /// A group outside the community that newcomers are to be led into.
    pub(super) trap: Option<String>,
}

/// Tells one case.
///
/// # Errors
/// A [`Violation`].
pub fn run(seed: u64, case: Case) -> Result<Report, Violation> {
    let told = Story::begin(seed, case.act).and_then(|mut story| {
        story.deed()?;
        story.go_on()?;
        story.lie()?;
        story.judge()
    });
    told.map_err(|what| wrong(format!("{}: {}", case.name, what.0)))
}

impl Story {
    fn begin(seed: u64, act: Act) -> Told<Self> {
        let mut world = World::new(seed).map_err(|e| wrong(e.to_string()))?;
        let hands = Shared::default();
        world.tamper = Some(Box::new(hands.clone()));
        let mut story = Self {
            world,
            act,
            hands,
            community: String::new(),
            admin_room: String::new(),
            general: String::new(),
            links: Vec::new(),
            said: Vec::new(),
            came_at: BTreeMap::new(),
            left_at: BTreeMap::new(),
            victim: None,
            forged: Vec::new(),
            trap: None,
        };
        for name in NAMES {
            let client = story.world.add_client(name).map_err(|e| wrong(e.to_string()))?;
            let (server, handle) = ("http://sim".into(), name.to_owned());
            story.must(client, Request::Register { server, handle, name: name.into(), invite_code: None })?;
        }
        story.world.clients[MALLORY].hostile = true;
        story.found()?;
        for person in [BOB, CAROL, MALLORY] {
            let link = story.links[0].clone();
            story.join(person, link)?;
        }
        story.announce(ALICE)?;
        story.promote("bob", Role::Admin)?;
        if act.is_of_admin() {
            story.promote("mallory", Role::Admin)?;
        }
        story.world.run_for(10_000);
        story.announce(BOB)?;
        story.sync_all()?;
        Ok(story)
    }

    fn found(&mut self) -> Told {
        let found = Request::CommunityCreate { name: "Choir".into(), description: None, general: None };
        let Answer::Community { community, announcements, general, admin_room } = self.must(ALICE, found)?
        else {
            return Err(wrong("no community"));
        };
        (self.community, self.general, self.admin_room) = (community, general, admin_room);
        let posts = announcements.parse().map_err(|_| wrong("an id does not parse"))?;
        let log = self.id()?.log();
        self.hands().logs = Some((log, posts));
        self.came_at.insert(ALICE, 0);
        for _ in 0..2 {
            let link = self.invite(ALICE)?;
            self.links.push(link);
        }
        Ok(())
    }

    fn deed(&mut self) -> Told {
        let removed = self.act.is_of_removed();
        match self.act {
            Act::Demoted | Act::DemotedLetThrough | Act::DemotedBackdated | Act::DemotedGovernsLetThrough => {
                self.after_demotion()
            }
            Act::FoundsAgain | Act::FoundsAgainLetThrough => self.founds_again(),
            Act::ForeignRoom | Act::ForeignRoomLetThrough => self.foreign_room(),
            Act::ForeignAnnouncement => self.foreign_announcement(),
            Act::ForeignListing => self.foreign_listing(),
            Act::CircularListing => self.lists(ConversationId([16; 16]), secret_of(&self.links[1])?),
            _ if removed => self.after_removal(),
            _ => self.leaves_notes(),
        }
    }

    /// Somebody honest comes, and the admins go on.
    fn go_on(&mut self) -> Told {
        let link = self.links[1].clone();
        self.join(DAVE, link)?;
        self.world.run_for(SEATED_MS_MAX);
        if !self.is_seated(DAVE) {
            return Err(wrong("dave is not seated in time"));
        }
        self.announce(ALICE)?;
        let (target, name) = (self.community.clone(), Some("Big choir".into()));
        self.must(BOB, Request::CommunitySet { target, name, description: None })?;
        self.announce(BOB)?;
        self.world.run_for(10_000);
        self.sync_all()
    }

    /// The server shows somebody what it refused, where a case wants that.
    fn lie(&mut self) -> Told {
        match self.act {
            Act::DemotedLetThrough | Act::DemotedBackdated => self.post_let_through()?,
            Act::DemotedGovernsLetThrough | Act::FoundsAgainLetThrough => self.change_let_through()?,
            _ => return Ok(()),
        }
        self.victim = Some(CAROL);
        let _ = self.world.ask(CAROL, Request::Sync);
        self.world.run_for(5_000);
        Ok(())
    }

    /// Those who are in, but for mallory.
    pub(super) fn honest(&self) -> Vec<usize> {
        self.came_at.keys().copied().filter(|client| *client != MALLORY).collect()
    }

    pub(super) fn hands(&self) -> RefMut<'_, Hands> {
        self.hands.0.borrow_mut()
    }

    pub(super) fn id(&self) -> Told<CommunityId> {
        self.community.parse().map_err(|_| wrong("an id does not parse"))
    }

    /// The log of the announcements.
    pub(super) fn posts(&self) -> Told<ConversationId> {
        self.hands().logs.map(|(_, posts)| posts).ok_or_else(|| wrong("no announcements"))
    }

    pub(super) fn must(&mut self, client: usize, request: Request) -> Told<Answer> {
        let asked = format!("{request:?}");
        self.world.ask(client, request).map_err(|e| wrong(format!("{}: {asked}: {e}", NAMES[client])))
    }

    /// Must be refused with this code.
    pub(super) fn must_not(&mut self, client: usize, request: Request, code: ErrorCode) -> Told {
        let asked = format!("{request:?}");
        match self.world.ask(client, request) {
            Err(error) if error.code == code => Ok(()),
            other => Err(wrong(format!("{}: {asked}: {other:?}", NAMES[client]))),
        }
    }

    pub(super) fn join(&mut self, client: usize, link: String) -> Told {
        self.must(client, Request::Join { link })?;
        self.came(client);
        Ok(())
    }

    pub(super) fn came(&mut self, client: usize) {
        self.came_at.insert(client, self.said.len());
    }

    pub(super) fn is_removed(&mut self, client: usize) {
        self.left_at.insert(client, self.said.len());
    }

    pub(super) fn invite(&mut self, client: usize) -> Told<String> {
        let target = self.community.clone();
        let create = Request::InviteCreate { target, expires_in_ms: None, uses: None };
        let Answer::Invite { link, .. } = self.must(client, create)? else { return Err(wrong("no link")) };
        Ok(link)
    }

    pub(super) fn promote(&mut self, handle: &str, role: Role) -> Told {
        let (target, handle) = (self.community.clone(), handle.to_owned());
        self.must(ALICE, Request::CommunityPromote { target, handle, role, until: None })?;
        Ok(())
    }

    pub(super) fn announce(&mut self, client: usize) -> Told {
        let text = format!("{} announces number {}", NAMES[client], self.said.len());
        let community = self.community.clone();
        self.must(
            client,
            Request::Announce { community, text: text.clone(), to: Vec::new(), idempotency: None },
        )?;
        self.said.push((text, client));
        Ok(())
    }

    pub(super) fn sync_all(&mut self) -> Told {
        for client in self.honest() {
            self.must(client, Request::Sync)?;
        }
        Ok(())
    }

    pub(super) fn is_seated(&self, client: usize) -> bool {
        self.world.clients[client].community(&self.community).is_some_and(|facts| facts.seated)
    }

    /// Somebody's device, with a client of their own.
    pub(super) fn device_of(&mut self, client: usize) -> Told<Stranger> {
        let keys = self.world.clients[client].core.as_ref().and_then(asterism_core::Core::own_keys);
        let keys = keys.ok_or_else(|| wrong("no keys"))?;
        Stranger::as_device(&mut self.world, keys).map_err(|e| wrong(e.to_string()))
    }

    /// What a client says of itself.
    pub(super) fn of_core<T>(
        &self,
        client: usize,
        ask: impl FnOnce(&asterism_core::Core) -> Option<T>,
    ) -> Told<T> {
        self.world.clients[client].core.as_ref().and_then(ask).ok_or_else(|| wrong("a device knows nothing"))
    }

    pub(super) fn log_of(&self, client: usize) -> Told<(CommunityState, Seq, Hash)> {
        self.of_core(client, |core| core.community_log(&self.community))
    }

    pub(super) fn subscriber_key(&self, client: usize) -> Told<Vec<u8>> {
        self.of_core(client, |core| core.subscriber_key(&self.community))
    }
}

/// The secret of a link.
pub(super) fn secret_of(link: &str) -> Told<[u8; 32]> {
    let link: Link = link.parse().map_err(|_| wrong("a link does not parse"))?;
    Ok(link.secret)
}

/// The keys of a link.
pub(super) fn keys_of(link: &str) -> Told<LinkKeys> {
    Ok(LinkKeys::derive(&secret_of(link)?))
}

/// An id from its text.
pub(super) fn conversation(id: &str) -> Told<ConversationId> {
    id.parse().map_err(|_| wrong("an id does not parse"))
}

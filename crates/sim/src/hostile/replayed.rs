//! A server that shows a recovered device of an admin what its account's own vault held while it was taking a role
//! that it gave back later (docs/protocol.md §3.8).

use crate::{
    check::Violation,
    tamper::{Passage, Tamper},
    world::World,
};
use asterism_core::{Answer, Request, api::Role};
use asterism_wire::frame::{
    Answer as WireAnswer, ClientFrame, OwnEntry, Request as WireRequest, ServerBody, ServerFrame,
};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

const ALICE: usize = 0;
const BOB: usize = 1;
const SOON_MS: u64 = 60_000;
/// By then other devices finish what one has begun.
const LATER_MS: u64 = 60 * 60_000;

/// The first version of each entry that Alice has sent since it began to look.
#[derive(Default)]
struct Memory {
    looks: bool,
    old: BTreeMap<String, OwnEntry>,
    told: Option<usize>,
    lies: usize,
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Memory>>);

impl Tamper for Shared {
    fn request(&mut self, client: usize, frame: ClientFrame) -> Passage {
        let mut memory = self.0.borrow_mut();
        if let (true, ALICE, Some(WireRequest::PutOwn(put))) = (memory.looks, client, &frame.request) {
            for entry in &put.entries {
                memory.old.entry(entry.name.clone()).or_insert_with(|| entry.clone());
            }
        }
        Passage::Pass(frame)
    }

    fn frames(&mut self, client: usize, mut frame: ServerFrame) -> Vec<ServerFrame> {
        let mut memory = self.0.borrow_mut();
        if memory.told == Some(client)
            && let Some(ServerBody::Response(response)) = &mut frame.body
            && let Some(WireAnswer::Own(page)) = &mut response.answer
        {
            for entry in &mut page.entries {
                if let Some(old) = memory.old.get(&entry.name).cloned() {
                    *entry = old;
                    memory.lies += 1;
                }
            }
        }
        vec![frame]
    }
}

/// Tells it.
///
/// # Errors
/// A [`Violation`].
pub fn replayed_demotion(seed: u64) -> Result<(), Violation> {
    let wrong = |what: &str| Violation(what.to_owned());
    let mut world = World::new(seed).map_err(|e| wrong(&e.to_string()))?;
    let memory = Shared::default();
    world.tamper = Some(Box::new(memory.clone()));
    let must = |world: &mut World, who: usize, request: Request| {
        let asked = format!("{request:?}");
        world.ask(who, request).map_err(|e| Violation(format!("client {who}: {asked}: {e}")))
    };
    let server = || "http://sim".to_owned();
    let mut keys = Vec::new();
    for (index, name) in ["alice", "bob"].into_iter().enumerate() {
        world.add_client(name).map_err(|e| wrong(&e.to_string()))?;
        let register =
            Request::Register { server: server(), handle: name.into(), name: name.into(), invite_code: None };
        if let Answer::Registered { recovery_key, .. } = must(&mut world, index, register)? {
            keys.push(recovery_key);
        }
    }
    let create = Request::CommunityCreate { name: "choir".into(), description: None, general: None };
    let Answer::Community { community, .. } = must(&mut world, ALICE, create)? else {
        return Err(wrong("no community"));
    };
    let invite = Request::InviteCreate { target: community.clone(), expires_in_ms: None, uses: None };
    let Answer::Invite { link, .. } = must(&mut world, ALICE, invite)? else { return Err(wrong("no link")) };
    must(&mut world, BOB, Request::Join { link })?;
    world.run_for(SOON_MS);
    let role = |role| {
        let (target, handle) = (community.clone(), "bob".to_owned());
        Request::CommunityPromote { target, handle, role, until: None }
    };
    must(&mut world, ALICE, role(Role::Admin))?;
    world.run_for(SOON_MS);
    memory.0.borrow_mut().looks = true;
    must(&mut world, ALICE, role(Role::Member))?;
    world.run_for(SOON_MS);
    memory.0.borrow_mut().looks = false;
    must(&mut world, ALICE, role(Role::Admin))?;
    world.run_for(SOON_MS);
    world.crash_client(ALICE);
    let again = world.add_client("alice again").map_err(|e| wrong(&e.to_string()))?;
    memory.0.borrow_mut().told = Some(again);
    let recovery_key = keys.swap_remove(ALICE);
    must(&mut world, again, Request::Recover { server: server(), handle: "alice".into(), recovery_key })?;
    for _ in 0..2 {
        world.run_for(LATER_MS);
        must(&mut world, again, Request::Sync)?;
    }
    let announce = Request::Announce { community, text: "I am".into(), to: Vec::new(), idempotency: None };
    must(&mut world, BOB, announce)?;
    if memory.0.borrow().lies == 0 { Err(wrong("nothing old was shown")) } else { Ok(()) }
}

//! What a host takes back: nothing of it is done later, and what has left is done once.

use asterism_core::{Answer, ApiError, Item, Request};
use asterism_sim::World;
use asterism_wire::ErrorCode;

/// As long as the command line waits.
const PATIENCE_MS: u64 = 20_000;
/// Long enough for every reconnection and round.
const WHILE_MS: u64 = 5 * 60 * 1000;

fn register(handle: &str) -> Request {
    Request::Register {
        server: "http://sim".into(),
        handle: handle.into(),
        name: handle.to_uppercase(),
        invite_code: None,
    }
}

fn create_group(name: &str) -> Request {
    Request::GroupCreate {
        name: name.into(),
        description: None,
        quantum_safe: false,
        community: None,
        join: None,
    }
}

fn announce(community: &str, text: &str, key: Option<&str>) -> Request {
    Request::Announce {
        community: community.into(),
        text: text.into(),
        to: Vec::new(),
        idempotency: key.map(str::to_owned),
    }
}

/// A world with one registered person in it.
fn world() -> World {
    let mut world = World::new(7).expect("a world begins");
    let ann = world.add_client("ann").expect("a client begins");
    assert_eq!(ann, 0);
    assert!(matches!(world.ask(ann, register("ann")), Ok(Answer::Registered { .. })));
    world
}

fn found(world: &mut World) -> String {
    let create = Request::CommunityCreate { name: "Gardeners".into(), description: None, general: None };
    match world.ask(0, create) {
        Ok(Answer::Community { community, .. }) => community,
        other => panic!("{other:?}"),
    }
}

fn group(world: &mut World, name: &str) -> String {
    match world.ask(0, create_group(name)) {
        Ok(Answer::Group { group }) => group,
        other => panic!("{other:?}"),
    }
}

fn list(world: &mut World, request: Request) -> Vec<Item> {
    match world.ask(0, request) {
        Ok(Answer::List(items)) => items,
        other => panic!("{other:?}"),
    }
}

fn names(world: &mut World) -> Vec<String> {
    let name = |item| match item {
        Item::Conversation(info) => info.name,
        other => panic!("{other:?}"),
    };
    let mut names: Vec<String> = list(world, Request::Conversations).into_iter().map(name).collect();
    names.sort();
    names
}

fn announced(world: &mut World, community: &str) -> Vec<Option<String>> {
    let text = |item| match item {
        Item::Message(message) => message.text,
        other => panic!("{other:?}"),
    };
    let all = list(world, Request::AnnouncementList { community: community.into() });
    all.into_iter().map(text).collect()
}

fn code(answer: Option<Result<Answer, ApiError>>) -> ErrorCode {
    match answer {
        Some(Err(error)) => error.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_that_was_taken_back_while_the_server_was_away_is_done_later() {
    let mut world = world();
    let bob = world.add_client("bob").expect("a client begins");
    assert!(world.ask(bob, register("bob")).is_ok());
    let (chess, community) = (group(&mut world, "Chess"), found(&mut world));
    world.run_for(WHILE_MS);
    let before = names(&mut world);
    world.crash_server();

    let target = || chess.clone();
    let (name, handle) = (|| Some("Later".to_owned()), || "@bob".to_owned());
    let asked = [
        create_group("Later"),
        Request::GroupCreate {
            name: "Later".into(),
            description: None,
            quantum_safe: false,
            community: Some(community.clone()),
            join: None,
        },
        Request::CommunityCreate { name: "Later".into(), description: None, general: None },
        Request::GroupSet { target: target(), name: name(), description: None },
        Request::CommunitySet { target: community.clone(), name: name(), description: None },
        Request::GroupAdd { target: target(), handles: vec![handle()] },
        Request::InviteCreate { target: target(), expires_in_ms: None, uses: None },
        Request::SetProfile { name: "Later".into() },
        announce(&community, "later", None),
        Request::Send {
            target: handle(),
            text: "later".into(),
            reply_to: None,
            idempotency: None,
            queue: false,
        },
    ];
    for request in asked {
        let id = world.begin(0, request).unwrap();
        world.run_for(PATIENCE_MS);
        world.take_back(0, id);
        assert_eq!(world.answer(0, id), None, "nobody waits for it");
    }
    world.start_server().unwrap();
    world.run_for(WHILE_MS);
    assert!(world.ask(0, Request::Sync).is_ok());

    assert_eq!(names(&mut world), before);
    assert_eq!(announced(&mut world, &community), []);
    assert_eq!(list(&mut world, Request::CommunityList).len(), 1);
    assert_eq!(list(&mut world, Request::GroupMembers { target: target() }).len(), 1);
    assert_eq!(list(&mut world, Request::InviteList { target: target() }), []);
    match world.ask(0, Request::WhoAmI) {
        Ok(Answer::Me { name, .. }) => assert_eq!(name, "ANN"),
        other => panic!("{other:?}"),
    }
    // What was taken back stands in the way of nothing.
    assert!(world.ask(0, announce(&community, "now", None)).is_ok());
    assert!(world.ask(0, Request::GroupAdd { target: target(), handles: vec![handle()] }).is_ok());
}

#[test]
fn whoever_gives_up_a_handle_and_takes_another_has_taken_one() {
    let mut world = World::new(7).expect("a world begins");
    let (ann, bob) = (world.add_client("ann").expect("a client begins"), world.add_client("bob").unwrap());
    world.crash_server();
    let first = world.begin(ann, register("first")).unwrap();
    world.run_for(PATIENCE_MS);
    world.take_back(ann, first);
    let second = world.begin(ann, register("second")).unwrap();
    world.run_for(PATIENCE_MS);
    world.start_server().unwrap();
    world.run_for(WHILE_MS);
    match world.answer(ann, second) {
        Some(Ok(Answer::Registered { handle, .. })) => assert_eq!(handle, "second"),
        other => panic!("{other:?}"),
    }
    assert!(world.ask(bob, register("first")).is_ok(), "it is free");
    assert!(world.ask(ann, create_group("Chess")).is_ok());
}

#[test]
fn a_registration_that_has_left_goes_to_its_end_before_another_begins() {
    let mut world = World::new(7).expect("a world begins");
    let ann = world.add_client("ann").expect("a client begins");
    world.hold_disk();
    let first = world.begin(ann, register("first")).unwrap();
    world.run_for(PATIENCE_MS);
    world.take_back(ann, first);
    let second = world.begin(ann, register("second")).unwrap();
    world.run_for(PATIENCE_MS);
    world.crash_server_held(true);
    world.start_server().unwrap();
    world.run_for(WHILE_MS);
    assert_eq!(code(world.answer(ann, second)), ErrorCode::AccountExists);
    match world.ask(ann, register("first")) {
        Ok(Answer::Registered { handle, .. }) => {
            assert_eq!(handle, "first", "its recovery key is still to be seen")
        }
        other => panic!("{other:?}"),
    }
    assert!(world.ask(ann, create_group("Chess")).is_ok());
}

#[test]
fn a_group_whose_founding_has_left_is_there_once_and_works() {
    let mut world = world();
    for answered in [true, false] {
        let before = names(&mut world).len();
        world.hold_disk();
        let id = world.begin(0, create_group("Chess")).unwrap();
        world.run_for(PATIENCE_MS);
        world.take_back(0, id);
        if answered {
            world.release_disk();
        } else {
            world.crash_server_held(true);
            world.start_server().unwrap();
        }
        world.run_for(WHILE_MS);
        assert_eq!(world.answer(0, id), None);
        assert_eq!(names(&mut world).len(), before + 1);
    }
    for item in list(&mut world, Request::GroupList) {
        let Item::Conversation(info) = item else { panic!("{item:?}") };
        let request = Request::InviteCreate { target: info.group, expires_in_ms: None, uses: None };
        assert!(world.ask(0, request).is_ok());
    }
}

#[test]
fn an_announcement_that_has_left_is_the_same_one_when_it_is_repeated() {
    let mut world = world();
    let community = found(&mut world);
    world.run_for(WHILE_MS);
    world.hold_disk();
    let id = world.begin(0, announce(&community, "Rain", Some("key"))).unwrap();
    world.run_for(PATIENCE_MS);
    world.take_back(0, id);
    world.crash_server_held(true);
    world.start_server().unwrap();
    let repeated = world.ask(0, announce(&community, "Rain", Some("key")));
    assert!(matches!(repeated, Ok(Answer::Announced { .. })), "{repeated:?}");
    world.run_for(WHILE_MS);
    assert_eq!(announced(&mut world, &community), [Some("Rain".to_owned())]);
}

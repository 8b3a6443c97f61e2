//! A device whose disk is full: it says so, shows what it has, does nothing by halves, and goes on when there is room.

use asterism_core::{Answer, ApiError, Item, Request};
use asterism_sim::World;
use asterism_wire::ErrorCode;

/// Long enough for several tries whether there is room.
const WHILE_MS: u64 = 3 * 60 * 1000;

fn register(handle: &str) -> Request {
    Request::Register {
        server: "http://sim".into(),
        handle: handle.into(),
        name: handle.to_uppercase(),
        invite_code: None,
    }
}

fn say(group: &str, text: &str, queue: bool) -> Request {
    Request::Send { target: group.into(), text: text.into(), reply_to: None, idempotency: None, queue }
}

/// Two people in a group.
fn pair() -> (World, String) {
    let mut world = World::new(5).expect("a world begins");
    for handle in ["ann", "bob"] {
        let client = world.add_client(handle).expect("a client begins");
        assert!(world.ask(client, register(handle)).is_ok());
    }
    let create = Request::GroupCreate {
        name: "Chess".into(),
        description: None,
        quantum_safe: false,
        community: None,
        join: None,
    };
    let Ok(Answer::Group { group }) = world.ask(0, create) else { panic!("no group") };
    let add = Request::GroupAdd { target: group.clone(), handles: vec!["bob".into()] };
    assert!(world.ask(0, add).is_ok());
    world.run_for(WHILE_MS);
    (world, group)
}

fn texts(world: &mut World, client: usize, group: &str) -> Vec<String> {
    let read = Request::Read { target: group.into(), since: None, limit: 100, events: false };
    let Ok(Answer::List(items)) = world.ask(client, read) else { panic!("{client} cannot read") };
    let text = |item| match item {
        Item::Message(message) => message.text,
        _ => None,
    };
    items.into_iter().filter_map(text).collect()
}

fn code(answer: Result<Answer, ApiError>) -> ErrorCode {
    match answer {
        Err(error) => error.code,
        Ok(answer) => panic!("{answer:?}"),
    }
}

#[test]
fn nothing_is_sent_that_was_not_kept_and_what_came_meanwhile_is_fetched() {
    let (mut world, group) = pair();
    assert!(world.ask(0, say(&group, "before", true)).is_ok());
    world.run_for(WHILE_MS);
    world.limit_disk(0, Some(0)).unwrap();

    let long = "long ".repeat(6_000);
    for queue in [true, false] {
        assert_eq!(code(world.ask(0, say(&group, &long, queue))), ErrorCode::DiskFull);
        assert_eq!(world.connection(0), "full");
    }
    assert!(world.ask(1, say(&group, &"meanwhile ".repeat(3_000), false)).is_ok());
    world.run_for(WHILE_MS);
    assert_eq!(texts(&mut world, 0, &group), ["before"], "what is here can be read");
    assert_eq!(world.connection(0), "full");
    assert!(!world.has_stopped(0));

    world.limit_disk(0, None).unwrap();
    world.run_for(WHILE_MS);
    assert_eq!(world.connection(0), "online");
    assert!(world.ask(0, say(&group, "after", false)).is_ok());
    for client in [0, 1] {
        let shown = texts(&mut world, client, &group);
        assert_eq!(shown.len(), 3);
        assert_eq!([&shown[0], &shown[2]], ["before", "after"]);
    }
    match world.ask(0, Request::Sync) {
        Ok(Answer::Synced { undecryptable, epoch_repairs, .. }) => {
            assert_eq!((undecryptable, epoch_repairs), (0, 0));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn whenever_the_disk_is_full_whoever_asked_is_told() {
    let (mut world, group) = pair();
    let mut told = 0;
    for pages in 0..24 {
        for queue in [true, false] {
            world.limit_disk(0, Some(pages)).unwrap();
            let text = format!("{pages} {queue} {}", "long ".repeat(2_000));
            match world.ask(0, say(&group, &text, queue)) {
                Ok(_) => {}
                refused => {
                    assert_eq!(code(refused), ErrorCode::DiskFull);
                    told += 1;
                }
            }
            world.limit_disk(0, None).unwrap();
            world.run_for(WHILE_MS);
        }
    }
    assert!((10..40).contains(&told), "{told}");
    let theirs = texts(&mut world, 1, &group);
    assert_eq!(texts(&mut world, 0, &group), theirs);
    assert_eq!(theirs.len(), 48 - told);
}

#[test]
fn whoever_finds_room_by_asking_does_not_wait_for_the_next_try() {
    let (mut world, group) = pair();
    world.limit_disk(0, Some(0)).unwrap();
    assert_eq!(code(world.ask(0, say(&group, &"long ".repeat(6_000), true))), ErrorCode::DiskFull);
    world.limit_disk(0, None).unwrap();
    assert!(world.ask(0, say(&group, "short", true)).is_ok());
    world.run_for(3_000);
    assert_eq!(texts(&mut world, 1, &group), ["short"]);
}

#[test]
fn a_registration_without_room_is_completed_when_there_is_some() {
    let (mut refused, mut taken) = (0, 0);
    for pages in [0, 1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128] {
        let mut world = World::new(u64::from(pages)).unwrap();
        let ann = world.add_client("ann").expect("a client begins");
        let bob = world.add_client("bob").expect("a client begins");
        world.limit_disk(ann, Some(pages)).unwrap();
        let first = world.ask(ann, register("ann"));
        world.run_for(WHILE_MS);
        if first.is_err() {
            assert_eq!(code(first), ErrorCode::DiskFull);
            refused += 1;
            // Whoever asks the server for the same handle hears whether it has the account.
            let other = world.ask(bob, register("ann"));
            taken += u32::from(other.as_ref().is_err_and(|error| error.code == ErrorCode::HandleTaken));
            if other.is_ok() {
                continue;
            }
            world.limit_disk(ann, None).unwrap();
            let again = world.ask(ann, register("ann"));
            let Ok(Answer::Registered { recovery_key, .. }) = again else { panic!("{pages}: {again:?}") };
            assert!(!recovery_key.is_empty());
        }
        world.limit_disk(ann, None).unwrap();
        world.run_for(WHILE_MS);
        assert!(world.ask(ann, Request::Sync).is_ok());
    }
    assert!(
        refused > 3 && taken > 0,
        "{refused} were refused here, {taken} of them were taken by the server"
    );
}

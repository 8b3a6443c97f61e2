//! A server or a network that says nothing any more, without a word: the person is told, and the client comes back.

use asterism_core::{Answer, Request};
use asterism_sim::World;

/// Longer than a connection stays idle until it is looked at, and until it is given up.
const WHILE_MS: u64 = 75_000;

/// Somebody who is connected, and idle.
fn world() -> World {
    let mut world = World::new(11).expect("a world begins");
    let ann = world.add_client("ann").expect("a client begins");
    let register = Request::Register {
        server: "http://sim".into(),
        handle: "ann".into(),
        name: "Ann".into(),
        invite_code: None,
    };
    assert!(matches!(world.ask(ann, register), Ok(Answer::Registered { .. })));
    world.run_for(WHILE_MS);
    assert_eq!(world.connection(ann), "online");
    world
}

#[test]
fn an_idle_connection_that_has_died_is_noticed_and_made_anew() {
    let mut world = world();
    world.silence(0, true);
    world.run_for(WHILE_MS);
    assert_eq!(world.connection(0), "offline");
    world.silence(0, false);
    world.run_for(WHILE_MS);
    assert_eq!(world.connection(0), "online");
}

#[test]
fn who_waits_for_an_answer_notices_sooner_and_gets_it_in_the_end() {
    let mut world = world();
    world.silence(0, true);
    let id = world.begin(0, Request::Devices).unwrap();
    world.run_for(16_000);
    assert_eq!(world.connection(0), "offline");
    world.silence(0, false);
    world.run_for(WHILE_MS);
    assert!(matches!(world.answer(0, id), Some(Ok(_))));
}

#[test]
fn a_server_that_is_only_slow_is_not_given_up() {
    let mut world = world();
    world.hold_disk();
    let create = Request::GroupCreate {
        name: "Chess".into(),
        description: None,
        quantum_safe: false,
        community: None,
        join: None,
    };
    let id = world.begin(0, create).unwrap();
    world.run_for(WHILE_MS);
    assert_eq!(world.connection(0), "online");
    world.release_disk();
    world.run_for(WHILE_MS);
    assert!(matches!(world.answer(0, id), Some(Ok(_))));
}

#[test]
fn what_the_browser_says_of_the_network_counts_at_once() {
    let mut world = world();
    world.silence(0, true);
    world.hint(0, false);
    assert_eq!(world.connection(0), "offline");
    // By now the pauses between two tries are long.
    world.run_for(10 * 60 * 1000);
    world.silence(0, false);
    world.hint(0, true);
    world.run_for(2_000);
    assert_eq!(world.connection(0), "online");
    // It was not true: the connection is there.
    world.hint(0, true);
    world.run_for(WHILE_MS);
    assert_eq!(world.connection(0), "online");
}

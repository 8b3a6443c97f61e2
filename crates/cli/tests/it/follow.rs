//! `read --follow`, and other processes on the same device meanwhile.

use crate::world::World;

#[test]
fn a_follower_shows_what_was_there_and_what_comes() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.send(&group, "old");
    marie.send(&group, "before");
    let following = bob.stay(&["read", &group, "--follow", "--limit", "1"]);
    assert_eq!(following.next_text(), "before");
    for n in 0..5 {
        marie.send(&group, &format!("{n}"));
        assert_eq!(following.next_text(), format!("{n}"));
    }
    assert_eq!(following.end(), Some(0));
    assert_eq!(marie.members(&group), ["bob", "marie"]);
}

#[test]
fn other_processes_go_through_the_one_that_follows() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let following = bob.stay(&["read", &group, "--follow"]);
    marie.send(&group, "Hello");
    assert_eq!(following.next_text(), "Hello");
    // Bob's home is taken now: whatever he does goes through the follower.
    assert_eq!(bob.field(&["whoami"], "handle"), "bob");
    assert_eq!(bob.texts(&group), ["Hello"]);
    assert_eq!(bob.refused(&["group", "remove", &group, "@marie"]), "forbidden");
    assert_eq!(bob.refused(&["send", "nowhere", "x"]), "unknown_target");
    let answer = bob.send(&group, "from another process");
    let own = following.next();
    assert_eq!(
        (own["text"].as_str(), own["message"].as_str()),
        (Some("from another process"), Some(&*answer))
    );
    let second = bob.stay(&["read", &group, "--follow"]);
    assert_eq!((second.next_text(), second.next_text()), ("Hello".into(), "from another process".into()));
    marie.send(&group, "to both");
    assert_eq!((following.next_text(), second.next_text()), ("to both".into(), "to both".into()));
}

#[test]
fn when_the_first_follower_dies_the_second_takes_over_and_misses_nothing() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.send(&group, "one");
    let first = bob.stay(&["read", &group, "--follow"]);
    assert_eq!(first.next_text(), "one");
    let second = bob.stay(&["read", &group, "--follow"]);
    assert_eq!(second.next_text(), "one");
    first.kill();
    marie.send(&group, "two");
    assert_eq!(second.next_text(), "two");
    bob.send(&group, "three");
    assert_eq!(second.next_text(), "three");
}

#[test]
fn the_socket_of_a_killed_follower_is_harmless() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let following = bob.stay(&["read", &group, "--follow"]);
    marie.send(&group, "one");
    assert_eq!(following.next_text(), "one");
    following.kill();
    assert!(bob.home.join("socket").exists());
    assert_eq!(bob.texts(&group), ["one"]);
    let following = bob.stay(&["read", &group, "--follow"]);
    assert_eq!(following.next_text(), "one");
    assert_eq!(bob.field(&["whoami"], "handle"), "bob");
    assert_eq!(following.end(), Some(0));
    assert!(!bob.home.join("socket").exists(), "it is gone after a proper end");
}

#[test]
fn a_follower_survives_a_restart_of_the_server() {
    let mut world = World::with_mortal_server();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.send(&group, "before");
    let following = bob.stay(&["read", &group, "--follow"]);
    assert_eq!(following.next_text(), "before");
    world.server.kill();
    world.server.come_back();
    marie.send(&group, "after");
    assert_eq!(following.next_text(), "after");
}

#[test]
fn who_follows_where_everybody_talks_sees_one_order() {
    let world = World::new();
    let ([marie, bob, eve], group) = world.group(["marie", "bob", "eve"]);
    let followers = [&marie, &bob, &eve].map(|person| person.stay(&["read", &group, "--follow"]));
    let mut senders = Vec::new();
    for n in 0..8 {
        for (name, person) in [("marie", &marie), ("bob", &bob), ("eve", &eve)] {
            senders.push(person.stay(&["send", &group, &format!("{name} {n}")]));
        }
    }
    for sender in senders {
        assert!(sender.next()["seq"].is_u64());
    }
    let shown =
        followers.each_ref().map(|follower| (0..24).map(|_| follower.next_text()).collect::<Vec<_>>());
    assert_eq!(shown[0], shown[1]);
    assert_eq!(shown[0], shown[2]);
    assert_eq!(shown[0], marie.texts(&group));
}

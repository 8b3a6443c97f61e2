//! The life of a group.

use crate::world::{World, fields, texts};
use serde_json::json;

#[test]
fn three_people_talk_in_a_group() {
    let world = World::new();
    let ([marie, bob, eve], group) = world.group(["marie", "bob", "eve"]);
    let hello = marie.send(&group, "Hello");
    let sent = bob.object(&["send", &group, "Hi Marie", "--reply-to", &hello]);
    eve.send(&group, "Good evening");

    let everybody: Vec<_> = [&marie, &bob, &eve].map(|person| person.list(&["read", &group])).into();
    for messages in &everybody {
        assert_eq!(texts(messages), ["Hello", "Hi Marie", "Good evening"]);
        for field in ["message", "at"] {
            assert_eq!(fields(messages, field), fields(&everybody[0], field));
        }
        assert_eq!(messages[1]["reply_to"], json!(hello));
        assert_eq!(messages[1]["seq"], sent["seq"]);
        assert_eq!(messages[1]["message"], sent["message"]);
        assert_eq!(messages[1]["conversation"], json!(group));
        assert_eq!(messages[1]["sender"]["handle"], "bob");
        assert_eq!(messages[1]["sender"]["name"], "Bob");
        let positions: Vec<_> = messages.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
        assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
    }
}

#[test]
fn reading_can_be_limited_to_what_is_new_and_to_the_newest() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let second =
        ["one", "two", "three", "four"].map(|text| marie.object(&["send", &group, text])["seq"].clone());
    let second = second[1].to_string();
    let read = |arguments: &[&str]| texts(&bob.list(&[&["read", &group], arguments].concat()));
    assert_eq!(read(&["--limit", "2"]), ["three", "four"]);
    assert_eq!(read(&["--since", &second]), ["three", "four"]);
    assert_eq!(read(&["--since", &second, "--limit", "1"]), ["four"]);
    assert_eq!(read(&["--since", "99999"]), [""; 0]);
}

#[test]
fn reading_marks_as_read_up_to_what_was_shown() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let unread = || bob.object(&["group", "show", &group])["unread"].clone();
    for text in ["one", "two", "three"] {
        marie.send(&group, text);
    }
    assert_eq!(unread(), 3);
    bob.list(&["read", &group, "--peek"]);
    bob.list(&["read", &group, "--since", "99999"]);
    assert_eq!(unread(), 3, "nothing was shown, or only to look at it");
    bob.list(&["read", &group, "--limit", "1"]);
    assert_eq!(unread(), 0, "what comes before the last is read with it");
    marie.send(&group, "four");
    assert_eq!(unread(), 1);
    assert_eq!(bob.texts(&group).len(), 4);
    assert_eq!(unread(), 0);
    let follower = bob.stay(&["read", &group, "--follow", "--limit", "1"]);
    assert_eq!(follower.next()["text"], "four");
    marie.send(&group, "five");
    assert_eq!(follower.next()["text"], "five");
    // What is shown is marked a moment later, by the one who stays.
    assert!((0..100).any(|_| unread() == 0));
    drop(follower);
    assert_eq!(unread(), 0);
}

#[test]
fn a_new_device_of_somebody_is_an_event_for_everybody() {
    let world = World::new();
    let marie = world.home("marie");
    let registered = marie.register("marie", "Marie").succeeded().object();
    let bob = world.person("bob");
    let group = bob.create_group("Chess");
    bob.done(&["group", "add", &group, "@marie"]);
    let again = world.home("again");
    again.recover("marie", registered["recovery_key"].as_str().unwrap()).succeeded();
    for person in [&bob, &marie] {
        let events = person.list(&["read", &group, "--events"]);
        let kinds = fields(&events, "kind");
        assert_eq!(kinds.iter().filter(|kind| *kind == "device").count(), 1, "{kinds:?}");
        let device = events.iter().find(|event| event["kind"] == "device").expect("it was counted");
        assert_eq!(device["sender"]["handle"], "marie");
        assert_eq!(fields(device["subjects"].as_array().unwrap(), "handle"), ["marie"]);
    }
    let plain = bob.plain(&["read", &group, "--events"]).succeeded().stdout;
    assert!(plain.contains("Marie (@marie) added a new device"), "{plain}");
    assert_eq!(marie.list(&["devices"]).len(), 2);
}

#[test]
fn who_came_and_went_is_shown_only_when_asked_for() {
    let world = World::new();
    let ([marie, bob, eve], group) = world.group(["marie", "bob", "eve"]);
    marie.send(&group, "Hello");
    marie.done(&["group", "remove", &group, "@eve"]);
    assert_eq!(marie.texts(&group), ["Hello"]);
    let events = bob.list(&["read", &group, "--events"]);
    let removed = events.iter().find(|event| event["kind"] == "removed").expect("the removal is shown");
    assert_eq!(removed["sender"]["handle"], "marie");
    assert_eq!(fields(removed["subjects"].as_array().unwrap(), "handle"), ["eve"]);
    drop(eve);
}

#[test]
fn groups_are_found_by_id_and_by_a_name_that_only_one_has() {
    let world = World::new();
    let [marie] = world.people(["marie"]);
    let chess = marie.create_group("Chess club");
    assert_eq!(marie.field(&["group", "show", "Chess club"], "group"), chess);
    marie.send("Chess club", "Hello");
    assert_eq!(marie.refused(&["group", "show", "Chess"]), "unknown_target");
    let second = marie.create_group("Chess club");
    assert_ne!(second, chess);
    let said = marie.run(&["send", "Chess club", "Hello"]);
    assert_eq!(said.error(1), "ambiguous_target");
    for group in [&chess, &second] {
        assert!(said.stderr.contains(&format!("{group} (group)")), "{said:?}");
    }
    assert_eq!(marie.texts(&chess), ["Hello"]);
    assert_eq!(marie.list(&["group", "list"]).len(), 2);
}

#[test]
fn a_new_name_and_description_reach_everybody() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.done(&["group", "set", &group, "name=Bridge", "description=Cards = fun"]);
    let shown = bob.object(&["group", "show", &group]);
    assert_eq!((&shown["name"], &shown["description"]), (&json!("Bridge"), &json!("Cards = fun")));
    assert_eq!(bob.refused(&["group", "set", &group, "name=Mine"]), "forbidden");
    assert_eq!(marie.refused(&["group", "set", &group, "name="]), "invalid_name");
    assert_eq!(
        marie.refused(&["group", "set", &group, &format!("name={}", "x".repeat(101))]),
        "invalid_name"
    );
    assert_eq!(bob.field(&["group", "show", &group], "name"), "Bridge");
}

#[test]
fn a_quantum_safe_group_says_so_and_works() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    let group = marie.field(&["group", "create", "Chess", "--quantum-safe", "--description", "d"], "group");
    marie.done(&["group", "add", &group, "@bob"]);
    bob.send(&group, "Hello");
    assert_eq!(marie.texts(&group), ["Hello"]);
    let shown = bob.object(&["group", "show", &group]);
    assert_eq!((&shown["quantum_safe"], &shown["description"]), (&json!(true), &json!("d")));
}

#[test]
fn a_new_display_name_is_what_others_see() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    bob.send(&group, "Hello");
    bob.done(&["profile", "set", "name=Robert"]);
    assert_eq!(bob.field(&["whoami"], "name"), "Robert");
    assert_eq!(marie.list(&["read", &group])[0]["sender"]["name"], "Robert");
}

//! Direct conversations, and strangers who begin them.

use crate::world::{Person, World, fields};
use serde_json::{Value, json};

/// Bob's only conversation.
fn only(person: &Person) -> Value {
    let mut conversations = person.list(&["conversation", "list"]);
    assert_eq!(conversations.len(), 1, "{conversations:?}");
    conversations.remove(0)
}

#[test]
fn a_strangers_message_is_a_request_that_can_be_accepted() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    let sent = marie.object(&["send", "@bob", "Hello Bob"]);
    let request = only(&bob);
    assert_eq!((&request["kind"], &request["state"]), (&json!("direct"), &json!("request")));
    assert_eq!((&request["handle"], &request["name"]), (&json!("marie"), &json!("Marie")));
    assert_eq!(request["group"], sent["conversation"]);
    assert_eq!(request["quantum_safe"], true);
    bob.done(&["accept", "@marie"]);
    assert_eq!(only(&bob)["state"], "active");
    assert_eq!(bob.refused(&["accept", "@marie"]), "unknown_target", "it is no request any more");
    assert_eq!(bob.refused(&["refuse", "@marie"]), "unknown_target");
    bob.send("@marie", "Hello Marie");
    assert_eq!(marie.texts("@bob"), ["Hello Bob", "Hello Marie"]);
    assert_eq!(bob.texts("@marie"), ["Hello Bob", "Hello Marie"]);
    assert_eq!(bob.list(&["group", "list"]).len(), 0, "it is not a group");
}

#[test]
fn nothing_was_written_before_somebody_came_unless_it_was() {
    let world = World::new();
    let [marie, bob, carol] = world.people(["marie", "bob", "carol"]);
    let earlier = |person: &Person, target: &str| {
        let shown = person.object(&["group", "show", target]);
        shown.get("began_earlier").is_some_and(|earlier| *earlier == json!(true))
    };
    marie.send("@bob", "Hello Bob");
    assert!(!earlier(&bob, "@marie") && !earlier(&marie, "@bob"));
    let group = marie.create_group("Chess");
    marie.done(&["group", "set", &group, "name=Draughts"]);
    marie.done(&["group", "add", &group, "@bob"]);
    assert!(!earlier(&bob, &group), "a name was written, and no message");
    bob.send(&group, "Hello");
    assert!(!earlier(&bob, &group) && !earlier(&marie, &group));
    marie.done(&["group", "add", &group, "@carol"]);
    assert!(earlier(&carol, &group) && !earlier(&bob, &group));
}

#[test]
fn who_asked_is_told_when_the_request_is_accepted_that_it_has_come() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    marie.send("@bob", "Hello Bob");
    let waiting = marie.stay(&["read", "@bob", "--follow"]);
    assert_eq!(waiting.next()["state"], "sent");
    bob.done(&["accept", "@marie"]);
    // What comes behind the signal.
    bob.send("@marie", "Hello Marie");
    assert_eq!(waiting.next_text(), "Hello Marie");
    assert_eq!(fields(&marie.list(&["read", "@bob"]), "state"), ["delivered", "received"]);
}

#[test]
fn a_refused_stranger_is_not_shown() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    let conversation = marie.field(&["send", "@bob", "Buy this"], "conversation");
    bob.done(&["refuse", &conversation]);
    bob.done(&["refuse", &conversation]);
    assert_eq!(bob.list(&["conversation", "list"]).len(), 0);
    marie.send("@bob", "Buy that");
    assert_eq!(bob.list(&["conversation", "list"]).len(), 0);
}

#[test]
fn both_beginning_a_conversation_lose_nothing() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    marie.send("@bob", "from Marie");
    bob.send("@marie", "from Bob");
    assert_eq!(marie.texts("@bob"), ["from Marie", "from Bob"]);
}

#[test]
fn there_is_nobody_by_an_unknown_handle() {
    let world = World::new();
    let [marie] = world.people(["marie"]);
    assert_eq!(marie.refused(&["send", "@nobody", "Hello"]), "unknown_handle");
    assert_eq!(marie.refused(&["read", "@nobody"]), "unknown_target");
    assert_eq!(marie.refused(&["send", "nobody", "Hello"]), "unknown_target");
    assert_eq!(marie.list(&["conversation", "list"]).len(), 0);
}

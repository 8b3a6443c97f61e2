//! Who is in a group, who may change that, and what the removed can read.

use crate::world::World;
use serde_json::Value;

#[test]
fn adding_is_all_or_nobody() {
    let world = World::new();
    let ([marie, _bob], group) = world.group(["marie", "bob"]);
    let _eve = world.person("eve");
    let said = marie.run(&["group", "add", &group, "@eve", "@nobody"]);
    assert_eq!(said.error(1), "unknown_handle");
    let error: Value = serde_json::from_str(&said.stderr).unwrap();
    assert_eq!(error["error"]["handle"], "nobody");
    assert_eq!(marie.refused(&["group", "add", &group, "@eve", "@bob"]), "already_member");
    assert_eq!(marie.members(&group), ["bob", "marie"]);
    marie.done(&["group", "add", &group, "@eve"]);
    assert_eq!(marie.members(&group), ["bob", "eve", "marie"]);
}

#[test]
fn a_removed_person_reads_nothing_that_is_sent_later() {
    let world = World::new();
    let ([marie, bob, eve], group) = world.group(["marie", "bob", "eve"]);
    marie.send(&group, "before");
    assert_eq!(eve.texts(&group), ["before"]);
    marie.done(&["group", "remove", &group, "@eve"]);
    marie.send(&group, "after");
    bob.send(&group, "after too");
    assert_eq!(eve.texts(&group), ["before"]);
    assert_eq!(eve.refused(&["send", &group, "still here?"]), "not_a_member");
    assert_eq!(eve.refused(&["group", "members", &group]), "not_a_member");
    assert_eq!(eve.list(&["group", "list"]).len(), 0);
    assert_eq!(marie.members(&group), ["bob", "marie"]);
    assert_eq!(bob.texts(&group), ["before", "after", "after too"]);
    let state = eve.object(&["sync"]);
    assert_eq!(state["undecryptable"], 0);
}

#[test]
fn a_removed_person_can_be_let_in_again() {
    let world = World::new();
    let ([marie, eve], group) = world.group(["marie", "eve"]);
    marie.done(&["group", "remove", &group, "@eve"]);
    marie.send(&group, "without you");
    marie.done(&["group", "add", &group, "@eve"]);
    marie.send(&group, "welcome back");
    assert_eq!(eve.texts(&group), ["welcome back"]);
    eve.send(&group, "thanks");
    assert_eq!(marie.texts(&group), ["without you", "welcome back", "thanks"]);
}

#[test]
fn members_may_not_do_what_is_the_admins() {
    let world = World::new();
    let ([marie, bob, eve], group) = world.group(["marie", "bob", "eve"]);
    let _dave = world.person("dave");
    assert_eq!(bob.refused(&["group", "add", &group, "@dave"]), "forbidden");
    assert_eq!(bob.refused(&["group", "remove", &group, "@eve"]), "forbidden");
    assert_eq!(bob.refused(&["group", "remove", &group, "@marie"]), "forbidden");
    assert_eq!(bob.refused(&["group", "promote", &group, "@bob", "--role", "admin"]), "forbidden");
    assert_eq!(bob.refused(&["invite", "create", &group]), "forbidden");
    assert_eq!(marie.members(&group), ["bob", "eve", "marie"]);
    eve.send(&group, "all still here");
}

#[test]
fn an_admin_is_made_and_unmade() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let _eve = world.person("eve");
    marie.done(&["group", "promote", &group, "@bob", "--role", "admin"]);
    assert_eq!(bob.field(&["group", "show", &group], "role"), "admin");
    bob.done(&["group", "add", &group, "@eve"]);
    bob.done(&["group", "promote", &group, "@marie", "--role", "member"]);
    assert_eq!(marie.field(&["group", "show", &group], "role"), "member");
    assert_eq!(marie.refused(&["group", "remove", &group, "@eve"]), "forbidden");
}

#[test]
fn a_group_keeps_an_admin() {
    let world = World::new();
    let ([marie, _bob], group) = world.group(["marie", "bob"]);
    assert_eq!(marie.refused(&["group", "promote", &group, "@marie", "--role", "member"]), "forbidden");
    assert_eq!(marie.field(&["group", "show", &group], "role"), "admin");
}

#[test]
fn a_role_can_have_an_end() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let promote = |until: &str| {
        marie.done(&["group", "promote", &group, "@bob", "--role", "admin", "--until", until]);
        bob.field(&["group", "show", &group], "role")
    };
    assert_eq!(promote("2999-01-01T00:00:00Z"), "admin");
    marie.done(&["group", "promote", &group, "@bob", "--role", "member"]);
    let past = marie.run(&[
        "group",
        "promote",
        &group,
        "@bob",
        "--role",
        "admin",
        "--until",
        "2020-01-01T00:00:00Z",
    ]);
    if past.code == Some(0) {
        assert_eq!(bob.field(&["group", "show", &group], "role"), "member", "it ended before it began");
    }
}

#[test]
fn whom_nobody_knows_cannot_be_removed_or_promoted() {
    let world = World::new();
    let ([marie, _bob], group) = world.group(["marie", "bob"]);
    let _eve = world.person("eve");
    assert_eq!(marie.refused(&["group", "remove", &group, "@nobody"]), "unknown_handle");
    assert_eq!(marie.refused(&["group", "remove", &group, "@eve"]), "unknown_target");
    assert_eq!(marie.refused(&["group", "promote", &group, "@nobody", "--role", "admin"]), "unknown_handle");
}

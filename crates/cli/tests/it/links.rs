//! Invite links.

use crate::world::{Person, World};
use serde_json::json;

/// A link into a group that Marie made, while nobody is online: no process stays.
fn invited(world: &World, arguments: &[&str]) -> (Person, String, String, String) {
    let ([marie], group) = world.group(["marie"]);
    let create = [&["invite", "create", &group], arguments].concat();
    let invite = marie.object(&create);
    let field = |name: &str| invite[name].as_str().unwrap().to_owned();
    (marie, group, field("invite"), field("link"))
}

#[test]
fn a_link_lets_in_while_nobody_else_is_online() {
    let world = World::new();
    let (marie, group, _, link) = invited(&world, &[]);
    marie.send(&group, "before");
    let bob = world.person("bob");
    assert_eq!(bob.object(&["join", &link]), json!({ "group": group, "state": "joined" }));
    bob.send(&group, "I am in");
    assert_eq!(marie.texts(&group), ["before", "I am in"]);
    marie.send(&group, "Welcome");
    assert_eq!(bob.texts(&group), ["I am in", "Welcome"], "what was said before is not for newcomers");
    assert_eq!(bob.field(&["group", "show", &group], "name"), "Chess");
    assert_eq!(marie.members(&group), ["bob", "marie"]);
    assert_eq!(marie.list(&["read", &group])[1]["sender"]["name"], "Bob");
}

#[test]
fn several_enter_by_the_same_link_and_joining_again_changes_nothing() {
    let world = World::new();
    let (marie, group, invite, link) = invited(&world, &[]);
    let joined = json!({ "group": group, "state": "joined" });
    let [bob, eve] = world.people(["bob", "eve"]);
    assert_eq!(bob.object(&["join", &link]), joined);
    assert_eq!(eve.object(&["join", &link]), joined);
    assert_eq!(bob.object(&["join", &link]), joined);
    assert_eq!(marie.members(&group), ["bob", "eve", "marie"]);
    let listed = marie.list(&["invite", "list", &group]);
    assert_eq!((listed.len(), &listed[0]["invite"], &listed[0]["uses"]), (1, &json!(invite), &json!(2)));
    assert_eq!(listed[0]["link"], json!(link));
    bob.send(&group, "both in");
    assert_eq!(eve.texts(&group), ["both in"]);
}

#[test]
fn a_link_of_another_server_is_told_from_one_that_does_not_exist() {
    let (world, other) = (World::new(), World::new());
    let (_, group, _, link) = invited(&world, &[]);
    let (_, _, _, elsewhere) = invited(&other, &[]);
    let bob = world.person("bob");
    for verb in ["join", "show-link"] {
        assert_eq!(bob.refused(&[verb, &elsewhere]), "other_server");
        assert_eq!(bob.refused(&[verb, &elsewhere.replace("http:", "https:")]), "other_server");
    }
    // Without an account the link says where to go.
    assert_eq!(world.home("nobody").field(&["show-link", &elsewhere], "name"), "Chess");
    let by_name = link.replace("127.0.0.1", "localhost");
    assert_eq!(bob.object(&["join", &by_name]), json!({ "group": group, "state": "joined" }));
}

#[test]
fn a_link_lives_for_a_week_unless_told() {
    let world = World::new();
    let (marie, group, _, _) = invited(&world, &[]);
    assert!(marie.list(&["invite", "list", &group])[0]["expires"].is_string());
    let other = World::new();
    let (marie, group, _, _) = invited(&other, &["--expires", "never"]);
    assert_eq!(marie.list(&["invite", "list", &group])[0].get("expires"), None);
}

#[test]
fn a_link_for_one_lets_one_in() {
    let world = World::new();
    let (marie, group, _, link) = invited(&world, &["--uses", "1", "--expires", "7d"]);
    let [bob, eve] = world.people(["bob", "eve"]);
    bob.object(&["join", &link]);
    assert_eq!(eve.refused(&["join", &link]), "link_used_up");
    assert_eq!(marie.members(&group), ["bob", "marie"]);
    let listed = marie.list(&["invite", "list", &group]);
    assert_eq!((&listed[0]["uses"], &listed[0]["uses_max"]), (&json!(1), &json!(1)));
    assert!(listed[0]["expires"].is_string());
    assert_eq!(listed[0]["state"], "used_up");
}

#[test]
fn an_expired_link_lets_nobody_in() {
    let world = World::new();
    let (marie, group, _, link) = invited(&world, &["--expires", "1ms"]);
    let bob = world.person("bob");
    assert_eq!(bob.refused(&["join", &link]), "link_expired");
    marie.object(&["invite", "create", &group, "--expires", "1d"]);
    let mut states: Vec<_> =
        marie.list(&["invite", "list", &group]).iter().map(|link| link["state"].clone()).collect();
    states.sort_by_key(ToString::to_string);
    assert_eq!(states, ["expired", "live"]);
    assert_eq!(bob.list(&["group", "list"]).len(), 0);
}

#[test]
fn a_revoked_link_lets_nobody_in() {
    let world = World::new();
    let (marie, group, invite, link) = invited(&world, &[]);
    marie.done(&["invite", "revoke", &invite]);
    assert_eq!(marie.list(&["invite", "list", &group]).len(), 0);
    let bob = world.person("bob");
    assert_eq!(bob.refused(&["join", &link]), "unknown_link");
    assert_eq!(marie.refused(&["invite", "revoke", &invite]), "unknown_link");
}

#[test]
fn what_is_no_link_is_refused() {
    let world = World::new();
    let (_marie, _, invite, link) = invited(&world, &[]);
    let bob = world.person("bob");
    for wrong in ["hello", "http://127.0.0.1:1/i/aa", &link[..link.len() - 1]] {
        assert_eq!(bob.refused(&["join", wrong]), "invalid_link", "{wrong}");
        assert_eq!(bob.refused(&["show-link", wrong]), "invalid_link", "{wrong}");
    }
    let other = link.replace(&invite, &"a".repeat(invite.len()));
    assert_eq!(bob.refused(&["join", &other]), "invalid_link", "it does not fit its secret");
}

#[test]
fn a_link_with_another_secret_lets_nobody_in() {
    let world = World::new();
    let (_marie, _, _, link) = invited(&world, &[]);
    let bob = world.person("bob");
    let (address, secret) = link.split_once('#').unwrap();
    let first = if secret.starts_with('b') { 'c' } else { 'b' };
    let other = format!("{address}#{first}{}", &secret[1..]);
    assert_eq!(bob.refused(&["join", &other]), "invalid_link");
}

#[test]
fn what_a_link_leads_to_is_shown_with_and_without_an_account() {
    let world = World::new();
    let (marie, group, _, link) = invited(&world, &[]);
    marie.done(&["group", "set", &group, "description=Openings"]);
    let preview = |joined: bool| json!({ "group": group, "name": "Chess", "description": "Openings", "kind": "group", "members": 1, "joined": joined });
    assert_eq!(marie.object(&["show-link", &link]), preview(true));
    let bob = world.home("bob");
    assert_eq!(bob.object(&["show-link", &link]), preview(false));
    bob.register("bob", "Bob").succeeded();
    assert_eq!(bob.object(&["show-link", &link]), preview(false));
    bob.object(&["join", &link]);
}

#[test]
fn who_was_removed_does_not_come_back_by_a_link() {
    let world = World::new();
    let (marie, group, _, link) = invited(&world, &[]);
    let bob = world.person("bob");
    bob.object(&["join", &link]);
    marie.done(&["group", "remove", &group, "@bob"]);
    let code = bob.refused(&["join", &link]);
    assert!(["barred", "unknown_link"].contains(&code.as_str()), "the link may have gone with him: {code}");
    let again = marie.field(&["invite", "create", &group], "link");
    assert_eq!(bob.refused(&["join", &again]), "barred");
    assert_eq!(marie.members(&group), ["marie"]);
}

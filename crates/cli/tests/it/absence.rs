//! The server is away, slow, or comes back; or the device is told not to connect.

use crate::world::{Person, World, texts};
use std::time::{Duration, Instant};

/// It succeeded from what was here, and warned in one line.
fn warned(person: &Person, arguments: &[&str]) -> Vec<serde_json::Value> {
    let said = person.run(arguments);
    assert_eq!(said.code, Some(0), "{said:#?}");
    assert!(said.stderr.starts_with("asterism: warning: ") && said.stderr.lines().count() == 1, "{said:#?}");
    said.lines()
}

#[test]
fn with_the_server_away_what_is_here_is_shown_with_a_warning_and_the_rest_fails() {
    let mut world = World::with_mortal_server();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.send(&group, "Hello");
    bob.list(&["read", &group]);
    world.server.kill();

    assert_eq!(texts(&warned(&bob, &["read", &group])), ["Hello"]);
    assert_eq!(warned(&bob, &["group", "list"]).len(), 1);
    assert_eq!(warned(&bob, &["group", "show", &group])[0]["name"], "Chess");
    assert_eq!(warned(&bob, &["group", "members", &group]).len(), 2);
    assert_eq!(warned(&bob, &["whoami"])[0]["handle"], "bob");
    assert_eq!(warned(&marie, &["invite", "list", &group]).len(), 0);
    for verb in [&["send", &group, "lost"][..], &["sync"], &["devices"], &["group", "add", &group, "@eve"]] {
        let begun = Instant::now();
        assert_eq!(bob.refused(&[verb, &["--timeout", "1"]].concat()), "server_unreachable", "{verb:?}");
        assert!(begun.elapsed() >= Duration::from_secs(1), "it waits for the server to come back");
    }
    let eve = world.home("eve");
    let url = world.server.url.clone();
    let register = ["register", "--server", &url, "--handle", "eve", "--name", "Eve", "--timeout", "300ms"];
    assert_eq!(eve.refused(&register), "server_unreachable");

    world.server.come_back();
    eve.register("eve", "Eve").succeeded();
    bob.send(&group, "kept");
    assert_eq!(marie.texts(&group), ["Hello", "kept"], "what failed is not sent later");
    assert_eq!(bob.texts(&group), ["Hello", "kept"]);
}

#[test]
fn a_command_waits_for_a_server_that_comes_back_in_time() {
    let mut world = World::with_mortal_server();
    let ([marie], group) = world.group(["marie"]);
    world.server.kill();
    let sending = marie.stay(&["send", &group, "Hello"]);
    world.server.come_back();
    assert!(sending.next()["seq"].is_u64());
    assert_eq!(marie.texts(&group), ["Hello"]);
}

#[test]
fn a_restart_of_the_server_loses_nothing() {
    let mut world = World::with_mortal_server();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let link = marie.field(&["invite", "create", &group], "link");
    marie.send(&group, "one");
    world.server.kill();
    world.server.come_back();
    bob.send(&group, "two");
    let eve = world.person("eve");
    eve.object(&["join", &link]);
    world.server.kill();
    world.server.come_back();
    eve.send(&group, "three");
    marie.done(&["group", "remove", &group, "@bob"]);
    assert_eq!(marie.texts(&group), ["one", "two", "three"]);
    assert_eq!(marie.members(&group), ["eve", "marie"]);
    assert_eq!(marie.object(&["sync"])["undecryptable"], 0);
}

#[test]
fn a_server_that_does_not_answer_is_a_timeout() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.send(&group, "Hello");
    bob.list(&["read", &group]);
    // Connected before the server stops answering.
    let following = marie.stay(&["read", &group, "--follow"]);
    assert_eq!(following.next_text(), "Hello");
    world.server.freeze();
    assert_eq!(marie.refused(&["send", &group, "too late", "--timeout", "500ms"]), "timeout");
    assert_eq!(texts(&warned(&bob, &["read", &group, "--timeout", "500ms"])), ["Hello"]);
    world.server.thaw();
    marie.send(&group, "in time");
    let texts = bob.texts(&group);
    // The server may have had it already when it was taken back; it is never sent later.
    assert!(texts == ["Hello", "in time"] || texts == ["Hello", "too late", "in time"], "{texts:?}");
}

#[test]
fn offline_nothing_is_fetched_and_nothing_warned_of() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.send(&group, "one");
    assert_eq!(bob.texts(&group), ["one"]);
    marie.send(&group, "two");
    assert_eq!(texts(&bob.list(&["--offline", "read", &group])), ["one"]);
    assert_eq!(bob.object(&["whoami", "--offline"])["handle"], "bob");
    assert_eq!(bob.list(&["group", "list", "--offline"]).len(), 1);
    // Whoever asked it would wait in vain, and say so.
    world.server.freeze();
    assert_eq!(bob.refused(&["send", &group, "three", "--offline"]), "server_unreachable");
    assert_eq!(bob.refused(&["sync", "--offline"]), "server_unreachable");
    world.server.thaw();
    assert_eq!(bob.texts(&group), ["one", "two"]);
}

#[test]
fn what_is_no_server_is_unreachable() {
    let world = World::new();
    let home = world.home("a");
    let register = |server: &str| {
        home.refused(&[
            "register",
            "--server",
            server,
            "--handle",
            "abc",
            "--name",
            "A",
            "--timeout",
            "500ms",
        ])
    };
    let tls = world.server.url.replace("http://", "https://");
    assert_eq!(register(&tls), "server_unreachable");
    assert_eq!(register("http://127.0.0.1:1"), "server_unreachable");
    home.register("abc", "A").succeeded();
}

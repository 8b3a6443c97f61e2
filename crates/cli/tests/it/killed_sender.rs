//! A sender that dies at any moment, and tries again under the same key.

use crate::process::Staying;
use crate::world::{Person, World};
use std::time::Duration;

/// Odd numbers spread over the time that a send takes: at some, nothing has left; at some, it was stored already.
const MOMENTS_MS: [u64; 12] = [1, 5, 9, 13, 17, 23, 29, 35, 41, 53, 67, 89];

fn send<'a>(group: &'a str, text: &'a str) -> [&'a str; 5] {
    ["send", group, text, "--id", text]
}

fn send_and_die(person: &Person, group: &str, text: &str, after: Duration) {
    let sending = Staying::start(&mut person.command(&send(group, text)));
    // The fault, not a wait for anything.
    std::thread::sleep(after);
    sending.kill();
}

#[test]
fn a_sender_that_is_killed_at_any_moment_sends_once_when_it_tries_again() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let texts: Vec<String> = MOMENTS_MS.iter().map(|moment| format!("killed after {moment} ms")).collect();
    for (text, moment) in texts.iter().zip(MOMENTS_MS) {
        send_and_die(&marie, &group, text, Duration::from_millis(moment));
        marie.object(&send(&group, text));
    }
    assert_eq!(bob.texts(&group), texts);
    assert_eq!(marie.texts(&group), texts);
    assert_eq!(bob.object(&["sync"])["undecryptable"], 0);
}

#[test]
fn a_device_that_is_killed_while_it_registers_can_register_again() {
    let world = World::new();
    let home = world.home("marie");
    let url = &world.server.url;
    let register = ["register", "--server", url, "--handle", "marie", "--name", "Marie"];
    for moment in MOMENTS_MS {
        let registering = Staying::start(&mut home.command(&register));
        std::thread::sleep(Duration::from_millis(moment));
        registering.kill();
    }
    let said = home.run(&register);
    if said.code != Some(0) {
        assert_eq!(said.error(1), "account_exists", "one of them got through");
    }
    assert_eq!(home.field(&["whoami"], "handle"), "marie");
    let group = home.create_group("Chess");
    let bob = world.person("bob");
    bob.send("@marie", "Hello");
    home.done(&["group", "add", &group, "@bob"]);
    assert_eq!(home.texts("@bob"), ["Hello"]);
}

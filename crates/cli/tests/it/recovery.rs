//! Accounts: taken handles, and coming back with the recovery key.

use crate::scan::Needle;
use crate::world::{Person, World, fields};

#[test]
fn a_taken_handle_leaves_the_home_free_for_another() {
    let world = World::new();
    let _marie = world.person("marie");
    let bob = world.home("bob");
    assert_eq!(bob.register("marie", "Bob").error(1), "handle_taken");
    assert_eq!(bob.refused(&["whoami"]), "no_account");
    bob.register("bob", "Bob").succeeded();
    assert_eq!(bob.field(&["whoami"], "handle"), "bob");
    assert_eq!(bob.register("bobby", "Bob").error(1), "account_exists");
}

#[test]
fn what_cannot_be_a_handle_or_name_is_refused() {
    let world = World::new();
    let home = world.home("a");
    for handle in ["", "ab", "with space", "é", &"x".repeat(33), "_abc"] {
        assert_eq!(home.register(handle, "Name").error(1), "invalid_handle", "{handle:?}");
    }
    for name in ["", "  ", &"x".repeat(101)] {
        assert_eq!(home.register("marie", name).error(1), "invalid_name", "{name:?}");
    }
    home.register("@marie", "Marie").succeeded();
}

#[test]
fn a_recovered_device_is_in_its_groups_again_and_reads_what_comes() {
    let world = World::new();
    let marie = world.home("marie");
    let registered = marie.register("marie", "Marie").succeeded().object();
    let key = registered["recovery_key"].as_str().unwrap();
    let bob = world.person("bob");
    let group = bob.create_group("Chess");
    bob.done(&["group", "add", &group, "@marie"]);
    bob.send(&group, "before");
    assert_eq!(marie.texts(&group), ["before"]);

    let again = world.home("marie-again");
    let recovered = again.recover("marie", key).succeeded().object();
    assert_eq!(recovered["account"], registered["account"]);
    assert_ne!(recovered["device"], registered["device"]);
    assert_eq!(fields(&again.list(&["group", "list"]), "group"), [group.as_str()]);
    bob.send(&group, "after");
    assert_eq!(again.texts(&group), ["after"]);
    again.send(&group, "I am back");
    assert_eq!(bob.texts(&group), ["before", "after", "I am back"]);
    assert_eq!(marie.texts(&group), ["before", "after", "I am back"], "the other device is still one");
    assert_eq!(again.field(&["group", "show", &group], "name"), "Chess");
    assert_eq!(bob.list(&["read", &group])[2]["sender"]["name"], "Marie");
    assert_eq!(again.field(&["whoami"], "name"), "Marie");

    let devices = again.list(&["devices"]);
    assert_eq!(fields(&devices, "device").len(), 2);
    let this: Vec<_> = devices.iter().filter(|device| device["this"] == true).collect();
    assert_eq!((this.len(), &this[0]["device"]), (1, &recovered["device"]));
    assert_eq!(bob.members(&group), ["bob", "marie"], "one person with two devices");
}

/// The first bytes of what is shown as base32.
fn base32(text: &str, count: usize) -> Vec<u8> {
    let digit = |c: char| "abcdefghijklmnopqrstuvwxyz234567".find(c).unwrap();
    let bits: String = text.chars().filter(|c| *c != '-').map(|c| format!("{:05b}", digit(c))).collect();
    (0..count).map(|byte| u8::from_str_radix(&bits[byte * 8..byte * 8 + 8], 2).unwrap()).collect()
}

#[test]
fn the_recovery_key_is_shown_once_and_then_nowhere_on_the_device() {
    let world = World::new();
    let (marie, key) = with_key(&world, "marie");
    let again = recovered(&world, "again", "marie", &key);
    for device in [&marie, &again] {
        for needle in [Needle::of_bytes("recovery key", &base32(&key, 32)), Needle::of(&key)] {
            assert_eq!(needle.found_in(&device.home), Vec::<String>::new());
        }
        assert_eq!(device.register("marie", "Marie").error(1), "account_exists");
    }
    // The search finds what is there.
    let id = fields(&marie.list(&["devices"]), "device").remove(0);
    let id = Needle::of_bytes("device", &base32(&id, 16));
    assert!(id.is_in(&marie.home));
}

#[test]
fn the_recovery_key_is_read_from_the_input_so_that_nobody_else_sees_it() {
    let world = World::new();
    let (marie, key) = with_key(&world, "marie");
    let account = marie.field(&["whoami"], "account");
    let recover = ["recover", "--server", &world.server.url, "--handle", "marie"];
    for (name, arguments) in
        [("piped", &recover[..]), ("dash", &[&recover[..], &["--recovery-key", "-"]].concat())]
    {
        let home = world.home(name);
        let said = home.run_with_input(arguments, format!("{key}\n").as_bytes());
        assert_eq!(said.succeeded().object()["account"], account.as_str());
    }
    let said = world.home("empty").run_with_input(&recover, b"");
    assert_eq!(said.error(1), "invalid_recovery_key");
}

/// Somebody's first device, and the key to recover them.
fn with_key(world: &World, handle: &str) -> (Person, String) {
    let person = world.home(handle);
    let registered = person.register(handle, handle).succeeded().object();
    (person, registered["recovery_key"].as_str().unwrap().to_owned())
}

fn recovered(world: &World, home: &str, handle: &str, key: &str) -> Person {
    let person = world.home(home);
    person.recover(handle, key).succeeded();
    person
}

#[test]
fn a_recovered_admin_is_one_still_without_any_other_device() {
    let world = World::new();
    let (marie, key) = with_key(&world, "marie");
    let _bob = world.person("bob");
    let group = marie.create_group("Chess");
    let again = recovered(&world, "again", "@marie", &key.replace('-', " ").to_uppercase());
    assert_eq!(again.field(&["group", "show", &group], "role"), "admin");
    again.done(&["group", "add", &group, "@bob"]);
    assert_eq!(marie.members(&group), ["bob", "marie"]);
}

#[test]
fn who_is_alone_in_a_group_recovers_and_goes_on() {
    let world = World::new();
    let (marie, key) = with_key(&world, "marie");
    let bob = world.person("bob");
    let group = marie.create_group("Chess");
    let again = recovered(&world, "again", "marie", &key);
    assert_eq!(again.field(&["group", "show", &group], "name"), "Chess");
    again.done(&["group", "set", &group, "name=Go"]);
    let link = again.field(&["invite", "create", &group], "link");
    bob.object(&["join", &link]);
    assert_eq!(bob.field(&["group", "show", &group], "name"), "Go");
    again.send(&group, "welcome");
    assert_eq!(bob.texts(&group), ["welcome"]);
    bob.send(&group, "thanks");
    assert_eq!(again.texts(&group), ["welcome", "thanks"]);
}

#[test]
fn all_members_recover_and_the_group_goes_on() {
    let world = World::new();
    let people = ["marie", "bob", "carol"].map(|handle| (handle, with_key(&world, handle)));
    let first = &people[0].1.0;
    let group = first.create_group("Chess");
    first.done(&["group", "add", &group, "@bob", "@carol"]);
    for (_, (person, _)) in &people[1..] {
        person.object(&["sync"]);
    }
    // The key that they were given is not the one they will need.
    first.done(&["group", "remove", &group, "@carol"]);
    people[1].1.0.object(&["sync"]);

    let [marie, bob] = [0, 1].map(|n| {
        let (handle, (_, key)) = &people[n];
        recovered(&world, &format!("{handle}-again"), handle, key)
    });
    for person in [&marie, &bob] {
        assert_eq!(person.field(&["group", "show", &group], "name"), "Chess");
    }
    marie.done(&["group", "set", &group, "name=Go"]);
    assert_eq!(bob.field(&["group", "show", &group], "name"), "Go");
    bob.send(&group, "still here");
    assert_eq!(marie.texts(&group), ["still here"]);
    marie.done(&["group", "add", &group, "@carol"]);
    assert_eq!(people[2].1.0.field(&["group", "show", &group], "name"), "Go");
}

#[test]
fn who_joined_and_recovers_needs_nobody() {
    let world = World::new();
    let marie = world.person("marie");
    let (bob, key) = with_key(&world, "bob");
    let carol = world.person("carol");
    let group = marie.create_group("Chess");
    let link = marie.field(&["invite", "create", &group], "link");
    bob.object(&["join", &link]);
    marie.done(&["group", "promote", &group, "@bob", "--role", "admin"]);
    let again = recovered(&world, "bob-again", "bob", &key);
    assert_eq!(again.field(&["group", "show", &group], "name"), "Chess");
    let link = again.field(&["invite", "create", &group], "link");
    carol.object(&["join", &link]);
    assert_eq!(carol.members(&group), ["bob", "carol", "marie"]);
}

/// While bob is away marie changes the group's key: what his account has kept is the old one.
#[test]
fn a_device_that_lacks_the_key_says_that_it_waits_for_a_member() {
    let world = World::new();
    let (bob, key) = with_key(&world, "bob");
    let [marie, _carol] = world.people(["marie", "carol"]);
    let group = bob.create_group("Chess");
    bob.done(&["group", "add", &group, "@marie", "@carol"]);
    bob.done(&["group", "promote", &group, "@marie", "--role", "admin"]);
    marie.done(&["group", "remove", &group, "@carol"]);

    let again = recovered(&world, "bob-again", "bob", &key);
    assert_eq!(again.field(&["group", "show", &group], "name"), "Chess", "the old key opens what is old");
    for refused in [
        &["group", "set", &group, "name=Go"][..],
        &["invite", "create", &group],
        &["group", "add", &group, "@carol"],
        &["group", "remove", &group, "@marie"],
    ] {
        assert_eq!(again.refused(refused), "waiting_for_key", "{refused:?}");
    }
    marie.object(&["sync"]);
    again.done(&["group", "set", &group, "name=Go"]);
    again.field(&["invite", "create", &group], "link");
}

#[test]
fn a_wrong_recovery_key_says_so_and_leaves_the_home_free() {
    let world = World::new();
    let [_marie] = world.people(["marie"]);
    let bob = world.home("bob");
    let registered = bob.register("bob", "Bob").succeeded().object();
    let key = registered["recovery_key"].as_str().unwrap();
    let home = world.home("again");
    assert_eq!(home.recover("marie", key).error(1), "recovery_refused");
    assert_eq!(home.recover("nobody", key).error(1), "recovery_refused");
    let last = if key.ends_with('a') { "b" } else { "a" };
    let mistyped = format!("{}{last}", &key[..key.len() - 1]);
    assert_eq!(home.recover("bob", &mistyped).error(1), "invalid_recovery_key");
    assert_eq!(home.recover("bob", "abc").error(1), "invalid_recovery_key");
    assert_eq!(home.refused(&["whoami"]), "no_account");
    home.recover("bob", key).succeeded();
    assert_eq!(home.field(&["whoami"], "handle"), "bob");
    assert_eq!(home.recover("bob", key).error(1), "account_exists");
}

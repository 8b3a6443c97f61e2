//! Accounts: taken handles, and coming back with the recovery key.

use crate::world::{World, fields};

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

#[test]
fn a_recovered_admin_is_one_still() {
    let world = World::new();
    let marie = world.home("marie");
    let key =
        marie.register("marie", "Marie").succeeded().object()["recovery_key"].as_str().unwrap().to_owned();
    let _bob = world.person("bob");
    let group = marie.create_group("Chess");
    let again = world.home("again");
    again.recover("@marie", &key.replace('-', " ").to_uppercase()).succeeded();
    // Gives the new device the group's vault key.
    marie.object(&["sync"]);
    assert_eq!(again.field(&["group", "show", &group], "role"), "admin");
    again.done(&["group", "add", &group, "@bob"]);
    assert_eq!(marie.members(&group), ["bob", "marie"]);
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

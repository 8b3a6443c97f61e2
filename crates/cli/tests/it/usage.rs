//! Wrong usage, help, and what people see.

use crate::world::World;
use std::process::{Command, Output};

fn asterism(arguments: &str) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_asterism"))
        .args(arguments.split(' ').filter(|word| !word.is_empty()))
        .env("ASTERISM_HOME", home.path())
        .output()
        .unwrap()
}

#[test]
fn wrong_usage_is_exit_code_2_with_and_without_json() {
    for wrong in [
        "",
        "fly",
        "send",
        "send a",
        "send a b c",
        "read",
        "read a --limit 0",
        "read a --limit x",
        "read a --since -1",
        "read a --follow --offline",
        "group",
        "group create",
        "group add a",
        "group promote a @b",
        "group promote a @b --role king",
        "group promote a @b --role admin --until tomorrow",
        "group set a",
        "group set a name",
        "group set a colour=red",
        "group set a name=a name=b",
        "invite create a --expires soon",
        "invite create a --expires 0s",
        "invite create a --uses 0",
        "profile set",
        "profile set age=3",
        "register --handle a --name b",
        "sync --timeout never",
        "sync --wrong",
    ] {
        let plain = asterism(wrong);
        assert_eq!(plain.status.code(), Some(2), "{wrong}");
        assert!(plain.stdout.is_empty() && !plain.stderr.is_empty(), "{wrong}");
        let json = asterism(&format!("{wrong} --json"));
        assert_eq!(json.status.code(), Some(2), "{wrong}");
        assert!(json.stdout.is_empty(), "{wrong}");
        let error: serde_json::Value = serde_json::from_slice(&json.stderr).expect(wrong);
        assert_eq!(error["error"]["code"], "usage", "{wrong}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty(), "{wrong}");
    }
}

#[test]
fn help_and_version_are_no_failure() {
    for asked in ["--help", "group --help", "help send", "--version"] {
        let output = asterism(asked);
        assert_eq!(output.status.code(), Some(0), "{asked}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{asked}");
    }
}

#[test]
fn what_people_see_is_no_json() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    assert_eq!(marie.plain(&["group", "set", &group, "name=Bridge"]).succeeded().stdout, "");
    marie.send(&group, "Hello\n\u{1b}[31mred");
    let read = bob.plain(&["read", &group]).succeeded().stdout;
    assert!(read.contains("Marie (@marie)") && read.contains("    Hello\n"), "{read}");
    assert!(!read.contains('\u{1b}'), "{read:?}");
    let refused = bob.plain(&["group", "add", &group, "@nobody"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.starts_with("asterism: ") && refused.stderr.lines().count() == 1, "{refused:#?}");
    let members = bob.plain(&["group", "members", "Bridge"]).succeeded().stdout;
    assert_eq!(members.lines().count(), 3, "{members}");
    let eve = world.home("eve");
    let url = &world.server.url;
    let registered =
        eve.plain(&["register", "--server", url, "--handle", "eve", "--name", "Eve"]).succeeded().stdout;
    assert!(registered.contains("only way back in"), "{registered}");
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let world = World::new();
    let ([marie], group) = world.group(["marie"]);
    marie.send(&group, "Hello");
    let mut child = marie.command(&["read", &group]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_empty_name_of_a_home_in_the_environment_is_none() {
    let data = tempfile::tempdir().unwrap();
    let whoami = |home: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_asterism"))
            .args(["whoami", "--json"])
            .env("ASTERISM_HOME", home)
            .env("XDG_DATA_HOME", data.path())
            .output()
            .unwrap();
        let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        error["error"]["code"].clone()
    };
    assert_eq!(whoami(""), "no_account");
    assert_eq!(whoami(data.path().join("other").to_str().unwrap()), "no_account");
}

//! No room on the disk. Here files may only grow to a limit, which to the database is the same.

use crate::process::{Staying, run};
use crate::world::{Person, World};
use std::fs;
use std::path::Path;
use std::process::Command;

/// More than the index of the database's log has, and less than a long message needs.
const LITTLE_KIB: u64 = 40;

/// The same process, with files of at most so many KiB.
fn limited(person: &Person, arguments: &[&str], kib: Option<u64>) -> Command {
    let plain = person.command(arguments);
    // A process that meets the limit is ended unless it ignores that signal.
    let limit = kib.map_or("unlimited".to_owned(), |kib| (kib * 2).to_string());
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\""));
    command.arg(plain.get_program()).args(plain.get_args());
    command
}

/// Lets the files of a running process grow to so many bytes, or to any number.
fn limit(process: &Staying, bytes: Option<u64>) {
    let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    // The soft limit alone, so that it can be lifted again.
    let done = Command::new("prlimit")
        .arg(format!("--pid={}", process.id()))
        .arg(format!("--fsize={limit}:unlimited"))
        .status();
    assert!(done.expect("prlimit starts").success());
}

/// What the database's log takes, to which everything new is written first.
fn log_bytes(home: &Path) -> u64 {
    fs::metadata(home.join("device.db-wal")).expect("the database is open").len()
}

#[test]
fn what_there_is_no_room_for_is_refused_and_not_sent() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.send(&group, "before");
    let long = "long ".repeat(10_000);
    let said = run(&mut limited(&marie, &["send", &group, &long], Some(LITTLE_KIB)));
    assert_eq!(said.error(1), "disk_full");
    marie.send(&group, "after");
    for person in [&marie, &bob] {
        assert_eq!(person.texts(&group), ["before", "after"]);
    }
}

#[test]
fn a_follower_says_that_there_is_no_room_and_goes_on_when_there_is() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    marie.send(&group, "before");
    let following = Staying::start(&mut limited(&bob, &["read", &group, "--follow"], None));
    assert_eq!(following.next_text(), "before");
    limit(&following, Some(log_bytes(&bob.home)));
    let long: Vec<String> = (0..4).map(|n| format!("{n} {}", "long ".repeat(10_000))).collect();
    for text in &long {
        marie.send(&group, text);
    }
    assert!(following.next_warning().contains("(disk_full)"));
    // Other processes that go through it read what is here.
    assert_eq!(bob.list(&["read", &group, "--offline"])[0]["text"], "before");
    limit(&following, None);
    for text in &long {
        assert_eq!(&following.next_text(), text);
    }
    assert_eq!(following.end(), Some(0));
}

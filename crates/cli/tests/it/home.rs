//! The home directory: one writer, private, and what damage to it does.

use crate::world::World;
use std::fs::File;

#[test]
fn a_home_that_another_process_holds_is_busy_after_ten_seconds() {
    let world = World::new();
    let [marie] = world.people(["marie"]);
    let lock = File::open(marie.home.join("lock")).unwrap();
    lock.lock().unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(marie.refused(&["whoami"]), "home_busy");
    assert!(begun.elapsed().as_secs() >= 9, "{:?}", begun.elapsed());
    lock.unlock().unwrap();
    assert_eq!(marie.field(&["whoami"], "handle"), "marie");
}

#[test]
fn without_an_account_there_is_nothing_to_do_and_nothing_is_created() {
    let world = World::new();
    let nobody = world.home("nobody");
    for verb in [
        &["whoami"][..],
        &["sync"],
        &["read", "@a"],
        &["read", "@a", "--follow"],
        &["group", "list"],
        &["send", "@a", "b"],
    ] {
        assert_eq!(nobody.refused(verb), "no_account");
    }
    assert!(!nobody.home.exists());
}

#[cfg(unix)]
#[test]
fn a_home_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let [marie] = world.people(["marie"]);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&marie.home), 0o700);
    for file in std::fs::read_dir(&marie.home).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_damaged_database_says_so() {
    let world = World::new();
    let [marie] = world.people(["marie"]);
    let database = marie.home.join("device.db");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[100..1000].fill(0xAA);
    std::fs::write(&database, bytes).unwrap();
    // Where the log has a page, the file's own does not count.
    let _ = std::fs::remove_file(marie.home.join("device.db-wal"));
    assert_eq!(marie.refused(&["whoami"]), "database_damaged");
    assert_eq!(marie.refused(&["whoami", "--offline"]), "database_damaged");
    std::fs::write(&database, "this is no database, whatever its name says").unwrap();
    assert_eq!(marie.refused(&["group", "list"]), "database_damaged");
}

#[test]
fn a_database_that_has_lost_its_account_is_damaged_and_not_new() {
    let world = World::new();
    let [marie] = world.people(["marie"]);
    // What SQLite makes of a young database whose write-ahead log cannot be read: an empty one.
    let database = marie.home.join("device.db");
    let _ = std::fs::remove_file(marie.home.join("device.db-wal"));
    std::fs::write(&database, "").unwrap();
    for verb in [&["whoami"][..], &["sync"], &["group", "list"]] {
        assert_eq!(marie.refused(verb), "database_damaged");
    }
    assert_eq!(marie.register("marie2", "Marie").error(1), "database_damaged");
    // Who begins anew begins with an empty home.
    std::fs::remove_dir_all(&marie.home).unwrap();
    assert_eq!(marie.refused(&["whoami"]), "no_account");
}

#[test]
fn the_home_can_come_from_the_environment() {
    let world = World::new();
    let [marie] = world.people(["marie"]);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_asterism"))
        .args(["whoami", "--json", "--offline"])
        .env("ASTERISM_HOME", &marie.home)
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"handle\":\"marie\""));
    let data = tempfile::tempdir().unwrap();
    std::fs::rename(&marie.home, data.path().join("asterism")).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_asterism"))
        .args(["whoami", "--json", "--offline"])
        .env_remove("ASTERISM_HOME")
        .env("XDG_DATA_HOME", data.path())
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"handle\":\"marie\""));
}

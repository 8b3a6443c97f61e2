//! Every scenario, tiny, against the `asterismd` that was built beside the bench, so that it cannot rot. What it counts
//! must be exact; what it times is anybody's guess here.

use serde_json::Value;
use std::{env, ffi::OsString, process::Command};

/// The figures of Asterism, from the last line.
fn bench(arguments: &[&str]) -> Value {
    let mut object = report(arguments);
    object["systems"]["asterism"].take()
}

fn report(arguments: &[&str]) -> Value {
    let output = Command::new(program())
        .args(arguments)
        .args(["--json", "--give-up", "120"])
        .env_remove("SYNAPSE_VENV")
        .output()
        .expect("the bench starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("it speaks UTF-8");
    serde_json::from_str(text.lines().last().expect("it says something")).expect("the last line is JSON")
}

/// Looked up when it runs: the compiler's wrapper (scripts/rustc.sh) is a shell, and shells drop variables with such
/// names. cargo and nextest each have their own.
fn program() -> OsString {
    let names = ["CARGO_BIN_EXE_asterism-bench", "NEXTEST_BIN_EXE_asterism-bench"];
    names.into_iter().find_map(env::var_os).expect("cargo or nextest says where the bench is")
}

fn count(figures: &Value, key: &str) -> u64 {
    let value = figures[key].as_f64().unwrap_or_else(|| panic!("no {key} in {figures}"));
    assert_eq!(value, value.trunc(), "{key} is a count");
    value as u64
}

#[test]
fn everybody_is_given_every_post_once() {
    let figures = bench(&["fanout", "--devices", "8", "--seconds", "2", "--posts", "5"]);
    assert_eq!(count(&figures, "receivers"), 8);
    // Three to warm up, five one by one, and at least one round of 64.
    assert!(count(&figures, "posts") >= 3 + 5 + 64, "{figures}");
    assert_eq!(count(&figures, "delivered"), 8 * count(&figures, "posts"));
}

#[test]
fn every_accepted_message_is_pushed_to_both() {
    let figures = bench(&["send", "--pairs", "2", "--seconds", "1"]);
    assert_eq!(count(&figures, "conversations"), 2 * 16);
    let online = count(&figures, "delivered") / 2;
    assert!(online >= 2 * 16, "{figures}");
    assert!(count(&figures, "accepted") >= online + 2 * 16, "{figures}");
}

#[test]
fn silent_devices_are_all_connected() {
    let figures = bench(&["idle", "--devices", "30"]);
    assert_eq!(count(&figures, "devices"), 30);
}

#[test]
fn newcomers_read_what_is_written_to_them() {
    let figures = bench(&["join", "--accounts", "6", "--joins", "2"]);
    assert_eq!((count(&figures, "accounts"), count(&figures, "joins")), (6, 2));
}

#[test]
fn a_peer_that_is_missing_is_said_to_be() {
    let report = report(&["send", "--pairs", "1", "--seconds", "1", "--peer", "synapse"]);
    assert_eq!(report["missing"]["synapse"], "SYNAPSE_VENV names no virtual environment");
    assert!(report["ratios"].as_object().expect("it is an object").is_empty());
}

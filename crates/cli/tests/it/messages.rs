//! What may be sent, and that it is sent once.

use crate::world::{World, texts};

const TEXT_BYTES_MAX: usize = 64 * 1024;

#[test]
fn texts_have_a_limit() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let longest = "ä".repeat(TEXT_BYTES_MAX / 2);
    marie.run_with_input(&["send", &group, "-"], longest.as_bytes()).succeeded();
    assert_eq!(bob.texts(&group), [longest.as_str()]);
    let longer = longest + "x";
    assert_eq!(marie.run_with_input(&["send", &group, "-"], longer.as_bytes()).error(1), "invalid_text");
    assert_eq!(marie.refused(&["send", &group, ""]), "invalid_text");
    assert_eq!(marie.run_with_input(&["send", &group, "-"], b"\xFF\n").error(1), "invalid_text");
    assert_eq!(bob.list(&["read", &group]).len(), 1);
}

#[test]
fn texts_come_as_they_were_sent() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let odd = [
        "-5",
        "two\nlines",
        " spaces ",
        "\"quotes\" \\ {json}",
        "👩‍👩‍👧 مرحبا",
        "\u{1b}[31mred",
        "nul\u{0}".trim_end_matches('\0'),
    ];
    for text in odd {
        marie.send(&group, text);
    }
    marie.object(&["send", &group, "--", "--json"]);
    marie.run_with_input(&["send", &group, "-"], b"from a pipe\n").succeeded();
    let expected: Vec<&str> = odd.into_iter().chain(["--json", "from a pipe"]).collect();
    assert_eq!(bob.texts(&group), expected);
}

#[test]
fn repeating_a_send_with_its_key_sends_nothing_twice() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let send = ["send", &group, "Hello", "--id", "key-1"];
    let first = marie.object(&send);
    assert_eq!(marie.object(&send), first);
    marie.send(&group, "Hello");
    assert_eq!(marie.object(&send), first);
    assert_eq!(bob.texts(&group), ["Hello", "Hello"]);
}

#[test]
fn the_same_key_in_another_conversation_is_another_key() {
    let world = World::new();
    let ([marie], group) = world.group(["marie"]);
    let other = marie.create_group("Bridge");
    marie.object(&["send", &group, "Hello", "--id", "1"]);
    marie.object(&["send", &other, "Hello", "--id", "1"]);
    assert_eq!((marie.texts(&group).len(), marie.texts(&other).len()), (1, 1));
}

#[test]
fn an_answer_must_be_to_a_message_of_the_conversation() {
    let world = World::new();
    let ([marie], group) = world.group(["marie"]);
    let message = marie.send(&group, "Hello");
    let other = marie.create_group("Bridge");
    assert_eq!(marie.refused(&["send", &other, "Hi", "--reply-to", &message]), "unknown_target");
    assert_eq!(marie.refused(&["send", &group, "Hi", "--reply-to", "abc"]), "unknown_target");
}

#[test]
fn processes_at_the_same_time_on_one_device_take_turns() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    let senders: Vec<_> = (0..6).map(|n| marie.stay(&["send", &group, &format!("{n}")])).collect();
    for sender in senders {
        assert!(sender.next()["message"].is_string());
    }
    let mut texts = texts(&bob.list(&["read", &group]));
    texts.sort();
    assert_eq!(texts, ["0", "1", "2", "3", "4", "5"]);
}

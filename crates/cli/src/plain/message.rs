//! Messages and events as people read them: a line about each, the text below.

use super::person;
use crate::table::{indented, one_line};
use asterism_core::api::{MessageInfo, Person};

/// Oldest first, as they come.
pub(crate) fn messages(infos: &[&MessageInfo]) -> String {
    infos.iter().map(|info| if info.kind == "text" { message(info) } else { event(info) }).collect()
}

fn message(info: &MessageInfo) -> String {
    let mut about =
        format!("#{}  {}  {}  {}", info.seq, one_line(&person(&info.sender)), info.at, info.message);
    if info.edited {
        about.push_str("  edited");
    }
    if matches!(info.state.as_str(), "sending" | "failed") {
        about = format!("{about}  {}", info.state);
    }
    let answers = info.reply_to.iter().map(|of| format!("    in reply to {of}\n")).collect::<String>();
    let files = info
        .files
        .iter()
        .map(|file| format!("    [{}] {}, {} bytes\n", file.n, one_line(&file.name), file.size));
    let text = match &info.text {
        Some(text) => indented(text, "    "),
        None => "    (deleted)\n".to_owned(),
    };
    format!("{about}\n{answers}{text}{}", files.collect::<String>())
}

fn event(info: &MessageInfo) -> String {
    let subjects = info.subjects.iter().map(person).collect::<Vec<_>>().join(", ");
    let who = person(&info.sender);
    let themselves =
        matches!(info.subjects.as_slice(), [Person { account, .. }] if *account == info.sender.account);
    let sentence = match (info.kind.as_str(), themselves) {
        ("created", _) => format!("{who} created the conversation"),
        ("added", _) => format!("{who} added {subjects}"),
        ("removed", _) => format!("{who} removed {subjects}"),
        ("joined", _) => format!("{who} joined"),
        ("left", _) => format!("{who} left"),
        ("role", true) => format!("{who} changed their own role"),
        ("role", false) => format!("{who} changed the role of {subjects}"),
        ("device", true) => format!("{who} added a new device"),
        ("device", false) => format!("{who} added a new device of {subjects}"),
        ("renamed", _) => format!("{who} changed the name or description"),
        _ => format!("{who} did something that this version does not know"),
    };
    let detail = info.text.iter().map(|text| indented(text, "    ")).collect::<String>();
    format!("#{}  {}  {}\n{detail}", info.seq, one_line(&sentence), info.at)
}

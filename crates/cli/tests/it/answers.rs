//! What scripts depend on: the shape of every answer.

use crate::world::World;
use expect_test::{Expect, expect};
use serde_json::{Map, Value};

/// Pretty, with what differs from run to run named by its kind.
fn check(value: &Value, expected: &Expect) {
    expected.assert_eq(&serde_json::to_string_pretty(&shape(value)).unwrap());
}

fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| match name.as_str() {
                "seq" if value.is_u64() => (name.clone(), "POSITION".into()),
                _ => (name.clone(), shape(value)),
            };
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(text) => kind(text).into(),
        other => other.clone(),
    }
}

fn kind(text: &str) -> &str {
    let is_id =
        |text: &str| text.len() >= 26 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    let is_time = |text: &str| humantime::parse_rfc3339(text).is_ok();
    let is_key = |text: &str| text.len() > 60 && text.split('-').all(|part| part.len() <= 4);
    match text {
        text if is_id(text) => "ID",
        text if is_time(text) => "TIME",
        text if is_key(text) => "RECOVERY KEY",
        text if text.contains("/i/") => "LINK",
        text if text.starts_with("http://127.0.0.1:") => "SERVER",
        text => text,
    }
}

#[test]
fn accounts() {
    let world = World::new();
    let marie = world.home("marie");
    let registered = marie.register("marie", "Marie").succeeded().object();
    check(
        &registered,
        &expect![[r#"
        {
          "account": "ID",
          "device": "ID",
          "handle": "marie",
          "recovery_key": "RECOVERY KEY"
        }"#]],
    );
    check(
        &marie.object(&["whoami"]),
        &expect![[r#"
        {
          "account": "ID",
          "device": "ID",
          "handle": "marie",
          "name": "Marie",
          "server": "SERVER"
        }"#]],
    );
    check(
        &marie.object(&["sync"]),
        &expect![[r#"
        {
          "conversations": 0,
          "epoch_repairs": 0,
          "new_messages": 0,
          "undecryptable": 0
        }"#]],
    );
    check(
        &marie.list(&["devices"]).into(),
        &expect![[r#"
        [
          {
            "created": "TIME",
            "device": "ID",
            "last_seen": "TIME",
            "number": 1,
            "this": true
          }
        ]"#]],
    );
    let again = world.home("again");
    let recovered = again.recover("marie", registered["recovery_key"].as_str().unwrap()).succeeded().object();
    check(
        &recovered,
        &expect![[r#"
        {
          "account": "ID",
          "device": "ID"
        }"#]],
    );
}

#[test]
fn groups() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    let created = marie.object(&["group", "create", "Chess"]);
    check(
        &created,
        &expect![[r#"
        {
          "group": "ID"
        }"#]],
    );
    let group = created["group"].as_str().unwrap();
    marie.done(&["group", "add", group, "@bob"]);
    marie.send(group, "Hello");
    check(
        &bob.object(&["group", "show", group]),
        &expect![[r#"
            {
              "description": "",
              "group": "ID",
              "kind": "group",
              "last": {
                "announcement": false,
                "at": "TIME",
                "conversation": "ID",
                "edited": false,
                "files": [],
                "kind": "text",
                "message": "ID",
                "reply_to": null,
                "sender": {
                  "account": "ID",
                  "handle": "marie",
                  "name": "Marie"
                },
                "seq": "POSITION",
                "state": "received",
                "text": "Hello"
              },
              "members": 2,
              "name": "Chess",
              "quantum_safe": false,
              "role": "member",
              "seq": "POSITION",
              "state": "active",
              "unread": 1
            }"#]],
    );
    assert_eq!(bob.list(&["group", "list"]), [bob.object(&["group", "show", group])]);
    check(
        &bob.list(&["group", "members", group]).into(),
        &expect![[r#"
        [
          {
            "account": "ID",
            "devices": 1,
            "handle": "marie",
            "name": "Marie",
            "role": "admin"
          },
          {
            "account": "ID",
            "devices": 1,
            "handle": "bob",
            "name": "Bob",
            "role": "member"
          }
        ]"#]],
    );
}

#[test]
fn messages() {
    let world = World::new();
    let ([marie, bob], group) = world.group(["marie", "bob"]);
    check(
        &marie.object(&["send", &group, "Hello"]),
        &expect![[r#"
        {
          "conversation": "ID",
          "message": "ID",
          "seq": "POSITION"
        }"#]],
    );
    check(
        &bob.list(&["read", &group])[0],
        &expect![[r#"
            {
              "announcement": false,
              "at": "TIME",
              "conversation": "ID",
              "edited": false,
              "files": [],
              "kind": "text",
              "message": "ID",
              "reply_to": null,
              "sender": {
                "account": "ID",
                "handle": "marie",
                "name": "Marie"
              },
              "seq": "POSITION",
              "state": "received",
              "text": "Hello"
            }"#]],
    );
    check(
        &marie.list(&["read", &group, "--events"]).into(),
        &expect![[r#"
            [
              {
                "announcement": false,
                "at": "TIME",
                "conversation": "ID",
                "edited": false,
                "files": [],
                "kind": "added",
                "message": "ID",
                "reply_to": null,
                "sender": {
                  "account": "ID",
                  "handle": "marie",
                  "name": "Marie"
                },
                "seq": "POSITION",
                "state": "received",
                "subjects": [
                  {
                    "account": "ID",
                    "handle": "bob",
                    "name": "Bob"
                  }
                ],
                "text": null
              },
              {
                "announcement": false,
                "at": "TIME",
                "conversation": "ID",
                "edited": false,
                "files": [],
                "kind": "text",
                "message": "ID",
                "reply_to": null,
                "sender": {
                  "account": "ID",
                  "handle": "marie",
                  "name": "Marie"
                },
                "seq": "POSITION",
                "state": "sent",
                "text": "Hello"
              }
            ]"#]],
    );
}

#[test]
fn invites() {
    let world = World::new();
    let ([marie], group) = world.group(["marie"]);
    let invite = marie.object(&["invite", "create", &group, "--uses", "3", "--expires", "7d"]);
    check(
        &invite,
        &expect![[r#"
        {
          "invite": "ID",
          "link": "LINK"
        }"#]],
    );
    check(
        &marie.list(&["invite", "list", &group]).into(),
        &expect![[r#"
        [
          {
            "creator": {
              "account": "ID",
              "handle": "marie",
              "name": "Marie"
            },
            "expires": "TIME",
            "group": "ID",
            "invite": "ID",
            "link": "LINK",
            "state": "live",
            "uses": 0,
            "uses_max": 3
          }
        ]"#]],
    );
    let link = invite["link"].as_str().unwrap();
    let bob = world.person("bob");
    check(
        &bob.object(&["show-link", link]),
        &expect![[r#"
        {
          "description": "",
          "group": "ID",
          "joined": false,
          "kind": "group",
          "members": 1,
          "name": "Chess"
        }"#]],
    );
    check(
        &bob.object(&["join", link]),
        &expect![[r#"
        {
          "group": "ID",
          "state": "joined"
        }"#]],
    );
}

#[test]
fn direct_conversations() {
    let world = World::new();
    let [marie, bob] = world.people(["marie", "bob"]);
    marie.send("@bob", "Hello");
    check(
        &bob.list(&["conversation", "list"])[0],
        &expect![[r#"
            {
              "account": "ID",
              "description": "",
              "group": "ID",
              "handle": "marie",
              "kind": "direct",
              "last": {
                "announcement": false,
                "at": "TIME",
                "conversation": "ID",
                "edited": false,
                "files": [],
                "kind": "text",
                "message": "ID",
                "reply_to": null,
                "sender": {
                  "account": "ID",
                  "handle": "marie",
                  "name": "Marie"
                },
                "seq": "POSITION",
                "state": "received",
                "text": "Hello"
              },
              "members": 2,
              "name": "Marie",
              "quantum_safe": true,
              "role": "member",
              "seq": "POSITION",
              "state": "request",
              "unread": 1
            }"#]],
    );
}

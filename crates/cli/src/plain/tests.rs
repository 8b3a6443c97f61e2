//! What people see.

use super::*;
use asterism_core::api::{FileInfo, MessageInfo};
use expect_test::expect;

fn marie() -> Person {
    Person { handle: "marie".into(), name: "Marie".into(), account: "acc1".into() }
}

fn text(seq: u64, text: Option<&str>) -> MessageInfo {
    MessageInfo {
        message: format!("msg{seq}"),
        conversation: "conv".into(),
        seq,
        sender: marie(),
        at: "2026-01-31T18:00:00Z".into(),
        kind: "text".into(),
        text: text.map(str::to_owned),
        edited: false,
        files: Vec::new(),
        reply_to: None,
        announcement: false,
        targets: Vec::new(),
        state: "received".into(),
        subjects: Vec::new(),
        role: None,
        name: None,
    }
}

fn event(seq: u64, kind: &str, subjects: Vec<Person>) -> MessageInfo {
    MessageInfo { kind: kind.into(), subjects, ..text(seq, None) }
}

#[test]
fn the_recovery_key_stands_out() {
    let registered = Answer::Registered {
        account: "acc".into(),
        device: "dev".into(),
        handle: "marie".into(),
        recovery_key: "aaaa-bbbb".into(),
    };
    expect![[r#"
        handle   @marie
        account  acc
        device   dev

        Recovery key: write it down and keep it safe. It is the only way back in when all devices are lost,
        it is shown only now, and whoever has it can enter in your place.

            aaaa-bbbb
    "#]]
    .assert_eq(&answer(&registered));
}

#[test]
fn messages_have_a_line_about_them_and_their_text_below() {
    let bob = Person { handle: "bob".into(), name: "bob".into(), account: "acc2".into() };
    let files = vec![FileInfo { n: 1, name: "a.png".into(), size: 7, media_type: "image/png".into() }];
    let list = [
        event(1, "created", vec![]),
        event(2, "added", vec![bob.clone()]),
        text(3, Some("Hello\n\u{1b}[2Jyou")),
        MessageInfo { reply_to: Some("msg3".into()), sender: bob, edited: true, ..text(4, Some("Hi")) },
        text(5, None),
        MessageInfo { files, state: "failed".into(), ..text(6, Some("")) },
        event(7, "role", vec![marie()]),
        event(8, "unknown", vec![]),
    ];
    expect![[r#"
        #1  Marie (@marie) created the conversation  2026-01-31T18:00:00Z
        #2  Marie (@marie) added @bob  2026-01-31T18:00:00Z
        #3  Marie (@marie)  2026-01-31T18:00:00Z  msg3
            Hello
            �[2Jyou
        #4  @bob  2026-01-31T18:00:00Z  msg4  edited
            in reply to msg3
            Hi
        #5  Marie (@marie)  2026-01-31T18:00:00Z  msg5
            (deleted)
        #6  Marie (@marie)  2026-01-31T18:00:00Z  msg6  failed
            [1] a.png, 7 bytes
        #7  Marie (@marie) changed their own role  2026-01-31T18:00:00Z
        #8  Marie (@marie) did something that this version does not know  2026-01-31T18:00:00Z
    "#]]
    .assert_eq(&items(&list.map(Item::Message)));
}

#[test]
fn lists_are_tables() {
    let info = ConversationInfo {
        group: "g1".into(),
        kind: "direct".into(),
        community: None,
        name: "Bob".into(),
        description: String::new(),
        members: Some(2),
        role: Role::Member,
        handle: Some("bob".into()),
        account: Some("acc2".into()),
        state: "request".into(),
        unread: 3,
        seq: 9,
        began_earlier: false,
        quantum_safe: true,
        last: None,
        alarm: None,
    };
    let alarmed =
        ConversationInfo { name: "A group".into(), alarm: Some("fork_detected".into()), ..info.clone() };
    expect![[r#"
        ID  NAME     MEMBERS  MY ROLE  STATE    UNREAD
        g1  Bob      2        member   request  3
        g1  A group  2        member   ALARM    3
    "#]]
    .assert_eq(&items(&[Item::Conversation(info.clone()), Item::Conversation(alarmed)]));
    expect![[r#"
        group         g1
        kind          direct
        name          Bob
        description
        members       2
        my role       member
        state         request
        unread        3
        quantum-safe  yes
        handle        @bob
    "#]]
    .assert_eq(&answer(&Answer::Conversation(info)));

    let member = MemberInfo {
        handle: "bob".into(),
        account: "acc".into(),
        name: "Bob".into(),
        role: Role::Admin,
        devices: 2,
    };
    expect![[r#"
        HANDLE  NAME  ROLE   DEVICES  ACCOUNT
        @bob    Bob   admin  2        acc
    "#]]
    .assert_eq(&items(&[Item::Member(member)]));

    let invite = InviteInfo {
        invite: "inv".into(),
        group: "g1".into(),
        creator: marie(),
        expires: None,
        uses_max: Some(3),
        uses: 1,
        state: "live".into(),
        link: Some("http://a/i/b#c".into()),
    };
    expect![[r#"
        INVITE  BY              STATE  USED    EXPIRES  LINK
        inv     Marie (@marie)  live   1 of 3  never    http://a/i/b#c
    "#]]
    .assert_eq(&items(&[Item::Invite(invite)]));

    let device =
        DeviceInfo { device: "dev".into(), number: 1, created: "2026".into(), last_seen: None, this: true };
    expect![[r#"
        NUMBER  DEVICE  SINCE  LAST SEEN
        1       dev     2026   never      this one
    "#]]
    .assert_eq(&items(&[Item::Device(device)]));
    assert_eq!(items(&[]), "");
}

#[test]
fn single_answers_are_pairs() {
    let sent = Answer::Sent { message: "m".into(), conversation: "c".into(), seq: Some(3) };
    let invite = Answer::Invite { invite: "inv".into(), link: "http://a/i/b#c".into() };
    expect![[r#"
        message       m
        conversation  c
        position      3
        invite  inv
        Whoever has the link can enter:
            http://a/i/b#c
    "#]]
    .assert_eq(&format!("{}{}", answer(&sent), answer(&invite)));
    assert_eq!(answer(&Answer::Done {}), "");
}

//! What the lines look like, and that they are read back.

use super::*;
use expect_test::{Expect, expect};

fn patience(seconds: u64) -> Patience {
    Duration::from_secs(seconds).into()
}

/// The call as a line, after checking that it is read back as the same call.
fn check_call(call: &Call, expected: &Expect) {
    let line = write_call(7, call);
    assert_eq!(read_call(line.as_bytes()).as_ref().map(|(id, call)| (*id, call)), Ok((7, call)));
    expected.assert_eq(&line);
}

#[test]
fn calls_are_the_requests_of_the_api() {
    check_call(
        &Call::Request(Request::Sync, patience(20)),
        &expect![[
            r#"{"id":7,"jsonrpc":"2.0","method":"sync","timeout_ms":20000,"unless_unreachable":false}"#
        ]],
    );
    let send = Request::Send {
        target: "@bob".into(),
        text: "two\nlines".into(),
        reply_to: None,
        idempotency: Some("k".into()),
        queue: false,
    };
    let impatient = Patience { unless_unreachable: true, ..patience(1) };
    check_call(
        &Call::Request(send, impatient),
        &expect![[
            r#"{"id":7,"jsonrpc":"2.0","method":"send","params":{"idempotency":"k","queue":false,"reply_to":null,"target":"@bob","text":"two\nlines"},"timeout_ms":1000,"unless_unreachable":true}"#
        ]],
    );
    check_call(&Call::Subscribe, &expect![[r#"{"id":7,"jsonrpc":"2.0","method":"subscribe"}"#]]);
}

fn check_refused(line: &str, id: Option<u64>, code: ErrorCode) {
    let (refused, error) = read_call(line.as_bytes()).unwrap_err();
    assert_eq!((refused, error.code), (id, code), "{line}");
}

#[test]
fn what_is_no_call_is_refused() {
    check_refused("", None, ErrorCode::Malformed);
    check_refused("[]", None, ErrorCode::Malformed);
    check_refused(r#"{"jsonrpc":"2.0","method":"sync"}"#, None, ErrorCode::Malformed);
    check_refused(r#"{"jsonrpc":"1.0","id":3,"method":"sync"}"#, Some(3), ErrorCode::Malformed);
    check_refused(r#"{"jsonrpc":"2.0","id":3,"method":"fly"}"#, Some(3), ErrorCode::Usage);
    check_refused(r#"{"jsonrpc":"2.0","id":3,"method":"read","params":{}}"#, Some(3), ErrorCode::Usage);
}

fn check_line(written: &str, read: &Line, expected: &Expect) {
    assert_eq!(read_line(written.as_bytes()).as_ref(), Some(read));
    expected.assert_eq(written);
}

#[test]
fn answers_and_notifications_are_read_back() {
    check_line(
        &write_answer(Some(7), &Ok(Answer::Group { group: "g".into() })),
        &Line::Answer { id: 7, result: Ok(json!({ "group": "g" })) },
        &expect![[r#"{"id":7,"jsonrpc":"2.0","result":{"group":"g"}}"#]],
    );
    check_line(
        &write_answer(Some(7), &Ok(Answer::Done {})),
        &Line::Answer { id: 7, result: Ok(json!({})) },
        &expect![[r#"{"id":7,"jsonrpc":"2.0","result":{}}"#]],
    );
    check_line(
        &write_answer(Some(7), &Err(ErrorCode::Forbidden.into())),
        &Line::Answer { id: 7, result: Err(ErrorCode::Forbidden.into()) },
        &expect![[
            r#"{"error":{"code":-32000,"data":{"code":"forbidden"},"message":"your role does not allow this"},"id":7,"jsonrpc":"2.0"}"#
        ]],
    );
    let error = ApiError::of_handle(ErrorCode::UnknownHandle, "nobody");
    check_line(
        &write_answer(Some(7), &Err(error.clone())),
        &Line::Answer { id: 7, result: Err(error) },
        &expect![[
            r#"{"error":{"code":-32000,"data":{"code":"unknown_handle","handle":"nobody"},"message":"@nobody: nobody has this handle"},"id":7,"jsonrpc":"2.0"}"#
        ]],
    );
    let notice = Notice::Event(Box::new(Event::Connection { state: "online".into() }));
    check_line(
        &write_notice(&notice),
        &Line::Notice(notice),
        &expect![[r#"{"jsonrpc":"2.0","method":"event","params":{"event":"connection","state":"online"}}"#]],
    );
    check_line(
        &write_notice(&Notice::Missed),
        &Line::Notice(Notice::Missed),
        &expect![[r#"{"jsonrpc":"2.0","method":"missed"}"#]],
    );
    let notice = Notice::Stopped(ErrorCode::DiskFull.into());
    check_line(
        &write_notice(&notice),
        &Line::Notice(notice),
        &expect![[
            r#"{"jsonrpc":"2.0","method":"stopped","params":{"code":-32000,"data":{"code":"disk_full"},"message":"the disk is full"}}"#
        ]],
    );
    check_line(
        &write_hello(),
        &Line::Hello,
        &expect![[r#"{"jsonrpc":"2.0","method":"hello","params":{"version":1}}"#]],
    );
}

#[test]
fn lines_of_later_versions_are_passed_over() {
    assert_eq!(read_line(br#"{"jsonrpc":"2.0","method":"event","params":{"event":"new"}}"#), None);
    assert_eq!(read_line(b"?"), None);
}

#[test]
fn an_error_of_a_later_version_keeps_its_sentence() {
    let line =
        br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"full moon","data":{"code":"moon"}}}"#;
    let error = ApiError::new(ErrorCode::Internal, "full moon");
    assert_eq!(read_line(line), Some(Line::Answer { id: 1, result: Err(error) }));
}

//! JSON-RPC 2.0, one object a line: how other processes pass their requests to the one that has the home open.
//!
//! `method` and `params` are those of [`Request`]. `timeout_ms` and `unless_unreachable` beside them say how long the
//! caller waits; a caller who hangs up takes its requests back. `subscribe` begins the notifications `event`, whose
//! `params` are an [`Event`], `missed` and `stopped`. The first line from the server is the notification `hello`.

mod serve;

#[cfg(unix)]
pub(crate) use serve::serve;

use crate::events::Notice;
use crate::patience::Patience;
use asterism_core::api::{Answer, ApiError, Event, Request};
use asterism_wire::ErrorCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// A longer line closes the connection. The longest message, written as escapes, is six times 64 KiB.
pub(crate) const REQUEST_BYTES_MAX: usize = 1 << 20;
/// An application's own error in JSON-RPC; the stable code is in `data.code`.
const REFUSED: i32 = -32_000;
/// Where nobody says how long to wait.
const DEFAULT_TIMEOUT_MS: u64 = 20_000;

/// From a caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Request(Request, Patience),
    Subscribe,
}

/// From the process that has the home open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Hello,
    Answer { id: u64, result: Result<Value, ApiError> },
    Notice(Notice),
}

#[derive(Serialize, Deserialize)]
struct CallLine {
    jsonrpc: String,
    id: u64,
    method: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    params: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unless_unreachable: bool,
}

/// Writes a call as one line, without its end.
pub(crate) fn write_call(id: u64, call: &Call) -> String {
    let mut line = match call {
        Call::Subscribe => json!({ "method": "subscribe" }),
        Call::Request(request, patience) => {
            let mut line = serde_json::to_value(request).unwrap_or_default();
            line["timeout_ms"] = u64::try_from(patience.timeout.as_millis()).unwrap_or(u64::MAX).into();
            line["unless_unreachable"] = patience.unless_unreachable.into();
            line
        }
    };
    line["jsonrpc"] = "2.0".into();
    line["id"] = id.into();
    line.to_string()
}

/// Reads a call, or says which call (if that can be told) is refused and why.
pub(crate) fn read_call(line: &[u8]) -> Result<(u64, Call), (Option<u64>, ApiError)> {
    let line: CallLine =
        serde_json::from_slice(line).map_err(|_| (None, ApiError::of(ErrorCode::Malformed)))?;
    let id = line.id;
    if line.jsonrpc != "2.0" {
        return Err((Some(id), ApiError::of(ErrorCode::Malformed)));
    }
    if line.method == "subscribe" {
        return Ok((id, Call::Subscribe));
    }
    let timeout = Duration::from_millis(line.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS));
    let patience = Patience { timeout, unless_unreachable: line.unless_unreachable };
    let request = match line.params {
        Value::Null => json!({ "method": line.method }),
        params => json!({ "method": line.method, "params": params }),
    };
    let request = serde_json::from_value(request).map_err(|_| (Some(id), ApiError::of(ErrorCode::Usage)))?;
    Ok((id, Call::Request(request, patience)))
}

/// The first line to each caller.
pub(crate) fn write_hello() -> String {
    json!({ "jsonrpc": "2.0", "method": "hello", "params": { "version": 1 } }).to_string()
}

/// Writes the answer to a call; without an id, to one that could not be read.
pub(crate) fn write_answer(id: Option<u64>, result: &Result<Answer, ApiError>) -> String {
    match result {
        Ok(answer) => json!({ "jsonrpc": "2.0", "id": id, "result": answer }),
        Err(error) => json!({ "jsonrpc": "2.0", "id": id, "error": write_error(error) }),
    }
    .to_string()
}

fn write_error(ApiError { code, message, handle }: &ApiError) -> Value {
    let mut data = json!({ "code": code.as_word() });
    if let Some(handle) = handle {
        data["handle"] = json!(handle);
    }
    json!({ "code": REFUSED, "message": message, "data": data })
}

/// Writes a notification.
pub(crate) fn write_notice(notice: &Notice) -> String {
    match notice {
        Notice::Event(event) => json!({ "jsonrpc": "2.0", "method": "event", "params": event }),
        Notice::Missed => json!({ "jsonrpc": "2.0", "method": "missed" }),
        Notice::Stopped(error) => {
            json!({ "jsonrpc": "2.0", "method": "stopped", "params": write_error(error) })
        }
    }
    .to_string()
}

/// Reads a line to a caller; `None` when it is nothing that this version knows.
pub(crate) fn read_line(line: &[u8]) -> Option<Line> {
    let mut line: Value = serde_json::from_slice(line).ok()?;
    match line["method"].as_str() {
        Some("hello") => return Some(Line::Hello),
        Some("missed") => return Some(Line::Notice(Notice::Missed)),
        Some("stopped") => return Some(Line::Notice(Notice::Stopped(read_error(&line["params"])))),
        Some("event") => {
            let event: Event = serde_json::from_value(line["params"].take()).ok()?;
            return Some(Line::Notice(Notice::Event(Box::new(event))));
        }
        _ => {}
    }
    let id = line["id"].as_u64()?;
    let error = line["error"].take();
    let result = if error.is_null() { Ok(line["result"].take()) } else { Err(read_error(&error)) };
    Some(Line::Answer { id, result })
}

fn read_error(error: &Value) -> ApiError {
    let word = error["data"]["code"].as_str().unwrap_or_default();
    let code =
        ErrorCode::ALL.iter().copied().find(|code| code.as_word() == word).unwrap_or(ErrorCode::Internal);
    let handle = error["data"]["handle"].as_str().map(ToOwned::to_owned);
    match error["message"].as_str() {
        Some(message) => ApiError { handle, ..ApiError::new(code, message) },
        None => ApiError { handle, ..ApiError::of(code) },
    }
}

#[cfg(test)]
mod tests;

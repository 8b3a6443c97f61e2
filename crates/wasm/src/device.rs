//! The core as JavaScript sees it. After each call the host drains `poll` until it gives `undefined`, and calls
//! `timeout` when `nextTimeout` has come.

use crate::database::{self, KEY_BYTES};
use crate::failure::Failure;
use asterism_core::{Answer, ApiError, Core, Output, Request};
use asterism_wire::{ErrorCode, Timestamp};
use js_sys::{Array, Uint8Array};
use serde_json::json;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zeroize::Zeroizing;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r"
/** What the core asks its host to do. Texts are JSON. */
export type Output =
  | ['connect', server: string]
  | ['disconnect']
  | ['transmit', frame: Uint8Array]
  | ['answer', id: number, answer: string]
  | ['refusal', id: number, error: string]
  | ['event', event: string]
  | ['fatal', error: string]
";

#[wasm_bindgen]
extern "C" {
    /// One of the above.
    #[wasm_bindgen(typescript_type = "Output | undefined")]
    pub type PolledOutput;
}

/// A device of an account. Times are milliseconds since 1970.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Device {
    core: Core,
}

#[wasm_bindgen]
impl Device {
    /// Opens the database under `key`. `seed` is 32 fresh random bytes. With `anew`, a database
    /// from before is dropped, since its key is gone.
    ///
    /// # Errors
    /// An `Error` whose `name` is a stable code.
    pub async fn open(key: Vec<u8>, seed: Vec<u8>, now: f64, anew: bool) -> Result<Device, JsValue> {
        let key = secret::<KEY_BYTES>(key)?;
        let seed = secret::<32>(seed)?;
        let database = database::open(&key, anew).await?;
        let core =
            Core::open(database, *seed, timestamp(now)).map_err(|error| Failure::from(error.code()))?;
        Ok(Self { core })
    }

    /// Is there a registered account?
    #[wasm_bindgen(js_name = hasAccount)]
    #[must_use]
    pub fn has_account(&self) -> bool {
        self.core.has_account()
    }

    /// The page asks for something; the answer is an output with the same id.
    ///
    /// # Errors
    /// When the text is no request.
    pub fn request(&mut self, now: f64, id: u32, request: &str) -> Result<(), JsValue> {
        let request: Request = serde_json::from_str(request)
            .map_err(|error| Failure::from(ApiError::new(ErrorCode::Usage, error.to_string())))?;
        self.core.handle_request(timestamp(now), id.into(), request);
        Ok(())
    }

    /// Nobody waits for a request any longer.
    pub fn cancel(&mut self, now: f64, id: u32) {
        self.core.handle_cancel(timestamp(now), id.into());
    }

    /// The connection that was asked for is there.
    pub fn connected(&mut self, now: f64) {
        self.core.handle_connected(timestamp(now));
    }

    /// The connection is gone, or could not be made.
    pub fn disconnected(&mut self, now: f64) {
        self.core.handle_disconnected(timestamp(now));
    }

    /// One binary message came.
    pub fn frame(&mut self, now: f64, frame: &[u8]) {
        self.core.handle_frame(timestamp(now), frame);
    }

    /// The browser says that there is a network again, or none any more.
    pub fn network(&mut self, now: f64, there: bool) {
        self.core.handle_network(timestamp(now), there);
    }

    /// `nextTimeout` has come.
    pub fn timeout(&mut self, now: f64) {
        self.core.handle_timeout(timestamp(now));
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> PolledOutput {
        let output = self.core.poll_output().map_or(JsValue::UNDEFINED, into_js);
        PolledOutput::from(output)
    }

    /// When to call `timeout`, if nothing happens before.
    #[wasm_bindgen(js_name = nextTimeout)]
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "milliseconds stay below 2^53")]
    pub fn next_timeout(&self) -> Option<f64> {
        self.core.next_timeout().map(|at| at.0 as f64)
    }
}

fn secret<const N: usize>(bytes: Vec<u8>) -> Result<Zeroizing<[u8; N]>, Failure> {
    let bytes = Zeroizing::new(bytes);
    let array = <[u8; N]>::try_from(bytes.as_slice()).map_err(|_| Failure::from(ErrorCode::Usage))?;
    Ok(Zeroizing::new(array))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a clock before 1970 reads 0")]
fn timestamp(now: f64) -> Timestamp {
    Timestamp(now as u64)
}

fn into_js(output: Output) -> JsValue {
    match output {
        Output::Connect { server } => tuple("connect", [server.into()]),
        Output::Disconnect => tuple("disconnect", []),
        Output::Transmit(frame) => tuple("transmit", [Uint8Array::from(frame.as_slice()).into()]),
        Output::Response { id, result } => response(id, result),
        Output::Event(event) => tuple("event", [text(&event)]),
        Output::Fatal(error) => tuple("fatal", [refusal(&error)]),
    }
}

#[expect(clippy::cast_precision_loss, reason = "ids come from JavaScript")]
fn response(id: u64, result: Result<Answer, ApiError>) -> JsValue {
    let id = JsValue::from(id as f64);
    match result {
        Ok(answer) => tuple("answer", [id, text(&answer)]),
        Err(error) => tuple("refusal", [id, refusal(&error)]),
    }
}

fn refusal(error: &ApiError) -> JsValue {
    json!({ "code": error.code.as_word(), "message": error.message, "handle": error.handle })
        .to_string()
        .into()
}

fn text(value: &impl serde::Serialize) -> JsValue {
    serde_json::to_string(value).expect("the interface's types have string keys").into()
}

fn tuple<const N: usize>(kind: &str, rest: [JsValue; N]) -> JsValue {
    std::iter::once(kind.into()).chain(rest).collect::<Array>().into()
}

//! What JavaScript gets thrown: an `Error` whose `name` is the stable code.

use asterism_core::ApiError;
use asterism_wire::ErrorCode;
use wasm_bindgen::JsValue;

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    /// The browser lacks what the core needs, or denies it: an insecure context, private browsing, an old version.
    pub(crate) fn unsupported() -> Self {
        Self { code: "unsupported_browser", message: "this browser keeps no files for pages".into() }
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        ApiError::of(code).into()
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { code: error.code.as_word(), message: error.message }
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        let error = js_sys::Error::new(&failure.message);
        error.set_name(failure.code);
        error.into()
    }
}

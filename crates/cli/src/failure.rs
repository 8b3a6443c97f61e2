//! Why a command did not do what it was asked, and how that is told: a code for scripts, a sentence for people.

use asterism_core::api::ApiError;
use asterism_wire::ErrorCode;
use serde_json::json;
use std::io::{self, Write};
use std::process::ExitCode;

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// By what the process does next.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments are wrong, in words of clap or our own.
    Usage(String),
    /// The core or the host refused.
    Refused(ApiError),
    /// Standard output cannot be written.
    Output(io::Error),
    /// A fault of this program.
    Defect,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Self {
        Self::Refused(code.into())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// What clap found. Help and version are no failure: they are what was asked for.
    pub(crate) fn of_arguments(error: clap::Error) -> Result<(), Self> {
        if error.use_stderr() {
            return Err(Self::Usage(error.render().to_string()));
        }
        error.print().map_err(Self::Output)
    }

    /// Tells it on standard error.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        let (error, exit) = match self {
            Self::Usage(message) => (ApiError::new(ErrorCode::Usage, message), WRONG_USAGE),
            Self::Refused(error) if error.code == ErrorCode::Usage => (error, WRONG_USAGE),
            Self::Refused(error) => (error, FAILED),
            // Whoever read it has seen enough, as `head` does.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output(error) if error.kind() == io::ErrorKind::StorageFull => {
                (ApiError::new(ErrorCode::DiskFull, "the disk is full: the output is not complete"), FAILED)
            }
            Self::Output(error) => {
                let message = format!("the output cannot be written: {}", error.kind());
                (ApiError::new(ErrorCode::Internal, message), FAILED)
            }
            Self::Defect => {
                let message = "a fault in this program; ASTERISM_LOG=error shows where";
                (ApiError::new(ErrorCode::Internal, message), FAILED)
            }
        };
        let text = if json { as_json(&error) } else { as_plain(&error) };
        // There is nowhere left to say that this failed.
        let _ = writeln!(io::stderr(), "{text}");
        ExitCode::from(exit)
    }
}

fn as_json(ApiError { code, message, handle }: &ApiError) -> String {
    // Of clap's text the first paragraph is what is wrong, the rest how it is right.
    let message = message.split("\n\n").next().unwrap_or_default().trim().trim_start_matches("error: ");
    let mut error = json!({ "code": code.as_word(), "message": message });
    if let Some(handle) = handle {
        error["handle"] = json!(handle);
    }
    json!({ "error": error }).to_string()
}

fn as_plain(ApiError { code, message, .. }: &ApiError) -> String {
    match code {
        ErrorCode::Usage if message.starts_with("error: ") => message.trim_end().to_owned(),
        ErrorCode::Usage => format!("error: {message}"),
        code => format!("asterism: {message} ({code})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn errors_have_a_code_for_scripts_and_a_sentence_for_people() {
        let error = ErrorCode::HandleTaken.into();
        expect![[r#"{"error":{"code":"handle_taken","message":"this handle is taken"}}"#]]
            .assert_eq(&as_json(&error));
        expect!["asterism: this handle is taken (handle_taken)"].assert_eq(&as_plain(&error));
    }

    #[test]
    fn an_error_that_concerns_one_of_several_handles_says_which() {
        let error = ApiError::of_handle(ErrorCode::UnknownHandle, "nobody");
        expect![[
            r#"{"error":{"code":"unknown_handle","handle":"nobody","message":"@nobody: nobody has this handle"}}"#
        ]]
        .assert_eq(&as_json(&error));
        expect!["asterism: @nobody: nobody has this handle (unknown_handle)"].assert_eq(&as_plain(&error));
    }

    #[test]
    fn wrong_usage_is_one_sentence_for_scripts_and_all_of_it_for_people() {
        let message =
            "error: unexpected argument '--x' found\n\nUsage: asterism sync\n\nFor more information…\n";
        let error = ApiError::new(ErrorCode::Usage, message);
        expect![[r#"{"error":{"code":"usage","message":"unexpected argument '--x' found"}}"#]]
            .assert_eq(&as_json(&error));
        expect![[r#"
            error: unexpected argument '--x' found

            Usage: asterism sync

            For more information…"#]]
        .assert_eq(&as_plain(&error));
    }
}

//! How flows fail: a refusal that the asker hears about, or a fault of the database that stops the core.

use crate::{api::ApiError, db::DbError, net::RETRY_AFTER_MS_MAX};
use asterism_wire::{DecodeError, ErrorCode, frame::Failure};

/// Why a flow ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// Told to whoever asked.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The step is rolled back and the core stops.
    #[error(transparent)]
    Db(#[from] DbError),
}

pub(crate) type Flow<T> = Result<T, Fault>;

impl From<ErrorCode> for Fault {
    fn from(code: ErrorCode) -> Self {
        Self::Api(code.into())
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Db(error.into())
    }
}

/// Something that the server sent does not decode.
impl From<DecodeError> for Fault {
    fn from(_: DecodeError) -> Self {
        ErrorCode::ServerMisbehaved.into()
    }
}

/// How a request to the server fails for good.
#[derive(Debug)]
pub(crate) enum CallError {
    /// The server refused.
    Refused(Failure),
    /// Its answer is of another kind than the request's.
    Misbehaved,
    /// It was not asked: the host has taken back what this was for.
    TakenBack,
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(failure) => failure.error_code().into(),
            CallError::Misbehaved => ErrorCode::ServerMisbehaved.into(),
            CallError::TakenBack => ErrorCode::Timeout.into(),
        }
    }
}

impl CallError {
    /// Is it refused for longer than somebody waits?
    pub(crate) fn is_refused_for_long(&self) -> bool {
        matches!(self, Self::Refused(failure) if failure.retry_after_ms > RETRY_AFTER_MS_MAX)
    }

    /// The code of a refusal, or of having been taken back.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(failure) => Some(failure.error_code()),
            Self::Misbehaved => None,
            Self::TakenBack => Some(ErrorCode::Timeout),
        }
    }
}

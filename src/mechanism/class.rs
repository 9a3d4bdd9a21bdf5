//! How an attempt, a call or a request can end.

use serde::{Deserialize, Serialize};

/// The outcome of an attempt as its caller sees it; the classes are disjoint.
///
/// The names are the union of what Envoy (`retry_on`), gRPC (status codes) and the HTTP status classes distinguish.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Class {
    /// Success.
    Ok,
    /// A deterministic application failure (HTTP 4xx); repeating it does not help.
    AppError,
    /// A failure produced by the server itself (HTTP 500).
    ServerError,
    /// The server could not get what it needed from behind it (HTTP 502, 503, 504).
    GatewayError,
    /// The server said that it is too busy (HTTP 429 or 503, `RESOURCE_EXHAUSTED`).
    Overloaded,
    /// No connection: refused, or nobody there.
    ConnectFailure,
    /// The server declined before processing; safe to repeat.
    RefusedStream,
    /// The connection was lost after the request was sent; what the server did is unknown.
    Reset,
    /// The timer of this attempt fired.
    AttemptTimeout,
    /// The timer of the whole call fired.
    DeadlineExceeded,
    /// The caller went away.
    Cancelled,
    /// Refused before leaving the client.
    LocalReject,
    /// Somebody else was there first: what was read has changed meanwhile, or a lock could not be had in time (HTTP 409 and 412, gRPC `ABORTED`, `SQLSTATE` 40001). The server is
    /// well, and has done nothing; what was tried may be tried again from its beginning.
    Conflict,
}

impl Class {
    /// Every class, in the order of the columns in the output.
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::AppError,
        Self::ServerError,
        Self::GatewayError,
        Self::Overloaded,
        Self::ConnectFailure,
        Self::RefusedStream,
        Self::Reset,
        Self::AttemptTimeout,
        Self::DeadlineExceeded,
        Self::Cancelled,
        Self::LocalReject,
        Self::Conflict,
    ];

    /// How many classes there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The name in the model language and in the columns of the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::AppError => "app_error",
            Self::ServerError => "server_error",
            Self::GatewayError => "gateway_error",
            Self::Overloaded => "overloaded",
            Self::ConnectFailure => "connect_failure",
            Self::RefusedStream => "refused_stream",
            Self::Reset => "reset",
            Self::AttemptTimeout => "attempt_timeout",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Cancelled => "cancelled",
            Self::LocalReject => "local_reject",
            Self::Conflict => "conflict",
        }
    }

    /// The position in [`Class::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of outcome classes, one bit for each [`Class::index`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::mechanism) struct ClassSet(u16);

const _: () = assert!(Class::COUNT <= u16::BITS as usize, "a class has no bit");

impl ClassSet {
    pub(in crate::mechanism) fn of(classes: &[Class]) -> Self {
        Self(classes.iter().fold(0, |bits, class| bits | 1 << class.index()))
    }

    pub(in crate::mechanism) const fn contains(self, class: Class) -> bool {
        self.0 >> class.index() & 1 == 1
    }
}

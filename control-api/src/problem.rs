//! Errors, as [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) has them.

use serde::{Deserialize, Serialize};

use crate::time::Seconds;

/// The media type of a [`Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `https://hackstream.invalid/problems/CODE`: a name, not an address.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is, the same for each of its kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Which kind, for programs; stays the same between versions.
    pub code: Code,
    /// What happened this time, and what to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When it may be worth trying again; also in the header `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Seconds>,
    /// Why no node could take the session, node by node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeRefusal>,
}

/// Why a node cannot take a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeRefusal {
    /// The node's name.
    pub node: String,
    /// What it lacks: `memory`, `cpu`, `sessions`, `app`, `report`, `driver`, `limits`, or
    /// `cordoned`.
    pub lacks: String,
    /// How much the session needs, in bytes, thousandths of a CPU or pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<u64>,
    /// How much is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
}

macro_rules! codes {
    ($($(#[$documentation:meta])* $name:ident = $text:literal, $status:literal, $title:literal;)*) => {
        /// Which kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$documentation])* $name,)*
            /// What a newer hub knows.
            #[serde(other)]
            Unknown,
        }

        impl Code {
            /// All that are known.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As it stands in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Unknown => "unknown" }
            }

            /// The HTTP status that belongs to it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* Self::Unknown => 500 }
            }

            /// What it is, for a person.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* Self::Unknown => "An unknown problem" }
            }
        }
    };
}

codes! {
    /// The request is not what the document says.
    BadRequest = "bad_request", 400, "The request is malformed";
    /// There is no such path.
    NoSuchPath = "no_such_path", 404, "There is no such path";
    /// The path does not know this method.
    MethodNotAllowed = "method_not_allowed", 405, "The path does not take this method";
    /// The body is too large.
    TooLarge = "too_large", 413, "The request is too large";
    /// The body is no JSON.
    UnsupportedMedia = "unsupported_media", 415, "The body must be application/json";
    /// A field has a value that it cannot have, or is unknown.
    Invalid = "invalid", 422, "A field is wrong";
    /// No token, or one that is not good (any more).
    Unauthenticated = "unauthenticated", 401, "Log in first";
    /// The access token is past its time; the refresh token may help.
    TokenExpired = "token_expired", 401, "The access token has expired";
    /// A refresh token was used that had been exchanged before: all of its family are void.
    TokenReused = "token_reused", 401, "The refresh token was used before";
    /// Name and password do not fit, or the account is disabled.
    LoginFailed = "login_failed", 401, "Name or password is wrong";
    /// The current password, asked for before a change, is wrong.
    WrongPassword = "wrong_password", 422, "The current password is wrong";
    /// Too many wrong passwords.
    Throttled = "throttled", 429, "Too many failed attempts";
    /// Too many requests.
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    /// The role does not allow it.
    Forbidden = "forbidden", 403, "Not allowed";
    /// There is none, or it is somebody else's.
    NotFound = "not_found", 404, "Not found";
    /// The name is taken.
    NameTaken = "name_taken", 409, "The name is taken";
    /// The last administrator cannot be disabled or lose the role.
    LastAdmin = "last_admin", 409, "There would be no administrator left";
    /// The row has changed since it was read.
    VersionConflict = "version_conflict", 409, "It has changed since";
    /// The idempotency key was used for another request.
    IdempotencyMismatch = "idempotency_mismatch", 409, "The idempotency key belongs to another request";
    /// The user's quota is used up.
    QuotaExceeded = "quota_exceeded", 409, "The quota is used up";
    /// The session is not in a state for this.
    WrongState = "wrong_state", 409, "The session is not in a state for this";
    /// There is no such application, or the role may not use it.
    UnknownApp = "unknown_app", 422, "There is no such application";
    /// The application is known and does not run for this role.
    PolicyDenied = "policy_denied", 403, "The policy does not allow it";
    /// No node has room.
    NoCapacity = "no_capacity", 503, "No node has room";
    /// No node reports.
    NoNode = "no_node", 503, "No node is there";
    /// Too much to do at this moment.
    Busy = "busy", 503, "The hub is busy";
    /// The store cannot be written: disk full, read-only, gone.
    StoreUnavailable = "store_unavailable", 503, "The store cannot be used";
    /// The hub is ending.
    ShuttingDown = "shutting_down", 503, "The hub is shutting down";
    /// This part is not configured.
    /// A defect of the hub.
    Internal = "internal", 500, "Something went wrong in the hub";
}

impl Problem {
    /// A problem of that kind.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            kind: format!("https://hackstream.invalid/problems/{}", code.name()),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: None,
            retry_after: None,
            nodes: Vec::new(),
        }
    }

    /// With what happened this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With when to try again.
    #[must_use]
    pub fn retry_after(mut self, span: Seconds) -> Self {
        self.retry_after = Some(span);
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.detail.as_ref().unwrap_or(&self.title))
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_stands_in_json() {
        for code in Code::ALL {
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{}\"", code.name()));
        }
        let newer: Code = serde_json::from_str("\"of_tomorrow\"").unwrap();
        assert_eq!(newer, Code::Unknown);
    }
}

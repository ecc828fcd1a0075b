//! Why a ticket does not admit.

use crate::{SessionId, UnixSeconds};

/// Why a ticket does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It is not written as a ticket is.
    #[error("this is no connect ticket")]
    Malformed,
    /// None of the known keys signed it.
    #[error("the ticket is signed with a key that is unknown here")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the ticket's signature is wrong")]
    BadSignature,
    /// It is from the future.
    #[error(
        "the ticket is good from {from} on, and it is {now} here: set the clocks of hub and node right"
    )]
    NotYet {
        /// When it was signed.
        from: UnixSeconds,
        /// The time here.
        now: UnixSeconds,
    },
    /// Its time is over.
    #[error(
        "the ticket expired: it was good until {until}, and it is {now} here; ask for a new one"
    )]
    Expired {
        /// When it ended.
        until: UnixSeconds,
        /// The time here.
        now: UnixSeconds,
    },
    /// It is good for longer, or for shorter, than tickets are.
    #[error("no ticket is good for {seconds} seconds")]
    Lifetime {
        /// How long it claims to be good.
        seconds: u64,
    },
    /// It is for another session.
    #[error("the ticket is for the session {0}")]
    OtherSession(SessionId),
    /// It is for a session on another node.
    #[error("the ticket is for another node")]
    OtherNode,
    /// It is for a session that has another key.
    #[error("the ticket is for another server key")]
    OtherServerKey,
    /// It is for another viewer's key.
    #[error("the ticket is for another viewer's key")]
    OtherClientKey,
    /// Nothing proves that the viewer holds its key on this connection.
    #[error("the proof that belongs to the ticket is missing, or made for another connection")]
    BadProof,
    /// It has admitted somebody already.
    #[error("the ticket was used before")]
    Replayed,
    /// More tickets were used within a minute than are remembered.
    #[error("too many tickets were used at once; try again in a minute")]
    Crowded,
}

/// Kinds of refusals, for counting them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// No ticket, or not one of this hub.
    Forged,
    /// Too early or too late.
    Expired,
    /// Used before.
    Replayed,
    /// Of another session, server, viewer or connection.
    BadBinding,
    /// Too many at once.
    Crowded,
}

impl TicketError {
    /// What kind of refusal it is.
    #[must_use]
    pub const fn failure(&self) -> Failure {
        match self {
            Self::Malformed | Self::UnknownKey | Self::BadSignature | Self::Lifetime { .. } => {
                Failure::Forged
            }
            Self::NotYet { .. } | Self::Expired { .. } => Failure::Expired,
            Self::OtherSession(_)
            | Self::OtherNode
            | Self::OtherServerKey
            | Self::OtherClientKey
            | Self::BadProof => Failure::BadBinding,
            Self::Replayed => Failure::Replayed,
            Self::Crowded => Failure::Crowded,
        }
    }
}

impl Failure {
    /// Its name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::Replayed => "replayed",
            Self::BadBinding => "bad_binding",
            Self::Crowded => "crowded",
        }
    }
}

//! Why a viewer must go.

/// Why a viewer was not admitted, or must leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// The token is wrong or missing.
    WrongToken,
    /// The two sides speak different versions.
    WrongVersion,
    /// The session takes no more viewers.
    TooManyViewers,
    /// The session is over.
    SessionEnded,
    /// The peer broke the protocol.
    ProtocolError,
    /// Another connection of the same viewer took its place.
    Replaced,
    /// The connect ticket does not hold: it is too old, was used, or is somebody else's.
    BadTicket,
    /// A reason that this version does not know.
    Other(u64),
}

impl RefusalReason {
    pub(super) const fn number(self) -> u64 {
        match self {
            Self::WrongToken => 1,
            Self::WrongVersion => 2,
            Self::TooManyViewers => 3,
            Self::SessionEnded => 4,
            Self::ProtocolError => 5,
            Self::Replaced => 6,
            Self::BadTicket => 7,
            Self::Other(number) => number,
        }
    }

    pub(super) const fn from_number(number: u64) -> Self {
        match number {
            1 => Self::WrongToken,
            2 => Self::WrongVersion,
            3 => Self::TooManyViewers,
            4 => Self::SessionEnded,
            5 => Self::ProtocolError,
            6 => Self::Replaced,
            7 => Self::BadTicket,
            other => Self::Other(other),
        }
    }

    /// The reason as an application error code of the QUIC connection's close.
    #[must_use]
    pub const fn close_code(self) -> u32 {
        self.number() as u32
    }

    /// The reason behind an application error code.
    #[must_use]
    pub const fn from_close_code(code: u64) -> Self {
        Self::from_number(code)
    }
}

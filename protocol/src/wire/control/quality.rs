//! What the person prefers.

use crate::wire::WireError;

/// What the person prefers where quality costs time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// For weak machines and thin links: the cheapest decoders, few bytes.
    Low,
    /// Decided from what is measured.
    #[default]
    Auto,
    /// Sharpness before frame rate.
    High,
}

impl Quality {
    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Low => 1,
            Self::Auto => 2,
            Self::High => 3,
        }
    }

    pub(super) const fn from_number(value: u64) -> Result<Self, WireError> {
        match value {
            1 => Ok(Self::Low),
            2 => Ok(Self::Auto),
            3 => Ok(Self::High),
            _ => Err(WireError::meaningless("quality", value)),
        }
    }
}

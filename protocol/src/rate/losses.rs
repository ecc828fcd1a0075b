//! Which share of what is sent gets lost.

use super::Round;

/// Bytes that must have been sent before their loss tells anything: of thirty packets on a link
/// that loses every twentieth, four are lost now and then.
const TELLING_BYTES: u64 = 128 * 1200;

/// Counts losses over as many rounds as it takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Losses {
    sent: u64,
    lost: u64,
}

impl Losses {
    /// Adds a round. Returns the lost share in a thousand when enough was sent to tell.
    pub(super) fn add(&mut self, round: &Round) -> Option<u64> {
        self.lost += round.lost().0;
        self.sent += round.acked().0 + round.lost().0;
        if self.sent < TELLING_BYTES {
            return None;
        }
        let share = self.lost * 1000 / self.sent;
        *self = Self::default();
        Some(share)
    }
}

//! Whether a path loses packets, lately.

/// Packets over which losses are counted; at each time between half as many and all. On a link that
/// loses one in fifty ten of them are lost.
const MEMORY: u64 = 512;

/// One in so many packets lost makes a path a lossy one, and one in how many lets it stay so. A
/// single loss counts only soon after the connection began, when little else is known; later it is
/// an accident.
const BEGINS_AT_ONE_IN: u64 = 200;
const ENDS_BELOW_ONE_IN: u64 = 400;

/// What is thought of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    #[default]
    Clean,
    Lossy,
}

/// Follows the share of packets that get lost. There is no clock in it: a path that was lossy when
/// something was last sent on it still is.
#[derive(Clone, Copy, Debug, Default)]
pub struct LossShare {
    sent: u64,
    lost: u64,
    /// The connection's counters when they were last seen.
    seen: (u64, u64),
    standing: Standing,
}

impl LossShare {
    /// Takes the connection's counters of packets sent and packets lost, which only grow.
    pub fn observe(&mut self, sent: u64, lost: u64) {
        let (sent_before, lost_before) = core::mem::replace(&mut self.seen, (sent, lost));
        self.sent += sent.saturating_sub(sent_before);
        self.lost += lost.saturating_sub(lost_before);
        while self.sent > MEMORY {
            self.sent /= 2;
            self.lost /= 2;
        }
        self.standing = match self.standing {
            _ if self.lost == 0 => Standing::Clean,
            Standing::Clean if self.lost * BEGINS_AT_ONE_IN < self.sent => Standing::Clean,
            Standing::Lossy if self.lost * ENDS_BELOW_ONE_IN < self.sent => Standing::Clean,
            Standing::Clean | Standing::Lossy => Standing::Lossy,
        };
    }

    /// Whether what is sent now gets lost often enough to send it twice.
    #[must_use]
    pub const fn is_lossy(&self) -> bool {
        matches!(self.standing, Standing::Lossy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standing after so many packets of which one in `one_in` is lost.
    fn after(share: &mut LossShare, packets: u64, one_in: u64) -> bool {
        let (sent, lost) = share.seen;
        for packet in 1..=packets {
            share.observe(sent + packet, lost + packet / one_in);
        }
        share.is_lossy()
    }

    #[test]
    fn a_clean_path_stays_clean_and_one_accident_changes_nothing() {
        let mut share = LossShare::default();
        assert!(!after(&mut share, 10_000, u64::MAX));
        assert!(!after(&mut share, 10_000, 5_000));
    }

    #[test]
    fn one_in_fifty_is_noticed_with_the_first_loss_and_forgotten_in_time() {
        let mut share = LossShare::default();
        assert!(after(&mut share, 51, 50));
        assert!(after(&mut share, 10_000, 50));
        assert!(!after(&mut share, 4_000, u64::MAX));
    }

    #[test]
    fn one_in_fifty_is_noticed_after_a_long_time_without_loss() {
        let mut share = LossShare::default();
        assert!(!after(&mut share, 100_000, u64::MAX));
        assert!(after(&mut share, 400, 50));
    }

    #[test]
    fn counters_that_jump_or_go_back_are_survived() {
        let mut share = LossShare::default();
        share.observe(u64::MAX, u64::MAX);
        assert!(share.is_lossy());
        share.observe(0, 0);
        share.observe(u64::MAX / 2, 0);
        assert!(!share.is_lossy());
    }
}

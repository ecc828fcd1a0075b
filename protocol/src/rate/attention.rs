//! Whether a peer that is heard also hears.
//!
//! QUIC gives a connection up when nothing comes from the peer. A peer that goes on talking and
//! acknowledges nothing is never given up: what was sent to it is kept for sending again, and its place
//! is taken, for as long as it likes.

use core::time::Duration;

use crate::units::Timestamp;

/// Without an acknowledgement for so long, whoever is heard is asked for one. Long enough that most
/// outages of one way are over, and the viewer looks for another way meanwhile.
const ASK_AFTER: Duration = Duration::from_secs(20);

/// Whether to ask the peer for an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// No reason to.
    None,
    /// It is there and has acknowledged nothing for long.
    Ask,
}

/// What a peer left unacknowledged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attention {
    /// When the first of it left, or was last asked about; `None` if there was nothing since the last
    /// acknowledgement.
    unanswered: Option<Timestamp>,
}

impl Attention {
    /// Something left that is likely to be acknowledged.
    pub fn left(&mut self, now: Timestamp) {
        self.unanswered.get_or_insert(now);
    }

    /// The peer acknowledged something.
    pub const fn answered(&mut self) {
        self.unanswered = None;
    }

    /// The peer lives: it was heard, or is being answered.
    pub fn heard(&mut self, now: Timestamp) -> Doubt {
        match &mut self.unanswered {
            Some(since) if now.since(*since) >= ASK_AFTER => {
                *since = now;
                Doubt::Ask
            }
            _ => Doubt::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    #[test]
    fn who_acknowledges_is_never_asked() {
        let mut attention = Attention::default();
        for second in 0..1000 {
            attention.left(at(second));
            assert_eq!(attention.heard(at(second)), Doubt::None);
            attention.answered();
        }
        assert_eq!(attention.heard(at(5000)), Doubt::None, "nothing to answer");
    }

    #[test]
    fn who_only_talks_is_asked_once_in_a_while() {
        let mut attention = Attention::default();
        attention.left(at(100));
        let asked: Vec<u64> = (100..150)
            .filter(|&second| {
                attention.left(at(second));
                attention.heard(at(second)) == Doubt::Ask
            })
            .collect();
        assert_eq!(asked, [120, 140]);
    }
}

//! Whether the server is still heard.

use std::time::{Duration, Instant};

/// Silence after which new connections are tried beside the old one. The transport's keep-alives
/// make the server answer several times in it.
const SILENCE: Duration = Duration::from_secs(3);

/// Watches the count of datagrams received from the server.
#[derive(Debug)]
pub(super) struct Liveness {
    heard: u64,
    at: Instant,
}

impl Liveness {
    /// Begins at `now` with `heard` datagrams.
    pub(super) const fn new(heard: u64, now: Instant) -> Self {
        Self { heard, at: now }
    }

    /// Takes the present count; returns when it was last seen to grow if that is too long ago.
    pub(super) fn silent_since(&mut self, heard: u64, now: Instant) -> Option<Instant> {
        if heard != self.heard {
            *self = Self::new(heard, now);
        }
        (now.saturating_duration_since(self.at) >= SILENCE).then_some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_counts_from_the_last_growth() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let mut liveness = Liveness::new(5, start);
        assert_eq!(liveness.silent_since(5, start + second * 2), None);
        assert_eq!(liveness.silent_since(6, start + second * 3), None);
        assert_eq!(liveness.silent_since(6, start + second * 5), None);
        assert_eq!(
            liveness.silent_since(6, start + second * 6),
            Some(start + second * 3)
        );
        assert_eq!(liveness.silent_since(7, start + second * 60), None);
    }
}

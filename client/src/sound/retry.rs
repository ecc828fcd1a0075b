//! When a device that is gone is looked for again.

use std::time::{Duration, Instant};

/// The pauses between, one after the other: a sound server that restarts takes a moment.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// A device that was there for so long was all right: its loss is a new one.
const STEADY: Duration = Duration::from_secs(30);

/// What became of the device so far.
#[derive(Debug, Default)]
pub(super) struct Retry {
    device: Device,
    /// How many pauses of this row are over.
    paused: usize,
}

#[derive(Clone, Copy, Debug, Default)]
enum Device {
    /// There never was one, and this machine stays without.
    #[default]
    Never,
    /// There is one since then.
    Open(Instant),
    /// There was one.
    Gone,
}

impl Retry {
    /// A device is there.
    pub(super) fn opened(&mut self) {
        self.device = Device::Open(Instant::now());
    }

    /// It failed, or there was none: how long to wait before the next try; `None` if there is to be
    /// none.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        let lived = match self.device {
            Device::Never => return None,
            Device::Open(since) => since.elapsed(),
            Device::Gone => Duration::ZERO,
        };
        self.device = Device::Gone;
        self.pause_after(lived)
    }

    fn pause_after(&mut self, lived: Duration) -> Option<Duration> {
        if lived >= STEADY {
            self.paused = 0;
        }
        let pause = PAUSES.get(self.paused).copied();
        self.paused += 1;
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_there_is_looked_for_and_not_for_ever() {
        let mut retry = Retry::default();
        assert_eq!(retry.pause(), None, "there never was one");
        retry.opened();
        let pauses: Vec<_> = std::iter::from_fn(|| retry.pause()).collect();
        assert_eq!(pauses, PAUSES);
        assert_eq!(retry.pause_after(STEADY), Some(PAUSES[0]), "a new loss");
    }
}

//! How long a picture is waited for.
//!
//! Some devices give the first picture back only after the second, or the fourth, access unit went in. In
//! a film that is a delay of as many pictures; at a screen that changes seldom, of minutes. Our streams
//! have one picture for each access unit and say so (no reordering, one picture to refer to), so a
//! device that does not give it back within its time will not do so before the next one comes.

use std::time::Duration;

use super::V4l2Error;

/// Time that a device has for the first picture of a stream: firmware has to be started.
const FIRST: Duration = Duration::from_millis(500);

/// Time that it has for each one after that. Ten times what the slowest decoders need at 1080p; a
/// person hardly notices it, once.
const LATER: Duration = Duration::from_millis(100);

/// Counts what goes into a device and what comes out.
#[derive(Debug, Default)]
pub(super) struct Patience {
    sent: u64,
    returned: u64,
    /// When the last access unit went in.
    sent_at: Duration,
    /// Pictures that came out when the stream began.
    returned_before: u64,
}

impl Patience {
    /// Another stream begins.
    pub(super) const fn stream_begins(&mut self) {
        self.returned_before = self.returned;
        // What is still inside will not come any more.
        self.sent = self.returned;
    }

    /// An access unit goes in at `now`.
    pub(super) const fn sent(&mut self, now: Duration) {
        self.sent += 1;
        self.sent_at = now;
    }

    /// A picture came out.
    pub(super) const fn returned(&mut self) {
        self.returned += 1;
    }

    /// How much longer to wait at `now`.
    ///
    /// # Errors
    /// [`V4l2Error::Held`] if the picture should have come.
    pub(super) fn left(&self, now: Duration) -> Result<Duration, V4l2Error> {
        let allowed = if self.returned == self.returned_before {
            FIRST
        } else {
            LATER
        };
        let waited = now.saturating_sub(self.sent_at);
        match allowed.checked_sub(waited) {
            Some(left) if !left.is_zero() => Ok(left),
            _ => Err(V4l2Error::Held {
                sent: self.sent,
                returned: self.returned,
                waited,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_first_picture_of_a_stream_may_take_longer() {
        let mut patience = Patience::default();
        for stream in 0..2 {
            let start = ms(10_000 * stream);
            patience.stream_begins();
            patience.sent(start);
            assert_eq!(patience.left(start).unwrap(), FIRST);
            assert_eq!(patience.left(start + ms(499)).unwrap(), ms(1));
            patience.returned();
            patience.sent(start + ms(600));
            assert_eq!(patience.left(start + ms(699)).unwrap(), ms(1));
            assert!(patience.left(start + ms(700)).is_err());
            patience.returned();
        }
    }

    #[test]
    fn what_is_held_is_counted_and_told() {
        let mut patience = Patience::default();
        patience.stream_begins();
        for at in 0..3 {
            patience.sent(ms(at * 33));
            patience.returned();
        }
        patience.sent(ms(99));
        let error = patience.left(ms(250)).unwrap_err().to_string();
        assert_eq!(
            error,
            "the device holds pictures back: 4 went in, 3 came out, and none for 151 ms"
        );
    }
}

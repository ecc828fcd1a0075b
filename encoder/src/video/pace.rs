//! How often the program draws a picture of its video.

use core::time::Duration;

use hackstream_protocol::units::Timestamp;

/// Damage this soon after a picture's first belongs to the same picture.
const ONE_PICTURE: Duration = Duration::from_millis(12);

/// A pause of the video says nothing about its rate.
const LONGEST_INTERVAL: Duration = Duration::from_millis(200);

/// To start from.
const FIRST_INTERVAL: Duration = Duration::from_millis(33);

/// The time between pictures as they are drawn, whether they are sent or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    last: Option<Timestamp>,
    interval: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            last: None,
            interval: FIRST_INTERVAL,
        }
    }
}

impl Pace {
    /// Something was drawn.
    pub(crate) fn drawn(&mut self, now: Timestamp) {
        let Some(last) = self.last else {
            self.last = Some(now);
            return;
        };
        let since = now.since(last);
        if since >= ONE_PICTURE {
            self.interval = (self.interval * 7 + since.min(LONGEST_INTERVAL)) / 8;
            self.last = Some(now);
        }
    }

    /// The time between pictures, lately.
    pub(crate) const fn interval(&self) -> Duration {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_of_one_picture_are_one() {
        let mut pace = Pace::default();
        for picture in 0..100 {
            for stroke in 0..4 {
                pace.drawn(Timestamp(picture * 16_667 + stroke * 2_000));
            }
        }
        let micros = pace.interval().as_micros();
        assert!((16_000..17_500).contains(&micros), "{micros}");
    }
}

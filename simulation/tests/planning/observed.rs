//! What a person at the viewer sees, and when.

use std::time::Duration;

use hackstream_codec::Canvas;
use hackstream_protocol::geometry::Rect;
use hackstream_protocol::units::{Bitrate, Timestamp};
use hackstream_simulation::outcome::percentile;

use super::film::Film;
use super::ms;
use super::stage::Stage;

/// A frame with video as it was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Video {
    pub(crate) bytes: usize,
    /// That of the link, as the server knew it.
    pub(crate) rate: Bitrate,
}

#[derive(Default)]
pub(crate) struct Observed {
    /// Letters that the viewer does not show yet, and when they were typed.
    awaited: Vec<(Timestamp, Rect)>,
    /// When a letter came to be shown, to the pixel, and how old it was.
    pub(crate) keys: Vec<(Timestamp, Duration)>,
    /// The same of the film's pictures.
    pub(crate) pictures: Vec<(Timestamp, Duration)>,
    newest_picture: Option<usize>,
    pub(crate) videos: Vec<Video>,
}

impl Observed {
    pub(crate) fn typed(&mut self, letters: &[Rect], now: Timestamp) {
        self.awaited
            .extend(letters.iter().map(|letter| (now, *letter)));
    }

    /// The viewer shows something else.
    pub(crate) fn shown(
        &mut self,
        (shown, stage): (&Canvas, &Stage),
        film: Option<&Film>,
        now: Timestamp,
    ) {
        let keys = &mut self.keys;
        self.awaited.retain(|&(typed, letter)| {
            let is_shown = is_same(shown, &stage.canvas, &letter);
            if is_shown {
                keys.push((now, now.since(typed)));
            }
            !is_shown
        });
        let Some(film) = film else { return };
        let picture = film.number_in(shown, stage.pictures.len());
        if picture > self.newest_picture {
            self.newest_picture = picture;
            let drawn = picture.map_or(now, |number| stage.pictures[number]);
            self.pictures.push((now, now.since(drawn)));
        }
    }

    /// Forgets what was seen.
    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        self.pictures.clear();
        self.videos.clear();
    }

    /// How old a letter is at most when it is shown, in so many percent of all; one that is not
    /// shown is as old as it is.
    pub(crate) fn key_age(&self, percent: usize, now: Timestamp) -> Duration {
        let missing = self.awaited.iter().map(|(typed, _)| now.since(*typed));
        let ages = self.keys.iter().map(|(_, age)| *age);
        // One that was just typed has had no time.
        percentile(ages.chain(missing.filter(|age| *age > ms(200))), percent)
    }

    pub(crate) fn picture_age(&self, percent: usize) -> Duration {
        percentile(self.pictures.iter().map(|(_, age)| *age), percent)
    }

    /// All in a line, of what was seen in `time`.
    pub(crate) fn summary(&self, time: Duration, now: Timestamp) -> String {
        let pictures = self.pictures.len() as f64 / time.as_secs_f64();
        let ages = [50, 95, 100].map(|percent| self.picture_age(percent).as_millis());
        let keys = [50, 95, 100].map(|percent| self.key_age(percent, now).as_millis());
        let mut over: Vec<usize> = (self.videos.iter())
            .map(|video| video.bytes * 100 / (video.rate.0 as usize / 8 * 7 / 300).max(1))
            .collect();
        over.sort_unstable();
        let at = |percent: usize| over.get(over.len().saturating_sub(1) * percent / 100);
        format!(
            "{pictures:4.1} pictures/s, {ages:?} ms; {} keys, {keys:?} ms; % of room {:?}",
            self.keys.len(),
            [at(50), at(95), at(100)]
        )
    }
}

pub(crate) fn is_same(a: &Canvas, b: &Canvas, rect: &Rect) -> bool {
    a.size() == b.size() && (rect.top..rect.bottom).all(|y| a.span(rect, y) == b.span(rect, y))
}

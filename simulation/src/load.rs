//! What there is to send.

use std::time::Duration;

use hackstream_protocol::rate::{PathView, Room};
use hackstream_protocol::units::{Bitrate, Timestamp};

use crate::flow::Source;
use crate::random::Random;

/// The echo of a key.
const KEY_BYTES: u64 = 400;

/// Most that is handed over at once of a load without end.
const BULK_BYTES: u64 = 48 * 1024;

/// Share of the link that video takes, as in the encoder.
const VIDEO_SHARE: f64 = 0.7;

/// What a frame shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The answer to a key.
    Key,
    /// A picture of a video.
    Video,
    /// A part of something large.
    Bulk,
}

/// What happens on the server's screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Time between keys.
    pub keys: Option<Duration>,
    /// A video.
    pub video: Option<Video>,
    /// Whether there is always more to show.
    pub bulk: bool,
}

/// A video whose pictures become coarser to fit the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Video {
    /// Time between pictures.
    pub every: Duration,
    /// Bytes of the coarsest picture and of the finest.
    pub bytes: [u64; 2],
}

impl Load {
    /// Always more.
    pub const BULK: Self = Self {
        keys: None,
        video: None,
        bulk: true,
    };

    /// Ten keys a second.
    pub const KEYS: Self = Self {
        keys: Some(Duration::from_millis(97)),
        video: None,
        bulk: false,
    };

    /// A film at 30 frames/s, as H.264 codes 720p, and keys.
    pub const FILM: Self = Self {
        keys: Some(Duration::from_millis(97)),
        video: Some(Video {
            every: Duration::from_micros(33_333),
            bytes: [2_500, 60_000],
        }),
        bulk: false,
    };
}

/// A frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// What it shows.
    pub kind: Kind,
    /// When it was wanted.
    pub due: Timestamp,
    /// Its size.
    pub bytes: u64,
}

/// Makes frames when there is something to show and room, as a server's pump does.
#[derive(Clone, Debug)]
pub struct Pump {
    load: Load,
    room: Room,
    frames: Vec<Frame>,
    unconfirmed: u64,
    next_key: Timestamp,
    next_video: Timestamp,
    key: Option<Timestamp>,
    picture: Option<Timestamp>,
    random: Random,
}

impl Pump {
    /// A pump that has nothing to show.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            load: Load::default(),
            room: Room::default(),
            frames: Vec::new(),
            unconfirmed: 0,
            next_key: Timestamp(0),
            next_video: Timestamp(0),
            key: None,
            picture: None,
            random: Random::new(seed),
        }
    }

    /// Changes what happens from `now` on.
    pub fn show(&mut self, now: Timestamp, load: Load) {
        if load != self.load {
            self.load = load;
            (self.next_key, self.next_video) = (now, now);
            (self.key, self.picture) = (None, None);
        }
    }

    /// Only the newest of what happened is shown, but a key is as old as its first.
    fn look(&mut self, now: Timestamp) {
        while let Some(every) = self.load.keys.filter(|_| self.next_key <= now) {
            self.key.get_or_insert(self.next_key);
            self.next_key = self.next_key.after(every);
        }
        while let Some(video) = self.load.video.filter(|_| self.next_video <= now) {
            self.picture = Some(self.next_video);
            self.next_video = self.next_video.after(video.every);
        }
    }

    fn picture_bytes(&mut self, rate: Bitrate) -> u64 {
        let Some(video) = self.load.video else {
            return 0;
        };
        let share = rate.bytes_in(video.every).0 as f64 * VIDEO_SHARE;
        let noise = 0.7 + 0.6 * self.random.unit();
        let [least, most] = video.bytes;
        ((share * noise) as u64).clamp(least, most)
    }
}

impl Source for Pump {
    fn next_change(&self) -> Option<Timestamp> {
        let key = self.load.keys.map(|_| self.next_key);
        let picture = self.load.video.map(|_| self.next_video);
        [key, picture].into_iter().flatten().min()
    }

    fn next_frame(&mut self, now: Timestamp, path: &PathView, _: usize) -> Option<(usize, u64)> {
        self.look(now);
        let allowance = self.room.allowance(path, self.unconfirmed)?;
        let frame = if let Some(due) = self.key.take() {
            (Kind::Key, due, KEY_BYTES)
        } else if let Some(due) = self.picture.take() {
            (Kind::Video, due, self.picture_bytes(allowance.rate))
        } else if self.load.bulk {
            (Kind::Bulk, now, allowance.budget.0.min(BULK_BYTES))
        } else {
            return None;
        };
        let (kind, due, bytes) = frame;
        self.room.handed_over(bytes as usize, path);
        self.unconfirmed += bytes;
        self.frames.push(Frame { kind, due, bytes });
        Some((self.frames.len() - 1, bytes))
    }

    fn arrived(&mut self, _: Timestamp, number: usize) -> Option<Frame> {
        Some(self.frames[number])
    }

    fn confirmed(&mut self, number: usize) {
        self.unconfirmed -= self.frames[number].bytes;
    }
}

//! Measurements of the viewer: where the time goes between the application and the person.
//!
//! Whoever does the work counts it in [`Counters`], which costs a few atomic additions a frame.
//! Once a second the [`Reporter`], if anybody wants it, takes what was counted as a `Period`, names
//! its bottleneck, prints it as a line for people or for programs, and has it drawn over the picture.

mod answers;
mod histogram;
mod json;
mod line;
mod panel;
mod path;
mod period;
mod reporter;
mod stage;
mod verdict;
mod way;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hackstream_protocol::ids::InputSeq;
use hackstream_protocol::units::micros;
use hackstream_transport::Connection;

use answers::Answers;
use histogram::Histogram;
use path::Paths;
use period::Period;
use stage::{STAGES, Stage};

use crate::sound::SoundReport;

pub(crate) use answers::expects_answer;
pub(crate) use reporter::Reporter;
pub(crate) use way::Way;

/// Who looks at the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Front {
    /// A window: a frame counts as seen once it was presented.
    #[default]
    Window,
    /// Nobody: a frame counts as seen once it was decoded.
    Memory,
}

/// What became of one frame on its way into the picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameTimes {
    /// Bytes of its payload.
    pub(crate) bytes: usize,
    /// From the first change in it until its pixels were read, as the server says.
    pub(crate) waited: Duration,
    /// Reading and encoding, as the server says.
    pub(crate) encoding: Duration,
    /// On the way, beyond the quickest.
    pub(crate) queued: Duration,
    /// From its arrival until the decoder was free.
    pub(crate) waiting: Duration,
    /// From then on until earlier frames had come.
    pub(crate) ordering: Duration,
    /// Decoding.
    pub(crate) decoding: Duration,
}

#[cfg(test)]
impl FrameTimes {
    /// A frame that took a time of its own in each stage, and longest to encode.
    fn example() -> Self {
        let ms = Duration::from_millis;
        Self {
            bytes: 1000,
            waited: ms(1),
            encoding: ms(30),
            queued: ms(2),
            waiting: ms(3),
            ordering: ms(4),
            decoding: ms(5),
        }
    }
}

/// What waits for a presentation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unseen {
    /// When the first frame that was not presented yet was decoded.
    painted: Option<Instant>,
    /// When the input was sent that one of them answers.
    input: Option<Instant>,
}

impl Unseen {
    /// A frame was decoded at `painted`, and answers the input sent at `input`, if any.
    pub(crate) fn add(&mut self, painted: Instant, input: Option<Instant>) {
        self.painted = self.painted.or(Some(painted));
        self.input = self.input.or(input);
    }
}

/// What was counted since it was last taken.
#[derive(Default)]
pub(crate) struct Counters {
    front: Front,
    stages: [Histogram; STAGES],
    frame_bytes: AtomicU64,
    overtaken: AtomicU64,
    last_presenting_micros: AtomicU64,
    answers: Answers,
    paths: Paths,
}

impl Counters {
    /// Nothing so far.
    pub(crate) fn new(front: Front) -> Self {
        Self {
            front,
            ..Self::default()
        }
    }

    /// A connection serves the viewer from now on.
    pub(crate) fn attached(&self, connection: Connection) {
        self.paths.attach(connection);
    }

    /// No connection serves the viewer any more.
    pub(crate) fn detached(&self) {
        self.paths.detach();
    }

    /// An input that [expects an answer](expects_answer) leaves at `at` as event `number` of
    /// connection `link`.
    pub(crate) fn sent(&self, link: u64, number: InputSeq, at: Instant) {
        self.answers.sent(link, number, at);
    }

    /// A frame arrived after a later one that left after it.
    pub(crate) fn overtaken(&self) {
        self.overtaken.fetch_add(1, Relaxed);
    }

    /// A frame of connection `link` that was made after input `number` was decoded at `painted`;
    /// `unseen` notes what of it a presentation completes.
    pub(crate) fn painted(
        &self,
        unseen: &mut Unseen,
        link: u64,
        number: InputSeq,
        painted: Instant,
    ) {
        let input = self.answers.answered(link, number);
        match self.front {
            Front::Window => unseen.add(painted, input),
            Front::Memory => self.answered(input, painted),
        }
    }

    /// Counts a decoded frame.
    pub(crate) fn decoded(&self, frame: &FrameTimes) {
        self.frame_bytes.fetch_add(frame.bytes as u64, Relaxed);
        self.record(Stage::CaptureWait, frame.waited);
        self.record(Stage::Encode, frame.encoding);
        self.record(Stage::Queue, frame.queued);
        self.record(Stage::DecodeWait, frame.waiting);
        self.record(Stage::Order, frame.ordering);
        self.record(Stage::Decode, frame.decoding);
    }

    /// Counts a presentation of `unseen` from `begun` to `ended`.
    pub(crate) fn presented(&self, unseen: Unseen, begun: Instant, ended: Instant) {
        let time = ended.saturating_duration_since(begun);
        self.record(Stage::Present, time);
        self.last_presenting_micros.store(micros(time), Relaxed);
        if let Some(painted) = unseen.painted {
            self.record(Stage::ShowWait, begun.saturating_duration_since(painted));
        }
        self.answered(unseen.input, ended);
    }

    /// Time that the last presentation took; zero before the first.
    pub(crate) fn last_presenting(&self) -> Duration {
        Duration::from_micros(self.last_presenting_micros.load(Relaxed))
    }

    fn answered(&self, input: Option<Instant>, seen: Instant) {
        if let Some(sent) = input {
            self.record(Stage::InputToFrame, seen.saturating_duration_since(sent));
        }
    }

    fn record(&self, stage: Stage, time: Duration) {
        self.stages[stage as usize].record(time);
    }

    /// All that was counted since the last call; `time` and `screen` are passed on.
    fn take(&self, time: Duration, screen: hackstream_protocol::geometry::Size) -> Period {
        Period {
            time,
            screen,
            frame_bytes: self.frame_bytes.swap(0, Relaxed),
            overtaken: self.overtaken.swap(0, Relaxed),
            path: self.paths.take(),
            stages: std::array::from_fn(|index| self.stages[index].take()),
            sound: SoundReport::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn frame() -> FrameTimes {
        FrameTimes {
            bytes: 500,
            waited: ms(1),
            encoding: ms(2),
            queued: ms(3),
            waiting: ms(4),
            ordering: ms(5),
            decoding: ms(6),
        }
    }

    fn take(counters: &Counters) -> Period {
        counters.take(Duration::from_secs(1), Size::new(640, 480))
    }

    #[test]
    fn a_period_holds_what_was_counted_in_it() {
        let counters = Counters::new(Front::Window);
        counters.decoded(&frame());
        counters.decoded(&frame());
        counters.overtaken();
        let period = take(&counters);
        assert_eq!(
            (period.frames(), period.frame_bytes, period.overtaken),
            (2, 1000, 1)
        );
        let means = [
            Stage::CaptureWait,
            Stage::Encode,
            Stage::Queue,
            Stage::DecodeWait,
            Stage::Order,
            Stage::Decode,
        ]
        .map(|stage| period.stage(stage).mean());
        assert_eq!(means, [1, 2, 3, 4, 5, 6].map(ms));
        assert_eq!(take(&counters).frames(), 0);
    }

    #[test]
    fn an_input_is_answered_when_its_frame_was_presented() {
        let (counters, start) = (Counters::new(Front::Window), Instant::now());
        let mut unseen = Unseen::default();
        counters.sent(1, InputSeq(1), start);
        counters.painted(&mut unseen, 1, InputSeq(1), start + ms(20));
        counters.painted(&mut unseen, 1, InputSeq(1), start + ms(22));
        counters.presented(unseen, start + ms(25), start + ms(30));
        let period = take(&counters);
        let mean = |stage| (period.stage(stage).count(), period.stage(stage).mean());
        assert_eq!(mean(Stage::InputToFrame), (1, ms(30)));
        assert_eq!(mean(Stage::ShowWait), (1, ms(5)));
        assert_eq!(mean(Stage::Present), (1, ms(5)));
        assert_eq!(counters.last_presenting(), ms(5));
    }

    #[test]
    fn without_a_window_decoding_is_the_answer() {
        let (counters, start) = (Counters::new(Front::Memory), Instant::now());
        let mut unseen = Unseen::default();
        counters.sent(1, InputSeq(1), start);
        counters.painted(&mut unseen, 1, InputSeq(1), start + ms(20));
        assert_eq!(unseen, Unseen::default());
        assert_eq!(take(&counters).stage(Stage::InputToFrame).mean(), ms(20));
    }
}

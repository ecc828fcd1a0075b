//! A decoder in memory, with the habits of real ones, for tests.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hackstream_protocol::geometry::{Rect, Size};

use super::V4l2Error;
use super::device::{Device, Done, Event, Flow, Format, FourCc, Outcome, PlaneFormat, Queue};

/// Time that passes in a wait in which nothing happens.
const STEP: Duration = Duration::from_millis(10);

/// A clock that only waiting moves.
#[derive(Clone, Default)]
pub(super) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(super) fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn pass(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap();
        self.0.fetch_add(ms.max(1), Ordering::Relaxed);
    }
}

/// How a device behaves.
#[derive(Clone)]
pub(super) struct Habits {
    /// Formats of pictures, its favourite first.
    pub(super) codes: Vec<FourCc>,
    /// Bytes that rows are padded to.
    pub(super) alignment: u32,
    /// Pictures that stay inside.
    pub(super) holds: usize,
    /// Time for one picture.
    pub(super) takes: Duration,
    /// Whether it looks for the size of the pictures itself, and tells.
    pub(super) looks: bool,
    /// Whether it says nothing of its pictures before it has looked.
    pub(super) shy: bool,
    /// Times that it changes its mind after that.
    pub(super) fickle: u32,
    /// Where pictures begin in memory, if it says so.
    pub(super) origin: Option<(i32, i32)>,
    /// The number of the access unit at which something happens.
    pub(super) mishap: Option<(u64, Mishap)>,
    /// What it says of the buffers for pictures in place of the truth.
    pub(super) claim: Option<Format>,
    /// Bytes of a buffer for access units.
    pub(super) room: usize,
}

/// What may go wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// The access unit is marked as damaged.
    Damaged,
    /// The device is gone.
    Gone,
    /// The picture bears the stamp of another.
    WrongStamp,
    /// The planes are shorter than was said.
    ShortPlanes,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            codes: vec![FourCc::YU12, FourCc::NV12],
            alignment: 32,
            holds: 0,
            takes: Duration::from_millis(10),
            looks: false,
            shy: false,
            fickle: 0,
            origin: None,
            mishap: None,
            claim: None,
            room: 1 << 20,
        }
    }
}

/// A decoder in memory.
pub(super) struct Fake {
    habits: Habits,
    clock: Clock,
    /// Formats that are set: of pictures, and the size of the stream.
    code: FourCc,
    size: Size,
    flows: [Flow; 2],
    /// Whether it decodes nothing before it has other buffers for pictures.
    awaits_buffers: bool,
    /// Who has the buffers of each queue: true if the device.
    given: [Vec<bool>; 2],
    memory: Vec<Vec<Vec<u8>>>,
    /// Access units inside: when they came, and their stamps.
    inside: VecDeque<(Duration, u64)>,
    unread: VecDeque<u32>,
    free: VecDeque<u32>,
    done: VecDeque<Done>,
    events: VecDeque<Event>,
    /// Calls that were made, for tests that count.
    pub(super) counts: Counts,
}

/// How often something was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) coded_allocations: u32,
    pub(super) decoded_allocations: u32,
}

/// The sample at (`x`, `y`) of plane 0, 1 or 2 of the picture with a stamp.
pub(super) fn sample(stamp: u64, plane: usize, x: usize, y: usize) -> u8 {
    (stamp as usize * 11 + plane * 70 + x * 3 + y * 5) as u8
}

impl Fake {
    pub(super) fn new(habits: Habits, clock: Clock) -> Self {
        Self {
            code: habits.codes[0],
            habits,
            clock,
            size: Size::new(32, 32),
            flows: [Flow::Off; 2],
            awaits_buffers: false,
            given: [Vec::new(), Vec::new()],
            memory: Vec::new(),
            inside: VecDeque::new(),
            unread: VecDeque::new(),
            free: VecDeque::new(),
            done: VecDeque::new(),
            events: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    fn mishap(&self, stamp: u64) -> Option<Mishap> {
        let (at, mishap) = self.habits.mishap?;
        (at == stamp).then_some(mishap)
    }

    fn truth(&self) -> Format {
        let (left, top) = self.habits.origin.unwrap_or_default();
        let wide = self.size.width + left as u32;
        let high = self.size.height + top as u32;
        let stride = wide.next_multiple_of(self.habits.alignment);
        let rows = high.next_multiple_of(16);
        let plane = |stride: u32, rows: u32| PlaneFormat {
            stride,
            bytes: stride * rows,
        };
        let planes = match self.code {
            FourCc::YM12 => vec![
                plane(stride, rows),
                plane(stride / 2, rows / 2),
                plane(stride / 2, rows / 2),
            ],
            FourCc::NM12 => vec![plane(stride, rows), plane(stride, rows / 2)],
            _ => vec![PlaneFormat {
                stride,
                bytes: stride * rows / 2 * 3,
            }],
        };
        Format {
            code: self.code,
            size: Size::new(stride, rows),
            planes,
        }
    }

    /// Decodes what can be decoded by now.
    fn work(&mut self) {
        if self.flows[Queue::Coded as usize] == Flow::Off || self.awaits_buffers {
            return;
        }
        while let Some(&(came, stamp)) = self.inside.front() {
            let is_due = self.clock.now() >= came + self.habits.takes;
            let is_held = self.inside.len() <= self.habits.holds;
            if !is_due || is_held {
                return;
            }
            let free = self.free.pop_front();
            if self.habits.looks {
                self.look(free);
                return;
            }
            let Some(index) = free else { return };
            self.inside.pop_front();
            let outcome = match self.mishap(stamp) {
                Some(Mishap::Damaged) => Outcome::Damaged,
                _ => Outcome::Whole,
            };
            self.paint(index, stamp);
            let wrong = self.mishap(stamp) == Some(Mishap::WrongStamp);
            self.finish(index, stamp + u64::from(wrong), outcome);
        }
    }

    /// Finds out how large the pictures are.
    fn look(&mut self, free: Option<u32>) {
        self.habits.shy = false;
        self.awaits_buffers = true;
        self.habits.looks = self.habits.fickle > 0;
        self.habits.fickle = self.habits.fickle.saturating_sub(1);
        self.events.push_back(Event::SourceChange);
        if let Some(index) = free {
            self.finish(index, 0, Outcome::Empty);
        }
    }

    fn finish(&mut self, index: u32, stamp: u64, outcome: Outcome) {
        self.given[Queue::Decoded as usize][index as usize] = false;
        self.done.push_back(Done {
            index,
            stamp,
            outcome,
        });
    }

    fn paint(&mut self, index: u32, stamp: u64) {
        let truth = self.truth();
        let (left, top) = self.habits.origin.unwrap_or_default();
        let (left, top) = (left as usize, top as usize);
        let (stride, rows) = (truth.planes[0].stride as usize, truth.size.height as usize);
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let memory = &mut self.memory[index as usize];
        for y in 0..height {
            for x in 0..width {
                memory[0][(y + top) * stride + x + left] = sample(stamp, 0, x, y);
            }
        }
        let (left, top) = (left / 2, top / 2);
        for (plane, (y, x)) in [1, 2].into_iter().flat_map(|plane| {
            let places = (0..height / 2).flat_map(move |y| (0..width / 2).map(move |x| (y, x)));
            places.map(move |place| (plane, place))
        }) {
            let (row, column) = (y + top, x + left);
            let half = stride / 2;
            let (at, offset) = match truth.code {
                FourCc::YM12 => (plane, row * half + column),
                FourCc::NM12 => (1, row * stride + 2 * column + plane - 1),
                FourCc::NV12 => (0, (rows + row) * stride + 2 * column + plane - 1),
                _ => (
                    0,
                    rows * stride + (plane - 1) * half * (rows / 2) + row * half + column,
                ),
            };
            // Planes may be shorter than they should be.
            if let Some(to) = memory[at].get_mut(offset) {
                *to = sample(stamp, plane, x, y);
            }
        }
    }
}

impl Device for Fake {
    fn formats(&mut self, queue: Queue) -> Result<Vec<FourCc>, V4l2Error> {
        Ok(match queue {
            Queue::Coded => vec![FourCc::H264],
            Queue::Decoded => self.habits.codes.clone(),
        })
    }

    fn format(&mut self, queue: Queue) -> Result<Format, V4l2Error> {
        assert_eq!(queue, Queue::Decoded, "nobody asks for the other one");
        if self.habits.shy {
            return Err(V4l2Error::Refused {
                what: "tell a format",
                said: std::io::ErrorKind::InvalidInput.into(),
            });
        }
        Ok(self.habits.claim.clone().unwrap_or_else(|| self.truth()))
    }

    fn set_format(&mut self, queue: Queue, wanted: &Format) -> Result<Format, V4l2Error> {
        assert!(self.given[queue as usize].is_empty(), "no buffers yet");
        match queue {
            Queue::Coded => {
                self.size = wanted.size;
                Ok(wanted.clone())
            }
            Queue::Decoded => {
                self.code = wanted.code;
                self.format(queue)
            }
        }
    }

    fn visible(&mut self) -> Result<Option<Rect>, V4l2Error> {
        let Size { width, height, .. } = self.size;
        let visible = |(left, top)| Rect::new(left, top, width, height);
        Ok(self.habits.origin.map(visible))
    }

    fn allocate(&mut self, queue: Queue, count: u32) -> Result<u32, V4l2Error> {
        assert_eq!(self.flows[queue as usize], Flow::Off);
        self.given[queue as usize] = vec![false; count as usize];
        if count == 0 {
            return Ok(0);
        }
        match queue {
            Queue::Coded => self.counts.coded_allocations += 1,
            Queue::Decoded => {
                self.counts.decoded_allocations += 1;
                let short = matches!(self.habits.mishap, Some((_, Mishap::ShortPlanes)));
                let planes = self.truth().planes.into_iter();
                let planes = planes.map(|plane| vec![0; plane.bytes as usize - usize::from(short)]);
                self.memory = vec![planes.collect(); count as usize];
            }
        }
        Ok(count)
    }

    fn switch(&mut self, queue: Queue, flow: Flow) -> Result<(), V4l2Error> {
        self.flows[queue as usize] = flow;
        self.awaits_buffers &= (queue, flow) != (Queue::Decoded, Flow::On);
        if flow == Flow::Off {
            self.given[queue as usize].fill(false);
            match queue {
                Queue::Coded => {
                    self.inside.clear();
                    self.unread.clear();
                }
                Queue::Decoded => {
                    self.free.clear();
                    self.done.clear();
                }
            }
        }
        Ok(())
    }

    fn give_coded(&mut self, index: u32, unit: &[u8], stamp: u64) -> Result<(), V4l2Error> {
        let given = &mut self.given[Queue::Coded as usize][index as usize];
        assert!(!std::mem::replace(given, true), "it is ours to give");
        let (bytes, room) = (unit.len(), self.habits.room);
        if bytes > room {
            return Err(V4l2Error::TooLarge { bytes, room });
        }
        if self.mishap(stamp) == Some(Mishap::Gone) {
            return Err(V4l2Error::Gone);
        }
        self.inside.push_back((self.clock.now(), stamp));
        self.unread.push_back(index);
        Ok(())
    }

    fn give_decoded(&mut self, index: u32) -> Result<(), V4l2Error> {
        let given = &mut self.given[Queue::Decoded as usize][index as usize];
        assert!(!std::mem::replace(given, true), "it is ours to give");
        self.free.push_back(index);
        Ok(())
    }

    fn take(&mut self, queue: Queue) -> Result<Option<Done>, V4l2Error> {
        self.work();
        match queue {
            Queue::Coded => Ok(self.unread.pop_front().map(|index| {
                self.given[queue as usize][index as usize] = false;
                Done {
                    index,
                    stamp: 0,
                    outcome: Outcome::Whole,
                }
            })),
            Queue::Decoded => Ok(self.done.pop_front()),
        }
    }

    fn event(&mut self) -> Result<Option<Event>, V4l2Error> {
        self.work();
        Ok(self.events.pop_front())
    }

    fn wait(&mut self, at_most: Duration) -> Result<(), V4l2Error> {
        self.clock.pass(at_most.min(STEP));
        Ok(())
    }

    fn plane(&self, index: u32, plane: usize) -> &[u8] {
        let is_ours = !self.given[Queue::Decoded as usize][index as usize];
        let planes = self.memory.get(index as usize).filter(|_| is_ours);
        planes
            .and_then(|planes| planes.get(plane))
            .map_or(&[], |plane| &plane[..])
    }
}

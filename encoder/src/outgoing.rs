//! What is on its way to one viewer, and what follows from it: when its next frame is made, how
//! large, and which frame that one must wait for.
//!
//! All that a server decides about sending a frame, without the thread, the clock and the socket
//! that carry it out; so the same decisions are driven by `server/src/viewer/pump.rs` and by the
//! simulation.

use core::time::Duration;

use hackstream_protocol::ids::FrameId;
use hackstream_protocol::rate::{Allowance, PathView, Room};
use hackstream_protocol::session::ledger::Ledger;
use hackstream_protocol::units::Timestamp;

use crate::encoder::{Encoder, Link};
use crate::frame::Frame;

/// Frames on the way to a viewer, at most. Far more than any link needs; a viewer that receives
/// and never reports costs a bounded amount of memory.
const MOST_UNCONFIRMED: usize = 128;

/// Decoding that may wait in the viewer beyond what a round trip takes, so that it always has
/// something to do. With more, what it shows would be old: it is better to skip pictures here.
const MOST_DECODING: Duration = Duration::from_millis(40);

/// Frames up to this size overtake larger ones inside the connection: they answer input.
const SMALL_FRAME: usize = 2048;

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Make a frame with what the link has room for.
    Make(Link),
    /// Make a [small frame](Encoder::next_small_frame), which overtakes what there is no room behind.
    MakeSmall(Link),
    /// Nothing until this time, unless there is news before.
    At(Timestamp),
    /// Nothing until there is news, of the screen or of the link.
    AfterNews,
    /// Nothing until the viewer reports frames: it owes more than any that is well.
    AfterReports,
}

/// The account of one viewer's frames.
#[derive(Debug, Default)]
pub struct Outgoing {
    ledger: Ledger,
    room: Room,
    /// The last frames that used the history and the video stream.
    last_history: FrameId,
    last_video: FrameId,
}

impl Outgoing {
    /// An account of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to do at `now`. `path`, the state of the connection, is only asked for when that
    /// depends on it.
    pub fn turn(&self, encoder: &Encoder, now: Timestamp, path: impl FnOnce() -> PathView) -> Turn {
        match encoder.work_at() {
            None => Turn::AfterNews,
            Some(due) if due > now => Turn::At(due),
            Some(_) => self.making(encoder, path),
        }
    }

    /// What may be sent now, if anything.
    fn making(&self, encoder: &Encoder, path: impl FnOnce() -> PathView) -> Turn {
        if self.ledger.unconfirmed() >= MOST_UNCONFIRMED {
            return Turn::AfterReports;
        }
        let (path, unconfirmed) = (path(), self.ledger.unconfirmed_bytes());
        if encoder.costs().backlog() > path.rtt + MOST_DECODING {
            return Turn::AfterNews;
        }
        if let Some(allowance) = self.room.allowance(&path, unconfirmed) {
            return Turn::Make(link(allowance));
        }
        let small = self.room.allowance_to_overtake(&path).map(link);
        let small = small.filter(|&link| encoder.has_small(link));
        small.map_or(Turn::AfterNews, Turn::MakeSmall)
    }

    /// The number that the next frame gets.
    #[must_use]
    pub const fn next_id(&self) -> FrameId {
        self.ledger.next_id()
    }

    /// The frame that `frame`, which was just made, must wait for; 0 if for none.
    #[must_use]
    pub fn dependency(&self, frame: &Frame) -> FrameId {
        let history = frame.uses_history.then_some(self.last_history);
        let video = frame.uses_video.then_some(self.last_video);
        let named = [Some(frame.after), history, video].into_iter().flatten();
        named
            .filter(|&id| !self.ledger.is_confirmed(id))
            .chain([self.ledger.dependency(&frame.reads, &frame.writes)])
            .fold(FrameId(0), FrameId::max)
    }

    /// Records that `frame` is handed over to the connection as `bytes`, its header included.
    /// Returns its number.
    pub fn sent(&mut self, frame: &Frame, bytes: usize, path: &PathView) -> FrameId {
        self.room.handed_over(bytes, path);
        if bytes <= SMALL_FRAME {
            self.room.overtakes(bytes, path);
        }
        let id = self.ledger.sent(bytes, &frame.reads, &frame.writes);
        if frame.is_reset {
            self.ledger.set_barrier(id);
        }
        if frame.uses_history {
            self.last_history = id;
        }
        if frame.uses_video {
            self.last_video = id;
        }
        id
    }

    /// Records that the viewer applied `id`, which took it `decoding`; `encoder` made that frame.
    /// False if it was not outstanding: a viewer that lies or repeats itself changes nothing.
    pub fn confirm(&mut self, encoder: &mut Encoder, id: FrameId, decoding: Duration) -> bool {
        let is_news = self.ledger.confirm(id);
        if is_news {
            encoder.costs_mut().decoded(id, decoding);
        }
        is_news
    }

    /// Frames that the viewer has not yet confirmed.
    #[must_use]
    pub const fn unconfirmed(&self) -> usize {
        self.ledger.unconfirmed()
    }

    /// Their bytes.
    #[must_use]
    pub const fn unconfirmed_bytes(&self) -> u64 {
        self.ledger.unconfirmed_bytes()
    }
}

const fn link(allowance: Allowance) -> Link {
    Link {
        budget: allowance.budget.0,
        rate: allowance.rate,
    }
}

/// The priority inside the connection of a frame of `bytes`; higher ones leave first.
#[must_use]
pub fn priority(bytes: usize) -> i32 {
    i32::from(bytes <= SMALL_FRAME)
}

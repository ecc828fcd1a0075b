//! Contents that a program hands out, in one property or in parts (INCR).

use std::time::{Duration, Instant};

use hackstream_protocol::clipboard::Guard;
use hackstream_protocol::limits::{MAX_CLIPBOARD_BYTES, MAX_CLIPBOARD_PIECE_BYTES};
use hackstream_protocol::wire::clipboard::Selection;
use tracing::debug;
use x11rb::protocol::xproto::{Atom, GetPropertyReply, Timestamp, Window};

use super::DisplayError;
use super::display::{Display, ReadError};
use super::inquiry::OWNER_PATIENCE;
use super::targets::{Charset, Target};
use crate::pipe::Writer;

/// How long whoever pastes may take nothing before nobody is thought to want the rest.
const READER_PATIENCE: Duration = Duration::from_secs(20);

/// How long before the program in the middle of handing out parts is asked for the next all the
/// same, if others wait for it. Some would leave that request unanswered, which costs only these.
const OTHERS_PATIENCE: Duration = Duration::from_secs(2);

/// One conversion, into a window of its own.
///
/// If nobody wants the rest of the parts, they are taken from the owner all the same: programs exist
/// that would begin the next transfer in the middle.
pub(super) struct Conversion {
    pub(super) window: Window,
    /// From which selection, and since when its owner has it.
    source: (Selection, Timestamp),
    charset: Charset,
    /// Where the contents go; `None` once nobody wants the rest, or all have come.
    writer: Option<Writer>,
    guard: Guard,
    /// Bytes that the owner has handed out.
    taken: usize,
    state: State,
    /// When the owner must have answered.
    due: Instant,
    /// Since when there has been no room for what is in the property.
    full_since: Option<Instant>,
}

/// Where the contents are.
#[derive(Clone, Copy)]
enum State {
    /// Nowhere; the owner was asked.
    Asked,
    /// All of them are in the property, and so many bytes were read.
    Whole { offset: usize },
    /// The owner will put the next part into the property.
    Expected,
    /// A part is in the property, and so many bytes were read.
    Part { offset: usize },
}

/// What a step has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on.
    Going,
    /// It is over.
    Over,
}

impl Conversion {
    pub(super) fn begin(
        display: &Display,
        selection: Selection,
        target: Target,
        time: Timestamp,
        writer: Writer,
    ) -> Result<Self, DisplayError> {
        let window = display.new_window()?;
        display.convert(window, selection, target.name, property(display), time)?;
        Ok(Self {
            window,
            source: (selection, time),
            charset: target.charset,
            writer: Some(writer),
            guard: Guard::new(target.format),
            taken: 0,
            state: State::Asked,
            due: Instant::now() + OWNER_PATIENCE,
            full_since: None,
        })
    }

    /// Whether the owner of `selection` since `time` is not to be asked for anything else.
    pub(super) fn keeps_busy(&self, selection: Selection, time: Timestamp, now: Instant) -> bool {
        let is_busy = match self.state {
            State::Asked | State::Expected => true,
            // It has done its part.
            State::Whole { .. } => false,
            State::Part { .. } => self
                .full_since
                .is_none_or(|since| since + OTHERS_PATIENCE > now),
        };
        is_busy && self.source == (selection, time)
    }

    /// When to step without anything having happened; other demands may wait for this one.
    pub(super) fn deadline(&self, others_wait: bool) -> Option<Instant> {
        match self.state {
            State::Asked | State::Expected => Some(self.due),
            State::Whole { .. } | State::Part { .. } => {
                let since = self.full_since?;
                let free =
                    Some(since + OTHERS_PATIENCE).filter(|at| others_wait && *at > Instant::now());
                free.or(Some(since + READER_PATIENCE))
            }
        }
    }

    /// The owner answers: the contents are in the property, or it has none.
    pub(super) fn answered(
        &mut self,
        display: &Display,
        has_contents: bool,
    ) -> Result<Progress, DisplayError> {
        if !matches!(self.state, State::Asked) {
            return Ok(Progress::Going);
        }
        if !has_contents {
            return Ok(Progress::Over);
        }
        self.state = State::Whole { offset: 0 };
        self.step(display)
    }

    /// The owner has put something into the property.
    pub(super) fn filled(&mut self, display: &Display) -> Result<Progress, DisplayError> {
        if !matches!(self.state, State::Expected) {
            return Ok(Progress::Going);
        }
        self.state = State::Part { offset: 0 };
        self.step(display)
    }

    /// Reads what is there, as far as there is room for it.
    pub(super) fn step(&mut self, display: &Display) -> Result<Progress, DisplayError> {
        let now = Instant::now();
        self.writer.take_if(|writer| !writer.is_wanted());
        let is_awaited = matches!(self.state, State::Asked | State::Expected);
        if is_awaited && self.due <= now {
            debug!("the owner of a selection does not answer");
            return Ok(Progress::Over);
        }
        self.give_up_if_stuck(now);
        while self.writer.as_ref().is_none_or(Writer::has_room) {
            let offset = match self.state {
                State::Asked | State::Expected => return Ok(Progress::Going),
                State::Whole { offset } | State::Part { offset } => offset,
            };
            if self.read(display, offset)? == Progress::Over {
                return Ok(Progress::Over);
            }
        }
        self.full_since.get_or_insert(now);
        Ok(Progress::Going)
    }

    /// Forgets since when the pipe is full if it is not. A reader that has taken nothing for long
    /// does not get the rest.
    fn give_up_if_stuck(&mut self, now: Instant) {
        if self.writer.as_ref().is_none_or(Writer::has_room) {
            self.full_since = None;
        } else if self
            .full_since
            .is_some_and(|since| since + READER_PATIENCE <= now)
        {
            debug!("whoever pastes takes nothing");
            self.writer = None;
        }
    }

    /// Reads the next piece; only its size, if nobody wants it.
    fn read(&mut self, display: &Display, offset: usize) -> Result<Progress, DisplayError> {
        let length = self
            .writer
            .as_ref()
            .map_or(0, |_| MAX_CLIPBOARD_PIECE_BYTES);
        let reply = match display.read(self.window, property(display), offset, length) {
            Ok(reply) => reply,
            Err(ReadError::Gone) => return Ok(Progress::Over),
            Err(ReadError::Lost(error)) => return Err(error),
        };
        let is_whole = matches!(self.state, State::Whole { .. });
        if is_whole && reply.type_ == display.atoms.INCR {
            return self.await_part(display);
        }
        let (read, left) = (reply.value.len(), reply.bytes_after as usize);
        let is_end = offset + read + left == 0;
        self.taken += read;
        if reply.format != 8 || self.taken + left > MAX_CLIPBOARD_BYTES {
            debug!(format = reply.format, left, "contents that cannot be taken");
            return Ok(Progress::Over);
        }
        self.pass_on(reply);
        if self.writer.is_some() && left > 0 {
            let offset = offset + read;
            self.state = match self.state {
                State::Part { .. } => State::Part { offset },
                _ => State::Whole { offset },
            };
            return Ok(Progress::Going);
        }
        self.taken += left;
        if is_whole || is_end {
            self.finish();
            return Ok(Progress::Over);
        }
        self.await_part(display)
    }

    fn pass_on(&mut self, reply: GetPropertyReply) {
        let Some(writer) = &self.writer else { return };
        match self.guard.pass(self.charset.decode(reply.value)) {
            Ok(piece) => writer.push(piece),
            Err(error) => {
                debug!(%error, "contents that are not passed on");
                self.writer = None;
            }
        }
    }

    /// Asks for the next part.
    fn await_part(&mut self, display: &Display) -> Result<Progress, DisplayError> {
        display.delete(self.window, property(display))?;
        self.state = State::Expected;
        self.due = Instant::now() + OWNER_PATIENCE;
        Ok(Progress::Going)
    }

    /// All is read.
    fn finish(&mut self) {
        let Some(writer) = self.writer.take() else {
            return;
        };
        match self.guard.finish() {
            Ok(rest) => {
                writer.push(rest);
                writer.finish();
            }
            Err(error) => debug!(%error, "contents that are not passed on"),
        }
    }
}

/// The property that contents are put into.
const fn property(display: &Display) -> Atom {
    display.atoms.HACKSTREAM_0
}

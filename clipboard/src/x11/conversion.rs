//! Contents that a program hands out, in one property or in parts (INCR).

use std::time::Instant;

use hackstream_protocol::clipboard::Guard;
use hackstream_protocol::limits::{MAX_CLIPBOARD_BYTES, MAX_CLIPBOARD_PIECE_BYTES};
use hackstream_protocol::wire::clipboard::Selection;
use tracing::debug;
use x11rb::protocol::xproto::{Atom, Timestamp};

use super::DisplayError;
use super::display::{Display, ReadError};
use super::inquiry::OWNER_PATIENCE;
use super::targets::{Charset, Target};
use crate::pipe::Writer;

/// One conversion. What was not finished fails when it is dropped.
pub(super) struct Conversion {
    pub(super) property: Atom,
    selection: Selection,
    target: Atom,
    charset: Charset,
    writer: Writer,
    guard: Guard,
    state: State,
    /// When the owner must have answered.
    due: Instant,
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
        property: Atom,
        writer: Writer,
    ) -> Result<Self, DisplayError> {
        display.convert(selection, target.name, property, time)?;
        Ok(Self {
            property,
            selection,
            target: target.name,
            charset: target.charset,
            writer,
            guard: Guard::new(target.format),
            state: State::Asked,
            due: Instant::now() + OWNER_PATIENCE,
        })
    }

    /// Whether the owner of `selection` owes an answer to a request for `target`.
    pub(super) fn is_asked(&self, selection: Option<Selection>, target: Atom) -> bool {
        matches!(self.state, State::Asked)
            && (selection, target) == (Some(self.selection), self.target)
    }

    /// When to look whether the owner has answered; `None` while the pipe is what it waits for.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Asked | State::Expected => Some(self.due),
            State::Whole { .. } | State::Part { .. } => None,
        }
    }

    /// The owner answers: the contents are in the property, or it has none.
    pub(super) fn answered(
        &mut self,
        display: &Display,
        selection: Option<Selection>,
        has_contents: bool,
    ) -> Result<Progress, DisplayError> {
        if !matches!(self.state, State::Asked) || selection != Some(self.selection) {
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
        if !self.writer.is_wanted() {
            return Ok(Progress::Over);
        }
        if self.deadline().is_some_and(|due| due <= Instant::now()) {
            debug!("the owner of a selection does not answer");
            return Ok(Progress::Over);
        }
        while self.writer.has_room() {
            let offset = match self.state {
                State::Asked | State::Expected => return Ok(Progress::Going),
                State::Whole { offset } | State::Part { offset } => offset,
            };
            if self.read(display, offset)? == Progress::Over {
                return Ok(Progress::Over);
            }
        }
        Ok(Progress::Going)
    }

    /// Reads the next piece.
    fn read(&mut self, display: &Display, offset: usize) -> Result<Progress, DisplayError> {
        let read = display.read(
            display.window,
            self.property,
            offset,
            MAX_CLIPBOARD_PIECE_BYTES,
        );
        let reply = match read {
            Ok(reply) => reply,
            Err(ReadError::Gone) => return Ok(Progress::Over),
            Err(ReadError::Lost(error)) => return Err(error),
        };
        let is_whole = matches!(self.state, State::Whole { .. });
        if is_whole && reply.type_ == display.atoms.INCR {
            display.delete(self.property)?;
            self.expect();
            return Ok(Progress::Going);
        }
        let left = reply.bytes_after as usize;
        if reply.format != 8 || offset + reply.value.len() + left > MAX_CLIPBOARD_BYTES {
            debug!(format = reply.format, left, "contents that cannot be taken");
            display.delete(self.property)?;
            return Ok(Progress::Over);
        }
        let length = reply.value.len();
        match self.guard.pass(self.charset.decode(reply.value)) {
            Ok(piece) => self.writer.push(piece),
            Err(error) => {
                debug!(%error, "contents that are not passed on");
                return Ok(Progress::Over);
            }
        }
        let offset = offset + length;
        if left > 0 {
            self.state = match self.state {
                State::Part { .. } => State::Part { offset },
                _ => State::Whole { offset },
            };
            return Ok(Progress::Going);
        }
        display.delete(self.property)?;
        if is_whole || offset == 0 {
            self.finish();
            return Ok(Progress::Over);
        }
        self.expect();
        Ok(Progress::Going)
    }

    fn expect(&mut self) {
        self.state = State::Expected;
        self.due = Instant::now() + OWNER_PATIENCE;
    }

    /// All is read.
    fn finish(&mut self) {
        match self.guard.finish() {
            Ok(rest) => {
                self.writer.push(rest);
                self.writer.finish();
            }
            Err(error) => debug!(%error, "contents that are not passed on"),
        }
    }
}

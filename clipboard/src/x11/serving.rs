//! Contents of others, for a program that pastes: in one property, or in parts (INCR).

use std::time::{Duration, Instant};

use tracing::debug;
use x11rb::protocol::xproto::{Atom, SelectionRequestEvent, Window};

use super::DisplayError;
use super::conversion::Progress;
use super::display::Display;
use super::targets::Target;
use crate::pipe::{Read, Reader};

/// Contents up to this size go into one property. More of them, and an old display would take no
/// request with them.
const MOST_AT_ONCE: usize = 128 << 10;

/// Bytes of one part.
const PART: usize = 64 << 10;

/// How long nothing may happen: neither come contents nor does the program take any.
const PATIENCE: Duration = Duration::from_secs(15);

/// One program that pastes.
pub(super) struct Serving {
    request: SelectionRequestEvent,
    pub(super) property: Atom,
    target: Target,
    reader: Reader,
    /// What came and was not put into the property yet.
    waiting: Vec<u8>,
    complete: bool,
    state: State,
    pub(super) deadline: Instant,
}

/// How the program gets them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not decided: they are collected.
    Collecting,
    /// In parts, and it has not yet taken the last one.
    Busy,
    /// In parts, and it waits for the next.
    Hungry,
}

impl Serving {
    /// Begins to answer `request` into `property`. One of several requests at once has been answered
    /// already, and must be served in parts.
    pub(super) fn begin(
        display: &Display,
        request: SelectionRequestEvent,
        property: Atom,
        target: Target,
        reader: Reader,
        is_answered: bool,
    ) -> Result<Self, DisplayError> {
        let mut serving = Self {
            request,
            property,
            target,
            reader,
            waiting: Vec::new(),
            complete: false,
            state: State::Collecting,
            deadline: Instant::now() + PATIENCE,
        };
        if is_answered {
            serving.announce_parts(display)?;
        }
        Ok(serving)
    }

    pub(super) const fn requestor(&self) -> Window {
        self.request.requestor
    }

    /// The program has taken a part.
    pub(super) fn taken(&mut self) {
        if self.state == State::Busy {
            self.state = State::Hungry;
            self.deadline = Instant::now() + PATIENCE;
        }
    }

    /// Passes on what came.
    pub(super) fn step(&mut self, display: &Display) -> Result<Progress, DisplayError> {
        if self.deadline <= Instant::now() {
            debug!("pasting takes too long");
            return self.fail(display);
        }
        while !self.complete && self.waiting.len() <= MOST_AT_ONCE {
            match self.reader.next() {
                Read::Piece(piece) => {
                    self.waiting.extend(self.target.charset.encode(piece));
                    self.deadline = Instant::now() + PATIENCE;
                }
                Read::Nothing => break,
                Read::Complete => self.complete = true,
                Read::Failed => return self.fail(display),
            }
        }
        match self.state {
            State::Collecting if self.complete && self.waiting.len() <= MOST_AT_ONCE => {
                let (window, kind) = (self.request.requestor, self.target.name);
                display.put(window, self.property, kind, &self.waiting)?;
                display.answer(&self.request, Some(self.property))?;
                Ok(Progress::Over)
            }
            State::Collecting if self.waiting.len() > MOST_AT_ONCE => {
                self.announce_parts(display)?;
                display.answer(&self.request, Some(self.property))?;
                Ok(Progress::Going)
            }
            State::Hungry => self.put_part(display),
            State::Collecting | State::Busy => Ok(Progress::Going),
        }
    }

    fn announce_parts(&mut self, display: &Display) -> Result<(), DisplayError> {
        let window = self.request.requestor;
        // Before the property: its deletion must not be missed.
        display.watch(window, true)?;
        let at_least = [self.waiting.len() as u32];
        display.put_numbers(window, self.property, display.atoms.INCR, &at_least)?;
        self.state = State::Busy;
        Ok(())
    }

    /// Puts the next part there, or the empty one that ends them.
    fn put_part(&mut self, display: &Display) -> Result<Progress, DisplayError> {
        if self.waiting.is_empty() && !self.complete {
            return Ok(Progress::Going);
        }
        let length = self.waiting.len().min(PART);
        let (window, kind) = (self.request.requestor, self.target.name);
        display.put(window, self.property, kind, &self.waiting[..length])?;
        self.waiting.drain(..length);
        self.state = State::Busy;
        self.deadline = Instant::now() + PATIENCE;
        Ok(if length == 0 {
            Progress::Over
        } else {
            Progress::Going
        })
    }

    /// Gives up. A program that has some of the parts already is left to its own time-out: the empty
    /// part would tell it that it has all of them.
    fn fail(&self, display: &Display) -> Result<Progress, DisplayError> {
        if self.state == State::Collecting {
            display.answer(&self.request, None)?;
        }
        Ok(Progress::Over)
    }
}

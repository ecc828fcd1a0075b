//! Programs that paste what others hold.

use x11rb::protocol::xproto::{Atom, AtomEnum, SelectionRequestEvent};

use super::{Owner, Worker};
use crate::x11::DisplayError;
use crate::x11::display::ReadError;
use crate::x11::serving::Serving;
use crate::x11::targets;

/// Programs that paste at the same time; more of them get nothing.
const MOST_SERVINGS: usize = 16;

/// Requests in one request for several (MULTIPLE).
const MOST_PAIRS: usize = 16;

/// Whether a program that asks is answered at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// The contents are there, or will come in parts: it is to be told so.
    Given,
    /// There are none.
    Refused,
    /// It is told when they have come.
    Later,
}

impl Worker {
    /// A program asks for what we own.
    pub(super) fn requested(&mut self, request: SelectionRequestEvent) -> Result<(), DisplayError> {
        // Programs of before the ICCCM name no property.
        let property = match request.property {
            x11rb::NONE => request.target,
            property => property,
        };
        let answer = if request.requestor == self.display.window {
            Answer::Refused
        } else if request.target == self.display.atoms.MULTIPLE {
            self.answer_several(&request, property)?
        } else {
            self.answer_one(&request, request.target, property, false)?
        };
        match answer {
            Answer::Given => self.display.answer(&request, Some(property)),
            Answer::Refused => self.display.answer(&request, None),
            Answer::Later => Ok(()),
        }
    }

    fn answer_several(
        &mut self,
        request: &SelectionRequestEvent,
        property: Atom,
    ) -> Result<Answer, DisplayError> {
        let length = MOST_PAIRS * 2 * 4;
        let reply = match self.display.read(request.requestor, property, 0, length) {
            Ok(reply) => reply,
            Err(ReadError::Gone) => return Ok(Answer::Refused),
            Err(ReadError::Lost(error)) => return Err(error),
        };
        let mut pairs: Vec<u32> = reply.value32().into_iter().flatten().collect();
        for pair in pairs.chunks_exact_mut(2) {
            let (target, into) = (pair[0], pair[1]);
            let answer = self.answer_one(request, target, into, true)?;
            if answer == Answer::Refused {
                pair[1] = x11rb::NONE;
            }
        }
        let kind = self.display.atoms.ATOM_PAIR;
        self.display
            .put_numbers(request.requestor, property, kind, &pairs)?;
        Ok(Answer::Given)
    }

    /// Answers a request for one target, which is one of several if `is_several`.
    fn answer_one(
        &mut self,
        request: &SelectionRequestEvent,
        target: Atom,
        property: Atom,
        is_several: bool,
    ) -> Result<Answer, DisplayError> {
        let (display, atoms) = (&self.display, &self.display.atoms);
        let Some(selection) = atoms.selection(request.selection) else {
            return Ok(Answer::Refused);
        };
        let Owner::Us(holding, since) = self.owners[selection.index()] else {
            return Ok(Answer::Refused);
        };
        let window = request.requestor;
        let mut known = targets::all(atoms).into_iter();
        if target == atoms.TARGETS {
            let mut names = vec![atoms.TARGETS, atoms.TIMESTAMP, atoms.MULTIPLE];
            names.extend(
                known
                    .filter(|t| holding.formats.contains(t.format))
                    .map(|t| t.name),
            );
            display.put_numbers(window, property, AtomEnum::ATOM, &names)?;
            return Ok(Answer::Given);
        }
        if target == atoms.TIMESTAMP {
            display.put_numbers(window, property, AtomEnum::INTEGER, &[since])?;
            return Ok(Answer::Given);
        }
        let Some(target) = known.find(|known| known.name == target) else {
            return Ok(Answer::Refused);
        };
        if self.servings.len() >= MOST_SERVINGS {
            return Ok(Answer::Refused);
        }
        let (serial, format) = (holding.serial, target.format);
        let Some(reader) = self.hub.fetch(selection, serial, format, self.wake()) else {
            return Ok(Answer::Refused);
        };
        let begun = Serving::begin(display, *request, property, target, reader, is_several)?;
        self.servings.push(begun);
        Ok(if is_several {
            Answer::Given
        } else {
            Answer::Later
        })
    }
}

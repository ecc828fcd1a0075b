//! What the owner of a selection offers.

use std::time::{Duration, Instant};

use x11rb::protocol::xproto::{Atom, Timestamp};

use super::display::{Display, ReadError};
use super::{DisplayError, targets};
use hackstream_protocol::wire::clipboard::{Formats, Selection};

/// How long an owner may take to answer.
pub(super) const OWNER_PATIENCE: Duration = Duration::from_secs(5);

/// Targets that are looked at, whatever an owner offers.
const MOST_TARGETS: usize = 1024;

/// A question for TARGETS that was not answered yet.
pub(super) struct Inquiry {
    pub(super) property: Atom,
    pub(super) deadline: Instant,
    time: Timestamp,
}

/// What an owner offers.
pub(super) struct Offered {
    targets: Vec<Atom>,
    /// When it became the owner.
    pub(super) time: Timestamp,
}

impl Inquiry {
    pub(super) fn begin(
        display: &Display,
        selection: Selection,
        property: Atom,
        time: Timestamp,
    ) -> Result<Self, DisplayError> {
        display.convert(
            display.window,
            selection,
            display.atoms.TARGETS,
            property,
            time,
        )?;
        Ok(Self {
            property,
            deadline: Instant::now() + OWNER_PATIENCE,
            time,
        })
    }

    /// Reads the answer, which is in the property if `answered`.
    pub(super) fn finish(self, display: &Display, answered: bool) -> Result<Offered, DisplayError> {
        let mut targets = Vec::new();
        if answered {
            let read = display.read(display.window, self.property, 0, MOST_TARGETS * 4);
            match read {
                Ok(reply) => targets.extend(reply.value32().into_iter().flatten()),
                Err(ReadError::Gone) => {}
                Err(ReadError::Lost(error)) => return Err(error),
            }
            display.delete(display.window, self.property)?;
        }
        Ok(Offered {
            targets,
            time: self.time,
        })
    }
}

impl Offered {
    pub(super) fn formats(&self, display: &Display) -> Formats {
        targets::formats(&display.atoms, &self.targets)
    }

    /// Its best name of a format.
    pub(super) fn best(
        &self,
        display: &Display,
        format: hackstream_protocol::wire::clipboard::Format,
    ) -> Option<targets::Target> {
        targets::best(&display.atoms, &self.targets, format)
    }
}

//! Programs that copy: what they offer, and what others want of it.

use hackstream_protocol::wire::clipboard::{Formats, Selection};
use tracing::debug;
use x11rb::protocol::xfixes::SelectionNotifyEvent as OwnerEvent;
use x11rb::protocol::xproto::{Atom, SelectionNotifyEvent, Timestamp};

use super::{Owner, Worker};
use crate::hub::Demand;
use crate::x11::DisplayError;
use crate::x11::conversion::{Conversion, Progress};
use crate::x11::inquiry::Inquiry;

/// Contents that programs hand out at the same time; there is a property for each, and for a question.
const MOST_CONVERSIONS: usize = 5;

impl Worker {
    /// Asks a program for what others paste.
    pub(super) fn fetch(&mut self, demand: Demand) -> Result<(), DisplayError> {
        let Demand {
            selection,
            format,
            writer,
        } = demand;
        let Owner::Program(offered) = &self.owners[selection.index()] else {
            return Ok(());
        };
        let Some(target) = offered.best(&self.display, format) else {
            return Ok(());
        };
        if self.conversions.len() >= MOST_CONVERSIONS {
            debug!("too many contents are wanted at once");
            return Ok(());
        }
        let time = offered.time;
        writer.on_room(self.wake());
        let property = self.free_property();
        let display = &self.display;
        let begun = Conversion::begin(display, selection, target, time, property, writer)?;
        self.conversions.push(begun);
        Ok(())
    }

    /// The display tells who owns a selection now.
    pub(super) fn owner_changed(&mut self, event: &OwnerEvent) -> Result<(), DisplayError> {
        let Some(selection) = self.display.atoms.selection(event.selection) else {
            return Ok(());
        };
        let owner = &mut self.owners[selection.index()];
        if event.owner == self.display.window {
            // Also after late news of an earlier owner.
            let offer = self.offers[selection.index()];
            if !offer.formats.is_empty() {
                *owner = Owner::Us(offer, event.selection_timestamp);
            }
            return Ok(());
        }
        if event.owner == x11rb::NONE {
            // When we give a selection up, nobody holds it already.
            if !matches!(owner, Owner::Us(..)) {
                *owner = Owner::Nobody;
                self.hub.hold(self.id, selection, Formats::NONE);
            }
            return Ok(());
        }
        self.ask(selection, event.selection_timestamp)
    }

    /// Asks the program that owns a selection what it offers.
    pub(super) fn ask(
        &mut self,
        selection: Selection,
        time: Timestamp,
    ) -> Result<(), DisplayError> {
        let property = self.free_property();
        let inquiry = Inquiry::begin(&self.display, selection, property, time)?;
        self.owners[selection.index()] = Owner::Asked(inquiry);
        Ok(())
    }

    /// A property that nobody is about to put something into, and that was not used for long.
    fn free_property(&mut self) -> Atom {
        let all = self.display.atoms.properties();
        loop {
            self.used += 1;
            let property = all[self.used % all.len()];
            let asked = |owner: &Owner| matches!(owner, Owner::Asked(i) if i.property == property);
            if !self.owners.iter().any(asked)
                && !self.conversions.iter().any(|c| c.property == property)
            {
                return property;
            }
        }
    }

    /// A program answers what it was asked.
    pub(super) fn answered(&mut self, event: &SelectionNotifyEvent) -> Result<(), DisplayError> {
        let selection = self.display.atoms.selection(event.selection);
        let has_answer = event.property != x11rb::NONE;
        if event.target == self.display.atoms.TARGETS {
            let Some(selection) = selection else {
                return Ok(());
            };
            let is_for = |i: &Inquiry| !has_answer || i.property == event.property;
            if matches!(&self.owners[selection.index()], Owner::Asked(i) if is_for(i)) {
                return self.inquired(selection, has_answer);
            }
            return Ok(());
        }
        let mut conversions = self.conversions.iter_mut();
        // A refusal names no property: it is taken for the oldest one of that selection and target.
        let place = conversions.position(|c| {
            if has_answer {
                c.property == event.property
            } else {
                c.is_asked(selection, event.target)
            }
        });
        if let Some(place) = place {
            let conversion = &mut self.conversions[place];
            if conversion.answered(&self.display, selection, has_answer)? == Progress::Over {
                self.conversions.remove(place);
            }
        }
        Ok(())
    }

    /// A program has said what it offers, or failed to.
    pub(super) fn inquired(
        &mut self,
        selection: Selection,
        has_answer: bool,
    ) -> Result<(), DisplayError> {
        let owner = &mut self.owners[selection.index()];
        let Owner::Asked(inquiry) = std::mem::replace(owner, Owner::Nobody) else {
            return Ok(());
        };
        let offered = inquiry.finish(&self.display, has_answer)?;
        let formats = offered.formats(&self.display);
        if !formats.is_empty() {
            self.owners[selection.index()] = Owner::Program(offered);
        }
        self.hub.hold(self.id, selection, formats);
        Ok(())
    }
}

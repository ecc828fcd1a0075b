//! Programs that copy: what they offer, and what others want of it.

use std::time::Instant;

use hackstream_protocol::wire::clipboard::{Formats, Selection};
use tracing::debug;
use x11rb::protocol::xfixes::SelectionNotifyEvent as OwnerEvent;
use x11rb::protocol::xproto::{Atom, SelectionNotifyEvent, Timestamp};

use super::{Owner, Worker};
use crate::hub::Demand;
use crate::x11::DisplayError;
use crate::x11::conversion::Conversion;
use crate::x11::inquiry::Inquiry;
use crate::x11::mailbox::MOST_DEMANDS;

/// Transfers at the same time.
const MOST_CONVERSIONS: usize = 8;

impl Worker {
    /// Asks a program for what others paste, once it is free.
    pub(super) fn fetch(&mut self, demand: Demand) -> Result<(), DisplayError> {
        if self.demands.len() >= MOST_DEMANDS {
            debug!("too many contents are wanted at once");
            return Ok(());
        }
        demand.writer.on_room(self.wake());
        self.demands.push(demand);
        self.begin_conversions()
    }

    /// Asks programs for what is demanded of them. Each is asked for one thing at a time, for some
    /// leave a second request unanswered; but who pastes slowly does not keep others waiting.
    pub(super) fn begin_conversions(&mut self) -> Result<(), DisplayError> {
        if self.demands.is_empty() {
            return Ok(());
        }
        let now = Instant::now();
        for demand in std::mem::take(&mut self.demands) {
            let selection = demand.selection;
            let Owner::Program(offered) = &self.owners[selection.index()] else {
                continue;
            };
            let Some(target) = offered.best(&self.display, demand.format) else {
                continue;
            };
            let time = offered.time;
            if !demand.writer.is_wanted() {
                continue;
            }
            let mut conversions = self.conversions.iter();
            let is_busy = conversions.any(|c| c.keeps_busy(selection, time, now));
            if is_busy || self.conversions.len() >= MOST_CONVERSIONS {
                self.demands.push(demand);
                continue;
            }
            let writer = demand.writer;
            let begun = Conversion::begin(&self.display, selection, target, time, writer)?;
            self.conversions.push(begun);
        }
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
                self.hold(selection, Formats::NONE);
            }
            return Ok(());
        }
        self.ask(selection, event.selection_timestamp)
    }

    /// Asks the programs that own selections already what they offer.
    pub(super) fn ask_all(&mut self) -> Result<(), DisplayError> {
        for selection in Selection::ALL {
            if self.display.owner(selection)? != x11rb::NONE {
                let inquiry = self.inquire(selection, x11rb::CURRENT_TIME)?;
                self.owners[selection.index()] = Owner::Found(inquiry);
            }
        }
        Ok(())
    }

    /// Asks the program that owns a selection now what it offers.
    fn ask(&mut self, selection: Selection, time: Timestamp) -> Result<(), DisplayError> {
        self.owners[selection.index()] = Owner::Asked(self.inquire(selection, time)?);
        Ok(())
    }

    fn inquire(&mut self, selection: Selection, time: Timestamp) -> Result<Inquiry, DisplayError> {
        let property = self.free_property();
        Inquiry::begin(&self.display, selection, property, time)
    }

    /// A property that nobody is about to put something into, and that was not used for long.
    fn free_property(&mut self) -> Atom {
        let all = self.display.atoms.properties();
        loop {
            self.used += 1;
            let property = all[self.used % all.len()];
            let asked = |owner: &Owner| matches!(owner, Owner::Asked(i) | Owner::Found(i) if i.property == property);
            if !self.owners.iter().any(asked) {
                return property;
            }
        }
    }

    /// A program answers what it was asked.
    pub(super) fn answered(&mut self, event: &SelectionNotifyEvent) -> Result<(), DisplayError> {
        let has_answer = event.property != x11rb::NONE;
        let mut conversions = self.conversions.iter();
        if let Some(place) = conversions.position(|c| c.window == event.requestor) {
            let progress = self.conversions[place].answered(&self.display, has_answer)?;
            return self.moved_on(place, progress);
        }
        let Some(selection) = self.display.atoms.selection(event.selection) else {
            return Ok(());
        };
        let is_for = |i: &Inquiry| !has_answer || i.property == event.property;
        let owner = &self.owners[selection.index()];
        if matches!(owner, Owner::Asked(i) | Owner::Found(i) if is_for(i)) {
            return self.inquired(selection, has_answer);
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
        let (inquiry, was_found) = match std::mem::replace(owner, Owner::Nobody) {
            Owner::Asked(inquiry) => (inquiry, false),
            Owner::Found(inquiry) => (inquiry, true),
            other => {
                *owner = other;
                return Ok(());
            }
        };
        let offered = inquiry.finish(&self.display, has_answer)?;
        let formats = offered.formats(&self.display);
        if !formats.is_empty() {
            self.owners[selection.index()] = Owner::Program(offered);
        } else if was_found {
            return self.offered(selection, self.offers[selection.index()]);
        }
        self.hold(selection, formats);
        Ok(())
    }
}

//! The thread of a display: routes what the display and the hub say.

use std::convert::Infallible;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Instant;

use hackstream_protocol::wire::clipboard::{Formats, Selection};
use tracing::debug;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{Property, PropertyNotifyEvent, Timestamp};

use super::DisplayError;
use super::conversion::{Conversion, Progress};
use super::display::Display;
use super::inquiry::{Inquiry, Offered};
use super::mailbox::Mailbox;
use super::poke::Poke;
use super::serving::Serving;
use crate::hub::{Demand, Holding, Hub, MemberId};
use crate::pipe::Wake;

mod answer;
mod ask;

/// Events that are handled before the hub and the contents on their way have their turn.
const MOST_EVENTS: usize = 64;

/// Whose a selection is.
enum Owner {
    /// Nobody's, as far as we care.
    Nobody,
    /// A program's, which was asked what it offers.
    Asked(Inquiry),
    /// The same, and it was there before us: what others hold has to wait for its answer.
    Found(Inquiry),
    /// A program's.
    Program(Offered),
    /// Ours: others hold it, since then.
    Us(Holding, Timestamp),
}

/// All that the thread knows.
pub(super) struct Worker {
    display: Display,
    hub: Arc<Hub>,
    id: MemberId,
    mailbox: Arc<Mailbox>,
    poke: Poke,
    /// Number of what the display's programs last held.
    held: [u64; Selection::ALL.len()],
    /// What others hold.
    offers: [Holding; Selection::ALL.len()],
    owners: [Owner; Selection::ALL.len()],
    /// What others paste, and programs were not asked for yet.
    demands: Vec<Demand>,
    conversions: Vec<Conversion>,
    servings: Vec<Serving>,
    /// Counts the properties that were used.
    used: usize,
}

impl Worker {
    pub(super) fn new(
        display: Display,
        hub: Arc<Hub>,
        id: MemberId,
        mailbox: Arc<Mailbox>,
        poke: Poke,
    ) -> Self {
        Self {
            display,
            hub,
            id,
            mailbox,
            poke,
            held: [0; Selection::ALL.len()],
            offers: [Holding::NOTHING; Selection::ALL.len()],
            owners: [Owner::Nobody, Owner::Nobody],
            demands: Vec::new(),
            conversions: Vec::new(),
            servings: Vec::new(),
            used: 0,
        }
    }

    /// Works until the display is gone, or the connection to it was shut down.
    pub(super) fn run(mut self) -> Result<Infallible, DisplayError> {
        self.ask_all()?;
        loop {
            self.read_letters()?;
            self.step()?;
            self.display.connection.flush()?;
            // The last look before the wait: replies that were read bring events with them.
            if self.hear_events()? {
                continue;
            }
            let stream = self.display.connection.stream().as_fd();
            self.poke.wait(stream, self.deadline())?;
            self.hear_events()?;
        }
    }

    /// Handles the next of the events that came; whether there were any.
    fn hear_events(&mut self) -> Result<bool, DisplayError> {
        for heard in 0..MOST_EVENTS {
            let Some(event) = self.display.connection.poll_for_event()? else {
                return Ok(heard > 0);
            };
            match event {
                Event::XfixesSelectionNotify(event) => self.owner_changed(&event)?,
                Event::SelectionNotify(event) => self.answered(&event)?,
                Event::SelectionRequest(event) => self.requested(event)?,
                Event::PropertyNotify(event) => self.property_changed(&event)?,
                Event::DestroyNotify(event) => {
                    self.servings.retain(|s| s.requestor() != event.window);
                }
                Event::Error(error) => debug!(?error, "the display refused a request"),
                _ => {}
            }
        }
        Ok(true)
    }

    /// Does what the hub wants. Contents that are demanded were held when they were: an offer of
    /// others that came before is an old one.
    fn read_letters(&mut self) -> Result<(), DisplayError> {
        let letters = self.mailbox.empty();
        for demand in letters.demands {
            self.fetch(demand)?;
        }
        for (selection, offer) in Selection::ALL.into_iter().zip(letters.offers) {
            if let Some(holding) = offer {
                self.offered(selection, holding)?;
            }
        }
        Ok(())
    }

    /// Programs of the display hold something new, or nothing any more.
    fn hold(&mut self, selection: Selection, formats: Formats) {
        if let Some(serial) = self.hub.hold(self.id, selection, formats) {
            self.held[selection.index()] = serial;
        }
    }

    /// Takes a selection that others hold, or gives it up.
    fn offered(&mut self, selection: Selection, holding: Holding) -> Result<(), DisplayError> {
        if holding.serial < self.held[selection.index()] {
            // It crossed with what a program has copied since.
            return Ok(());
        }
        self.offers[selection.index()] = holding;
        if matches!(self.owners[selection.index()], Owner::Found(_)) {
            return Ok(());
        }
        if holding.formats.is_empty() {
            if let Owner::Us(_, since) = self.owners[selection.index()] {
                self.owners[selection.index()] = Owner::Nobody;
                self.display.give_up(selection, since)?;
            }
            return Ok(());
        }
        // The display tells the true time when it tells who the owner is.
        self.owners[selection.index()] = Owner::Us(holding, x11rb::CURRENT_TIME);
        self.display.take(selection)
    }

    fn wake(&self) -> Wake {
        let poke = self.poke.clone();
        Wake::new(move || poke.poke())
    }

    /// Somebody has filled a property, or taken what was in it.
    fn property_changed(&mut self, event: &PropertyNotifyEvent) -> Result<(), DisplayError> {
        if event.state == Property::DELETE {
            for serving in &mut self.servings {
                if (serving.requestor(), serving.property) == (event.window, event.atom) {
                    serving.taken();
                }
            }
            return Ok(());
        }
        let mut conversions = self.conversions.iter();
        if let Some(place) = conversions.position(|c| c.window == event.window) {
            let progress = self.conversions[place].filled(&self.display)?;
            self.moved_on(place, progress)?;
        }
        Ok(())
    }

    /// Takes a conversion that is over away, and its window.
    fn moved_on(&mut self, place: usize, progress: Progress) -> Result<(), DisplayError> {
        if progress == Progress::Over {
            let window = self.conversions.remove(place).window;
            self.display.destroy(window)?;
            self.begin_conversions()?;
        }
        Ok(())
    }

    /// Moves all contents on as far as they go, and gives up what takes too long.
    fn step(&mut self) -> Result<(), DisplayError> {
        let now = Instant::now();
        // A program may be free for the next by now.
        self.begin_conversions()?;
        for selection in Selection::ALL {
            let owner = &self.owners[selection.index()];
            if matches!(owner, Owner::Asked(i) | Owner::Found(i) if i.deadline <= now) {
                debug!(?selection, "the owner of a selection does not answer");
                self.inquired(selection, false)?;
            }
        }
        let mut place = 0;
        while let Some(conversion) = self.conversions.get_mut(place) {
            let progress = conversion.step(&self.display)?;
            self.moved_on(place, progress)?;
            place += usize::from(progress == Progress::Going);
        }
        let mut place = 0;
        while let Some(serving) = self.servings.get_mut(place) {
            match serving.step(&self.display)? {
                Progress::Going => place += 1,
                Progress::Over => {
                    let done = self.servings.remove(place);
                    let window = done.requestor();
                    if !self.servings.iter().any(|s| s.requestor() == window) {
                        self.display.watch(window, false)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// When somebody's patience ends.
    fn deadline(&self) -> Option<Instant> {
        let inquiries = self.owners.iter().filter_map(|owner| match owner {
            Owner::Asked(inquiry) | Owner::Found(inquiry) => Some(inquiry.deadline),
            _ => None,
        });
        let are_awaited = !self.demands.is_empty();
        let conversions = self.conversions.iter();
        let conversions = conversions.filter_map(|c| c.deadline(are_awaited));
        let servings = self.servings.iter().map(|serving| serving.deadline);
        inquiries.chain(conversions).chain(servings).min()
    }
}

//! A seat's hands on the display.

use std::sync::Arc;

use hackstream_capture::{CaptureError, Injector};
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::SeatReport;
use hackstream_protocol::wire::input::{InputEvent, Transition};
use tokio::sync::watch;

use super::Seats;
use crate::status::Tally;

/// Plays a viewer's input while it is in control. Dropping it lets go of everything.
pub struct Controls {
    injector: Injector,
    seats: Arc<Seats>,
    id: ViewerId,
    report: watch::Receiver<SeatReport>,
    tally: Arc<Tally>,
}

impl Controls {
    pub(super) const fn new(
        injector: Injector,
        seats: Arc<Seats>,
        id: ViewerId,
        report: watch::Receiver<SeatReport>,
        tally: Arc<Tally>,
    ) -> Self {
        Self {
            injector,
            seats,
            id,
            report,
            tally,
        }
    }

    /// Plays one event, or forgets it if the viewer is not in control.
    ///
    /// # Errors
    /// As [`Injector::inject`].
    pub fn inject(&mut self, event: InputEvent) -> Result<(), CaptureError> {
        if !self.report.borrow().standing.acts() {
            // Here too: who lost control must not keep a key down by sending more.
            return self.release_all();
        }
        let doing = Doing::of(event);
        if doing != Doing::Nothing {
            let now = self.seats.clock.now();
            self.seats.note_input(now);
            self.tally.input(now);
            if doing == Doing::Press {
                self.seats.pressed(self.id, now);
            }
        }
        self.injector.inject(event)
    }

    /// Whether a key or a button is held down.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        self.injector.is_holding()
    }

    /// Lets go of every key and button that is held down.
    ///
    /// # Errors
    /// As [`Injector::release_all`].
    pub fn release_all(&mut self) -> Result<(), CaptureError> {
        if !self.is_holding() {
            return Ok(());
        }
        self.injector.release_all()
    }

    /// Waits until the viewer is not in control. Returns at once if it is not now.
    pub async fn lost(&self) {
        let mut report = self.report.clone();
        // It only fails when the seat is gone, and control with it.
        let _ = report.wait_for(|report| !report.standing.acts()).await;
    }
}

/// What a person does with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// A press, or the like of it: they take the lead.
    Press,
    /// Something else.
    Other,
    /// The viewer does it by itself.
    Nothing,
}

impl Doing {
    const fn of(event: InputEvent) -> Self {
        match event {
            InputEvent::Key(_, Transition::Press)
            | InputEvent::Button(_, Transition::Press)
            | InputEvent::Typed { .. }
            | InputEvent::Text(_)
            | InputEvent::Wheel { .. } => Self::Press,
            InputEvent::Key(_, Transition::Release)
            | InputEvent::Button(_, Transition::Release)
            | InputEvent::PointerMotion(_)
            | InputEvent::PointerMoved { .. } => Self::Other,
            // Sent when the window loses the focus, and before a press.
            InputEvent::ReleaseAll | InputEvent::Locks(_) => Self::Nothing,
        }
    }
}

//! A seat's hands on the display.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hackstream_capture::{CaptureError, Injector};
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::SeatReport;
use hackstream_protocol::wire::input::{InputEvent, Transition};
use tokio::sync::watch;

use super::Seats;
use crate::status::Tally;

/// Between two looks whether those who lost control have let go of their keys.
const LOOK: Duration = Duration::from_millis(1);

/// Plays a viewer's input while it is in control. Dropping it lets go of everything.
pub struct Controls {
    pub(super) injector: Injector,
    pub(super) seats: Arc<Seats>,
    pub(super) id: ViewerId,
    /// Where it is told whether anything is held down.
    pub(super) holds: Arc<AtomicBool>,
    pub(super) report: watch::Receiver<SeatReport>,
    pub(super) tally: Arc<Tally>,
}

impl Controls {
    /// Plays one event, or forgets it if the viewer is not in control.
    ///
    /// # Errors
    /// As [`Injector::inject`]: it also has to be tried again if somebody who lost control has not
    /// let go of their keys yet.
    pub fn inject(&mut self, event: InputEvent) -> Result<(), CaptureError> {
        if !self.report.borrow().standing.acts() {
            // Here too: who lost control must not keep a key down by sending more.
            return self.release_all();
        }
        let now = self.seats.clock.now();
        if self.seats.is_handing_over(now) {
            let until = Instant::now() + LOOK;
            return Err(CaptureError::KeysInUse { until });
        }
        let doing = Doing::of(event);
        if doing != Doing::Nothing {
            self.seats.note_input(now);
            self.tally.input(now);
            if doing == Doing::Press {
                self.seats.pressed(self.id, now);
            }
        }
        let played = self.injector.inject(event);
        self.tell_holding();
        played
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
        let released = self.injector.release_all();
        self.tell_holding();
        released
    }

    fn tell_holding(&self) {
        self.holds.store(self.is_holding(), Ordering::Release);
    }

    /// Waits until the viewer is not in control. Returns at once if it is not now.
    pub async fn lost(&self) {
        let mut report = self.report.clone();
        // It only fails when the seat is gone, and control with it.
        let _ = report.wait_for(|report| !report.standing.acts()).await;
    }
}

impl Drop for Controls {
    fn drop(&mut self) {
        // A display that is gone holds nothing.
        let _ = self.release_all();
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

//! Whether a viewer's input is to be played, as things stand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::SeatReport;
use hackstream_protocol::wire::input::{InputEvent, Transition};
use tokio::sync::watch;

use super::Seats;
use crate::status::Tally;

/// Between two looks whether those who lost control have let go of their keys.
const LOOK: Duration = Duration::from_millis(1);

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::viewer) enum Verdict {
    /// Play it.
    Play,
    /// Forget it, and let go of whatever is held down: the viewer is not in control. Who lost
    /// control must not keep a key down by sending more.
    LetGo,
    /// Ask again then: somebody who lost control has not let go of their keys yet.
    Wait(Instant),
}

/// The right to act on the session, for as long as the viewer is in control.
pub(in crate::viewer) struct Controls {
    pub(super) seats: Arc<Seats>,
    pub(super) id: ViewerId,
    /// Where it is told whether anything is held down.
    pub(super) holds: Arc<AtomicBool>,
    pub(super) report: watch::Receiver<SeatReport>,
    pub(super) tally: Arc<Tally>,
}

impl Controls {
    /// What to do with the viewer's next event. What is to be played counts as done.
    pub(in crate::viewer) fn judge(&self, event: InputEvent) -> Verdict {
        if !self.report.borrow().standing.acts() {
            return Verdict::LetGo;
        }
        let now = self.seats.clock.now();
        if self.seats.is_handing_over(now) {
            return Verdict::Wait(Instant::now() + LOOK);
        }
        let doing = Doing::of(event);
        if doing != Doing::Nothing {
            self.seats.note_input(now);
            self.tally.input(now);
            if doing == Doing::Press {
                self.seats.pressed(self.id, now);
            }
        }
        Verdict::Play
    }

    /// Whether the viewer holds a key or a button down from now on.
    pub(in crate::viewer) fn holds(&self, anything: bool) {
        self.holds.store(anything, Ordering::Release);
    }

    /// Waits until the viewer is not in control. Returns at once if it is not now.
    pub(in crate::viewer) async fn lost(&self) {
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

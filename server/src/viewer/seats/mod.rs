//! Who may act on the session: the one place where that is decided.
//!
//! Each viewer has a [`Seat`]. Whatever a viewer may do to the session it does through its seat:
//! `Seat::controls` let its input be played, [`Seat::keyboard`] and [`Seat::window`] take its layout and
//! its window, [`Seat::clipboard`] says which way its clipboard may go, `Seat::files` whether it
//! gives and gets files, `Seat::microphone` whether it may speak. A seat that may only view
//! hands out none of that, so that there is nothing elsewhere to forget.
//!
//! Of those with the right to control all are in control, unless one of them has taken it
//! [alone](SeatWish::ControlAlone), which ends when that one leaves or lets go. Among those in
//! control one **leads**: who pressed something last; of several who type at once the first one, until
//! it has pressed nothing for a moment. The leader's layout and window are the session's. While
//! nobody leads, which is so before the first press and after the leader left, the last one said
//! counts.

mod controls;
mod table;
mod tell;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hackstream_clipboard::Directions;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::{
    KeyboardLayout, SeatReport, SeatWish, Standing, ViewerWindow,
};
use tokio::sync::watch;

use super::sizing::Sizing;
use crate::clock::Clock;
use crate::files::Files;
use crate::session::Keyboard;
use crate::sound::microphone::Microphone;
use crate::status::Tally;
pub(super) use controls::{Controls, Verdict};
use table::{Effect, Table};
pub(super) use tell::tell_seats;

/// A leader who pressed something within this time is not replaced: the screen of two people who type
/// in turn must not change its size with each of them.
const LEAD_HOLDS: Duration = Duration::from_secs(3);

/// How long one who takes control waits for others to let go of their keys. A display that is busy
/// may keep them from it.
const HANDOVER: Duration = Duration::from_secs(1);

/// What whoever was let in may do for as long as it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Watch and hear.
    View,
    /// Act as well.
    Control,
}

impl Role {
    /// What only those who act may have, if this is a role of theirs.
    pub(super) fn grants<T>(self, means: Option<T>) -> Option<T> {
        means.filter(|_| self == Self::Control)
    }
}

/// The seats of a session.
pub struct Seats {
    table: Mutex<Table>,
    keyboard: Keyboard,
    sizing: Sizing,
    clock: Clock,
    /// The leader's number, 0 if nobody leads: so that most presses need no lock.
    leader: AtomicU64,
    /// When the leader last pressed something, in microseconds on the clock.
    led_at: AtomicU64,
    /// Since when somebody without control may hold keys down, in microseconds on the clock; 0 if
    /// nobody does.
    handover: AtomicU64,
    /// When a person last did something, in microseconds on the clock; 0 if nobody ever did.
    last_input: AtomicU64,
}

impl Seats {
    /// Nobody is there. What the leader's keyboard and window are like goes to `keyboard` and
    /// `sizing`.
    #[must_use]
    pub fn new(keyboard: Keyboard, sizing: Sizing, clock: Clock) -> Self {
        Self {
            table: Mutex::default(),
            keyboard,
            sizing,
            clock,
            leader: AtomicU64::new(0),
            led_at: AtomicU64::new(0),
            handover: AtomicU64::new(0),
            last_input: AtomicU64::new(0),
        }
    }

    /// A viewer comes. It leaves when what is returned is dropped.
    #[must_use]
    pub fn take(self: &Arc<Self>, id: ViewerId, role: Role, wish: SeatWish) -> Seat {
        let holds = Arc::<AtomicBool>::default();
        let report = self.change(|table| table.join(id, role, wish, Arc::clone(&holds)));
        Seat {
            seats: Arc::clone(self),
            id,
            role,
            holds,
            report,
        }
    }

    /// When a person last did something, on the clock of the session; `None` if nobody ever did.
    #[must_use]
    pub fn last_input(&self) -> Option<Timestamp> {
        let at = self.last_input.load(Ordering::Relaxed);
        (at > 0).then_some(Timestamp(at))
    }

    /// Who leads, if anybody.
    #[must_use]
    pub fn leader(&self) -> Option<ViewerId> {
        self.lock().leader()
    }

    fn note_input(&self, now: Timestamp) {
        self.last_input.store(now.0.max(1), Ordering::Relaxed);
    }

    /// A viewer in control pressed something.
    fn pressed(&self, id: ViewerId, now: Timestamp) {
        let leader = self.leader.load(Ordering::Relaxed);
        let led_at = Timestamp(self.led_at.load(Ordering::Relaxed));
        if leader != id.0 {
            if leader != 0 && now.since(led_at) < LEAD_HOLDS {
                return;
            }
            self.change(|table| ((), table.lead(id)));
        }
        self.led_at.store(now.0, Ordering::Relaxed);
    }

    /// Whether input has to wait: of those who lost control one holds a key down yet.
    fn is_handing_over(&self, now: Timestamp) -> bool {
        let since = self.handover.load(Ordering::Relaxed);
        if since == 0 {
            return false;
        }
        let table = self.lock();
        let waits = now.since(Timestamp(since)) < HANDOVER && table.somebody_lets_go();
        if !waits {
            self.handover.store(0, Ordering::Relaxed);
        }
        waits
    }

    /// Changes the table, and carries out what follows from that for the session.
    fn change<T>(&self, change: impl FnOnce(&mut Table) -> (T, Effect)) -> T {
        let mut table = self.lock();
        let was_clear = !table.somebody_lets_go();
        let (result, effect) = change(&mut table);
        let leader = table.leader().map_or(0, |id| id.0);
        self.leader.store(leader, Ordering::Relaxed);
        // Those who come later do not make the wait longer.
        if was_clear && table.somebody_lets_go() {
            let now = self.clock.now().0.max(1);
            self.handover.store(now, Ordering::Relaxed);
        }
        // Under the lock, so that of two changes the later one's effect is the later. Both only
        // leave a wish behind.
        if let Some(layout) = effect.layout {
            self.keyboard.wish(layout);
        }
        if let Some(window) = effect.window {
            self.sizing.wish(window);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A viewer's seat. Dropping it leaves it; drop it after its `Controls`.
pub struct Seat {
    seats: Arc<Seats>,
    id: ViewerId,
    role: Role,
    holds: Arc<AtomicBool>,
    report: watch::Receiver<SeatReport>,
}

impl Seat {
    /// What lets the viewer's input be played, as far as it is in control at the time; `None` if it
    /// never can be. Events that are played are noted in `tally`.
    #[must_use]
    pub(super) fn controls(&self, tally: Arc<Tally>) -> Option<Controls> {
        (self.role == Role::Control).then(|| Controls {
            seats: Arc::clone(&self.seats),
            id: self.id,
            holds: Arc::clone(&self.holds),
            report: self.report.clone(),
            tally,
        })
    }

    /// The viewer wishes to watch or to act.
    pub fn wish(&self, wish: SeatWish) {
        self.seats.change(|table| ((), table.wish(self.id, wish)));
    }

    /// The viewer's keyboard has this layout.
    pub fn keyboard(&self, layout: KeyboardLayout) {
        self.seats
            .change(|table| ((), table.layout(self.id, layout)));
    }

    /// The viewer's window is like this.
    pub fn window(&self, window: ViewerWindow) {
        self.seats
            .change(|table| ((), table.window(self.id, window)));
    }

    /// The size that the session's screen is about to have, if it is about to change.
    #[must_use]
    pub fn coming_size(&self) -> watch::Receiver<Option<Size>> {
        self.seats.sizing.coming()
    }

    /// Which way the viewer's clipboard may go, where the operator allows `allowed`. Who may only
    /// view gets nothing out of it either: what is copied is often what is not to be seen.
    #[must_use]
    pub const fn clipboard(&self, allowed: Directions) -> Directions {
        match self.role {
            Role::Control => allowed,
            Role::View => Directions {
                take: false,
                give: false,
            },
        }
    }

    /// The session's files, if the viewer may give and get them.
    pub(super) fn files<'a>(&self, files: Option<&'a Arc<Files>>) -> Option<&'a Arc<Files>> {
        self.role.grants(files)
    }

    /// The session's microphone, if the viewer may speak into it.
    pub(super) fn microphone<'a>(&self, into: Option<&'a Microphone>) -> Option<&'a Microphone> {
        self.role.grants(into)
    }

    /// Tells whether the viewer is in control at the time it is asked.
    pub fn acts(&self) -> impl Fn() -> bool + Send + Sync + use<> {
        let report = self.report.clone();
        move || report.borrow().standing.acts()
    }

    /// Who is there and what this viewer can do, now and whenever that changes.
    #[must_use]
    pub fn report(&self) -> watch::Receiver<SeatReport> {
        self.report.clone()
    }

    /// What this viewer can do now.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.report.borrow().standing
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.change(|table| ((), table.leave(self.id)));
    }
}

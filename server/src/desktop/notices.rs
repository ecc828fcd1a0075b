//! The notifications of the session that are open.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use hackstream_protocol::desktop::{Lines, Quota, harmless, without_markup};
use hackstream_protocol::ids::NotificationId;
use hackstream_protocol::limits::{
    MAX_NOTIFICATION_BYTES, MAX_NOTIFICATION_TITLE_BYTES, MAX_NOTIFICATIONS,
};
use hackstream_protocol::wire::control::{Expiry, Notification, NotificationEnd, Urgency};
use tokio::sync::{mpsc, watch};
use tracing::{debug, info};

use crate::clock::Clock;
use crate::log_quota::LogQuota;

/// Words for programs that wait for the bus. Who makes more than that of them is told less.
const WAITING: usize = 4 * MAX_NOTIFICATIONS;

/// What a program wants to be shown, as it said it.
#[derive(Clone, Debug)]
pub(super) struct Wish<'a> {
    /// The notification that it changes; 0 for a new one.
    pub(super) replaces: u32,
    pub(super) program: &'a str,
    pub(super) summary: &'a str,
    pub(super) body: &'a str,
    pub(super) urgency: Urgency,
    pub(super) expiry: Expiry,
    pub(super) can_be_chosen: bool,
}

/// Why a notification is closed, as the bus numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Expired = 1,
    Dismissed = 2,
    ByProgram = 3,
    /// There are too many.
    Other = 4,
}

/// What programs are to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Chosen(u32),
    Closed(u32, Reason),
}

/// A program that shows too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

/// The open notifications.
pub struct Notices {
    clock: Clock,
    state: Mutex<State>,
    /// Counts changes.
    changed: watch::Sender<u64>,
    told: mpsc::Sender<Told>,
    to_tell: tokio::sync::Mutex<mpsc::Receiver<Told>>,
}

struct State {
    last: u32,
    revision: u64,
    open: BTreeMap<u32, Open>,
    quota: Quota,
    /// What may be logged of those that are too many.
    log: LogQuota,
}

/// One that is open.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// Counts the changes of all.
    pub(crate) revision: u64,
    pub(crate) notification: Notification,
}

impl Notices {
    pub(super) fn new(clock: Clock) -> Self {
        let (told, to_tell) = mpsc::channel(WAITING);
        Self {
            clock,
            state: Mutex::new(State {
                last: 0,
                revision: 0,
                open: BTreeMap::new(),
                quota: Quota::of_notifications(),
                log: LogQuota::new(Instant::now()),
            }),
            changed: watch::Sender::new(0),
            told,
            to_tell: tokio::sync::Mutex::new(to_tell),
        }
    }

    /// A program shows something; the number by which it is known from now on.
    pub(super) fn show(&self, wish: &Wish<'_>) -> Result<u32, TooMany> {
        let mut state = self.lock();
        if !state.quota.allows(self.clock.now()) {
            if state.log.allows(Instant::now()) {
                info!("a program shows notifications in quick succession: most are not passed on");
            }
            return Err(TooMany);
        }
        let number = if state.open.contains_key(&wish.replaces) {
            wish.replaces
        } else {
            state.next_number()
        };
        state.revision += 1;
        let open = Open {
            revision: state.revision,
            notification: wish.notification(number),
        };
        state.open.insert(number, open);
        let oldest = state.open.keys().next().copied();
        let surplus = oldest.filter(|_| state.open.len() > MAX_NOTIFICATIONS);
        if let Some(oldest) = surplus {
            state.open.remove(&oldest);
        }
        drop(state);
        if let Some(oldest) = surplus {
            self.tell(Told::Closed(oldest, Reason::Other));
        }
        self.changed.send_modify(|count| *count += 1);
        Ok(number)
    }

    /// The program takes one back; false if there is none of this number.
    pub(super) fn take_back(&self, number: u32) -> bool {
        self.close(number, Reason::ByProgram)
    }

    /// One ended at a viewer, and with it at all of them.
    pub(crate) fn ended(&self, number: NotificationId, end: NotificationEnd) {
        let reason = match end {
            NotificationEnd::Expired => Reason::Expired,
            NotificationEnd::Dismissed => Reason::Dismissed,
        };
        if let Ok(number) = u32::try_from(number.0) {
            self.close(number, reason);
        }
    }

    /// The person chose one, which ends it.
    pub(crate) fn chosen(&self, number: NotificationId) {
        let Ok(number) = u32::try_from(number.0) else {
            return;
        };
        let Some(chosen) = self.remove(number) else {
            return;
        };
        if chosen.notification.can_be_chosen {
            self.tell(Told::Chosen(number));
        }
        self.closed(number, Reason::Dismissed);
    }

    /// What is open now.
    pub(crate) fn open(&self) -> BTreeMap<u32, Open> {
        self.lock().open.clone()
    }

    /// Tells when that changes. What there is now counts as a change.
    pub(crate) fn follow(&self) -> watch::Receiver<u64> {
        let mut changes = self.changed.subscribe();
        changes.mark_changed();
        changes
    }

    /// What programs are to hear next. For the one who tells them.
    pub(super) async fn next_told(&self) -> Option<Told> {
        self.to_tell.lock().await.recv().await
    }

    fn close(&self, number: u32, reason: Reason) -> bool {
        let was_open = self.remove(number).is_some();
        if was_open {
            self.closed(number, reason);
        }
        was_open
    }

    /// Whoever gets it is the one who ends it: several viewers and the program may try at a time.
    fn remove(&self, number: u32) -> Option<Open> {
        self.lock().open.remove(&number)
    }

    fn closed(&self, number: u32, reason: Reason) {
        self.tell(Told::Closed(number, reason));
        self.changed.send_modify(|count| *count += 1);
    }

    fn tell(&self, told: Told) {
        if self.told.try_send(told).is_err() {
            debug!(?told, "the bus is slow: a program is not told");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Consistent whatever panicked: each change is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A number that no other has had for long; never 0.
    fn next_number(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1).max(1);
        self.last
    }
}

impl Wish<'_> {
    fn notification(&self, number: u32) -> Notification {
        let title = |text| harmless(text, Lines::One, MAX_NOTIFICATION_TITLE_BYTES);
        // A body of megabytes is not worth the time to look at all of it.
        let body = beginning(self.body, 4 * MAX_NOTIFICATION_BYTES);
        Notification {
            number: NotificationId(u64::from(number)),
            program: title(beginning(self.program, 4 * MAX_NOTIFICATION_TITLE_BYTES)),
            summary: title(beginning(self.summary, 4 * MAX_NOTIFICATION_TITLE_BYTES)),
            body: harmless(&without_markup(body), Lines::Many, MAX_NOTIFICATION_BYTES),
            urgency: self.urgency,
            expiry: self.expiry,
            can_be_chosen: self.can_be_chosen,
        }
    }
}

fn beginning(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notices() -> Notices {
        Notices::new(Clock::start())
    }

    const fn wish(summary: &str) -> Wish<'_> {
        Wish {
            replaces: 0,
            program: "mail",
            summary,
            body: "",
            urgency: Urgency::Normal,
            expiry: Expiry::AsUsual,
            can_be_chosen: true,
        }
    }

    fn summaries(notices: &Notices) -> Vec<String> {
        let open = notices.open().into_values();
        open.map(|open| open.notification.summary).collect()
    }

    fn told(notices: &Notices) -> Vec<Told> {
        let mut to_tell = notices.to_tell.try_lock().unwrap();
        std::iter::from_fn(|| to_tell.try_recv().ok()).collect()
    }

    #[test]
    fn one_takes_the_place_of_another_if_that_is_open() {
        let notices = notices();
        let first = notices.show(&wish("one")).unwrap();
        let changed = Wish {
            replaces: first,
            ..wish("two")
        };
        assert_eq!(notices.show(&changed), Ok(first));
        assert_eq!(summaries(&notices), ["two"]);
        assert!(notices.take_back(first) && !notices.take_back(first));
        assert_ne!(notices.show(&changed), Ok(first));
        assert_eq!(told(&notices), [Told::Closed(first, Reason::ByProgram)]);
    }

    #[test]
    fn who_chooses_one_ends_it_and_nobody_can_choose_it_twice() {
        let notices = notices();
        let number = notices.show(&wish("one")).unwrap();
        let id = NotificationId(u64::from(number));
        notices.chosen(id);
        notices.chosen(id);
        notices.ended(id, NotificationEnd::Expired);
        let once = [
            Told::Chosen(number),
            Told::Closed(number, Reason::Dismissed),
        ];
        assert_eq!(told(&notices), once);
        let silent = Wish {
            can_be_chosen: false,
            ..wish("two")
        };
        let number = notices.show(&silent).unwrap();
        notices.chosen(NotificationId(u64::from(number)));
        assert_eq!(told(&notices), [Told::Closed(number, Reason::Dismissed)]);
    }

    #[test]
    fn a_program_in_a_loop_is_held_up() {
        let notices = notices();
        let shown = (0..1000).filter(|_| notices.show(&wish("x")).is_ok());
        assert!(shown.count() < 100);
        assert!(notices.open().len() <= MAX_NOTIFICATIONS);
    }

    #[test]
    fn texts_are_harmless() {
        let notices = notices();
        let body = format!("<b>a</b>\u{202e}\n&lt;{}", "é".repeat(1 << 20));
        let evil = Wish {
            body: &body,
            ..wish("a\nb\u{7}")
        };
        notices.show(&evil).unwrap();
        let (_, open) = notices.open().pop_first().unwrap();
        assert_eq!(open.notification.summary, "a b");
        assert!(open.notification.body.starts_with("a\n<éé"));
        assert!(open.notification.body.len() <= MAX_NOTIFICATION_BYTES);
    }
}

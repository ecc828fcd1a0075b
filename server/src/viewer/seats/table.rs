//! The seats as they are taken, without anything that happens because of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hackstream_protocol::ids::ViewerId;
use hackstream_protocol::wire::control::{
    KeyboardLayout, SeatReport, SeatWish, Standing, ViewerWindow,
};
use tokio::sync::watch;

use super::Role;

/// What a change means for the session.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// The keyboard's layout from now on, if it changes.
    pub(super) layout: Option<KeyboardLayout>,
    /// The window that the screen follows, if it changes.
    pub(super) window: Option<ViewerWindow>,
}

/// Who sits where.
#[derive(Default)]
pub(super) struct Table {
    places: BTreeMap<ViewerId, Place>,
    /// Who has taken control alone.
    alone: Option<ViewerId>,
    /// Who pressed something last, of those in control.
    leader: Option<ViewerId>,
    /// How often somebody said something of a keyboard or a window.
    said: u64,
}

/// What a viewer said, and when in the order of all that was said.
struct Said<T> {
    turn: u64,
    what: T,
}

struct Place {
    role: Role,
    /// Whether the viewer wishes to act.
    is_willing: bool,
    /// Whether it holds a key or a button down, as its [`Controls`](super::Controls) say.
    holds: Arc<AtomicBool>,
    /// What it said last of its keyboard and its window.
    layout: Option<Said<KeyboardLayout>>,
    window: Option<Said<ViewerWindow>>,
    report: watch::Sender<SeatReport>,
}

impl Table {
    pub(super) const fn leader(&self) -> Option<ViewerId> {
        self.leader
    }

    /// A viewer comes. It takes control away from nobody.
    pub(super) fn join(
        &mut self,
        id: ViewerId,
        role: Role,
        wish: SeatWish,
        holds: Arc<AtomicBool>,
    ) -> (watch::Receiver<SeatReport>, Effect) {
        let (report, told) = watch::channel(SeatReport {
            standing: Standing::ViewOnly,
            viewers: 0,
            in_control: 0,
        });
        let place = Place {
            role,
            is_willing: wish != SeatWish::Watch,
            holds,
            layout: None,
            window: None,
            report,
        };
        let is_free = self.alone.is_none() && !self.anybody_acts();
        self.places.insert(id, place);
        if wish == SeatWish::ControlAlone && role == Role::Control && is_free {
            self.alone = Some(id);
        }
        self.settle();
        (told, Effect::default())
    }

    /// A viewer leaves. What it had alone is everybody's again.
    pub(super) fn leave(&mut self, id: ViewerId) -> Effect {
        self.shift(|table| {
            table.places.remove(&id);
            table.alone = table.alone.filter(|alone| *alone != id);
        })
    }

    /// A viewer wishes something else. Taking control alone ends the same of another.
    pub(super) fn wish(&mut self, id: ViewerId, wish: SeatWish) -> Effect {
        let Some(place) = self.controller(id) else {
            return Effect::default();
        };
        let is_willing = wish != SeatWish::Watch;
        if wish == SeatWish::ControlAlone {
            place.is_willing = is_willing;
            self.alone = Some(id);
            self.settle();
            return self.lead(id);
        }
        self.shift(|table| {
            if let Some(place) = table.controller(id) {
                place.is_willing = is_willing;
            }
            // To ask for control while another has it alone is to ask that it be shared again.
            table.alone = table.alone.filter(|alone| !is_willing && *alone != id);
        })
    }

    /// A viewer pressed something: it leads, if it is in control.
    pub(super) fn lead(&mut self, id: ViewerId) -> Effect {
        if self.leader == Some(id) || !self.standing(id).acts() {
            return Effect::default();
        }
        self.leader = Some(id);
        let place = self.places.get(&id);
        Effect {
            layout: latest(place.and_then(|place| place.layout.as_ref())),
            window: latest(place.and_then(|place| place.window.as_ref())),
        }
    }

    pub(super) fn layout(&mut self, id: ViewerId, layout: KeyboardLayout) -> Effect {
        let turn = self.turn();
        let Some(place) = self.controller(id) else {
            return Effect::default();
        };
        let what = layout.clone();
        place.layout = Some(Said { turn, what });
        Effect {
            layout: self.counts(id).then_some(layout),
            window: None,
        }
    }

    pub(super) fn window(&mut self, id: ViewerId, window: ViewerWindow) -> Effect {
        let turn = self.turn();
        let Some(place) = self.controller(id) else {
            return Effect::default();
        };
        let what = window;
        place.window = Some(Said { turn, what });
        Effect {
            layout: None,
            window: self.counts(id).then_some(window),
        }
    }

    /// The place of a viewer with the right to control.
    fn controller(&mut self, id: ViewerId) -> Option<&mut Place> {
        let place = self.places.get_mut(&id);
        place.filter(|place| place.role == Role::Control)
    }

    /// Whether what this viewer says of its keyboard and window is the session's.
    fn counts(&self, id: ViewerId) -> bool {
        self.standing(id).acts() && self.leader.is_none_or(|leader| leader == id)
    }

    fn standing(&self, id: ViewerId) -> Standing {
        match self.places.get(&id) {
            Some(place) if place.role == Role::Control => match self.alone {
                Some(alone) if alone == id => Standing::InControlAlone,
                None if place.is_willing => Standing::InControl,
                _ => Standing::Watching,
            },
            _ => Standing::ViewOnly,
        }
    }

    /// Whether somebody lost control and holds a key down yet.
    pub(super) fn somebody_lets_go(&self) -> bool {
        let mut places = self.places.iter();
        places.any(|(id, place)| place.holds.load(Ordering::Acquire) && !self.standing(*id).acts())
    }

    fn anybody_acts(&self) -> bool {
        self.places.keys().any(|id| self.standing(*id).acts())
    }

    const fn turn(&mut self) -> u64 {
        self.said += 1;
        self.said
    }

    /// Does something after which others may count. What they have said counts from then on, without
    /// their saying it again.
    fn shift(&mut self, change: impl FnOnce(&mut Self)) -> Effect {
        let before = self.counting();
        change(self);
        self.settle();
        let after = self.counting();
        Effect {
            layout: after.layout.filter(|it| before.layout.as_ref() != Some(it)),
            window: after.window.filter(|it| before.window.as_ref() != Some(it)),
        }
    }

    /// What was said last by those who count.
    fn counting(&self) -> Effect {
        let counting = self.places.iter().filter(|(id, _)| self.counts(**id));
        let places = counting.map(|(_, place)| place);
        Effect {
            layout: latest(places.clone().filter_map(|place| place.layout.as_ref())),
            window: latest(places.filter_map(|place| place.window.as_ref())),
        }
    }

    /// Tells everybody what has become of them, and forgets a leader that is in control no more.
    fn settle(&mut self) {
        self.leader = self.leader.filter(|id| self.standing(*id).acts());
        let acting = self.places.keys().filter(|id| self.standing(**id).acts());
        let in_control = acting.count() as u32;
        for (id, place) in &self.places {
            let report = SeatReport {
                standing: self.standing(*id),
                viewers: self.places.len() as u32,
                in_control,
            };
            place.report.send_if_modified(|told| {
                let is_news = *told != report;
                *told = report;
                is_news
            });
        }
    }
}

/// What was said last.
fn latest<'a, T: Clone + 'a>(said: impl IntoIterator<Item = &'a Said<T>>) -> Option<T> {
    let last = said.into_iter().max_by_key(|said| said.turn);
    last.map(|said| said.what.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Size;
    use hackstream_protocol::wire::control::{KeyboardNames, Scale};

    const A: ViewerId = ViewerId(1);
    const B: ViewerId = ViewerId(2);
    const GUEST: ViewerId = ViewerId(3);

    fn layout(name: &str) -> KeyboardLayout {
        let names = KeyboardNames {
            layout: name.to_owned(),
            ..KeyboardNames::default()
        };
        KeyboardLayout::new(names).unwrap()
    }

    fn window(width: u32) -> ViewerWindow {
        ViewerWindow {
            size: Size::new(width, 600),
            scale: Scale::ONE,
        }
    }

    fn standings(table: &Table) -> [Standing; 3] {
        [A, B, GUEST].map(|id| table.standing(id))
    }

    fn table() -> Table {
        let mut table = Table::default();
        let _ = table.join(A, Role::Control, SeatWish::Control, Arc::default());
        let _ = table.join(B, Role::Control, SeatWish::Control, Arc::default());
        let _ = table.join(GUEST, Role::View, SeatWish::ControlAlone, Arc::default());
        table
    }

    #[test]
    fn who_may_only_view_changes_nothing_whatever_it_says() {
        let mut table = table();
        let before = standings(&table);
        assert_eq!(before[2], Standing::ViewOnly);
        assert_eq!(table.layout(GUEST, layout("de")), Effect::default());
        assert_eq!(table.window(GUEST, window(700)), Effect::default());
        assert_eq!(table.lead(GUEST), Effect::default());
        for wish in [SeatWish::Watch, SeatWish::Control, SeatWish::ControlAlone] {
            assert_eq!(table.wish(GUEST, wish), Effect::default());
        }
        assert_eq!(standings(&table), before);
        assert_eq!(table.leader(), None);
    }

    #[test]
    fn control_is_taken_let_go_and_taken_back() {
        use Standing::{InControl, InControlAlone, ViewOnly, Watching};
        let mut table = table();
        assert_eq!(standings(&table), [InControl, InControl, ViewOnly]);
        table.wish(A, SeatWish::ControlAlone);
        assert_eq!(standings(&table), [InControlAlone, Watching, ViewOnly]);
        table.wish(B, SeatWish::ControlAlone);
        assert_eq!(standings(&table), [Watching, InControlAlone, ViewOnly]);
        table.wish(A, SeatWish::Control);
        assert_eq!(standings(&table), [InControl, InControl, ViewOnly]);
        table.wish(A, SeatWish::ControlAlone);
        table.wish(A, SeatWish::Watch);
        assert_eq!(standings(&table), [Watching, InControl, ViewOnly]);
        table.wish(B, SeatWish::ControlAlone);
        table.leave(B);
        // It wished to watch.
        assert_eq!(table.standing(A), Watching);
    }

    #[test]
    fn who_lost_control_is_seen_to_let_go() {
        let mut table = Table::default();
        let holds = Arc::new(AtomicBool::new(true));
        let _ = table.join(A, Role::Control, SeatWish::Control, Arc::clone(&holds));
        let _ = table.join(B, Role::Control, SeatWish::Control, Arc::default());
        assert!(!table.somebody_lets_go(), "it may hold what it likes");
        table.wish(B, SeatWish::ControlAlone);
        assert!(table.somebody_lets_go());
        holds.store(false, Ordering::Release);
        assert!(!table.somebody_lets_go());
    }

    #[test]
    fn who_comes_takes_control_from_nobody() {
        let mut table = Table::default();
        let _ = table.join(A, Role::Control, SeatWish::Control, Arc::default());
        let _ = table.join(B, Role::Control, SeatWish::ControlAlone, Arc::default());
        assert_eq!(table.standing(B), Standing::InControl);
        table.wish(A, SeatWish::ControlAlone);
        let (report, _) = table.join(
            ViewerId(4),
            Role::Control,
            SeatWish::Control,
            Arc::default(),
        );
        let expected = SeatReport {
            standing: Standing::Watching,
            viewers: 3,
            in_control: 1,
        };
        assert_eq!(*report.borrow(), expected);
        table.leave(A);
        assert_eq!(report.borrow().standing, Standing::InControl);
    }

    #[test]
    fn the_last_word_counts_until_somebody_leads() {
        let mut table = table();
        assert_eq!(table.window(A, window(700)).window, Some(window(700)));
        assert_eq!(table.window(B, window(800)).window, Some(window(800)));
        let led = table.lead(A);
        assert_eq!((led.window, led.layout), (Some(window(700)), None));
        assert_eq!(table.window(B, window(900)), Effect::default());
        assert_eq!(table.layout(B, layout("fr")), Effect::default());
        let led = table.lead(B);
        assert_eq!(led.window, Some(window(900)));
        assert_eq!(led.layout, Some(layout("fr")));
        table.leave(B);
        assert_eq!(table.leader(), None);
        assert_eq!(table.window(A, window(640)).window, Some(window(640)));
    }

    #[test]
    fn what_was_said_while_another_led_counts_once_that_one_is_gone() {
        let mut table = table();
        table.lead(A);
        assert_eq!(table.layout(B, layout("de")), Effect::default());
        assert_eq!(table.window(B, window(800)), Effect::default());
        assert_eq!(table.window(B, window(900)), Effect::default());
        let effect = table.leave(A);
        assert_eq!(effect.layout, Some(layout("de")));
        assert_eq!(effect.window, Some(window(900)));
        assert_eq!(table.leave(B), Effect::default());
    }

    #[test]
    fn what_counts_already_is_not_said_again() {
        let mut table = table();
        table.window(A, window(700));
        table.window(B, window(800));
        assert_eq!(table.wish(A, SeatWish::Watch), Effect::default());
        table.lead(B);
        let effect = table.wish(A, SeatWish::Control);
        assert_eq!(effect, Effect::default(), "it does not lead");
        assert_eq!(table.leave(B).window, Some(window(700)));
    }

    #[test]
    fn who_takes_control_leads_and_who_lost_it_does_not() {
        let mut table = table();
        table.window(A, window(700));
        table.lead(B);
        let effect = table.wish(A, SeatWish::ControlAlone);
        assert_eq!(effect.window, Some(window(700)));
        assert_eq!(table.leader(), Some(A));
        assert_eq!(table.lead(B), Effect::default());
        assert_eq!(table.window(B, window(800)), Effect::default());
        table.wish(A, SeatWish::Watch);
        assert_eq!(table.leader(), None);
    }
}

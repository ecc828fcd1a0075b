//! Characters for which the display may have no key.
//!
//! A character that no key gives is lent a key that means nothing. Programs keep a copy of the map
//! and read it anew, when told to, at some time after the change; a key that got yet another
//! meaning by then would give that one. So meanings stay, and when all spare keys are in use the
//! one that was used least recently changes, but not before programs had time to look it up.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hackstream_protocol::wire::keyboard::Locks;
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{
    ConnectionExt as _, EventType, Group, ID, MapPart, SelectEventsAux, SelectEventsAuxStateNotify,
    StatePart,
};
use x11rb::protocol::xproto::{ConnectionExt as _, ModMask};
use xkeysym::key;

use super::connect::Display;
use super::keymap::{CAPS_LOCK, Keymap, Modifiers, State, Validity, group_number, symbol_of};
use crate::error::CaptureError;

/// How long a program may take to look up what a key means. Nothing tells when it has; on a loaded
/// machine it was seen to take more than 200 ms. Maps leave about twenty keys free, so only an input
/// method that gives more different characters at once has to wait.
const LOOK_UP: Duration = Duration::from_millis(500);

/// What a modifier key is for, if it is for giving commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Control,
    Alt,
    Logo,
}

/// Whether our copy of the map is what the display has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copy {
    Fresh,
    Stale,
}

/// Finds keys for characters.
pub(super) struct Typist {
    keymap: Keymap,
    copy: Copy,
    /// What was down and locked when last asked, and the count of changes then. A question takes
    /// as long as all else that a key costs here, so it is asked only after a change.
    known: Option<(State, u64)>,
    changes: KeyChanges,
    /// Keys that were given a meaning, the least recently used first.
    lent: VecDeque<Loan>,
}

/// Counts, for all injectors of a display, what they did that may change the state of its keyboard.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyChanges(Arc<AtomicU64>);

impl KeyChanges {
    /// A key that is more than a character went down or up.
    pub(super) fn note(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// A key that stands for a character.
#[derive(Clone, Copy, Debug)]
struct Loan {
    keycode: u8,
    character: char,
    /// When it was last pressed.
    used: Instant,
}

impl Typist {
    /// Reads the display's map; `None` if it has no XKB.
    pub(super) fn new(
        display: &Display,
        changes: KeyChanges,
    ) -> Result<Option<Self>, CaptureError> {
        let connection = &display.connection;
        let Ok(version) = connection.xkb_use_extension(1, 0) else {
            return Ok(None);
        };
        if !version.reply()?.supported {
            return Ok(None);
        }
        select(display)?;
        Ok(Some(Self {
            keymap: Keymap::query(display)?,
            copy: Copy::Fresh,
            known: None,
            changes,
            lent: VecDeque::new(),
        }))
    }

    /// Takes note of what the display tells.
    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_) | Event::MappingNotify(_) => {
                self.copy = Copy::Stale;
                self.known = None;
            }
            Event::XkbStateNotify(_) => self.known = None,
            _ => {}
        }
    }

    /// Whether [`key_for`](Self::key_for) gives `natural` without asking the display.
    pub(super) fn knows(&self, natural: u8, character: char) -> bool {
        let count = self.changes.count();
        let known = self.known.filter(|(_, since)| *since == count);
        self.copy == Copy::Fresh
            && known.is_some_and(|(state, _)| self.keymap.gives(natural, state, character))
    }

    /// The key to press for `character`: `natural` if that gives it, otherwise another one that
    /// does, if need be after a change of the map. `None` if the map leaves no key free.
    ///
    /// # Errors
    /// [`CaptureError::KeysInUse`] if a key will be free later.
    pub(super) fn key_for(
        &mut self,
        display: &Display,
        natural: Option<u8>,
        character: char,
        is_down: impl Fn(u8) -> bool,
    ) -> Result<Option<u8>, CaptureError> {
        self.refresh(display)?;
        let mut state = self.state(display)?;
        if let Some(natural) = natural.filter(|&k| self.keymap.gives(k, state, character)) {
            return Ok(Some(natural));
        }
        if state.capitalizes(character) {
            // A small letter is meant, so Caps Lock is on here only.
            self.set_locks(display, CAPS_LOCK, 0)?;
            state = self.state(display)?;
            if let Some(natural) = natural.filter(|&k| self.keymap.gives(k, state, character)) {
                return Ok(Some(natural));
            }
        }
        if let Some(found) = self.keymap.find(character, state) {
            self.touch(found);
            return Ok(Some(found));
        }
        self.lend(display, character, is_down)
    }

    /// Switches on and off what the person's keyboard has on and off.
    pub(super) fn lock(&mut self, display: &Display, locks: Locks) -> Result<(), CaptureError> {
        self.refresh(display)?;
        let num = self.keymap.num_lock();
        let on = (u8::from(locks.caps) * CAPS_LOCK) | (u8::from(locks.num) * num);
        self.set_locks(display, CAPS_LOCK | num, on)?;
        let group = Group::from(group_number(locks.group));
        let (device, none) = (ID::USE_CORE_KBD.into(), ModMask::from(0u16));
        let connection = &display.connection;
        connection.xkb_latch_lock_state(device, none, none, true, group, none, false, 0)?;
        Ok(())
    }

    /// Locks the modifiers `on` of those in `mask`, and unlocks the others.
    fn set_locks(
        &self,
        display: &Display,
        mask: Modifiers,
        on: Modifiers,
    ) -> Result<(), CaptureError> {
        self.changes.note();
        let (device, none) = (ID::USE_CORE_KBD.into(), ModMask::from(0u16));
        let (mask, on, group) = (ModMask::from(mask), ModMask::from(on), Group::M1);
        let connection = &display.connection;
        connection.xkb_latch_lock_state(device, mask, on, false, group, none, false, 0)?;
        Ok(())
    }

    /// What kind of command the key is for, if it is a modifier for one.
    pub(super) fn command(&self, keycode: u8) -> Option<Command> {
        let kinds: [(&[u32], Command); 3] = [
            (&[key::Control_L, key::Control_R], Command::Control),
            (
                &[key::Alt_L, key::Alt_R, key::Meta_L, key::Meta_R],
                Command::Alt,
            ),
            (
                &[key::Super_L, key::Super_R, key::Hyper_L, key::Hyper_R],
                Command::Logo,
            ),
        ];
        let mut kinds = kinds.into_iter();
        let kind = kinds.find(|(symbols, _)| self.keymap.has_symbol(keycode, symbols));
        kind.map(|(_, command)| command)
    }

    /// Takes back what was lent, but for keys that a new layout has given a meaning.
    pub(super) fn take_back(&mut self, display: &Display) -> Result<(), CaptureError> {
        if !self.lent.is_empty() {
            self.refresh(display)?;
        }
        for loan in self.lent.drain(..) {
            let connection = &display.connection;
            connection.change_keyboard_mapping(1, loan.keycode, 1, &[0])?;
        }
        Ok(())
    }

    fn state(&mut self, display: &Display) -> Result<State, CaptureError> {
        // Before the question, so that what another injector does meanwhile counts.
        let count = self.changes.count();
        if let Some((state, _)) = self.known.filter(|(_, since)| *since == count) {
            return Ok(state);
        }
        let (state, validity) = State::query(display)?;
        self.known = (validity == Validity::Lasting).then_some((state, count));
        Ok(state)
    }

    fn refresh(&mut self, display: &Display) -> Result<(), CaptureError> {
        if self.copy == Copy::Stale {
            self.keymap = Keymap::query(display)?;
            self.copy = Copy::Fresh;
            // Another map was loaded, or someone else lent the same key.
            let (keymap, state) = (&self.keymap, State::default());
            self.lent
                .retain(|loan| keymap.gives(loan.keycode, state, loan.character));
        }
        Ok(())
    }

    fn lend(
        &mut self,
        display: &Display,
        character: char,
        is_down: impl Fn(u8) -> bool,
    ) -> Result<Option<u8>, CaptureError> {
        let spare = self.keymap.spare().find(|&keycode| !is_down(keycode));
        let keycode = match spare {
            Some(keycode) => keycode,
            None => match self.reclaim(is_down)? {
                Some(keycode) => keycode,
                None => return Ok(None),
            },
        };
        // The same with and without Shift, so that no state changes it.
        let symbols = [symbol_of(character); 2];
        let connection = &display.connection;
        connection.change_keyboard_mapping(1, keycode, 2, &symbols)?;
        self.keymap.set(keycode, symbols[0]);
        self.lent.push_back(Loan {
            keycode,
            character,
            used: Instant::now(),
        });
        Ok(Some(keycode))
    }

    /// The key whose meaning may change, if there is one.
    fn reclaim(&mut self, is_down: impl Fn(u8) -> bool) -> Result<Option<u8>, CaptureError> {
        let mut lent = self.lent.iter();
        let Some(index) = lent.position(|loan| !is_down(loan.keycode)) else {
            return Ok(None);
        };
        let until = self.lent[index].used + LOOK_UP;
        if Instant::now() < until {
            return Err(CaptureError::KeysInUse { until });
        }
        Ok(self.lent.remove(index).map(|loan| loan.keycode))
    }

    /// Notes that a key was used; most are not lent.
    fn touch(&mut self, keycode: u8) {
        let found = self.lent.iter().position(|loan| loan.keycode == keycode);
        if let Some(loan) = found.and_then(|index| self.lent.remove(index)) {
            self.lent.push_back(Loan {
                used: Instant::now(),
                ..loan
            });
        }
    }
}

/// Asks to be told of other maps, and of what others lock. What they hold down would be told with
/// each of their keys, to injectors that nobody uses as well.
fn select(display: &Display) -> Result<(), CaptureError> {
    let events = EventType::NEW_KEYBOARD_NOTIFY | EventType::MAP_NOTIFY;
    let parts = MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::MODIFIER_MAP;
    let state = StatePart::MODIFIER_LATCH
        | StatePart::MODIFIER_LOCK
        | StatePart::GROUP_BASE
        | StatePart::GROUP_LATCH
        | StatePart::GROUP_LOCK;
    let details = SelectEventsAux::new().state_notify(SelectEventsAuxStateNotify {
        affect_state: state,
        state_details: state,
    });
    let (device, nothing) = (ID::USE_CORE_KBD.into(), EventType::from(0u16));
    let connection = &display.connection;
    let selected = connection.xkb_select_events(device, nothing, events, parts, parts, &details)?;
    Ok(selected.check()?)
}

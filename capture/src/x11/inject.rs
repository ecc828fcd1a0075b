//! A person's input, played through XTEST.

use hackstream_protocol::geometry::Point;
use hackstream_protocol::limits::MAX_SCREEN_EDGE;
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use super::connect::Display;
use crate::error::CaptureError;

/// What X servers with evdev rules add to a Linux key code.
const KEYCODE_OFFSET: u16 = 8;

/// The wheel's pseudo-buttons.
const WHEEL_UP: u8 = 4;
const WHEEL_DOWN: u8 = 5;
const WHEEL_LEFT: u8 = 6;
const WHEEL_RIGHT: u8 = 7;

/// Plays input into a display and remembers what it holds down.
///
/// Repeats of a held key are made by the X server. Dropping the injector lets go of everything.
pub struct Injector {
    display: Display,
    held_keys: Held,
    held_buttons: Held,
}

/// Which of 256 keys or buttons are down.
#[derive(Default)]
struct Held([u128; 2]);

impl Held {
    /// Notes the transition; whether it changed anything.
    fn note(&mut self, number: u8, transition: Transition) -> bool {
        let (word, bit) = (&mut self.0[usize::from(number >> 7)], 1 << (number & 127));
        let before = *word;
        match transition {
            Transition::Press => *word |= bit,
            Transition::Release => *word &= !bit,
        }
        *word != before
    }

    /// Whether nothing is down.
    fn is_empty(&self) -> bool {
        self.0 == [0; 2]
    }

    /// Everything that is down, which is forgotten.
    fn take_all(&mut self) -> impl Iterator<Item = u8> + use<> {
        let held = std::mem::take(&mut self.0);
        (0..=u8::MAX).filter(move |n| held[usize::from(n >> 7)] >> (n & 127) & 1 == 1)
    }
}

impl Injector {
    pub(crate) fn new(display: Display) -> Result<Self, CaptureError> {
        display
            .connection
            .xtest_get_version(2, 2)
            .map_err(|_| CaptureError::MissingExtension("XTEST"))?
            .reply()?;
        Ok(Self {
            display,
            held_keys: Held::default(),
            held_buttons: Held::default(),
        })
    }

    /// Plays one event; it has reached the X server when this returns.
    ///
    /// Keys and buttons that no display has, a press of what is down and a release of what is up
    /// are ignored.
    ///
    /// # Errors
    /// [`CaptureError::Lost`] if the display is gone.
    pub fn inject(&mut self, event: InputEvent) -> Result<(), CaptureError> {
        match event {
            InputEvent::Key(code, transition) => self.key(code, transition)?,
            InputEvent::PointerMotion(at) => self.motion(at)?,
            InputEvent::Button(button, transition) => self.button(button, transition)?,
            InputEvent::Wheel { right, down } => {
                self.wheel(right, WHEEL_LEFT, WHEEL_RIGHT)?;
                self.wheel(down, WHEEL_UP, WHEEL_DOWN)?;
            }
            InputEvent::ReleaseAll => return self.release_all(),
        }
        self.flush()
    }

    /// Whether this injector holds a key or a button down.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        !(self.held_keys.is_empty() && self.held_buttons.is_empty())
    }

    /// Lets go of every key and button that this injector holds down.
    ///
    /// # Errors
    /// [`CaptureError::Lost`] if the display is gone.
    pub fn release_all(&mut self) -> Result<(), CaptureError> {
        for key in self.held_keys.take_all() {
            self.fake(KEY_RELEASE_EVENT, key)?;
        }
        for button in self.held_buttons.take_all() {
            self.fake(BUTTON_RELEASE_EVENT, button)?;
        }
        self.flush()
    }

    fn key(&mut self, code: KeyCode, transition: Transition) -> Result<(), CaptureError> {
        let Some(keycode) = keycode(code) else {
            return Ok(());
        };
        if !self.held_keys.note(keycode, transition) {
            return Ok(());
        }
        match transition {
            Transition::Press => self.fake(KEY_PRESS_EVENT, keycode),
            Transition::Release => self.fake(KEY_RELEASE_EVENT, keycode),
        }
    }

    fn button(&mut self, button: Button, transition: Transition) -> Result<(), CaptureError> {
        let possible = 1..=Button::MAX;
        if !possible.contains(&button.0) || !self.held_buttons.note(button.0, transition) {
            return Ok(());
        }
        match transition {
            Transition::Press => self.fake(BUTTON_PRESS_EVENT, button.0),
            Transition::Release => self.fake(BUTTON_RELEASE_EVENT, button.0),
        }
    }

    /// One click of a pseudo-button per notch.
    fn wheel(&self, notches: i8, backward: u8, forward: u8) -> Result<(), CaptureError> {
        let button = if notches < 0 { backward } else { forward };
        for _ in 0..notches.unsigned_abs() {
            self.fake(BUTTON_PRESS_EVENT, button)?;
            self.fake(BUTTON_RELEASE_EVENT, button)?;
        }
        Ok(())
    }

    fn motion(&self, at: Point) -> Result<(), CaptureError> {
        const EDGE: i32 = MAX_SCREEN_EDGE as i32;
        let (x, y) = (at.x.clamp(0, EDGE) as i16, at.y.clamp(0, EDGE) as i16);
        let (connection, root) = (&self.display.connection, self.display.root());
        // Detail 0 means absolute coordinates.
        connection.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, x11rb::CURRENT_TIME, root, x, y, 0)?;
        Ok(())
    }

    fn fake(&self, event: u8, detail: u8) -> Result<(), CaptureError> {
        let (connection, root) = (&self.display.connection, self.display.root());
        connection.xtest_fake_input(event, detail, x11rb::CURRENT_TIME, root, 0, 0, 0)?;
        Ok(())
    }

    /// Waits until the X server has carried everything out. It closes a connection that ends
    /// without reading what was still under way.
    fn wait_until_done(&self) -> Result<(), CaptureError> {
        self.display.connection.get_input_focus()?.reply()?;
        Ok(())
    }

    fn flush(&self) -> Result<(), CaptureError> {
        self.display.connection.flush()?;
        // Servers send some events unasked (a new keyboard mapping), and errors for buttons that
        // they lack. Unread they would fill the socket.
        while let Some(event) = self.display.connection.poll_for_event()? {
            tracing::trace!(?event, "from the display of the injector");
        }
        Ok(())
    }
}

impl Drop for Injector {
    fn drop(&mut self) {
        // Fails only if the display is gone, and the keys with it.
        let _ = self.release_all().and_then(|()| self.wait_until_done());
    }
}

fn keycode(code: KeyCode) -> Option<u8> {
    let keycode = code.0.checked_add(KEYCODE_OFFSET)?;
    // Code 0 is KEY_RESERVED: no key.
    u8::try_from(keycode)
        .ok()
        .filter(|&k| u16::from(k) > KEYCODE_OFFSET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_numbers_are_noted_once_and_taken_once() {
        let mut held = Held::default();
        assert!(held.is_empty());
        for number in [0, 127, 128, 255] {
            assert!(held.note(number, Transition::Press));
            assert!(!held.note(number, Transition::Press));
        }
        assert!(held.note(127, Transition::Release));
        assert!(!held.is_empty());
        assert!(!held.note(127, Transition::Release));
        assert_eq!(held.take_all().collect::<Vec<_>>(), [0, 128, 255]);
        assert!(held.is_empty());
        assert_eq!(held.take_all().count(), 0);
    }

    #[test]
    fn key_codes_become_evdev_keycodes() {
        assert_eq!(keycode(KeyCode(103)), Some(111));
        assert_eq!(keycode(KeyCode(KeyCode::MAX)), Some(255));
        assert_eq!(keycode(KeyCode(0)), None);
        assert_eq!(keycode(KeyCode(248)), None);
        assert_eq!(keycode(KeyCode(u16::MAX)), None);
    }
}

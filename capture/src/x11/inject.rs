//! A person's input, played through XTEST.

use hackstream_protocol::geometry::Point;
use hackstream_protocol::limits::MAX_SCREEN_EDGE;
use hackstream_protocol::wire::input::{Button, InputEvent, KeyCode, Transition};
use hackstream_protocol::wire::keyboard::{CommandModifiers, Locks};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use super::connect::Display;
use super::held::Held;
use super::typist::{Command, KeyChanges, Typist};
use crate::error::CaptureError;

mod prompt;

/// What X servers with evdev rules add to a Linux key code.
const KEYCODE_OFFSET: u16 = 8;

/// The wheel's pseudo-buttons.
const WHEEL_UP: u8 = 4;
const WHEEL_DOWN: u8 = 5;
const WHEEL_LEFT: u8 = 6;
const WHEEL_RIGHT: u8 = 7;

/// Notches that are played of one event, at most.
const MOST_NOTCHES: u8 = 32;

/// Plays input into a display and remembers what it holds down.
///
/// Repeats of a held key are made by the X server. Dropping the injector lets go of everything.
pub struct Injector {
    display: Display,
    /// `None` on a display without XKB.
    typist: Option<Typist>,
    held_keys: Held,
    /// For each key of the viewer that is down the key that was pressed for it; 0 if it is up.
    pressed_as: [u8; 256],
    /// Keys of the viewer that are down as nothing but characters.
    typed: Held,
    changes: KeyChanges,
    held_buttons: Held,
}

impl Injector {
    pub(crate) fn new(display: Display, changes: KeyChanges) -> Result<Self, CaptureError> {
        display
            .connection
            .xtest_get_version(2, 2)
            .map_err(|_| CaptureError::MissingExtension("XTEST"))?
            .reply()?;
        let typist = Typist::new(&display, changes.clone())?;
        Ok(Self {
            display,
            typist,
            held_keys: Held::default(),
            pressed_as: [0; 256],
            typed: Held::default(),
            changes,
            held_buttons: Held::default(),
        })
    }

    /// Plays one event; it has reached the X server when this returns.
    ///
    /// Keys and buttons that no display has, a press of what is down and a release of what is up
    /// are ignored.
    ///
    /// # Errors
    /// [`CaptureError::KeysInUse`] if it has to be tried again later, before the events after it.
    /// [`CaptureError::NoKeyLeft`] if the display cannot be made to type a character.
    /// [`CaptureError::Lost`] if the display is gone.
    pub fn inject(&mut self, event: InputEvent) -> Result<(), CaptureError> {
        self.listen()?;
        self.play(event)
    }

    fn play(&mut self, event: InputEvent) -> Result<(), CaptureError> {
        match event {
            InputEvent::Key(code, transition) => self.key(code, transition)?,
            InputEvent::PointerMotion(at) => self.motion(at)?,
            InputEvent::PointerMoved { right, down } => self.moved(right, down)?,
            InputEvent::Button(button, transition) => self.button(button, transition)?,
            InputEvent::Wheel { right, down } => {
                self.wheel(right, WHEEL_LEFT, WHEEL_RIGHT)?;
                self.wheel(down, WHEEL_UP, WHEEL_DOWN)?;
            }
            InputEvent::ReleaseAll => return self.release_all(),
            InputEvent::Typed {
                key,
                character,
                held,
            } => self.typed(key, character, held)?,
            InputEvent::Text(character) => self.text(character)?,
            InputEvent::Locks(locks) => self.lock(locks)?,
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
        self.pressed_as = [0; 256];
        self.typed = Held::default();
        if !self.held_keys.is_empty() {
            self.changes.note();
        }
        for key in self.held_keys.take_all() {
            self.fake(KEY_RELEASE_EVENT, key)?;
        }
        for button in self.held_buttons.take_all() {
            self.fake(BUTTON_RELEASE_EVENT, button)?;
        }
        self.flush()
    }

    fn key(&mut self, code: KeyCode, transition: Transition) -> Result<(), CaptureError> {
        let Some(natural) = keycode(code) else {
            return Ok(());
        };
        // A typed key that comes up changes nothing; any other may be a modifier.
        if transition == Transition::Press || !self.typed.note(natural, Transition::Release) {
            self.changes.note();
        }
        match transition {
            Transition::Press => self.press_as(natural, natural),
            Transition::Release => match std::mem::take(&mut self.pressed_as[usize::from(natural)])
            {
                0 => Ok(()),
                pressed => self.release(pressed),
            },
        }
    }

    /// Presses the key that gives `character`, which is `code` unless the display's map is another
    /// one than the viewer's.
    fn typed(
        &mut self,
        code: KeyCode,
        character: char,
        held: CommandModifiers,
    ) -> Result<(), CaptureError> {
        let Some(natural) = keycode(code) else {
            return Ok(());
        };
        let found = self.key_for(Some(natural), character)?;
        let pressed = found.unwrap_or(natural);
        let unwanted = self.unwanted(held);
        if pressed == natural || unwanted.is_empty() {
            return self.press_typed(natural, pressed);
        }
        // The viewer's AltGr may be this map's Alt: it has done what it was pressed for.
        self.tap_without(&unwanted, pressed)
    }

    fn text(&mut self, character: char) -> Result<(), CaptureError> {
        let found = self.key_for(None, character)?;
        let keycode = found.ok_or(CaptureError::NoKeyLeft)?;
        let unwanted = self.unwanted(CommandModifiers::default());
        self.tap_without(&unwanted, keycode)
    }

    fn lock(&mut self, locks: Locks) -> Result<(), CaptureError> {
        match &mut self.typist {
            Some(typist) => typist.lock(&self.display, locks),
            None => Ok(()),
        }
    }

    fn key_for(
        &mut self,
        natural: Option<u8>,
        character: char,
    ) -> Result<Option<u8>, CaptureError> {
        let held = &self.held_keys;
        match &mut self.typist {
            Some(typist) => {
                typist.key_for(&self.display, natural, character, |key| held.contains(key))
            }
            None => Ok(None),
        }
    }

    /// Keys that are down and would make a command of a character, though not meant so.
    fn unwanted(&self, meant: CommandModifiers) -> Vec<u8> {
        let Some(typist) = &self.typist else {
            return Vec::new();
        };
        let is_unwanted = |&key: &u8| match typist.command(key) {
            Some(Command::Control) => !meant.control,
            Some(Command::Alt) => !meant.alt,
            Some(Command::Logo) => !meant.logo,
            None => false,
        };
        self.held_keys.iter().filter(is_unwanted).collect()
    }

    /// Presses a key and lets it go while `unwanted` ones are up.
    fn tap_without(&self, unwanted: &[u8], keycode: u8) -> Result<(), CaptureError> {
        for &key in unwanted {
            self.fake(KEY_RELEASE_EVENT, key)?;
        }
        if self.held_keys.contains(keycode) {
            self.fake(KEY_RELEASE_EVENT, keycode)?;
        }
        self.fake(KEY_PRESS_EVENT, keycode)?;
        self.fake(KEY_RELEASE_EVENT, keycode)?;
        for &key in unwanted {
            self.fake(KEY_PRESS_EVENT, key)?;
        }
        Ok(())
    }

    /// Presses a key for nothing but its character.
    fn press_typed(&mut self, natural: u8, pressed: u8) -> Result<(), CaptureError> {
        self.typed.note(natural, Transition::Press);
        self.press_as(natural, pressed)
    }

    fn press_as(&mut self, natural: u8, pressed: u8) -> Result<(), CaptureError> {
        let down = &mut self.pressed_as[usize::from(natural)];
        if *down != 0 {
            return Ok(());
        }
        *down = pressed;
        if !self.held_keys.note(pressed, Transition::Press) {
            return Ok(());
        }
        self.fake(KEY_PRESS_EVENT, pressed)
    }

    fn release(&mut self, pressed: u8) -> Result<(), CaptureError> {
        if !self.held_keys.note(pressed, Transition::Release) {
            return Ok(());
        }
        self.fake(KEY_RELEASE_EVENT, pressed)
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

    /// One click of a pseudo-button per notch, as far as a hand turns a wheel between two events.
    fn wheel(&self, notches: i8, backward: u8, forward: u8) -> Result<(), CaptureError> {
        let button = if notches < 0 { backward } else { forward };
        for _ in 0..notches.unsigned_abs().min(MOST_NOTCHES) {
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

    fn moved(&self, right: i16, down: i16) -> Result<(), CaptureError> {
        let (connection, root) = (&self.display.connection, self.display.root());
        // Detail 1 means relative to where the pointer is.
        let (event, now) = (MOTION_NOTIFY_EVENT, x11rb::CURRENT_TIME);
        connection.xtest_fake_input(event, 1, now, root, right, down, 0)?;
        Ok(())
    }

    fn fake(&self, event: u8, detail: u8) -> Result<(), CaptureError> {
        let (connection, root) = (&self.display.connection, self.display.root());
        connection.xtest_fake_input(event, detail, x11rb::CURRENT_TIME, root, 0, 0, 0)?;
        Ok(())
    }

    /// Waits until the X server has carried everything out. It closes a connection that ends
    /// without reading what was still under way, and reads other connections in any order.
    ///
    /// # Errors
    /// [`CaptureError::Lost`] if the display is gone.
    pub fn wait_until_done(&self) -> Result<(), CaptureError> {
        self.display.connection.get_input_focus()?.reply()?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), CaptureError> {
        self.display.connection.flush()?;
        self.listen()
    }

    /// Reads what the display has to say: of changes of its map, and of buttons that it lacks.
    /// Unread it would fill the socket.
    fn listen(&mut self) -> Result<(), CaptureError> {
        while let Some(event) = self.display.connection.poll_for_event()? {
            tracing::trace!(?event, "from the display of the injector");
            if let Some(typist) = &mut self.typist {
                typist.hear(&event);
            }
        }
        Ok(())
    }
}

impl Drop for Injector {
    fn drop(&mut self) {
        // Fails only if the display is gone, and the keys with it.
        let _ = self.release_all();
        if let Some(typist) = &mut self.typist {
            let _ = typist.take_back(&self.display);
        }
        let _ = self.wait_until_done();
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
    fn key_codes_become_evdev_keycodes() {
        assert_eq!(keycode(KeyCode(103)), Some(111));
        assert_eq!(keycode(KeyCode(KeyCode::MAX)), Some(255));
        assert_eq!(keycode(KeyCode(0)), None);
        assert_eq!(keycode(KeyCode(248)), None);
        assert_eq!(keycode(KeyCode(u16::MAX)), None);
    }
}

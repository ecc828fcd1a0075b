//! Keyboard, wheel and pointer on the viewer's display, by XTEST.

use anyhow::Result;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::Probe;
use super::keys::Keys;
use crate::applications::Gesture;
use crate::scene::{Command, ScreenSize};

/// X's buttons for the wheel.
const WHEEL_UP: u8 = 4;
const WHEEL_DOWN: u8 = 5;
/// What a finger turns at once.
const NOTCHES: u32 = 3;

/// Where the pointer rests: in the middle of a picture at `origin` it covers no marker and is over
/// the viewer's window.
pub(super) const fn pointer_place(size: ScreenSize, origin: (u16, u16)) -> (u16, u16) {
    (origin.0 + size.width / 2, origin.1 + size.height / 2)
}

/// The person's side of the input.
pub(super) struct Hands {
    connection: RustConnection,
    root: u32,
    keys: Keys,
    pointer: (u16, u16),
}

impl Hands {
    /// Puts the pointer to its place.
    pub(super) fn open(
        connection: RustConnection,
        screen_number: usize,
        keys: Keys,
        pointer: (u16, u16),
    ) -> Result<Self> {
        let root = connection.setup().roots[screen_number].root;
        let hands = Self {
            connection,
            root,
            keys,
            pointer,
        };
        hands.point(0)?;
        hands.connection.sync()?;
        Ok(hands)
    }

    /// The window that gets the keys.
    pub(super) fn focus(&self) -> Result<u32> {
        Ok(self.connection.get_input_focus()?.reply()?.focus)
    }

    /// Presses and releases the command's key.
    pub(super) fn command(&self, command: Command) -> Result<()> {
        self.tap(self.keys.keycode(command)?)
    }

    /// Presses and releases a key. Released at once: a held key would repeat behind a slow link.
    fn tap(&self, keycode: u8) -> Result<()> {
        self.input(KEY_PRESS_EVENT, keycode)?;
        self.input(KEY_RELEASE_EVENT, keycode)?;
        Ok(self.connection.flush()?)
    }

    /// The second key while the first is held.
    fn chord(&self, held: u8, keycode: u8) -> Result<()> {
        self.input(KEY_PRESS_EVENT, held)?;
        self.tap(keycode)?;
        self.input(KEY_RELEASE_EVENT, held)?;
        Ok(self.connection.flush()?)
    }

    /// A viewer learns where the pointer is only when it moves.
    fn wheel(&self, button: u8) -> Result<()> {
        self.point(1)?;
        self.point(0)?;
        for _ in 0..NOTCHES {
            self.input(BUTTON_PRESS_EVENT, button)?;
            self.input(BUTTON_RELEASE_EVENT, button)?;
        }
        Ok(self.connection.flush()?)
    }

    /// To its place, or that far to the right of it.
    fn point(&self, beside: i16) -> Result<()> {
        let (x, y) = self.pointer;
        self.connection.warp_pointer(
            x11rb::NONE,
            self.root,
            0,
            0,
            0,
            0,
            x as i16 + beside,
            y as i16,
        )?;
        Ok(())
    }

    fn input(&self, kind: u8, detail: u8) -> Result<()> {
        self.connection
            .xtest_fake_input(kind, detail, 0, x11rb::NONE, 0, 0, 0)?;
        Ok(())
    }
}

impl Probe {
    /// Does to the viewer what a person would do.
    pub(super) fn perform(&self, gesture: Gesture) -> Result<()> {
        let hands = &self.hands;
        match gesture {
            Gesture::Press(key) => hands.tap(hands.keys.keycode_of(key)?),
            Gesture::Chord(held, key) => {
                hands.chord(hands.keys.keycode_of(held)?, hands.keys.keycode_of(key)?)
            }
            Gesture::WheelDown => hands.wheel(WHEEL_DOWN),
            Gesture::WheelUp => hands.wheel(WHEEL_UP),
        }
    }
}

//! The person's keyboard: its layout, and what is switched on.
//!
//! winit tells neither. On X both are a question away, on a connection of our own, asked only when
//! they may have changed: nothing here waits or wakes up.

use hackstream_protocol::wire::control::{KeyboardLayout, KeyboardNames};
use hackstream_protocol::wire::keyboard::{Group, Locks};
use winit::window::Window;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, KeyButMask};
use x11rb::rust_connection::RustConnection;

use crate::x_display;

/// Where X servers keep the names of their layout: rules, model, layout, variant and options, each
/// with a zero byte after it.
const NAMES: &[u8] = b"_XKB_RULES_NAMES";

/// More words of four bytes than any names take.
const MOST_WORDS: u32 = 1024;

/// The X server's word for the state of the keyboard: the group is above the modifiers.
const GROUP_SHIFT: u16 = 13;

/// The person's keyboard.
#[derive(Debug)]
pub(crate) struct Keyboard {
    display: Option<XDisplay>,
    /// The layout that was last told.
    told: Option<KeyboardLayout>,
}

#[derive(Debug)]
struct XDisplay {
    connection: RustConnection,
    root: u32,
    names: u32,
}

impl Keyboard {
    /// The keyboard of the display that `window` is on.
    pub(crate) fn of(window: &Window) -> Self {
        let is_x = x_display::window_id(window).is_some();
        Self {
            // Without it the characters are right all the same.
            display: is_x.then(|| XDisplay::open().ok()).flatten(),
            told: None,
        }
    }

    /// The layout, if it is known and not what this said last.
    pub(crate) fn new_layout(&mut self) -> Option<KeyboardLayout> {
        let names = match &self.display {
            Some(display) => display.names().ok()?,
            None => names_in(|name| std::env::var(name).ok()),
        };
        // Names that no server would take are the person's own affair.
        let layout = KeyboardLayout::new(names).ok()?;
        if self.told.as_ref() == Some(&layout) {
            return None;
        }
        self.told = Some(layout.clone());
        Some(layout)
    }

    /// What is switched on, if that can be found out.
    pub(super) fn locks(&self) -> Option<Locks> {
        let display = self.display.as_ref()?;
        let pointer = display.connection.query_pointer(display.root).ok()?;
        Some(locks(pointer.reply().ok()?.mask))
    }
}

impl XDisplay {
    fn open() -> Result<Self, Box<dyn std::error::Error>> {
        let (connection, root) = x_display::connect()?;
        let names = connection.intern_atom(false, NAMES)?.reply()?.atom;
        Ok(Self {
            connection,
            root,
            names,
        })
    }

    fn names(&self) -> Result<KeyboardNames, Box<dyn std::error::Error>> {
        let (root, names) = (self.root, self.names);
        let string = AtomEnum::STRING;
        let property = self
            .connection
            .get_property(false, root, names, string, 0, MOST_WORDS)?
            .reply()?;
        Ok(parse_names(&property.value))
    }
}

fn locks(mask: KeyButMask) -> Locks {
    let bits = u16::from(mask);
    let has = |modifier: KeyButMask| bits & u16::from(modifier) != 0;
    Locks {
        caps: has(KeyButMask::LOCK),
        // All of the X keyboard data puts Num Lock there.
        num: has(KeyButMask::MOD2),
        group: Group::from_number((bits >> GROUP_SHIFT & 3) as u8).unwrap_or_default(),
    }
}

fn parse_names(property: &[u8]) -> KeyboardNames {
    let mut names = property
        .split(|&byte| byte == 0)
        .skip(1)
        .map(|name| String::from_utf8_lossy(name).into_owned());
    let mut next = || names.next().unwrap_or_default();
    KeyboardNames {
        model: next(),
        layout: next(),
        variant: next(),
        options: next(),
    }
}

/// The names in the environment, which compositors without settings take their layout from.
fn names_in(variable: impl Fn(&str) -> Option<String>) -> KeyboardNames {
    let value = |name| variable(name).unwrap_or_default();
    KeyboardNames {
        model: value("XKB_DEFAULT_MODEL"),
        layout: value("XKB_DEFAULT_LAYOUT"),
        variant: value("XKB_DEFAULT_VARIANT"),
        options: value("XKB_DEFAULT_OPTIONS"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_x_servers_keep_them() {
        let property = b"evdev\0pc105\0us,ru\0,phonetic\0grp:caps_toggle\0";
        let names = parse_names(property);
        assert_eq!(
            [names.model, names.layout, names.variant, names.options],
            ["pc105", "us,ru", ",phonetic", "grp:caps_toggle"]
        );
        assert_eq!(parse_names(b""), KeyboardNames::default());
        assert_eq!(parse_names(b"evdev\0pc105").model, "pc105");
    }

    #[test]
    fn names_are_read_from_the_environment() {
        let names = names_in(|name| (name == "XKB_DEFAULT_LAYOUT").then(|| "de".to_owned()));
        assert_eq!(names.layout, "de");
        assert!(names.model.is_empty());
    }

    #[test]
    fn the_state_of_the_keyboard_is_taken_apart() {
        let mask = KeyButMask::LOCK | KeyButMask::SHIFT | KeyButMask::from(2u16 << GROUP_SHIFT);
        let expected = Locks {
            caps: true,
            num: false,
            group: Group::Third,
        };
        assert_eq!(locks(mask), expected);
        assert!(locks(KeyButMask::MOD2).num);
    }
}

//! What the person at the viewer does: keys, pointer, wheel.
//!
//! Records follow one another on one ordered stream; the n-th record is the event with
//! [`InputSeq`](crate::ids::InputSeq) n.

use super::WireError;
use super::bytes::{Reader, Writer};
use super::keyboard::{self, CommandModifiers, Locks};
use crate::geometry::Point;
use crate::limits::MAX_SCREEN_EDGE;

/// A key by its position, as Linux numbers them (`KEY_*` in `linux/input-event-codes.h`).
///
/// X servers with evdev rules number the same key `code + 8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyCode(pub u16);

impl KeyCode {
    /// Largest code that X servers can name: keycodes end at 255.
    pub const MAX: u16 = 247;
}

/// A pointer button by its X number: 1 left, 2 middle, 3 right, 8 back, 9 forward. The wheel's
/// pseudo-buttons 4 to 7 are sent as [`InputEvent::Wheel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Button(pub u8);

impl Button {
    /// Largest button number accepted.
    pub const MAX: u8 = 32;
}

/// Whether something was pressed or let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It went down.
    Press,
    /// It came up.
    Release,
}

/// One thing the person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputEvent {
    /// A key. Repeats are not sent: the session's display makes its own.
    Key(KeyCode, Transition),
    /// A key went down that means a character, by the viewer's layout. Its release is a
    /// [`Key`](Self::Key).
    Typed {
        /// Where the key is.
        key: KeyCode,
        /// What it means without regard to the command modifiers. Never a control character.
        character: char,
        /// The command modifiers that are down.
        held: CommandModifiers,
    },
    /// A character that no key stands for, composed of several keys or by an input method. Never a
    /// control character.
    Text(char),
    /// What the person's keyboard has switched on.
    Locks(Locks),
    /// The pointer is now here.
    PointerMotion(Point),
    /// The pointer moved by so many pixels from wherever it was. For programs that move it
    /// themselves, to which only the movement means something.
    PointerMoved {
        /// Pixels to the right.
        right: i16,
        /// Pixels downwards.
        down: i16,
    },
    /// A pointer button.
    Button(Button, Transition),
    /// The wheel turned by so many notches, right and down being positive.
    Wheel {
        /// Notches to the right.
        right: i8,
        /// Notches downwards.
        down: i8,
    },
    /// Let go of all keys and buttons: the viewer lost the focus.
    ReleaseAll,
}

mod kind {
    pub(super) const KEY_PRESS: u8 = 1;
    pub(super) const KEY_RELEASE: u8 = 2;
    pub(super) const MOTION: u8 = 3;
    pub(super) const BUTTON_PRESS: u8 = 4;
    pub(super) const BUTTON_RELEASE: u8 = 5;
    pub(super) const WHEEL: u8 = 6;
    pub(super) const RELEASE_ALL: u8 = 7;
    pub(super) const TYPED: u8 = 8;
    pub(super) const TEXT: u8 = 9;
    pub(super) const LOCKS: u8 = 10;
    pub(super) const MOVED: u8 = 11;
}

impl InputEvent {
    /// Appends the record to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Key(code, transition) => {
                out.put_u8(match transition {
                    Transition::Press => kind::KEY_PRESS,
                    Transition::Release => kind::KEY_RELEASE,
                });
                out.put_varint(u64::from(code.0));
            }
            Self::PointerMotion(at) => {
                out.put_u8(kind::MOTION);
                out.put_varint(u64::from(at.x.max(0) as u32));
                out.put_varint(u64::from(at.y.max(0) as u32));
            }
            Self::PointerMoved { right, down } => {
                out.put_u8(kind::MOVED);
                out.put_signed(i32::from(right));
                out.put_signed(i32::from(down));
            }
            Self::Button(button, transition) => {
                out.put_u8(match transition {
                    Transition::Press => kind::BUTTON_PRESS,
                    Transition::Release => kind::BUTTON_RELEASE,
                });
                out.put_u8(button.0);
            }
            Self::Wheel { right, down } => {
                out.put_u8(kind::WHEEL);
                out.put_u8(right as u8);
                out.put_u8(down as u8);
            }
            Self::ReleaseAll => out.put_u8(kind::RELEASE_ALL),
            Self::Typed {
                key,
                character,
                held,
            } => {
                out.put_u8(kind::TYPED);
                out.put_varint(u64::from(key.0));
                keyboard::put_character(out, character);
                keyboard::put_modifiers(out, held);
            }
            Self::Text(character) => {
                out.put_u8(kind::TEXT);
                keyboard::put_character(out, character);
            }
            Self::Locks(locks) => {
                out.put_u8(kind::LOCKS);
                keyboard::put_locks(out, locks);
            }
        }
    }

    /// Reads the next record.
    ///
    /// # Errors
    /// [`WireError::Truncated`] if more bytes are needed; any other error is final.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let transition = |press| {
            if press {
                Transition::Press
            } else {
                Transition::Release
            }
        };
        match reader.u8()? {
            record @ (kind::KEY_PRESS | kind::KEY_RELEASE) => {
                let code = read_code(reader)?;
                Ok(Self::Key(code, transition(record == kind::KEY_PRESS)))
            }
            kind::MOTION => {
                let edge = MAX_SCREEN_EDGE as usize;
                let x = reader.length("pointer column", edge)?;
                let y = reader.length("pointer row", edge)?;
                Ok(Self::PointerMotion(Point::new(x as i32, y as i32)))
            }
            record @ (kind::BUTTON_PRESS | kind::BUTTON_RELEASE) => {
                let number = reader.u8()?;
                if number == 0 || number > Button::MAX {
                    return Err(WireError::meaningless("button", u64::from(number)));
                }
                Ok(Self::Button(
                    Button(number),
                    transition(record == kind::BUTTON_PRESS),
                ))
            }
            kind::WHEEL => Ok(Self::Wheel {
                right: reader.u8()? as i8,
                down: reader.u8()? as i8,
            }),
            kind::RELEASE_ALL => Ok(Self::ReleaseAll),
            kind::TYPED => Ok(Self::Typed {
                key: read_code(reader)?,
                character: keyboard::read_character(reader)?,
                held: keyboard::read_modifiers(reader)?,
            }),
            kind::TEXT => Ok(Self::Text(keyboard::read_character(reader)?)),
            kind::MOVED => Ok(Self::PointerMoved {
                right: read_step(reader)?,
                down: read_step(reader)?,
            }),
            kind::LOCKS => Ok(Self::Locks(keyboard::read_locks(reader)?)),
            other => Err(WireError::meaningless("input record", u64::from(other))),
        }
    }
}

fn read_step(reader: &mut Reader<'_>) -> Result<i16, WireError> {
    i16::try_from(reader.signed()?).map_err(|_| WireError::Overflow)
}

fn read_code(reader: &mut Reader<'_>) -> Result<KeyCode, WireError> {
    let code = reader.length("key code", usize::from(KeyCode::MAX))?;
    Ok(KeyCode(code as u16))
}

#[cfg(test)]
mod tests {
    use super::super::keyboard::Group;
    use super::*;
    use proptest::prelude::*;

    fn transition() -> impl Strategy<Value = Transition> {
        prop_oneof![Just(Transition::Press), Just(Transition::Release)]
    }

    fn text() -> impl Strategy<Value = char> {
        any::<char>().prop_filter("a control character", |&c| keyboard::is_text(c))
    }

    fn modifiers() -> impl Strategy<Value = CommandModifiers> {
        any::<[bool; 3]>().prop_map(|[control, alt, logo]| CommandModifiers { control, alt, logo })
    }

    fn locks() -> impl Strategy<Value = Locks> {
        let group = (0..4u8).prop_map(|number| Group::from_number(number).unwrap());
        (any::<bool>(), any::<bool>(), group).prop_map(|(caps, num, group)| Locks {
            caps,
            num,
            group,
        })
    }

    fn event() -> impl Strategy<Value = InputEvent> {
        prop_oneof![
            (0..=KeyCode::MAX, transition()).prop_map(|(c, t)| InputEvent::Key(KeyCode(c), t)),
            (0..=16384i32, 0..=16384i32)
                .prop_map(|(x, y)| InputEvent::PointerMotion(Point::new(x, y))),
            (1..=Button::MAX, transition()).prop_map(|(b, t)| InputEvent::Button(Button(b), t)),
            (any::<i8>(), any::<i8>()).prop_map(|(right, down)| InputEvent::Wheel { right, down }),
            Just(InputEvent::ReleaseAll),
            (0..=KeyCode::MAX, text(), modifiers()).prop_map(|(code, character, held)| {
                InputEvent::Typed {
                    key: KeyCode(code),
                    character,
                    held,
                }
            }),
            text().prop_map(InputEvent::Text),
            (any::<i16>(), any::<i16>())
                .prop_map(|(right, down)| InputEvent::PointerMoved { right, down }),
            locks().prop_map(InputEvent::Locks),
        ]
    }

    proptest! {
        #[test]
        fn records_round_trip(events in proptest::collection::vec(event(), 0..20)) {
            let mut out = Vec::new();
            for event in &events {
                event.write(&mut out);
            }
            let mut reader = Reader::new(&out);
            for event in &events {
                prop_assert_eq!(InputEvent::read(&mut reader).unwrap(), *event);
            }
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while InputEvent::read(&mut reader).is_ok() {}
        }
    }
}

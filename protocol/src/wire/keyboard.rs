//! What a key means, beside where it is.

use super::WireError;
use super::bytes::{Reader, Writer};

/// The modifiers that a person holds to give a command rather than to write. Those that choose the
/// character (Shift, AltGr, the level shifts) are not among them: the character tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommandModifiers {
    /// Control.
    pub control: bool,
    /// Alt, not AltGr.
    pub alt: bool,
    /// The key with a logo on it.
    pub logo: bool,
}

/// What stays switched on a keyboard when no key is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// Caps Lock.
    pub caps: bool,
    /// Num Lock.
    pub num: bool,
    /// Which of the layouts is in use, counted from 0.
    pub group: Group,
}

/// One of the layouts of a keyboard; XKB has at most four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Group {
    /// The first.
    #[default]
    First = 0,
    /// The second.
    Second = 1,
    /// The third.
    Third = 2,
    /// The fourth.
    Fourth = 3,
}

impl Group {
    /// The group with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::First),
            1 => Some(Self::Second),
            2 => Some(Self::Third),
            3 => Some(Self::Fourth),
            _ => None,
        }
    }
}

/// Whether a character can be typed as text. Control characters cannot: what they do to a program
/// is for keys to say.
#[must_use]
pub const fn is_text(character: char) -> bool {
    !matches!(character, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}')
}

pub(super) fn put_character(out: &mut Vec<u8>, character: char) {
    out.put_varint(u64::from(u32::from(character)));
}

pub(super) fn read_character(reader: &mut Reader<'_>) -> Result<char, WireError> {
    let number = reader.length("character", char::MAX as usize)? as u32;
    char::from_u32(number)
        .filter(|&character| is_text(character))
        .ok_or(WireError::meaningless("character", u64::from(number)))
}

pub(super) fn put_modifiers(out: &mut Vec<u8>, held: CommandModifiers) {
    out.put_u8(u8::from(held.control) | u8::from(held.alt) << 1 | u8::from(held.logo) << 2);
}

pub(super) fn read_modifiers(reader: &mut Reader<'_>) -> Result<CommandModifiers, WireError> {
    let bits = reader.u8()?;
    if bits > 0b111 {
        return Err(WireError::meaningless("modifiers", u64::from(bits)));
    }
    Ok(CommandModifiers {
        control: bits & 1 != 0,
        alt: bits & 2 != 0,
        logo: bits & 4 != 0,
    })
}

pub(super) fn put_locks(out: &mut Vec<u8>, locks: Locks) {
    out.put_u8(u8::from(locks.caps) | u8::from(locks.num) << 1);
    out.put_u8(locks.group as u8);
}

pub(super) fn read_locks(reader: &mut Reader<'_>) -> Result<Locks, WireError> {
    let (bits, group) = (reader.u8()?, reader.u8()?);
    if bits > 0b11 {
        return Err(WireError::meaningless("locks", u64::from(bits)));
    }
    let group = Group::from_number(group)
        .ok_or(WireError::meaningless("keyboard group", u64::from(group)))?;
    Ok(Locks {
        caps: bits & 1 != 0,
        num: bits & 2 != 0,
        group,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn character(number: u64) -> Result<char, WireError> {
        let mut out = Vec::new();
        out.put_varint(number);
        read_character(&mut Reader::new(&out))
    }

    #[test]
    fn text_has_no_control_characters() {
        for allowed in ['a', ' ', '~', '\u{a0}', 'ß', 'я', '€', '😀', '\u{10ffff}'] {
            assert_eq!(character(u64::from(u32::from(allowed))), Ok(allowed));
        }
        // Escape sequences are how text becomes commands.
        for refused in [
            0,
            8,
            10,
            13,
            27,
            0x7f,
            0x9b,
            0xd800,
            0xdfff,
            0x11_0000,
            u64::MAX,
        ] {
            assert!(character(refused).is_err(), "{refused:x}");
        }
    }

    #[test]
    fn what_has_no_meaning_is_refused() {
        assert!(read_modifiers(&mut Reader::new(&[8])).is_err());
        assert!(read_locks(&mut Reader::new(&[4, 0])).is_err());
        assert!(read_locks(&mut Reader::new(&[0, 4])).is_err());
        assert_eq!(
            read_locks(&mut Reader::new(&[3])),
            Err(WireError::Truncated)
        );
    }
}

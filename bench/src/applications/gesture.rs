//! What a person does to an application.

/// One action on keyboard or wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gesture {
    Press(Key),
    /// The second key while the first is held.
    Chord(Key, Key),
    /// A few notches of the wheel.
    WheelDown,
    WheelUp,
}

/// A key by its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// A small letter.
    Letter(u8),
    Return,
    Tab,
    Control,
}

impl Key {
    /// Its unshifted symbol as X numbers it.
    pub(crate) const fn keysym(self) -> u32 {
        match self {
            Self::Letter(letter) => letter as u32,
            Self::Return => 0xff0d,
            Self::Tab => 0xff09,
            Self::Control => 0xffe3,
        }
    }
}

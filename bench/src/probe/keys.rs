//! Which key of the viewer's display is pressed for a command.

use anyhow::{Result, bail};

use crate::applications::Key;
use crate::scene::{Command, FrameRate};
use crate::stimulus::{Keymap, Subject};

/// What counts about a key on its way to the stimulus.
#[derive(Debug)]
pub(crate) enum Keys {
    /// Its symbol on the viewer's display.
    Symbols(Keymap),
    /// Its place on the keyboard, whatever is printed on it: HackStream's viewer passes on places,
    /// and the display of the stimulus has the usual American layout.
    Places,
}

impl Keys {
    /// The X key code.
    pub(super) fn keycode(&self, command: Command) -> Result<u8> {
        match self {
            Self::Symbols(keymap) => keymap.keycode(command.keysym()),
            Self::Places => Ok(place(command)),
        }
    }

    /// The X key code of a key by its meaning.
    pub(super) fn keycode_of(&self, key: Key) -> Result<u8> {
        match self {
            Self::Symbols(keymap) => keymap.keycode(key.keysym()),
            Self::Places => bail!("only the stimulus' own keys have places"),
        }
    }
}

/// The key that carries the command's letter in the American layout. X adds 8 to Linux' numbers.
const fn place(command: Command) -> u8 {
    let linux = match command {
        Command::Letter => 37,
        Command::ScrollByCopy => 31,
        Command::ScrollByRedraw => 32,
        Command::Repaint => 19,
        Command::Film(film) => match (film.subject, film.rate) {
            (Subject::Pan, FrameRate::Thirty) => 47,
            (Subject::Pan, FrameRate::Sixty) => 17,
            (Subject::Motion, FrameRate::Thirty) => 50,
            (Subject::Motion, FrameRate::Sixty) => 49,
        },
        Command::StopFilm => 45,
    };
    linux + 8
}

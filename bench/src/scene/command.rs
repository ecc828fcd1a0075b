//! The keys that the stimulus understands.

/// What a key makes the stimulus do; each also advances the markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// One letter at the next position.
    Letter,
    /// One line up by CopyArea, the new line drawn.
    ScrollByCopy,
    /// One line up by drawing the whole page.
    ScrollByRedraw,
    /// A new page of letters.
    Repaint,
    /// Start the film at 30 frames per second.
    Film30,
    /// Start the film at 60 frames per second.
    Film60,
    /// Stop the film.
    StopFilm,
}

impl Command {
    const ALL: [Self; 7] = [
        Self::Letter,
        Self::ScrollByCopy,
        Self::ScrollByRedraw,
        Self::Repaint,
        Self::Film30,
        Self::Film60,
        Self::StopFilm,
    ];

    /// The key's unshifted symbol, as X and ASCII number it. Plain letters: every keymap has them.
    pub(crate) const fn keysym(self) -> u32 {
        let letter = match self {
            Self::Letter => b'k',
            Self::ScrollByCopy => b's',
            Self::ScrollByRedraw => b'd',
            Self::Repaint => b'r',
            Self::Film30 => b'v',
            Self::Film60 => b'w',
            Self::StopFilm => b'x',
        };
        letter as u32
    }

    pub(crate) fn from_keysym(keysym: u32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|command| command.keysym() == keysym)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_key_of_its_own() {
        for command in Command::ALL {
            assert_eq!(Command::from_keysym(command.keysym()), Some(command));
        }
        assert_eq!(Command::from_keysym(0xffe1), None);
    }
}

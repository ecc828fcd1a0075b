//! The keys that the stimulus understands.

use crate::stimulus::Subject;

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
    /// Start a film.
    Film(Film),
    /// Stop the film.
    StopFilm,
}

/// A film and its speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Film {
    pub(crate) subject: Subject,
    pub(crate) rate: FrameRate,
}

/// Frames per second of a film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameRate {
    Thirty,
    Sixty,
}

impl FrameRate {
    pub(crate) const fn frames_per_second(self) -> u32 {
        match self {
            Self::Thirty => 30,
            Self::Sixty => 60,
        }
    }
}

impl Command {
    const ALL: [Self; 9] = [
        Self::Letter,
        Self::ScrollByCopy,
        Self::ScrollByRedraw,
        Self::Repaint,
        Self::film(Subject::Pan, FrameRate::Thirty),
        Self::film(Subject::Pan, FrameRate::Sixty),
        Self::film(Subject::Motion, FrameRate::Thirty),
        Self::film(Subject::Motion, FrameRate::Sixty),
        Self::StopFilm,
    ];

    const fn film(subject: Subject, rate: FrameRate) -> Self {
        Self::Film(Film { subject, rate })
    }

    /// The key's unshifted symbol, as X and ASCII number it. Plain letters: every keymap has them.
    pub(crate) const fn keysym(self) -> u32 {
        let letter = match self {
            Self::Letter => b'k',
            Self::ScrollByCopy => b's',
            Self::ScrollByRedraw => b'd',
            Self::Repaint => b'r',
            Self::Film(film) => match (film.subject, film.rate) {
                (Subject::Pan, FrameRate::Thirty) => b'v',
                (Subject::Pan, FrameRate::Sixty) => b'w',
                (Subject::Motion, FrameRate::Thirty) => b'm',
                (Subject::Motion, FrameRate::Sixty) => b'n',
            },
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

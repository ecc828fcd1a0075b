//! Real applications on the remote display: how to start them, and what to do to them.

mod firefox;
mod gesture;
mod pictures;
mod xterm;

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

pub(crate) use gesture::{Gesture, Key};

use crate::mapping::Record;

/// Turns in one direction before a scroll goes back: the page of photographs has room for more.
const TURNS: u32 = 10;

/// An application and what is done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Application {
    /// A long page of text, scrolled by the wheel.
    FirefoxText,
    /// A page of photographs, scrolled by the wheel.
    FirefoxPictures,
    /// Two tabs, the text and the photographs, in turns.
    FirefoxTabs,
    /// One article after another is loaded.
    FirefoxLoad,
    /// An animation on a canvas.
    FirefoxCanvas,
    /// A terminal that prints a long file.
    XtermFlood,
}

impl Application {
    /// The program and its arguments; all that they need is made in `folder`.
    pub(crate) fn prepare(self, folder: &Path, seed: u64) -> Result<Vec<OsString>> {
        match self {
            Self::FirefoxText => firefox::prepare(folder, seed, &[firefox::Page::Text]),
            Self::FirefoxPictures => firefox::prepare(folder, seed, &[firefox::Page::Pictures]),
            Self::FirefoxTabs => {
                let pages = [firefox::Page::Text, firefox::Page::Pictures];
                firefox::prepare(folder, seed, &pages)
            }
            Self::FirefoxLoad => firefox::prepare(folder, seed, &[firefox::Page::Article]),
            Self::FirefoxCanvas => firefox::prepare(folder, seed, &[firefox::Page::Canvas]),
            Self::XtermFlood => xterm::prepare(folder, seed),
        }
    }

    /// Why it cannot be started here.
    pub(crate) fn missing(self) -> Option<String> {
        let (program, package) = match self {
            Self::XtermFlood => (xterm::PROGRAM, "xterm"),
            _ => (firefox::PROGRAM, "firefox-esr"),
        };
        let found = crate::process::find_program(program, None);
        found
            .is_none()
            .then(|| format!("{program} is missing (package {package})"))
    }

    /// What is done to it the n-th time.
    pub(crate) const fn gesture(self, turn: u32) -> Gesture {
        match self {
            Self::FirefoxText | Self::FirefoxPictures => {
                if (turn / TURNS) % 2 == 0 {
                    Gesture::WheelDown
                } else {
                    Gesture::WheelUp
                }
            }
            Self::FirefoxTabs => Gesture::Chord(Key::Control, Key::Tab),
            Self::FirefoxLoad => Gesture::Press(Key::Letter(b'n')),
            Self::FirefoxCanvas => Gesture::Press(Key::Letter(b'v')),
            Self::XtermFlood => Gesture::Press(Key::Return),
        }
    }

    /// Whether the application shows the sign that it is ready.
    pub(crate) fn is_ready(self, record: &Record) -> bool {
        let place = match self {
            Self::XtermFlood => xterm::SIGN_AT,
            _ => firefox::SIGN_AT,
        };
        record.pixel(place, place) == SIGN
    }
}

/// The colour of the sign, 0x00RRGGBB.
const SIGN: u32 = 0x20_c040;

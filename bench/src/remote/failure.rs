//! Why nothing could be measured, so that scripts can tell.

use std::error::Error;
use std::fmt;

/// For `--help`.
pub(crate) const EXIT_CODES: &str = "\
Bytes are UDP payload, as the viewer counts them. Times are from a key pressed on the viewer's
display until two markers at opposite ends of its screen show the answer, through the real
decoding and presenting; of a film, the time between frames.

Exit codes:
  0    everything was measured
  1    another error
  2    wrong usage
  3    the server cannot be reached
  4    the server refused (wrong token, for example)
  5    the server's fingerprint is unknown or not the expected one
  6    the server does not run `hackstream-bench serve`
  7    hackstream-view, Xvfb or the display is missing or cannot be used
  130  interrupted";

/// A kind of error with an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As hackstream-view says.
    Unreachable,
    /// As hackstream-view says.
    Refused,
    /// As hackstream-view says.
    Untrusted,
    /// The picture has no markers.
    NoStimulus,
    /// A program or display of this machine.
    Missing,
}

/// An error that ends the run.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) text: String,
}

impl Failure {
    pub(super) fn new(kind: Kind, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { kind, text }
    }

    /// What hackstream-view's exit code means here, if it has a meaning.
    pub(super) const fn kind_of_viewer(code: i32) -> Option<Kind> {
        match code {
            3 => Some(Kind::Unreachable),
            4 => Some(Kind::Refused),
            5 => Some(Kind::Untrusted),
            7 => Some(Kind::Missing),
            _ => None,
        }
    }

    pub(super) const fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Unreachable => 3,
            Kind::Refused => 4,
            Kind::Untrusted => 5,
            Kind::NoStimulus => 6,
            Kind::Missing => 7,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Failure {}

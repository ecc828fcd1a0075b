//! How far a cell is, for a person at a terminal.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::clock::Instant;

const INTERVAL: Duration = Duration::from_secs(1);

/// A line on standard error that is overwritten again and again, and gone in the end. Nothing where
/// standard error is no terminal.
#[derive(Debug)]
pub(crate) struct Ticker {
    is_terminal: bool,
    last: Instant,
    all: u32,
}

impl Ticker {
    pub(crate) fn new(all: u32) -> Self {
        Self {
            is_terminal: std::io::stderr().is_terminal(),
            last: Instant::now(),
            all,
        }
    }

    /// Tells of `done` actions, at most once a second.
    pub(crate) fn tick(&mut self, done: u32) {
        let now = Instant::now();
        if self.is_terminal && now.since(self.last) >= INTERVAL {
            self.last = now;
            write_over(&format!("    {done} of {}", self.all));
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if self.is_terminal {
            write_over("");
        }
    }
}

fn write_over(text: &str) {
    // "Erase to the end of the line". Who cannot be told goes without.
    let _ = write!(std::io::stderr(), "\r\x1b[K{text}");
}

//! Asking a person. Questions go to standard error, so that the output can go into a file.

use std::io::{self, BufRead as _, Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::interrupt::{Interrupts, Reset};
use crate::error::CliError;

/// Bytes of an answer; the longest is an address.
const MOST_BYTES: u64 = 4096;

/// A line; `usual` if nothing is typed.
///
/// # Errors
/// If the input ends, or the terminal cannot be used.
pub fn line(question: &str, usual: Option<&str>) -> Result<String, CliError> {
    let hint = usual.filter(|_| !question.ends_with(']'));
    let hint = hint.map(|usual| format!(" [{usual}]"));
    let end = if question.ends_with([':', ']', '?']) {
        " "
    } else {
        ": "
    };
    write!(io::stderr(), "{question}{}{end}", hint.unwrap_or_default())?;
    let typed = read()?;
    match (typed.trim(), usual) {
        ("", Some(usual)) => Ok(usual.to_owned()),
        (typed, _) => Ok(typed.to_owned()),
    }
}

/// A line that is not shown while it is typed.
///
/// # Errors
/// Those of [`line()`].
pub fn secret(question: &str, interrupts: &Interrupts) -> Result<String, CliError> {
    let silence = Silence::start(interrupts)?;
    // When it can be read, nothing that is typed from then on is shown.
    write!(io::stderr(), "{question}")?;
    let typed = read();
    drop(silence);
    writeln!(io::stderr())?;
    Ok(typed?.trim_end_matches(['\n', '\r']).to_owned())
}

fn read() -> Result<String, CliError> {
    io::stderr().flush()?;
    let mut text = String::new();
    let read = io::stdin().lock().take(MOST_BYTES).read_line(&mut text)?;
    match read {
        0 => Err(CliError::Failed(
            "no answer: the input has ended".to_owned(),
        )),
        _ => Ok(text),
    }
}

/// The terminal shows nothing while this lives; with Ctrl-C, too, it shows again what is typed.
struct Silence<'a> {
    before: Termios,
    _reset: Reset<'a>,
}

impl<'a> Silence<'a> {
    fn start(interrupts: &'a Interrupts) -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let restored = before.clone();
        let reset = interrupts.before_leaving(move || restore(&restored));
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self {
            before,
            _reset: reset,
        })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        restore(&self.before);
    }
}

fn restore(before: &Termios) {
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
}
